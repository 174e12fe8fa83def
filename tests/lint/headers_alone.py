#!/usr/bin/python3
"""Every header compiles alone, first and only in its file.

  headers_alone.py [--commits N]   (those alone that the last N commits changed, and those that include one of these)
"""
import argparse
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import ROOT, Findings, project_files, read

LIBRARIES = ("liburing", "liblz4", "libxxhash", "luajit")


def flags():
    found = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], capture_output=True, text=True).stdout
    return ["-std=c++20", "-fsyntax-only", "-O0", "-I", ROOT, "-DTERRACE_MIMALLOC", "-x", "c++", "-Wall", "-Wextra",
            "-Wno-unused", *shlex.split(found)]


def compile_alone(header, common):
    source = f'#include "{header}"\n#include "{header}"\n'
    result = subprocess.run([os.environ.get("CXX", "g++"), *common, "-"], input=source, capture_output=True, text=True, cwd=ROOT)
    return header, result.returncode, result.stderr


def changed(headers, commits):
    """All of them where the history does not reach back so far."""
    git = ["git", "-c", f"safe.directory={ROOT}", "diff", "--name-only", f"HEAD~{commits}"]
    told = subprocess.run(git, cwd=ROOT, capture_output=True, text=True)
    if told.returncode != 0:
        return headers
    names = set(told.stdout.splitlines())
    return [header for header in headers
            if header in names or names.intersection(re.findall(r'^\s*#\s*include\s*"([^"]+)"', read(header), re.M))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commits", type=int)
    options = parser.parse_args()
    findings, headers, common = Findings("headers-alone"), project_files((".h",)), flags()
    if options.commits is not None:
        headers = changed(headers, options.commits)
    with ThreadPoolExecutor(max(1, min(2, os.cpu_count() or 1))) as pool:
        for header, code, errors in pool.map(lambda header: compile_alone(header, common), headers):
            if code:
                lines = [line for line in errors.splitlines() if "error" in line]
                findings.add(header, 1, (lines or [errors or "?"])[0][:300])
    findings.end(f"{len(headers)} headers")


main()

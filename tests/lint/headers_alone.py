#!/usr/bin/python3
"""Every header compiles alone, first and only in its file."""
import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import ROOT, Findings, project_files

LIBRARIES = ("liburing", "liblz4", "libxxhash")


def flags():
    found = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], capture_output=True, text=True).stdout
    return ["-std=c++20", "-fsyntax-only", "-O0", "-I", ROOT, "-DTERRACE_MIMALLOC", "-x", "c++", "-Wall", "-Wextra",
            "-Wno-unused", *shlex.split(found)]


def compile_alone(header, common):
    source = f'#include "{header}"\n#include "{header}"\n'
    result = subprocess.run([os.environ.get("CXX", "g++"), *common, "-"], input=source, capture_output=True, text=True, cwd=ROOT)
    return header, result.returncode, result.stderr


def main():
    findings, headers, common = Findings("headers-alone"), project_files((".h",)), flags()
    with ThreadPoolExecutor(max(1, min(2, os.cpu_count() or 1))) as pool:
        for header, code, errors in pool.map(lambda header: compile_alone(header, common), headers):
            if code:
                lines = [line for line in errors.splitlines() if "error" in line]
                findings.add(header, 1, (lines or [errors or "?"])[0][:300])
    findings.end(f"{len(headers)} headers")


main()

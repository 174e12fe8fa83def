#!/usr/bin/python3
"""Every source file is compiled by some target; every *_test.cpp is in a test program; the suite knows every script of tests/e2e; and no
folder is there that a test has left behind.

  every_file_built.py BUILD_FOLDER...   (folders with a compile_commands.json)
"""
import json
import os
import sys

from tree import FOLDERS, ROOT, Findings, in_git, project_files


def main():
    built = set()
    for folder in sys.argv[1:] or [os.path.join(ROOT, "build-lint")]:
        path = os.path.join(folder, "compile_commands.json")
        if not os.path.exists(path):
            sys.exit(f"every-file-built: no {path}: configure it first (./x test, ./x tidy)")
        with open(path) as file:
            built |= {os.path.relpath(os.path.realpath(entry["file"]), os.path.realpath(ROOT)) for entry in json.load(file)}
    findings = Findings("every-file-built")
    # bench/ and fuzz/ are built on request only.
    files = [path for path in project_files((".cpp",)) if not path.startswith(("bench/", "tests/fuzz/"))]
    for path in files:
        if path not in built:
            findings.add(path, 1, "no target compiles it" + (": a test that never runs" if path.endswith("_test.cpp") else ""))
    for path in files:
        if path.startswith("tests/") and not path.endswith("_test.cpp") and "TEST" in open(os.path.join(ROOT, path)).read().split("TERRACE")[0] \
                and "gtest/gtest.h" in open(os.path.join(ROOT, path)).read():
            findings.add(path, 1, "holds tests but is not named *_test.cpp")
    with open(os.path.join(ROOT, "tests/e2e/CMakeLists.txt")) as file:
        suite = file.read()
    scripts = [path for path in project_files((".py",)) if path.startswith("tests/e2e/")]
    for path in scripts:
        with open(os.path.join(ROOT, path)) as file:
            is_program = "__main__" in file.read()
        if is_program and os.path.basename(path) not in suite:
            findings.add(path, 1, "a test that never runs: tests/e2e/CMakeLists.txt does not name it")
    if os.path.isdir(os.path.join(ROOT, ".git")):
        places = (*FOLDERS, "docs", "packaging", ".ci")
        for folder in sorted({path.split("/")[0] for path in in_git() if "/" in path} - set(places)):
            findings.add(folder, 1, "no folder of the project: left behind by a test?")
    findings.end(f"{len(files)} files")


main()

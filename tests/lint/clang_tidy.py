#!/usr/bin/python3
"""clang-tidy over the files that a build knows; a file that was clean and has not changed is not looked at again.

  clang_tidy.py [--build FOLDER] [--changed] [--seconds N] [FILE...]

--changed: only files that differ from the last commit, or that the last commit touched. --seconds: start no further
file after that time (the rest is named; they are not counted as clean).
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tree import FOLDERS, ROOT, read


def changed_files():
    git = ["git", "-c", f"safe.directory={ROOT}"]
    names = set()
    for arguments in (["diff", "--name-only", "HEAD"], ["diff", "--name-only", "HEAD~1", "HEAD"],
                      ["ls-files", "-o", "--exclude-standard"]):
        names.update(subprocess.run(git + arguments, cwd=ROOT, capture_output=True, text=True).stdout.splitlines())
    return names


def closure(path, seen):
    """The project files that `path` is compiled from."""
    if path in seen or not os.path.exists(os.path.join(ROOT, path)):
        return
    seen.add(path)
    for target in re.findall(r'^\s*#\s*include\s*"([^"]+)"', read(path), re.M):
        closure(target, seen)


def fingerprint(path, command):
    seen = set()
    closure(path, seen)
    digest = hashlib.sha256((read(".clang-tidy") + command).encode())
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + read(name).encode())
    return digest.hexdigest(), seen


def commands_for_clang(database, folder):
    """The build's commands by file, which are also written to `folder`: clang cannot read what g++ has precompiled."""
    with open(database) as file:
        entries = json.load(file)
    for entry in entries:
        entry["command"] = re.sub(r" -Winvalid-pch| -include \S*cmake_pch\.hxx", "", entry["command"])
    with open(os.path.join(folder, "compile_commands.json"), "w") as file:
        json.dump(entries, file)
    return {os.path.relpath(entry["file"], ROOT): entry["command"] for entry in entries}


def look_at(path, build):
    result = subprocess.run(
        ["clang-tidy", "--quiet", "-p", build, "--extra-arg=-Wno-unknown-warning-option", "--warnings-as-errors=*", path],
        cwd=ROOT, capture_output=True, text=True)
    # Errors of the compiler's own go to stdout too; a crash of the tool has a code and no text.
    return result.returncode, result.stdout if result.stdout.strip() else result.stderr if result.returncode else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build-lint"))
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if not shutil.which("clang-tidy"):
        sys.exit("clang-tidy: not installed: apt-get install clang-tidy")
    database = os.path.join(options.build, "compile_commands.json")
    if not os.path.exists(database):
        sys.exit(f"clang-tidy: no {database}: configure it first (./x test, ./x tidy)")
    cache = os.path.join(options.build, "lint-clean")
    os.makedirs(cache, exist_ok=True)
    commands = commands_for_clang(database, cache)
    files = sorted(path for path in commands if path.split("/")[0] in FOLDERS and os.path.exists(os.path.join(ROOT, path)))
    if options.files:
        files = [path for path in files if path in options.files]
    changed = changed_files() if options.changed else None
    known, todo = 0, []
    for path in files:
        key, sources = fingerprint(path, commands[path])
        if changed is not None and not sources & changed:
            continue
        if os.path.exists(os.path.join(cache, key)):
            known += 1
        else:
            todo.append((path, key))
    begin, bad, late = time.monotonic(), 0, []

    def work(item):
        if time.monotonic() - begin > options.seconds:
            return item, None, ""
        return (item, *look_at(item[0], cache))

    with ThreadPoolExecutor(max(1, min(2, os.cpu_count() or 1))) as pool:
        for (path, key), code, text in pool.map(work, todo):
            if code is None:
                late.append(path)
            elif code or text:
                bad += 1
                print(text[:5000] if text else f"{path}: clang-tidy ended with {code}", flush=True)
            else:
                open(os.path.join(cache, key), "w").close()
    print(f"clang-tidy: {len(todo) - len(late)} files looked at, {known} known clean, {bad} with findings"
          + (f", {len(late)} not reached in time: {' '.join(late[:10])}" if late else ""))
    sys.exit(1 if bad else 0)


main()

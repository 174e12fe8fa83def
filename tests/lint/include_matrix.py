#!/usr/bin/python3
"""A floor includes only itself and the floors below it; project headers are named from the root."""
import os
import re

from tree import ROOT, Findings, project_files, read

BELOW = {
    "io": ("io",),
    "storage": ("storage", "io"),
    "src": ("src", "storage", "io"),
    "tools": ("tools", "src", "storage", "io"),
    "bench": ("bench", "src", "storage", "io", "tests"),
}
TESTS_BELOW = {
    "io": ("tests", "io"),
    "storage": ("tests", "storage", "io"),
    "bench": ("tests", "bench", "io"),
}


def allowed(path):
    parts = path.split("/")
    if parts[0] == "tests":
        return TESTS_BELOW.get(parts[1], ("tests", "tools", "src", "storage", "io"))
    return BELOW[parts[0]]


def main():
    findings, files = Findings("include-matrix"), project_files()
    for path in files:
        text = read(path)
        if path.endswith(".h") and "#pragma once" not in text:
            findings.add(path, 1, "no #pragma once")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quote, target = match.groups()
            top = target.split("/")[0]
            if quote == "<":
                if os.path.exists(os.path.join(ROOT, target)):
                    findings.add(path, number, f"project header in <>: {target}")
                continue
            if not os.path.exists(os.path.join(ROOT, target)):
                findings.add(path, number, f'"{target}" is no file of the project (paths start at the root)')
            elif top not in allowed(path):
                findings.add(path, number, f"{'/'.join(path.split('/')[:2])} must not include {target}: "
                                           f"only {', '.join(allowed(path))} lie at or below its floor")
    findings.end(f"{len(files)} files")


main()

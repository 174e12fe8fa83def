#!/usr/bin/python3
"""Documents name files and pages that are there, the index of decisions has every page, and the prose keeps to its rules."""
import glob
import os
import re

from tree import ROOT, Findings, read

# Of what happened, not of what is: names of its time stay.
HISTORY = "CHANGELOG.md"
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")
FILE = re.compile(r"\.(h|cpp|py|md|sh|txt|cmake)$")
LINK = re.compile(r"\]\(([^)#:]+)\)")
BANNED = re.compile(r"\b(whoever|at one go|goes on|for ever|of its own|of their own)\b", re.I)
SECTIONS = ("Question", "Choice", "Measurement", "Rejected")
FOLDERS = ("io/", "storage/", "src/", "tests/", "bench/", "docs/", "packaging/", "tools/")


def documents():
    found = glob.glob(os.path.join(ROOT, "*.md"))
    for folder in FOLDERS:
        found += glob.glob(os.path.join(ROOT, folder, "**", "*.md"), recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in found if "node_modules" not in path)


def names_in_tree():
    names = set()
    for folder in FOLDERS:
        for _, _, files in os.walk(os.path.join(ROOT, folder)):
            names.update(files)
    return names


def is_there(document, name, names):
    """A path from the root, from the document or the end of one; a bare name of a file anywhere."""
    if any(os.path.exists(os.path.join(ROOT, base, name)) for base in ("", os.path.dirname(document), "src", "tests/e2e")):
        return True
    return "/" not in name and name in names


def looks_like_a_file(name):
    if "NAME" in name:
        return False
    return bool(FILE.search(name)) or name.startswith(FOLDERS)


def check_paths(findings, document, number, line, names):
    for name in PATH.findall(line):
        if looks_like_a_file(name) and not is_there(document, name, names):
            findings.add(document, number, f"{name} is not in the tree")
    for target in LINK.findall(line):
        if not os.path.exists(os.path.join(ROOT, os.path.dirname(document), target)):
            findings.add(document, number, f"the link leads nowhere: {target}")


def check_decisions(findings):
    index = "docs/decisions/README.md"
    listed = LINK.findall(read(index))
    for path in sorted(glob.glob(os.path.join(ROOT, "docs", "decisions", "[0-9]*.md"))):
        name = os.path.basename(path)
        if listed.count(name) != 1:
            findings.add(index, 1, f"{name} stands {listed.count(name)} times in the index")
        headings = re.findall(r"^## (.+)$", read(f"docs/decisions/{name}"), re.M)
        if headings != list(SECTIONS):
            findings.add(f"docs/decisions/{name}", 1, f"sections are {', '.join(headings)}; they must be {', '.join(SECTIONS)}")


def main():
    findings, names, paths = Findings("documents"), names_in_tree(), documents()
    for document in paths:
        if document == HISTORY:
            continue
        for number, line in enumerate(read(document).splitlines(), 1):
            check_paths(findings, document, number, line, names)
            for match in BANNED.finditer(line):
                findings.add(document, number, f'"{match.group(0)}" says little: subject, verb, object')
    check_decisions(findings)
    findings.end(f"{len(paths)} documents")


main()

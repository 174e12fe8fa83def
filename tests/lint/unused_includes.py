#!/usr/bin/python3
"""Every #include is used, and stands once.

A file uses a header of the project if it has
- a name that the header declares (operators, which have none, count as used);
- behind `.` or `->`, the name of a member of the header's classes or of their bases: `engine.log().append()` needs log.h
  without a word of it. Names that containers have, too, count only if the file sees the header in no other way;
- behind `.` or `->`, something whose type the header defines and another header only announces (`class Log;`).
A .cpp file's own header is exempt; what that header announces the .cpp file uses.
A header from outside is used if one of the names is there that standard_names_table.py lists for it.
"""
import functools
import os
import re

from declarations import closures, read_all
from standard_names_table import PLAIN, QUALIFIED, UNNAMED
from tree import Findings, blanked, project_files, read

# Members that any container has tell nothing.
COMMON_MEMBERS = set("""append at back begin clear contains count data emplace empty end erase find first front get has_value insert
    pop_back push_back reserve resize second size substr value""".split())


def unit_of(path):
    return os.path.splitext(path)[0]


class Names:
    """What a file declares and what it says."""

    def __init__(self, file):
        free = [one for one in file.declarations if not one.owner]
        self.declared = {one.name for one in free if one.kind not in ("forward", "invocation", "constructor")}
        self.announced = {one.name for one in free if one.kind == "forward"}
        self.members = {one.name for one in file.declarations if one.owner and one.kind in ("function", "variable", "class",
                                                                                             "enum", "enumerator", "alias")}
        self.bases = {word for one in free if one.kind == "class" for word in one.words} - self.declared
        # A member's declaration uses no free name that happens to be the same.
        own = {one.at for one in file.declarations if one.owner and one.at >= 0}
        said = [(at, token) for at, token in enumerate(file.tokens) if at not in own]
        self.words = {token for _, token in said} | set(file.directive_words)
        self.member_words = {token for at, token in said if at and file.tokens[at - 1] in (".", "->")}
        self.plain_words = {token for at, token in said if at == 0 or file.tokens[at - 1] not in (".", "->")} | set(file.directive_words)


class ProjectIncludes:
    def __init__(self, files):
        self.files, self.seen = files, closures(files)
        self.names = {path: Names(file) for path, file in files.items()}
        self.members = {path: self._members(path) for path in files}

    def _members(self, path):
        """Those of the file's classes and of the classes that they derive from."""
        members, todo, seen = set(), [path], set()
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            members |= self.names[at].members
            todo += [other for other in self.seen[at] if self.names[other].declared & self.names[at].bases]
        return members

    def _takes_announced(self, path, declared):
        """Whether the file takes a member whose type, one of `declared`, the member's header only announces."""
        return any(one.name in self.names[path].member_words and one.words & declared & self.names[other].announced
                   for other in self.seen[path] if declared & self.names[other].announced for one in self.files[other].declarations)

    def uses(self, path, header):
        file, names, offered, members = self.files[path], self.names[path], self.names[header], self.members[header]
        if offered.declared & names.plain_words or "operator" in offered.declared:
            return True
        own = unit_of(path) + ".h"
        if path.endswith(".cpp") and own in self.files and offered.declared & self.names[own].announced:
            return True
        if self._takes_announced(path, offered.declared):
            return True
        if (members & names.member_words) - COMMON_MEMBERS:
            return True
        others = [include.target for include in file.includes if include.target in self.files and include.target != header]
        return header not in set().union(*(self.seen[other] for other in others)) and bool(members & names.words)


@functools.cache
def pattern_of(header):
    """What text that uses the header contains; None if the header is not in the table."""
    if header in QUALIFIED:
        parts = [rf"::\s*(?:{'|'.join(QUALIFIED[header].split())})\b"]
    elif header in PLAIN:
        parts = [rf"(?<![\w.])(?<!->)(?:{'|'.join(PLAIN[header].split())})\b"]
    else:
        return None
    return re.compile("|".join(parts + ([UNNAMED[header]] if header in UNNAMED else [])))


def main():
    findings, paths = Findings("unused-includes"), project_files()
    files = read_all(paths)
    project = ProjectIncludes(files)
    for path, file in files.items():
        text = re.sub(r"^[ \t]*#\s*include\b[^\n]*", "", blanked(read(path)), flags=re.M)
        before = set()
        for include in file.includes:
            header = include.target
            if header in before:
                findings.add(path, include.line, f"{header} is included twice")
            before.add(header)
            if include.quote == '"':
                if header in files and unit_of(header) != unit_of(path) and not project.uses(path, header):
                    findings.add(path, include.line, f'nothing of "{header}" is used')
                continue
            pattern = pattern_of(header)
            if pattern is None:
                findings.add(path, include.line, f"<{header}> is not in standard_names_table.py: list its names there")
            elif not pattern.search(text):
                findings.add(path, include.line, f"nothing of <{header}> is used")
    findings.end(f"{len(files)} files")


main()

#!/usr/bin/python3
"""Commands and types do not know where a value lies: the words for it do not occur there."""
import re

from tree import Findings, project_files, read

WORDS = re.compile(r"(?<![A-Za-z])(disks?|colder|coldest|cold|pages?|paged|locations?|segments?|residents?|fetch(?:ed|es|ing)?)(?![a-z])"
                   r"|(?<=[a-z])(Disk|Cold|Page|Location|Segment|Resident|Fetch(?:ed)?)s?(?![a-z])", re.I)
PLACES = ("src/commands/", "src/types/")
# TERRACE is about the tiers themselves.
ALLOWED = {"src/commands/server/terrace_commands.cpp": {"location", "segments"}}


def main():
    findings = Findings("words")
    files = [path for path in project_files() if path.startswith(PLACES)]
    for path in files:
        for number, line in enumerate(read(path).splitlines(), 1):
            for match in WORDS.finditer(line):
                found = match.group(0)
                # The second alternative is for parts of CamelCase names only.
                if match.group(2) and not found[0].isupper():
                    continue
                if found.lower() in ALLOWED.get(path, ()):
                    continue
                findings.add(path, number, f'the word "{found}" does not belong here')
    findings.end(f"{len(files)} files")


main()

#!/usr/bin/python3
"""Two shapes of co_await that g++ 12 compiles wrongly, silently; each has cost a crash.

1. `if (co_await f())`, also while and switch, in a coroutine whose outermost block declares no variable: the body never
   runs, at any optimisation. Take the result into a variable first (an if with an initialiser is fine, too).
2. `co_await (condition ? f() : g())`: the chosen Task is destroyed twice. Use if and else.
"""
import re

from tree import Findings, blanked, project_files, read


def closing(text, opening):
    """Where the parenthesis at `opening` closes."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return len(text)


def main():
    findings, files = Findings("coroutines"), project_files()
    for path in files:
        text = blanked(read(path))
        if "co_await" not in text:
            continue
        for match in re.finditer(r"\b(if|while|switch)\s*(?:constexpr\s*)?\(", text):
            condition = text[match.end():closing(text, match.end() - 1)]
            if "co_await" in condition and ";" not in condition:
                findings.add(path, text.count("\n", 0, match.start()) + 1,
                             f"co_await in the condition of {match.group(1)}: g++ 12 may drop the whole body; take it into a variable first")
        for match in re.finditer(r"\bco_await\s*\(", text):
            if "?" in text[match.end():closing(text, match.end() - 1)]:
                findings.add(path, text.count("\n", 0, match.start()) + 1,
                             "co_await of a conditional expression: g++ 12 destroys its Task twice; use if and else")
    findings.end(f"{len(files)} files")


main()

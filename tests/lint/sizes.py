#!/usr/bin/python3
"""Bounds: 600 lines a file, 60 lines a function (C++ and Python), 160 columns a line of Python."""
import ast
import re

from tree import Findings, blanked, project_files, read

FILE_LINES = 600
FUNCTION_LINES = 60
PYTHON_COLUMNS = 160
# Tables are long by nature: files that are one table each.
TABLE_FILES = re.compile(r"(_table|_docs|/dictionary)\.(cpp|h|py)$|/families\.cpp$")


def cpp_functions(text):
    """(name, first line, lines) of every outermost body that follows a parameter list."""
    scopes, head, line = [], [], 1
    for character in text:
        if character == "\n":
            line += 1
        if character == "{":
            words = "".join(head)
            outer = all(kind == "scope" for kind, _, _ in scopes)
            is_scope = re.search(r"\b(namespace|class|struct|union|enum|concept)\b[^()]*$|\bextern\s*$", words)
            is_function = outer and not is_scope and ")" in words and not re.search(r"=\s*$", words)
            name = re.search(r"([\w:~]+|operator\S+)\s*\([^;]*$", words)
            first = line - words.lstrip().count("\n")
            if is_function:
                # A constructor's initialiser {…} opens a body of its own; the longest one counts.
                scopes.append(("function", name.group(1) if name else "?", first))
            else:
                scopes.append(("scope" if is_scope and outer else "block", "", line))
            head = []
        elif character == "}":
            if scopes:
                kind, name, first = scopes.pop()
                if kind == "function":
                    yield name, first, line - first + 1
            head = []
        elif character == ";":
            head = []
        else:
            head.append(character)


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def main():
    findings = Findings("sizes")
    files = project_files((".h", ".cpp", ".py"))
    for path in files:
        text = read(path)
        lines = text.count("\n") + 1
        if lines > FILE_LINES + 1 and not TABLE_FILES.search(path):
            findings.add(path, 1, f"{lines} lines, at most {FILE_LINES}: two nouns")
        if path.endswith(".py"):
            functions = python_functions(text)
            for number, line in enumerate(text.splitlines(), 1):
                if len(line) > PYTHON_COLUMNS:
                    findings.add(path, number, f"{len(line)} columns, at most {PYTHON_COLUMNS}")
        else:
            without_directives = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", blanked(text), flags=re.M)
            functions = cpp_functions(without_directives)
        for name, first, count in functions:
            if count > FUNCTION_LINES and not TABLE_FILES.search(path):
                findings.add(path, first, f"{name} takes {count} lines, at most {FUNCTION_LINES}")
    findings.end(f"{len(files)} files")


main()

"""What the lint checks share: the project's files, and the way a finding is told."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = (".h", ".cpp")
FOLDERS = ("io", "storage", "src", "tools", "bench", "tests")


def in_git():
    """What git does not ignore, relative to the root. Without git: an exception."""
    # Git refuses a folder of another owner unless told that it is meant.
    return subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                          capture_output=True, text=True, check=True).stdout.splitlines()


def project_files(endings=CODE, folders=FOLDERS):
    """Paths relative to the root, sorted; what git ignores is left out."""
    try:
        listing = in_git()
    except (OSError, subprocess.CalledProcessError):
        listing = [os.path.relpath(os.path.join(folder, name), ROOT)
                   for top in folders for folder, _, names in os.walk(os.path.join(ROOT, top)) for name in names
                   if "node_modules" not in folder and "__pycache__" not in folder]
    return sorted({path for path in listing if path.endswith(endings) and path.split("/")[0] in folders
                   and os.path.exists(os.path.join(ROOT, path))})


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def blanked(text):
    """C++ text with comments and the content of literals replaced by spaces; line numbers stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\((?:.*?)\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)

    def spaces(match):
        found = match.group(0)
        if found[0] == "'" and match.start() and text[match.start() - 1].isalnum():
            return found  # 1'000'000
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(spaces, text)


class Findings:
    def __init__(self, check):
        self.check, self.count = check, 0

    def add(self, path, line, text):
        self.count += 1
        print(f"{path}:{line}: {text} [{self.check}]", flush=True)

    def end(self, looked_at):
        print(f"{self.check}: {looked_at}, {self.count} findings", flush=True)
        sys.exit(1 if self.count else 0)

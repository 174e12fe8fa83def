#!/usr/bin/python3
"""clang-format, as .clang-format says."""
import shutil
import subprocess
import sys

from tree import ROOT, project_files


def main():
    if not shutil.which("clang-format"):
        sys.exit("format: no clang-format: apt-get install clang-format")
    files = project_files()
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", "--ferror-limit=3", *files], cwd=ROOT,
                            capture_output=True, text=True)
    wrong = sorted({line.split(":")[0] for line in result.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    print(result.stderr[:6000], end="")
    print(f"format: {len(files)} files, {len(wrong)} to format" + (f" (clang-format -i {' '.join(wrong)})" if wrong else ""))
    sys.exit(1 if wrong or result.returncode else 0)


main()

#!/usr/bin/python3
"""The README's figures, from what the benches measured: its table and the pictures, each with the command that made it.

  ./x bench figures [--check]

Reads bench/results/NAME.json (./x bench all writes them, or ./x bench NAME --json bench/results/NAME.json), draws
bench/figures/*.svg and puts the table between the marks in README.md. --check changes nothing and says what differs.
"""
import argparse
import json
import os
import sys

from common import ROOT
from sections import SECTIONS

BEGIN = "<!-- figures: made from bench/results by ./x bench figures; a change by hand fails the tests -->\n"
END = "<!-- end of figures -->\n"


def read_results(root):
    """Of the benches that have been run, in the order in which they are told."""
    results = {}
    for name in SECTIONS:
        path = os.path.join(root, "bench", "results", f"{name}.json")
        if os.path.exists(path):
            with open(path) as file:
                results[name] = json.load(file)
    return results


def circumstances(results):
    """Where the figures come from; one line a machine."""
    seen = {}
    for result in results.values():
        about = result["machine"]
        where = f"{about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, Redis {about['redis']}"
        seen.setdefault(where, []).append(about)
    lines = []
    for where, runs in seen.items():
        commits = ", ".join(sorted({about["terrace_commit"] for about in runs}))
        loads = [about["load_at_start"] for about in runs]
        lines.append(f"{where}; Terrace {commits}; load average before the runs {min(loads):.1f} to {max(loads):.1f}.")
    return lines + [f"**{note}**" for note in sorted({result["note"] for result in results.values() if result["note"]})]


def block(results):
    """The README's part, and the pictures: path below bench/figures -> SVG."""
    lines, images, pictures = circumstances(results) + [""], [], {}
    lines += ["| what | figure | command |", "|---|---|---|"]
    for name, result in results.items():
        rows, drawn = SECTIONS[name](result)
        lines += [f"| {what} | {figure} | `{result['command']}` |" if not place else f"| {what} | {figure} | the same |"
                  for place, (what, figure) in enumerate(rows)]
        for picture, (words, svg) in drawn.items():
            pictures[f"{picture}.svg"] = svg
            images.append(f"![{words}](bench/figures/{picture}.svg)")
    return BEGIN + "\n".join([*lines, "", *images]) + "\n" + END, pictures


def with_block(readme, new):
    """README's text with its part replaced."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(END) < readme.index(BEGIN):
        sys.exit("README.md: the marks around the figures are gone; they are\n" + BEGIN + END)
    return readme[:readme.index(BEGIN)] + new + readme[readme.index(END) + len(END):]


def wanted_files(root):
    """Path below the root -> what it must contain."""
    new, pictures = block(read_results(root))
    with open(os.path.join(root, "README.md")) as file:
        files = {"README.md": with_block(file.read(), new)}
    files.update({f"bench/figures/{name}": svg for name, svg in pictures.items()})
    return files


def differing(root):
    """Paths that are not what the results say; pictures that no result has are among them."""
    files, wrong = wanted_files(root), []
    for path, content in files.items():
        try:
            with open(os.path.join(root, path)) as file:
                wrong += [path] if file.read() != content else []
        except FileNotFoundError:
            wrong.append(path)
    return wrong + [path for path in drawn(root) if path not in files]


def drawn(root):
    folder = os.path.join(root, "bench", "figures")
    return [f"bench/figures/{name}" for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []


def write(root):
    files = wanted_files(root)
    os.makedirs(os.path.join(root, "bench", "figures"), exist_ok=True)
    for path in drawn(root):
        if path not in files:
            os.unlink(os.path.join(root, path))
    for path, content in files.items():
        with open(os.path.join(root, path), "w") as file:
            file.write(content)
    print(f"README.md and {len(files) - 1} pictures in bench/figures, from {', '.join(read_results(root))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit codes: 0 fine, 1 something differs (--check) or the README has no place for it, 2 wrong usage.")
    parser.add_argument("--check", action="store_true", help="is everything as the results say?")
    parser.add_argument("--root", default=ROOT, help="of the tree")
    options = parser.parse_args()
    if not options.check:
        return write(options.root)
    wrong = differing(options.root)
    for path in wrong:
        print(f"{path} is not what bench/results say: run ./x bench figures")
    return sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

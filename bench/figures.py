#!/usr/bin/python3
"""The figures of README.md and bench/RESULTS.md, from what the benches measured: tables and pictures, each with the command that made it.

  ./x bench figures [--check]

Reads bench/results/NAME.json (./x bench all writes them, or ./x bench NAME --json bench/results/NAME.json), draws
bench/figures/*.svg and puts a table and pictures between the marks in both documents: all of them in bench/RESULTS.md, the
headlines in README.md. --check changes nothing and says what differs.
"""
import argparse
import json
import os
import sys

from common import ROOT
from sections import HEADLINE_PICTURES, SECTIONS

BEGIN = "<!-- figures: made from bench/results by ./x bench figures; a change by hand fails the tests -->\n"
END = "<!-- end of figures -->\n"
SUMMARY, RESULTS = "README.md", "bench/RESULTS.md"


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
    for result in results:
        about = result["machine"]
        where = f"{about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, Redis {about['redis']}"
        seen.setdefault(where, []).append(about)
    lines = []
    for where, runs in seen.items():
        commits = ", ".join(sorted({about["terrace_commit"] for about in runs}))
        loads = [about["load_at_start"] for about in runs]
        lines.append(f"{where}; Terrace {commits}; load average before the runs {min(loads):.1f} to {max(loads):.1f}.")
    return lines + [f"**{note}**" for note in sorted({result["note"] for result in results if result["note"]})]


def block(rows, pictures):
    """A document's part, of rows as (result, Row) and pictures as (path from the document, words beside it)."""
    used = {id(result): result for result, _ in rows}
    lines = circumstances(used.values()) + ["", "| what | figure | command |", "|---|---|---|"]
    before = None
    for result, row in rows:
        lines.append(f"| {row.what} | {row.figure} | {'the same' if result is before else '`' + result['command'] + '`'} |")
        before = result
    lines += ["", *(f"![{words}]({path})" for path, words in pictures)]
    return BEGIN + "\n".join(lines) + "\n" + END


def with_block(path, text, new):
    """The document's text with its part replaced."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        sys.exit(f"{path}: the marks around the figures are gone; they are\n" + BEGIN + END)
    return text[:text.index(BEGIN)] + new + text[text.index(END) + len(END):]


def wanted_files(root):
    """Path below the root -> what it must contain."""
    rows, pictures = [], {}
    for name, result in read_results(root).items():
        table, drawings = SECTIONS[name](result)
        rows += [(result, row) for row in table]
        pictures.update(drawings)
    blocks = {
        SUMMARY: block([(result, row) for result, row in rows if row.headline],
                       [(f"bench/figures/{name}.svg", pictures[name][0]) for name in HEADLINE_PICTURES if name in pictures]),
        RESULTS: block(rows, [(f"figures/{name}.svg", words) for name, (words, _) in pictures.items()]),
    }
    files = {}
    for path, new in blocks.items():
        with open(os.path.join(root, path)) as file:
            files[path] = with_block(path, file.read(), new)
    files.update({f"bench/figures/{name}.svg": svg for name, (_, svg) in pictures.items()})
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
    print(f"{SUMMARY}, {RESULTS} and {len(files) - 2} pictures in bench/figures, from {', '.join(read_results(root))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit codes: 0 fine, 1 something differs (--check) or a document has no place for it, 2 wrong usage.")
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

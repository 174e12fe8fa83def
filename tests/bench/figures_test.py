#!/usr/bin/python3
"""The figures of README.md and bench/RESULTS.md are what bench/results say, so that none can be typed by hand; and the check would notice."""
import json
import os
import shutil
import sys
import tempfile
import unittest

from bench_path import ROOT
import common
import figures


DOCUMENTS = [figures.SUMMARY, figures.RESULTS]


def part_of(document):
    """The part between the marks: the rows of its table, and the pictures."""
    with open(os.path.join(ROOT, document)) as file:
        part = file.read().split(figures.BEGIN)[1].split(figures.END)[0].splitlines()
    rows = [line.split(" | ")[:2] for line in part if line.startswith("| ")][1:]
    return rows, [line for line in part if line.startswith("![")]


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="terrace-figures-")
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("results", "figures"):
            shutil.copytree(os.path.join(ROOT, "bench", folder), os.path.join(self.root, "bench", folder))
        for document in DOCUMENTS:
            shutil.copy(os.path.join(ROOT, document), os.path.join(self.root, document))

    def change(self, path, change):
        with open(os.path.join(self.root, path)) as file:
            text = file.read()
        with open(os.path.join(self.root, path), "w") as file:
            file.write(change(text))

    def test_this_tree_is_as_its_results_say(self):
        self.assertTrue(figures.read_results(ROOT), "no results: ./x bench all makes them")
        self.assertEqual(figures.differing(ROOT), [], "run ./x bench figures")

    def test_the_summary_has_ten_of_the_figures_and_two_of_the_pictures(self):
        rows, pictures = part_of(figures.SUMMARY)
        all_rows, all_pictures = part_of(figures.RESULTS)
        self.assertEqual((len(rows), len(pictures)), (10, 2))
        self.assertEqual([row for row in rows if row not in all_rows], [])
        self.assertEqual([line for line in pictures if line.replace("(bench/", "(") not in all_pictures], [])

    def test_every_picture_that_a_document_shows_is_there(self):
        for document in DOCUMENTS:
            for line in part_of(document)[1]:
                path = line.split("](")[1].rstrip(")")
                self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(document), path)), line)

    def test_a_figure_typed_by_hand_is_noticed(self):
        begin, rows = figures.BEGIN, "|---|---|---|\n"

        def type_one(text):
            at = text.index(rows, text.index(begin)) + len(rows)
            return text[:at] + "| everything | best | `none` |\n" + text[at:]
        for document in DOCUMENTS:
            self.change(document, type_one)
            self.assertEqual(figures.differing(self.root), [document])
            figures.write(self.root)
            self.assertEqual(figures.differing(self.root), [])

    def test_a_picture_of_other_figures_is_noticed(self):
        first = figures.drawn(self.root)[0]
        self.change(first, lambda svg: svg.replace("</svg>", "<!-- --></svg>"))
        shutil.copy(os.path.join(self.root, first), os.path.join(self.root, "bench", "figures", "stranger.svg"))
        self.assertEqual(figures.differing(self.root), [first, "bench/figures/stranger.svg"])

    def test_new_results_are_noticed(self):
        name = next(iter(figures.read_results(self.root)))
        path = f"bench/results/{name}.json"
        self.change(path, lambda text: json.dumps(dict(json.loads(text), command="./x bench other")))
        self.assertEqual(figures.differing(self.root), DOCUMENTS)

    def test_without_marks_nothing_is_written(self):
        for document in DOCUMENTS:
            self.change(document, lambda text: text.replace(figures.END, ""))
            with self.assertRaises(SystemExit):
                figures.write(self.root)
            shutil.copy(os.path.join(ROOT, document), os.path.join(self.root, document))


class CommonTest(unittest.TestCase):
    def test_the_command_is_told_without_where_its_figures_go(self):
        before = sys.argv
        self.addCleanup(setattr, sys, "argv", before)
        sys.argv = ["/somewhere/bench/tier.py", "--times", "5", "--json", "out.json", "--note", "a note", "--rows", "a b", "--json=other"]
        self.assertEqual(common.command_line(), "./x bench tier --times 5 --rows 'a b'")

    def test_json_is_read_back_as_it_was(self):
        result = {"rows": [[0.25, 1], [0.5, 20]], "words": "[ 1,\n  2]  \"a\"", "nested": [{"values": [1, 2, 3]}], "none": None, "empty": []}
        self.assertEqual(json.loads(common.as_json(result)), result)
        self.assertIn("[[0.25, 1], [0.5, 20]]", common.as_json(result))

    def test_ratios_are_of_neighbours(self):
        told = common.ratio([{"rps": 10.0}, {"rps": 30.0}, {"rps": 2.0}], [{"rps": 10.0}, {"rps": 20.0}, {"rps": 1.0}], "rps")
        self.assertEqual(told["median"], 1.5)
        self.assertAlmostEqual(told["spread"], 0.5 / 1.5)
        self.assertIsNone(common.ratio([{"rps": 1.0}], [{"rps": 0.0}], "rps"))

    def test_numbers_are_whole_and_above_zero(self):
        self.assertEqual(common.integers("1,50"), [1, 50])
        for bad in ("0", "1,", "-1", "x", "1.5", ""):
            with self.assertRaises(common.argparse.ArgumentTypeError, msg=bad):
                common.integers(bad)

    def test_names_that_are_not_there_are_refused(self):
        self.assertEqual(common.some_of(["a", "b"])("b,a"), ["b", "a"])
        with self.assertRaises(common.argparse.ArgumentTypeError):
            common.some_of(["a", "b"])("a,c")


unittest.main()

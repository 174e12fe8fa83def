#!/usr/bin/python3
"""The history keeps a line a commit and machine, and marks what is beyond the noise, also when it came in small steps."""
import os
import tempfile
import unittest

from bench_path import ROOT  # noqa: F401
import history

MACHINE = {"cpu": "a", "cores": 2, "kernel": "6", "redis": "7"}


def line(commit, ratio, noise=0.03, better="more", machine=MACHINE):
    return {"commit": commit, "committed": f"2026-01-{int(commit):02}", "measured": f"2026-02-{int(commit):02}", "machine": machine,
            "figures": {"GET": history.figure(10 * ratio, 10, {"median": ratio, "spread": noise}, better)}}


def marks(lines):
    return [verdict for _, _, verdict in history.trends(lines)["GET"]]


class HistoryTest(unittest.TestCase):
    def test_a_line_of_the_same_commit_is_replaced(self):
        lines = history.put([line("1", 1), line("2", 1)], line("2", 1.5))
        self.assertEqual([(one["commit"], one["figures"]["GET"]["ratio"]) for one in lines], [("1", 1), ("2", 1.5)])

    def test_another_machines_line_of_the_same_commit_stays(self):
        self.assertEqual(len(history.put([line("1", 1)], line("1", 2, machine=dict(MACHINE, cpu="b")))), 2)

    def test_the_file_keeps_what_it_is_given_in_the_order_of_commits(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "new", "runs.jsonl")
            history.write(path, [line("3", 1), line("1", 2)])
            self.assertEqual(history.read(path), [line("1", 2), line("3", 1)])
        self.assertEqual(history.read(path), [])

    def test_what_is_within_the_noise_of_both_is_not_marked(self):
        self.assertEqual(marks([line("1", 1.0), line("2", 1.05)]), [None, None])
        self.assertEqual(marks([line("1", 1.0, 0.2), line("2", 1.2)]), [None, None])

    def test_what_is_beyond_is_marked_by_what_better_means(self):
        self.assertEqual(marks([line("1", 1.0), line("2", 1.1), line("3", 0.9)]), [None, "better", "worse"])
        self.assertEqual(marks([line("1", 1.0, better="less"), line("2", 1.1, better="less")]), [None, "worse"])

    def test_small_steps_add_up(self):
        self.assertEqual(marks([line("1", 1.0), line("2", 0.98), line("3", 0.96), line("4", 0.93)]), [None, None, None, "worse"])

    def test_without_a_peer_the_value_is_compared(self):
        alone = {"median": None, "spread": 0.0}
        before = history.figure(15.0, None, alone, "less")
        self.assertEqual(history.mark(before, history.figure(17.0, None, alone, "less")), "worse")
        self.assertIsNone(history.mark(before, history.figure(15.5, None, alone, "less")))


unittest.main()

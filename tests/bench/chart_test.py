#!/usr/bin/python3
"""Charts show the values they are given, at their proportions, and are XML."""
import re
import unittest
import xml.etree.ElementTree

from bench_path import ROOT  # noqa: F401
import chart

RECT = re.compile(r"<rect x='([\d.]+)' y='([\d.]+)' width='([\d.]+)' height='([\d.]+)' fill='(#\w+)'")
LENGTH = re.compile(r"<rect x='[\d.]+' y='[\d.]+' width='([\d.]+)' height='[\d.]+' fill='(#\w+)'")


def heights(svg, number):
    """Of the bars in the colour of series `number`; the first such box is the legend's."""
    return [float(height) for _, _, _, height, colour in RECT.findall(svg) if colour == chart.colour_of(number)][1:]


class ChartTest(unittest.TestCase):
    def test_bars_are_as_high_as_their_values(self):
        svg = chart.bars("title", "unit", ["a", "b"], {"one": [100, 50], "two": [25, None]})
        (whole, half), (quarter,) = heights(svg, 0), heights(svg, 1)
        self.assertAlmostEqual(half / whole, 0.5, 2)
        self.assertAlmostEqual(quarter / whole, 0.25, 2)

    def test_lying_bars_are_as_long_as_their_values(self):
        svg = chart.lying_bars("title", "unit", ["a", "b"], {"one": [4, 1], "two": [2, None]}, 1)
        self.assertEqual([width for width, colour in LENGTH.findall(svg) if colour == chart.colour_of(0)][1:], ["530.0", "132.5"])
        self.assertEqual([width for width, colour in LENGTH.findall(svg) if colour == chart.colour_of(1)][1:], ["265.0"])

    def test_parts_stand_on_each_other_and_their_sum_is_written(self):
        svg = chart.stacks("title", "", ["a"], {"one": [1.0], "two": [2.5]}, (3, "promised"))
        (one,), (two,) = heights(svg, 0), heights(svg, 1)
        self.assertAlmostEqual(two / one, 2.5, 1)
        self.assertIn(">3.50<", svg)

    def test_tails_count_what_is_slower(self):
        self.assertEqual(chart.slower_than([(2.0, 9), (1.0, 90), (8.0, 1)]), [(1.0, 1.0), (2.0, 0.1), (8.0, 0.01)])

    def test_axes_reach_beyond_the_highest_value_in_round_steps(self):
        for highest in (0.003, 0.99, 1, 7, 42, 123456):
            ticks = chart.round_steps(highest)
            self.assertGreaterEqual(ticks[-1], highest)
            self.assertLess(ticks[-2], highest)
            self.assertLessEqual(len(ticks), 7)

    def test_numbers_are_short(self):
        told = {0: "0", 0.456: "0.46", 1.234: "1.23", 45.67: "45.7", 789: "789", 12345: "12k", 999_999: "1000k", 3_400_000: "3.4M"}
        self.assertEqual({value: chart.short(value) for value in told}, told)

    def test_all_are_xml_whatever_is_written(self):
        title = "a < b & \"c\" 'd'"
        for svg in (chart.bars(title, title, [title], {title: [0]}), chart.stacks(title, title, [title], {title: [1]}),
                    chart.lying_bars(title, title, [title], {title: [1]}, 1), chart.tails(title, title, {title: [(1.0, 1)]}),
                    chart.panels(title, [(title, title, [(1.0, 0.1, "worse")])])):
            self.assertIn(title, [element.text for element in xml.etree.ElementTree.fromstring(svg).iter()])


unittest.main()

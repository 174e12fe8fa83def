#!/usr/bin/python3
"""No circles: the folders include each other in one direction only, and so do the units.

1. A folder that holds sources is a node, apart from its parent and from its subfolders; the includes of the files that
   lie directly in it are its edges. Those of io, storage, src and tools form a DAG.
2. A unit is a path without .h and .cpp. No two units include each other, directly or through others; tests included.

A finding names the shortest circle through the first node of a knot, with one include line for each of its edges.
"""
import os
import re
from collections import deque

from tree import Findings, project_files, read

INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')
FLOORS = ("io", "storage", "src", "tools")


def unit_of(path):
    return os.path.splitext(path)[0]


def includes(files):
    """(file, line, included file) of every include of one of `files`."""
    known = set(files)
    for path in files:
        for number, line in enumerate(read(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if match and match.group(1) in known:
                yield path, number, match.group(1)


def graph_of(edges, node_of):
    """{node: {node: the first include line that makes the edge}}, without edges of a node to itself."""
    graph = {}
    for path, line, target in edges:
        source, sink = node_of(path), node_of(target)
        if source != sink:
            graph.setdefault(source, {}).setdefault(sink, (path, line, target))
            graph.setdefault(sink, {})
    return graph


def knots(graph):
    """The strongly connected components of more than one node (Tarjan), each sorted."""
    order, low, stack, found = {}, {}, [], []

    def enter(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        return node, iter(sorted(graph[node]))

    for root in sorted(graph):
        path = [enter(root)] if root not in order else []
        while path:
            node, successors = path[-1]
            for successor in successors:
                if successor not in order:
                    path.append(enter(successor))
                    break
                if successor in stack:
                    low[node] = min(low[node], order[successor])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    at = stack.index(node)
                    found += [sorted(stack[at:])] if len(stack) - at > 1 else []
                    del stack[at:]
    return found


def circle_through(graph, start, knot):
    """The shortest way from `start` back to it, as a list of nodes that begins with it."""
    reached, todo = {start: None}, deque([start])
    while todo:
        node = todo.popleft()
        for successor in sorted(graph[node]):
            if successor == start:
                way = [node]
                while reached[way[-1]] is not None:
                    way.append(reached[way[-1]])
                return way[::-1]
            if successor in knot and successor not in reached:
                reached[successor] = node
                todo.append(successor)
    return []


def report(findings, graph, what):
    for knot in knots(graph):
        circle = circle_through(graph, knot[0], set(knot))
        steps = [graph[source][sink] for source, sink in zip(circle, circle[1:] + circle[:1])]
        text = f"{what} include each other in a circle: {' -> '.join(circle + circle[:1])}"
        text += "".join(f"\n    {path}:{line} includes {target}" for path, line, target in steps)
        others = [node for node in knot if node not in circle]
        if others:
            text += f"\n    also in the knot: {', '.join(others)}"
        findings.add(*steps[0][:2], text)


def main():
    findings = Findings("dependencies")
    floors, units = project_files(folders=FLOORS), project_files(folders=(*FLOORS, "tests"))
    report(findings, graph_of(includes(floors), os.path.dirname), "folders")
    report(findings, graph_of(includes(units), unit_of), "units")
    findings.end(f"{len(units)} files")


main()

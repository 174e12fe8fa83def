#!/usr/bin/python3
"""A short standard run, kept as one line a commit, and the trend of its figures drawn: so that a regression is seen.

  ./x bench history [--repetitions 5] [--draw] [--remove COMMIT] [--file bench/history/runs.jsonl]

The run is that of the other benches, at sizes fixed here: GET and SET beside redis-server (pipeline 1 and 16), cold GETs
beside fio, memory of a key, time to start beside redis-server. The line of this commit is replaced if there is one; one of a
changed tree bears a "+". What is compared from line to line is the ratio to the peer measured in the same minutes, where
there is a peer, so that slow days fall out. A change is marked if it is beyond the noise: what the repetitions of both lines
strayed by, at least 3 % each. It counts from the last mark, so that small steps add up. Lines of other machines are kept,
and neither drawn nor compared.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

import chart
from common import ROOT, fail, git, machine, positive, say, spread

LEAST_NOISE = 0.03
RUNS = {
    "redis": "--tests get,set --persistence none --clients 50 --value-sizes 256 --seconds 1",
    "tier": "--maxmemory 32mb --times 8 --seconds 3 --rows uniform200",
    "memory": "--cold-keys 2000000 --redis-cold-keys 0 --hot-keys 500000 --maxmemory 64mb",
    "restart": "--keys 1000000 --write-seconds 2 --subjects terrace,redis-aof",
}


def figure(value, peer, ratio, better):
    """`ratio`: median and spread over the repetitions; without a peer its median is None, and the value itself is compared."""
    return {"value": value, "peer": peer, "ratio": ratio["median"], "noise": max(LEAST_NOISE, ratio["spread"]), "better": better}


def figures(results):
    """Name -> figure, out of the benches' JSON."""
    out = {}
    for row in results["redis"]["rows"]:
        shape = f"{row['test'].upper()} pipeline {row['pipeline']}"
        for field, words, better in (("rps", "per second", "more"), ("cpu_s_per_million", "CPU", "less")):
            out[f"{shape}, {words} / Redis"] = figure(row["terrace"][field], row["redis"][field], row["to_redis"][field], better)
    storm = results["tier"]["rows"][0]
    strays = spread([run["reads_to_fio"] for run in storm["runs"]])
    out["cold GET / fio"] = figure(storm["medians"]["page_reads_per_s"], storm["fio_medians"]["reads_per_s"],
                                   {"median": storm["medians"]["reads_to_fio"], "spread": strays}, "more")
    memory, bytes_a_key = results["memory"], "bytes_per_key_restarted"
    strays = spread([run[bytes_a_key] for run in memory["cold"]["terrace"]["runs"]])
    out["cold key, bytes"] = figure(memory["cold"]["terrace"][bytes_a_key], None, {"median": None, "spread": strays}, "less")
    out["hot key, bytes / Redis"] = figure(memory["hot"]["terrace"]["bytes_per_further_key"], memory["hot"]["redis"]["bytes_per_further_key"],
                                           memory["hot"]["to_redis"], "less")
    ours, theirs = results["restart"]["subjects"]["terrace"], results["restart"]["subjects"]["redis-aof"]
    for way in ("clean", "killed"):
        out[f"start, {way} / Redis with AOF"] = figure(ours[way], theirs[way], theirs[way + "_ratio"], "less")
    return out


def run_all(repetitions):
    """The standard run: name -> the bench's JSON."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="terrace-history-") as folder:
        for name, arguments in RUNS.items():
            path = os.path.join(folder, f"{name}.json")
            command = [sys.executable, os.path.join("bench", f"{name}.py"), *arguments.split(), "--repetitions", str(repetitions), "--json", path]
            if subprocess.run(command, cwd=ROOT, check=False).returncode:
                fail(f"history: bench {name} failed; nothing is written")
            with open(path) as file:
                results[name] = json.load(file)
    return results


def line_of(about, results):
    return {"commit": about["terrace_commit"], "committed": git("show", "-s", "--format=%cI", "HEAD"),
            "measured": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": {name: about[name] for name in ("cpu", "cores", "kernel", "redis")}, "load_at_start": about["load_at_start"],
            "figures": figures(results)}


# --- the file

def read(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def write(path, lines):
    """Whole and at once, ordered by the commits' dates."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".new", "w") as file:
        file.writelines(json.dumps(line) + "\n" for line in sorted(lines, key=lambda line: line["committed"]))
    os.replace(path + ".new", path)


def same_machine(line, other):
    return all(line["machine"][name] == other["machine"][name] for name in ("cpu", "cores"))


def put(lines, new):
    """The lines with the new one, in place of what this machine said of the same commit."""
    return [line for line in lines if line["commit"] != new["commit"] or not same_machine(line, new)] + [new]


# --- the trend

def compared(figure):
    return figure["value"] if figure["ratio"] is None else figure["ratio"]


def mark(before, now):
    """"better", "worse", or None within the noise of both."""
    if before is None or not compared(before):
        return None
    change = compared(now) / compared(before) - 1
    if abs(change) <= before["noise"] + now["noise"]:
        return None
    return "better" if (change > 0) == (now["better"] == "more") else "worse"


def trends(lines):
    """Name -> (commit, figure, mark) of each line that has it, oldest first."""
    out, since = {}, {}
    for line in lines:
        for name, now in line["figures"].items():
            verdict = mark(since.get(name), now)
            if verdict or name not in since:
                since[name] = now
            out.setdefault(name, []).append((line["commit"], now, verdict))
    return out


def in_words(now):
    peer = "" if now["peer"] is None else f"   ({chart.short(now['value'])}, peer {chart.short(now['peer'])})"
    return f"{compared(now):.3g} ±{now['noise']:.0%}{peer}"


def tell(rows):
    """The latest line, and every change beyond the noise."""
    for name, row in rows.items():
        changes = ", ".join(f"{verdict} with {commit}" for commit, _, verdict in row if verdict)
        say(f"{name:38} {in_words(row[-1][1]):42} {changes}")


def draw(path, lines, rows):
    points = [(name, in_words(row[-1][1]), [(compared(now), now["noise"], verdict) for _, now, verdict in row]) for name, row in rows.items()]
    span = f"Commits {lines[0]['commit']} to {lines[-1]['commit']}: green is better, red is worse, beyond the noise"
    with open(path, "w") as file:
        file.write(chart.panels(span, points))
    say(f"drawn: {os.path.relpath(path)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit codes: 0 fine, 1 a bench failed, or the newest line is worse than before beyond the noise, "
                                            "2 wrong usage.")
    parser.add_argument("--repetitions", type=positive, default=5)
    parser.add_argument("--draw", action="store_true", help="measure nothing; tell and draw what is there")
    parser.add_argument("--remove", metavar="COMMIT", help="take this commit's line out, of a run that was disturbed")
    parser.add_argument("--file", default=os.path.join(ROOT, "bench", "history", "runs.jsonl"))
    options = parser.parse_args()
    lines = read(options.file)
    if options.remove:
        if all(line["commit"] != options.remove for line in lines):
            fail(f"{options.file} has no line of commit {options.remove}")
        lines = [line for line in lines if line["commit"] != options.remove]
        write(options.file, lines)
    elif not options.draw:
        about = machine()
        lines = put(lines, line_of(about, run_all(options.repetitions)))
        write(options.file, lines)
    lines = read(options.file)
    if not lines:
        fail(f"{options.file} has no lines: ./x bench history makes one")
    newest = max(lines, key=lambda line: line["measured"])
    lines = [line for line in lines if same_machine(line, newest)]
    rows = trends(lines)
    tell(rows)
    draw(os.path.splitext(options.file)[0] + ".svg", lines, rows)
    sys.exit(1 if any(row[-1][0] == newest["commit"] and row[-1][2] == "worse" for row in rows.values()) else 0)


if __name__ == "__main__":
    main()

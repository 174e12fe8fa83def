#!/usr/bin/python3
"""All benches one after the other, their JSON in bench/results, and the figures of README.md and bench/RESULTS.md made from it.

  ./x bench all [--quick] [--only redis,tier] [--note TEXT]

Takes hours on a quiet machine; --quick is for trying the chain, in minutes and below a gigabyte. A bench that fails is
told at the end and leaves its old JSON; the others go on.
"""
import argparse
import os
import subprocess
import sys

from common import ROOT, say, some_of

QUICK = {
    "redis": "--repetitions 2 --seconds 0.3 --value-sizes 16,256,4096 --keys 20000",
    "commands": "--repetitions 1 --seconds 0.2 --elements 100000",
    "scripts": "--repetitions 1 --seconds 0.2",
    "tier": "--maxmemory 16mb --times 10 --seconds 2 --repetitions 2",
    "compression": "--maxmemory 16mb --seconds 1",
    "latency": "--keys 100000 --seconds 2 --repetitions 1 --bulk-mib 256",
    "memory": "--cold-keys 2000000 --redis-cold-keys 500000 --hot-keys 500000 --maxmemory 64mb --repetitions 1",
    "types_memory": "--elements 100000 --small-keys 10000",
    "bound": "--maxmemory 64mb --gigabytes 1 --seconds 3",
    "restart": "--keys 500000 --repetitions 2 --write-seconds 1",
    "wear": "--maxmemory 64mb --times 12 --live-shares 70 --repetitions 1",
}
QUICK_NOTE = "From short runs with little data, which try the benches: they do not say what the server can do."


def run(name, options):
    """Says whether it went well."""
    json = os.path.join("bench", "results", f"{name}.json")
    note = " ".join(words for words in (QUICK_NOTE if options.quick else "", options.note or "") if words)
    command = [sys.executable, os.path.join("bench", f"{name}.py"), *(QUICK[name].split() if options.quick else []), "--json", json]
    return subprocess.run([*command, *(["--note", note] if note else [])], cwd=ROOT, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit codes: 0 all measured and drawn, 1 something failed (and is told), 2 wrong usage.")
    parser.add_argument("--quick", action="store_true", help="short runs")
    parser.add_argument("--only", type=some_of(QUICK), default=list(QUICK), help=f"of {','.join(QUICK)}")
    parser.add_argument("--note", help="kept with the figures: what a reader must know of these runs")
    options = parser.parse_args()
    failed = [name for name in options.only if not run(name, options)]
    drawn = subprocess.run([sys.executable, os.path.join("bench", "figures.py")], cwd=ROOT, check=False).returncode == 0
    if failed:
        say(f"failed: {', '.join(failed)}")
    sys.exit(0 if drawn and not failed else 1)


if __name__ == "__main__":
    main()

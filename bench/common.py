"""What the comparisons share: their arguments, the servers and the load generator, medians and ratios, progress, the JSON."""
import argparse
import json
import math
import os
import platform
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from dataset import stanzas  # noqa: E402
from harness import Error, Folder, Server, ServerDied, fail, info_number, megabytes, redis, say, terrace  # noqa: E402,F401


def need(program, package):
    if not shutil.which(program):
        fail(f"no {program}: apt-get install {package}")


def git(*words):
    # Git refuses a folder of another owner unless told that it is meant.
    return subprocess.run(["git", "-c", f"safe.directory={ROOT}", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def commit():
    """What the server is built from; "+" behind it: and of changes that are in no commit."""
    changed = git("status", "--porcelain", "--", "io", "storage", "src", "CMakeLists.txt")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def machine():
    """What a figure is worth nothing without."""
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    redis_version = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout
    return {
        "cpu": model.group(1) if model else platform.processor(), "cores": os.cpu_count(), "kernel": platform.release(),
        "redis": re.search(r"v=([\d.]+)", redis_version).group(1), "terrace_commit": commit(),
        "load_at_start": os.getloadavg()[0],
    }


def load_binary():
    """The load generator: $TERRACE_LOAD, or the release build's."""
    path = os.environ.get("TERRACE_LOAD") or os.path.join(ROOT, "build", "bench", "terrace-load")
    if not os.access(path, os.X_OK):
        fail(f"no load generator at {path}: build it (./x build) or set TERRACE_LOAD")
    return path


class Load:
    """A run of terrace-load that is under way. Options as keywords: Load(port, keys=1000, sequential=True)."""

    def __init__(self, port, cpu=None, **options):
        command = [load_binary(), "--port", str(port), "--json"]
        for name, value in options.items():
            if value is not None and value is not False:
                command += ["--" + name.replace("_", "-"), *([] if value is True else [str(value)])]
        if cpu is not None:
            command = ["taskset", "-c", str(cpu), *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def result(self, may_fail=False):
        """Waits for the end; what it measured. Errors end the whole bench unless they are expected."""
        output = self.process.communicate()[0]
        if not output:
            fail(f"terrace-load ended with {self.process.returncode} and no result")
        run = json.loads(output)
        if self.process.returncode and not may_fail:
            fail(f"terrace-load: {run['failure']} {run['errors']} {run['wrong_values']} wrong values: {run['first_wrong_value']}")
        return run

    def end(self, may_fail=False):
        """Lets it end now, with its result."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.result(may_fail)


def load(port, **options):
    return Load(port, **options).result()


def percentile(rows, share):
    """Of a histogram as terrace-load tells it (or several of them, one behind the other): milliseconds."""
    wanted, seen = math.ceil(share * sum(count for _, count in rows)), 0
    for upper, count in sorted(rows):
        seen += count
        if seen >= wanted:
            return upper
    return None


def write_stanzas(folder):
    """The real values as a file for terrace-load --values: (its path, bytes of each)."""
    values, origin = stanzas()
    values = [value.strip(b"\n") for value in values]
    path = os.path.join(folder, "values")
    with open(path, "wb") as file:
        file.write(b"\n\n".join(values) + b"\n")
    return path, [len(value) for value in values], origin


class RealValues:
    """Real values under so many keys that they take as much as is wanted: what terrace-load is told of them."""

    def __init__(self, folder, size):
        values, sizes, origin = write_stanzas(folder.path)
        self.size, keys = 0, 0
        while self.size < size:
            self.size += sizes[keys % len(sizes)]
            keys += 1
        self.options = {"keys": keys, "values": values}
        self.about = f"{keys} values of {origin}, {self.size >> 20} MiB"


class Dataset(RealValues):
    """Such values in a server, on disk."""

    def __init__(self, folder, size, server):
        super().__init__(folder, size)
        self.server = server
        begin = time.monotonic()
        load(server.port, sequential=True, connections=8, pipeline=32, progress=True, **self.options)
        spill(server)
        say(f"loaded {self.about}, in {time.monotonic() - begin:.0f} s")


class Watch:
    """Calls look() again and again, while it is entered, and once more at the end."""

    def __init__(self, interval):
        self.interval, self.over = interval, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self.over.is_set():
            self.look()
            self.over.wait(self.interval)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.look()


class HighestRss(Watch):
    """Looks at the resident set every 100 ms; then `mib` is the highest seen."""

    def __init__(self, server, interval=0.1):
        super().__init__(interval)
        self.server, self.bytes = server, 0

    def look(self):
        self.bytes = max(self.bytes, self.server.rss())

    @property
    def mib(self):
        return self.bytes / (1 << 20)


def settled_rss(server, timeout=60.0):
    """The resident set when it has stopped to change."""
    end, before = time.monotonic() + timeout, server.rss()
    while time.monotonic() < end:
        time.sleep(1)
        now = server.rss()
        if abs(now - before) <= before / 1000:
            return now
        before = now
    return before


def spill(server):
    with server.client(3600) as client:
        client.ok("TERRACE", "SPILL", "ALL")


def headline(name, about, what):
    say(f"bench {name}: {about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, redis {about['redis']}, "
        f"load {about['load_at_start']:.2f}; {what}")


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """Half of the range, as a share of the median: how far to trust it."""
    middle = median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0


def medians(runs):
    """Of every number that all runs tell."""
    numbers = [name for name in runs[0] if all(isinstance(run.get(name), (int, float)) for run in runs)]
    return {name: median([run[name] for run in runs]) for name in numbers}


def ratio(ours, theirs, field):
    """Each run's figure over its neighbour's of the same repetition: what a slow minute does to both falls out."""
    shares = [mine[field] / other[field] for mine, other in zip(ours, theirs) if other.get(field)]
    return {"median": median(shares), "spread": spread(shares)} if shares else None


def pin(server, cpu):
    """All threads it has, to one core."""
    if cpu is None:
        return
    for thread in os.listdir(f"/proc/{server.pid}/task"):
        os.sched_setaffinity(int(thread), {cpu})


class Progress:
    """Tells on a terminal how far a bench is, and nothing elsewhere."""

    def __init__(self, total):
        self.total, self.done, self.shown = total, 0, sys.stderr.isatty()

    def step(self, words):
        self.done += 1
        if self.shown:
            print(f"\r\033[K[{self.done}/{self.total}] {words}", end="", file=sys.stderr, flush=True)

    def say(self, words):
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        say(words)


# --- arguments and results

def positive(text):
    """A kind of argument: a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def arguments(doc, repetitions):
    """A parser that knows what every bench knows; `doc` is its module's."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Exit codes: 0 measured, 1 something failed (and is told), 2 wrong usage.")
    parser.add_argument("--repetitions", type=positive, default=repetitions, help="medians of so many are told")
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file")
    parser.add_argument("--note", help="kept with the figures: what a reader must know of this run")
    return parser


def some_of(known):
    """A kind of argument: names out of `known`, separated by commas."""
    def chosen(text):
        for name in text.split(","):
            if name not in known:
                raise argparse.ArgumentTypeError(f"no {name!r}: {', '.join(known)}")
        return text.split(",")
    return chosen


def integers(text):
    """A kind of argument: whole numbers above 0, separated by commas."""
    return [positive(part) for part in text.split(",")]


def command_line():
    """What a reader types to get these figures."""
    words = [os.path.splitext(os.path.basename(sys.argv[0]))[0]]
    rest = iter(sys.argv[1:])
    for word in rest:
        if word in ("--json", "--note"):
            next(rest, None)
        elif not word.startswith(("--json=", "--note=")):
            words.append(word)
    return "./x bench " + shlex.join(words)


def as_json(value, indent=""):
    """Indented, but rows of numbers on one line and no more digits than mean anything."""
    if isinstance(value, float):
        return json.dumps(float(f"{value:.6g}"))
    inner = indent + " "
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(str(name))}: {as_json(part, inner)}" for name, part in value.items()]
        return "{\n" + inner + f",\n{inner}".join(parts) + f"\n{indent}}}"
    if isinstance(value, (list, tuple)):
        parts = [as_json(part, inner) for part in value]
        if any(isinstance(part, dict) for part in value):
            return "[\n" + inner + f",\n{inner}".join(parts) + f"\n{indent}]"
        return "[" + ", ".join(parts) + "]"
    return json.dumps(value)


def write_json(options, about, **measured):
    """The file that --json names, if it does: what was measured, where, and by which command."""
    if not options.json:
        return
    chosen = {name: value for name, value in vars(options).items() if name not in ("json", "note")}
    told = {"command": command_line(), "note": options.note, "machine": about, "options": chosen, **measured}
    os.makedirs(os.path.dirname(os.path.abspath(options.json)), exist_ok=True)
    with open(options.json, "w") as file:
        file.write(as_json(told) + "\n")
    say(f"written: {os.path.relpath(options.json)}")

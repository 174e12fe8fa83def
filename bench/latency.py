#!/usr/bin/python3
"""What a paced client on hot keys feels of the server's other work, beside redis-server.

  ./x bench latency [--rate 2000] [--seconds 10] [--repetitions 3] [--bulk-mib 512] [--phases quiet,load,…] [--json FILE]

One connection asks for hot keys on a schedule, and a latency counts from when its request was due, so that a stall is felt
by all requests that fall into it. Phases: quiet; load (others write 1000-byte values at full speed); checkpoint (TERRACE
CHECKPOINT, for Redis BGSAVE, after many changes); compact (TERRACE COMPACT of segments that are half dead); growth (small
new keys at full speed: the index grows). The client runs exactly as long as the phase; repetitions are interleaved, their
histograms added up and kept whole in the JSON.
"""
import time

from common import (Folder, Load, Progress, arguments, fail, headline, info_number, load, machine, median, percentile, redis, say, some_of, spill,
                    terrace, write_json)

HOT_KEYS = 10_000
VALUE = 100
BULK_VALUE = 1000


class Subject:
    """A server with keys in memory, and what disturbs it."""

    def __init__(self, name, server, options):
        self.name, self.server, self.options = name, server.start(), options
        self.generation = 0
        load(server.port, keys=options.keys, value_size=VALUE, sequential=True, connections=4, pipeline=32, progress=True)
        self.ready()

    def ready(self):
        """The hot keys are in memory, whatever was done to them before."""
        for _ in range(3):
            load(self.server.port, keys=HOT_KEYS, value_size=VALUE, sequential=True, mix="get", verify=True, pipeline=16)

    def call(self, *words):
        with self.server.client(3600) as client:
            return client.ok(*words)

    def change(self, share):
        """Writes a share of all keys anew, so that there is something to save or to clean."""
        load(self.server.port, keys=self.options.keys, value_size=VALUE, mix="set", requests=int(self.options.keys * share),
             connections=4, pipeline=32, seed=self.generation)

    # Each: (what is done before, what is measured).

    def quiet(self):
        return None, lambda: time.sleep(self.options.seconds)

    def load(self):
        return None, lambda: self.write_new("new", BULK_VALUE, 16)

    def growth(self):
        return None, lambda: self.write_new("grow", 8, 64)

    def write_new(self, name, value_size, pipeline):
        self.generation += 1
        run = Load(self.server.port, keys=1 << 32, key_format=f"{name}:{self.generation}:%012d", value_size=value_size, sequential=True,
                   connections=1, pipeline=pipeline, seconds=self.options.seconds)
        run.result()

    def checkpoint(self):
        self.generation += 1
        return self.much_to_save, (self.background_save if self.name == "redis" else lambda: self.call("TERRACE", "CHECKPOINT"))

    def much_to_save(self):
        self.change(0.5)
        if self.name == "redis":
            self.wait_for("aof_rewrite_in_progress")  # begun by the log's growth, it would not let BGSAVE begin

    def background_save(self):
        self.call("BGSAVE")
        self.wait_for("rdb_bgsave_in_progress")

    def wait_for(self, activity):
        while info_number(self.server.info("persistence"), activity):
            time.sleep(0.02)

    def compact(self):
        self.generation += 1
        return self.make_garbage, self.compact_it

    def make_garbage(self):
        """Several segments whose records are half dead."""
        self.call("CONFIG", "SET", "compaction", "no")  # or it is cleaned before we look
        bulk = {"keys": (self.options.bulk_mib << 20) // BULK_VALUE, "key_format": "bulk:%012d", "value_size": BULK_VALUE, "mix": "set",
                "connections": 4, "pipeline": 32}
        load(self.server.port, sequential=True, **bulk)
        spill(self.server)
        load(self.server.port, requests=bulk["keys"], seed=self.generation, **bulk)
        spill(self.server)
        self.ready()

    def compact_it(self):
        before = info_number(self.server.info("tier"), "compactions")
        self.call("TERRACE", "COMPACT")
        if info_number(self.server.info("tier"), "compactions") == before:
            fail(f"{self.options.bulk_mib} MiB of bulk fill no segment: nothing was compacted; more --bulk-mib")
        self.call("CONFIG", "SET", "compaction", "yes")


def measure(subject, phase, options):
    """One repetition: what the paced client saw while the phase went on."""
    prepare, disturb = getattr(subject, phase)()
    if prepare:
        prepare()
    subject.call("CONFIG", "RESETSTAT")
    client = Load(subject.server.port, connections=1, pipeline=options.pipeline, rate=options.rate, seconds=3600,
                  keys=HOT_KEYS, value_size=VALUE, verify=True)
    time.sleep(0.05)  # it has begun
    begin = time.monotonic()
    disturb()
    seconds = time.monotonic() - begin
    run = client.end()
    run["phase_seconds"] = seconds
    run.update(turns(subject.server.info()))
    return run


def turns(info):
    """What the server says of its own turns; nothing of redis-server, which measures none."""
    prefix, long_turns = "reactor_long_turns_", {}
    for name, value in info.items():
        if name.startswith(prefix):
            long_turns[name.removeprefix(prefix)] = {part.split("=")[0]: int(part.split("=")[1]) for part in value.split(",")}
    return {"worst_turn_us": info_number(info, "reactor_worst_turn_usec"), "worst_turn_cause": info.get("reactor_worst_turn_cause"),
            "worst_turn_on_cpu_us": info_number(info, "reactor_worst_turn_on_cpu_usec"),
            "worst_turn_on_cpu_cause": info.get("reactor_worst_turn_on_cpu_cause"), "long_turns": long_turns}


def together(runs):
    """One histogram of several: rows of (upper end in ms, count)."""
    counts = {}
    for run in runs:
        for upper, count in run.pop("histogram_ms"):
            counts[upper] = counts.get(upper, 0) + count
    return sorted(counts.items())


def summary(runs):
    rows = together(runs)
    out = {"max_ms": max(run["max_ms"] for run in runs), "requests": sum(run["requests"] for run in runs)}
    for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("p999_ms", 0.999)):
        out[name] = min(percentile(rows, share), out["max_ms"])  # a bucket's upper end may lie beyond
    out["phase_seconds"] = median([run["phase_seconds"] for run in runs])
    measured = [run for run in runs if run["worst_turn_us"] is not None]
    worst = max(measured, key=lambda run: run["worst_turn_us"], default={})
    for name in ("worst_turn_us", "worst_turn_cause"):
        out[name] = worst.get(name)
    out["worst_turn_on_cpu_us"] = max((run["worst_turn_on_cpu_us"] or 0 for run in measured), default=None)
    return dict(out, histogram_ms=rows, runs=runs)


PHASES = {"quiet": ("terrace", "redis"), "load": ("terrace", "redis"), "checkpoint": ("terrace", "redis"), "compact": ("terrace",),
          "growth": ("terrace", "redis")}


def tell(phase, told, quiet, progress):
    for name, row in told.items():
        row["p99_to_quiet"] = row["p99_ms"] / quiet[name]["p99_ms"] if quiet else None
        row["p99_to_redis"] = row["p99_ms"] / told["redis"]["p99_ms"] if "redis" in told and name != "redis" else None
        shares = "".join("       -" if share is None else f"{share:>8.2f}" for share in (row["p99_to_quiet"], row["p99_to_redis"]))
        turn = ""
        if row["worst_turn_us"] is not None:
            turn = f"  worst turn {row['worst_turn_us']} us ({row['worst_turn_cause']}; {row['worst_turn_on_cpu_us']} us on a processor)"
        progress.say(f"{phase:10} {name:8} {row['phase_seconds']:>6.2f} s {row['requests']:>8} "
                     f"{row['p50_ms']:>8.3f} {row['p99_ms']:>8.3f} {row['p999_ms']:>8.3f} {row['max_ms']:>8.3f} {shares}{turn}")


def run_phase(phase, subjects, options, progress):
    runs = {name: [] for name in PHASES[phase]}
    for repetition in range(options.repetitions):
        for name in list(runs) if repetition % 2 == 0 else list(runs)[::-1]:
            progress.step(f"{phase} {name}")
            runs[name].append(measure(subjects[name], phase, options))
    return {name: summary(of_one) for name, of_one in runs.items()}


def main():
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--rate", type=float, default=2000, help="requests a second of the paced client")
    parser.add_argument("--pipeline", type=int, default=1, help="requests that it has in flight at most; due ones beyond wait, and count")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--bulk-mib", type=int, default=512, help="of values that compact works on")
    parser.add_argument("--seconds", type=float, default=10, help="of a phase that does not end by itself")
    parser.add_argument("--phases", type=some_of(PHASES), default=list(PHASES), help=f"of {','.join(PHASES)}")
    parser.add_argument("--appendfsync", choices=("always", "everysec", "no"), default="always", help="of both servers")
    parser.add_argument("--maxmemory", default="4gb", help="of Terrace")
    options = parser.parse_args()
    if options.keys < HOT_KEYS:
        parser.error(f"at least {HOT_KEYS} keys")
    about, result = machine(), {}
    progress = Progress(options.repetitions * sum(len(PHASES[phase]) for phase in options.phases))
    headline("latency", about, f"{options.rate:g} GET/s of hot keys, appendfsync {options.appendfsync}, {options.repetitions} repetitions together")
    say("phase      server     lasted requests   p50 ms      p99    p99.9      max    p99/quiet  /redis")
    with Folder("bench-latency") as folder:
        servers = {"terrace": terrace(folder.path + "/terrace", "--maxmemory", options.maxmemory, "--appendfsync", options.appendfsync),
                   "redis": redis(folder.path + "/redis", "--appendonly", "yes", "--appendfsync", options.appendfsync)}
        subjects = {name: Subject(name, folder.add(server), options) for name, server in servers.items()}
        for phase in options.phases:
            result[phase] = run_phase(phase, subjects, options, progress)
            tell(phase, result[phase], result.get("quiet"), progress)
    write_json(options, about, phases=result)


if __name__ == "__main__":
    main()

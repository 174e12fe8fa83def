#!/usr/bin/python3
"""redis-benchmark on Terrace and redis-server in turn: its own tests, and commands on large values of every type.

  ./x bench commands [--repetitions 3] [--seconds 1] [--pipelines 1,16] [--clients 50] [--elements 1000000] [--lines ZADD,XADD]
                  [--json FILE]

Both sync each write before its reply (appendfsync always). The tests are those of redis-benchmark -t, with random keys out
of a million; large values have --elements elements. The runs of a line are interleaved, as many requests for both as Redis
answers in --seconds, or as the value has elements to pop. Medians are told, ratios are medians over the repetitions. CPU is
user and system time of the server's process; Redis never rewrites its file meanwhile. With two cores or more the server has
"""
import csv
import os
import subprocess
from dataclasses import dataclass

from common import (Folder, Progress, arguments, fail, headline, integers, machine, median, medians, need, pin, ratio, redis, say, some_of, terrace,
                    write_json)

RANDOM = "__rand_int__"  # redis-benchmark puts twelve digits in its place
KEYS = 1_000_000
TOLD = ("rps", "p50_ms", "p99_ms", "cpu_s_per_million")
DATA = "xxx"  # what redis-benchmark's own tests write


@dataclass
class Line:
    """What is sent again and again; `before` is sent once before each run; a run of more requests finds nothing left."""
    name: str
    command: str
    before: tuple = ()
    most: int = 0
    options: tuple = ()  # of redis-benchmark


def copied(source):
    return (f"COPY {source} popped REPLACE",)


def own_tests(elements):
    """Those of redis-benchmark -t. Its pops are of what its pushes left; here of a large value, or most would find nothing."""
    yield Line("PING_INLINE", "")
    yield Line("PING_MBULK", "PING")
    yield Line("SET", f"SET key:{RANDOM} {DATA}")
    yield Line("GET", f"GET key:{RANDOM}")
    yield Line("INCR", f"INCR counter:{RANDOM}")
    yield Line("LPUSH", f"LPUSH mylist {DATA}")
    yield Line("RPUSH", f"RPUSH mylist {DATA}")
    yield Line("LPOP", "LPOP popped", copied("list"), elements)
    yield Line("RPOP", "RPOP popped", copied("list"), elements)
    yield Line("SADD", f"SADD myset element:{RANDOM}")
    yield Line("HSET", f"HSET myhash element:{RANDOM} {DATA}")
    yield Line("SPOP", "SPOP popped", copied("set"), elements)
    yield Line("ZADD", f"ZADD myzset 0 element:{RANDOM}")
    yield Line("ZPOPMIN", "ZPOPMIN popped", copied("zset"), elements)
    for count in (100, 300, 500, 600):
        yield Line(f"LRANGE_{count}", f"LRANGE list 0 {count - 1}")
    yield Line("MSET", "MSET " + " ".join(f"key:{RANDOM} {DATA}" for _ in range(10)))


def large_values(elements):
    middle = elements // 2
    yield Line("HSET large", f"HSET hash field:{RANDOM} value:{RANDOM}")
    yield Line("HGET large", f"HGET hash field:{RANDOM}")
    yield Line("HGETALL 1000", "HGETALL hash:1000")
    yield Line("SADD large", f"SADD set member:{RANDOM}")
    yield Line("SISMEMBER large", f"SISMEMBER set member:{RANDOM}")
    yield Line("SINTER large 100", "SINTER set set:100")
    yield Line("ZADD large", f"ZADD zset {RANDOM} member:{RANDOM}")
    yield Line("ZRANK large", f"ZRANK zset member:{RANDOM}")
    yield Line("ZRANGE large 100", f"ZRANGE zset {middle} {middle + 99}")
    yield Line("ZRANGEBYSCORE large 100", f"ZRANGEBYSCORE zset {RANDOM} +inf LIMIT 0 100")
    yield Line("LINDEX large", f"LINDEX list {middle}")
    yield Line("XADD large", f"XADD stream * field value:{RANDOM}")
    yield Line("XRANGE large 100", "XRANGE stream - + COUNT 100")
    yield Line("XREADGROUP large 10", "XREADGROUP GROUP readers one COUNT 10 STREAMS stream >",
               ("XGROUP DESTROY stream readers", "XGROUP CREATE stream readers 0"), elements // 10)


def fill(server, elements):
    """The large values, and some to be read whole. Scores and numbers are in no order."""
    def commands():
        for begin in range(0, elements, 500):
            numbers = range(begin, min(begin + 500, elements))
            yield ["RPUSH", "list", *(f"item:{number:012d}" for number in numbers)]
            yield ["HSET", "hash", *(word for number in numbers for word in (f"field:{number:012d}", f"value:{number:012d}"))]
            yield ["SADD", "set", *(f"member:{number:012d}" for number in numbers)]
            yield ["ZADD", "zset", *(word for number in numbers for word in (str(number * 7919 % elements), f"member:{number:012d}"))]
            yield from (["XADD", "stream", "*", "field", f"value:{number:012d}"] for number in numbers)
        yield ["HSET", "hash:1000", *(word for number in range(1000) for word in (f"field:{number:012d}", f"value:{number:012d}"))]
        yield ["SADD", "set:100", *(f"member:{number * 2 * (elements // 200):012d}" for number in range(100))]

    with server.client(600) as client:
        batch = []
        for command in commands():
            batch.append(command)
            if len(batch) == 1000:
                client.pipeline(batch)
                batch = []
        client.pipeline(batch)


def benchmark(server, line, requests, pipeline, options):
    """One run of redis-benchmark, and what it cost the server."""
    with server.client(600) as client:
        for command in line.before:
            client.call(*command.split())
    words = ["redis-benchmark", "-p", str(server.port), "-c", str(options.clients), "-P", str(pipeline), "-n", str(requests), "-r", str(KEYS),
             "--csv", *line.options, *(line.command.split() or ["-t", "ping_inline"])]
    if options.client_cpu is not None:
        words = ["taskset", "-c", str(options.client_cpu), *words]
    cpu = server.cpu_seconds()
    run = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    cpu = server.cpu_seconds() - cpu
    rows = list(csv.DictReader(run.stdout.splitlines()))
    if run.returncode or len(rows) != 1:
        fail(f"{' '.join(words)}\n{run.stdout}{run.stderr}")
    row = rows[0]
    return {"rps": float(row["rps"]), "p50_ms": float(row["p50_latency_ms"]), "p99_ms": float(row["p99_latency_ms"]),
            "cpu_s_per_million": cpu / requests * 1e6}


def by_turns(servers, peer, line, pipeline, options, progress):
    """The runs of a line on each server, interleaved, of as many requests as the peer answers in --seconds: (requests, {name: [run, …]})."""
    least = 2000
    rate = benchmark(servers[peer], line, least, pipeline, options)["rps"]
    requests = max(least, min(int(rate * options.seconds), line.most or KEYS * 100))
    runs = {name: [] for name in servers}
    for repetition in range(options.repetitions):
        for name in list(servers) if repetition % 2 == 0 else list(servers)[::-1]:
            progress.step(f"{name}, {line.name}, pipeline {pipeline}")
            runs[name].append(benchmark(servers[name], line, requests, pipeline, options))
    return requests, runs


def compare(servers, line, pipeline, options, progress):
    """A line on both, by turns."""
    requests, runs = by_turns(servers, "redis", line, pipeline, options, progress)
    row = {"line": line.name, "pipeline": pipeline, "requests": requests, **{name: medians(of_one) for name, of_one in runs.items()}}
    row["to_redis"] = {field: ratio(runs["terrace"], runs["redis"], field) for field in TOLD}
    return row


def tell(row, progress):
    ours, theirs, over = row["terrace"], row["redis"], row["to_redis"]
    cpu = over["cpu_s_per_million"]["median"] if over["cpu_s_per_million"] else float("nan")
    progress.say(f"{row['line']:24} P={row['pipeline']:<3}{ours['rps']:>9.0f}{theirs['rps']:>9.0f} {over['rps']['median']:>5.2f}  "
                 f"{ours['p50_ms']:>7.3f}{ours['p99_ms']:>8.3f} {theirs['p50_ms']:>7.3f}{theirs['p99_ms']:>8.3f}  "
                 f"{ours['cpu_s_per_million']:>8.2f}{theirs['cpu_s_per_million']:>8.2f} {cpu:>5.2f}  ±{over['rps']['spread']:.0%}")


def summary(rows):
    faster = [row["to_redis"]["rps"]["median"] for row in rows]
    cheaper = [row["to_redis"]["cpu_s_per_million"]["median"] for row in rows if row["to_redis"]["cpu_s_per_million"]]
    return {"lines": len(rows), "rps_to_redis": median(faster), "lines_slower": sum(one < 1 for one in faster),
            "cpu_to_redis": median(cheaper), "lines_dearer": sum(one > 1 for one in cheaper)}


def main():
    names = [line.name for family in (own_tests, large_values) for line in family(KEYS)]
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--seconds", type=float, default=1, help="about, of one run")
    parser.add_argument("--clients", type=int, default=50, help="connections")
    parser.add_argument("--pipelines", type=integers, default=[1, 16], help="requests in flight on a connection")
    parser.add_argument("--elements", type=int, default=KEYS, help="of a large value (a thousand at least)")
    parser.add_argument("--lines", type=some_of(names), default=names, help=f"of {', '.join(names)}")
    parser.add_argument("--maxmemory", default="4gb", help="of Terrace")
    options = parser.parse_args()
    if options.elements < 1000:
        parser.error("--elements: a thousand at least")
    need("redis-benchmark", "redis-tools")
    options.server_cpu, options.client_cpu = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
    about = machine()
    lines = [line for family in (own_tests, large_values) for line in family(options.elements) if line.name in options.lines]
    progress = Progress(len(lines) * len(options.pipelines) * options.repetitions * 2)
    headline("commands", about, f"medians of {options.repetitions} runs of about {options.seconds:g} s; t is Terrace, r Redis")
    rows = []
    with Folder("bench-commands") as folder:
        servers = {"terrace": terrace(folder.path + "/terrace", "--maxmemory", options.maxmemory, "--appendfsync", "always"),
                   "redis": redis(folder.path + "/redis", "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                                  "--auto-aof-rewrite-percentage", "0")}
        for server in servers.values():
            pin(folder.add(server).start(), options.server_cpu)
            fill(server, options.elements)
        say("line                             commands/s t        r   t/r      p50     p99  t and r              CPU s/M t       r   t/r")
        for pipeline in options.pipelines:
            for line in lines:
                rows.append(compare(servers, line, pipeline, options, progress))
                tell(rows[-1], progress)
    told = {f"pipeline {pipeline}": summary([row for row in rows if row["pipeline"] == pipeline]) for pipeline in options.pipelines}
    told["all"] = summary(rows)
    for words, row in told.items():
        say(f"{words}: median of {row['lines']} lines: {row['rps_to_redis']:.2f} of Redis' commands a second ({row['lines_slower']} lines below 1), "
            f"{row['cpu_to_redis']:.2f} of its CPU ({row['lines_dearer']} above 1)")
    write_json(options, about, rows=rows, summary=told)


if __name__ == "__main__":
    main()

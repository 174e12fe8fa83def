#!/usr/bin/python3
"""Terrace, redis-server and a bare echo in turn: throughput, latency, CPU, context switches and memory of a command.

  ./x bench redis [--repetitions 5] [--seconds 1] [--pipelines 1,16] [--clients 50,500] [--value-sizes 16,256,4096]
                  [--tests set,get,incr,mset] [--persistence none,always] [--json FILE]

The runs of a row are interleaved (Terrace, Redis, echo, and back), so that a slow minute hits all; medians are told, and
ratios are medians over the repetitions. Persistence none: Redis without AOF, Terrace with appendfsync no; everysec and
always are appendfsync of both. The echo (terrace-echo: io_uring, multishot receive, a fixed reply, no store) is the floor
of what a command costs; beside writes with appendfsync always it writes and syncs what it was sent before it answers, as
many commands at once as came meanwhile: what the disk, this kernel and this machine leave to such a server. CPU is user
and system time of the server's process. MSET writes ten keys a command. With two cores or more the server has one and
the client another.
"""
import os

from common import Folder, Progress, arguments, fail, headline, integers, load, machine, medians, pin, ratio, redis, say, some_of, spread, terrace, write_json
from echo import Echo

TESTS = ("set", "get", "incr", "mset")
PERSISTENCE = {
    "none": (["--appendfsync", "no"], ["--save", "", "--appendonly", "no"]),
    "everysec": (["--appendfsync", "everysec"], ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]),
    "always": (["--appendfsync", "always"], ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]),
}
TOLD = ("rps", "p50_ms", "p99_ms", "p999_ms", "cpu_s_per_million", "switches_per_thousand", "rss_mib")


def measure(server, shape, options, seed):
    """One run, and what it cost the server."""
    cpu, switches = server.cpu_seconds(), server.context_switches()
    run = load(server.port, cpu=options.client_cpu, keys=options.keys, seconds=options.seconds, seed=seed, mix=shape["test"],
               pipeline=shape["pipeline"], connections=shape["clients"], value_size=shape["value_size"])
    if shape["test"] == "get" and server.name != "echo" and run["commands"]["get"]["nulls"]:
        fail(f"{server.name}: {run['commands']['get']['nulls']} GETs found nothing, though all keys were written")
    run["cpu_s_per_million"] = (server.cpu_seconds() - cpu) / run["requests"] * 1e6
    run["switches_per_thousand"] = (server.context_switches() - switches) / run["requests"] * 1e3
    run["rss_mib"] = server.rss() / (1 << 20)
    return {field: run[field] for field in TOLD}


def compare(servers, shape, options, progress):
    """A row: one shape of load on all subjects."""
    runs = {name: [] for name in servers}
    for repetition in range(options.repetitions):
        for name in list(servers) if repetition % 2 == 0 else list(servers)[::-1]:
            progress.step(", ".join(str(part) for part in (name, *shape.values())))
            runs[name].append(measure(servers[name], shape, options, repetition + 1))
    row = dict(shape, **{name: medians(of_one) for name, of_one in runs.items()})
    row["spread"] = {name: spread([run["rps"] for run in of_one]) for name, of_one in runs.items()}
    row["to_redis"] = {field: ratio(runs["terrace"], runs["redis"], field) for field in TOLD}
    row["to_echo"] = {field: ratio(runs["terrace"], runs["echo"], field) for field in TOLD}
    return row


def tell(row, progress):
    ours, theirs, floor, to_redis = row["terrace"], row["redis"], row["echo"], row["to_redis"]

    def over(field):
        return f"{to_redis[field]['median']:.2f}" if to_redis[field] else "-"
    progress.say(
        f"{row['persistence']:8} {row['test']:4} P={row['pipeline']:<3} C={row['clients']:<4}{row['value_size']:>5} B "
        f"{ours['rps']:>8.0f} {theirs['rps']:>8.0f} {floor['rps']:>8.0f} {over('rps'):>5}  "
        f"{ours['p50_ms']:>7.3f}{ours['p99_ms']:>8.3f}{ours['p999_ms']:>8.3f} {theirs['p50_ms']:>7.3f}{theirs['p99_ms']:>8.3f}{theirs['p999_ms']:>8.3f}  "
        f"{ours['cpu_s_per_million']:>6.2f}{theirs['cpu_s_per_million']:>7.2f}{floor['cpu_s_per_million']:>7.2f} {over('cpu_s_per_million'):>5}  "
        f"{ours['switches_per_thousand']:>5.0f}{theirs['switches_per_thousand']:>6.0f}{floor['switches_per_thousand']:>6.0f}  "
        f"{ours['rss_mib']:>5.0f}{theirs['rss_mib']:>6.0f}  ±{to_redis['rps']['spread']:.0%}")


def shapes(options):
    """The rows, grouped so that the keys have one size for as long as they can: (size, its rows)."""
    for size in options.value_sizes:
        # A counter has no size: once is enough.
        tests = [test for test in options.tests if test != "incr" or size == options.value_sizes[0]]
        yield size, [{"test": test, "pipeline": pipeline, "clients": clients, "value_size": size}
                     for clients in options.clients for pipeline in options.pipelines for test in tests]


def run_all(persistence, options, progress):
    ours, theirs = PERSISTENCE[persistence]
    rows = []
    with Folder("bench-redis") as folder:
        servers = {"terrace": terrace(folder.path + "/terrace", "--maxmemory", options.maxmemory, *ours), "redis": redis(folder.path + "/redis", *theirs),
                   "echo": Echo(folder.path + "/echo")}
        floors = {test: servers["echo"] for test in options.tests}
        if persistence == "always":
            floors.update(dict.fromkeys(set(options.tests) - {"get"}, Echo.committing(folder.path + "/commits")))
        for server in {*servers.values(), *floors.values()}:
            pin(folder.add(server).start(), options.server_cpu)
        for size, of_size in shapes(options):
            for server in (servers["terrace"], servers["redis"]):
                load(server.port, keys=options.keys, value_size=size, sequential=True, pipeline=16, progress=True)
            for shape in of_size:
                subjects = dict(servers, echo=floors[shape["test"]])
                rows.append(compare(subjects, dict(shape, persistence=persistence), options, progress))
                tell(rows[-1], progress)
    return rows


def main():
    parser = arguments(__doc__, repetitions=5)
    parser.add_argument("--seconds", type=float, default=1, help="of one run")
    parser.add_argument("--clients", type=integers, default=[50, 500], help="connections")
    parser.add_argument("--pipelines", type=integers, default=[1, 16], help="requests in flight on a connection")
    parser.add_argument("--value-sizes", type=integers, default=[16, 256, 4096])
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--tests", type=some_of(TESTS), default=list(TESTS), help=f"of {','.join(TESTS)}")
    parser.add_argument("--persistence", type=some_of(PERSISTENCE), default=["none", "always"], help=f"of {','.join(PERSISTENCE)}")
    parser.add_argument("--maxmemory", default="2gb", help="of Terrace")
    parser.add_argument("--no-pin", action="store_true", help="leave it to the kernel which core runs what")
    options = parser.parse_args()
    pinned = (os.cpu_count() or 1) > 1 and not options.no_pin
    options.server_cpu, options.client_cpu = (0, 1) if pinned else (None, None)
    about = machine()
    progress = Progress(len(options.persistence) * sum(len(of_size) for _, of_size in shapes(options)) * options.repetitions * 3)
    headline("redis", about, f"medians of {options.repetitions} runs of {options.seconds:g} s; t is Terrace, r Redis, e the echo")
    say("persist. test                        commands/s t        r        e  t/r      p50     p99   p99.9 t and r                "
        "CPU s/M t     r      e   t/r  switches/1000 t, r, e  RSS t, r")
    rows = [row for persistence in options.persistence for row in run_all(persistence, options, progress)]
    write_json(options, about, rows=rows)


if __name__ == "__main__":
    main()

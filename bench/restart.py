#!/usr/bin/python3
"""How long until a server that starts again answers its first GET, beside redis-server with AOF and with RDB.

  ./x bench restart [--keys 10000000] [--repetitions 3] [--write-seconds 5] [--subjects terrace,redis-aof] [--json FILE]

Clean: SHUTDOWN, then start. Killed: SIGKILL while clients write at full speed, then start. The time runs from before exec
to the first GET that gives its value; afterwards 10,000 keys drawn at random are read and compared. The subjects take
turns, one server running at a time; medians are told, and ratios are medians over the repetitions. What Redis reads may
still be in the kernel's page cache; Terrace reads past it.
"""
import time

from common import (Error, Folder, Load, Progress, ServerDied, arguments, fail, headline, info_number, load, machine, median, ratio, redis, some_of,
                    spread, terrace, write_json)

VALUE = 32
SUBJECTS = {
    "terrace": lambda directory, options: terrace(directory, "--maxmemory", options.maxmemory),
    "redis-aof": lambda directory, _: redis(directory, "--appendonly", "yes", "--appendfsync", "everysec"),
    "redis-rdb": lambda directory, _: redis(directory, "--appendonly", "no", "--save", "86400 1"),
}
WAYS = ("clean", "killed")


def first_get(server, timeout=3600):
    """Seconds from before the exec to the first GET answered with a value."""
    begin = time.monotonic()
    server.launch()
    while time.monotonic() - begin < timeout:
        if server.process.poll() is not None:
            raise ServerDied(f"{server.name} ended with {server.process.returncode} at its start:\n{server.log_tail()}")
        try:
            with server.client(timeout) as client:
                while True:
                    reply = client.call("GET", "key:%012d" % 0)
                    if not isinstance(reply, Error):
                        break
                    if not reply.startswith(b"LOADING"):
                        fail(f"{server.name}: GET answered {reply!r}")
                    time.sleep(0.001)
        except (ConnectionError, ServerDied):
            time.sleep(0.001)
            continue
        seconds = time.monotonic() - begin
        if reply is None:
            fail(f"{server.name}: the first key is not there")
        return seconds
    return fail(f"{server.name}: no answer within {timeout} s")


def check(server, options):
    server.wait_ready()
    load(server.port, keys=options.keys, value_size=VALUE, requests=min(10_000, options.keys), pipeline=16, verify=True)


def shut_down(server):
    with server.client(3600) as client:
        try:
            client.call("SHUTDOWN")
        except (ConnectionError, ServerDied):
            pass  # that is its answer
    server.ending = True
    if server.wait_end(3600) != 0:
        fail(f"{server.name} did not end well:\n{server.log_tail()}")


def kill_under_load(server, options):
    """The values are what they were; it is the log that grows. Says how many were written."""
    writers = Load(server.port, keys=options.keys, value_size=VALUE, mix="set", connections=50, pipeline=4, seconds=3600)
    time.sleep(options.write_seconds)
    server.kill()
    return writers.result(may_fail=True)["requests"]


def fill(server, options):
    """All keys, and a clean end: where every turn begins."""
    server.start()
    load(server.port, keys=options.keys, value_size=VALUE, sequential=True, connections=8, pipeline=64, progress=True)
    shut_down(server)
    return server


def measure(server, options):
    """One turn: it starts after a clean end, is killed, starts again and ends cleanly."""
    run = {"clean": first_get(server)}
    check(server, options)
    run["writes_before_kill"] = kill_under_load(server, options)
    run["killed"] = first_get(server)
    check(server, options)
    run["recovered_log_bytes"] = info_number(server.info(), "recovered_log_bytes")
    shut_down(server)
    return run


def summary(runs):
    out = {name: {"runs": of_one} for name, of_one in runs.items()}
    for name, row in out.items():
        for field in (*WAYS, "writes_before_kill", "recovered_log_bytes"):
            row[field] = median([run[field] for run in runs[name] if run[field] is not None])
        for way in WAYS:
            row[way + "_spread"] = spread([run[way] for run in runs[name]])
            if "terrace" in runs and name != "terrace":
                row[way + "_ratio"] = ratio(runs["terrace"], runs[name], way)
    return out


def tell(name, row, progress):
    parts = []
    for way in WAYS:
        share = f" (Terrace {row[way + '_ratio']['median']:.3f} of it)" if way + "_ratio" in row else ""
        parts.append(f"{way} {row[way]:>7.3f} s ±{row[way + '_spread']:.0%}{share}")
    log = "" if row["recovered_log_bytes"] is None else f", {row['recovered_log_bytes'] / (1 << 20):.1f} MiB of log replayed"
    progress.say(f"{name:10} {'   '.join(parts)} after {row['writes_before_kill']:.0f} writes{log}")


def main():
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--write-seconds", type=float, default=5, help="of writing before each SIGKILL")
    parser.add_argument("--maxmemory", default="1gb", help="of Terrace")
    parser.add_argument("--subjects", type=some_of(SUBJECTS), default=list(SUBJECTS), help=f"of {','.join(SUBJECTS)}")
    options = parser.parse_args()
    about, progress = machine(), Progress(len(options.subjects) * (options.repetitions + 1))
    headline("restart", about, f"{options.keys} keys with values of {VALUE} bytes; medians of {options.repetitions}, "
                               "from exec to the first GET answered")
    runs = {name: [] for name in options.subjects}
    with Folder("bench-restart") as folder:
        servers = {}
        for name in options.subjects:
            progress.step(f"{name}: {options.keys} keys")
            servers[name] = fill(folder.add(SUBJECTS[name](f"{folder.path}/{name}", options)), options)
        for repetition in range(options.repetitions):
            for name in options.subjects if repetition % 2 == 0 else options.subjects[::-1]:
                progress.step(name)
                runs[name].append(measure(servers[name], options))
    subjects = summary(runs)
    for name, row in subjects.items():
        tell(name, row, progress)
    write_json(options, about, subjects=subjects)


if __name__ == "__main__":
    main()

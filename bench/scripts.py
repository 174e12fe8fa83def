#!/usr/bin/python3
"""What programs run beside plain commands, on Terrace and redis-server in turn: scripts, messages, tracked reads, transactions.

  ./x bench scripts [--repetitions 5] [--seconds 1] [--pipelines 1,16] [--clients 50] [--subscribers 100]
                    [--lines limiter,move,lock,publish,tracking,multi] [--json FILE]

limiter, move and lock are scripts as rate limiters, queues and locks run them (EVALSHA, keys at random), publish has
--subscribers clients that read their messages, tracking is GET with CLIENT TRACKING on: all without persistence (Redis
without AOF, Terrace with appendfsync no). multi is a transaction of ten SETs, synced before its reply (appendfsync always
of both). The runs of a line are interleaved; medians are told, ratios are medians over the repetitions. CPU is user and
system time of the server's process. With two cores or more the server has one and its clients the other.
"""
import hashlib
import os
import selectors
import socket
import subprocess
import sys

from commands import RANDOM, TOLD, Line, by_turns, tell
from common import (Folder, Progress, arguments, headline, integers, load, machine, medians, need, pin, positive, ratio, redis, say, some_of, terrace,
                    write_json)
from harness import encode
from redis import PERSISTENCE

KEYS = 100_000
VALUE = "x" * 100
SCRIPTS = {
    "limiter": "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
    "move": "local id = redis.call('RPOPLPUSH', KEYS[1], KEYS[1]) redis.call('SET', KEYS[2] .. id .. ':lock', ARGV[1], 'PX', 30000) "
            "redis.call('HSET', KEYS[2] .. id, 'processedOn', ARGV[2]) return redis.call('HGETALL', KEYS[2] .. id)",
    "lock": "redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', 30000) "
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
}
ARGUMENTS = {"limiter": f"1 limit:{RANDOM} 60000", "move": "2 queue job: token 1234567890", "lock": f"1 lock:{RANDOM} token"}
NAMES = (*SCRIPTS, "publish", "tracking", "multi")


def line_of(name):
    keys = ("-r", str(KEYS))
    if name == "tracking":
        return Line(name, f"GET key:{RANDOM}", options=("--enable-tracking", *keys))
    if name == "publish":
        return Line(name, f"PUBLISH news {VALUE}")
    return Line(name, f"EVALSHA {hashlib.sha1(SCRIPTS[name].encode()).hexdigest()} {ARGUMENTS[name]}", options=keys)


def fill(server):
    with server.client(600) as client:
        for script in SCRIPTS.values():
            client.ok("SCRIPT", "LOAD", script)
        client.pipeline([("RPUSH", "queue", number) for number in range(1000)])
        client.pipeline([("HSET", f"job:{number}", "name", "mail", "data", VALUE, "opts", "{}", "timestamp", number) for number in range(1000)])
        for first in range(0, KEYS, 1000):
            client.pipeline([("SET", f"key:{number:012d}", VALUE) for number in range(first, first + 1000)])


SUBSCRIBE = encode("SUBSCRIBE", "news")


def listen(port, count):
    """The subscribers' process: reads all messages until it is ended."""
    selector = selectors.DefaultSelector()
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(SUBSCRIBE)
        connection.recv(1000)
        selector.register(connection, selectors.EVENT_READ)
    print("subscribed", flush=True)
    while True:
        for key, _ in selector.select():
            if not key.fileobj.recv(1 << 18):
                return


class Subscribers:
    def __init__(self, server, options):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--listen", str(server.port), "--subscribers", str(options.subscribers)],
                                        stdout=subprocess.PIPE, text=True)
        if options.client_cpu is not None:
            os.sched_setaffinity(self.process.pid, {options.client_cpu})

    def __enter__(self):
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def transactions(server, pipeline, options, seed):
    """One run of terrace-load, and what it cost the server."""
    cpu = server.cpu_seconds()
    run = load(server.port, cpu=options.client_cpu, keys=KEYS, seconds=options.seconds, seed=seed, mix="multi", pipeline=pipeline,
               connections=options.clients, value_size=len(VALUE))
    return {**{field: run[field] for field in TOLD[:3]}, "cpu_s_per_million": (server.cpu_seconds() - cpu) / run["requests"] * 1e6}


def transactions_by_turns(servers, pipeline, options, progress):
    runs = {name: [] for name in servers}
    for repetition in range(options.repetitions):
        for name in list(servers) if repetition % 2 == 0 else list(servers)[::-1]:
            progress.step(f"{name}, multi, pipeline {pipeline}")
            runs[name].append(transactions(servers[name], pipeline, options, repetition + 1))
    return runs


def runs_of(name, servers, pipeline, options, progress):
    if name == "multi":
        return transactions_by_turns(servers, pipeline, options, progress)
    if name != "publish":
        return by_turns(servers, "redis", line_of(name), pipeline, options, progress)[1]
    with Subscribers(servers["terrace"], options), Subscribers(servers["redis"], options):
        return by_turns(servers, "redis", line_of(name), pipeline, options, progress)[1]


def run_all(persistence, names, options, progress):
    ours, theirs = PERSISTENCE[persistence]
    rows = []
    with Folder("bench-scripts") as folder:
        servers = {"terrace": terrace(folder.path + "/terrace", "--maxmemory", options.maxmemory, *ours),
                   "redis": redis(folder.path + "/redis", *theirs, "--auto-aof-rewrite-percentage", "0")}
        for server in servers.values():
            pin(folder.add(server).start(), options.server_cpu)
            fill(server)
        for pipeline in options.pipelines:
            for name in names:
                runs = runs_of(name, servers, pipeline, options, progress)
                row = {"line": name, "pipeline": pipeline, **{subject: medians(of_one) for subject, of_one in runs.items()}}
                row["to_redis"] = {field: ratio(runs["terrace"], runs["redis"], field) for field in TOLD}
                rows.append(row)
                tell(row, progress)
    return rows


def main():
    parser = arguments(__doc__, repetitions=5)
    parser.add_argument("--seconds", type=float, default=1, help="about, of one run")
    parser.add_argument("--clients", type=int, default=50, help="connections")
    parser.add_argument("--pipelines", type=integers, default=[1, 16], help="requests in flight on a connection")
    parser.add_argument("--subscribers", type=positive, default=100)
    parser.add_argument("--lines", type=some_of(NAMES), default=list(NAMES), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--maxmemory", default="2gb", help="of Terrace")
    parser.add_argument("--listen", type=int, metavar="PORT", help="only subscribe to that server's messages")
    options = parser.parse_args()
    if options.listen:
        return listen(options.listen, options.subscribers)
    need("redis-benchmark", "redis-tools")
    options.server_cpu, options.client_cpu = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
    about = machine()
    progress = Progress(len(options.lines) * len(options.pipelines) * options.repetitions * 2)
    headline("scripts", about, f"medians of {options.repetitions} runs of about {options.seconds:g} s; t is Terrace, r Redis")
    say("line                             commands/s t        r   t/r      p50     p99  t and r              CPU s/M t       r   t/r")
    rows = []
    for persistence, names in (("none", [name for name in options.lines if name != "multi"]), ("always", [name for name in options.lines if name == "multi"])):
        rows += run_all(persistence, names, options, progress) if names else []
    return write_json(options, about, rows=rows)


if __name__ == "__main__":
    main()

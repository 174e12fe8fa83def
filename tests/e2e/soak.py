#!/usr/bin/python3
"""Many clients, a dataset several times larger than maxmemory, for a while: RSS stays bounded, no write fails, every
value is right.

  soak.py --seconds 600 --maxmemory 256mb --clients 50 --times 4
  soak.py --seconds 600 --maxmemory 256mb --clients 9000 --troublesome 1000

RSS is sampled every 100 ms and must never pass maxmemory + 64 MiB. Each key belongs to one client, which knows what it
must hold. Troublesome clients read slowly, or never, or stop in the middle of a request; they may be disconnected.
"""
import argparse
import collections
import functools
import multiprocessing
import os
import random
import resource
import select
import selectors
import socket
import sys
import time

from harness import Error, Folder, Incomplete, ServerDied, Values, encode, fail, megabytes, parse, redis, say, terrace
from watched import Watched, share

CONSTANT = 64 << 20
PIPELINE = 8
# A batch, on a disk and a machine that others use, too; or so many times what all clients take for a batch each.
SLOWEST_SECONDS = 15
SLOWEST_ROUNDS = 5
LEAST_BYTES_PER_SECOND = 1 << 20
PROCESSES = 2


class Visitor:
    """One client connection: batches of reads and writes on its own keys (all_types.py has another kind)."""

    def __init__(self, number, port, keys, options):
        self.number, self.keys, self.values = number, keys, values_of(options)
        self.random = random.Random(options.seed * 7919 + number)
        self.versions = [0] * keys
        self.socket = socket.create_connection(("127.0.0.1", port), 120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.waiting = b"", []
        self.sets = self.gets = self.deletes = 0
        self.sent_at = 0.0
        self.durations = collections.Counter()  # of batches, in milliseconds

    def name(self, key):
        return b"visitor:%d:%d" % (self.number, key)

    def goes_on(self, end):
        return time.monotonic() < end

    def held_bytes(self):
        """Of the values that its keys have now, about."""
        return sum((50 + self.values.maximum) // 2 for version in self.versions if version > 0)

    def batch(self):
        """Commands, one behind the other; `waiting` has what each reply must be."""
        parts = []
        for _ in range(PIPELINE):
            key, chance = self.random.randrange(self.keys), self.random.random()
            if chance < 0.5:
                version = self.versions[key]
                parts.append(encode(b"GET", self.name(key)))
                self.waiting.append((key, version))
            elif chance < 0.97:
                self.versions[key] = version = abs(self.versions[key]) + 1
                parts.append(encode(b"SET", self.name(key), self.values.value(self.number * 1_000_000 + key, version)))
                self.waiting.append((None, None))
                self.sets += 1
            else:
                # A negative version: deleted, and which number comes next.
                self.versions[key] = -abs(self.versions[key])
                parts.append(encode(b"DEL", self.name(key)))
                self.waiting.append((-1, None))
                self.deletes += 1
        return b"".join(parts)

    def take(self, reply, expected):
        """One reply; AssertionError if it is wrong."""
        key, version = expected
        if isinstance(reply, Error):
            raise AssertionError(f"client {self.number}: {'write' if key in (None, -1) else 'read'} answered {reply!r}")
        if key is None or key == -1:
            return
        self.gets += 1
        value = self.values.value(self.number * 1_000_000 + key, version) if version > 0 else None
        if reply != value:
            raise AssertionError(f"client {self.number}: GET {self.name(key)} gave {repr(reply)[:80]} "
                                 f"(claims {Values.parse_head(reply) if reply else None}), must be version {version}")

    def send(self):
        data = self.batch()
        self.sent_at = time.monotonic()
        self.socket.sendall(data)

    def receive(self):
        """Takes what has come; True when the batch is complete. Raises AssertionError on a wrong reply."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise AssertionError("the server closed the connection")
        self.data += chunk
        at = 0
        try:
            while self.waiting:
                reply, at = parse(self.data, at)
                self.take(reply, self.waiting.pop(0))
        except Incomplete:
            pass
        self.data = self.data[at:]
        if self.waiting:
            return False
        self.durations[int((time.monotonic() - self.sent_at) * 1000)] += 1
        return True


@functools.cache
def values_made(seed, most):
    return Values(seed, 50, most)


def values_of(options):
    return values_made(options.seed, options.value_size)


def crowd(make, numbers, port, options, keys, results):
    """The clients of one process, one selector loop."""
    visitors, problem = [], None
    try:
        visitors = [make(number, port, keys, options) for number in numbers]
        selector = selectors.DefaultSelector()
        for visitor in visitors:
            selector.register(visitor.socket, selectors.EVENT_READ, visitor)
            visitor.send()
        end, busy = time.monotonic() + options.seconds, len(visitors)
        while busy:
            events = selector.select(120)
            if not events:
                raise AssertionError("no reply for 120 s")
            for event, _ in events:
                if event.data.receive():
                    if event.data.goes_on(end):
                        event.data.send()
                    else:
                        busy -= 1
                        selector.unregister(event.fileobj)
    except (AssertionError, OSError, ValueError) as failure:
        problem = f"{type(failure).__name__}: {failure}"
    results.put((problem, sum(v.sets for v in visitors), sum(v.gets for v in visitors), sum(v.deletes for v in visitors),
                 merged(v.durations for v in visitors), sum(v.held_bytes() for v in visitors)))


class Troublesome:
    """A client that reads a little each second, never reads, or leaves a request half-sent. It comes again when the server
    disconnects it."""

    KINDS = ("slow", "dead", "half-sent")

    def __init__(self, number, port, options, keys):
        self.kind, self.port, self.options, self.keys = self.KINDS[number % 3], port, options, keys
        self.random = random.Random(options.seed * 6151 + number)
        self.disconnected = -1
        self.connect()

    def connect(self):
        self.disconnected += 1
        self.socket = socket.create_connection(("127.0.0.1", self.port), 120)
        self.socket.setblocking(False)
        if self.kind == "half-sent":
            size = self.random.choice((1000, 50_000, 1_000_000))
            data = b"*3\r\n$3\r\nSET\r\n$9\r\nhalf-sent\r\n$%d\r\n" % size + b"x" * self.random.randrange(size)
        else:
            data = b"".join(encode(b"GET", b"visitor:%d:%d" % (self.random.randrange(self.options.clients), self.random.randrange(self.keys)))
                            for _ in range(1000))
        try:
            self.socket.send(data)
        except BlockingIOError:
            pass

    def act(self):
        """Once a second."""
        try:
            if self.kind == "slow":
                self.socket.recv(1000)
        except OSError:
            pass
        hung_up = select.poll()
        hung_up.register(self.socket, select.POLLRDHUP)
        if hung_up.poll(0):
            self.socket.close()
            self.connect()


def trouble(port, options, keys, results, ended):
    """The troublesome clients."""
    clients = [Troublesome(number, port, options, keys) for number in range(options.troublesome)]
    while not ended.is_set():
        begin = time.monotonic()
        for client in clients:
            client.act()
        ended.wait(max(0, 1 - (time.monotonic() - begin)))
    results.put(sum(client.disconnected for client in clients))


def merged(counters):
    """Their sum, in one Counter: sum() would copy all of it for each of thousands."""
    result = collections.Counter()
    for counter in counters:
        result.update(counter)
    return result


def quantile(durations, share):
    """Of a Counter of milliseconds."""
    left = share * sum(durations.values())
    for duration in sorted(durations):
        left -= durations[duration]
        if left <= 0:
            return duration
    return 0


class Soak:
    TITLE, VISITOR, WATCHED = "soak", Visitor, "GET"
    mean_bytes = staticmethod(lambda options: (50 + options.value_size) // 2 + 20)  # of a key

    def __init__(self, options, folder):
        self.options = options
        self.bound = megabytes(options.maxmemory) + CONSTANT
        self.keys = max(100, megabytes(options.maxmemory) * options.times // self.mean_bytes(options) // options.clients)
        make = redis if options.subject == "redis" else terrace
        memory = [] if options.subject == "redis" else ["--maxmemory", options.maxmemory]
        memory += ["--maxclients", str(max(10_000, options.clients + options.troublesome + 10))]
        self.server = folder.add(make(folder.path + "/data", *memory)).start()
        self.samples, self.highest, self.over = 0, 0, []

    def sample(self, begin):
        rss = self.server.rss()
        self.samples += 1
        if rss > self.highest:
            self.highest = rss
        if rss > self.bound and self.options.subject != "redis":
            self.over.append((time.monotonic() - begin, rss))

    def run(self):
        options, results = self.options, multiprocessing.Queue()
        say(f"{self.TITLE}: {options.clients} clients for {options.seconds:.0f} s, {self.keys * options.clients} keys of about {self.mean_bytes(options)} "
            f"bytes, maxmemory {options.maxmemory}, seed {options.seed}")
        processes = [multiprocessing.Process(target=crowd, daemon=True, args=(self.VISITOR, range(part, options.clients, PROCESSES),
                                                                              self.server.port, options, self.keys, results)) for part in range(PROCESSES)]
        begin = time.monotonic()
        # What is filled first takes its time, too, where other work is going on.
        most_seconds = options.seconds + 240 + megabytes(options.maxmemory) * options.times / LEAST_BYTES_PER_SECOND
        for process in processes:
            process.start()
        ended, disconnected = multiprocessing.Event(), multiprocessing.Queue()
        if options.troublesome:
            multiprocessing.Process(target=trouble, daemon=True, args=(self.server.port, options, self.keys, disconnected, ended)).start()
        some_key = lambda turn: b"visitor:%d:%d" % (turn * 7919 % options.clients, turn % self.keys)
        watched = Watched(self.server.port, (lambda turn: (self.WATCHED, some_key(turn)),))
        told = watched.step("soak", lambda: self.follow(processes, results, begin, most_seconds), settle_s=0)
        ended.set()
        if options.troublesome:
            say(f"  {options.troublesome} troublesome clients, {disconnected.get(timeout=60)} times disconnected")
        gets = watched.end()[0][2][0]
        p50, p99, p999 = (share(gets, part) for part in (0.5, 0.99, 0.999))
        say(f"  another client, {len(gets)} {self.WATCHED}s: p50 {p50:.2f} ms, p99 {p99:.2f}, p99.9 {p999:.2f}, longest {gets[-1]:.2f}")
        self.judge(told, time.monotonic() - begin)

    def follow(self, processes, results, begin, most_seconds):
        """Samples the memory until all clients have told their results, which it returns."""
        spoken, told = begin, []
        while len(told) < len(processes):
            self.sample(begin)
            time.sleep(0.1)
            while not results.empty():
                told.append(results.get())
                if told[-1][0]:
                    say("  " + told[-1][0])
            if not self.server.running():
                fail(f"the server ended by itself ({self.server.process.returncode}):\n{self.server.log_tail()}")
            if time.monotonic() - spoken > 60:
                spoken = time.monotonic()
                say(f"  {spoken - begin:.0f} s: RSS now {self.server.rss() >> 20} MiB, highest {self.highest >> 20} MiB")
            if time.monotonic() - begin > most_seconds:
                fail("the clients do not come to an end")
        return told

    def judge(self, told, seconds):
        sets, gets, deletes = (sum(part[at] for part in told) for at in (1, 2, 3))
        durations = merged(part[4] for part in told)
        slowest = max(durations, default=0)
        say(f"{self.TITLE}: {sets} writes, {gets} reads, {deletes} DEL in {seconds:.0f} s ({(sets + gets + deletes) / seconds:.0f}/s); batches of {PIPELINE}: "
            f"median {quantile(durations, 0.5)} ms, p99.9 {quantile(durations, 0.999)}, slowest {slowest}; RSS sampled {self.samples} times, "
            f"highest {self.highest / (1 << 20):.1f} MiB, bound {self.bound >> 20} MiB; values of about {sum(part[5] for part in told) >> 20} MiB")
        if self.over:
            say(f"  above the bound {len(self.over)} times, first after {self.over[0][0]:.1f} s ({self.over[0][1] >> 20} MiB), "
                f"most {max(rss for _, rss in self.over) >> 20} MiB")
        bound = max(SLOWEST_SECONDS, SLOWEST_ROUNDS * seconds * self.options.clients / max(1, sum(durations.values())))
        slow = slowest > bound * 1000
        if slow:
            say(f"  a batch took more than {bound:.0f} s: clients wait for each other")
        if slow or self.over or any(part[0] for part in told):
            sys.exit(1)


def run(kind, description, **defaults):
    """The program around a Soak, or one that is made of it."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="of random commands")
    parser.add_argument("--maxmemory")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--troublesome", type=int, default=0, help="further clients that read slowly, never, or send half a request")
    parser.add_argument("--times", type=int, help="dataset by maxmemory, about")
    parser.add_argument("--value-size", type=int)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--keep", action="store_true")
    parser.set_defaults(**defaults)
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "little")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Folder(kind.TITLE.replace(" ", "-"), options.keep) as folder:
        try:
            kind(options, folder).run()
        except ServerDied as problem:
            fail(problem)
    say(f"{kind.TITLE}: passed")


if __name__ == "__main__":
    run(Soak, __doc__, maxmemory="256mb", times=4, value_size=4000)

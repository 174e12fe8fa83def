#!/usr/bin/python3
"""A disk that is slow, and one that stands still: replies wait for it, hot reads do not.

  slow_disk.py [--iops 25] [--seconds 4]

Slow: a control group gives the server a few reads and writes a second. Every SET takes its commit's time, many clients
share one commit, cold reads take their time and hold up nobody. Still: the file system is frozen under the server. No
reply tells of what is not on disk, not to the client that wrote nor to one that reads it; hot reads go on; after the thaw
all replies come, and after a SIGKILL instead of them every key is the old or the new one. Needs root.
"""
import argparse
import signal
import sys
import threading
import time

from bad_case import Wrong
from harness import Client, Folder, ServerDied, Values, encode, megabytes, say, terrace
from small_disk import run_on_small_disk

HOT, COLD = 500, 4000
# What a hot read may take on a machine that others share. A read that waited for the disk would take longer.
PATIENT = 0.5


def names(prefix, count):
    return [b"%s:%d" % (prefix, number) for number in range(count)]


class Reader(threading.Thread):
    """Reads keys over and over, compares each, and keeps how long each took."""

    def __init__(self, port, keys, expected):
        super().__init__(daemon=True)
        self.client, self.keys, self.expected = Client(port, 120), keys, expected
        self.times, self.problem, self.stopping = [], None, False

    def run(self):
        number = 0
        try:
            while not self.stopping:
                key = self.keys[number % len(self.keys)]
                begin = time.monotonic()
                reply = self.client.call("GET", key)
                self.times.append(time.monotonic() - begin)
                if reply != self.expected(key):
                    raise Wrong(f"GET {key} gave {repr(reply)[:80]}")
                number += 1
                time.sleep(0.001)
        except (Wrong, OSError, ServerDied) as problem:
            self.problem = f"{type(problem).__name__}: {problem}"
        self.client.close()

    def end(self):
        """(reads, median, longest), in ms."""
        self.stopping = True
        self.join(10)
        if self.is_alive():
            raise Wrong(f"GET {self.keys[len(self.times) % len(self.keys)]} is not answered, after {len(self.times)} that were")
        if self.problem:
            raise Wrong(self.problem)
        times = sorted(self.times) or [0]
        return len(self.times), times[len(times) // 2] * 1000, times[-1] * 1000


class SlowDisk:
    def __init__(self, options, folder, disk):
        self.options, self.disk = options, disk
        self.server = folder.add(terrace(disk.target + "/data", "--maxmemory", "32mb", *options.server_arguments))
        self.server.log_path = folder.path + "/server.log"
        self.values = Values(3, 200, 1500)
        self.hot, self.cold = names(b"hot", HOT), names(b"cold", COLD)
        self.server.start()
        with self.server.client() as client:
            for keys in (self.cold, self.hot):
                client.pipeline([("SET", key, self.value_of(key)) for key in keys])
                if keys is self.cold:
                    client.ok("TERRACE", "SPILL", "ALL")
            client.ok("TERRACE", "CHECKPOINT")
            client.pipeline([("GET", key) for key in self.hot * 3])

    def value_of(self, key):
        kind, number = key.split(b":")
        return self.values.value(int(number) + (HOT if kind == b"cold" else 0), 1)

    def hot_reader(self, count=HOT):
        reader = Reader(self.server.port, self.hot[:count], self.value_of)
        reader.start()
        return reader

    def expect_hot(self, figures, seconds, least_a_second=50):
        reads, median, longest = figures
        if reads < least_a_second * seconds or median > PATIENT * 100 or longest > PATIENT * 1000:
            raise Wrong(f"hot reads were held up: {reads} in {seconds:.1f} s, median {median:.1f} ms, longest {longest:.0f} ms")
        return f"{reads} hot reads meanwhile, median {median:.2f} ms, longest {longest:.0f} ms"

    # --- slow
    def slow_writes(self):
        """One client: as many SETs a second as the disk makes commits, and no more."""
        count, iops = int(self.options.seconds * self.options.iops), self.options.iops
        hot, begin = self.hot_reader(), time.monotonic()
        with self.server.client() as client:
            for number in range(count):
                client.ok("SET", b"slow", b"%d" % number)
        took = time.monotonic() - begin
        told = self.expect_hot(hot.end(), took)
        if took < 0.5 * count / iops:
            raise Wrong(f"{count} SETs took {took:.2f} s, the disk makes {iops} writes a second: replies came before their commits")
        say(f"  slow: {count} SETs in {took:.1f} s at {iops} writes a second; {told}")

    def group_commit(self):
        """Many clients at once share the commits."""
        clients = [self.server.client() for _ in range(40)]
        rounds, begin = 10, time.monotonic()
        for round_number in range(rounds):
            for number, client in enumerate(clients):
                client.send(encode(b"SET", b"group:%d" % number, b"%d" % round_number))
            if any(client.receive() != b"OK" for client in clients):
                raise Wrong("a SET failed")
        took = time.monotonic() - begin
        for client in clients:
            client.close()
        # One by one it would be rounds * clients; a round takes two commits at most, the device's bursts aside.
        if took > 5 * rounds / self.options.iops + 2:
            raise Wrong(f"{rounds} rounds of {len(clients)} SETs took {took:.1f} s at {self.options.iops} writes a second")
        say(f"  slow: {rounds * len(clients)} SETs of {len(clients)} clients in {took:.1f} s")

    def slow_reads(self):
        cold = Reader(self.server.port, self.cold, self.value_of)
        hot = self.hot_reader()
        cold.start()
        time.sleep(self.options.seconds)
        told = self.expect_hot(hot.end(), self.options.seconds)
        reads, median, _ = cold.end()
        if reads > 3 * self.options.iops * self.options.seconds + 30:
            raise Wrong(f"{reads} cold reads in {self.options.seconds} s: the disk was not slow")
        if reads < 0.3 * self.options.iops * self.options.seconds:
            raise Wrong(f"only {reads} cold reads in {self.options.seconds} s")
        say(f"  slow: {reads} cold reads, median {median:.0f} ms; {told}")

    # --- standing still
    def silent(self, client, seconds, what):
        """No byte comes."""
        client.socket.settimeout(seconds)
        try:
            raise Wrong(f"{what} was answered while the disk stood still: {client.receive()!r}")
        except TimeoutError:
            client.socket.settimeout(60)

    def still(self):
        # Few: which reads wait for which writes is kept by 14 bits of the key's hash, so others may wait along.
        hot = self.hot_reader(50)
        with self.server.client() as writer, self.server.client() as reader, self.server.client() as other:
            writer.ok("SET", "frozen", "old")
            begin = time.monotonic()
            self.disk.freeze()
            writer.send(encode("SET", "frozen", "new"))
            time.sleep(0.1)
            reader.send(encode("GET", "frozen"))
            other.send(encode("EXISTS", "nothing", "frozen"))
            self.silent(writer, self.options.seconds / 2, "SET")
            self.silent(reader, 0.2, "GET of what it changed")
            self.silent(other, 0.2, "EXISTS of what it changed")
            told = self.expect_hot(hot.end(), time.monotonic() - begin)
            took = time.monotonic() - begin
            self.disk.thaw()
            replies = writer.receive(), reader.receive(), other.receive()
            if replies != (b"OK", b"new", 1):
                raise Wrong(f"after the thaw: {replies!r}")
        say(f"  still for {took:.1f} s: no reply told of the write; {told}")

    def killed_while_still(self):
        with self.server.client() as client:
            client.pipeline([("SET", b"killed:%d" % number, "old") for number in range(100)])
            self.disk.freeze()
            client.send(b"".join(encode(b"SET", b"killed:%d" % number, b"new") for number in range(50)))
            self.silent(client, 0.5, "SET")
        self.server.ending = True
        self.server.process.send_signal(signal.SIGKILL)
        time.sleep(0.2)
        self.disk.thaw()
        self.server.kill()
        self.server.start(60)
        with self.server.client() as client:
            seen = client.pipeline([("GET", b"killed:%d" % number) for number in range(100)])
            if any(value not in (b"old", b"new") for value in seen[:50]) or any(value != b"old" for value in seen[50:]):
                raise Wrong(f"after the kill: {seen!r}")
            new = sum(value == b"new" for value in seen)
            # One connection's commands in their order.
            if seen[:new] != [b"new"] * new:
                raise Wrong(f"recovered out of order: {seen!r}")
            for keys in (self.hot, self.cold):
                if client.pipeline([("GET", key) for key in keys]) != [self.value_of(key) for key in keys]:
                    raise Wrong("a key is not what it was")
        say(f"  killed while still: 100 acknowledged SETs there, {new} of 50 others, all {HOT + COLD} keys right")

    def run(self):
        begin = time.monotonic()
        self.disk.slow_down(self.server.pid, self.options.iops, self.options.iops)
        self.slow_writes()
        self.group_commit()
        self.slow_reads()
        self.disk.slow_down(self.server.pid, 0, 0)
        self.still()
        self.killed_while_still()
        say(f"slow disk: passed in {time.monotonic() - begin:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iops", type=int, default=25, help="reads and writes a second of the slow disk")
    parser.add_argument("--seconds", type=float, default=4, help="of each part")
    parser.add_argument("--server-arguments", type=lambda text: text.split(), default=[])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    # A frozen file system must not be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Folder("slow", options.keep) as folder:
        run_on_small_disk("slow disk", folder, megabytes("500mb"), lambda disk: SlowDisk(options, folder, disk))


if __name__ == "__main__":
    main()

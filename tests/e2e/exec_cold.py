#!/usr/bin/python3
"""Transactions over many keys that are not in memory, one after the other, and another client meanwhile.

  exec_cold.py [--seconds 60] [--keys-each 10000] [--maxmemory 128mb] [--times 8] [--value-size 1000] [--write]
               [--p999-ms 5] [--longest-ms 20] [--ratio 1.5] [--subject redis]

The data is --times as large as the memory. Each EXEC has --keys-each GETs of cold keys (--write: SETRANGEs of one byte).
Beside it stands a pipeline of as many over other cold keys: an EXEC reads as much side by side, so it should take as long
(--ratio bounds the medians). All the while a client in a process of its own asks for a hot key and for a cold one in
turn; during the EXECs 99.9 % of its answers for the hot key must come within --p999-ms and all within --longest-ms. A
sample of what is read is compared with what was written.
"""
import argparse
import time

from bad_case import check, end_with
from harness import Folder, Values, encode, info_number, megabytes, parse, redis, say, terrace
from watched import Watched, share

MARKER = b"$6\r\nmarker\r\n"
STRIDE = 7_368_787  # prime: one key after the other, each in another place


def name(number):
    return b"key:%09d" % number


class Load:
    """Units of commands over keys that were not used for long, and what is known of how long they took."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.count = megabytes(options.maxmemory) * options.times // options.value_size
        self.values = Values(1, options.value_size, options.value_size)
        self.next = self.units = 0
        self.client = server.client(600)

    def fill(self):
        for start in range(0, self.count, 1000):
            self.client.pipeline([("SET", name(number), self.values.value(number, 0)) for number in range(start, min(start + 1000, self.count))])
        self.client.ok("SET", "small", "x")
        if not self.server.is_redis:
            self.client.ok("TERRACE", "SPILL", "ALL")

    def unit(self, transaction):
        """Seconds of one EXEC, or of a pipeline of the same commands."""
        keys = [(self.next + at) * STRIDE % self.count for at in range(self.options.keys_each)]
        self.next, self.units = self.next + len(keys), self.units + 1
        body = b"".join(encode("SETRANGE", name(key), 0, b"%d" % key) if self.options.write else encode("GET", name(key)) for key in keys)
        if transaction:
            self.client.send(encode("MULTI") + body)
            self.client.receive_many(1 + len(keys))
        last = encode("EXEC") if transaction else body
        begin = time.perf_counter()
        self.client.send(last + encode("ECHO", "marker"))
        raw = self.client.drain(MARKER)
        passed = time.perf_counter() - begin
        if self.units % 8 == 1 or self.options.write:
            self.look_at(keys, raw, transaction)
        return passed

    def look_at(self, keys, raw, transaction):
        replies, at = (parse(raw)[0], len(raw)) if transaction else ([], 0)
        while at < len(raw):
            reply, at = parse(raw, at)
            replies.append(reply)
        check(len(replies) == len(keys), f"{len(replies)} replies to {len(keys)} commands: {replies!r:.200}")
        for key, reply in zip(keys, replies):
            value = self.values.value(key, 0)
            check(reply == (len(value) if self.options.write else value), f"{name(key)}: {reply!r:.100}")

    def block(self, transaction, seconds):
        """Units one after the other: (their seconds, pages read by each)."""
        reads = info_number(self.server.info(), "page_reads") or 0
        times, end = [], time.monotonic() + seconds
        while time.monotonic() < end or not times:
            times.append(self.unit(transaction))
        return times, ((info_number(self.server.info(), "page_reads") or 0) - reads) // len(times)


def run(server, options):
    load = Load(server, options)
    begin = time.monotonic()
    load.fill()
    say(f"  {load.count} keys of {options.value_size} bytes loaded in {time.monotonic() - begin:.1f} s, maxmemory {options.maxmemory}")
    count = load.count
    watched = Watched(server.port, (lambda turn: ("GET", "small"), lambda turn: ("GET", name(turn * 104_729 % count))))
    watched.step("nothing", lambda: time.sleep(2))
    blocks = [("pipelines", False, options.seconds / 4), ("EXECs", True, options.seconds), ("pipelines after", False, options.seconds / 4)]
    medians = {}
    for title, transaction, seconds in blocks:
        times, reads = watched.step(title, lambda transaction=transaction, seconds=seconds: load.block(transaction, seconds))
        times.sort()
        medians[title] = share(times, 0.5)
        say("  %-16s %5d of %d keys: median %8.2f ms, p99 %8.2f, longest %8.2f; %6d pages read each"
            % (title, len(times), options.keys_each, medians[title] * 1000, share(times, 0.99) * 1000, times[-1] * 1000, reads))
        check(options.write or server.is_redis or reads > 0.6 * options.keys_each, f"{reads} pages read for {options.keys_each} keys: they were not cold")
    return medians, watched.end()


def judge(medians, steps, options):
    wrong = []
    for title, _, latencies in steps:
        for what, ordered in zip(("hot key", "cold key"), latencies):
            check(ordered, f"no answer during {title}")
            most, longest = share(ordered, 0.999), ordered[-1]
            say("  another client, %-8s during %-16s %6d answers: p50 %7.2f ms, p99 %7.2f, p99.9 %7.2f, longest %7.2f"
                % (what, title, len(ordered), share(ordered, 0.5), share(ordered, 0.99), most, longest))
            if what == "hot key" and title == "EXECs" and options.p999_ms is not None and most > options.p999_ms:
                wrong.append(f"p99.9 {most:.2f} ms, bound {options.p999_ms}")
            if what == "hot key" and title == "EXECs" and options.longest_ms is not None and longest > options.longest_ms:
                wrong.append(f"longest {longest:.2f} ms, bound {options.longest_ms}")
    ratio = medians["EXECs"] / min(medians["pipelines"], medians["pipelines after"])
    say(f"  an EXEC took {ratio:.2f} times as long as a pipeline (medians)")
    if options.ratio is not None and ratio > options.ratio:
        wrong.append(f"ratio {ratio:.2f}, bound {options.ratio}")
    check(not wrong, "; ".join(wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keys-each", type=int, default=10_000)
    parser.add_argument("--maxmemory", default="128mb")
    parser.add_argument("--times", type=int, default=8, help="the data is so many times the memory")
    parser.add_argument("--value-size", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="SETRANGE instead of GET")
    parser.add_argument("--p999-ms", type=float)
    parser.add_argument("--longest-ms", type=float)
    parser.add_argument("--ratio", type=float, help="most that an EXEC may take in pipelines' time")
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace", help="redis: everything in memory, to try the test")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    with Folder("exec-cold", options.keep) as folder:
        directory = folder.path + "/data"
        server = redis(directory) if options.subject == "redis" else terrace(directory, "--maxmemory", options.maxmemory)
        medians, steps = run(folder.add(server).start(), options)
    judge(medians, steps, options)
    say("exec_cold: within the bounds")


if __name__ == "__main__":
    end_with("exec_cold", main)

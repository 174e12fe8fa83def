#!/usr/bin/python3
"""A real dataset many times larger than memory: loaded, read back whole, nearly all of it cold, one read a cold GET.

  dataset.py --maxmemory 64mb --times 10 [--gets 1000]

Values are the stanzas of apt's package lists (apt-cache dumpavail), again under new keys until they take TIMES times
maxmemory. Checked: every value read back in random order; RSS; that INFO and TERRACE LOCATE call nearly all keys cold;
that one GET of a cold key costs one page read by the server's counters and one page by the kernel's (/proc/PID/io).
"""
import argparse
import random
import subprocess
import time

from harness import Error, Folder, ServerDied, fail, info_number, megabytes, redis, say, terrace

PAGE = 4096
BATCH = 200


def stanzas():
    """The values: package stanzas, or made ones of the same kind where apt has no lists."""
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True).stdout
    found = [stanza for stanza in text.split(b"\n\n") if stanza]
    if len(found) >= 1000:
        return found, "apt's package lists"
    source, words = random.Random(3), text.split() or [b"Package:", b"Version:", b"Depends:", b"libc6", b"Description:", b"library", b"for"]
    words += [bytes(source.choices(b"abcdefghijklmnop", k=source.randint(3, 10))) for _ in range(3000)]
    return [b" ".join(source.choices(words, k=source.randint(40, 200))) for _ in range(20_000)], "made text (apt has no package lists here)"


class Dataset:
    def __init__(self, options, folder):
        self.options, self.random = options, random.Random(options.seed)
        self.values, origin = stanzas()
        target, size, count = megabytes(options.maxmemory) * options.times, 0, 0
        while size < target:
            size += len(self.values[count % len(self.values)])
            count += 1
        self.count, self.size = count, size
        say(f"dataset: {count} values of {origin}, {size >> 20} MiB, {size / count:.0f} bytes on average, {len(self.values)} different; "
            f"maxmemory {options.maxmemory}")
        make = redis if options.subject == "redis" else terrace
        memory = [] if options.subject == "redis" else ["--maxmemory", options.maxmemory]
        self.server = folder.add(make(folder.path + "/data", *memory)).start()
        self.highest_rss = 0

    def key(self, number):
        return b"package:%d" % number

    def value(self, number):
        return self.values[number % len(self.values)]

    def watch_rss(self):
        self.highest_rss = max(self.highest_rss, self.server.rss())

    def load(self):
        begin = time.monotonic()
        with self.server.client(300) as client:
            for start in range(0, self.count, BATCH):
                replies = client.pipeline([("SET", self.key(n), self.value(n)) for n in range(start, min(start + BATCH, self.count))])
                bad = [reply for reply in replies if isinstance(reply, Error)]
                if bad:
                    fail(f"SET near {start} answered {bad[0]!r}")
                self.watch_rss()
            size = client.ok("DBSIZE")
        seconds = time.monotonic() - begin
        if size != self.count:
            fail(f"DBSIZE {size} after {self.count} keys were set")
        say(f"  loaded in {seconds:.1f} s ({self.count / seconds:.0f} SET/s)")

    def read_all(self, what):
        begin, order = time.monotonic(), list(range(self.count))
        self.random.shuffle(order)
        with self.server.client(300) as client:
            for start in range(0, self.count, BATCH):
                part = order[start:start + BATCH]
                for number, reply in zip(part, client.pipeline([("GET", self.key(n)) for n in part])):
                    if reply != self.value(number):
                        fail(f"GET {self.key(number)} gave {type(reply).__name__} {repr(reply)[:200]}, not {self.value(number)[:80]!r}…")
                self.watch_rss()
        seconds = time.monotonic() - begin
        say(f"  {what}: all {self.count} read back in random order in {seconds:.1f} s ({self.count / seconds:.0f} GET/s), all equal")

    def tiers(self):
        info = self.server.info()
        hot, cold = info_number(info, "hot_keys"), info_number(info, "cold_keys")
        if hot is None or cold is None:
            fail(f"INFO tells no hot_keys and cold_keys; its fields: {sorted(info)}")
        sample = [self.random.randrange(self.count) for _ in range(500)]
        with self.server.client(60) as client:
            replies = client.pipeline([("TERRACE", "LOCATE", self.key(n)) for n in sample])
        if isinstance(replies[0], Error):
            fail(f"TERRACE LOCATE answered {replies[0]!r}")
        located = sum("cold" in repr(reply).lower() for reply in replies)
        say(f"  INFO: {hot} hot, {cold} cold ({cold / max(1, hot + cold):.1%}); TERRACE LOCATE: {located} of {len(sample)} cold")
        if hot + cold != self.count:
            fail(f"{hot} hot and {cold} cold keys, {self.count} are there")
        least = 1 - 1.5 / self.options.times
        if cold < least * self.count or located < (least - 0.08) * len(sample):
            fail(f"less than {least:.0%} of the keys are cold")

    def quiet(self):
        if not self.server.wait_quiet():
            say("  (the server keeps reading by itself: its counters may tell more than one read a GET)")

    def one_read(self):
        """Cold GETs, one by one; keys whose stanza is small enough to lie in one page."""
        numbers = self.random.sample([n for n in range(self.count) if len(self.value(n)) < 1500], self.options.gets * 3)
        with self.server.client(60) as client:
            client.ok("TERRACE", "SPILL", "ALL")
            self.quiet()
            cold = [n for n, reply in zip(numbers, client.pipeline([("TERRACE", "LOCATE", self.key(n)) for n in numbers]))
                    if "cold" in repr(reply).lower()][:self.options.gets]
            self.quiet()
            info, kernel = self.server.info(), self.server.read_bytes()
            begin = time.monotonic()
            for number in cold:
                if client.call("GET", self.key(number)) != self.value(number):
                    fail(f"GET {self.key(number)}: wrong value")
            seconds = time.monotonic() - begin
            kernel_after, after = self.server.read_bytes(), self.server.info()
        gets = len(cold)
        if not gets:
            fail("no cold key found to measure")
        reads = info_number(after, "page_reads") - info_number(info, "page_reads")
        false = (info_number(after, "false_fetches") or 0) - (info_number(info, "false_fetches") or 0)
        told = f"  {gets} cold GETs one by one: {reads} page reads by INFO ({false} for another key of the same fingerprint)"
        if kernel is not None:
            told += f", {kernel_after - kernel} bytes read by the kernel's count ({(kernel_after - kernel) / gets / PAGE:.3f} pages a GET)"
        say(told + f", {seconds / gets * 1e6:.0f} us a GET")
        if reads - false > gets or reads < gets * 0.98:
            fail(f"{reads} page reads for {gets} cold GETs")
        if kernel is not None and not gets * PAGE * 0.98 <= kernel_after - kernel <= (gets + false) * PAGE * 1.01 + 8 * PAGE:
            fail(f"the kernel counts {kernel_after - kernel} bytes for {gets} cold GETs of one {PAGE}-byte page each")

    def run(self):
        self.load()
        self.read_all("after loading")
        if self.options.subject == "redis":
            return
        self.tiers()
        self.one_read()
        bound = megabytes(self.options.maxmemory) + (64 << 20)
        say(f"  highest RSS seen {self.highest_rss >> 20} MiB (bound {bound >> 20} MiB)")
        if self.highest_rss > bound:
            fail(f"RSS {self.highest_rss} above maxmemory + 64 MiB")
        self.server.stop(300)
        self.server.start(300)
        say(f"  restarted in {self.server.start_seconds:.2f} s")
        self.read_all("after the restart")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--times", type=int, default=10, help="dataset by maxmemory")
    parser.add_argument("--gets", type=int, default=1000, help="cold GETs to measure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    with Folder("dataset", options.keep) as folder:
        try:
            Dataset(options, folder).run()
        except ServerDied as problem:
            fail(problem)
    say("dataset: passed")


if __name__ == "__main__":
    main()

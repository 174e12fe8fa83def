#!/usr/bin/python3
"""A transaction whose effects are larger than memory: it stays within the bound, and so does its replay after a SIGKILL.

  long_unit.py [--effects 2gb] [--maxmemory 256mb] [--entries 50000]

The transaction claims all pending entries of a stream again and again: a call of a few bytes has an effect for each entry,
so the queue is small and the effects are as many as wanted. A transaction that the kill comes into the middle of is not
there after the start.
"""
import argparse
import sys
import threading
import time

from harness import Folder, ServerDied, encode, fail, info_number, megabytes, say, terrace

EFFECT_BYTES = 150  # about, of XCLAIM for one entry
SLACK = 64 << 20    # beyond maxmemory, as promised


class HighestRss:
    """The greatest resident set seen while it is entered."""

    def __init__(self, server):
        self.server, self.bytes, self.over = server, 0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.wait(0.02):
            try:
                self.bytes = max(self.bytes, self.server.rss())
            except OSError:
                pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def fill(client, entries):
    for begin in range(0, entries, 1000):
        client.pipeline([["XADD", "s", f"{number + 1}-1", "f", "v"] for number in range(begin, min(begin + 1000, entries))])
    client.ok("XGROUP", "CREATE", "s", "g", "0")
    client.ok("XREADGROUP", "GROUP", "g", "first", "COUNT", entries, "STREAMS", "s", ">")
    client.ok("SET", "marker", "before")


def claim_all(client, calls, entries, last):
    """Replies are left out: they are as large as the effects."""
    commands = [["CLIENT", "REPLY", "OFF"], ["MULTI"], ["SET", "marker", last]]
    commands += [["XAUTOCLAIM", "s", "g", f"consumer:{number}", "0", "0", "COUNT", entries, "JUSTID"] for number in range(calls)]
    client.send(b"".join(encode(*command) for command in [*commands, ["EXEC"], ["CLIENT", "REPLY", "ON"]]))


def state(client):
    pending = client.ok("XPENDING", "s", "g")
    return client.ok("GET", "marker"), pending[0], sorted(name for name, _ in pending[3])


def bounded(what, highest, bound):
    say(f"  {what}: {highest >> 20} MiB resident at most, of {bound >> 20}")
    if highest > bound:
        fail(f"long unit: {what}: {highest >> 20} MiB resident, more than {bound >> 20}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effects", type=megabytes, default=2 << 30, help="of the transaction, about (2gb)")
    parser.add_argument("--maxmemory", type=megabytes, default=256 << 20)
    parser.add_argument("--entries", type=int, default=50_000)
    options = parser.parse_args()
    calls = max(2, options.effects // (options.entries * EFFECT_BYTES))
    bound = options.maxmemory + SLACK
    with Folder("long-unit") as folder:
        # Without a checkpoint: what it covers would not be replayed.
        arguments = ("--maxmemory", str(options.maxmemory), "--checkpoint-log-size", "1000gb")
        server = folder.add(terrace(folder.path + "/terrace", *arguments)).start()
        with server.client(600) as client:
            fill(client, options.entries)
            begin = time.monotonic()
            with HighestRss(server) as watched:
                claim_all(client, calls, options.entries, "whole")
                if client.receive() != b"OK":
                    fail("long unit: no answer behind the transaction")
            took = time.monotonic() - begin
            log = info_number(server.info("tier"), "log_bytes")
            whole = state(client)
        bounded(f"a transaction of {calls} calls, in {took:.1f} s", watched.bytes, bound)
        if whole != (b"whole", options.entries, [f"consumer:{calls - 1}".encode()]):
            fail(f"long unit: after the transaction {whole}")
        if log < options.effects // 2:
            fail(f"long unit: {log >> 20} MiB in the log: the transaction was not as large as meant")
        server.kill()
        begin = time.monotonic()
        server.launch()
        with HighestRss(server) as watched:
            server.wait_ready(600)
        bounded(f"its replay, in {time.monotonic() - begin:.1f} s", watched.bytes, bound)
        replayed = info_number(server.info("tier"), "recovered_log_bytes")
        if replayed < options.effects // 2:
            fail(f"long unit: {replayed >> 20} MiB replayed: the transaction was not among them")
        with server.client(600) as client:
            if state(client) != whole:
                fail(f"long unit: after the replay {state(client)}, not {whole}")
            claim_all(client, calls, options.entries, "cut")
        # The first one may have run beside something else, and taken several times as long.
        time.sleep(min(took / 6, 5))
        server.kill()
        server.launch().wait_ready(600)
        with server.client(600) as client:
            if state(client) != whole:
                fail(f"long unit: a transaction that was cut has left {state(client)}, not {whole}")
        say("  one that was cut by a kill is not there")
    say("long unit: passed")


if __name__ == "__main__":
    try:
        main()
    except ServerDied as died:
        fail(f"long unit: {died}")
        sys.exit(1)

#!/usr/bin/python3
"""Damaged payloads to RESTORE: what is accepted must bear all commands, spilling and a recovery.

  restore_input.py [--rounds N] [--payloads N] [--seed N] [--maxmemory 24mb]

Payloads are real ones of all types, of redis-server (tests/fuzz/corpus/value) and of Terrace, with bytes changed and
their checksums put right. Each round restores many of them to the keys that random commands (the differential test's)
then use. Whatever they answer, the server goes on, and the dataset is the same, by its digest and by what XINFO says,
after all was spilled and after a SIGKILL. TERRACE_SERVER names a server with sanitizers, to see more.
"""
import argparse
import glob
import os
import random
import signal

from bad_case import Wrong, check, end_with
from dictionary import Dictionary, read_commands
from harness import ROOT, Error, Folder, ServerDied, encode, say, terrace
from replay_digest import DEBUG, differences, digest, streams, values

BATCH_COMMANDS = 200
FLAGS = 3  # behind a body in the fuzz target's corpus
FOOTER = 10
GROUPS = {0: (b"string", b"bitmap", b"hyperloglog", b"registers"), 1: (b"list",), 2: (b"set",), 3: (b"sorted-set", b"geo", b"lex"), 4: (b"hash",),
         5: (b"sorted-set", b"geo", b"lex"), 11: (b"set",), 15: (b"stream",), 16: (b"hash",), 17: (b"sorted-set", b"geo", b"lex"), 18: (b"list",),
         19: (b"stream",), 20: (b"set",), 21: (b"stream",)}


def crc64_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95ac9329ac4bc9b5 if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = crc64_table()


def sealed(body):
    """With version and checksum behind it."""
    payload, crc = body + b"\x0a\x00", 0
    for byte in payload:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return payload + crc.to_bytes(8, "little")


def corpus():
    bodies = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/fuzz/corpus/value/*"))):
        with open(path, "rb") as file:
            bodies.append(file.read()[:-FLAGS])
    return bodies


def length(number):
    return bytes((number,)) if number < 64 else b"\x81" + number.to_bytes(8, "big")


def text(content):
    return length(len(content)) + content


def listpack(elements):
    """Of integers from 0 to 127 and short texts."""
    entries = b""
    for element in elements:
        entry = bytes((element,)) if isinstance(element, int) else bytes((0x80 | len(element),)) + element
        entries += entry + bytes((len(entry),))
    return (len(entries) + 7).to_bytes(4, "little") + len(elements).to_bytes(2, "little") + entries + b"\xff"


def odd_stream(entries_read, delivered_ms, deliveries):
    """A stream with two entries, the first of them pending, whose group has such numbers."""
    first, last = (1).to_bytes(8, "big") * 2, length(1) + length(2)
    node = listpack([2, 0, 1, b"name", 0, 2, 0, 0, b"text", 4, 2, 0, 1, b"more", 4])
    pending = first + delivered_ms.to_bytes(8, "little", signed=True) + length(deliveries)
    consumer = text(b"ann") + (-1 << 63).to_bytes(8, "little", signed=True) + length(1) + first
    return (b"\x13" + length(1) + text(first) + text(node) + length(2) + last + length(1) + length(1) + length(0) + length(0) + length(2) + length(1)
            + text(b"group") + length(1) + length(1) + length(entries_read) + length(1) + pending + length(1) + consumer)


class Run:
    def __init__(self, options, folder):
        self.options, self.random = options, random.Random(options.seed)
        self.server = folder.add(terrace(folder.path + "/terrace", "--maxmemory", options.maxmemory, *DEBUG)).start(120)
        with self.server.client() as client:
            self.dictionary = Dictionary(options.seed, read_commands(client), options.keys)
        self.bodies = corpus()
        check(len(self.bodies) > 10, "no corpus")
        self.given, self.accepted, self.commands, self.kinds, self.last = 0, 0, 0, {}, None

    def damaged(self):
        pick, body = self.random.randrange, bytearray(self.random.choice(self.bodies))
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 4))):
            at = pick(1, len(body) + 1)
            kind = pick(7)
            if kind == 0:
                body[at:at + 1] = bytes((pick(256),))
            elif kind == 1 and at < len(body):
                body[at] = body[at] + self.random.choice((1, 255, 128)) & 255
            elif kind == 2:
                body[at:at] = bytes(self.random.choice(((0,), (255,), (0x81,), (0xc0, 5), (0x40, 200))))
            elif kind == 3:
                del body[at:at + pick(1, 5)]
            elif kind == 4:
                end = at + pick(1, 30)
                body[at:at] = body[at:end]
            elif kind == 5:
                body[at:at + 8] = self.random.choice((b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + b"\0" * 7, b"\0" * 8))
            else:
                other = self.random.choice(self.bodies)
                if other[0] == body[0]:
                    body[at:] = other[at:]
        return bytes(body)

    def restore(self, client, count):
        for _ in range(count):
            body = self.damaged()
            key = b"%s:%d" % (self.random.choice(GROUPS.get(body[0], (b"string",))), self.random.randrange(6))
            self.last = (key, body.hex())
            if client.call("RESTORE", key, self.random.choice((0, 50_000_000)), sealed(body), "REPLACE") == b"OK":
                self.accepted += 1
                self.kinds[body[0]] = self.kinds.get(body[0], 0) + 1
            self.given += 1

    def command(self, client, count):
        commands = []
        while len(commands) < count:
            commands += self.dictionary.draw()
        for _, self.last in commands:
            client.send(encode(*self.last))
            client.receive()
        self.commands += len(commands)

    def gather(self, client):
        """Payloads of what the commands have made, for the next rounds."""
        keys = client.ok("KEYS", "*:*")
        for key in self.random.sample(keys, min(len(keys), 20)):
            payload = client.call("DUMP", key)
            if isinstance(payload, bytes) and not isinstance(payload, Error) and len(payload) < 1500:
                self.bodies.append(payload[:-FOOTER])
        del self.bodies[200:-100]  # some of the first ones, and the latest

    def odd_numbers(self):
        """What a group counts and reckons with, from numbers that none of ours would have."""
        least = -1 << 63
        for entries_read, delivered_ms, deliveries in ((5, least, 1 << 63), ((1 << 64) - 5, -1, (1 << 64) - 1), ((1 << 63) - 1, 1 << 62, (1 << 63) - 1)):
            with self.server.client() as client:
                client.ok("RESTORE", "stream:odd", 0, sealed(odd_stream(entries_read, delivered_ms, deliveries)), "REPLACE")
                client.ok("XPENDING", "stream:odd", "group", "IDLE", 1, "-", "+", 10)
                client.ok("XINFO", "CONSUMERS", "stream:odd", "group")
                client.ok("XREADGROUP", "GROUP", "group", "ann", "STREAMS", "stream:odd", "0")
                client.ok("XREADGROUP", "GROUP", "group", "bob", "STREAMS", "stream:odd", ">")
                client.ok("XAUTOCLAIM", "stream:odd", "group", "zoe", "1", "-")
                client.ok("XCLAIM", "stream:odd", "group", "zoe", "1", "1-1")
            before = self.state()
            self.server.kill(signal.SIGKILL)
            self.server.start(120)
            self.compare(before, f"after SIGKILL, a stream with {entries_read}, {delivered_ms}, {deliveries}")

    def state(self):
        with self.server.client(120) as client:
            return values(client), streams(client), digest(client)

    def compare(self, before, when):
        after = self.state()
        for mine, other in zip(after[:2], before[:2]):
            check(mine == other, f"{when}: " + differences(mine, other))
        check(after[2] == before[2], f"{when}: another digest")

    def round(self):
        with self.server.client(60) as client:
            for _ in range(self.options.payloads // 10):
                self.restore(client, 10)
                self.command(client, 30)
            self.gather(client)
        before = self.state()
        with self.server.client(60) as client:
            client.ok("TERRACE", "SPILL", "ALL")
        self.compare(before, "after TERRACE SPILL ALL")
        with self.server.client(60) as client:
            self.restore(client, 20)
            self.command(client, BATCH_COMMANDS)
        before = self.state()
        self.server.kill(signal.SIGKILL)
        self.server.start(120)
        self.compare(before, "after SIGKILL")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--payloads", type=int, default=600, help="of each round")
    parser.add_argument("--keys", type=int, default=6, help="of each type")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--maxmemory", default="24mb")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "little")
    say(f"restore input: seed {options.seed}")
    with Folder("restore-input", options.keep) as folder:
        run = Run(options, folder)
        try:
            run.odd_numbers()
            for _ in range(options.rounds):
                run.round()
        except (ServerDied, OSError) as problem:
            raise Wrong(f"the server did not go on: {problem}; last: {run.last!r:.3000}") from problem
    kinds = ", ".join(f"{count} of type {kind}" for kind, count in sorted(run.kinds.items()))
    check(run.accepted > run.given // 20, f"only {run.accepted} of {run.given} accepted: nothing was tried")
    say(f"restore input: {run.given} payloads, {run.accepted} accepted ({kinds}), {run.commands} commands, {options.rounds} recoveries")


if __name__ == "__main__":
    end_with("restore_input", main)

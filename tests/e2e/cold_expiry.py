#!/usr/bin/python3
"""Expired keys go by themselves, those on disk as well, and what has expired does not make the store write more.

  cold_expiry.py --seconds 600 --keys 300000 --ttl 12 [--rate 8000] [--redis]

Prints how long expired keys on disk take to go, keys held beside keys alive while keys with an expiry are written, at
one life and at mixed ones, and the bytes written to the device for each SET, with an expiry and without.
"""
import argparse
import collections
import os
import random
import time

from bad_case import check, end_with
from harness import Folder, info_number, redis, say, terrace

MEMORY = "24mb"
BATCH = 500
VALUE = 600
# Keys may be left for so long, and hashes that are only fields for so long.
LATE_SECONDS = 2.0
FIELDS_LATE_SECONDS = 0.5
MOST_HELD = 1.2
MOST_LAG_SECONDS = 0.5  # with lives so short that the lag counts more
MOST_WRITTEN = 1.5
POOL = os.urandom(1 << 20)


def value():
    at = random.randrange(len(POOL) - VALUE)
    return POOL[at:at + VALUE]


def seconds_to_go(client, due):
    """From `due` on, until no key is left."""
    time.sleep(max(0.0, due - time.time()))
    while (left := client.call("DBSIZE")) > 0:
        check(time.time() < due + 60, f"{left} keys are left a minute after their end")
        time.sleep(0.02)
    return time.time() - due


def idle(folder, keys):
    server = folder.add(terrace(f"{folder.path}/idle", "--maxmemory", MEMORY)).start()
    with server.client() as client:
        due = time.time() + 2 + keys / 20000
        for begin in range(0, keys, BATCH):
            client.pipeline([("SET", f"key:{begin + i}", value(), "PXAT", int(due * 1000)) for i in range(BATCH)])
        client.call("TERRACE", "SPILL", "ALL")
        check(time.time() < due, "the keys were not written in time")
        check(client.call("DBSIZE") == keys, "keys are missing")
        reads = server.read_bytes()
        seconds = seconds_to_go(client, due)
        say(f"{keys} expired keys on disk were gone after {seconds:.2f} s, {(server.read_bytes() - reads) / keys:.0f} bytes read a key")
        check(seconds < LATE_SECONDS, f"{seconds:.2f} s")

        hashes = max(keys // 100, 100)
        due = time.time() + 2 + hashes / 1000
        for i in range(hashes):
            client.pipeline([("HSET", f"hash:{i}", "f", "v"), ("HPEXPIREAT", f"hash:{i}", int(due * 1000), "FIELDS", 1, "f")])
        client.call("TERRACE", "SPILL", "ALL")
        check(client.call("DBSIZE") == hashes, "hashes are missing")
        seconds = seconds_to_go(client, due)
        say(f"{hashes} hashes on disk were gone {seconds:.2f} s after their fields had expired")
        check(seconds < FIELDS_LATE_SECONDS, f"{seconds:.2f} s")
        check(info_number(server.info(), "expired_subkeys") == hashes, "expired_subkeys")
    server.stop()


class Alive:
    """How many of the keys written so far have not expired."""

    def __init__(self):
        self.ends = collections.Counter()

    def add(self, life_ms):
        self.ends[int(time.time() * 1000 + life_ms) // 50] += 1

    def count(self):
        now = int(time.time() * 1000) // 50
        for end in [end for end in self.ends if end < now]:
            del self.ends[end]
        return sum(self.ends.values())


def load(server, seconds, rate, life):
    """SETs for so long; life() is each key's in ms, None: for ever. Returns how many, and what was held and alive."""
    alive, seen, number, begin, looked = Alive(), [], 0, time.time(), time.time()
    with server.client() as client:
        while time.time() < begin + seconds:
            lives = [life() for _ in range(BATCH)]
            client.pipeline([("SET", f"key:{number + i}", value()) + (("PX", lives[i]) if lives[i] else ())
                             for i in range(BATCH)])
            number += BATCH
            for each in lives:
                if each:
                    alive.add(each)
            if rate:
                time.sleep(max(0.0, begin + number / rate - time.time()))
            if time.time() > looked + 0.5:
                looked = time.time()
                seen.append((client.call("DBSIZE"), alive.count()))
    return number, seen


def steady(server, what, seconds, rate, life, ttl):
    number, seen = load(server, seconds, rate, life)
    late = [(held, alive) for held, alive in seen[int(2 * ttl):] if alive]
    most = max((held / alive for held, alive in late), default=0.0)
    shown = seen[:: max(1, len(seen) // 10)]
    say(f"{server.name}, {what}: {number / seconds:.0f} SETs a second; held/alive {', '.join(f'{h}/{a}' for h, a in shown)}; "
        f"at most {most:.2f} of the living")
    return number, most


def written(server):
    info = server.info()
    names = ("log_written_bytes", "spilled_bytes", "compaction_written_bytes", "checkpoint_written_bytes")
    return [info_number(info, name) for name in names]


def writing(folder, arguments):
    ttl_ms = int(arguments.ttl * 1000)
    lives = {"no expiry": lambda: None, "one life": lambda: ttl_ms, "mixed lives": lambda: random.randrange(100, 2 * ttl_ms)}
    per_set = {}
    for number, (what, life) in enumerate(lives.items()):
        server = folder.add(terrace(f"{folder.path}/terrace{number}", "--maxmemory", MEMORY)).start()
        sets, most = steady(server, what, arguments.seconds, arguments.rate, life, arguments.ttl)
        parts = written(server)
        per_set[what] = sum(parts) / sets
        say(f"  {per_set[what]:.0f} bytes written a SET: log, spilled, compaction, checkpoints "
            f"{' '.join(f'{part / sets:.0f}' for part in parts)}; compactions {server.info()['compactions']}")
        most_held = max(MOST_HELD, 1 + MOST_LAG_SECONDS / arguments.ttl)
        check(number == 0 or most <= most_held, f"{what}: {most:.2f} of the living are held")
        check(per_set[what] <= MOST_WRITTEN * per_set["no expiry"],
              f"{what}: {per_set[what]:.0f} bytes written a SET, {per_set['no expiry']:.0f} without expiry")
        server.kill()
        if arguments.redis and number > 0:
            server = folder.add(redis(f"{folder.path}/redis{number}")).start()
            steady(server, what, arguments.seconds, arguments.rate, life, arguments.ttl)
            server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--ttl", type=float, default=1.5, help="seconds")
    parser.add_argument("--rate", type=int, default=0, help="SETs a second; 0: as many as the client can")
    parser.add_argument("--redis", action="store_true", help="redis-server beside it")
    arguments = parser.parse_args()
    with Folder("cold-expiry") as folder:
        idle(folder, arguments.keys)
        writing(folder, arguments)


if __name__ == "__main__":
    end_with("cold_expiry", main)

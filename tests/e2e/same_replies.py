#!/usr/bin/python3
"""Scenes that once gave other replies than redis-server 7.0: run on both, hot, and with nothing in memory.

  same_replies.py

A scene is a list of commands; each reply must be the same.
"""
import random
import sys
import time

from bad_case import check, end_with
from harness import Folder, encode, redis, say, terrace

LEX_BOUNDS = ("-", "+", "[a", "(b", "[b", "(c", "[d", "[")


def lex_ranges(seed):
    """Ranges by text of sorted sets whose scores differ: unspecified, but one command deletes what it finds."""
    chance = random.Random(seed)
    for _ in range(60):
        yield "DEL z"
        for member in "abcd":
            yield f"ZADD z {chance.randint(1, 3)} {member}"
        low, high = chance.choices(LEX_BOUNDS, k=2)
        for command in ("ZRANGEBYLEX z {0} {1}", "ZREVRANGEBYLEX z {1} {0}", "ZLEXCOUNT z {0} {1}", "ZRANGE z {0} {1} BYLEX",
                        "ZRANGESTORE t z {1} {0} BYLEX REV", "ZRANGE t 0 -1 WITHSCORES", "ZREMRANGEBYLEX z {0} {1}", "ZRANGE z 0 -1 WITHSCORES"):
            yield command.format(low, high)


SCENES = {
    "lex ranges": list(lex_ranges(1)),
}


def words(command):
    return command.split() if isinstance(command, str) else command


def run_scene(name, scene, ours, theirs, spilled):
    for client in (ours, theirs):
        client.ok("FLUSHALL")
    for command in scene:
        if spilled:
            ours.ok("TERRACE", "SPILL", "ALL")
        got, wanted = ours.call(*words(command)), theirs.call(*words(command))
        check(got == wanted, f"{name}: {command}: {got!r}, redis-server says {wanted!r}")
    return len(scene)


def a_long_class_stalls_nobody(server):
    """redis-server reads the class again at each byte of a name: two seconds for each of these."""
    with server.client() as client, server.client() as other:
        for number in range(5):
            client.ok("SET", "x" * 60000 + str(number), "1")
        client.send(encode("KEYS", "*[" + "abcdefgh" * 5000 + "]z"))
        time.sleep(0.05)
        began = time.monotonic()
        other.ok("PING")
        waited = time.monotonic() - began
        check(client.receive() == [], "KEYS found a name that does not match")
        check(waited < 1, f"KEYS of a long class held another client for {waited:.1f} s")


def main():
    only = sys.argv[1:]
    with Folder("same-replies") as folder:
        server = folder.add(terrace(folder.path + "/terrace", "--enable-debug-command", "yes")).start()
        reference = folder.add(redis(folder.path + "/redis", "--enable-debug-command", "yes")).start()
        with server.client() as ours, reference.client() as theirs:
            replies = sum(run_scene(name, scene, ours, theirs, spilled) for name, scene in SCENES.items() if not only or name in only
                          for spilled in (False, True))
        a_long_class_stalls_nobody(server)
    say(f"same_replies: {replies} replies as redis-server gives them")


if __name__ == "__main__":
    end_with("same_replies", main)

#!/usr/bin/python3
"""Scenes that once gave other replies than redis-server 7.0: run on both, hot, and with nothing in memory.

  same_replies.py

A scene is a list of commands; each reply must be the same.
"""
import random
import re
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
    "SCAN TYPE removes what has expired of any type": [
        "DEBUG SET-ACTIVE-EXPIRE 0", "SET expired x PX 1", "SET other x PX 1", "RPUSH l a", "DEBUG SLEEP 0.01", "DBSIZE", "SCAN 0 TYPE list MATCH [el]*",
        "DBSIZE", "SCAN 0 TYPE list", "DBSIZE", "DEBUG SET-ACTIVE-EXPIRE 1"],
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


def text_of(reply):
    return reply[1][4:] if isinstance(reply, tuple) else reply


def latency_graphs(ours, theirs):
    """The same picture and words, but for the times; LATEST has Redis' events alone."""
    seen = []
    for client in (ours, theirs):
        client.ok("CONFIG", "SET", "latency-monitor-threshold", "10")
        client.ok("DEBUG", "SLEEP", "0.02")
        time.sleep(1.1)
        client.ok("DEBUG", "SLEEP", "0.1")
        check([event[0] for event in client.ok("LATENCY", "LATEST")] == [b"command"], f"LATENCY LATEST has {client.ok('LATENCY', 'LATEST')}")
        seen.append(re.sub(rb"[0-9]+", b"N", text_of(client.ok("LATENCY", "GRAPH", "command"))))
        check(client.ok("LATENCY", "RESET") == 1, "LATENCY RESET")
        client.ok("CONFIG", "SET", "latency-monitor-threshold", "0")
    check(seen[0] == seen[1], f"LATENCY GRAPH: {seen[0].decode()}\nredis-server draws {seen[1].decode()}")


def names_that_are_told(ours, theirs):
    for client in (ours, theirs):
        client.ok("FLUSHALL")
        client.ok("RPUSH", "l", *("element%d" % number for number in range(3000)))
    for command, names in (("MEMORY STATS", lambda reply: [name for name in reply[::2]]),
                           ("DEBUG OBJECT l", lambda reply: [word.split(b":")[0] for word in reply.split() if b":" in word])):
        mine, other = (set(names(client.ok(*command.split()))) for client in (ours, theirs))
        check(not other - mine, f"{command} lacks {other - mine}")
    nodes = int(re.search(rb"ql_nodes:(\d+)", ours.ok("DEBUG", "OBJECT", "l"))[1])
    check(nodes > 1, f"3000 elements in {nodes} nodes")


def client_line(text, client_id):
    line = next(line for line in text.split(b"\n") if line.startswith(b"id=%d " % client_id))
    return {name: value for name, _, value in (word.partition(b"=") for word in line.split())}


def figures_of_clients(server):
    """CLIENT LIST tells what has been received and what runs."""
    with server.client() as client, server.client() as half, server.client() as blocked:
        numbers = [each.ok("CLIENT", "ID") for each in (client, half, blocked)]
        half.send(b"*3\r\n$3\r\nSET\r\n$5\r\nabcde\r\n$100000\r\n" + b"x" * 50000)
        blocked.send(encode("BLPOP", "no list", "0"))
        end = time.monotonic() + 10
        while True:
            me, second, third = (client_line(client.ok("CLIENT", "LIST"), number) for number in numbers)
            if (second[b"argv-mem"], third[b"cmd"]) == (b"8", b"blpop") or time.monotonic() > end:
                break
        sent = len(encode("CLIENT", "LIST"))
        check((me[b"cmd"], me[b"qbuf"], me[b"argv-mem"]) == (b"client|list", b"%d" % sent, b"10"), f"the client that asks: {me}")
        check(int(second[b"qbuf"]) >= 50000 and int(second[b"qbuf-free"]) > 0 and second[b"argv-mem"] == b"8", f"half a command: {second}")
        check((third[b"cmd"], third[b"argv-mem"]) == (b"blpop", b"13"), f"a client that waits: {third}")


def idle_times(ours, theirs):
    """OBJECT IDLETIME, what touches a key, and what RESTORE says of it."""
    for client in (ours, theirs):
        client.ok("FLUSHALL")
        for key in ("read", "written", "seen", "quiet", "touched"):
            client.ok("SET", key, "text")
        payload = client.ok("DUMP", "read")
        client.ok("RESTORE", "restored", 0, payload, "IDLETIME", 1000)
        client.ok("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        client.ok("RESTORE", "used", 0, payload, "FREQ", 10)
        check(client.ok("OBJECT", "FREQ", "used") == 10, f"OBJECT FREQ {client.ok('OBJECT', 'FREQ', 'used')}, restored with 10")
        client.ok("CONFIG", "SET", "maxmemory-policy", "noeviction")
    time.sleep(2.2)
    for client in (ours, theirs):
        told = client.pipeline([("GET", "read"), ("APPEND", "written", "x"), ("TYPE", "seen"), ("TTL", "seen"), ("TOUCH", "touched")])
        idle = {key: client.ok("OBJECT", "IDLETIME", key) for key in ("read", "written", "seen", "quiet", "touched", "restored")}
        check(max(idle[key] for key in ("read", "written", "touched")) <= 1 and 2 <= idle["seen"] < 60 and 2 <= idle["quiet"] < 60
              and 1002 <= idle["restored"] < 1060, f"OBJECT IDLETIME: {idle}, {told}")
        line = client.ok("DEBUG", "OBJECT", "restored")
        check(1002 <= int(line.split(b"lru_seconds_idle:")[1].split()[0]) < 1060, f"DEBUG OBJECT: {line}")
    # Of Redis 7.2: a client may leave no trace, but for TOUCH.
    ours.ok("CLIENT", "NO-TOUCH", "ON")
    ours.pipeline([("GET", "quiet"), ("APPEND", "quiet", "x"), ("TOUCH", "seen")])
    idle = [ours.ok("OBJECT", "IDLETIME", key) for key in ("quiet", "seen")]
    ours.ok("CLIENT", "NO-TOUCH", "OFF")
    check(idle[0] >= 2 and idle[1] <= 1, f"behind CLIENT NO-TOUCH: {idle}")


def fields_across_the_end_of_a_string(server):
    """As redis-server: a field must begin within 512 MB."""
    last = str(2**32 - 1)
    with server.client() as client:
        client.ok("FLUSHALL")
        for command, wanted in ((("BITFIELD", "b", "SET", "u16", last, "65535"), [0]), (("STRLEN", "b"), 2**29 + 2),
                                (("BITFIELD", "b", "GET", "u8", str(2**32 - 8)), [1]), (("BITFIELD", "b", "INCRBY", "u16", last, "1"), [0])):
            told = client.call(*command)
            check(told == wanted, f"{command}: {told!r}, not {wanted!r}")
        client.ok("FLUSHALL")


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
            latency_graphs(ours, theirs)
            names_that_are_told(ours, theirs)
            idle_times(ours, theirs)
        figures_of_clients(server)
        fields_across_the_end_of_a_string(server)
        a_long_class_stalls_nobody(server)
    say(f"same_replies: {replies} replies as redis-server gives them")


if __name__ == "__main__":
    end_with("same_replies", main)

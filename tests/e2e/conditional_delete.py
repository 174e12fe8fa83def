#!/usr/bin/python3
"""DELIFEQ, which redis-server 7.0 does not know: replies and what is left, as the documentation of Valkey 9.0 says, in memory
and spilled, in transactions and under WATCH, and the same after a kill.

  conditional_delete.py
"""
import signal

from bad_case import check, end_with
from harness import Error, Folder, say, terrace

LARGE = b"x" * 100_000
# The key's value, the one that is given, whether the key goes.
CASES = (
    (b"abc", b"abc", True), (b"abc", b"ABC", False), (b"abc", b"ab", False), (b"abc", b"abcd", False), (b"abc", b"", False), (b"", b"", True),
    (b"5", b"5", True), (b"5", b"05", False), (b"5", b"5.0", False), (b"-9223372036854775808", b"-9223372036854775808", True),
    (b"a\x00b", b"a\x00b", True), (b"a\x00b", b"a\x00c", False), (b"long " * 20, b"long " * 20, True), (LARGE, LARGE, True), (LARGE, LARGE + b"y", False),
)
OTHERS = (("RPUSH", "a"), ("SADD", "a"), ("HSET", "a", "1"), ("ZADD", "1", "a"), ("XADD", "1-1", "a", "b"))


def expect(client, wanted, *command):
    told = client.call(*command)
    shown = " ".join(str(word)[:40] for word in command)
    check(told == wanted, f"{shown}: {told}, not {wanted}")


def fill(client):
    client.ok("FLUSHALL")
    for number, (value, _, _) in enumerate(CASES):
        client.ok("SET", f"key:{number}", value)
    for command, *words in OTHERS:
        client.ok(command, f"of:{command}", *words)


def spill(client, spilled):
    if spilled:
        client.ok("TERRACE", "SPILL", "ALL")


def run_cases(client, spilled):
    fill(client)
    spill(client, spilled)
    for number, (_, given, goes) in enumerate(CASES):
        expect(client, int(goes), "DELIFEQ", f"key:{number}", given)
    expect(client, 0, "DELIFEQ", "none", "")
    for command, *_ in OTHERS:
        told = client.call("DELIFEQ", f"of:{command}", "a")
        check(isinstance(told, Error) and told.startswith(b"WRONGTYPE"), f"DELIFEQ of what {command} made: {told}")
    for words in ((), ("key:0",), ("key:0", "a", "b")):
        expect(client, Error(b"ERR wrong number of arguments for 'delifeq' command"), "DELIFEQ", *words)
    check_left(client, "after the cases")


def check_left(client, when):
    for number, (value, _, goes) in enumerate(CASES):
        check(client.ok("GET", f"key:{number}") == (None if goes else value), f"{when}: key:{number}")
    check(client.ok("DBSIZE") == len(OTHERS) + sum(not goes for *_, goes in CASES), f"{when}: {client.ok('DBSIZE')} keys")


def run_transactions(client, other, spilled):
    """What a transaction sets it sees; a watch is broken by a deletion, and by nothing else."""
    client.ok("MSET", "key", "abc", "lock", "me", "stays", "abc")
    spill(client, spilled)
    client.ok("MULTI")
    for command in (("DELIFEQ", "key", "no"), ("DELIFEQ", "key", "abc"), ("DELIFEQ", "key", "abc"), ("SET", "key", "7"), ("DELIFEQ", "key", "7"),
                    ("DELIFEQ", "stays", "no")):
        client.ok(*command)
    expect(client, [0, 1, 0, b"OK", 1, 0], "EXEC")
    expect(client, 0, "EXISTS", "key")
    for given, deleted in (("you", 0), ("me", 1)):
        spill(client, spilled)
        client.ok("WATCH", "lock")
        expect(other, deleted, "DELIFEQ", "lock", given)
        client.ok("MULTI")
        client.ok("PING")
        expect(client, ("null array",) if deleted else [b"PONG"], "EXEC")
    client.ok("SET", "lock", "me", "PXAT", 1)
    expect(client, 0, "DELIFEQ", "lock", "me")
    client.ok("SET", "lock", "me", "EX", 1000)
    spill(client, spilled)
    expect(client, 1, "DELIFEQ", "lock", "me")
    client.ok("SET", "lock", "me")
    expect(client, -1, "TTL", "lock")
    client.ok("DEL", "lock", "stays")


def main():
    with Folder("conditional-delete") as folder:
        server = folder.add(terrace(folder.path + "/subject")).start()
        with server.client(10) as client, server.client(10) as other:
            for spilled in (False, True):
                run_cases(client, spilled)
                run_transactions(client, other, spilled)
        server.kill(signal.SIGKILL)
        server.start()
        with server.client(10) as client:
            check_left(client, "after a kill")
    say(f"conditional_delete: {len(CASES)} cases, in memory and spilled, in transactions, the same after a kill")


if __name__ == "__main__":
    end_with("conditional_delete", main)

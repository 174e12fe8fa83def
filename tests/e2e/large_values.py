#!/usr/bin/python3
"""Values of many elements, and another client meanwhile.

  large_values.py [--elements N] [--batch N] [--bound-ms X] [--server-arguments …]

A sorted set and a hash of N elements each are filled, written to while a checkpoint copies them, spilled, read back by a
small range, and deleted. All the while a client in a process of its own asks for a small key every half millisecond: of
each step's answers 99.9 % must come within the bound. What is read must be right, also after a kill.
"""
import argparse
import shlex
import signal
import time

from bad_case import check, end_with
from harness import Error, Folder, say, terrace
from watched import Watched, share


def member(number):
    return "member:%09d" % number


def late_steps(watched, bound_ms):
    """Prints the steps; those in which other answers took longer than the bound."""
    late = []
    for name, took, (latencies,) in watched.end():
        check(latencies, f"no answer during \"{name}\"")
        most = share(latencies, 0.999)
        say("  %-34s %8.2f s; another client: %6d answers, p99.9 %7.2f ms, worst %7.2f ms" % (name, took, len(latencies), most, latencies[-1]))
        if most > bound_ms:
            late.append(f"{name}: p99.9 {most:.2f} ms")
    return late


def fill(client, elements, batch):
    for start in range(0, elements, batch):
        numbers = range(start, min(start + batch, elements))
        client.pipeline([("ZADD", "z", *(part for number in numbers for part in (number, member(number)))),
                         ("HSET", "h", *(part for number in numbers for part in (member(number), "value:%d" % number)))])


def write_while_copied(client, other, elements):
    """Changes to both values while a checkpoint is under way: before, during and after it copies them."""
    client.pipeline([("ZADD", "z", "0.5", member(elements)), ("HSET", "h", member(elements), "new")])
    other.send(b"TERRACE CHECKPOINT\r\n")
    for round_ in range(200):
        client.pipeline([("ZADD", "z", "0.5", member(elements)), ("HSET", "h", member(round_), "changed"), ("ZREM", "z", member(elements - 1 - round_))])
    check(not isinstance(other.receive(), Error), "the checkpoint failed")


def check_state(client, elements):
    check(client.ok("ZCARD", "z") == elements - 200 + 1, f"ZCARD {client.ok('ZCARD', 'z')}")
    check(client.ok("HLEN", "h") == elements + 1, f"HLEN {client.ok('HLEN', 'h')}")
    check(client.ok("ZRANGE", "z", 0, 2) == [member(0).encode(), member(elements).encode(), member(1).encode()], "ZRANGE of the first")
    middle = elements // 2
    check(client.ok("ZRANGE", "z", middle, middle, "WITHSCORES") == [member(middle - 1).encode(), b"%d" % (middle - 1)], "ZRANGE of the middle")
    check(client.ok("HMGET", "h", member(7), member(middle), member(elements)) == [b"changed", b"value:%d" % middle, b"new"], "HMGET")


def run(server, options):
    with server.client(600) as client, server.client(600) as other:
        client.ok("SET", "small", "x")
        watched = Watched(server.port)
        watched.step("nothing", lambda: time.sleep(1))
        watched.step("filling", lambda: fill(client, options.elements, options.batch))
        watched.step("checkpoint", lambda: client.ok("TERRACE", "CHECKPOINT"))
        watched.step("writing while they are copied", lambda: write_while_copied(client, other, options.elements))
        watched.step("ranges", lambda: check_state(client, options.elements))
        watched.step("spilling", lambda: client.ok("TERRACE", "SPILL", "ALL"))
        watched.step("reading back", lambda: check_state(client, options.elements))
        client.pipeline([("HSET", "h", "last", "1"), ("HDEL", "h", "last"), ("ZADD", "z", 1, "last"), ("ZREM", "z", "last")])
        watched.step("spilling what was changed", lambda: client.ok("TERRACE", "SPILL", "ALL"))
        late = late_steps(watched, options.bound_ms)
    server.kill(signal.SIGKILL)
    server.start(600)
    with server.client(600) as client:
        check_state(client, options.elements)
        client.ok("SET", "small", "x")
        watched = Watched(server.port)
        watched.step("deleting", lambda: client.ok("DEL", "z", "h"))
        watched.step("after it", lambda: time.sleep(1))
        late += late_steps(watched, options.bound_ms)
        check(client.ok("EXISTS", "z", "h") == 0, "deleted, and there")
    check(not late, "; ".join(late))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--elements", type=int, default=300_000)
    parser.add_argument("--batch", type=int, default=500, help="elements of one command, which takes the longer the more it has")
    parser.add_argument("--bound-ms", type=float, default=5.0)
    parser.add_argument("--server-arguments", default="")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    with Folder("large-values", options.keep) as folder:
        server = folder.add(terrace(folder.path + "/terrace", *shlex.split(options.server_arguments))).start()
        run(server, options)
    say(f"large_values: {options.elements} elements each, 99.9 % of another client's answers within {options.bound_ms} ms in every step")


if __name__ == "__main__":
    end_with("large_values", main)

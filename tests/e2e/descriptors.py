#!/usr/bin/python3
"""File descriptors: few of them bound the clients as in redis-server, and not how much is stored.

  descriptors.py [--only TEXT] [--segments 20000 --descriptors 1024]
"""
import argparse
import os
import random
import re
import resource
import time

from bad_case import Table, check, expect
from harness import Error, Folder, encode, info_number, redis, terrace

NOBODY = 65534
ANSWERS_WITHIN = 5.0
VALUE_SIZE = 1_000
SEGMENT_SIZE = "16kb"
KEYS_PER_SEGMENT = 9  # at least: three pages of three


def limited(server, descriptors):
    """The server as it starts where `ulimit -n` says so, and may not raise that."""
    prefix = ["prlimit", f"--nofile={descriptors}:{descriptors}"]
    if os.geteuid() == 0:
        os.chown(server.directory, NOBODY, NOBODY)
        for path in (os.path.dirname(server.directory), server.directory):
            os.chmod(path, 0o755)
        prefix += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    plain = server.command_line
    server.command_line = lambda extra=(): prefix + plain(extra)
    return server


def open_descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


# --- clients

def told(server):
    """What a server says of its limit: maxclients, and the lines of its log."""
    with server.client() as client:
        _, most = client.call("CONFIG", "GET", "maxclients")
    words = re.findall(r"(?:You requested|Server can't|Current maximum|Increased maximum).*", server.log().decode(errors="replace"))
    return int(most), [line.strip() for line in words]


def as_redis(folder, descriptors):
    ours = limited(folder.add(terrace(f"{folder.path}/terrace-{descriptors}")), descriptors).start()
    theirs = limited(folder.add(redis(f"{folder.path}/redis-{descriptors}")), descriptors).start()
    got, expected = told(ours), told(theirs)
    while info_number(ours.info("clients"), "connected_clients") > 1:  # the last ones have to be gone
        time.sleep(0.1)
    time.sleep(0.2)
    check(got == expected, f"says {got}, redis-server {expected}")
    most = got[0]
    clients = [ours.client() for _ in range(most)]
    try:
        for client in clients:
            check(client.call("PING") == b"PONG", "a client within maxclients is not served")
        with ours.client() as extra:
            check(extra.receive() == b"ERR max number of clients reached", "a client beyond maxclients")
        check(clients[-1].call("SET", "key", "value") == b"OK", "no write while all clients are there")
        check(clients[0].call("SAVE") == b"OK", "no checkpoint while all clients are there")
    finally:
        for client in clients:
            client.close()
    ours.kill()
    theirs.kill()
    return f"maxclients {most}, all of them served"


def too_few(folder):
    for make, name in ((terrace, "terrace"), (redis, "redis")):
        server = limited(folder.add(make(f"{folder.path}/{name}-few")), 32)
        server.launch()
        server.ending = True
        code = server.wait_end(20)
        check(code == 1, f"{name} ended with {code}")
    return "both end with 1"


# --- segments

def value_of(key, version=0):
    return random.Random(f"{key}.{version}").randbytes(VALUE_SIZE)


def load(client, keys):
    for begin in range(0, len(keys), 64):
        part = keys[begin:begin + 64]
        start = time.monotonic()
        client.send(b"".join(encode("SET", key, value_of(key)) for key in part))
        for key in part:
            check(client.receive() == b"OK", f"SET {key}")
        check(time.monotonic() - start < ANSWERS_WITHIN, f"64 SETs took {time.monotonic() - start:.1f} s")


def read(clients, keys):
    """Each client its share, all at the same time."""
    shares = [keys[number::len(clients)] for number in range(len(clients))]
    for position in range(max(map(len, shares))):
        at = [(client, share[position]) for client, share in zip(clients, shares) if position < len(share)]
        start = time.monotonic()
        for client, key in at:
            client.send(encode("GET", key))
        for client, key in at:
            check((reply := client.receive()) == value_of(key), f"GET {key} is wrong: {reply[:200] if reply else reply}")
        check(time.monotonic() - start < ANSWERS_WITHIN, f"{len(at)} GETs took {time.monotonic() - start:.1f} s")


def many_segments(folder, segments, descriptors):
    server = limited(folder.add(terrace(f"{folder.path}/segments", "--maxmemory", "24mb", "--segment-size", SEGMENT_SIZE,
                                        "--compaction", "no")), descriptors).start()
    keys = [f"key:{number}" for number in range(segments * KEYS_PER_SEGMENT)]
    chance = random.Random(7)
    with server.client() as client:
        loaded = 0
        while info_number(server.info(), "segments") < segments:
            more = keys[loaded:loaded + 5_000]
            check(more, "all is written, and there are too few segments")
            load(client, more)
            loaded += len(more)
            client.ok("TERRACE", "SPILL", "ALL")
            check(open_descriptors(server) <= descriptors, f"{open_descriptors(server)} descriptors are open")
        count = info_number(server.info(), "segments")
        check(client.call("SAVE") == b"OK", "SAVE")
    keys = keys[:loaded]
    sample = chance.sample(keys, min(len(keys), 6_000))
    for restart in (False, True):
        if restart:
            server.kill()
            server.start(120)
        clients = [server.client() for _ in range(min(100, descriptors // 3))]
        read(clients, sample)
        check(clients[0].call("DBSIZE") == len(keys), "DBSIZE")
        # Walks over all segments hold them, not their files.
        check(len(clients[0].call("KEYS", "*")) == len(keys), "KEYS")
        for client in clients:
            client.close()
        check(info_number(server.info(), "segment_files_open") < min(descriptors, count), "more files are open than there may be")
        check(open_descriptors(server) <= descriptors, f"{open_descriptors(server)} descriptors are open")
    expire(server, sample)
    return (f"{count} segments, {descriptors} descriptors: {len(keys)} keys, {len(sample)} read twice, by {len(clients)} clients; "
            f"start {server.start_seconds:.1f} s")


def expire(server, keys):
    """Cold keys of many segments expire at the same time, and nobody asks for them."""
    with server.client() as client:
        expired = info_number(server.info(), "expired_keys")
        client.pipeline([("PEXPIRE", key, 3000) for key in keys])
        client.ok("TERRACE", "SPILL", "ALL")
        end = time.monotonic() + 60
        while info_number(server.info(), "expired_keys") < expired + len(keys):
            check(time.monotonic() < end, "cold keys do not expire")
            time.sleep(0.1)


def shrinking(folder):
    """Descriptors become few while the server runs: it gives up files of segments, and no write hangs."""
    server = folder.add(terrace(f"{folder.path}/shrinking", "--maxmemory", "24mb")).start()
    with server.client() as client:
        for number in range(4_000):
            client.ok("SET", f"key:{number}", random.Random(number).randbytes(12_000))
        highest = max(int(name) for name in os.listdir(f"/proc/{server.pid}/fd"))
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (highest + 1, before[1]))
        refused, slowest = set(), 0.0
        for number in range(4_000, 14_000):
            start = time.monotonic()
            reply = client.call("SET", f"key:{number}", random.Random(number).randbytes(12_000))
            slowest = max(slowest, time.monotonic() - start)
            check(slowest < ANSWERS_WITHIN, f"a SET took {slowest:.1f} s")
            if isinstance(reply, Error):
                expect(reply.decode(), "Too many open files")
                refused.add(number)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        time.sleep(1)
        check(client.call("SET", "after", bytes(12_000)) == b"OK", "a write is refused though descriptors are there again")
        for number in random.Random(7).sample(range(14_000), 1_500):
            value = client.call("GET", f"key:{number}")
            check(value == (None if number in refused else random.Random(number).randbytes(12_000)), f"GET key:{number} is wrong")
    return f"{len(refused)} of 10,000 writes refused, the slowest took {slowest:.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only")
    parser.add_argument("--segments", type=int, default=600)
    parser.add_argument("--descriptors", type=int, default=128)
    arguments = parser.parse_args()
    table = Table("descriptors", arguments.only)
    with Folder("descriptors") as folder:
        for descriptors in (64, 128, 1024, 1100):
            table.case("clients", f"ulimit -n {descriptors}", "as redis-server", as_redis, folder, descriptors)
        table.case("clients", "ulimit -n 32", "as redis-server", too_few, folder)
        table.case("segments", "more than descriptors", "all read, nothing hangs", many_segments, folder, arguments.segments, arguments.descriptors)
        table.case("segments", "descriptors become few", "nothing hangs", shrinking, folder)
    table.end()


if __name__ == "__main__":
    main()

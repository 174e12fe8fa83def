#!/usr/bin/python3
"""Expiry of hash fields, which redis-server 7.0 does not know: replies as the documentation of Redis 7.4 and 8.0 says,
packed and large, in memory and spilled; no expired field is shown; the same after a kill; what has expired goes by
itself, in memory and on disk.

  field_expiry.py
"""
import signal
import threading
import time

from bad_case import check, end_with
from harness import Error, Folder, parse_info, say, terrace

LATER = 4_000_000_000_000  # ms
MANY = 100_000


def expect(client, command, wanted):
    told = client.call(*command.split())
    check(told == wanted, f"{command}: {told}, not {wanted}")


# Each begins with the hash h of a 1, b 2, c 3, where c expires LATER and the key k is none. A line is a command and its reply.
CASES = (
    (f"HPEXPIRETIME h FIELDS 4 a b c x", [-1, -1, LATER, -2], "HPEXPIRETIME k FIELDS 1 a", [-2], "HPTTL k FIELDS 2 a b", [-2, -2]),
    ("HEXPIREAT h 5000000000 FIELDS 3 a b x", [1, 1, -2], "HEXPIRETIME h FIELDS 3 a b c", [5000000000, 5000000000, LATER // 1000],
     "HPEXPIRETIME h FIELDS 1 a", [5000000000000]),
    ("HEXPIRE h 1000 FIELDS 1 a", [1], "HTTL h FIELDS 1 a", [1000]),
    ("HPEXPIRE h 1000500 FIELDS 1 a", [1], "HTTL h FIELDS 1 a", [1001]),
    ("HEXPIREAT h 5000000000 NX FIELDS 2 a c", [1, 0], "HEXPIREAT h 6000000000 XX FIELDS 3 a b x", [1, 0, -2], "HPEXPIRETIME h FIELDS 3 a b c",
     [6000000000000, -1, LATER]),
    (f"HPEXPIREAT h {LATER + 1} GT FIELDS 3 a c x", [0, 1, -2], f"HPEXPIREAT h {LATER} GT FIELDS 1 c", [0], f"HPEXPIREAT h {LATER} LT FIELDS 2 a c",
     [1, 1], f"HPEXPIREAT h {LATER} LT FIELDS 1 c", [0], "HPEXPIRETIME h FIELDS 2 a c", [LATER, LATER]),
    ("HEXPIRE h 0 FIELDS 3 a c x", [2, 2, -2], "HGETALL h", [b"b", b"2"], "HPEXPIREAT h 1 FIELDS 2 b b", [2, -2], "EXISTS h", 0),
    ("HPERSIST h FIELDS 3 a c x", [-1, 1, -2], "HTTL h FIELDS 1 c", [-1], "HPERSIST k FIELDS 1 a", [-2], "HGET h c", b"3"),
    ("HSET h c 4", 0, "HTTL h FIELDS 1 c", [-1], "HGET h c", b"4"),
    ("HINCRBY h c 4", 7, "HPEXPIRETIME h FIELDS 1 c", [LATER], "HINCRBYFLOAT h c 0.5", b"7.5", "HPEXPIRETIME h FIELDS 1 c", [LATER], "HSETNX h c 9", 0,
     "HPEXPIRETIME h FIELDS 1 c", [LATER]),
    ("HGETDEL h FIELDS 3 c x c", [b"3", None, None], "HLEN h", 2, "HGETDEL h FIELDS 2 a b", [b"1", b"2"], "EXISTS h", 0, "HGETDEL k FIELDS 1 a", [None]),
    ("HGETEX h FIELDS 2 a x", [b"1", None], "HGETEX h EX 1000 FIELDS 1 a", [b"1"], "HTTL h FIELDS 1 a", [1000], "HGETEX h PERSIST FIELDS 3 a b c",
     [b"1", b"2", b"3"], "HTTL h FIELDS 3 a b c", [-1, -1, -1], f"HGETEX h PXAT {LATER} FIELDS 2 b x", [b"2", None], "HPEXPIRETIME h FIELDS 2 a b",
     [-1, LATER], "HGETEX h EXAT 5000000000 FIELDS 1 a", [b"1"], "HEXPIRETIME h FIELDS 1 a", [5000000000], "HGETEX h EX 0 FIELDS 1 c", [b"3"],
     "HGET h c", None, "HGETEX k PERSIST FIELDS 1 a", [None]),
    ("HSETEX h FIELDS 2 a 5 c 6", 1, "HPEXPIRETIME h FIELDS 2 a c", [-1, -1], "HMGET h a b c", [b"5", b"2", b"6"]),
    (f"HSETEX h KEEPTTL FIELDS 2 a 5 c 6", 1, "HPEXPIRETIME h FIELDS 2 a c", [-1, LATER], "HMGET h a c", [b"5", b"6"]),
    (f"HSETEX h FNX PXAT {LATER} FIELDS 2 a 5 x 6", 0, "HSETEX h FXX EX 1000 FIELDS 2 a 5 x 6", 0, "HMGET h a x", [b"1", None],
     f"HSETEX h FNX PXAT {LATER} FIELDS 2 y 5 x 6", 1, f"HSETEX h EXAT 5000000000 FXX FIELDS 2 y 7 a 8", 1, "HPEXPIRETIME h FIELDS 3 a x y",
     [5000000000000, LATER, 5000000000000]),
    ("HSETEX k FXX FIELDS 1 a 5", 0, "EXISTS k", 0, "HSETEX k PX 100000 FIELDS 1 a 5", 1, "HTTL k FIELDS 1 a", [100], "HSETEX h PXAT 1 FIELDS 2 a 5 x 6", 1,
     "HMGET h a x b", [None, None, b"2"], "HSETEX n PXAT 1 FIELDS 1 a 5", 1, "EXISTS n", 0),
    ("COPY h k", 1, "HPEXPIRETIME k FIELDS 3 a b c", [-1, -1, LATER], "RENAME k n", b"OK", "HPEXPIRETIME n FIELDS 3 a b c", [-1, -1, LATER],
     "EXPIREAT n 5000000000", 1, "HPEXPIRETIME n FIELDS 1 c", [LATER], "PERSIST n", 1, "HDEL n c", 1, "HGETALL n", [b"a", b"1", b"b", b"2"]),
    ("HEXPIRE h 70368744177 FIELDS 1 a", Error(b"ERR invalid expire time in 'hexpire' command"), "HPEXPIREAT h 70368744177663 FIELDS 1 a", [1],
     "HPEXPIRETIME h FIELDS 1 a", [70368744177663]),
)

FIELDS = "Mandatory argument FIELDS is missing or not at the right position"
MATCH = "The `numfields` parameter must match the number of arguments"
POSITIVE = "Number of fields must be a positive integer"
NUMBER = "value is not an integer or out of range"
REFUSED = (
    ("HEXPIRE h 10 FIELDS 1", "wrong number of arguments for 'hexpire' command"), ("HEXPIRE h x FIELDS 1 a", NUMBER),
    ("HEXPIRE h -1 FIELDS 1 a", "invalid expire time, must be >= 0"),
    ("HPEXPIREAT h 70368744177664 FIELDS 1 a", "invalid expire time in 'hpexpireat' command"),
    ("HEXPIRE h 10 NX XX FIELDS 1 a", FIELDS), ("HEXPIRE h 10 a 1 FIELDS", FIELDS),
    ("HEXPIRE h 10 FIELDS 0 a", "Parameter `numFields` should be greater than 0"),
    ("HEXPIRE h 10 FIELDS x a", "Parameter `numFields` should be greater than 0"), ("HEXPIRE h 10 FIELDS 2 a", MATCH), ("HEXPIRE h 10 FIELDS 1 a b", MATCH),
    ("HTTL h FIELDS 0 a", POSITIVE), ("HTTL h FIELDS 2 a", MATCH), ("HTTL h a FIELDS 1", FIELDS),
    ("HTTL h FIELDS 1", "wrong number of arguments for 'httl' command"),
    ("HPERSIST h FIELDS 0 a", POSITIVE), ("HPERSIST h FIELDS 1 a b", MATCH), ("HPERSIST h NX 1 a", FIELDS),
    ("HGETDEL h FIELDS 0 a", POSITIVE), ("HGETDEL h FIELDS 2 a", MATCH), ("HGETDEL h 1 FIELDS a", FIELDS),
    ("HGETEX h EX 10 PERSIST FIELDS 1 a", FIELDS), ("HGETEX h EX x FIELDS 1 a", NUMBER), ("HGETEX h PX -1 FIELDS 1 a", "invalid expire time, must be >= 0"),
    ("HGETEX h KEEPTTL FIELDS 1 a", FIELDS), ("HGETEX h FIELDS 0 a", POSITIVE), ("HGETEX h FIELDS 2 a", MATCH),
    ("HSETEX h FIELDS 1 a", "wrong number of arguments for 'hsetex' command"), ("HSETEX h EX 10 FIELDS 1 a", "wrong number of arguments for 'hsetex' command"),
    ("HSETEX h FIELDS 2 a 1 b", "wrong number of arguments for 'hsetex' command"), ("HSETEX h FIELDS 0 a 1", "invalid number of fields"),
    ("HSETEX h FIELDS x a 1", "invalid number of fields"), ("HSETEX h FNX FXX FIELDS 1 a 1", "Only one of FXX or FNX arguments can be specified"),
    ("HSETEX h EX 10 KEEPTTL FIELDS 1 a 1", "Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"),
    ("HSETEX h NX FIELDS 1 a 1", "unknown argument: NX"),
    ("HSETEX h EX -1 FIELDS 1 a 1", "invalid expire time, must be >= 0"), ("HSETEX h PERSIST FIELDS 1 a 1", "unknown argument: PERSIST"),
)
WRONG_TYPE = ("HEXPIRE t 10 FIELDS 1 a", "HTTL t FIELDS 1 a", "HPERSIST t FIELDS 1 a", "HGETDEL t FIELDS 1 a", "HGETEX t FIELDS 1 a", "HSETEX t FIELDS 1 a 1")


def prepare(client):
    client.ok("FLUSHALL")
    client.ok("HSET", "h", "a", 1, "b", 2, "c", 3)
    expect(client, f"HPEXPIREAT h {LATER} FIELDS 1 c", [1])


def run_cases(client, spilled):
    for case in CASES:
        prepare(client)
        for command, wanted in zip(case[::2], case[1::2]):
            if spilled:
                client.ok("TERRACE", "SPILL", "ALL")
            expect(client, command, wanted)
    prepare(client)
    client.ok("SET", "t", "x")
    for command in WRONG_TYPE:
        told = client.call(*command.split())
        check(isinstance(told, Error) and told.startswith(b"WRONGTYPE"), f"{command}: {told}")
    for command, error in REFUSED:
        told = client.call(*command.split())
        check(told == Error(b"ERR " + error.encode()), f"{command}: {told}, not {error}")
    expect(client, "HPEXPIRETIME h FIELDS 3 a b c", [-1, -1, LATER])
    expect(client, "HMGET h a b c", [b"1", b"2", b"3"])


def run_hidden(client, large, spilled):
    """Nothing but time has passed: the fields x and y of h, and all of g, have expired and nobody has removed them."""

    def anew():
        client.ok("FLUSHALL")
        client.ok("HSET", "h", "a", 1, "x", 2, "b", 3, "y", 4)
        client.ok("HSET", "g", "x", 7)
        client.ok("RPUSH", "l", "h", "g")
        expect(client, "HPEXPIRE h 20 FIELDS 2 x y", [1, 1])
        expect(client, "HPEXPIRE g 20 FIELDS 1 x", [1])
        encoding = b"hashtable" if large else b"listpackex"
        check(client.ok("OBJECT", "ENCODING", "h") == encoding, f"encoding {client.ok('OBJECT', 'ENCODING', 'h')}")
        if spilled:
            client.ok("TERRACE", "SPILL", "ALL")
        time.sleep(0.03)

    anew()
    for command, wanted in (
            ("HGET h x", None), ("HMGET h a x y", [b"1", None, None]), ("HEXISTS h x", 0), ("HSTRLEN h x", 0), ("HLEN h", 2), ("HTTL h FIELDS 2 a x", [-1, -2]),
            ("HLEN g", 0), ("HGETALL g", []), ("HKEYS g", []), ("HRANDFIELD g", None), ("HRANDFIELD g 3", []), ("HSCAN g 0", [b"0", []]),
            ("SORT_RO l BY nosort GET *->x", [None, None]), ("SORT_RO l BY *->x ALPHA GET # GET *->a", [b"h", b"1", b"g", None]), ("TYPE g", b"none")):
        expect(client, command, wanted)
    shown = lambda *command: sorted(client.ok(*command))
    check(shown("HKEYS", "h") == [b"a", b"b"] and shown("HVALS", "h") == [b"1", b"3"], f"HKEYS {shown('HKEYS', 'h')}")
    check(shown("HGETALL", "h") == [b"1", b"3", b"a", b"b"], f"HGETALL {shown('HGETALL', 'h')}")
    check(sorted(client.ok("HSCAN", "h", 0)[1]) == [b"1", b"3", b"a", b"b"], "HSCAN")
    for count in (2, 9):
        check(shown("HRANDFIELD", "h", count) == [b"a", b"b"], f"HRANDFIELD h {count}")
    check(set(client.ok("HRANDFIELD", "h", -50)) <= {b"a", b"b"}, "HRANDFIELD h -50")
    check(client.ok("HRANDFIELD", "h") in (b"a", b"b"), "HRANDFIELD h")
    for command, wanted, left in (
            ("HSET h x 5", 1, {b"a": b"1", b"b": b"3", b"x": b"5"}), ("HSETNX h x 5", 1, {b"a": b"1", b"b": b"3", b"x": b"5"}),
            ("HINCRBY h x 5", 5, {b"a": b"1", b"b": b"3", b"x": b"5"}), ("HINCRBYFLOAT h x 5", b"5", {b"a": b"1", b"b": b"3", b"x": b"5"}),
            ("HDEL h x a", 1, {b"b": b"3"}), ("HGETDEL h FIELDS 2 x a", [None, b"1"], {b"b": b"3"}),
            ("HPERSIST h FIELDS 2 x a", [-2, -1], {b"a": b"1", b"b": b"3"}),
            ("HEXPIRE h 1000 FIELDS 1 x", [-2], {b"a": b"1", b"b": b"3"}), ("HGETEX h EX 1000 FIELDS 1 x", [None], {b"a": b"1", b"b": b"3"}),
            ("HSETEX h FNX KEEPTTL FIELDS 1 x 5", 1, {b"a": b"1", b"b": b"3", b"x": b"5"}), ("HSETEX h FXX FIELDS 1 x 5", 0, {b"a": b"1", b"b": b"3"}),
            ("SORT l BY nosort GET *->x STORE d", 2, {b"a": b"1", b"b": b"3"}), ("HSETNX g x 1", 1, {b"a": b"1", b"b": b"3"}),
            ("HDEL g x", 0, {b"a": b"1", b"b": b"3"})):
        anew()
        expect(client, command, wanted)
        flat = client.ok("HGETALL", "h")
        check(dict(zip(flat[::2], flat[1::2])) == left, f"{command}: left {flat}")
        expect(client, "HTTL h FIELDS 1 x", [-1 if b"x" in left else -2])
    for command in ("HRANDFIELD g", "HRANDFIELD g 3 WITHVALUES", "HGET g x", "HLEN g", "HSCAN g 0", "TYPE g", "HDEL g x", "HPERSIST g FIELDS 1 x",
                    "SORT_RO l BY nosort GET *->x"):
        anew()
        before = expired_fields(client)
        client.call(*command.split())
        check(client.ok("DBSIZE") == 2, f"{command} has found the hash empty, and it is still there")
        check(expired_fields(client) == before + 1, f"{command}: not counted in expired_subkeys")
    anew()
    expect(client, "HGETDEL g FIELDS 1 x", [None])
    expect(client, "EXISTS g", 0)
    anew()
    check(client.ok("SORT", "l", "BY", "nosort", "GET", "*->x", "STORE", "d") == 2, "SORT STORE")
    expect(client, "LRANGE d 0 -1", [b"", b""])


def run_dump(client):
    for entries in (512, 1):
        client.ok("CONFIG", "SET", "hash-max-listpack-entries", entries)
        prepare(client)
        payload = client.ok("DUMP", "h")
        check(payload[0] == (25 if entries == 512 else 24), f"RDB type {payload[0]}")
        for there in (512, 1):
            client.ok("CONFIG", "SET", "hash-max-listpack-entries", there)
            client.ok("RESTORE", "r", 0, payload, "REPLACE")
            expect(client, "HPEXPIRETIME r FIELDS 3 a b c", [-1, -1, LATER])
            expect(client, "HMGET r a b c", [b"1", b"2", b"3"])
            expect(client, "OBJECT ENCODING r", b"listpackex" if there == 512 else b"hashtable")
    client.ok("CONFIG", "SET", "hash-max-listpack-entries", 512)


def image(client):
    """All databases: hashes with the times of their fields, lists."""
    told = {}
    for number in range(16):
        client.ok("SELECT", number)
        for key in client.ok("KEYS", "*"):
            if client.ok("TYPE", key) != b"hash":
                told[number, key] = client.ok("LRANGE", key, 0, -1)
                continue
            flat = client.ok("HGETALL", key)
            for field, value in zip(flat[::2], flat[1::2]):
                told[number, key, field] = value, client.ok("HPEXPIRETIME", key, "FIELDS", 1, field)
    client.ok("SELECT", 0)
    return told


def fill(client):
    """In each database what one case leaves, and what commands on expired fields leave."""
    client.ok("FLUSHALL")
    for number, case in enumerate(CASES[:15]):
        client.ok("SELECT", number)
        client.ok("HSET", "h", "a", 1, "b", 2, "c", 3)
        expect(client, f"HPEXPIREAT h {LATER} FIELDS 1 c", [1])
        for command in case[::2]:
            client.call(*command.split())
        for name in ("p", "q"):
            client.ok("HSET", name, "a", 1, "x", 2, "y", 3, "z", 4)
            client.ok("HPEXPIRE", name, 5, "FIELDS", 3, "x", "y", "z")
        client.ok("RPUSH", "l", "p", "q")
    time.sleep(0.02)
    for number in range(15):
        client.ok("SELECT", number)
        for command in ("HSETNX p x 5", "HINCRBY p y 7", "HINCRBYFLOAT p z 1.5", "SORT l BY nosort GET *->x STORE d", f"HSETEX q FNX PXAT {LATER} FIELDS 1 y 8",
                        "HSETEX q KEEPTTL FIELDS 1 z 9"):
            told = client.call(*command.split())
            check(not isinstance(told, Error), f"{command}: {told}")
    client.ok("SELECT", 0)


def wait_for(what, done, seconds=20):
    end = time.time() + seconds
    while not done():
        check(time.time() < end, f"{what}: not after {seconds} s")
        time.sleep(0.05)


def expired_fields(client):
    return int(parse_info(client.ok("INFO", "stats"))["expired_subkeys"])


def run_active(server, client):
    """A large hash loses its expired fields by itself while another client is served; so do small ones and spilled ones."""
    client.ok("FLUSHALL")
    names = [f"field:{number}" for number in range(MANY)]
    for begin in range(0, MANY, 1000):
        client.ok("HSET", "large", *(text for name in names[begin:begin + 1000] for text in (name, "v")))
    client.ok("HSET", "large", "stays", 1)
    due = int(time.time() * 1000) + 6000
    for begin in range(0, MANY, 1000):
        client.ok("HPEXPIREAT", "large", due, "FIELDS", 1000, *names[begin:begin + 1000])
    commands = []
    for number in range(300):
        commands.append(("HSETEX", f"gone:{number}", "PXAT", due, "FIELDS", 1, "f", "v" * 50))
        for name in ("small", "spilled"):
            commands.append(("HSET", f"{name}:{number}", "f", 1, "g", "v" * 50))
            commands.append(("HPEXPIREAT", f"{name}:{number}", due, "FIELDS", 1, "f"))
        commands.append(("TERRACE", "SPILL", f"spilled:{number}"))
        if number % 2:
            commands.append(("TERRACE", "SPILL", f"gone:{number}"))
    client.pipeline(commands)
    keyspace = client.ok("INFO", "keyspace").decode()
    check("keys=901," in keyspace and "subexpiry=901" in keyspace, f"INFO keyspace: {keyspace}")
    check(time.time() * 1000 < due, "the machine is too slow for this test")
    before, slowest, over = expired_fields(client), [0.0], threading.Event()

    def ask():
        with server.client(10) as other:
            while not over.is_set():
                begin = time.perf_counter()
                other.ok("GET", "nothing")
                slowest[0] = max(slowest[0], time.perf_counter() - begin)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for("expired fields go", lambda: expired_fields(client) - before == MANY + 900)
    over.set()
    asking.join()
    check(client.ok("DBSIZE") == 601, f"DBSIZE {client.ok('DBSIZE')}")
    check(client.ok("HGETALL", "large") == [b"stays", b"1"], "what is left of the large one")
    check("subexpiry=0" in client.ok("INFO", "keyspace").decode(), "INFO keyspace when all is over")
    check(slowest[0] < 0.5, f"another client waited {slowest[0]:.3f} s")
    check(client.ok("HGETALL", "spilled:7") == [b"g", b"v" * 50], "what is left of a spilled one")
    return slowest[0]


def main():
    with Folder("field-expiry") as folder:
        server = folder.add(terrace(folder.path + "/subject", "--enable-debug-command", "yes")).start()
        with server.client(30) as client:
            client.ok("DEBUG", "SET-ACTIVE-EXPIRE", 0)
            for entries in (512, 1):
                client.ok("CONFIG", "SET", "hash-max-listpack-entries", entries)
                for spilled in (False, True):
                    run_cases(client, spilled)
                    run_hidden(client, entries == 1, spilled)
            run_dump(client)
            fill(client)
            before = image(client)
        server.kill(signal.SIGKILL)
        server.start()
        with server.client(30) as client:
            after = image(client)
            changed = [(key, before.get(key), after.get(key)) for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
            check(not changed, f"after a kill: {changed[:6]}")
            slowest = run_active(server, client)
            before = image(client)
        server.stop()
        server.start()
        with server.client(30) as client:
            check(image(client) == before, "after a restart")
    say(f"field_expiry: {len(CASES)} cases, {len(REFUSED)} refused, packed and large, spilled, after a kill; {MANY + 900} fields went by themselves, "
        f"another client waited at most {slowest * 1000:.1f} ms")


if __name__ == "__main__":
    end_with("field_expiry", main)

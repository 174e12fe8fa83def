#!/usr/bin/python3
"""What Redis 7.2, 7.4 and 8 answer and redis-server 7.0, the reference of the other tests, does not: hot, and with nothing in memory.

  newer.py

DIFFERENCES is for the tests beside redis-server: where both replies are right.
"""
import time

from bad_case import check, end_with
from harness import Error, Folder, encode, say, terrace

BIG = 9223372036854775807


def error(text):
    return Error(b"ERR " + text.encode())


SYNTAX = error("syntax error")
NO_INTEGER = error("value is not an integer or out of range")
DIGEST = error("digest must be exactly 16 hexadecimal characters")
WRONG_TYPE = Error(b"WRONGTYPE Operation against a key holding the wrong kind of value")
HELLO = b"9555e8555c62dcfd"  # the digest of "hello"
TOO_LATE = error("timeout is out of range")

# Command (as in COMMAND, with "|") -> (since, what has changed, whether the new reply and the old one are both right).
DIFFERENCES = {
    "bitcount": ("7.2.0", "arguments are checked before the key is looked up", lambda new, old: isinstance(new, Error)),
    "bitpos": ("7.2.0", "arguments are checked before the key is looked up", lambda new, old: isinstance(new, Error)),
    "lpos": ("7.2.0", "the smallest RANK is out of range", lambda new, old: isinstance(new, Error) and b"out of range" in new),
    **dict.fromkeys(("blpop", "brpop", "blmove", "brpoplpush", "blmpop", "bzpopmin", "bzpopmax", "bzmpop"),
                    ("7.2.0", "a timeout that ends beyond the clock is out of range", lambda new, old: new == TOO_LATE)),
    **dict.fromkeys(("xread", "xreadgroup"), ("7.4.0", "the id +", lambda new, old: old == error("Invalid stream ID specified as stream command argument")
                                              or new == TOO_LATE)),
    **dict.fromkeys(("command|getkeys", "command|getkeysandflags"),
                    ("7.2.0", "an arity", lambda new, old: isinstance(new, list) and old == error("Invalid number of arguments specified for command"))),
    "object|encoding": ("7.2.0", "small sets and lists are listpacks", lambda new, old: new == b"listpack" and old in (b"hashtable", b"quicklist")),
    "xgroup|createconsumer": ("7.2.0", "XREADGROUP and XCLAIM create a consumer though there is nothing for it", lambda new, old: (new, old) == (0, 1)),
    **dict.fromkeys(("sscan", "zscan", "scan", "hscan"), ("7.4.0", "NOVALUES", lambda new, old: isinstance(new, Error) and b"NOVALUES" in new)),
}

# These look a key up only after their arguments were read, so INFO counts fewer look-ups.
LOOK_UP_LATER = ("bitcount", "bitpos")

# Command -> its arity in COMMAND, which redis-server 7.0 gives otherwise.
ARITIES = {"zrank": -3, "zrevrank": -3}
FIRST = (7, 2, 0)


def is_newer(version):
    return tuple(map(int, version.split(b"."))) >= FIRST


def as_before(page):
    """A page of COMMAND DOCS, in RESP3, without the arguments and changes that newer versions brought."""
    if isinstance(page, list):
        return [as_before(each) for each in page if not came_later(each)]
    if not isinstance(page, tuple) or page[0] != "map":
        return page
    fields = []
    for name, value in page[1]:
        if name == b"history" and isinstance(value, tuple):
            value = ("set", [version for version in value[1] if not is_newer(version)])
            if not value[1]:
                continue
        fields.append((name, as_before(value)))
    return ("map", fields)


def came_later(argument):
    return isinstance(argument, tuple) and argument[0] == "map" and any(name == b"since" and is_newer(value) for name, value in argument[1])


# Payloads of DUMP as 7.4 makes them: a set of abc, 7 and x as a listpack (RDB type 20), and one with a member twice.
LISTPACK_SET = bytes.fromhex("141111000000030083616263040701817802ff0c0044a5b3afc0e47104")
NO_SET = bytes.fromhex("1413130000000300836162630407018361626304ff0c000d9b203a9c4f07ac")

# What makes the state, then commands each with its reply and the version that brought it. The keys are cold or not before each command.
SCENES = (
    ("ZADD z 1 a 2.5 b",
     "7.2.0", "ZRANK z b WITHSCORE", [1, b"2.5"], "ZREVRANK z b withscore", [0, b"2.5"], "ZRANK z c WITHSCORE", ("null array",), "ZRANK none c WITHSCORE",
     ("null array",), "ZRANK z c", None, "ZRANK z b SCORE", SYNTAX, "ZRANK z b WITHSCORE 1",
     error("wrong number of arguments for 'zrank' command")),
    ("HSET h f v", "SADD s m", "ZADD z 1 m",
     "7.4.0", "HSCAN h 0 NOVALUES", [b"0", [b"f"]], "HSCAN h 0 MATCH f* NOVALUES COUNT 10", [b"0", [b"f"]], "HSCAN h 0 NOVALUES COUNT", SYNTAX,
     "HSCAN h 0", [b"0", [b"f", b"v"]], "SSCAN s 0 NOVALUES", error("NOVALUES option can only be used in HSCAN"),
     "ZSCAN z 0 COUNT 5 NOVALUES", error("NOVALUES option can only be used in HSCAN"), "SCAN 0 NOVALUES", error("NOVALUES option can only be used in HSCAN")),
    ("RPUSH l a b", "SET str abc",
     "7.2.0", f"LPOS l a RANK {-BIG - 1}", error(f"value is out of range, value must between {-BIG} and {BIG}"), f"LPOS l a RANK {-BIG}", None,
     "BITCOUNT none 0", SYNTAX, "BITCOUNT none 0 x", NO_INTEGER, "BITCOUNT none 0 1 BYTES", SYNTAX,
     "BITCOUNT none 0 1 BIT", 0, "BITCOUNT l 0 x", NO_INTEGER, "BITCOUNT str -1 -3 BYTES", SYNTAX,
     "BITCOUNT str -1 -3", 0, "BITPOS none 1 x", NO_INTEGER, "BITPOS none 0 0 1 BYTES", SYNTAX,
     "BITPOS none 0 0 1 BIT", 0, "BITPOS none 1", -1, "BITPOS l 0 x", NO_INTEGER),
    ("XADD s 1-1 a 1", "XADD s 2-1 b 2", "XADD s 3-1 c 3", "XDEL s 3-1", "XADD empty 5-1 f v", "XDEL empty 5-1",
     "7.4.0", "XREAD STREAMS s +", [[b"s", [[b"2-1", [b"b", b"2"]]]]], "XREAD COUNT 10 STREAMS s none + +", [[b"s", [[b"2-1", [b"b", b"2"]]]]],
     "XREAD STREAMS empty +", ("null array",), "XREAD BLOCK 20 STREAMS empty none + +", ("null array",),
     "XREADGROUP GROUP g c STREAMS empty +", Error(b"NOGROUP No such key 'empty' or consumer group 'g' in XREADGROUP with GROUP option"),
     "XGROUP CREATE s g 0", b"OK", "XREADGROUP GROUP g c STREAMS s +",
     error("The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to "
           "get new messages. The + ID would just return an empty result set.")),
    ("SADD s a 1", "SADD i 1 2", "RPUSH l a b", "CONFIG SET set-max-listpack-entries 2 set-max-listpack-value 3 list-max-listpack-size 2",
     "7.2.0", "OBJECT ENCODING s", b"listpack", "OBJECT ENCODING i", b"intset", "OBJECT ENCODING l", b"listpack",
     ("RESTORE", "r", "0", LISTPACK_SET), b"OK", "OBJECT ENCODING r", b"hashtable", "SADD t 1 abc", 2, "OBJECT ENCODING t", b"listpack",
     "SADD t 2", 1, "OBJECT ENCODING t", b"hashtable", "SADD u 1 abcd", 2, "OBJECT ENCODING u", b"hashtable", "RPUSH l c", 3,
     "OBJECT ENCODING l", b"quicklist", "CONFIG SET set-max-listpack-entries 128 set-max-listpack-value 64 list-max-listpack-size -2", b"OK",
     ("RESTORE", "r", "0", LISTPACK_SET, "REPLACE"), b"OK", "OBJECT ENCODING r", b"listpack", "SCARD r", 3, "SMISMEMBER r abc 7 x y", [1, 1, 1, 0],
     ("RESTORE", "n", "0", NO_SET), error("Bad data format")),
    ("CONFIG SET list-max-listpack-size 4",
     "7.2.0", "RPUSH l a b c d e", 5, "OBJECT ENCODING l", b"quicklist", "LTRIM l 0 2", b"OK", "OBJECT ENCODING l", b"quicklist",
     "RPOP l", b"c", "OBJECT ENCODING l", b"listpack", "RPUSH l c d e", 5, "OBJECT ENCODING l", b"quicklist", "LREM l 0 e", 1,
     "OBJECT ENCODING l", b"quicklist",
     "LSET l 0 x", b"OK", "OBJECT ENCODING l", b"listpack", "RPUSH l e", 5, "LPOP l 4", [b"x", b"b", b"c", b"d"], "OBJECT ENCODING l", b"listpack",
     "LRANGE l 0 -1", [b"e"], "PEXPIRE l 1000000", 1, "RPUSH l f g h i", 5, "LTRIM l 1 2", b"OK", "OBJECT ENCODING l", b"listpack",
     "LRANGE l 0 -1", [b"f", b"g"], "PERSIST l", 1, "CONFIG SET list-max-listpack-size -2", b"OK"),
    ("XGROUP CREATE s g $ MKSTREAM",
     "7.2.0", "XREADGROUP GROUP g reader STREAMS s >", ("null array",), "XINFO GROUPS s", [[b"name", b"g", b"consumers", 1, b"pending", 0,
     b"last-delivered-id", b"0-0", b"entries-read", None, b"lag", 0]], "XGROUP CREATECONSUMER s g reader", 0,
     "XCLAIM s g claimer 0 1-1", [], "XGROUP CREATECONSUMER s g claimer", 0, "XAUTOCLAIM s g other 0 0", [b"0-0", [], []],
     "XGROUP CREATECONSUMER s g other", 0, "XREADGROUP GROUP g waiter BLOCK 20 STREAMS s >", ("null array",), "XGROUP CREATECONSUMER s g waiter", 0),
    ("SET str x",
     "7.2.0", f"BLPOP k {BIG}", TOO_LATE, "BLPOP k 1e400", TOO_LATE, "BLPOP k inf", TOO_LATE,
     "BLPOP k -1e30", error("timeout is negative"),
     f"BZPOPMIN k {BIG}", TOO_LATE, f"XREAD BLOCK {BIG} STREAMS k $", TOO_LATE,
     f"CLIENT PAUSE {BIG} WRITE", TOO_LATE, f"WAITAOF 1 0 {BIG}", TOO_LATE,
     f"CLIENT PAUSE {BIG + 1}", error("timeout is not an integer or out of range")),
    ("SET str x",
     "7.4.0", "CLIENT KILL MAXAGE 0", error("maxage should be greater than 0"), "CLIENT KILL MAXAGE x", error("maxage is not an integer or out of range"),
     "CLIENT KILL MAXAGE 1000000", 0),
    ("SET s hello", "SET n 11", "RPUSH l a",
     "8.4.0", "DIGEST s", HELLO, "DIGEST none", None, "DIGEST l", WRONG_TYPE, "SET s x IFEQ y", None, "SET s hello2 IFEQ hello EX 100", b"OK", "TTL s", 100,
     "SET s hello IFEQ hello2 KEEPTTL GET", b"hello2", "TTL s", 100, "SET s x IFNE hello", None, "SET s x IFNE hello GET", b"hello", "SET none x IFEQ x", None,
     "SET new x IFNE x", b"OK", "GET new", b"x", "SET n 12 IFEQ 11", b"OK", "SET n 13 IFEQ 012", None, "SET l x IFEQ a", WRONG_TYPE, "SET l x IFNE a",
     WRONG_TYPE,
     ("SET", "s", "y", "IFDEQ", HELLO.upper()), b"OK", ("SET", "s", "hello", "IFDNE", HELLO), b"OK", ("SET", "s", "z", "IFDNE", HELLO), None,
     "SET s z IFDEQ abc", DIGEST, "SET s z IFEQ hello NX", SYNTAX, "SET s z XX IFEQ hello", SYNTAX, "SET s z IFEQ hello IFNE x", SYNTAX, "SET s z IFEQ", SYNTAX,
     "DELEX s IFEQ x", 0, "DELEX s IFNE hello", 0, "DELEX s FOO x", error("Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"), "DELEX s IFDEQ 12", DIGEST,
     "DELEX s IFEQ", error("wrong number of arguments for 'delex' command"), "DELEX l IFEQ a",
     error("Key should be of string type if conditions are specified"),
     ("DELEX", "s", "IFDNE", HELLO), 0, ("DELEX", "s", "IFDEQ", HELLO), 1, "EXISTS s", 0, "DELEX l", 1, "DELEX l", 0, "DELEX none IFEQ a", 0),
    ("SET a 1", "SET b 2 EX 100", "RPUSH l x",
     "8.4.0", "MSETEX 2 a x c y NX", 0, "MSETEX 2 a x c y XX", 0, "EXISTS c", 0, "MSETEX 2 a x b y XX KEEPTTL", 1, "TTL b", 100, "TTL a", -1, "MGET a b",
     [b"x", b"y"],
     "MSETEX 2 c 1 d 2 NX EX 50", 1, "TTL d", 50, "MSETEX 1 l 1 PXAT 99999999999999", 1, "GET l", b"1", "PEXPIRETIME l", 99999999999999, "MSETEX 1 b 1", 1,
     "TTL b", -1,
     "MSETEX 0 a 1", error("invalid numkeys value or out of range"), "MSETEX x a 1", error("invalid numkeys value or out of range"), "MSETEX 2 a 1", SYNTAX,
     "MSETEX 2 a 1 b", SYNTAX, "MSETEX 1 a 1 GET", SYNTAX, "MSETEX 1 a 1 NX XX", SYNTAX, "MSETEX 1 a 1 EX 0", error("invalid expire time in 'msetex' command"),
     "MSETEX 1 a 1 EX 5 KEEPTTL", SYNTAX, "COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 5", [b"a", b"b"]),
    # A triangle and a bow tie; nobody is at the centre.
    ("GEOADD g 1 1 a 3 1.1 b 2 2 c -1 -1 d 2 0.1 e",
     "9.0.0", "GEOSEARCH g BYPOLYGON 3 0 0 4 0 2 4 ASC", [b"c", b"b", b"a", b"e"], "GEOSEARCH g BYPOLYGON 3 0 0 4 0 2 4 COUNT 1 DESC", [b"e"],
     "GEOSEARCH g BYPOLYGON 4 0 0 4 2 4 0 0 2 ASC", [b"a", b"b"], "GEOSEARCHSTORE h g BYPOLYGON 3 -2 -2 0 -2 -1 0", 1, "ZRANGE h 0 -1", [b"d"],
     "GEOSEARCH none BYPOLYGON 3 0 0 4 0 2 4", [], "GEOSEARCH g BYPOLYGON 2 0 0 4 0 ASC", error("GEOSEARCH BYPOLYGON must have at least 3 vertices"),
     "GEOSEARCH g BYPOLYGON 4 0 0 4 0 2 4", error("GEOSEARCH BYPOLYGON must have at least 3 vertices"),
     "GEOSEARCH g BYPOLYGON x 0 0 4 0 2 4", error("invalid number of vertices"), "GEOSEARCH g FROMLONLAT 0 0 BYPOLYGON 3 0 0 4 0 2 4", SYNTAX,
     "GEOSEARCH g BYPOLYGON 3 0 0 4 0 2 4 BYRADIUS 1 km", SYNTAX, "GEOSEARCH g BYPOLYGON 3 0 0 4 0 2 99",
     error("invalid longitude,latitude pair 2.000000,99.000000")),
    ("SADD s 1 2 3", "SADD t 3 4", "SADD u x y", "SET str a",
     "8.10.0", "SUNIONCARD 2 s t", 4, "SUNIONCARD 3 s t u", 6, "SUNIONCARD 3 s t u LIMIT 5", 5, "SUNIONCARD 2 s t LIMIT 2", 2, "SUNIONCARD 2 s s", 3,
     "SUNIONCARD 2 none s", 3,
     "SUNIONCARD 1 none", 0, "SUNIONCARD 2 s t APPROX LIMIT 0", 4, "SUNIONCARD 2 s t LIMIT 3 APPROX", 3, "SUNIONCARD 2 s t LIMIT", SYNTAX,
     "SUNIONCARD 2 s str", WRONG_TYPE,
     "SDIFFCARD 2 s t", 2, "SDIFFCARD 2 s t LIMIT 1", 1, "SDIFFCARD 1 s", 3, "SDIFFCARD 2 s s", 0, "SDIFFCARD 2 none s", 0, "SDIFFCARD 2 s t APPROX", SYNTAX,
     "SDIFFCARD 0 s", error("numkeys should be greater than 0")),
)


def words(command):
    return command.split() if isinstance(command, str) else command


def run_scene(client, scene, spilled):
    version_at = next(at for at, word in enumerate(scene) if word[0].isdigit())
    client.ok("FLUSHALL")
    for command in scene[:version_at]:
        client.ok(*words(command))
    commands = scene[version_at + 1:]
    for command, wanted in zip(commands[::2], commands[1::2]):
        if spilled:
            client.ok("TERRACE", "SPILL", "ALL")
        told = client.call(*words(command))
        check(told == wanted, f"{command}: {told!r}, not {wanted!r}, as since {scene[version_at]}")
    return len(commands) // 2


def read_with_claim(client, *words, claim=50):
    """(id, whether it was idle, deliveries) of the entries that XREADGROUP … CLAIM gives."""
    told = client.ok("XREADGROUP", "GROUP", "g", *words, "CLAIM", claim, "STREAMS", "s", ">")
    return [(entry[0].decode(), entry[2] >= claim, entry[3]) for entry in told[0][1]] if isinstance(told, list) else []


def claims(server):
    """XREADGROUP with CLAIM, of 8.4: first what has been pending for long, then what is new; a client that waits gets what becomes old."""
    with server.client() as client, server.client() as waiting:
        client.ok("FLUSHALL")
        for number in range(1, 7):
            client.ok("XADD", "s", f"{number}-0", "f", f"v{number}")
        client.ok("XGROUP", "CREATE", "s", "g", "0")
        client.ok("XREADGROUP", "GROUP", "g", "first", "COUNT", 4, "STREAMS", "s", ">")
        now = int(time.time() * 1000)
        for number, age in ((1, 20_000), (2, 40_000), (3, 30_000), (4, 0)):
            client.ok("XCLAIM", "s", "g", "first", 0, f"{number}-0", "TIME", now - age, "JUSTID")
        client.ok("XDEL", "s", "1-0")
        client.ok("TERRACE", "SPILL", "ALL")
        told = read_with_claim(client, "second", "COUNT", 3, claim=10_000)
        check(told == [("2-0", True, 1), ("3-0", True, 1), ("5-0", False, 0)], f"XREADGROUP CLAIM 10000: {told}")
        told = read_with_claim(client, "second", "NOACK", claim=10_000)
        check(told == [("6-0", False, 0)], f"XREADGROUP CLAIM NOACK: {told}")
        pending = [(row[0].decode(), row[1].decode(), row[3]) for row in client.ok("XPENDING", "s", "g", "-", "+", 10)]
        check(pending == [("1-0", "first", 1), ("2-0", "second", 2), ("3-0", "second", 2), ("4-0", "first", 1), ("5-0", "second", 1)], f"pending: {pending}")
        told = client.ok("XREADGROUP", "GROUP", "g", "second", "CLAIM", 0, "STREAMS", "s", "3-0")
        check(told == [[b"s", [[b"5-0", [b"f", b"v5"]]]]], f"CLAIM with an id: {told}")
        for words, error in (("CLAIM x STREAMS s >", "min-idle-time is not an integer"), ("CLAIM -1 STREAMS s >", "min-idle-time must be a positive integer"),
                             ("CLAIM STREAMS s >", "min-idle-time is not an integer")):
            told = client.call("XREADGROUP", "GROUP", "g", "c", *words.split())
            check(told == Error(b"ERR " + error.encode()), f"{words}: {told}")
        told = client.call("XREAD", "CLAIM", "1", "STREAMS", "s", "0")
        check(isinstance(told, Error) and b"The CLAIM option is only supported by XREADGROUP" in told, f"XREAD CLAIM: {told}")
        # What becomes old, or is added, during a wait; and what others get during it.
        client.ok("XACK", "s", "g", "1-0", "2-0", "3-0", "4-0", "5-0")
        for add in (False, True):
            client.ok("XADD", "s", "*", "f", "v")
            client.ok("XREADGROUP", "GROUP", "g", "first", "STREAMS", "s", ">")
            begin = time.monotonic()
            waiting.send(encode("XREADGROUP", "GROUP", "g", "second", "BLOCK", 0, "CLAIM", 300 if not add else 60_000, "STREAMS", "s", ">"))
            wait_blocked(client, 1)
            if add:
                client.ok("XADD", "s", "9999999999999-1", "f", "new")
            (name, entries), = waiting.receive()
            check(len(entries) == 1 and entries[0][3] == (0 if add else 1) and (add or time.monotonic() - begin >= 0.29), f"told in a wait: {name}: {entries}")
        waiting.send(encode("XREADGROUP", "GROUP", "g", "third", "BLOCK", 0, "CLAIM", 200, "STREAMS", "t", ">"))
        client.call("XGROUP", "CREATE", "t", "g", "$", "MKSTREAM")
        check(isinstance(waiting.receive(), Error), "no group")
        waiting.send(encode("XREADGROUP", "GROUP", "g", "third", "BLOCK", 0, "CLAIM", 200, "STREAMS", "t", ">"))
        wait_blocked(client, 1)
        client.pipeline([("MULTI",), ("XADD", "t", "1-0", "f", "v"), ("XREADGROUP", "GROUP", "g", "first", "STREAMS", "t", ">"), ("EXEC",)])
        check(waiting.receive()[0][1][0][3] == 1, "what another consumer got during the wait")
        digest = client.ok("DEBUG", "DIGEST")
        pending = client.ok("XPENDING", "s", "g")
    server.kill()
    server.start()
    with server.client() as client:
        check((client.ok("DEBUG", "DIGEST"), client.ok("XPENDING", "s", "g")) == (digest, pending), "what CLAIM has done after a kill")


def waits_that_end(server):
    """XREADGROUP that waits for a key that goes runs again, since 7.2."""
    no_group = Error(b"NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option")
    wrong_type = Error(b"WRONGTYPE Operation against a key holding the wrong kind of value")
    with server.client() as control, server.client() as waiting:
        for command, wanted in (("DEL s", no_group), ("XGROUP DESTROY s g", no_group), ("SET s x", wrong_type), ("FLUSHALL", no_group),
                                ("RENAME s t", no_group), ("PEXPIRE s 0", no_group)):
            control.ok("FLUSHALL")
            control.ok("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
            waiting.send(encode("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"))
            wait_blocked(control, 1)
            control.ok(*command.split())
            told = waiting.receive()
            check(told == wanted, f"XREADGROUP behind {command}: {told!r}, not {wanted!r}")


def wait_blocked(control, count):
    end = time.monotonic() + 10
    while b"blocked_clients:%d\r" % count not in control.ok("INFO", "clients"):
        check(time.monotonic() < end, "the client does not wait")
        time.sleep(0.001)


def consumer(client):
    fields = client.ok("XINFO", "STREAM", "s", "FULL")
    groups = fields[fields.index(b"groups") + 1]
    full = groups[0][groups[0].index(b"consumers") + 1][0]
    brief = client.ok("XINFO", "CONSUMERS", "s", "g")[0]
    return {**dict(zip(full[::2], full[1::2])), **dict(zip(brief[::2], brief[1::2]))}


def times_of_consumers(server):
    """A consumer is seen when it asks, and active when it gets something; both times outlive the memory, the latter also a crash."""
    read = "XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"
    with server.client() as client:
        client.ok("FLUSHALL")
        client.ok("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
        client.call(*read)
        time.sleep(0.1)
        told = consumer(client)
        check(told[b"inactive"] == told[b"active-time"] == -1 and told[b"idle"] >= 80, f"a consumer that got nothing: {told}")
        client.ok("XADD", "s", "*", "f", "v")
        client.ok(*read)
        told = consumer(client)
        check(told[b"inactive"] < 80 and told[b"idle"] < 80 and told[b"active-time"] == told[b"seen-time"], f"a consumer that has just read: {told}")
        time.sleep(0.1)
        client.call(*read)
        told = consumer(client)
        check(told[b"inactive"] >= 80 and told[b"idle"] < 80, f"a consumer that got nothing again: {told}")
        client.ok("TERRACE", "SPILL", "ALL")
        check(consumer(client)[b"active-time"] == told[b"active-time"], "the active time is not read back")
        check(client.ok("DUMP", "s")[0] == 19, "DUMP does not write RDB type 19")
    for end in (server.kill, server.stop):
        end()
        server.start()
        with server.client() as client:
            check(consumer(client)[b"active-time"] == told[b"active-time"], f"the active time after {end.__name__}")


def the_same_after_a_kill(server):
    for scene in SCENES:
        if next(word for word in scene if word[0].isdigit()) < "8":
            continue
        with server.client() as client:
            run_scene(client, scene, False)
            digest = client.ok("DEBUG", "DIGEST")
        server.kill()
        server.start()
        with server.client() as client:
            check(client.ok("DEBUG", "DIGEST") == digest, f"another dataset after a kill: {scene[:3]}")


def old_clients_are_closed(server):
    with server.client() as old, server.client() as control:
        old.ok("PING")
        time.sleep(1.2)
        with server.client() as young:
            young.ok("PING")
            killed = control.ok("CLIENT", "KILL", "MAXAGE", "1", "SKIPME", "yes")
            check(killed == 1, f"CLIENT KILL MAXAGE 1 closed {killed} connections")
            young.ok("PING")


def main():
    with Folder("newer") as folder:
        server = folder.add(terrace(folder.path + "/terrace", "--enable-debug-command", "yes")).start()
        with server.client() as client:
            replies = sum(run_scene(client, scene, spilled) for scene in SCENES for spilled in (False, True))
        the_same_after_a_kill(server)
        waits_that_end(server)
        claims(server)
        old_clients_are_closed(server)
        times_of_consumers(server)
    say(f"newer: {replies} replies as Redis 7.2 to 8.10 give them")


if __name__ == "__main__":
    end_with("newer", main)

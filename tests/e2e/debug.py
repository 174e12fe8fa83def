#!/usr/bin/python3
"""DEBUG, COMMANDLOG and what clients of newer versions ask for: beside redis-server where that knows it.

  debug.py
"""
import time

from bad_case import check, end_with
from harness import Error, Folder, Simple, encode, redis, say, terrace

# At both servers, in both protocols.
ALIKE = (
    *(f"DEBUG PROTOCOL {kind}" for kind in "string integer double bignum null array set map attrib push verbatim true false nothing".split()),
    "DEBUG ERROR WRONGTYPE", "DEBUG LISTPACK none", "DEBUG LISTPACK text", "DEBUG LISTPACK hash", "DEBUG OBJECT none",
    "DEBUG QUICKLIST-PACKED-THRESHOLD 100b", "DEBUG QUICKLIST-PACKED-THRESHOLD 5gb", "DEBUG QUICKLIST-PACKED-THRESHOLD x", "DEBUG QUICKLIST-PACKED-THRESHOLD 0",
    "DEBUG POPULATE 3", "DEBUG POPULATE 5 key 4", "DEBUG POPULATE 2 long 20", "DEBUG POPULATE 0 none", "DEBUG POPULATE x", "DEBUG POPULATE -1",
    "DEBUG POPULATE 1 key -1", "MGET key:0 key:2 key:4 long:1 key:5", "DBSIZE", "DEBUG DIGEST", "DEBUG SET-ACTIVE-EXPIRE 1", "DEBUG LOG message",
    "EVAL {return(redis.pcall('blpop','l',0))} 0", "DEBUG SET-DISABLE-DENY-SCRIPTS 1", "EVAL {return(redis.pcall('blpop','l',0))} 0", "RPUSH l a",
    "EVAL {return(redis.pcall('blpop','l',0))} 0", "DEBUG SET-DISABLE-DENY-SCRIPTS 0", "EVAL {return(redis.pcall('blpop','l',0))} 0",
)


def words(command):
    return [word.strip("{}") for word in command.split()]


def read_all(client, command):
    """What comes before the reply of PING: an attribute is no reply of its own."""
    client.send(encode(*words(command)) + encode("PING", "end"))
    replies = []
    while (reply := client.receive()) != b"end":
        replies.append(reply)
    return replies


def alike(subject, reference):
    for protocol in (2, 3):
        with subject.client() as ours, reference.client() as theirs:
            for client in (ours, theirs):
                client.ok("FLUSHALL")
                client.ok("HELLO", protocol)
                client.ok("SET", "text", "x")
                client.ok("HSET", "hash", "f", "v", "17", "g")
            for command in ALIKE:
                got, wanted = read_all(ours, command), read_all(theirs, command)
                check(got == wanted and [type(reply) for reply in got] == [type(reply) for reply in wanted],
                      f"RESP{protocol}: {command}: {got!r}, redis-server {wanted!r}")
    return 2 * len(ALIKE)


def values(server):
    with server.client() as client:
        client.ok("FLUSHALL")
        client.ok("HSET", "hash", "field", "value", "17", "g")
        client.ok("DEBUG", "LISTPACK", "hash")
        check(b"field" in server.log() and b"value" in server.log(), "DEBUG LISTPACK wrote nothing to the log")
        client.ok("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b")
        client.ok("RPUSH", "list", "a" * 99, "b" * 100, "c", "d" * 100)
        told = client.ok("DEBUG", "OBJECT", "list")
        check(b"ql_nodes:3" in told or b"ql_nodes:4" in told, f"elements of 100 bytes share a node: {told}")
        client.ok("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0")
        check(client.ok("LRANGE", "list", 0, -1) == [b"a" * 99, b"b" * 100, b"c", b"d" * 100], "the list has other elements")
        check(client.ok("DEBUG", "STRINGMATCH-LEN", "a*[bc]", "axxc") == 1, "DEBUG STRINGMATCH-LEN a*[bc] axxc")
        check(client.ok("DEBUG", "STRINGMATCH-LEN", "a*[bc]", "axxd") == 0, "DEBUG STRINGMATCH-LEN a*[bc] axxd")
        client.ok("MULTI")
        client.ok("DEBUG", "POPULATE", "1")
        check(isinstance(client.ok("EXEC")[0], Error), "DEBUG POPULATE in a transaction")
        client.ok("DEBUG", "POPULATE", "20000", "many", "100")
        client.ok("TERRACE", "SPILL", "ALL")
        client.ok("DEBUG", "POPULATE", "20001", "many")
        check(client.ok("STRLEN", "many:7") == 100 and client.ok("GET", "many:20000") == b"value:20000", "DEBUG POPULATE changes what is there")
    server.kill()
    server.start()
    with server.client() as client:
        check(client.ok("STRLEN", "many:19999") == 100 and client.ok("GET", "many:20000") == b"value:20000", "populated keys after a kill")


def command_log(server):
    with server.client() as client:
        client.ok("CLIENT", "SETNAME", "me")
        client.ok("CONFIG", "SET", "commandlog-request-larger-than", "2000", "commandlog-reply-larger-than", "3000")
        client.ok("SET", "big", "x" * 4000)
        client.ok("GET", "big")
        client.ok("GET", "none")
        for kind, name, least in (("large-request", b"SET", 4000), ("LARGE-REPLY", b"GET", 4000)):
            check(client.ok("COMMANDLOG", "LEN", kind) == 1, f"COMMANDLOG LEN {kind}")
            (entry,) = client.ok("COMMANDLOG", "GET", -1, kind)
            check(entry[3][:2] == [name, b"big"] and least <= entry[2] < least + 100 and entry[5] == b"me" and abs(entry[1] - time.time()) < 60,
                  f"COMMANDLOG GET {kind}: {entry}")
            client.ok("COMMANDLOG", "RESET", kind)
            check(client.ok("COMMANDLOG", "GET", 5, kind) == [], f"COMMANDLOG RESET {kind}")
        client.ok("CONFIG", "SET", "commandlog-large-request-max-len", "2")
        for _ in range(5):
            client.ok("SET", "big", "x" * 4000)
        check([entry[0] for entry in client.ok("COMMANDLOG", "GET", 10, "large-request")] == [5, 4], "the last entries, by their numbers")
        client.ok("CONFIG", "SET", "commandlog-request-larger-than", "-1", "commandlog-reply-larger-than", "-1")
        client.ok("COMMANDLOG", "RESET", "large-request")
        client.ok("SET", "big", "x" * (2 << 20))
        check(client.ok("COMMANDLOG", "LEN", "large-request") == 0, "a limit of -1 logs")
        client.ok("CONFIG", "SET", "commandlog-execution-slower-than", "0")
        client.ok("ECHO", "slow")
        client.ok("CONFIG", "SET", "commandlog-execution-slower-than", "10000")
        check(client.ok("CONFIG", "GET", "slowlog-log-slower-than")[1] == b"10000", "the other name of slowlog-log-slower-than")
        slow = client.ok("COMMANDLOG", "GET", -1, "slow")
        check(slow == client.ok("SLOWLOG", "GET", -1) and [b"ECHO", b"slow"] in [entry[3] for entry in slow], "COMMANDLOG and SLOWLOG have one log")
        for command, error in (("COMMANDLOG GET -2 slow", "count should be greater than or equal to -1"), ("COMMANDLOG GET 1 fast", "type should be one of"),
                               ("COMMANDLOG LEN fast", "type should be one of"), ("COMMANDLOG GET x slow", "not an integer")):
            told = client.call(*command.split())
            check(isinstance(told, Error) and error.encode() in told, f"{command}: {told}")


def newer_clients(server):
    """What a handshake asks for and does not get is an error, and the connection stays."""
    with server.client() as client:
        told = client.pipeline([("HELLO", "3"), ("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "external-ip"), ("PING",)])
        check(isinstance(told[1], Error) and told[1].startswith(b"ERR unknown subcommand") and told[2] == Simple(b"PONG"),
              f"CLIENT MAINT_NOTIFICATIONS: {told[1:]}")


def main():
    with Folder("debug") as folder:
        subject = folder.add(terrace(folder.path + "/terrace", "--enable-debug-command", "yes")).start()
        reference = folder.add(redis(folder.path + "/redis", "--enable-debug-command", "yes")).start()
        compared = alike(subject, reference)
        values(subject)
        command_log(subject)
        newer_clients(subject)
    say(f"debug: {compared} replies as redis-server gives them; COMMANDLOG, POPULATE and others at Terrace")


if __name__ == "__main__":
    end_with("debug", main)

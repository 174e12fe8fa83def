#!/usr/bin/python3
"""ACL: users, rules and what they allow: the same scenes at redis-server and at Terrace, compared.

  acl.py [--seed N] [--decisions N]

Texts of redis-server 7.0 that 7.4 has changed are taken for the new ones. What redis-server 7.0 lacks or does otherwise (entry numbers
in ACL LOG, the order of rules in ACL LIST, users that ACL LOAD leaves as they are, a selector without an end) is checked at Terrace alone.
"""
import argparse
import random
import re
import socket
import time

from bad_case import check, end_with, run_to_end
from harness import Error, Folder, Server, ServerDied, encode, parse_info, redis, say, terrace, terrace_binary

SECRET = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"
OLD_TEXTS = (
    (rb"otherwise the HELLO AUTH", b"otherwise the HELLO <proto> AUTH"),
    (rb"NOPERM this user has no permissions to run the '(.*)' command", rb"NOPERM User USER has no permissions to run the '\1' command"),
    (rb"NOPERM this user has no permissions to access one of the keys used as arguments", b"NOPERM No permissions to access a key"),
    (rb"NOPERM this user has no permissions to access one of the channels used as arguments", b"NOPERM No permissions to access a channel"),
    (rb"NOPERM User .* has no permissions", b"NOPERM User USER has no permissions"),
    (rb"^This user has no permissions", b"User USER has no permissions"),
    (rb"^User [^ ]* has no permissions", b"User USER has no permissions"),
)
RULES = (
    "on", "off nopass", "on >x ~a* %R~b* %W~c %RW~d &ch", "on #" + SECRET, ">x <x", ">x !" + SECRET, "<foo", "!ff", "#abc", ">x >x", ">x nopass",
        ">x resetpass",
    "allcommands -debug", "-select|0", "+config|get|x",
    "+nosuch", "+@nosuch", "-nosuch", "+client|nosuch", "+get|", "~* ~a", "&* &a", "(+get ~a) (+set ~b)", "(+get ~a", "()", "(on)", "(&a)", "(+get",
        "clearselectors",
    "(+get) clearselectors", "+CONFIG|GET", "sanitize-payload", "skip-sanitize-payload", "+debug|digest",
    "%~x", "%R~", "%Q~x", "foo", "~a ~a", "%R~a %W~a", "%R~*", "%RW~*", "resetkeys ~a resetkeys", "resetchannels &a resetchannels",
    "allchannels", "allkeys", "nocommands", "+@all", "+@all -@all", "reset +get", "-@all", "+select|0 +select|1", "~ ", "& ",
)
# As redis-server 7.4 shows them: in their order. 7.0 makes them anew from the commands that it has.
COMMAND_RULES = (
    ("+config +config|get -config", "-@all -config"), ("+get +get|x", "-@all +get +get|x"), ("+config|get +config|set -config|get",
        "-@all +config|set -config|get"), ("+@read +@write -@read", "-@all +@write -@read"),
    ("+acl|whoami -acl", "-@all -acl"), ("+get +set -get", "-@all +set -get"), ("+@string ~*", "-@all +@string"),
        ("+@all -@dangerous +keys -GET +@read +config|get -config +config",
                                                                                                              "+@all -@dangerous +keys -get +@read +config"),
)
# A user `u` may do so much; u's commands; then what default sees of it.
USERS = (
    ("on >x +@all -@dangerous ~a* &*", ("GET a", "GET b", "SET ab 1", "MGET a b", "KEYS *", "CONFIG GET hz", "CLIENT ID", "CLIENT LIST", "ACL WHOAMI",
        "ACL LIST",
                                         "FLUSHALL", "PING", "DEL a b", "DEL a", "nosuch", "GET", "EXISTS b", "TYPE b", "COPY a b", "RENAME a ab",
                                             "RENAME ab b")),
    ("on >x +get +set +exists %R~b ~a", ("GET a", "SET a 1", "DEL a", "ACL LIST")),
    ("on >x +@all %R~r* %W~w*", ("GET r", "GET w", "SET w 1", "SET r 1", "SET w 1 GET", "SET r 1 GET", "APPEND w x", "GETSET w x", "COPY r w", "COPY w r",
        "EXISTS w", "EXISTS x",
                                "TYPE r", "LPUSH w a", "LPOP w", "RPOPLPUSH r w", "RPOPLPUSH w r", "SUNIONSTORE w r1 r2", "SUNIONSTORE w r1 x",
                                    "ZUNIONSTORE w 2 r1 r2",
                                "ZUNIONSTORE w 2 r1 w2", "ZUNION 2 r1 r2", "ZUNION 2 r1 w", "ZUNION 99 r1", "SINTERCARD 2 r1 x", "OBJECT FREQ w",
                                    "XREAD STREAMS r1 r2 0 0",
                                "XREAD STREAMS r1 w2 0 0", "XREAD COUNT 1 STREAMS r1 x 0 0", "MSET w1 1 w2 2", "MSET w1 1 r2 2", "SORT r STORE w",
                                    "SORT r STORE r2",
                                "SORT r BY nosort", "SORT r BY nosort STORE x", "SORT r BY x* STORE w", "SORT r GET x*", "SORT_RO r BY x*",
                                    "SORT_RO r GET #", "SORT_RO r",
                                "SORT r LIMIT 0 STORE w STORE x", "GEORADIUS r 0 0 1 m STORE w", "GEORADIUS r 0 0 1 m STORE x",
                                    "GEORADIUS r 0 0 1 m STORE w STOREDIST x",
                                "GEORADIUS r 0 0 1 m STOREDIST x STORE w", "GEORADIUSBYMEMBER r m 1 m STORE x", "BITFIELD r GET u8 0",
                                    "BITFIELD w SET u8 0 1", "BITFIELD r SET u8 0 1",
                                "PFCOUNT r w", "PFMERGE w r", "DUMP r", "DUMP w", "LCS r1 r2", "LCS r1 w", "LMPOP 1 w LEFT", "BLMPOP 0.01 1 x LEFT",
                                    "STRLEN r", "GETRANGE r 0 1", "EXPIRE w 1",
                                "TTL w", "PERSIST r", "ZADD w 1 a", "ZADD r 1 a", "HGET r f", "HGET w f", "HSET r f v", "BITOP AND w r r1",
                                    "BITOP AND r w w1", "WATCH r", "WATCH x",
                                "XADD w 1-1 f v", "XGROUP CREATE w g $ MKSTREAM", "XREADGROUP GROUP g c STREAMS w >",
                                    "XREADGROUP GROUP STREAMS c STREAMS x >", "XINFO STREAM x")),
    ("on >x +@all ~*", ("SORT r BY x* GET y*", "SORT_RO r BY x*")),
    ("on >x -@all +sort +get %R~* %W~w", ("SORT r BY x* STORE w", "SORT r BY x* STORE v", "SORT r GET x*", "GET anything")),
    ("on >x +sort ~r (+sort ~*)", ("SORT r BY x*", "SORT q")),
    ("on >x (+get ~a) (+set ~b) +ping", ("GET a", "SET b 1", "GET b", "SET a 1", "PING", "DEL a")),
    ("on >x -@all +select|1 +config|get ~*", ("SELECT 1", "SELECT 0", "CONFIG GET hz", "CONFIG SET hz 10", "CONFIG nosuch", "CONFIG", "select 1",
        "CONFIG HELP")),
    ("on >x +@all -select +select|0", ("SELECT 0", "SELECT 1")),
    ("on >x +@all -client|kill -config|set ~*", ("CLIENT KILL ID 99", "CLIENT ID", "CONFIG SET hz 10", "CONFIG GET hz")),
    ("on >x +@keyspace +@transaction -multi ~a", ("MULTI", "EXEC", "WATCH a", "WATCH b", "TTL a", "GET a")),
    ("on >x", ("AUTH nobody x", "AUTH u x", "AUTH u y", "HELLO 3", "HELLO 2", "QUIT")),
    ("on >x -@all", ("RESET", "PING", "AUTH u x", "PING", "ACL WHOAMI")),
)
# Without a password for the session's default user; each is a session's beginning.
UNAUTHENTICATED = ("GET a", "HELLO 3", "HELLO 2 AUTH default y", "HELLO 3 AUTH default secret", "AUTH x", "AUTH secret", "AUTH default secret",
    "AUTH a b c", "AUTH", "RESET", "QUIT", "PING",
                   "CLIENT ID", "MULTI", "EXEC", "nosuch", "ACL WHOAMI", "INFO", "COMMAND COUNT")


def as_new(value):
    if isinstance(value, list):
        return [as_new(each) for each in value]
    if isinstance(value, bytes):
        for old, new in OLD_TEXTS:
            value_now = re.sub(old, new, value)
            value = type(value)(value_now)
    return value


class Pair:
    """A client at each server."""

    def __init__(self, servers):
        self.clients = [server.client() for server in servers]
        self.calls = 0

    def call(self, *words):
        replies = [as_new(client.call(*words)) for client in self.clients]
        check(replies[0] == replies[1], f"{words}: {replies[0]!r:.400}, redis-server says {replies[1]!r:.400}")
        self.calls += 1
        return replies[0]

    def close(self):
        for client in self.clients:
            client.close()


def ended(client):
    try:
        client.call("PING")
    except (ServerDied, OSError):
        return True
    return False


def rules_scene(servers):
    pair = Pair(servers)
    for rules in RULES:
        words = rules.split(" ")
        pair.call("ACL", "SETUSER", "u", "reset", *words)
        pair.call("ACL", "LIST")
        pair.call("ACL", "GETUSER", "u")
        pair.call("ACL", "SETUSER", "v", *words)
        pair.call("ACL", "USERS")
        pair.call("ACL", "DELUSER", "u", "v", "w")
    for words in (("ACL",), ("ACL", "foo"), ("ACL", "GETUSER", "nobody"), ("ACL", "GETUSER", "default"), ("ACL", "DELUSER", "default"), ("ACL", "CAT",
        "nosuch"), ("ACL", "CAT"),
                  ("ACL", "GENPASS", "0"), ("ACL", "GENPASS", "4097"), ("ACL", "GENPASS", "abc"), ("ACL", "GENPASS", "1", "2"), ("ACL", "LOG", "foo"),
                      ("ACL", "LOG", "-1"),
                  ("ACL", "LOG", "1", "2"), ("ACL", "CAT", "a", "b"), ("ACL", "WHOAMI", "x"), ("ACL", "SAVE"), ("ACL", "LOAD"), ("ACL", "SETUSER", "a b"),
                      ("ACL", "SETUSER", "a\0b"),
                  ("ACL", "SETUSER"), ("ACL", "DRYRUN", "nobody", "GET", "a"), ("ACL", "DRYRUN", "default", "GET", "a"), ("ACL", "DRYRUN", "default", "foo",
                      "a"),
                  ("ACL", "DRYRUN", "default", "GET"), ("ACL", "SETUSER", "default", "foo")):
        pair.call(*words)
    pair.clients[0].ok("HELLO", "3")
    pair.clients[1].ok("HELLO", "3")
    pair.call("ACL", "SETUSER", "u", "on", ">x", "(+get ~a)")
    pair.call("ACL", "GETUSER", "u")
    pair.call("ACL", "DELUSER", "u")
    check(len(pair.clients[0].ok("ACL", "GENPASS")) == 64 and len(pair.clients[0].ok("ACL", "GENPASS", "5")) == 2, "ACL GENPASS")
    pair.close()
    return pair.calls


def categories_scene(servers):
    ours, theirs = (server.client() for server in servers)
    names = {name: {each.split(b"|")[0] for each in client.ok("COMMAND", "LIST")} | set(client.ok("COMMAND", "LIST"))
             for name, client in (("ours", ours), ("theirs", theirs))}
    both = names["ours"] & names["theirs"]
    for category in theirs.ok("ACL", "CAT"):
        in_ours, in_theirs = (set(client.ok("ACL", "CAT", category)) & both for client in (ours, theirs))
        check(in_ours == in_theirs, f"@{category.decode()}: only here {sorted(in_ours - in_theirs)}, only redis-server {sorted(in_theirs - in_ours)}")
    return len(both)


def log_of(client):
    """Without what differs by nature: times, addresses, and the fields of 7.2."""
    return [[entry[i + 1] for i in range(0, 10, 2)] for entry in client.ok("ACL", "LOG", "100")]


def users_scene(servers):
    calls = 0
    for rules, commands in USERS:
        default, user = Pair(servers), Pair(servers)
        default.call("FLUSHALL")
        default.call("ACL", "SETUSER", "u", "reset", *rules.split())
        default.call("ACL", "LOG", "RESET")
        user.call("AUTH", "u", "x")
        for command in commands:
            words = command.split()
            if words[0] in ("CLIENT", "HELLO") and words[-1] in ("ID", "LIST", "3", "2"):  # numbers and names differ
                kinds = [isinstance(client.call(*words), Error) for client in user.clients]
                check(kinds[0] == kinds[1], f"{rules}: {command}: {kinds}")
            else:
                user.call(*words)
            default.call("ACL", "DRYRUN", "u", *words)
        logs = [log_of(client) for client in default.clients]
        check(logs[0] == logs[1], f"{rules}: ACL LOG {logs[0]}, redis-server says {logs[1]}")
        default.call("ACL", "DELUSER", "u")
        for client in user.clients:
            check(ended(client), f"{rules}: a session of a deleted user is served")
        calls += default.calls + user.calls
        default.close()
    return calls


def unauthenticated_scene(servers):
    for server in servers:
        with server.client() as client:
            client.ok("CONFIG", "SET", "requirepass", "secret")
    calls = 0
    for command in UNAUTHENTICATED:
        pair = Pair(servers)
        if command.startswith("HELLO"):
            kinds = [as_new(client.call(*command.split())) for client in pair.clients]
            check(isinstance(kinds[0], Error) == isinstance(kinds[1], Error) and (not isinstance(kinds[0], Error) or kinds[0] == kinds[1]),
                f"{command}: {kinds}")
        else:
            pair.call(*command.split())
        calls += 1
        pair.close()
    for bytes_sent in (b"*11\r\n", b"*1\r\n$16385\r\n", b"*10\r\n" + b"$1\r\na\r\n" * 10, b"*2\r\n$4\r\nAUTH\r\n$16384\r\n" + b"x" * 16384 + b"\r\n"):
        answers = []
        for server in servers:
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                raw.sendall(bytes_sent)
                answers.append(raw.recv(1000))
        check(answers[0] == answers[1], f"{bytes_sent[:20]!r}: {answers}")
    pair = Pair(servers)
    for words in (("AUTH", "secret"), ("ACL", "LIST"), ("ACL", "SETUSER", "default", ">other"), ("ACL", "LIST"), ("CONFIG", "GET", "requirepass"),
        ("CONFIG", "SET", "requirepass", "z"),
                  ("ACL", "LIST"), ("CONFIG", "SET", "requirepass", ""), ("ACL", "LIST"), ("AUTH", "x"), ("AUTH", "default", "x"), ("ACL", "SETUSER",
                      "default", "off"), ("PING",), ("ACL", "WHOAMI")):
        pair.call(*words)
    other = Pair(servers)
    other.call("PING")
    other.call("AUTH", "default", "x")
    pair.call("ACL", "SETUSER", "default", "on", "nopass")
    other.call("PING")
    pair.close()
    other.close()
    return calls + pair.calls


def sessions_scene(servers):
    """Rights that change while a session acts, waits in MULTI or waits for a key."""
    default, user = Pair(servers), Pair(servers)
    default.call("ACL", "LOG", "RESET")
    default.call("ACL", "SETUSER", "u", "reset", "on", ">x", "~*", "+@all")
    for words in (("AUTH", "u", "x"), ("SET", "a", "1"), ("MULTI",), ("SET", "b", "1"), ("GET", "a"), ("SET", "q", "2")):
        user.call(*words)
    default.call("ACL", "SETUSER", "u", "resetkeys", "~a", "-set")
    user.call("GET", "b")
    user.call("EXEC")
    user.call("MULTI")
    user.call("GET", "a")
    default.call("ACL", "SETUSER", "u", "-get")
    user.call("EXEC")
    default.call("ACL", "SETUSER", "u", "+get", "+set", "~*")
    user.call("MULTI")
    user.call("SET", "b", "1")
    user.call("GET", "a")
    default.call("ACL", "SETUSER", "u", "resetkeys", "~a")
    user.call("EXEC")
    default.call("GET", "b")
    logs = [log_of(client) for client in default.clients]
    check(logs[0] == logs[1], f"ACL LOG {logs[0]}, redis-server says {logs[1]}")
    default.call("ACL", "SETUSER", "u", "off")  # the session stays
    user.call("GET", "a")
    other = Pair(servers)
    other.call("AUTH", "u", "x")
    default.call("CLIENT", "KILL", "USER", "nobody")
    default.call("CLIENT", "KILL", "USER", "u")
    default.call("ACL", "SETUSER", "me", "reset", "on", "nopass", "~*", "+@all")
    other.call("AUTH", "me", "anything")
    other.call("ACL", "DELUSER", "me")  # it gets its reply
    for words in (("CONFIG", "SET", "acllog-max-len", "1"), ("ACL", "DELUSER", "u"), ("ACL", "SETUSER", "v", "on", "nopass"), ("CONFIG", "SET",
        "acl-pubsub-default", "allchannels"), ("ACL", "SETUSER", "w"), ("ACL", "SETUSER", "v", "reset"),
                  ("ACL", "LIST"), ("CONFIG", "SET", "acl-pubsub-default", "resetchannels"), ("ACL", "DELUSER", "v", "w", "u")):
        default.call(*words)
    logs = [log_of(client) for client in default.clients]
    check(len(logs[0]) == 1, f"acllog-max-len: {logs[0]}")
    default.call("CONFIG", "SET", "acllog-max-len", "128")
    default.close()
    return default.calls + user.calls


SUBSCRIBERS = ("SUBSCRIBE a", "SUBSCRIBE a b", "PSUBSCRIBE a*", "PSUBSCRIBE b", "SSUBSCRIBE a", "SSUBSCRIBE b", "PING")
CHANNEL_CHANGES = (("&*", "resetchannels"), ("&*", "resetchannels &a*"), ("&*", "resetchannels &a* &b"), ("&a* &b", "&c"), ("&a* &b", "+get"),
                   ("&a* &b", "resetchannels &b &a"), ("&a* &b", "resetchannels &*"), ("&*", "reset"), ("&*", "off"), ("&a* &b", "resetchannels (&a* &b)"),
                   ("&a* &b", "resetchannels (&a*)"))


def lost_channels_scene(servers):
    """Subscribers end when their user may not hear a channel any more."""
    default = Pair(servers)
    told = []
    for before, after in CHANNEL_CHANGES:
        default.call("ACL", "SETUSER", "u", "reset", "on", "nopass", "+@all", *before.split())
        default.call("ACL", "SETUSER", "v", "reset", "on", "nopass", "+@all", "&*")
        sessions = [(user, words, Pair(servers)) for user, words in [("u", words) for words in SUBSCRIBERS] + [("v", "SUBSCRIBE a")]]
        for user, words, pair in sessions:
            pair.call("AUTH", user, "")
            for word in words.split()[1:] or [None]:
                pair.call(words.split()[0], *([word] if word else []))
        default.call("ACL", "SETUSER", "u", *after.split())
        for user, words, pair in sessions:
            gone = [ended(client) for client in pair.clients]
            check(gone[0] == gone[1], f"{user} may hear {before}, then {after}: {words} ended {gone[0]}, at redis-server {gone[1]}")
            told.append(gone[0])
            pair.close()
    check(0 < sum(told) < len(told), f"{sum(told)} of {len(told)} sessions ended")
    default.call("ACL", "DELUSER", "u", "v")
    default.close()
    return default.calls


def decisions_scene(servers, seed, count):
    """Random rules and commands."""
    chance = random.Random(seed)
    pair = Pair(servers)
    commands = ("get", "set", "mget", "mset", "del", "lpush", "config|get", "config|set", "client|id", "select", "zadd", "xread", "sort", "acl|whoami")
    categories = ("read", "write", "keyspace", "string", "fast", "slow", "dangerous", "list", "admin", "connection")
    requests = ("GET {a}", "SET {a} 1", "MGET {a} {b}", "MSET {a} 1 {b} 2", "DEL {a}", "LPUSH {a} x", "CONFIG GET hz", "CONFIG SET hz 10", "CLIENT ID",
        "SELECT 0", "ZADD {a} 1 x",
                "XREAD STREAMS {a} {b} 0 0", "SORT {a} STORE {b}", "ACL WHOAMI", "COPY {a} {b}", "SET {a} 1 GET", "BITFIELD {a} GET u8 0",
                    "OBJECT ENCODING {a}", "RENAME {a} {b}", "PING")
    for _ in range(count // 20):
        pair.call("ACL", "SETUSER", "u", "reset")
        for _ in range(chance.randint(1, 8)):
            kind = chance.random()
            if kind < 0.35:
                rule = chance.choice("+-") + chance.choice(commands)
            elif kind < 0.6:
                rule = chance.choice("+-") + "@" + chance.choice(categories)
            elif kind < 0.9:
                rule = chance.choice(("~", "%R~", "%W~", "%RW~", "%r~")) + chance.choice(("a", "b*", "[ab]?", "*", "c"))
            else:
                rule = chance.choice(("allkeys", "allcommands", "resetkeys", "nocommands", "(+@read ~b*)", "(+set %W~a)", "+select|0", "clearselectors"))
            pair.call("ACL", "SETUSER", "u", rule)
        for _ in range(20):
            request = chance.choice(requests).format(a=chance.choice(("a", "b", "bc", "ac", "d")), b=chance.choice(("a", "b", "bc", "c")))
            pair.call("ACL", "DRYRUN", "u", *request.split())
    pair.call("ACL", "DELUSER", "u")
    pair.close()
    return count


def here_alone(server):
    with server.client() as client:
        for rules in ("%R", "%RW", "%", "%RR~x", "(%R", "(%W ~x)", "(+get (+set))", "~a b"):
            reply = client.call("ACL", "SETUSER", "u", rules)
            check(isinstance(reply, Error), f"ACL SETUSER u {rules}: {reply}")
        for rules, text in COMMAND_RULES:
            client.ok("ACL", "SETUSER", "u", "reset", *rules.split())
            told = client.ok("ACL", "GETUSER", "u")[5]
            check(told == text.encode(), f"{rules}: {told}")
            client.ok("ACL", "SETUSER", "u", "reset", *told.decode().split())
            check(client.ok("ACL", "GETUSER", "u")[5] == told, f"{rules}: {told} is another text when it is read")
        # A pattern that takes other matchers exponential time.
        client.ok("ACL", "SETUSER", "u", "reset", "on", "nopass", "+get", "~" + "a*" * 60 + "b")
        begin = time.monotonic()
        client.call("ACL", "DRYRUN", "u", "GET", "a" * 20_000)
        check(time.monotonic() - begin < 0.5, "a pattern takes long")
        client.ok("ACL", "LOG", "RESET")
        with server.client() as other:
            other.ok("AUTH", "u", "")
            for _ in range(3):
                other.call("SET", "x", "1")
            other.call("GET", "key")
        entries = client.ok("ACL", "LOG")
        names = entries[0][::2]
        check(names[6:] == [b"client-info", b"entry-id", b"timestamp-created", b"timestamp-last-updated"], f"fields {names}")
        first = dict(zip(entries[1][::2], entries[1][1::2]))
        check(first[b"count"] == 3 and first[b"timestamp-created"] <= first[b"timestamp-last-updated"] and b"user=u" in first[b"client-info"], f"{first}")
        statistics = server.info("stats")
        for reason in ("cmd", "key", "auth"):
            check(int(statistics["acl_access_denied_" + reason]) > 0, f"acl_access_denied_{reason}")
        check(int(server.info("everything")["acl_memory_bytes"]) > 0, "acl_memory_bytes")
        client.ok("ACL", "DELUSER", "u")
        # One that takes a channel from itself gets its reply first.
        client.ok("ACL", "SETUSER", "u", "reset", "on", "nopass", "+@all", "&*")
        with server.client() as own:
            for words in (("AUTH", "u", ""), ("HELLO", "3"), ("SUBSCRIBE", "a")):
                own.ok(*words)
            check(own.call("ACL", "SETUSER", "u", "resetchannels") == b"OK" and ended(own), "a subscriber that takes its own channel away")
        client.ok("ACL", "DELUSER", "u")


def secrets_stay(server):
    """Secrets do not go to the slow log."""
    with server.client() as client:
        client.ok("CONFIG", "SET", "slowlog-log-slower-than", "0")
        client.ok("ACL", "SETUSER", "u", ">unsaid")
        client.ok("CONFIG", "SET", "masterauth", "unsaid", "timeout", "0")
        client.call("AUTH", "u", "unsaid")
        client.ok("RESET")
        client.call("HELLO", "3", "AUTH", "u", "unsaid")
        client.ok("RESET")
        check(b"unsaid" not in repr(client.ok("SLOWLOG", "GET", "100")).encode(), "a secret is in the slow log")
        client.ok("CONFIG", "SET", "slowlog-log-slower-than", "10000")
        client.ok("ACL", "DELUSER", "u")


def blocked_is_checked_again(server):
    """A client that waits for a key when it loses the right to it."""
    with server.client() as client:
        client.ok("ACL", "SETUSER", "u", "reset", "on", "nopass", "~*", "+@all")
        with server.client() as waiting:
            waiting.ok("AUTH", "u", "")
            waiting.send(encode("BLPOP", "queue", "0"))
            while int(server.info("clients")["blocked_clients"]) == 0:
                time.sleep(0.01)
            client.ok("ACL", "SETUSER", "u", "resetkeys")
            client.ok("RPUSH", "queue", "secret")
            check(waiting.receive() == Error(b"NOPERM No permissions to access a key"), "BLPOP of a key that was taken away")
            check(client.ok("LLEN", "queue") == 1, "the element stays")
        client.ok("ACL", "DELUSER", "u")


def unauthenticated_holds_little(server):
    """Replies to one who has not told who it is, and reads nothing."""
    with server.client() as client:
        client.ok("CONFIG", "SET", "requirepass", "secret")
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.settimeout(1)  # the end may not come through to one who does not read
            try:
                for _ in range(100_000):
                    raw.sendall(encode("GET", "x") * 1000)
            except (ConnectionError, TimeoutError):
                pass
        closed = int(parse_info(client.ok("INFO", "stats"))["client_output_buffer_limit_disconnections"])
        check(closed > 0, "an unauthenticated client that does not read is served without end")
        client.ok("CONFIG", "SET", "requirepass", "")


def files(folder):
    """The file of users, lines of the configuration, and CONFIG REWRITE."""
    path = f"{folder.path}/users.acl"
    with open(path, "w") as file:
        file.write("user kept on nopass ~* +@all\nuser changed on nopass ~* &* +@all\n\nuser default on nopass ~* &* +@all\n")
    server = folder.add(Server(terrace_binary(), f"{folder.path}/file", ["--aclfile", path])).start()
    with server.client() as client, server.client() as kept, server.client() as changed, server.client() as gone, server.client() as deaf:
        check(client.ok("CONFIG", "GET", "aclfile") == [b"aclfile", path.encode()], "CONFIG GET aclfile")
        client.ok("ACL", "SETUSER", "gone", "on", "nopass", "~*", "+@all")
        for session, name in ((kept, "kept"), (changed, "changed"), (gone, "gone"), (deaf, "changed")):
            session.ok("AUTH", name, "")
        deaf.ok("SUBSCRIBE", "x")
        good = "user kept on nopass ~* +@all\nuser changed on nopass ~* +@all -set\n"
        for bad, words in (("user a on foo", b"users.acl:3: Error in applying operation 'foo': Syntax error."), ("nonsense",
            b"users.acl:3 should start with user keyword"),
                           ("user kept on", b"WARNING: Duplicate user 'kept' found on line 3."), ("user a (+get",
                               b"users.acl:3: Unmatched parenthesis in selector definition."),
                           ('user a "', b"users.acl:3: unbalanced quotes"), ('user "a b" on', b"users.acl:3: username 'a b' contains invalid characters")):
            with open(path, "w") as file:
                file.write(good + bad + "\n")
            reply = client.call("ACL", "LOAD")
            check(isinstance(reply, Error) and words in reply and b"no change to the previously active ACL rules was performed" in reply,
                f"ACL LOAD {bad}: {reply}")
            check(gone.ok("PING") == b"PONG", "all stay")
        with open(path, "w") as file:
            file.write(good)
        check(client.ok("ACL", "LOAD") == b"OK", "ACL LOAD")
        check(client.ok("ACL", "USERS") == [b"changed", b"default", b"kept"] and kept.ok("PING") == b"PONG", "an unchanged user's session stays")
        check(isinstance(changed.call("SET", "k", "v"), Error) and changed.ok("PING") == b"PONG", "a changed user's session stays, with the new rules")
        check(ended(gone), "a session of a user that is gone is served")
        check(ended(deaf), "a subscriber whose user may hear no channel any more is served")
        client.ok("ACL", "SETUSER", "new", "on", ">x", "~a", "+get", "(+set", "~b)")
        lines = client.ok("ACL", "LIST")
        check(client.ok("ACL", "SAVE") == b"OK", "ACL SAVE")
        with open(path) as file:
            check(file.read().encode().splitlines() == lines, "ACL SAVE's file")
    server.kill()
    server.start()
    with server.client() as client:
        check(client.ok("ACL", "LIST") == lines, "users after a restart")
    server.kill()
    for words in (["--aclfile", "/nowhere/users.acl"], ["--aclfile", f"{folder.path}/wrong.acl"]):
        with open(f"{folder.path}/wrong.acl", "w") as file:
            file.write("user a nonsense\n")
        code, output = run_to_end(terrace_binary(), ["--port", "0", "--dir", folder.path, *words], folder.path)
        check(code == 1 and b"Aborting Redis startup because of ACL errors" in output, f"{words}: {code} {output}")
    rewritten(folder)


def rewritten(folder):
    path = f"{folder.path}/users.conf"
    with open(path, "w") as file:
        file.write("# users\nuser u on >x ~* +@all\nuser default on >secret ~* &* +@all\nrequirepass other\n")

    class Configured(Server):
        def command_line(self, extra=()):
            return [self.binary, path, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory]

    server = folder.add(Configured(terrace_binary(), f"{folder.path}/lines")).start()
    with server.client() as client:
        check(client.ok("AUTH", "secret") == b"OK", "the line of the default user comes after requirepass")
        client.ok("ACL", "SETUSER", "v", "on", "nopass", "%R~a b".split()[0], "(+get ~c)")
        client.ok("ACL", "DELUSER", "u")
        lines = client.ok("ACL", "LIST")
        client.ok("CONFIG", "REWRITE")
        with open(path) as file:
            text = file.read()
        check(text.count("user ") == 2 and "# users" in text, text)
    server.kill()
    server.start()
    with server.client() as client:
        client.ok("AUTH", "secret")
        check(client.ok("ACL", "LIST") == lines, "users after CONFIG REWRITE and a restart")
    server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decisions", type=int, default=4000)
    options = parser.parse_args()
    with Folder("acl") as folder:
        servers = [folder.add(make(f"{folder.path}/{name}", "--enable-debug-command", "yes")).start() for make, name in ((terrace, "terrace"), (redis,
            "redis"))]
        calls = rules_scene(servers)
        names = categories_scene(servers)
        calls += users_scene(servers)
        calls += sessions_scene(servers)
        calls += lost_channels_scene(servers)
        calls += unauthenticated_scene(servers)
        decided = decisions_scene(servers, options.seed, options.decisions)
        for scene in (here_alone, secrets_stay, blocked_is_checked_again, unauthenticated_holds_little):
            scene(servers[0])
        files(folder)
    say(f"acl: {calls} replies the same, categories of {names} commands, {decided} random decisions")


if __name__ == "__main__":
    end_with("acl", main)

#!/usr/bin/python3
"""Hostile clients: what they can take, and that others are served meanwhile.

  hostile.py [--maxmemory 64mb] [--share 100] [--cases strangers,unread,...]

Each case has a server, and beside the hostile clients one that sets and gets small values all the while. RSS is sampled:
the bound is maxmemory + 64 MiB. `--share`: percent of what the hostile clients try, for short runs.
"""
import argparse
import socket
import threading
import time

from bad_case import Wrong, check, end_with
from harness import Error, Folder, ServerDied, encode, info_number, megabytes, say, terrace
from ledger import Sampler

MIB = 1 << 20
CONSTANT = 64 * MIB
PATIENCE = 10.0  # seconds that the bystander waits for an answer at most
BEFORE_AUTH = {b"auth", b"hello", b"quit", b"reset"}


class Bystander(threading.Thread):
    """An honest client: each value that it sets it gets, and never waits long."""

    def __init__(self, server, password=None):
        super().__init__(daemon=True)
        self.client, self.running, self.longest, self.rounds, self.problem = server.client(), True, 0.0, 0, None
        if password:
            self.client.ok("AUTH", password)
        self.client.ok("SELECT", 1)  # not where the hostile clients write and flush

    def run(self):
        try:
            while self.running:
                begin = time.monotonic()
                check(self.client.call("SET", "bystander", self.rounds) == b"OK", "the bystander's SET")
                check(self.client.call("GET", "bystander") == b"%d" % self.rounds, "the bystander's GET")
                self.longest = max(self.longest, time.monotonic() - begin)
                self.rounds += 1
                time.sleep(0.005)
        except (Wrong, OSError, ServerDied) as problem:
            self.problem = problem

    def end(self):
        self.running = False
        self.join(60)
        self.client.close()
        check(self.problem is None, f"the bystander: {self.problem}")
        check(self.rounds > 0 and self.longest < PATIENCE, f"the bystander waited {self.longest:.1f} s in {self.rounds} rounds")


def flood(client, pieces):
    """Sends until the server has enough of it, and drops what it answers. Returns the bytes that it took."""
    sent, stop = 0, threading.Event()

    def drop():
        while not stop.is_set():
            try:
                if not client.socket.recv(MIB):
                    return
            except OSError:
                return

    dropper = threading.Thread(target=drop, daemon=True)
    dropper.start()
    try:
        for piece in pieces:
            client.send(piece)
            sent += len(piece)
    except OSError:
        pass
    stop.set()
    try:
        client.socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    dropper.join(10)
    return sent


def hold(client, pieces):
    """Sends without reading, until nothing is taken for a second. Returns the bytes that were taken."""
    client.socket.settimeout(1)
    sent = 0
    try:
        for piece in pieces:
            client.send(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def replies_to(client, data):
    """All replies up to the end of the connection, or to a second of silence."""
    client.socket.settimeout(1)
    replies = []
    try:
        client.send(data)
        while True:
            replies.append(client.receive())
    except (OSError, ServerDied) as problem:
        return replies, isinstance(problem, (ServerDied, ConnectionError))


def strangers(server, options):
    """Without AUTH: no command but four, no large request, and little memory."""
    with server.client() as client:
        client.ok("CONFIG", "SET", "requirepass", "secret")
        commands = {row[0]: row[2] for row in client.ok("COMMAND") if row}
        names = client.ok("COMMAND", "LIST")
    check({name for name, flags in commands.items() if b"no_auth" in flags} == BEFORE_AUTH, "the flag no_auth")
    with server.client() as client:
        for name in names:
            words = name.split(b"|")
            if words[0] in BEFORE_AUTH:
                continue
            replies = client.pipeline([(*words, *["1"] * extra) for extra in range(9)])
            refused = all(isinstance(reply, Error) for reply in replies)
            known = any(b"NOAUTH" in reply or reply.startswith(b"ERR unknown subcommand") for reply in replies)
            check(refused and known, f"{name}: {replies}")
    large, many = encode("SET", "large", "x" * 100_000), encode("MGET", *("k" for _ in range(100)))
    for request, error in ((large, b"ERR Protocol error: unauthenticated bulk length"), (many, b"ERR Protocol error: unauthenticated multibulk length")):
        for login, wanted in ((b"", []), (encode("AUTH", "wrong"), [b"WRONGPASS"]), (encode("PING"), [b"NOAUTH"])):
            with server.client() as client:
                replies, ended = replies_to(client, login + request + encode("PING"))
                check(ended and replies[-1] == error and [reply.split()[0] for reply in replies[:-1]] == wanted, f"{login + request[:20]}: {replies}")
        for login in (encode("AUTH", "secret"), encode("AUTH", "default", "secret"), encode("HELLO", "2", "AUTH", "default", "secret"), b"AUTH secret\r\n"):
            for cut in (0, len(login) // 2, len(login), len(login) + 3, len(login) + 17):
                with server.client() as client:
                    if cut:
                        client.send((login + request)[:cut])
                        time.sleep(0.02)
                    replies, ended = replies_to_some(client, (login + request + encode("PING"))[cut:], 3)
                    check(not ended and not any(isinstance(reply, Error) for reply in replies) and replies[2] == b"PONG",
                          f"{login} and {request[:20]} in one, cut at {cut}: {replies!r:.300}")
    before = server.rss()
    crowd = [server.client() for _ in range(max(50, 2000 * options.share // 100))]
    taken = 0
    for number, client in enumerate(crowd):
        client.socket.setblocking(False)
        # Half of a request; replies that nobody reads; a line without end.
        data = (b"*10\r\n" + b"$16384\r\n%s\r\n" % (b"x" * 16384) * 9, encode("GET", "x") * 4000, b"x" * 65_000)[number % 3]
        try:
            taken += client.socket.send(data)
        except OSError:
            pass
    time.sleep(0.5)
    each = (server.rss() - before) / len(crowd)
    for client in crowd:
        client.close()
    check(each < 200_000, f"a stranger holds {each:.0f} bytes")
    return f"{len(names)} commands refused; AUTH and what needs it in one piece; {len(crowd)} strangers hold {each / 1024:.0f} KiB each"


def replies_to_some(client, data, count):
    client.socket.settimeout(5)
    try:
        client.send(data)
        return client.receive_many(count), False
    except (OSError, ServerDied) as problem:
        return [problem], True


def unread(server, options):
    """A client that asks for replies of 1 MB each and never reads, one that does so in MULTI, one that listens."""
    with server.client() as client:
        client.ok("SET", "megabyte", b"y" * 1_000_000)
        crowd = [server.client() for _ in range(3)]
        crowd[1].send(encode("MULTI"))
        crowd[2].send(encode("SUBSCRIBE", "flood"))
        for one in crowd[:2]:
            hold(one, (encode("GET", "megabyte") * 1000 for _ in range(10)))
        crowd[1].socket.setblocking(False)
        try:
            crowd[1].send(encode("EXEC"))
        except OSError:
            pass
        for _ in range(100 * options.share):
            client.ok("PUBLISH", "flood", b"m" * 20_000)
        unsent = info_number(server.info(), "reply_memory_bytes")
        for one in crowd:
            one.close()
    return f"replies of 10 GB to those who do not read: {unsent / MIB:.0f} MiB held"


def channels(server, options):
    """A million channels, then a million patterns that are hard to tell apart."""
    told = []
    for word, name in (("SUBSCRIBE", "channel:%d:" + "x" * 50), ("PSUBSCRIBE", "*%d*" + "x" * 50), ("SSUBSCRIBE", "shard:%d:" + "x" * 50)):
        with server.client() as client:
            sent = flood(client, (encode(word, *(name % i for i in range(at, at + 1000))) for at in range(0, 10_000 * options.share, 1000)))
        told.append(f"{word} {sent / MIB:.0f} MiB")
    return "sent of " + ", ".join(told)


def endless(server, options):
    """Commands without end: one argument, arguments, inline, nothing but line ends, a name."""
    most = 4 * options.share
    floods = {
        "an argument of 1 GB": (b"*2\r\n$3\r\nGET\r\n$1073741824\r\n", b"x" * MIB),
        "an argument of 500 MB": (b"*2\r\n$3\r\nGET\r\n$500000000\r\n", b"x" * MIB),
        "arguments": (b"*1000000000\r\n$4\r\nMGET\r\n", b"$1\r\nk\r\n" * 100_000),
        "empty arguments": (b"*1000000000\r\n$3\r\nDEL\r\n", b"$0\r\n\r\n" * 100_000),
        "large arguments": (b"*1000000000\r\n$3\r\nDEL\r\n", (b"$10000\r\n" + b"x" * 10_000 + b"\r\n") * 100),
        "a line": (b"", b"x" * MIB),
        "line ends": (b"", b"\r\n" * 500_000),
        "empty commands": (b"", b"*0\r\n" * 250_000),
    }
    told = []
    for name, (head, piece) in floods.items():
        with server.client() as client:
            sent = flood(client, (piece if at else head + piece for at in range(most)))
        told.append(f"{name} {sent / MIB:.0f}")
    return "MiB sent: " + ", ".join(told)


def queue(server, options):
    """MULTI without EXEC: many small commands, then large ones, then many that are refused."""
    told = []
    for name, piece in (("small commands", encode("SET", "k", "v") * 10_000), ("large ones", encode("SET", "k", "v" * 900_000)),
                        ("refused ones", encode("NOSUCH", "k" * 1000) * 1000)):
        with server.client() as client:
            sent = flood(client, [encode("MULTI"), *(piece for _ in range(3 * options.share))])
        told.append(f"{name} {sent / MIB:.0f}")
    return "MiB sent: " + ", ".join(told)


def connections(server, options):
    """All the clients that may connect, each in the middle of a command; then one more."""
    with server.client() as control:
        most = min(int(control.ok("CONFIG", "GET", "maxclients")[1]), max(200, 100 * options.share))
        control.ok("CONFIG", "SET", "maxclients", most)
        crowd = []
        for _ in range(most - 2):
            client = server.client()
            client.socket.setblocking(False)
            client.socket.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$15000\r\n" + b"x" * 14_000)
            crowd.append(client)
        deadline = time.monotonic() + 10
        while info_number(server_info(control), "connected_clients") < most - 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        refused, held = 0, server.rss()
        for _ in range(20):
            try:
                with server.client() as more:
                    refused += more.call("PING") == b"ERR max number of clients reached"
            except (ServerDied, OSError):
                refused += 1
        for client in crowd:
            client.close()
    check(refused >= 10, f"{refused} of 20 clients more were refused")
    return f"{len(crowd)} clients in the middle of a command: {held / MIB:.0f} MiB resident"


def server_info(client):
    text = client.ok("INFO", "all").decode(errors="replace")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))


def watches(server, options):
    """A million watched keys."""
    with server.client() as client:
        sent = flood(client, (encode("WATCH", *("watched:%d:" % i + "x" * 50 for i in range(at, at + 1000))) for at in range(0, 10_000 * options.share, 1000)))
        with server.client() as other:
            began = time.monotonic()
            other.ok("FLUSHDB")
            took = time.monotonic() - began
    return f"{sent / MIB:.0f} MiB of WATCH sent; FLUSHDB then took {took * 1e3:.0f} ms"


SCRIPTS = {
    "a table": "local t = {} for i = 1, 1e9 do t[i] = i end",
    "texts": "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end",
    "one text": "local s = 'x' while true do s = s .. s end",
    "string.rep": "return string.rep('x', 2^30)",
    "string.format": "local s = string.rep('%99d', 1000) return string.format(s, unpack({}))",
    "closures": "local t = {} for i = 1, 1e9 do t[i] = function() return i end end",
    "coroutines": "local t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end",
    "recursion": "local function f(n) return 1 + f(n + 1) end return f(0)",
    "cjson": "local t = {} for i = 1, 1e5 do t[i] = string.rep('x', 1000) end local r = {} for i = 1, 1e5 do r[i] = cjson.encode(t) end",
    "cjson.decode": "return #cjson.decode('[' .. string.rep('[', 900) .. string.rep('1,', 1e7) .. '1' .. string.rep(']', 901))",
    "cmsgpack": "local t = {} for i = 1, 1e5 do t[i] = string.rep('x', 1000) end local r = {} for i = 1, 1e5 do r[i] = cmsgpack.pack(t, t) end",
    "a reply": "local t = {} for i = 1, 1e5 do t[i] = ARGV[1] end return t",
    "replies of commands": "local t = {} for i = 1, 1e9 do t[i] = redis.call('get', 'megabyte') .. i end",
    "arguments of commands": "local s = string.rep('x', 1e6) for i = 1, 1e6 do redis.call('publish', 'c', s .. i) end",
    "written keys": "local s = string.rep('x', 1e5) for i = 1, WRITES do redis.call('set', 'written' .. i, s) end",
    "caught errors": "local t = {} local function f() for i = 1, 1e9 do t[#t + 1] = string.rep('x', 1e5) .. i end end pcall(f) pcall(f) error('caught')",
}


def scripts(server, options):
    """Scripts that allocate without end: each ends with an error, or is killed."""
    told = []
    with server.client() as control:
        control.ok("SET", "megabyte", b"y" * 1_000_000)
        listener = server.client()
        listener.send(encode("SUBSCRIBE", "c"))
        for name, text in SCRIPTS.items():
            ended = threading.Event()
            replies = []

            def run(text=text, replies=replies, ended=ended):
                with server.client(120) as client:
                    replies.append(client.call("EVAL", text.replace("WRITES", str(20 * options.share)), "0", "x" * 1000))
                ended.set()

            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            end = time.monotonic() + 60
            while not ended.wait(2) and time.monotonic() < end:
                control.call("SCRIPT", "KILL")
            check(ended.is_set(), f"the script for {name} runs for a minute")
            thread.join(10)
            wanted = name in ("a reply", "written keys", "arguments of commands")
            check(isinstance(replies[0], Error) or wanted, f"{name}: {replies[0]!r:.100}")
            told.append(f"{name}: {server.rss() / MIB:.0f}")
        check(control.ok("EVAL", "return 1", "0") == 1, "the next script")
        held = info_number(server.info(), "script_memory_bytes")
        listener.close()
    check(held < 16 * MIB, f"{held / MIB:.0f} MiB of the interpreters are held")
    return f"MiB resident after {', '.join(told)}"


def functions(server, options):
    """Libraries without end: many, large ones, and those that allocate while they are loaded."""
    told = []
    with server.client() as client:
        for name, code in (("large", "local s = [[" + "x" * 900_000 + "]] redis.register_function('f%d', function() return #s end)"),
                           ("small", "redis.register_function('f%d', function() return 1 end)"),
                           ("greedy", "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1000) .. i end redis.register_function('f%d', function() end)")):
            loaded = 0
            for number in range({"large": 2, "small": 100, "greedy": 1}[name] * options.share // (10 if name == "greedy" else 1)):
                reply = client.call("FUNCTION", "LOAD", f"#!lua name={name}{number}\n" + code % number)
                if isinstance(reply, Error):
                    break
                loaded += 1
            told.append(f"{name} {loaded}")
            client.ok("FUNCTION", "FLUSH")
    return "libraries loaded: " + ", ".join(told)


CASES = (strangers, unread, channels, endless, queue, connections, watches, scripts, functions)


def run_case(case, folder, options):
    server = folder.add(terrace(f"{folder.path}/{case.__name__}", "--maxmemory", options.maxmemory)).start()
    bystander = Bystander(server)
    try:
        with Sampler(server) as sampler:
            bystander.start()
            told = case(server, options)
            bystander.end()
    except ServerDied as died:
        raise Wrong(f"{case.__name__}: {died}\n{server.log_tail()}") from None
    say(f"{case.__name__}: {told}; {sampler.most / MIB:.0f} MiB resident at most, the bystander waited {bystander.longest * 1e3:.0f} ms at most")
    bound = options.bytes + CONSTANT
    check(sampler.most <= bound, f"{case.__name__}: {sampler.most / MIB:.0f} MiB resident, the bound is {bound / MIB:.0f}")
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--share", type=int, default=100)
    parser.add_argument("--cases", default=",".join(case.__name__ for case in CASES))
    options = parser.parse_args()
    options.bytes = megabytes(options.maxmemory)
    chosen = options.cases.split(",")
    with Folder("hostile") as folder:
        for case in CASES:
            if case.__name__ in chosen:
                run_case(case, folder, options)
    say("hostile: all within their bounds")


if __name__ == "__main__":
    end_with("hostile", main)

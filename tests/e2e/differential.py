#!/usr/bin/python3
"""Random commands to Terrace and to redis-server; every reply and, at intervals, the whole state compared.

  differential.py --commands 100000 --seed 7 --config hot|spilled|restart [--subject redis] [--inject N]

A difference prints the seed, the number of the command, the command and both replies. --subject redis puts
redis-server on both sides: that run must find nothing; with --inject N a hidden write to the subject before command N
must be found, or the test proves nothing.
"""
import argparse
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time

import compare
from dictionary import Dictionary, as_list, pairs, read_commands, reason_left_out
from harness import Error, Folder, Incomplete, ServerDied, Simple, encode, parse, redis, say, terrace

CONNECTIONS = 3
BATCH_COMMANDS = 300
BATCH_BYTES = 400_000

# What COMMAND says in words of its own: that it is said is compared, not how.
OWN_WORDS = (b"summary", b"complexity", b"replaced_by", b"notes")
# INFO fields of redis-server that have no meaning here.
FIELDS_NOT_TOLD = set()


class Difference(Exception):
    pass


class Pair:
    """The same bytes to both servers over one connection each; replies until a marker."""

    def __init__(self, subject, reference, timeout=None):
        timeout = timeout or float(os.environ.get("TERRACE_TIMEOUT", "60"))
        self.clients = [subject.client(timeout), reference.client(timeout)]
        self.timeout, self.turn = timeout, 0
        for client in self.clients:
            client.socket.setblocking(False)

    def close(self):
        for client in self.clients:
            client.close()

    def exchange(self, data):
        """Raw replies of both servers to the same commands. Writing and reading overlap: neither side can jam."""
        self.turn += 1
        token = b"marker-%d-%d" % (self.turn, id(self) % 1_000_003)
        tail = b"$%d\r\n%s\r\n" % (len(token), token)
        data += encode(b"ECHO", token)
        out = [memoryview(data), memoryview(data)]
        back = [bytearray(), bytearray()]
        waiting = {0, 1}
        deadline = time.monotonic() + self.timeout
        while waiting:
            readers = [self.clients[side].socket for side in waiting]
            writers = [self.clients[side].socket for side in waiting if out[side]]
            readable, writable, _ = select.select(readers, writers, [], 1.0)
            for side in tuple(waiting):
                connection = self.clients[side].socket
                if connection in writable:
                    out[side] = out[side][connection.send(out[side][:1 << 20]):]
                if connection in readable:
                    chunk = connection.recv(1 << 20)
                    if not chunk:
                        raise ServerDied(f"{'subject' if side == 0 else 'reference'} closed the connection")
                    back[side] += chunk
                    if back[side].endswith(tail):
                        waiting.discard(side)
            if time.monotonic() > deadline:
                late = " and ".join("subject" if side == 0 else "reference" for side in sorted(waiting))
                raise Difference(f"no complete reply from the {late} within {self.timeout:.0f} s; got so far (end): "
                                 + repr([bytes(back[side][-200:]) for side in sorted(waiting)]))
        return [bytes(raw[:-len(tail)]) for raw in back]

    def call(self, *arguments):
        """One command to both, replies parsed."""
        return [parse(raw)[0] for raw in self.exchange(encode(*arguments))]

    def many(self, commands):
        raws = self.exchange(b"".join(encode(*command) for command in commands))
        return [parse_all(raw) for raw in raws]


def parse_all(raw):
    replies, at = [], 0
    while at < len(raw):
        try:
            value, at = parse(raw, at)
        except Incomplete:
            replies.append(("cut", raw[at:at + 200]))
            break
        replies.append(value)
    return replies


def show(value, limit=400):
    text = repr(value)
    kind = type(value).__name__
    return f"{kind} {text if len(text) <= limit else text[:limit] + f'... ({len(text)} characters)'}"


class Run:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.done, self.batches, self.failures = 0, 0, []
        self.rules = {"fields_not_told": FIELDS_NOT_TOLD, "restarted": False}
        self.succeeded = set()
        self.restarts = self.state_checks = self.keys_compared = 0

    def servers(self, folder):
        options = self.options
        reference = ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"] \
            if options.config == "restart" else []
        # Half of the runs go over to large collections after few elements.
        limits = ["--hash-max-listpack-entries", "9", "--hash-max-listpack-value", "40", "--set-max-intset-entries", "9",
                  "--list-max-listpack-size", "5", "--zset-max-listpack-entries", "9", "--zset-max-listpack-value", "40"] if options.seed % 2 else []
        reference += limits + ["--hz", "500"]  # which is how often it looks at the time of blocked clients
        self.reference = folder.add(redis(folder.path + "/reference", *reference))
        if options.subject == "redis":
            self.subject = folder.add(redis(folder.path + "/subject", *reference, *options.subject_arguments))
        else:
            memory = ["--maxmemory", options.maxmemory or "32mb"] if options.config == "spilled" else \
                     ["--maxmemory", options.maxmemory] if options.maxmemory else []
            self.subject = folder.add(terrace(folder.path + "/subject", *memory, *limits, *options.subject_arguments))
        self.subject.start()
        self.reference.start()

    def connect(self):
        self.connections = [Pair(self.subject, self.reference) for _ in range(CONNECTIONS)]
        self.control = Pair(self.subject, self.reference)

    def prepare(self):
        with self.subject.client() as ours, self.reference.client() as theirs:
            self.own, reference = read_commands(ours), read_commands(theirs)
        unknown = [n for n in self.own if n not in reference and not reason_left_out(self.own[n])]
        if unknown:
            raise Difference("commands that redis-server does not know and no reason in LEFT_OUT: " + " ".join(sorted(unknown)))
        known = {name: command for name, command in reference.items() if name in self.own}
        large = self.options.config == "spilled"
        self.dictionary = Dictionary(self.options.seed, known, self.options.keys or (400 if large else 40), large,
                                     restarts=self.options.config == "restart", group=self.options.group)
        uncovered = [n for n in self.own if n not in self.dictionary.commands and not reason_left_out(self.own[n])]
        if uncovered:
            raise Difference("commands without generator and without reason: " + " ".join(sorted(uncovered)))
        self.missing = sorted(set(reference) - set(self.own))

    def check_table(self):
        """COMMAND INFO and COMMAND DOCS of every command that both know, field by field, with the types of RESP3."""
        names = sorted({name.split("|")[0] for name in self.own})
        self.control.call("HELLO", 3)
        rows = map(facts, self.control.many([("COMMAND", "INFO", name) for name in names]))
        pages = map(facts, self.control.many([("COMMAND", "DOCS", name) for name in names]))
        self.control.call("HELLO", 2)
        wrong = []
        for name, row, reference in zip(names, *rows):
            if isinstance(reference[0], list):
                wrong += [f"COMMAND INFO {name}: {text}" for text in row_differences(row[0], reference[0])]
        for name, page, reference in zip(names, *pages):
            if pairs(reference):
                wrong += [f"COMMAND DOCS {name}: {text}" for text in
                          page_differences(pairs(page).get(name.encode()), pairs(reference).get(name.encode()))]
        return wrong

    # --- one batch
    def next_batch(self):
        commands, size = [], 0
        while len(commands) < BATCH_COMMANDS and size < BATCH_BYTES:
            drawn = self.dictionary.draw()
            commands += drawn
            size += sum(len(argument) for _, arguments in drawn for argument in arguments)
        return commands

    def batch(self):
        connection = self.random.choice(self.connections)
        commands = self.next_batch()
        raws = connection.exchange(b"".join(encode(*arguments) for _, arguments in commands))
        first, self.done, self.batches = self.done, self.done + len(commands), self.batches + 1
        if raws[0] != raws[1] or self.batches % 16 == 1:
            self.compare(first, commands, *map(parse_all, raws))

    def compare(self, first, commands, ours, theirs):
        queued, in_multi = [], False
        for at, (name, arguments) in enumerate(commands):
            if at >= len(ours) or at >= len(theirs):
                return self.differ(first + at, arguments, ours[at:at + 1], theirs[at:at + 1])
            mine, other = ours[at], theirs[at]
            if mine == b"QUEUED" and other == b"QUEUED":
                queued.append((name, arguments))
                continue
            if name == "exec" and len(arguments) == 1:
                good = compare.same_exec(queued, mine, other, self.rules)
            else:
                good = compare.same(name, arguments, mine, other, self.rules)
            if name in ("multi", "exec", "discard", "reset"):
                queued = []
            if not good:
                return self.differ(first + at, arguments, mine, other, queued if in_multi else None)
            if not isinstance(other, Error):
                self.succeeded.add(name)
        if len(ours) != len(theirs) or len(ours) != len(commands):
            self.differ(first + len(commands), [b"(number of replies)"], len(ours), len(theirs))

    def differ(self, index, arguments, mine, other, queued=None):
        command = b" ".join(arguments[:2]).decode(errors="replace")
        self.failures.append((command, show(mine, 60), show(other, 60)))
        say(f"\nDIFFERENCE {len(self.failures)}: config {self.options.config}, seed {self.options.seed}, command {index}\n"
            f"  command   {show(arguments, 600)[5:]}\n  subject   {show(mine)}\n  reference {show(other)}")
        if queued:
            say(f"  queued    {show(queued, 600)}")
        if len(self.failures) >= self.options.max_failures:
            raise Difference(f"{len(self.failures)} differences: stopped")
        self.level()

    def level(self):
        """After a difference the states may have parted: both start empty again."""
        for pair in [*self.connections, self.control]:
            pair.many([("RESET",), ("FLUSHALL",)] if "reset" in self.own else [("FLUSHALL",)])

    def expect(self, what, arguments, mine, other, name="", rules=None):
        if not compare.same(name, arguments, mine, other, rules or self.rules):
            self.differ(self.done, [what.encode(), *arguments], mine, other)
            return False
        return True

    # --- lanes: what random pipelines cannot compare
    def state_check(self):
        """All keys of the databases in use: type, content, time to live, encoding."""
        self.state_checks += 1
        for database in range(4):
            self.control.call("SELECT", database)
            sizes = self.control.call("DBSIZE")
            lists = [sorted(reply) if isinstance(reply, list) else reply for reply in self.control.call("KEYS", "*")]
            if not self.expect("state: DBSIZE", [b"%d" % database], *sizes):
                return
            if lists[0] != lists[1]:
                extra, lost = set(lists[0]) - set(lists[1]), set(lists[1]) - set(lists[0])
                self.differ(self.done, [b"state: KEYS *", b"%d" % database], sorted(extra), sorted(lost))
                return
            for start in range(0, len(lists[1]), 200):
                if not self.compare_keys(lists[1][start:start + 200]):
                    return

    def compare_keys(self, keys):
        self.keys_compared += len(keys)
        kinds = self.control.many([("TYPE", key) for key in keys])
        for key, mine, other in zip(keys, *kinds):
            if not self.expect("state: TYPE", [key], mine, other):
                return False
        reads = {b"string": ("get", "GET", ()), b"list": ("lrange", "LRANGE", (b"0", b"-1")), b"set": ("smembers", "SMEMBERS", ()),
                 b"hash": ("hgetall", "HGETALL", ()), b"zset": ("zrange", "ZRANGE", (b"0", b"-1", b"WITHSCORES")),
                 b"stream": ("xrange", "XRANGE", (b"-", b"+"))}
        commands, names = [], []
        for key, kind in zip(keys, kinds[1]):
            name, word, rest = reads[bytes(kind)]
            commands += [(word, key, *rest), ("PTTL", key), ("OBJECT", "ENCODING", key)]
            names += [name, "pttl", "object|encoding"]
        for command, name, mine, other in zip(commands, names, *self.control.many(commands)):
            arguments = [part if isinstance(part, bytes) else part.encode() for part in command]
            if not self.expect("state:", arguments, mine, other, name):
                return False
        return True

    def scan_lane(self):
        """Whole SCAN iterations: the same keys on both sides, whatever the cursors are."""
        if "scan" not in self.own:
            return
        database, count = self.random.randrange(2), self.random.choice((1, 7, 50, 1000))
        tail = self.random.choice(([], ["MATCH", "s*"], ["MATCH", "*1*"], ["TYPE", "string"], ["MATCH", "*", "TYPE", "zset"]))
        found = []
        for client in self.control.clients:
            client.socket.setblocking(True)
            client.ok("SELECT", database)
            keys, cursor, steps = set(), b"0", 0
            while True:
                cursor, page = client.ok("SCAN", cursor, "COUNT", count, *tail)
                keys.update(page)
                steps += 1
                if cursor == b"0" or steps > 1_000_000:
                    break
            found.append(keys)
            client.socket.setblocking(False)
        if found[0] != found[1]:
            self.differ(self.done, [b"SCAN iteration", b"COUNT %d" % count, *[t.encode() for t in tail]],
                        sorted(found[0] - found[1]), sorted(found[1] - found[0]))

    def random_lane(self):
        """RANDOMKEY names a key that is there."""
        if "randomkey" not in self.own:
            return
        keys = self.control.call("RANDOMKEY")
        for client, key in zip(self.control.clients, keys):
            client.socket.setblocking(True)
            if isinstance(key, bytes) and client.call("EXISTS", key) != 1:
                self.differ(self.done, [b"RANDOMKEY"], key, b"EXISTS says it is not there")
            client.socket.setblocking(False)
        self.expect("RANDOMKEY", [], *keys, name="randomkey")

    def pop_lane(self):
        """SPOP: refused alike; what the subject pops were members, and the reference gives them up by name."""
        if "spop" not in self.own:
            return
        self.control.call("SELECT", 0)
        self.control.call("SET", "lane:text", "x")
        for rest in ((), ("1",), ("0",), ("-1",), ("abc",), ("2", "3"), ("9223372036854775808",)):
            for key in ("lane:none", "lane:text") + (("set:0",) if rest not in ((), ("1",)) else ()):
                self.expect("SPOP", [key.encode(), *(text.encode() for text in rest)], *self.control.call("SPOP", key, *rest))
        self.control.call("DEL", "lane:text")
        ours, theirs = self.control.clients
        for client in (ours, theirs):
            client.socket.setblocking(True)
        for key in [key for key in ours.ok("KEYS", "set:*") if bytes(ours.ok("TYPE", key)) == b"set"][:12]:
            size, count = theirs.ok("SCARD", key), self.random.choice((None, 1, 2, 7, 100, 1000))
            popped = ours.call("SPOP", key, *([] if count is None else [count]))
            popped = [popped] if count is None else popped
            given_up = theirs.call("SREM", key, *popped)
            if len(popped) != min(count or 1, size) or given_up != len(popped):
                self.differ(self.done, [b"SPOP", key], popped, [size, given_up])
        for client in (ours, theirs):
            client.socket.setblocking(False)

    def sort_lane(self):
        """SORT with BY, GET and STORE over keys of its own, whose elements name further keys: text, hashes, none."""
        if "sort" not in self.own:
            return
        pick, choice = self.random.randrange, self.random.choice
        self.control.call("SELECT", 0)
        names = ["%d" % pick(-20, 60) for _ in range(pick(1, 60))] + choice(([], ["x", "", "1.5", " 2", "inf", "3x", "y*z"]))
        scored = [part for name in names for part in (pick(5), name)]
        fill = [("RPUSH", "lane:list", *names), ("SADD", "lane:set", *names), ("ZADD", "lane:zset", *scored), ("SET", "lane:text", "x")]
        for name in set(names):
            fill += [("SET", "lane:w:" + name, choice(("%d" % pick(9), "%.3f" % self.random.uniform(-5, 5), "word%d" % pick(5))))] if pick(4) else []
            fill += [("HSET", "lane:h:" + name, "f", pick(9), "g->", "%d" % pick(5))] if pick(4) else []
        fill.append(("ZADD", "lane:ranks", *(part for number in range(choice((5, 120, 128, 129, 200))) for part in (number, "m%d" % number))))
        self.control.many(fill)
        if self.options.config == "spilled" and self.options.subject != "redis":
            self.spill()
        self.expect("SORT:", [b"OBJECT ENCODING of a sorted set not yet sorted"], *self.control.call("OBJECT", "ENCODING", "lane:ranks"))
        patterns = ["lane:w:*", "lane:h:*->f", "lane:h:*->g->", "lane:h:*", "lane:w:*->f", "lane:*", "lane:h:*->", "lane:h:->*"]
        commands = []
        for _ in range(60):
            source, command = choice(("lane:list", "lane:set", "lane:zset")), []
            of_set = source == "lane:set"
            by = choice((None, None, "nosort", "#", *patterns))
            alpha = pick(2) and (by is None or source == "lane:list")  # elements of equal weight in the order of the set are the server's own
            stores = pick(4) == 0
            command += ["BY", by] if by else []
            command += ["ALPHA"] if alpha else []
            command += choice(([], ["ASC"], ["DESC"], ["desc"]))
            if not (by and (of_set or alpha)) or (source == "lane:zset" and by == "nosort"):
                command += choice(([], [], ["LIMIT", pick(-2, 30), pick(-2, 30)]))
            if not (of_set and by in ("nosort", "#")) or stores:
                command += [word for _ in range(pick(3)) for word in ("GET", choice(("#", "fixed", *patterns)))]
            command += ["STORE", choice(("lane:to", "lane:text"))] if stores else []
            key = choice((source,) * 9 + ("lane:none", "lane:h:1"))
            commands.append(("SORT" if stores or pick(3) else "SORT_RO", key, *command))
            commands += [("LRANGE", "lane:to", 0, -1), ("TYPE", "lane:text")] if stores else []
        for command, mine, other in zip(commands, *self.control.many(commands)):
            if command[1:4] in (("lane:set", "BY", "nosort"), ("lane:set", "BY", "#")) and "STORE" not in command:
                mine, other = (sorted(map(repr, reply)) if isinstance(reply, list) else reply for reply in (mine, other))
            self.expect("SORT:", [str(part).encode() for part in command], mine, other)
        self.control.many([("DEL", key) for key in self.control.call("KEYS", "lane:*")[1]])

    def expiry_lane(self):
        """Real expiry: keys that live for a fraction of a second, read while they live and after."""
        names = self.own
        self.control.call("SELECT", 0)
        now = int(time.time() * 1000)
        sets = [("SET", "lane:a", "1", "PX", 150), ("SET", "lane:keep", "1"), ("SET", "lane:b", "x" * 3000), ("PEXPIRE", "lane:b", 120),
                ("SET", "lane:c", "5"), ("PEXPIREAT", "lane:c", now + 200), ("PSETEX", "lane:d", 100, "v"), ("SET", "lane:e", "v"),
                ("GETEX", "lane:e", "PX", 90), ("SET", "lane:f", "1", "PX", 60_000), ("PERSIST", "lane:f"),
                ("SET", "lane:g", "1", "PXAT", now + 150), ("SET", "lane:h", "1", "PX", 100), ("SET", "lane:h", "2", "KEEPTTL"),
                ("SET", "lane:i", "1", "PX", 100), ("RENAME", "lane:i", "lane:j"), ("SET", "lane:k", "1", "PX", 100),
                ("COPY", "lane:k", "lane:l"), ("SET", "lane:m", "1", "PX", 100), ("MOVE", "lane:m", 3)]
        sets = [command for command in sets if command[0].lower() in names]
        if self.options.config == "spilled" and self.options.subject != "redis":
            client = self.control.clients[0]
            self.control.many(sets)
            client.socket.setblocking(True)
            client.call("TERRACE", "SPILL", "ALL")
            client.socket.setblocking(False)
        else:
            for command, mine, other in zip(sets, *self.control.many(sets)):
                self.expect("expiry:", [str(part).encode() for part in command], mine, other)
        time.sleep(0.35)
        keys = ["lane:" + letter for letter in "abcdefghijklm"] + ["lane:keep"]
        reads = [("DBSIZE",)] if self.random.random() < 0.3 else []  # may still count what nobody has touched
        reads = [command for key in keys for command in (("GET", key), ("EXISTS", key), ("PTTL", key), ("TYPE", key), ("STRLEN", key))]
        reads += [("KEYS", "lane:*"), ("MGET", *keys), ("APPEND", "lane:a", "new"), ("PTTL", "lane:a"), ("INCR", "lane:c"),
                  ("SET", "lane:d", "x", "XX"), ("SETNX", "lane:e", "again"), ("DEL", *keys), ("DBSIZE",)]
        reads = [command for command in reads if command[0].lower() in names]
        for command, mine, other in zip(reads, *self.control.many(reads)):
            self.expect("expiry:", [str(part).encode() for part in command], mine, other, command[0].lower())
        self.control.many([("SELECT", 3), ("DEL", "lane:m"), ("SELECT", 0)])

    def dump_lane(self):
        """DUMP on each side, RESTORE on the other: the key comes over whole."""
        if "dump" not in self.own or "restore" not in self.own:
            return
        self.control.call("SELECT", 0)
        keys = self.control.call("KEYS", "*")[1]
        for key in self.random.sample(keys, min(8, len(keys))):
            payloads = self.control.call("DUMP", key)
            for payload in payloads:
                if not isinstance(payload, bytes) or isinstance(payload, Error):
                    continue
                ttl = self.random.choice((0, 50_000_000))
                if self.expect("RESTORE", [key], *self.control.call("RESTORE", "lane:restored", ttl, payload, "REPLACE")):
                    self.compare_keys([b"lane:restored"])
                    self.expect("COPY of RESTORE", [key], *self.control.call("COPY", key, "lane:restored", "REPLACE"))
                    self.compare_keys([b"lane:restored"])
        self.control.call("DEL", "lane:restored")

    def spill(self):
        client = self.control.clients[0]
        client.socket.setblocking(True)
        client.ok("TERRACE", "SPILL", "ALL")
        client.socket.setblocking(False)

    def streams(self):
        """The subject's streams in full, groups and all: redis-server's AOF does not tell of all that, Terrace's log does."""
        with self.subject.client() as client:
            client.ok("SELECT", 0)
            keys = [key for key in sorted(client.ok("KEYS", "stream:*")) if bytes(client.ok("TYPE", key)) == b"stream"]
            return {key: compare.without_times("xinfo|stream", client.ok("XINFO", "STREAM", key, "FULL", "COUNT", "0")) for key in keys}

    def restart(self):
        hard = self.random.random() < 0.6
        streams = self.streams() if self.options.subject != "redis" else None
        for pair in [*self.connections, self.control]:
            pair.close()
        for server in (self.subject, self.reference):
            server.kill(signal.SIGKILL if hard else signal.SIGTERM)
        self.subject.start()
        self.reference.start()
        self.connect()
        self.restarts += 1
        self.rules["restarted"] = True
        if streams is not None and streams != (again := self.streams()):
            self.differ(self.done, [b"streams after a restart"], again, streams)
        self.state_check()

    def inject(self):
        with self.subject.client() as client:
            client.ok("SET", "string:0", "injected")
            client.ok("SET", "string:1", "injected")

    # --- the whole
    def loop(self):
        options, begin = self.options, time.monotonic()
        injected = spoken = 0
        while self.done < options.commands:
            if options.inject is not None and not injected and self.done >= options.inject:
                injected = 1
                self.inject()
                self.state_check()  # at once: a FLUSHALL among the next commands would take the difference away
            self.batch()
            if options.config == "spilled" and self.batches % 7 == 0 and options.subject != "redis":
                self.spill()
            if self.batches % 40 == 0:
                self.state_check()
                self.scan_lane()
                self.random_lane()
                self.dump_lane()
                self.pop_lane()
                self.sort_lane()
            if self.batches % 150 == 20:
                self.expiry_lane()
            if options.config == "restart" and self.batches % options.restart_batches == 0:
                self.restart()
            if time.monotonic() - begin > 30 * (spoken + 1):
                spoken += 1
                say(f"  {self.done} commands, {self.done / (time.monotonic() - begin):.0f}/s, {self.restarts} restarts, "
                    f"{len(self.failures)} differences")
        self.state_check()
        self.scan_lane()
        return time.monotonic() - begin


def row_differences(row, reference):
    if not isinstance(row, list) or len(row) < 10:
        return [f"row {row!r}"]
    names = ["name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specs", "subcommands"]
    out = []
    for name, mine, other in zip(names, row, reference):
        if name == "subcommands":
            rows = {sub[0]: sub for sub in as_list(other)}
            for sub in as_list(mine):
                if sub[0] in rows:
                    out += [f"{sub[0].decode()}: {text}" for text in row_differences(sub, rows[sub[0]])]
        elif mine != other:
            out.append(f"{name}: {mine!r}, not {other!r}")
    return out


def page_differences(page, reference):
    if page is None:
        return ["no page"]
    if list(pairs(page)) != list(pairs(reference)):
        return [f"fields: {list(pairs(page))!r}, not {list(pairs(reference))!r}"]
    page, reference, out = pairs(page), pairs(reference), []
    for field, other in reference.items():
        if field == b"subcommands":
            below, other_below = pairs(page[field]), pairs(other)
            for sub in below:
                if sub in other_below:
                    out += [f"{sub.decode()}: {text}" for text in page_differences(below[sub], other_below[sub])]
        elif page[field] != other:
            out.append(f"{field.decode()}: {page[field]!r}, not {other!r}")
    return out


def facts(reply):
    """A reply in RESP3 without the texts: of those listed in OWN_WORDS, and of the versions of a command's history."""
    if isinstance(reply, list):
        return [facts(each) for each in reply]
    if not isinstance(reply, tuple) or reply[0] not in ("map", "set"):
        return reply
    if reply[0] == "set":
        return ("set", facts(reply[1]))
    told = {b"history": lambda history: (history[0], [version for version, _ in history[1]])}
    return ("map", [(name, None if name in OWN_WORDS else told.get(name, facts)(value)) for name, value in reply[1]])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--config", choices=("hot", "spilled", "restart"), default="hot")
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--subject-arguments", type=lambda text: text.split(), default=[])
    parser.add_argument("--maxmemory", help="of the subject (spilled: 32mb)")
    parser.add_argument("--keys", type=int, help="keys of each type (40; spilled: 400)")
    parser.add_argument("--group", help="commands of one group (stream, sorted-set, generic, ...), with few others between them")
    parser.add_argument("--restart-batches", type=int, default=12, help="batches between restarts (12)")
    parser.add_argument("--max-failures", type=int, default=20)
    parser.add_argument("--inject", type=int, help="change the subject behind the test's back before this command")
    parser.add_argument("--no-table", action="store_true", help="do not compare COMMAND INFO and DOCS")
    parser.add_argument("--keep", action="store_true", help="keep the folder")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "little")
    return options


def main():
    options = arguments()
    say(f"differential: {options.subject} against redis-server, config {options.config}, seed {options.seed}, "
        f"{options.commands} commands")
    run, ended = Run(options), ""
    with Folder("differential", options.keep) as folder:
        run.servers(folder)
        run.connect()
        seconds, table = 0.0, []
        try:
            run.prepare()
            table = [] if options.no_table else run.check_table()
            for line in table[:40]:
                say("  table:", line)
            seconds = run.loop()
        except (Difference, ServerDied) as problem:
            ended = str(problem)
            say("\nSTOPPED:", ended)
            time.sleep(2.0 if "closed" in ended else 0.0)  # a crash may still be writing its core
            if "no complete reply" in ended and shutil.which("gdb") and run.subject.running():
                threads = subprocess.run(["gdb", "-p", str(run.subject.pid), "-batch", "-ex", "thread apply all bt 30"], capture_output=True, text=True)
                say(f"the subject has used {run.subject.cpu_seconds():.1f} s of CPU; its threads:\n{threads.stdout[-6000:]}")
        counts = getattr(run, "dictionary", None).counts if hasattr(run, "dictionary") else {}
        covered = [name for name, count in counts.items() if count]
        silent = sorted(name for name in covered if name not in run.succeeded and counts[name] > 200)
        if silent:
            say("never seen to succeed (only the parsed batches are counted):", *silent)
        say(f"differential: {run.done} commands of {len(covered)} kinds in {seconds:.1f} s"
            + (f" ({run.done / seconds:.0f}/s)" if seconds else "")
            + f", {run.state_checks} state checks over {run.keys_compared} keys, {run.restarts} restarts, "
            f"{len(run.failures)} differences, {len(table)} in the command table, {len(getattr(run, 'missing', []))} commands of "
            "redis-server not there")
        if run.failures or ended or table:
            sys.exit(1)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Random commands to Terrace and to redis-server; every reply and, at intervals, the whole state compared.

  differential.py --commands 100000 --seed 7 --config hot|spilled|restart [--subject redis] [--inject N]

A difference prints the seed, the number of the command, the command and both replies. --subject redis puts
redis-server on both sides: that run must find nothing; with --inject N a hidden write to the subject before command N
must be found, with --forget-watch that the subject does not know what is watched, or the test proves nothing.
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

import command_table
import compare
import differential_lanes as lanes
import differential_scripts
from dictionary import Dictionary, read_commands, reason_left_out
from differential_messages import Listeners
from differential_statistics import SECTIONS, counted_apart, statistics
from harness import Error, Folder, Incomplete, ServerDied, encode, parse, redis, say, terrace
from interleaving import Interleaving

CONNECTIONS = 3
BATCH_COMMANDS = 300
BATCH_BYTES = 400_000

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
        self.queued = []  # commands behind MULTI
        for client in self.clients:
            client.socket.setblocking(False)

    def close(self):
        for client in self.clients:
            client.close()

    def exchange(self, data):
        """Raw replies of both servers to the same commands, up to a marker behind them."""
        self.turn += 1
        token = b"marker-%d-%d" % (self.turn, id(self) % 1_000_003)
        tail = b"$%d\r\n%s\r\n" % (len(token), token)
        data += encode(b"ECHO", token)
        return [raw[:-len(tail)] for raw in self.exchange_until([data, data], lambda raw: raw.endswith(tail))]

    def exchange_counted(self, datas, count):
        """The same without a marker, which a transaction would take for one of its commands."""
        return self.exchange_until(datas, lambda raw: complete_replies(raw) >= count)

    def exchange_until(self, datas, complete):
        """Writing and reading overlap: neither side can jam."""
        out = [memoryview(data) for data in datas]
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
                    if complete(back[side]):
                        waiting.discard(side)
            if time.monotonic() > deadline:
                late = " and ".join("subject" if side == 0 else "reference" for side in sorted(waiting))
                raise Difference(f"no complete reply from the {late} within {self.timeout:.0f} s; got so far (end): "
                                 + repr([bytes(back[side][-200:]) for side in sorted(waiting)]))
        return [bytes(raw) for raw in back]

    def call(self, *arguments):
        """One command to both, replies parsed."""
        return [parse(raw)[0] for raw in self.exchange(encode(*arguments))]

    def many(self, commands):
        raws = self.exchange(b"".join(encode(*command) for command in commands))
        return [parse_all(raw) for raw in raws]


def complete_replies(raw):
    return sum(1 for reply in parse_all(bytes(raw)) if not isinstance(reply, tuple) or reply[0] != "cut")


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
        self.recent = []  # commands since listeners were asked
        self.rules = {"fields_not_told": FIELDS_NOT_TOLD, "restarted": False, "counted_apart": set()}
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
        for server in (self.subject, self.reference):
            with server.client() as client:
                differential_scripts.install(client)
        self.listeners = Listeners(self.subject, self.reference, self.random)

    def prepare(self):
        with self.subject.client() as ours, self.reference.client() as theirs:
            self.own, reference = read_commands(ours), read_commands(theirs)
        unknown = [n for n in self.own if n not in reference and not reason_left_out(self.own[n])]
        if unknown:
            raise Difference("commands that redis-server does not know, with no reason in LEFT_OUT (dictionary.py): " + " ".join(sorted(unknown)))
        known = {name: command for name, command in reference.items() if name in self.own}
        large = self.options.config == "spilled"
        self.dictionary = Dictionary(self.options.seed, known, self.options.keys or (400 if large else 40), large,
                                     restarts=self.options.config == "restart", group=self.options.group)
        self.interleaving = Interleaving(self.dictionary, CONNECTIONS)
        uncovered = [n for n in self.own if n not in self.dictionary.commands and not reason_left_out(self.own[n])]
        if uncovered:
            raise Difference("commands without generator, with no reason in LEFT_OUT (dictionary.py): " + " ".join(sorted(uncovered)))
        self.missing = sorted(set(reference) - set(self.own))

    # --- one batch
    def next_batch(self):
        commands, size = [], 0
        while len(commands) < BATCH_COMMANDS and size < BATCH_BYTES:
            drawn = self.dictionary.draw()
            commands += drawn
            size += sum(len(argument) for _, arguments in drawn for argument in arguments)
        return commands

    def batch(self):
        connection, commands = self.random.choice(self.connections), self.next_batch()
        self.recent += commands
        raws = connection.exchange(b"".join(encode(*arguments) for _, arguments in commands))
        first, self.done, self.batches = self.done, self.done + len(commands), self.batches + 1
        if raws[0] != raws[1] or self.batches % 16 == 1:
            self.compare(connection, first, commands, *map(parse_all, raws))

    def interleaved(self):
        """Transactions of all connections at once: who sends next is drawn, too."""
        for turn, (number, commands) in enumerate(self.interleaving.draw()):
            if turn % 8 == 7:
                self.spill()
            connection = self.connections[number]
            self.recent += commands
            data = b"".join(encode(*arguments) for _, arguments in commands)
            for_subject = b"".join(encode(b"WATCH", b"another key") if name == "watch" else encode(*arguments) for name, arguments in commands)
            raws = connection.exchange_counted([for_subject if self.options.forget_watch else data, data], len(commands))
            self.compare(connection, self.done, commands, *map(parse_all, raws))
            self.done += len(commands)

    def compare(self, connection, first, commands, ours, theirs):
        for at, (name, arguments) in enumerate(commands):
            if at >= len(ours) or at >= len(theirs):
                return self.differ(first + at, arguments, ours[at:at + 1], theirs[at:at + 1])
            mine, other, queued = ours[at], theirs[at], connection.queued
            if mine == b"QUEUED" and other == b"QUEUED":
                queued.append((name, arguments))
                continue
            if name == "exec":
                good = compare.same_exec(queued, mine, other, self.rules)
                self.interleaving.executed(other)
            else:
                good = compare.same(name, arguments, mine, other, self.rules)
            if name in ("multi", "exec", "discard", "reset"):
                connection.queued = []
            if not good:
                return self.differ(first + at, arguments, mine, other, queued)
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

    def told_apart(self, what, key, mine, other):
        """Listeners were told different things of a key: the commands since the last check that name it say why."""
        for arguments in [arguments for _, arguments in self.recent if key in arguments][-12:]:
            say("  before    " + show(arguments, 300)[5:])
        self.differ(self.done, [what.encode()], mine, other)

    def check_listeners(self):
        self.listeners.check(self.told_apart)
        self.recent = []

    def level(self):
        """After a difference the states may have parted: both start empty again."""
        for pair in [*self.connections, self.control]:
            pair.many([("RESET",), ("FLUSHALL",)] if "reset" in self.own else [("FLUSHALL",)])
            pair.queued = []
        self.listeners.discard()

    def expect(self, what, arguments, mine, other, name="", rules=None):
        if not compare.same(name, arguments, mine, other, rules or self.rules):
            self.differ(self.done, [what.encode(), *arguments], mine, other)
            return False
        return True

    # --- beside the replies
    def statistics_check(self):
        """What INFO counts and both servers count exactly."""
        told = [statistics(*replies) for replies in self.control.many([("INFO", section) for section in SECTIONS])]
        for name, other in told[1].items():
            if counted_apart(name, self.rules["counted_apart"], told[1]):
                continue
            if not self.expect(f"INFO {name}", [], told[0].get(name, "nothing"), other):
                return

    def reset_statistics(self):
        self.control.call("CONFIG", "RESETSTAT")
        self.rules["counted_apart"] = set()

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

    def spill(self):
        if self.options.config != "spilled" or self.options.subject == "redis":
            return
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
        for pair in [*self.connections, self.control, self.listeners]:
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
        self.reset_statistics()
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
            if self.random.random() < 0.6:
                self.interleaved()
            if self.batches % 7 == 0:
                self.spill()
            if self.batches % 5 == 0:
                self.check_listeners()
            if self.batches % 40 == 0:
                self.state_check()
                self.statistics_check()
                for lane in (lanes.scan, lanes.random_key, lanes.dump, lanes.pop, lanes.sort, lanes.acl):
                    lane(self)
                self.reset_statistics()
                self.listeners.discard()
            if self.batches % 150 == 20:
                lanes.expiry(self)
                self.reset_statistics()
                self.listeners.discard()
            if options.config == "restart" and self.batches % options.restart_batches == 0:
                self.restart()
            if time.monotonic() - begin > 30 * (spoken + 1):
                spoken += 1
                say(f"  {self.done} commands, {self.done / (time.monotonic() - begin):.0f}/s, {self.restarts} restarts, "
                    f"{len(self.failures)} differences")
        self.state_check()
        self.statistics_check()
        lanes.scan(self)
        return time.monotonic() - begin


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
    parser.add_argument("--forget-watch", action="store_true", help="the subject is told to WATCH another key: must be found")
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
            run.reset_statistics()
            table = [] if options.no_table else command_table.differences(run.own, run.control)
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
        outcomes = run.interleaving.outcomes if hasattr(run, "interleaving") else {}
        say("transactions: " + ", ".join(f"{count} {what}" for what, count in outcomes.items()))
        if run.done >= 20_000 and not all(outcomes.values()):
            ended = ended or "not every way for a transaction to end was seen"
            say("FAILED:", ended)
        say(f"differential: {run.done} commands of {len(covered)} kinds in {seconds:.1f} s"
            + (f" ({run.done / seconds:.0f}/s)" if seconds else "")
            + f", {run.state_checks} state checks over {run.keys_compared} keys, {run.restarts} restarts, "
            f"{len(run.failures)} differences, {len(table)} in the command table, {len(getattr(run, 'missing', []))} commands of "
            "redis-server not there")
        if run.failures or ended or table:
            sys.exit(1)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""SIGKILL under load, again and again; after each restart every key is what it may be and nothing else.

  kill_loop.py --cycles 50 --maxmemory 64mb [--seed N] [--keys N] [--connections N] [--large 17mb] [--transactions]

Each key belongs to one connection, which knows the order of its commands: the recovered state must be the one after
some prefix of what the connection issued that contains all that was acknowledged to it: acknowledged <= recovered <=
issued, one and the same prefix for all its keys, transactions whole or not at all. Most keys are values of all types that
grow and shrink (kill_models.py), six of them large ones (--large); the others strings and counters. Deleted keys stay
deleted, times to live and DBSIZE agree. Beside them tellers move amounts between accounts by transactions, scripts and functions
(kill_accounts.py), and a librarian changes the libraries of functions (kill_functions.py); with --transactions they alone.
Meanwhile TERRACE SPILL, COMPACT and CHECKPOINT run; some kills hit the server while it recovers, some ends are SIGTERM.
--subject redis (appendonly, appendfsync always) checks the test itself; with --subject-arguments "--appendonly no" that run
must fail.
"""
import argparse
import os
import random
import signal
import sys
import threading
import time

from harness import Client, Error, Folder, ServerDied, Values, encode, fail, megabytes, redis, say, terrace
from kill_accounts import Bank
from kill_functions import COUNTER, Librarian
from kill_models import LARGE_MODELS, MANY, model_of, sibling

EXPIRY_SLACK_MS = 1500
LARGE_ELEMENT_BYTES = 300


class Owner(threading.Thread):
    """One connection with its keys, what they hold, and what is not yet acknowledged."""

    def __init__(self, number, options):
        super().__init__(daemon=True)
        self.number, self.options = number, options
        self.random = random.Random(options.seed * 1000 + number)
        self.values = Values(options.seed, 16, options.value_size)
        # The large keys, shared out among the connections, come last.
        large = LARGE_MODELS[number::options.connections] if options.large else []
        self.names = [b"o%d:k%d" % (number, at) for at in range(options.keys)] + [b"o%d:large%d" % (number, at) for at in range(len(large))]
        self.models = [model_of(key) for key in range(options.keys)] + large
        self.state = [None] * len(self.names)  # None, or (value kind, expiry_ms or None)
        self.touched = set()
        self.pending = []  # groups: [(key, state), ...], in order of issue
        self.version = 0
        self.issued = self.acknowledged = 0
        self.problem = None

    # A value kind is (version, appended bytes), an int for a counter, or what a collection holds.
    def bytes_of(self, key, kind):
        if self.models[key]:
            return kind
        return b"%d" % kind if isinstance(kind, int) else self.values.value(self.number * 1_000_000 + key, kind[0]) + kind[1]

    def is_counter(self, key):
        return key % 4 == 3

    def is_large(self, key):
        return key >= self.options.keys

    def draw_key(self):
        large = len(self.names) - self.options.keys
        if large and self.random.random() < 0.02:
            return self.options.keys + self.random.randrange(large)
        return int(self.random.random() ** 1.5 * self.options.keys)

    def draw(self, overlay):
        """(bytes of commands, replies to expect, effects); `overlay`: states after what is issued already."""
        key = self.draw_key()
        state, now, chance = overlay.get(key, self.state[key]), int(time.time() * 1000), self.random.random()
        if state and state[1] and state[1] < now + 3_600_000:
            if now < state[1] + EXPIRY_SLACK_MS:
                return None  # about to expire: let it
            state = None
        name, self.version = self.names[key], self.version + 1
        if self.is_large(key) and self.random.random() < 0.8:
            chance = 1.0  # they live longer
        if chance < 0.10:
            return encode(b"DEL", name), 1, [(key, None)]
        if chance < 0.20 and state:
            if self.random.random() < 0.3:
                return encode(b"PERSIST", name), 1, [(key, (state[0], None))]
            expiry = now + (self.random.randint(200, 3000) if self.random.random() < 0.3 else self.random.randint(10**7, 10**9))
            return encode(b"PEXPIREAT", name, expiry), 1, [(key, (state[0], expiry))]
        if self.models[key]:
            return self.draw_of_collection(key, state, overlay, now)
        if self.is_counter(key):
            return encode(b"INCR", name), 1, [(key, ((state[0] if state else 0) + 1, state[1] if state else None))]
        if chance < 0.38:
            kind = state[0] if state else (0, None)
            if state and len(kind[1]) < 2000:
                extra = b"+%d" % self.version
                return encode(b"APPEND", name, extra), 1, [(key, ((kind[0], kind[1] + extra), state[1]))]
        if chance < 0.46:
            pair = [key, (key + 4) % len(self.names)]
            pair = [k for k in dict.fromkeys(pair) if not self.is_counter(k) and not self.models[k]]
            effects = [(k, ((self.version, b""), None)) for k in pair]
            return encode(b"MSET", *[word for k, s in effects for word in (self.names[k], self.bytes_of(k, s[0]))]), 1, effects
        kind = (self.version, b"")
        return encode(b"SET", name, self.bytes_of(key, kind)), 1, [(key, (kind, None))]

    def draw_group(self, overlay):
        """The same of one command or of a transaction of several."""
        if self.random.random() < 0.85:
            return self.draw(overlay)
        overlay, drawn = dict(overlay), []
        for _ in range(self.random.choice((1, 2, 3, 8))):
            one = self.draw(overlay)
            if one:
                drawn.append(one)
                overlay.update(one[2])
        data = encode(b"MULTI") + b"".join(data for data, _, _ in drawn) + encode(b"EXEC")
        return data, 2 + len(drawn), [effect for _, _, effects in drawn for effect in effects]

    def draw_of_collection(self, key, state, overlay, now):
        model, name, many = self.models[key], self.names[key], MANY
        content, expiry = state if state else (model.EMPTY, None)
        fresh = lambda: self.fresh_element(MANY)
        if self.is_large(key):
            many = self.options.large // getattr(model, "ELEMENT_BYTES", LARGE_ELEMENT_BYTES)
            fresh = lambda: self.fresh_element(5 * LARGE_ELEMENT_BYTES)
        elif content and hasattr(model, "move") and self.random.random() < 0.15:
            return self.draw_of_two(key, state, overlay, now)
        command, after = model.draw(self.random, name, content, fresh, many)
        return encode(*command), 1, [(key, after and (after, expiry))]

    def draw_of_two(self, key, state, overlay, now):
        model, other, (content, expiry) = self.models[key], sibling(key, self.options.keys), state
        target = overlay.get(other, self.state[other])
        if other == key or target and target[1] and target[1] < now + 3_600_000:
            return None  # whether it is still there is not known
        held, target_expiry = target if target else (model.EMPTY, None)
        if getattr(model, "MOVE_REPLACES", False):
            target_expiry = None
        command, left, grown = model.move(self.random, self.names[key], content, self.names[other], held)
        return encode(*command), 1, [(key, left and (left, expiry)), (other, (grown, target_expiry))]

    def fresh_element(self, most_bytes):
        """Never the same; a fifth of `most_bytes` on average."""
        self.version += 1
        size = int(self.random.random() ** 4 * most_bytes)
        return b"%d:%d:" % (self.number, self.version) + self.values.block[self.version % 1000:][:size]

    def run_load(self, port):
        """Until the connection breaks; what was acknowledged moves into `state`."""
        self.pending, self.problem = [], None
        client = None
        try:
            client = Client(port, 60)
            while True:
                overlay, parts, expected = {}, [], []
                for _ in range(self.random.choice((1, 4, 16, 48))):
                    drawn = self.draw_group(overlay)
                    if drawn:
                        data, replies, effects = drawn
                        parts.append(data)
                        expected.append(replies)
                        self.pending.append(effects)
                        overlay.update(effects)
                        self.touched.update(key for key, _ in effects)
                if not parts:
                    continue
                self.issued += len(parts)
                client.send(b"".join(parts))
                for replies in expected:
                    for _ in range(replies):
                        reply = client.receive()
                        if isinstance(reply, Error) or isinstance(reply, list) and any(isinstance(each, Error) for each in reply):
                            self.problem = f"connection {self.number}: {reply!r:.1000}"
                            return
                    for key, state in self.pending.pop(0):
                        self.state[key] = state
                    self.acknowledged += 1
        except (OSError, ServerDied):
            return
        finally:
            if client:
                client.close()

    # --- after the restart
    def allowed(self, key, seen, now, histories):
        """Bit p set: after the first p pending groups the key may look like `seen` (value or None, expiry or None)."""
        mask = 0
        history = histories.get(key, [(0, self.state[key])])
        for at, (first, state) in enumerate(history):
            last = history[at + 1][0] if at + 1 < len(history) else len(self.pending) + 1
            if self.fits(key, state, seen, now):
                mask |= ((1 << (last - first)) - 1) << first
        return mask

    def fits(self, key, state, seen, now):
        value, expiry = seen
        if state is None:
            return value is None
        if state[1] is not None and value is None:
            return state[1] <= now + EXPIRY_SLACK_MS
        if state[1] is not None and state[1] < now - EXPIRY_SLACK_MS:
            return False
        return value == self.bytes_of(key, state[0]) and expiry == state[1]

    def read(self, key):
        model = self.models[key]
        return model.read(self.names[key]) if model else ("GET", self.names[key])

    def seen(self, key, reply):
        model = self.models[key]
        if isinstance(reply, Error):
            return None if reply == b"ERR no such key" else reply
        return model.seen(reply) if model and reply is not None else reply

    def verify(self, client, keys):
        """The problems found; `state` is what was seen afterwards."""
        histories = {}
        for at, effects in enumerate(self.pending, 1):
            for key, state in effects:
                histories.setdefault(key, [(0, self.state[key])]).append((at, state))
        for key, history in histories.items():
            # Two effects of one group on one key: the last one counts.
            histories[key] = [entry for at, entry in enumerate(history) if at + 1 == len(history) or history[at + 1][0] != entry[0]]
        common, problems, seen_all = (1 << (len(self.pending) + 1)) - 1, [], {}
        keys = sorted(set(keys) | set(histories))
        for start in range(0, len(keys), 100):
            part = keys[start:start + 100]
            replies = client.pipeline([command for key in part for command in
                                       (self.read(key), ("PEXPIRETIME", self.names[key]))])
            now = int(time.time() * 1000)
            for at, key in enumerate(part):
                value, expiry = self.seen(key, replies[2 * at]), replies[2 * at + 1]
                seen = (value, expiry if isinstance(expiry, int) and expiry >= 0 else None)
                mask = self.allowed(key, seen, now, histories)
                if not mask:
                    problems.append(self.describe(key, seen, histories))
                elif common and not common & mask:
                    problems.append(f"connection {self.number}: no one prefix of the {len(self.pending)} pending commands fits all keys; "
                                    f"first at odds: " + self.describe(key, seen, histories))
                common &= mask
                seen_all[key] = mask
        if not problems:
            prefix = common.bit_length() - 1
            for effects in self.pending[:prefix]:
                for key, state in effects:
                    self.state[key] = state
        self.pending = []
        return problems

    def describe(self, key, seen, histories):
        def brief(kind):
            if self.models[key]:
                return f"{len(kind)} elements: {kind!r:.1000}"
            return kind if isinstance(kind, int) or kind is None else f"version {kind[0]} + {len(kind[1])} bytes"
        value, expiry = seen
        head = Values.parse_head(value) if isinstance(value, bytes) else None
        wanted = [(at, brief(state[0]) if state else None, state[1] if state else None)
                  for at, state in histories.get(key, [(0, self.state[key])])]
        if value is None or self.models[key] and not isinstance(value, bytes):
            text = "absent" if value is None else brief(value)
        else:
            text = f"{len(value)} bytes {value[:30]!r} (claims {head})"
        return f"{self.names[key].decode()}: found {text}, expiry {expiry}; allowed (after pending command, value, expiry): {wanted[:6]}"

    def present(self, now):
        return sum(1 for state in self.state if state and (state[1] is None or state[1] > now))


class Maintenance(threading.Thread):
    """What a tiered server does in the background, at random and often."""

    def __init__(self, port, seed):
        super().__init__(daemon=True)
        self.port, self.random, self.problem, self.done = port, random.Random(seed), None, {}

    def run(self):
        try:
            with Client(self.port, 60) as client:
                while True:
                    what = self.random.choice((("SPILL", "ALL"), ("COMPACT",), ("CHECKPOINT",), ("SPILL", "ALL")))
                    reply = client.call("TERRACE", *what)
                    if isinstance(reply, Error):
                        self.problem = f"TERRACE {' '.join(what)} answered {reply!r}"
                        return
                    self.done[what[0]] = self.done.get(what[0], 0) + 1
                    time.sleep(self.random.random() * 0.3)
        except (OSError, ServerDied):
            return


class Loop:
    def __init__(self, options, folder):
        self.options, self.random = options, random.Random(options.seed)
        directory = folder.path + "/data"
        if options.subject == "redis":
            self.server = redis(directory, "--appendonly", "yes", "--appendfsync", "always", *options.subject_arguments)
        else:
            self.server = terrace(directory, "--maxmemory", options.maxmemory, *options.subject_arguments)
        folder.add(self.server)
        self.owners = [] if options.transactions else [Owner(number, options) for number in range(options.connections)]
        self.bank = Bank(options.connections if options.transactions else 2, options.seed)
        self.librarian = Librarian(options.seed)
        self.kills = self.start_kills = self.terms = self.checked = 0
        self.maintained = {}

    def start(self):
        """Starts the server, sometimes killing it a few times while it recovers."""
        longest = max(self.server.start_seconds, 0.02)
        while self.random.random() < 0.3:
            self.server.launch()
            time.sleep(self.random.random() * longest * 1.3)
            self.server.kill(signal.SIGKILL)
            self.start_kills += 1
        self.server.start(timeout=120)

    def load(self):
        maintenance = None
        if self.options.subject != "redis":
            maintenance = Maintenance(self.server.port, self.random.random())
            maintenance.start()
        threads = [threading.Thread(target=owner.run_load, args=(self.server.port,), daemon=True) for owner in self.owners]
        threads += self.bank.threads(self.server.port)
        threads.append(threading.Thread(target=self.librarian.run, args=(self.server.port,), daemon=True))
        for thread in threads:
            thread.start()
        time.sleep(0.1 + self.random.random() ** 2 * self.options.load_seconds)
        if not self.server.running():
            fail(f"the server ended by itself under load ({self.server.process.returncode}):\n{self.server.log_tail()}")
        if self.random.random() < 0.1:
            self.terms += 1
            self.server.stop(120)
        else:
            self.kills += 1
            self.server.kill(signal.SIGKILL)
        for thread in threads:
            thread.join(60)
        problems = [owner.problem for owner in self.owners if owner.problem] + self.bank.problems()
        problems += [self.librarian.problem] if self.librarian.problem else []
        if maintenance:
            maintenance.join(60)
            problems += [maintenance.problem] if maintenance.problem else []
            for what, count in maintenance.done.items():
                self.maintained[what] = self.maintained.get(what, 0) + count
        return problems

    def verify(self, everything):
        with self.server.client(120) as client:
            problems = self.librarian.verify(client) + self.bank.verify(client)
        with self.server.client(120) as client:
            for owner in self.owners:
                sample = range(len(owner.names)) if everything else \
                    set(self.random.sample(range(len(owner.names)), len(owner.names) // 10)) | owner.touched
                self.checked += len(sample)
                problems += owner.verify(client, sample)
                owner.touched = set()
            if everything and not problems:
                before = int(time.time() * 1000)
                size = client.ok("DBSIZE")
                size -= client.ok("EXISTS", COUNTER)
                least = sum(owner.present(int(time.time() * 1000) + EXPIRY_SLACK_MS) for owner in self.owners)
                most = sum(owner.present(before - 60_000) for owner in self.owners)
                if not least <= size <= most:
                    problems.append(f"DBSIZE says {size}, {least} to {most} keys are there")
        return problems

    def run(self):
        begin = spoken = time.monotonic()
        self.server.start()
        with self.server.client() as client:
            self.librarian.open(client)
            self.bank.open(client)
        for cycle in range(self.options.cycles):
            problems = self.load()
            self.start()
            last = cycle + 1 == self.options.cycles
            problems += self.verify(everything=last or cycle % 10 == 9)
            if problems:
                say(f"\ncycle {cycle}, seed {self.options.seed}: {len(problems)} problems")
                for problem in problems[:10]:
                    say("  ", problem)
                fail(f"kill loop: cycle {cycle}")
            if time.monotonic() - spoken > 30 or last:
                spoken = time.monotonic()
                self.report(cycle + 1, spoken - begin)

    def report(self, cycles, seconds):
        issued, acknowledged = (sum(getattr(owner, field) for owner in self.owners) for field in ("issued", "acknowledged"))
        work = ", ".join(f"{count} {what.lower()}" for what, count in sorted(self.maintained.items())) or "none"
        say(f"kill loop: {cycles} cycles in {seconds:.0f} s: {self.kills} kills under load, {self.start_kills} while recovering, "
            f"{self.terms} SIGTERM; {issued} commands issued, {acknowledged} acknowledged, {self.checked} keys checked, "
            f"{self.bank.report()}, {self.librarian.done} changes of libraries, maintenance: {work}; last start {self.server.start_seconds:.2f} s, 0 lost")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--keys", type=int, default=4000, help="of each connection")
    parser.add_argument("--value-size", type=int, default=4000)
    parser.add_argument("--large", type=megabytes, default=1 << 20, help="about what a large key's value takes at most (1mb); 0: no large keys")
    parser.add_argument("--transactions", action="store_true", help="all connections move amounts between accounts")
    parser.add_argument("--load-seconds", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--subject-arguments", type=lambda text: text.split(), default=[])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "little")
    say(f"kill loop: {options.cycles} cycles, seed {options.seed}, maxmemory {options.maxmemory}")
    sys.setswitchinterval(0.001)
    with Folder("kill", options.keep) as folder:
        try:
            Loop(options, folder).run()
        except ServerDied as problem:
            fail(problem)


if __name__ == "__main__":
    main()

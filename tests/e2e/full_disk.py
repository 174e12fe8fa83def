#!/usr/bin/python3
"""A disk that is full: filled by the data, by something else, to the last byte; killed and restarted there.

  full_disk.py [--size 2gb] [--maxmemory 64mb] [--kills 10] [--seed N]

Clients write their own keys and know what each must hold. On a full disk writes that grow are refused with -OOM and not
half done; reads, deletes and expiry go on; no acknowledged write is lost, by SIGKILL neither; resident memory stays below
its bound; and writes go on by themselves once there is space, whether keys were deleted or something else made room.
Every key is read and compared after each step. Needs root (a small ext4 on a loop device).
"""
import argparse
import os
import random
import re
import signal
import threading
import time

from bad_case import Wrong
from harness import Client, Error, Folder, ServerDied, Values, encode, info_number, megabytes, say, terrace
from small_disk import run_on_small_disk

# More than soak.py's: eight clients that write large values at full speed come to 64 MiB beside maxmemory on any disk.
CONSTANT = 96 << 20
BATCH = 8
REFUSED = b"OOM the disk is full: "
KEYS_A_CLIENT = 1_000_000


class Writer(threading.Thread):
    """One connection with keys of its own: what they hold for certain, and what is in doubt since a kill."""

    def __init__(self, number, port, values, seed):
        super().__init__(daemon=True)
        self.number, self.port, self.values = number, port, values
        self.random = random.Random(seed * 1000 + number)
        self.held, self.gone, self.doubtful = {}, set(), {}  # key: version; keys deleted; key: version or None
        self.next_key = self.version = 0
        self.written = self.refused = self.read = 0
        self.last_written = self.last_refused = 0.0
        self.problem = None
        self.stopping = False

    def name(self, key):
        return b"full:%d:%d" % (self.number, key)

    def bytes_of(self, key, version):
        return self.values.value(self.number * KEYS_A_CLIENT + key, version)

    def draw(self, taken):
        """One command as (its bytes, its kind, key, version)."""
        chance = self.random.random()
        key = self.random.randrange(self.next_key) if self.next_key and chance < 0.4 else self.next_key
        if key in taken:
            key = self.next_key
        self.next_key = max(self.next_key, key + 1)
        taken.add(key)
        if key in self.held and chance < 0.15:
            return encode(b"GET", self.name(key)), "GET", key, self.held[key]
        if key in self.held and chance < 0.18:
            return encode(b"DEL", self.name(key)), "DEL", key, None
        self.version += 1
        return encode(b"SET", self.name(key), self.bytes_of(key, self.version)), "SET", key, self.version

    def settle(self, kind, key, version, reply):
        if kind == "GET":
            self.read += 1
            if reply != self.bytes_of(key, version):
                raise Wrong(f"GET {self.name(key)} gave {repr(reply)[:80]}, must be version {version}")
        elif kind == "DEL":
            if reply != 1:
                raise Wrong(f"DEL {self.name(key)} gave {reply!r}")
            del self.held[key]
            self.gone.add(key)
        elif reply == b"OK":
            self.written += 1
            self.last_written = time.monotonic()
            self.held[key] = version
            self.gone.discard(key)
        elif isinstance(reply, Error) and reply.startswith(REFUSED):
            self.refused += 1
            self.last_refused = time.monotonic()
            if key not in self.held:
                self.gone.add(key)
        else:
            raise Wrong(f"SET {self.name(key)} gave {repr(reply)[:120]}")

    def run(self):
        pending, client = [], None
        try:
            client = Client(self.port, 60)
            while not self.stopping:
                taken, before = set(), self.refused
                pending = [self.draw(taken) for _ in range(BATCH)]
                client.send(b"".join(command[0] for command in pending))
                while pending:
                    reply = client.receive()
                    self.settle(*pending.pop(0)[1:], reply)
                if self.refused - before > BATCH // 2:
                    time.sleep(0.02)
        except (Wrong, TimeoutError) as problem:
            self.problem = f"client {self.number}: {type(problem).__name__}: {problem}"
        except (OSError, ServerDied):
            # Killed: the state of what was not answered is the old one or the new one.
            self.doubtful.update({key: version for _, kind, key, version in pending if kind != "GET"})
        finally:
            if client:
                client.close()

    def next_run(self):
        """A thread runs once: the same keys with a new one."""
        follower = Writer(self.number, self.port, self.values, 0)
        for name in ("random", "held", "gone", "doubtful", "next_key", "version", "written", "refused", "read"):
            setattr(follower, name, getattr(self, name))
        return follower

    def verify(self, client):
        """Every key ever written."""
        keys = sorted(self.held.keys() | self.gone | self.doubtful.keys())
        for start in range(0, len(keys), 200):
            part = keys[start:start + 200]
            for key, seen in zip(part, client.pipeline([("GET", self.name(key)) for key in part])):
                self.judge(key, seen)
        self.doubtful = {}
        return len(keys)

    def judge(self, key, seen):
        allowed = [self.held.get(key)] + ([self.doubtful[key]] if key in self.doubtful else [])
        for version in allowed:
            if seen == (None if version is None else self.bytes_of(key, version)):
                self.held.pop(key, None)
                if version is None:
                    self.gone.add(key)
                else:
                    self.held[key] = version
                    self.gone.discard(key)
                return
        claims = Values.parse_head(seen) if isinstance(seen, bytes) and not isinstance(seen, Error) else None
        raise Wrong(f"{self.name(key)} gave {repr(seen)[:100]} (claims {claims}), may be of version {allowed}")


class Memory(threading.Thread):
    """Watches the resident memory of whichever process the server has."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.highest, self.recent, self.stopping = server, 0, 0, False

    def take(self):
        """The highest since the last call."""
        self.highest, self.recent, recent = max(self.highest, self.recent), 0, self.recent
        return recent

    def run(self):
        while not self.stopping:
            try:
                self.recent = max(self.recent, self.server.rss())
            except OSError:
                pass
            time.sleep(0.05)


class FullDisk:
    def __init__(self, options, folder, disk):
        self.options, self.folder, self.disk = options, folder, disk
        self.server = folder.add(terrace(disk.target + "/data", "--maxmemory", options.maxmemory, *options.server_arguments))
        self.server.log_path = folder.path + "/server.log"  # not on the disk that is full
        self.server.start()
        values = Values(options.seed, 1000, options.value_size)
        self.writers = [Writer(number, self.server.port, values, options.seed) for number in range(options.clients)]
        self.memory = Memory(self.server)
        self.memory.start()
        self.begin = time.monotonic()

    def tell(self, text):
        say(f"  {time.monotonic() - self.begin:5.1f} s  {text}; {self.disk.free() >> 20} MiB free, RSS at most {self.memory.take() >> 20} MiB")

    def total(self, field):
        return sum(getattr(writer, field) for writer in self.writers)

    # --- load
    def start_writers(self):
        self.writers = [writer.next_run() for writer in self.writers]
        for writer in self.writers:
            writer.start()

    def stop_writers(self):
        for writer in self.writers:
            writer.stopping = True
        for writer in self.writers:
            writer.join(90)
            if writer.is_alive():
                raise Wrong(f"client {writer.number} gets no reply")
        self.check_problems()

    def check_problems(self):
        problems = [writer.problem for writer in self.writers if writer.problem]
        if problems:
            raise Wrong("; ".join(problems))
        if not self.server.running():
            raise Wrong(f"the server ended by itself ({self.server.process.returncode}): {self.server.log_tail()}")

    def until(self, what, condition, seconds):
        end, begin = time.monotonic() + seconds, time.monotonic()
        while not condition():
            self.check_problems()
            if time.monotonic() > end:
                raise Wrong(f"after {seconds} s {what}: {self.figures()}")
            time.sleep(0.05)
        return time.monotonic() - begin

    def counter(self, name):
        return info_number(self.server.info(), name)

    def figures(self):
        info = self.server.info()
        names = ("disk_free_bytes", "segments", "segment_bytes", "live_records", "dead_records", "compactions", "checkpoints",
                 "checkpoint_failures", "log_bytes")
        return f"{ {name: info.get(name) for name in names} }; log: {self.server.log_tail(4)}"

    def is_refused(self):
        """All that was tried for half a second."""
        now = time.monotonic()
        return all(writer.last_refused > now - 0.5 and writer.last_written < now - 0.5 for writer in self.writers)

    def load_until_full(self):
        self.start_writers()
        self.until("writes are still taken", self.is_refused, 600)
        self.stop_writers()
        self.tell(f"full: {self.total('written')} writes done, {self.total('refused')} refused")

    def verify(self):
        with self.server.client(120) as client:
            checked = sum(writer.verify(client) for writer in self.writers)
            size, held = client.ok("DBSIZE"), sum(len(writer.held) for writer in self.writers)
            if size != held:
                raise Wrong(f"DBSIZE says {size}, {held} keys must be there")
        return checked

    def expect_writes(self, seconds, why):
        """Without anybody's help."""
        before = self.total("written")
        self.start_writers()
        took = self.until(f"writes are still refused although {why}", lambda: self.total("written") > before + 100, seconds)
        self.stop_writers()
        self.tell(f"{why}: writes go on after {took:.1f} s")

    # --- what must hold
    def deletes_and_expiry(self):
        """On the full disk; while others are being refused."""
        self.start_writers()
        with self.server.client(60) as client:
            client.ok("PING")
            writer, count = self.writers[0], 50
            writer.stopping = True
            writer.join(60)
            mine = sorted(writer.held)[:2 * count]
            for key in mine[:count]:
                if client.call("DEL", writer.name(key)) != 1:
                    raise Wrong(f"DEL {writer.name(key)} on a full disk")
            expired = self.counter("expired_keys")
            for key in mine[count:]:
                if client.call("PEXPIRE", writer.name(key), 300) != 1:
                    raise Wrong(f"PEXPIRE {writer.name(key)} on a full disk")
            for key in mine:
                del writer.held[key]
                writer.gone.add(key)
            # Nobody asks for them: what expires them is the background, and that needs the log.
            self.until("keys do not expire", lambda: self.counter("expired_keys") >= expired + count, 30)
            asked = [client.call("EXISTS", writer.name(key)) for key in mine]
            if any(asked):
                raise Wrong(f"{sum(asked)} of {len(mine)} deleted or expired keys are there")
        self.stop_writers()
        self.tell(f"{count} keys deleted and {count} expired while full")

    def queue_transactions(self, count):
        """While there is room."""
        clients = [self.server.client(600) for _ in range(count)]
        for client in clients:
            replies = client.pipeline([("MULTI",), ("SET", "full:queued", "x" * 5000), ("GET", "full:none")])
            if replies[1:] != [b"QUEUED"] * 2:
                raise Wrong(f"while there was room a transaction was not queued: {replies!r}")
        return clients

    def transactions(self, early):
        """What would grow is refused as a whole, also if there was room when it was queued (`early`); the rest is executed.
        Compaction may make a little room meanwhile: such a transaction is executed whole, and the next one is tried."""
        self.start_writers()
        with self.server.client(60) as client:
            if not any([self.refused_whole(early_client, client, []) for early_client in early]):
                raise Wrong(f"none of {len(early)} EXEC on a full disk was refused of those queued before")
            self.until("a transaction that would grow on a full disk is executed",
                       lambda: self.refused_whole(client, client, [("MULTI",), ("SET", "full:queued", "x" * 5000)]), 30)
            replies = client.pipeline([("MULTI",), ("GET", "full:none"), ("DEL", "full:none"), ("EXEC",)])
            if replies[3] != [None, 0]:
                raise Wrong(f"a transaction that does not grow on a full disk: {replies!r}")
        for early_client in early:
            early_client.close()
        self.stop_writers()
        self.tell("transactions refused whole")

    def refused_whole(self, client, observer, queue):
        """EXEC after `queue`: whether it was refused; the key is there if and only if it was not."""
        reply = client.pipeline([*queue, ("EXEC",)])[-1]
        refused = isinstance(reply, Error) and reply.startswith(b"EXECABORT")
        if not queue and refused and REFUSED not in reply:
            raise Wrong(f"EXEC of what was queued before the disk was full does not name the disk: {reply!r}")
        if not refused and (not isinstance(reply, list) or reply[0] != b"OK"):
            raise Wrong(f"EXEC of what would grow on a full disk: {reply!r}")
        if observer.call("DEL", "full:queued") != (0 if refused else 1):
            raise Wrong(f"after EXEC replied {reply!r} on a full disk its key is{'' if refused else ' not'} there")
        return refused

    def killed_when_it_fills(self):
        """At the first refusal: much that was acknowledged is in the log alone."""
        self.start_writers()
        self.until("writes are still taken", lambda: self.total("refused") > 0, 600)
        self.server.kill(signal.SIGKILL)
        for writer in self.writers:
            writer.join(60)
        self.server.start(120)
        self.check_problems()
        checked = self.verify()
        self.tell(f"killed at the first refusal: {checked} keys compared")

    def kills(self):
        """Each start takes up a fresh file of the log: the reserve must bear that, too."""
        slowest = checked = 0
        for number in range(self.options.kills):
            self.start_writers()
            time.sleep(0.3)
            # An orderly end must not need space either.
            by = signal.SIGTERM if number % 4 == 3 else signal.SIGKILL
            code = self.server.kill(by, 120)
            for writer in self.writers:
                writer.join(60)
            if any(writer.problem for writer in self.writers):
                self.stop_writers()
            if by == signal.SIGTERM and code not in (0, 1):
                raise Wrong(f"exit code {code} after SIGTERM on a full disk: {self.server.log_tail()}")
            self.server.start(120)
            slowest = max(slowest, self.server.start_seconds)
            checked += self.verify()
        self.tell(f"{self.options.kills} kills and restarts on the full disk, slowest start {slowest:.2f} s, {checked} keys compared")

    def to_the_last_byte(self):
        """Nothing is free: it may refuse to start, and says why; nothing is lost."""
        self.disk.fill()
        self.start_writers()
        time.sleep(1)
        refused = self.total("refused")
        self.until("a disk without a free byte does not refuse", lambda: self.total("refused") > refused + 50, 20)
        # A SET may have been taken before the server saw; a DEL may wait for the log's next file. What is in doubt is doubted.
        self.server.kill(signal.SIGKILL)
        for writer in self.writers:
            writer.join(60)
        outcome = self.start_without_space()
        self.disk.make_room()
        if not self.server.running():
            self.server.start(120)
        checked = self.verify()
        self.tell(f"to the last byte, killed: {outcome}; with space again all {checked} keys are right")

    def start_without_space(self):
        try:
            self.server.start(60)
        except ServerDied:
            self.server.ending = True
            if self.server.process.returncode != 1 or not re.search(rb"(?i)no space left", self.server.log()):
                raise Wrong(f"start without space: {self.server.log_tail()}") from None
            if b"direct-probe" in self.server.log():
                # What a start frees (a checkpoint that was never finished) may be all it needs: it must get that far.
                raise Wrong(f"refused before it looked at its data: {self.server.log_tail()}") from None
            return "refuses to start: " + self.server.log_tail(1).split("#")[-1].strip()[:100]
        self.verify()
        return "starts and serves all keys"

    def delete_most(self):
        """Here and there, so that no segment dies by itself: only compaction makes room of it."""
        with self.server.client(120) as client:
            for writer in self.writers:
                keys = writer.random.sample(sorted(writer.held), len(writer.held) * 3 // 4)
                for start in range(0, len(keys), 200):
                    part = keys[start:start + 200]
                    if any(reply != 1 for reply in client.pipeline([("DEL", writer.name(key)) for key in part])):
                        raise Wrong("a DEL on the full disk did not delete")
                for key in keys:
                    del writer.held[key]
                    writer.gone.add(key)

    def run(self):
        patience = self.options.patience
        self.disk.fill(megabytes(self.options.size) // 4)
        self.killed_when_it_fills()
        self.load_until_full()
        checked = self.verify()
        self.deletes_and_expiry()
        self.kills()
        self.disk.make_room()
        self.expect_writes(patience, "something else made room")
        self.to_the_last_byte()
        queued = self.queue_transactions(20)
        self.load_until_full()
        self.transactions(queued)
        checked += self.verify()
        self.delete_most()
        compactions = self.counter("compactions")
        self.expect_writes(patience, "three quarters were deleted")
        end = time.monotonic() + patience
        while self.counter("compactions") == compactions:
            if time.monotonic() > end:
                raise Wrong(f"nothing was compacted within {patience} s, though three quarters are dead and the disk is low")
            time.sleep(0.1)
        checked += self.verify()
        self.server.stop(120)
        self.server.start(60)
        checked += self.verify()
        self.memory.stopping = True
        self.memory.take()
        bound = megabytes(self.options.maxmemory) + CONSTANT
        say(f"full disk: {self.total('written')} writes acknowledged and {self.total('refused')} refused, {checked} keys compared, 0 lost; "
            f"RSS at most {self.memory.highest >> 20} MiB of {bound >> 20}; {time.monotonic() - self.begin:.0f} s")
        if self.memory.highest > bound:
            raise Wrong(f"resident memory reached {self.memory.highest >> 20} MiB, bound {bound >> 20} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="2gb", help="of the disk")
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--value-size", type=int, default=20_000)
    parser.add_argument("--patience", type=float, default=60, help="seconds after which writes must go on when there is space")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--server-arguments", type=lambda text: text.split(), default=[])
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "little")
    say(f"full disk: {options.size}, maxmemory {options.maxmemory}, {options.clients} clients, seed {options.seed}")
    with Folder("full", options.keep) as folder:
        run_on_small_disk("full disk", folder, megabytes(options.size), lambda disk: FullDisk(options, folder, disk))


if __name__ == "__main__":
    main()

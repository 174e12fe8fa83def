#!/usr/bin/python3
"""The dataset is the same before and after a recovery, by DEBUG DIGEST, and the same as redis-server's.

  replay_digest.py [--rounds N] [--commands N] [--seed N] [--maxmemory 24mb]

Each round sends random commands of all types, the differential test's, to both servers, compares their digests, and
then ends and starts Terrace: by SIGKILL, by SHUTDOWN, by SIGKILL after all was spilled, or after a checkpoint. The
digest says nothing of consumer groups: what XINFO says of all streams is compared besides.
"""
import argparse
import os
import signal

import differential_scripts
from bad_case import Wrong, check, end_with
from compare import without_times
from dictionary import Dictionary, read_commands
from differential import Pair
from harness import Folder, encode, redis, say, terrace

DATABASES = 16
BATCH_COMMANDS = 300
DEBUG = ("--enable-debug-command", "yes")


def digest(client):
    return client.ok("DEBUG", "DIGEST").decode()


def values(client):
    """{(database, key): digest} of all keys."""
    found = {}
    for database in range(DATABASES):
        client.ok("SELECT", database)
        keys = client.ok("KEYS", "*")
        if keys:
            found.update({(database, key): value for key, value in zip(keys, client.ok("DEBUG", "DIGEST-VALUE", *keys))})
    client.ok("SELECT", 0)
    return found


def streams(client):
    """What XINFO tells of all streams but for times."""
    found = {}
    for database in range(DATABASES):
        client.ok("SELECT", database)
        for key in client.ok("KEYS", "stream:*"):
            if client.ok("TYPE", key) == b"stream":
                found[database, key] = without_times("xinfo|stream", client.ok("XINFO", "STREAM", key, "FULL", "COUNT", 0))
    client.ok("SELECT", 0)
    return found


def differences(mine, other):
    """The first keys that are not the same, in words."""
    wrong = sorted(key for key in mine.keys() | other.keys() if mine.get(key) != other.get(key))
    return f"{len(wrong)} keys of {len(mine)} and {len(other)} differ: " + "; ".join(f"{key}: {mine.get(key)}, {other.get(key)}" for key in wrong[:5])


class Run:
    def __init__(self, options, folder):
        self.options = options
        limits = ["--hash-max-listpack-entries", "9", "--set-max-intset-entries", "9", "--list-max-listpack-size", "5",
                  "--zset-max-listpack-entries", "9"] if options.seed % 2 else []
        self.subject = folder.add(terrace(folder.path + "/subject", "--maxmemory", options.maxmemory, *DEBUG, *limits)).start()
        self.reference = folder.add(redis(folder.path + "/reference", *DEBUG, *limits)).start()
        with self.subject.client() as ours, self.reference.client() as theirs:
            own, known = read_commands(ours), read_commands(theirs)
        self.dictionary = Dictionary(options.seed, {name: known[name] for name in own if name in known}, options.keys, large=True)
        self.sent = 0

    def send(self, count):
        """Random commands to both. A start empties the cache of scripts: both servers know the same ones again."""
        for server in (self.subject, self.reference):
            with server.client() as client:
                differential_scripts.install(client)
        pair = Pair(self.subject, self.reference)
        while count > 0:
            commands = []
            while len(commands) < min(count, BATCH_COMMANDS):
                commands += self.dictionary.draw()
            pair.exchange(b"".join(encode(*arguments) for _, arguments in commands))
            count, self.sent = count - len(commands), self.sent + len(commands)
        pair.close()

    def compare_servers(self):
        """The digest of both."""
        with self.subject.client() as ours, self.reference.client() as theirs:
            before = digest(ours)
            if before != digest(theirs):
                raise Wrong("not redis-server's digest: " + differences(values(ours), values(theirs)))
            return before, values(ours), streams(ours)

    def check_sensitive(self):
        """Each of these must show: an element, a place, an expiry, a database."""
        with self.subject.client() as client:
            client.pipeline([("DEL", "probe:a", "probe:b"), ("RPUSH", "probe:a", "1", "2"), ("SET", "probe:b", "x")])
            seen = [digest(client)]
            for change in (("LSET", "probe:a", "0", "3"), ("LMOVE", "probe:a", "probe:a", "LEFT", "RIGHT"), ("EXPIRE", "probe:b", "10000"),
                           ("MOVE", "probe:b", "15"), ("DEL", "probe:a")):
                client.ok(*change)
                seen.append(digest(client))
            client.pipeline([("SELECT", "15"), ("DEL", "probe:b"), ("SELECT", "0")])
        check(len(set(seen)) == len(seen), f"a change does not show in the digest: {seen}")

    def end_and_start(self, how):
        with self.subject.client(120) as client:
            if how == "spilled":
                client.ok("TERRACE", "SPILL", "ALL")
                self.check_again("after TERRACE SPILL ALL")
            elif how == "checkpoint":
                client.ok("TERRACE", "CHECKPOINT")
                client.ok("TERRACE", "COMPACT")
        self.subject.kill(signal.SIGTERM if how == "shutdown" else signal.SIGKILL)
        self.subject.start()
        self.check_again(f"after a start ({how})")

    def check_again(self, when):
        with self.subject.client(120) as client:
            again = digest(client), values(client), streams(client)
        check(again[1] == self.state[1], f"{when}: " + differences(again[1], self.state[1]))
        check(again[0] == self.state[0], f"{when}: the digest is {again[0]}, was {self.state[0]}")
        check(again[2] == self.state[2], f"{when}: " + differences(again[2], self.state[2]))

    def round(self, number):
        self.send(self.options.commands)
        self.state = self.compare_servers()
        how = ("killed", "shutdown", "spilled", "checkpoint")[number % 4]
        self.end_and_start(how)
        say(f"  {self.sent} commands, {len(self.state[1])} keys, {len(self.state[2])} streams, digest {self.state[0]}: the same after {how}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--commands", type=int, default=6000, help="of each round")
    parser.add_argument("--keys", type=int, default=150, help="of each type")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--maxmemory", default="24mb")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "little")
    say(f"replay digest: seed {options.seed}")
    with Folder("replay-digest", options.keep) as folder:
        run = Run(options, folder)
        for number in range(options.rounds):
            run.round(number)
        run.check_sensitive()
    say(f"replay digest: {options.rounds} starts, {run.sent} commands, the same dataset after each")


if __name__ == "__main__":
    end_with("replay_digest", main)

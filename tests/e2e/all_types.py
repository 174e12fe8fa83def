#!/usr/bin/python3
"""Values of all types, ten times what memory holds, and many clients that change and read them for a while: RSS stays
bounded, no command fails, every value read is what its client made of it.

  all_types.py --seconds 600 --maxmemory 128mb --clients 50 --times 10

The values are those of the kill loop's models, of about VALUE_SIZE bytes; each client fills its keys and goes on
with random commands then. RSS is sampled every 100 ms and must never pass maxmemory + 64 MiB.
"""
import time

from harness import Error, encode, fail, megabytes
from kill_models import LARGE_MODELS, PlacesModel
from kill_streams import Stream
from kill_strings import HyperLogLogModel
from soak import Soak, Visitor, run

MODELS = [*LARGE_MODELS, PlacesModel, HyperLogLogModel]
ELEMENT_BYTES = 300
FILL_COMMANDS = 20  # at most, where one does not fill a key
PIPELINE = 4


def size_of(content):
    """What elements take, about."""
    if isinstance(content, bytes):
        return len(content)
    if isinstance(content, Stream):
        return sum(size_of(fields) for _, fields in content.entries)
    if isinstance(content, dict):
        return sum(len(name) + (len(value) if isinstance(value, bytes) else 8) if isinstance(name, bytes) else 3 for name, value in content.items())
    return sum(map(len, content)) if content else 0


class Keeper(Visitor):
    """A client that knows what its keys of all types hold."""

    def __init__(self, number, port, keys, options):
        super().__init__(number, port, keys, options)
        self.contents, self.filled, self.seconds, self.end, self.version = [None] * keys, 0, options.seconds, None, 0
        self.value_size = options.value_size

    def model(self, key):
        return MODELS[key % len(MODELS)]

    def fresh(self):
        self.version += 1
        size = int(self.random.random() ** 4 * 5 * ELEMENT_BYTES)
        return b"%d:%d:" % (self.number, self.version) + self.values.block[self.version % 1000:][:size]

    def goes_on(self, end):
        if self.filled < self.keys:
            return True
        if self.end is None:
            self.end = time.monotonic() + self.seconds
        return time.monotonic() < self.end

    def held_bytes(self):
        return sum(size_of(content) for content in self.contents)

    def change(self, key):
        """A command's bytes; its effect is noted as done."""
        model = self.model(key)
        many = 2 * self.value_size // getattr(model, "ELEMENT_BYTES", ELEMENT_BYTES)
        content = model.EMPTY if self.contents[key] is None else self.contents[key]
        command, self.contents[key] = model.draw(self.random, self.name(key), content, self.fresh, many)
        self.waiting.append(None)
        self.sets += 1
        return encode(*command)

    def fill(self):
        key, self.filled = self.filled, self.filled + 1
        parts = [self.change(key)]
        while len(parts) < FILL_COMMANDS and size_of(self.contents[key]) < self.value_size // 2:
            parts.append(self.change(key))
        return b"".join(parts)

    def batch(self):
        if self.filled < self.keys:
            return self.fill()
        parts = []
        for _ in range(PIPELINE):
            key, chance = self.random.randrange(self.keys), self.random.random()
            if chance < 0.5:
                parts.append(encode(*self.model(key).read(self.name(key))))
                self.waiting.append((key, self.contents[key]))
                self.gets += 1
            elif chance < 0.99:
                parts.append(self.change(key))
            else:
                self.contents[key] = None
                parts.append(encode(b"DEL", self.name(key)))
                self.waiting.append(None)
                self.deletes += 1
        return b"".join(parts)

    def take(self, reply, expected):
        if expected is None or isinstance(reply, Error) and reply != b"ERR no such key":
            if isinstance(reply, Error):
                raise AssertionError(f"client {self.number}: {reply!r}")
            return
        key, content = expected
        seen = None if reply is None or isinstance(reply, Error) else self.model(key).seen(reply)
        if seen != content:
            raise AssertionError(f"client {self.number}: {self.name(key)} ({self.model(key).__name__}) is {seen!r:.300}, must be {content!r:.300}")


class AllTypes(Soak):
    TITLE, VISITOR, WATCHED = "all types", Keeper, "TYPE"
    mean_bytes = staticmethod(lambda options: options.value_size * 4 // 5)

    def judge(self, told, seconds):
        super().judge(told, seconds)
        wanted, held = megabytes(self.options.maxmemory) * self.options.times, sum(part[5] for part in told)
        if held < wanted:
            fail(f"all types: values of {held >> 20} MiB only, {wanted >> 20} MiB were wanted")


if __name__ == "__main__":
    run(AllTypes, __doc__, maxmemory="128mb", times=10, value_size=6_000)

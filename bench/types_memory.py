#!/usr/bin/python3
"""Resident memory of an element of each type: in one large value, and in many small ones. Beside redis-server.

  ./x bench types_memory [--types list,hash] [--elements 1000000] [--small-keys 100000] [--repetitions 3] [--json FILE]

Large: one key with all elements. Small: as many keys as said, of 20 elements each. RSS when all are written, one element
a command (so that what values keep free for growing counts), less RSS of the empty server, over the elements. Texts are
random, so that nothing compresses; streams have the ids that XADD * gives. Neither server persists or spills. Repetitions
are interleaved, each with fresh servers; medians are told.
"""
import base64
import random

from common import Folder, Progress, arguments, fail, headline, machine, medians, positive, ratio, redis, settled_rss, some_of, terrace, write_json
from harness import encode
from memory import purged_rss

SMALL_SIZE = 20
# Commands that are under way at once.
PIPELINE = 1000


def text(source, size):
    """So many random characters, of 64 different ones; `size` is a multiple of 4."""
    return base64.b64encode(source.randbytes(size * 3 // 4))


# Of each type the words behind the key's name that add one element.
TYPES = {
    "list": ("RPUSH", lambda source: (text(source, 16),)),
    "hash": ("HSET", lambda source: (text(source, 12), text(source, 16))),
    "set": ("SADD", lambda source: (text(source, 12),)),
    "sorted-set": ("ZADD", lambda source: (repr(source.random()), text(source, 12))),
    "stream": ("XADD", lambda source: ("*", "f", text(source, 16))),
    "stream-3-fields": ("XADD", lambda source: ("*", "station", text(source, 12), "temperature", text(source, 4), "note", text(source, 16))),
}


def commands(kind, keys, size):
    """All elements of one key, then those of the next; in pieces of bytes with their number of commands."""
    name, element = TYPES[kind]
    source, encoded = random.Random(1), []
    for key in range(keys):
        for _ in range(size):
            encoded.append(encode(name, f"key:{key:012}", *element(source)))
            if len(encoded) == PIPELINE:
                yield b"".join(encoded), len(encoded)
                encoded = []
    yield b"".join(encoded), len(encoded)


def fill(server, kind, keys, size):
    """Bytes an element when all have been written."""
    empty = settled_rss(server)
    with server.client(600) as client:
        for piece, count in commands(kind, keys, size):
            client.send(piece)
            client.receive_many(count)
        found = client.ok("DBSIZE")
    if found != keys:
        fail(f"{server.name}: DBSIZE {found} after {keys} keys were written")
    full = purged_rss(server)
    return {"elements": keys * size, "empty_rss": empty, "full_rss": full, "bytes_per_element": (full - empty) / (keys * size)}


def measure(kind, name, keys, size):
    with Folder("bench-types-memory") as folder:
        data = folder.path + "/data"
        server = redis(data, "--appendonly", "no", "--save", "") if name == "redis" else terrace(data, "--appendfsync", "no")
        return fill(folder.add(server).start(300), kind, keys, size)


def compare(kind, keys, size, options, progress):
    """Both servers, as many times as asked."""
    runs = {"terrace": [], "redis": []}
    for repetition in range(options.repetitions):
        for name in list(runs) if repetition % 2 == 0 else list(runs)[::-1]:
            progress.step(f"{kind} {name}")
            runs[name].append(measure(kind, name, keys, size))
    out = {name: dict(medians(of_one), runs=of_one) for name, of_one in runs.items()}
    out["to_redis"] = ratio(runs["terrace"], runs["redis"], "bytes_per_element")
    progress.say(f"{kind:16} {keys:>6} x {size:<7} terrace {out['terrace']['bytes_per_element']:7.2f} bytes an element, "
                 f"redis {out['redis']['bytes_per_element']:7.2f}: {out['to_redis']['median']:.2f} of it")
    return {"type": kind, "keys": keys, "size": size, **out}


def main():
    parser = arguments(__doc__, repetitions=1)
    parser.add_argument("--types", type=some_of(TYPES), default=list(TYPES), help=f"of {','.join(TYPES)}")
    parser.add_argument("--elements", type=positive, default=1_000_000, help="of the large value")
    parser.add_argument("--small-keys", type=positive, default=100_000, help=f"of {SMALL_SIZE} elements each")
    options = parser.parse_args()
    about = machine()
    progress = Progress(4 * options.repetitions * len(options.types))
    headline("types_memory", about, f"resident set by the kernel's count; medians of {options.repetitions}")
    shapes = {"large": (1, options.elements), "small": (options.small_keys, SMALL_SIZE)}
    rows = {name: [compare(kind, keys, size, options, progress) for kind in options.types] for name, (keys, size) in shapes.items()}
    write_json(options, about, **rows)


if __name__ == "__main__":
    main()

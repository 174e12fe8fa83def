#!/usr/bin/python3
"""Resident memory of a key: cold with a long name; hot and small. Beside redis-server.

  ./x bench memory [--cold-keys 20000000] [--redis-cold-keys 2000000] [--hot-keys 5000000] [--repetitions 3] [--json FILE]

Cold: names of 60 bytes, values of 32, everything spilled; RSS after TERRACE SPILL ALL, when neither time nor MEMORY PURGE
lowers it further, less RSS of the empty server, over the keys; the same for all but the first hundredth, without what does
not grow with the keys; and the same after a restart, without what the allocator keeps of the records it once held. Redis
keeps the same keys in memory (fewer of them will do). Hot: names of 16 bytes, values of 32, nothing spilled. Redis without
persistence. Repetitions are interleaved, each with fresh servers; medians are told.
"""
from common import (Folder, Progress, arguments, fail, headline, info_number, load, machine, medians, ratio, redis, settled_rss, spill, spread,
                    terrace, write_json)

# A key of each kind, as the load generator is told.
KINDS = {"cold": {"key_size": 60, "value_size": 32}, "hot": {"value_size": 32}}


def resident(server, count, to_disk, **what):
    """RSS when the first `count` keys are written."""
    load(server.port, requests=count, sequential=True, connections=8, pipeline=64, progress=True, **what)
    if to_disk:
        spill(server)
    with server.client(600) as client:
        size = client.ok("DBSIZE")
    if size != count:
        fail(f"{server.name}: DBSIZE {size} after {count} keys were written")
    return purged_rss(server)


def purged_rss(server):
    """RSS when MEMORY PURGE gives nothing more back: the allocator gives some of it back late."""
    before, now = float("inf"), settled_rss(server)
    while now < before * 0.999:
        with server.client(600) as client:
            client.ok("MEMORY", "PURGE")
        before, now = now, settled_rss(server)
    return now


def fill(server, keys, to_disk, what):
    """Bytes a key, of all, and of those after the first hundredth: what does not grow (buffers) weighs on the former only."""
    empty = settled_rss(server)
    first = max(1, keys // 100)
    base = resident(server, first, to_disk, keys=keys, **what)
    full = resident(server, keys, to_disk, keys=keys, **what)
    out = {"keys": keys, "empty_rss": empty, "base_rss": base, "full_rss": full, "bytes_per_key": (full - empty) / keys,
           "bytes_per_further_key": (full - base) / (keys - first)}
    if to_disk:
        info = server.info("tier")
        out["hot_keys"], out["index_bytes_per_key"] = info_number(info, "hot_keys"), info_number(info, "index_memory_bytes") / keys
        server.stop(600)
        out["restarted_rss"] = settled_rss(server.start(600))
        out["bytes_per_key_restarted"] = (out["restarted_rss"] - empty) / keys
        load(server.port, keys=keys, requests=min(keys, 10_000), verify=True, **what)  # and they are there
    return out


def measure(kind, name, keys, options):
    with Folder("bench-memory") as folder:
        if name == "redis":
            server = redis(folder.path + "/data", "--appendonly", "no")
        else:
            bound = ["--maxmemory", options.maxmemory] if kind == "cold" else []
            server = terrace(folder.path + "/data", "--appendfsync", "no", *bound)
        return fill(folder.add(server).start(300), keys, name == "terrace" and kind == "cold", KINDS[kind])


def tell(kind, name, runs, progress):
    middle = medians(runs)
    index = (f"; {middle['bytes_per_key_restarted']:.2f} after a restart; the index counts {middle['index_bytes_per_key']:.2f}, "
             f"{middle['hot_keys']:.0f} keys still hot") if "index_bytes_per_key" in middle else ""
    progress.say(f"{kind:5} {name:8} {middle['keys']:>9.0f} keys: {middle['bytes_per_key']:>7.2f} bytes of RSS a key "
                 f"±{spread([run['bytes_per_key'] for run in runs]):.0%} ({int(middle['empty_rss']) >> 20} -> {int(middle['full_rss']) >> 20} MiB), "
                 f"{middle['bytes_per_further_key']:.2f} a key after the first hundredth{index}")


def compare(kind, counts, options, progress):
    """All subjects of one kind, as many times as asked."""
    runs = {name: [] for name, keys in counts.items() if keys}
    for repetition in range(options.repetitions):
        for name in list(runs) if repetition % 2 == 0 else list(runs)[::-1]:
            progress.step(f"{kind} {name}")
            runs[name].append(measure(kind, name, counts[name], options))
    out = {name: dict(medians(of_one), runs=of_one) for name, of_one in runs.items()}
    for name, of_one in runs.items():
        tell(kind, name, of_one, progress)
    if len(runs) == 2:
        out["to_redis"] = ratio(runs["terrace"], runs["redis"], "bytes_per_further_key")
        progress.say(f"{kind:5} terrace takes {out['to_redis']['median']:.2f} of what redis takes")
    return out


def main():
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--cold-keys", type=int, default=20_000_000, help="0: leave it out")
    parser.add_argument("--redis-cold-keys", type=int, default=2_000_000, help="0: leave it out")
    parser.add_argument("--hot-keys", type=int, default=5_000_000, help="of both servers; 0: leave it out")
    parser.add_argument("--maxmemory", default="1gb", help="while the cold keys are written")
    options = parser.parse_args()
    kinds = {"cold": {"terrace": options.cold_keys, "redis": options.redis_cold_keys}, "hot": {"terrace": options.hot_keys, "redis": options.hot_keys}}
    about = machine()
    progress = Progress(options.repetitions * sum(keys > 0 for counts in kinds.values() for keys in counts.values()))
    headline("memory", about, f"resident set by the kernel's count; medians of {options.repetitions}")
    write_json(options, about, **{kind: compare(kind, counts, options, progress) for kind, counts in kinds.items() if any(counts.values())})


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""What random overwriting costs the disk: bytes written to it and bytes taken on it, at several shares of live records.

  ./x bench wear [--live-shares 50,70,85] [--maxmemory 256mb] [--times 12] [--warm-up 1] [--repetitions 1] [--json FILE]

The dataset, stanzas of apt's package lists under new keys, is TIMES as large as maxmemory and on disk before it begins.
By default that is 3 GiB of values, 1.4 packed, so that one of the log's files, 16 MiB and some four of them more than the log
is long, is 1 % of what lives: a store of a tenth would be constants above all. Then keys drawn at random are overwritten, as
many as there are keys in one repetition; before the first, WARM-UP times as many bring the segments to the state in which
they stay; a share sends three times what its values take (--live-shares 70 is the one with a promise).
compaction-live-share is what steers how much of the segments lives; what lived in fact is told beside it.
Write amplification: bytes that the server made the block layer write (/proc/PID/io) over bytes of keys and values that
clients sent. Its parts, by INFO: the log's frames; records spilled, by eviction or for checkpoints; records that
compaction copied; the checkpoints' index; and the rest, which the kernel counts and INFO does not (headers, new log files).
Space amplification: blocks of the data directory over the compressed bytes that live (live_bytes of INFO), the median and
the highest of what was seen every half second; and the same of the segments alone. Its parts beside what lives: dead records;
retired segments, in which nothing lives but which the last checkpoint refers to; what is allocated ahead of open segments;
the log's files, and those that wait to be written; checkpoints; dictionaries.
"""
import os

from common import (Dataset, Folder, Progress, Watch, arguments, fail, headline, info_number, integers, load, machine, median, medians, megabytes, spread,
                    terrace, write_json)

PARTS = {"log": "log_written_bytes", "spill": "spilled_bytes", "compaction": "compaction_written_bytes", "checkpoints": "checkpoint_written_bytes"}
PROMISE = {"live_share": 70, "write_amplification": 3.0, "space_amplification": 1.6}
SPACE_PARTS = ("dead", "retired", "unused", "log", "spare_log", "checkpoint", "dictionary")
SAMPLE_SECONDS = 0.5
# Below a tenth of free space compaction cleans whatever it can, and no share is kept.
LEAST_FREE = 0.12


def blocks(path):
    """Bytes that the files below take on the disk; files may go meanwhile."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


class Space(Watch):
    """Looks every half second at what the data takes on the disk and how much of it lives."""

    def __init__(self, server):
        super().__init__(SAMPLE_SECONDS)
        self.server, self.samples = server, []

    def look(self):
        info = self.server.info("tier")
        live, segments, retired, unused, log = (info_number(info, name) for name in (
            "live_bytes", "segment_bytes", "segment_retired_bytes", "segment_unused_bytes", "log_file_bytes"))
        taken = {name: blocks(os.path.join(self.server.directory, name)) for name in ("segments", "log", "checkpoints", "dictionaries")}
        written = segments - retired - unused
        parts = {"dead": written - live, "retired": retired, "unused": taken["segments"] - written - retired, "log": log,
                 "spare_log": taken["log"] - log, "checkpoint": taken["checkpoints"], "dictionary": taken["dictionaries"]}
        self.samples.append({
            "live_bytes": live, "live_share": live / written, "space_amplification": sum(taken.values()) / live,
            "segments_amplification": taken["segments"] / live, **{"space_of_" + part: size / live for part, size in parts.items()}})


def overwrite(data, count, seed, options):
    """One repetition, and what it cost the disk."""
    server = data.server
    info, kernel = server.info("tier"), server.written_bytes()
    with Space(server) as space:
        run = load(server.port, requests=count, mix="set", seed=seed, distribution=options.distribution, connections=options.connections,
                   progress=True, **data.options)
    after, sent = server.info("tier"), run["written_bytes"]
    out = {"rps": run["rps"], "sent_bytes": sent, "write_amplification": (server.written_bytes() - kernel) / sent}
    for part, name in PARTS.items():
        out[part] = (info_number(after, name) - info_number(info, name)) / sent
    out["rest"] = out["write_amplification"] - sum(out[part] for part in PARTS)
    out.update(medians(space.samples))
    out["highest_space_amplification"] = max(sample["space_amplification"] for sample in space.samples)
    return out


def measure(share, options, progress):
    with Folder("bench-wear") as folder:
        server = terrace(folder.path + "/data", "--maxmemory", options.maxmemory, "--compaction-live-share", str(share))
        folder.add(server).start()
        if server.written_bytes() is None:
            fail("/proc/PID/io is closed: nobody counts what the server writes")
        disk = os.statvfs(folder.path)
        if disk.f_bavail < LEAST_FREE * disk.f_blocks:
            fail(f"{folder.path}: less than {LEAST_FREE:.0%} of the disk is free, and below a tenth compaction keeps no share")
        progress.step(f"{share} % live: the dataset")
        data = Dataset(folder, megabytes(options.maxmemory) * options.times, server)
        keys = data.options["keys"]
        progress.step(f"{share} % live: warming up")
        overwrite(data, max(1, round(keys * options.warm_up)), 1, options)
        runs = []
        for repetition in range(options.repetitions):
            progress.step(f"{share} % live")
            runs.append(overwrite(data, keys, repetition + 2, options))
        info = server.info("tier")
        packed = {"spilled_of_raw": info_number(info, "spilled_bytes") / info_number(info, "spilled_raw_bytes"),
                  "compacted_of_raw": info_number(info, "compaction_written_bytes") / max(1, info_number(info, "compaction_raw_bytes"))}
        return dict(medians(runs), **packed, share=share, runs=runs, spread=spread([run["write_amplification"] for run in runs]), values=data.about)


def tell(row, progress):
    parts = ", ".join(f"{part} {row[part]:.2f}" for part in (*PARTS, "rest"))
    progress.say(f"{row['share']:>3} % asked, {row['live_share']:.0%} live: writes {row['write_amplification']:.2f} ±{row['spread']:.0%} ({parts}); "
                 f"space {row['space_amplification']:.2f}, highest {row['highest_space_amplification']:.2f}, segments alone "
                 f"{row['segments_amplification']:.2f}; {row['live_bytes'] / (1 << 20):.0f} MiB live, {row['rps']:.0f} SET/s")
    progress.say(f"{'':5}space: live 1, " + ", ".join(f"{part.replace('_', ' ')} {row['space_of_' + part]:.2f}" for part in SPACE_PARTS))
    if row["share"] == PROMISE["live_share"]:
        for name, words in (("write_amplification", "writes"), ("space_amplification", "space")):
            verdict = "kept" if row[name] <= PROMISE[name] else "MISSED"
            progress.say(f"{'':5}promised at {PROMISE['live_share']} %: {words} at most {PROMISE[name]:g}: {verdict}")


def main():
    parser = arguments(__doc__, repetitions=1)
    parser.add_argument("--live-shares", type=integers, default=[50, 70, 85], help="percent, each a run with this compaction-live-share")
    parser.add_argument("--maxmemory", default="256mb")
    parser.add_argument("--times", type=float, default=12, help="dataset by maxmemory")
    parser.add_argument("--warm-up", type=float, default=1, help="overwrites before the first repetition, by the number of keys")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--distribution", choices=("uniform", "zipf"), default="uniform")
    options = parser.parse_args()
    about, rows = machine(), []
    progress = Progress(len(options.live_shares) * (options.repetitions + 2))
    headline("wear", about, f"maxmemory {options.maxmemory}, dataset {options.times:g} times that, {options.distribution} overwriting, medians of "
                            f"{options.repetitions}; amplification by bytes of keys and values sent")
    for share in options.live_shares:
        rows.append(measure(share, options, progress))
        tell(rows[-1], progress)
    write_json(options, about, rows=rows, promise=PROMISE)


if __name__ == "__main__":
    main()

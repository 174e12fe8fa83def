#!/usr/bin/python3
"""What compression saves of real values, with and without dictionaries, and what it costs those who read.

  ./x bench compression [--maxmemory 128mb] [--times 4] [--seconds 5] [--repetitions 3] [--json FILE]

Two servers, of which one learns dictionaries, are given the same values: stanzas of apt's package lists under new keys,
TIMES as many bytes as maxmemory. Told is what pages take on disk, with headers and what is left empty, over the bytes of
the records in them: of all that was spilled, and of all that compaction wrote after half of the keys were written anew.
Then GETs of keys drawn uniformly, from 50 connections, cold at first, by turns; medians are told.
"""
from common import (Folder, Progress, RealValues, arguments, headline, info_number, load, machine, medians, megabytes, ratio, spill, terrace,
                    write_json)

SUBJECTS = {"with": "yes", "without": "no"}


def fill(server, values):
    """The server's share of raw, spilled and compacted."""
    load(server.port, sequential=True, connections=8, pipeline=32, progress=True, **values.options)
    spill(server)
    load(server.port, requests=values.options["keys"] * 7 // 10, mix="set", connections=8, pipeline=32, progress=True, **values.options)
    spill(server)
    with server.client(3600) as client:
        client.ok("TERRACE", "COMPACT")
    info = server.info("tier")
    return {name: info_number(info, f"{part}_{wrote}") / info_number(info, f"{part}_raw_bytes")
            for name, part, wrote in (("spilled", "spilled", "bytes"), ("compacted", "compaction", "written_bytes"))}


def storm(server, values, options, seed):
    spill(server)
    server.wait_quiet()
    cpu, reads = server.cpu_seconds(), info_number(server.info("tier"), "page_reads")
    run = load(server.port, seconds=options.seconds, seed=seed, mix="get", verify=True, connections=50, **values.options)
    return {"rps": run["rps"], "cpu_s_per_million": (server.cpu_seconds() - cpu) / run["requests"] * 1e6,
            "page_reads_per_request": (info_number(server.info("tier"), "page_reads") - reads) / run["requests"]}


def main():
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--maxmemory", default="128mb")
    parser.add_argument("--times", type=float, default=4, help="values by maxmemory")
    parser.add_argument("--seconds", type=float, default=5, help="of one run of GETs")
    options = parser.parse_args()
    about, progress = machine(), Progress(len(SUBJECTS) * (1 + options.repetitions))
    headline("compression", about, f"medians of {options.repetitions}")
    with Folder("bench-compression") as folder:
        values = RealValues(folder, megabytes(options.maxmemory) * options.times)
        servers, stored, runs = {}, {}, {name: [] for name in SUBJECTS}
        for name, wanted in SUBJECTS.items():
            progress.step(f"values, {name} dictionaries")
            servers[name] = folder.add(terrace(f"{folder.path}/{name}", "--maxmemory", options.maxmemory, "--appendfsync", "no",
                                               "--compression-dictionaries", wanted)).start(300)
            stored[name] = fill(servers[name], values)
        for repetition in range(options.repetitions):
            for name in list(SUBJECTS) if repetition % 2 == 0 else list(SUBJECTS)[::-1]:
                progress.step(f"GET, {name} dictionaries")
                runs[name].append(storm(servers[name], values, options, repetition + 1))
    about["values"] = values.about
    rows = {name: {**stored[name], **medians(runs[name])} for name in SUBJECTS}
    over = ratio(runs["with"], runs["without"], "rps")
    for name, row in rows.items():
        progress.say(f"{name:8} dictionaries: {row['spilled']:.3f} of raw when spilled, {row['compacted']:.3f} when compacted; GET {row['rps']:.0f}/s, "
                     f"{row['page_reads_per_request']:.3f} page reads and {row['cpu_s_per_million']:.1f} us of CPU each")
    progress.say(f"GET with dictionaries over without: {over['median']:.2f} ±{over['spread']:.0%}")
    write_json(options, about, rows=rows, rps_with_over_without=over)


if __name__ == "__main__":
    main()

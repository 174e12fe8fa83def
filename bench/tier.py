#!/usr/bin/python3
"""Storms on cold keys, with fio on the same disk in the same minutes beside each.

  ./x bench tier [--maxmemory 256mb] [--times 10] [--seconds 10] [--repetitions 3] [--rows uniform50,zipf50] [--json FILE]

The dataset, stanzas of apt's package lists under new keys, is TIMES as large as maxmemory; everything is spilled before
each storm: GETs of keys drawn uniformly or by zipf (0.99), four reads to a write, and blind overwriting. fio (io_uring,
O_DIRECT, same file system) runs before and after each storm and does what the storm did of the disk: random 4 KiB reads
at the depth that the server itself reached (page_read_usec of INFO over the microseconds that went by), and, where there
were writes, synced ones of the size that the log's frames had. A ratio is one storm's page reads, or log frames, a
second over the mean of its two neighbours; medians are told. fio at depth 64 shows what the disk could do. After each
storm of uniform GETs terrace-echo, which knows no keys, reads a page for each of the same requests before it answers them
with a fixed value: what sockets, kernel and this machine's processors leave of fio's reads to any server.
"""
from common import (Dataset, Folder, HighestRss, Progress, arguments, headline, info_number, load, machine, median, medians, megabytes, need, say,
                    some_of, spill, spread, terrace, write_json)
from echo import Echo
from fio import Fio

PAGE = 4096
PROBE_SECONDS = 1.0
DEEP = 64
ROWS = {
    "uniform50": {"connections": 50, "mix": "get", "verify": True},
    "uniform200": {"connections": 200, "mix": "get", "verify": True},
    "pipeline64": {"connections": 1, "pipeline": 64, "mix": "get", "verify": True},
    "zipf50": {"connections": 50, "mix": "get", "verify": True, "distribution": "zipf"},
    "read80write20": {"connections": 50, "mix": "get:80,set:20", "verify": True},
    "overwrite": {"connections": 50, "mix": "set"},
}
ONE_READ_EACH = ("uniform50", "uniform200", "pipeline64")


def storm(data, row, seconds, seed):
    """One run on cold keys, and what it cost the server."""
    server = data.server
    spill(server)
    server.wait_quiet()
    info, read, written, cpu = server.info("tier"), server.read_bytes(), server.written_bytes(), server.cpu_seconds()
    with HighestRss(server) as rss:
        run = load(server.port, seconds=seconds, seed=seed, **data.options, **row)
    after, requests = server.info("tier"), run["requests"]

    def grown(name):
        return info_number(after, name) - info_number(info, name)
    del run["histogram_ms"]
    run["depth"] = grown("page_read_usec") / (run["seconds"] * 1e6)
    run["page_reads_per_s"] = grown("page_reads") / run["seconds"]
    run["page_reads_per_request"] = grown("page_reads") / requests
    run["frames_per_s"] = grown("log_frames") / run["seconds"]
    run["frame_bytes"] = grown("log_written_bytes") / max(1, grown("log_frames"))
    run["kernel_pages_per_request"] = (server.read_bytes() - read) / PAGE / requests if read is not None else None
    run["kernel_written_bytes_per_s"] = (server.written_bytes() - written) / run["seconds"] if read is not None else None
    run["false_fetches"], run["promotions"] = grown("false_fetches"), grown("promotions")
    run["cpu_s_per_million"] = (server.cpu_seconds() - cpu) / requests * 1e6
    run["highest_rss_mib"] = rss.mib
    return run


def compare(run, before, after):
    """A storm's page reads and log frames over fio's, as its two neighbours were."""
    for name, ours, theirs in (("reads_to_fio", "page_reads_per_s", "reads_per_s"), ("commits_to_fio", "frames_per_s", "writes_per_s")):
        if theirs in before and theirs in after:
            run[name] = run[ours] / ((before[theirs] + after[theirs]) / 2)


def beside_echo(run, echo, row, data, seconds, seed):
    """The same requests to one that reads as much for them and knows no keys."""
    floor = load(echo.port, seconds=seconds, seed=seed, **data.options, **{**row, "verify": False})
    run["echo_rps"] = floor["rps"]
    run["reads_to_echo"] = run["page_reads_per_s"] / floor["rps"]


def measure(data, fio, echo, name, options, progress):
    row = ROWS[name]
    progress.step(f"{name}: how deep")
    fio_runs, runs = [fio.beside(storm(data, row, min(PROBE_SECONDS, options.seconds), 1))], []
    for repetition in range(options.repetitions):
        progress.step(name)
        runs.append(storm(data, row, options.seconds, repetition + 2))
        if name in ONE_READ_EACH:
            beside_echo(runs[-1], echo, row, data, options.seconds, repetition + 2)
        fio_runs.append(fio.beside(runs[-1]))
        compare(runs[-1], *fio_runs[-2:])
    return {"row": name, "medians": medians(runs), "runs": runs, "fio": fio_runs, "fio_medians": medians(fio_runs),
            "rps_spread": spread([run["rps"] for run in runs])}


def tell(row, progress):
    middle, fio = row["medians"], row["fio_medians"]
    parts = ", ".join(f"{name} p99 {told['p99_ms']:.2f} ms" for name, told in row["runs"][-1]["commands"].items())
    pages = f", {middle['kernel_pages_per_request']:.3f} pages by the kernel" if "kernel_pages_per_request" in middle else ""
    progress.say(f"{row['row']:14} {middle['rps']:>8.0f} requests/s ±{row['rps_spread']:.0%}, {parts}; "
                 f"{middle['page_reads_per_request']:.3f} page reads{pages} a request; {middle['cpu_s_per_million']:.1f} CPU s/M; "
                 f"highest RSS {middle['highest_rss_mib']:.0f} MiB")
    if "reads_to_fio" in middle:
        depths = "/".join(str(depth) for depth in sorted({run["depth"] for run in row["fio"]}))
        progress.say(f"{'':14} {middle['page_reads_per_s']:>8.0f} page reads/s at depth {middle['depth']:.1f}; "
                     f"fio {fio['reads_per_s']:.0f} at depth {depths}: {middle['reads_to_fio']:.0%} of fio")
    if "reads_to_echo" in middle:
        progress.say(f"{'':14} {middle['echo_rps']:>8.0f} requests/s of an echo that reads: {middle['reads_to_echo']:.0%} of it")
    if "commits_to_fio" in middle:
        progress.say(f"{'':14} {middle['frames_per_s']:>8.0f} commits/s of {middle['frame_bytes'] / 1024:.1f} KiB; "
                     f"fio {fio['writes_per_s']:.0f} synced writes/s: {middle['commits_to_fio']:.0%} of fio")


def main():
    parser = arguments(__doc__, repetitions=3)
    parser.add_argument("--maxmemory", default="256mb")
    parser.add_argument("--times", type=float, default=10, help="dataset by maxmemory")
    parser.add_argument("--seconds", type=float, default=10, help="of one storm, and of one run of fio")
    parser.add_argument("--rows", type=some_of(ROWS), default=list(ROWS), help=f"of {','.join(ROWS)}")
    options = parser.parse_args()
    need("fio", "fio")
    about, rows, progress = machine(), [], Progress(len(options.rows) * (options.repetitions + 1))
    headline("tier", about, f"maxmemory {options.maxmemory}, dataset {options.times:g} times that, medians of {options.repetitions}")
    with Folder("bench-tier") as folder:
        server = folder.add(terrace(folder.path + "/data", "--maxmemory", options.maxmemory)).start()
        data = Dataset(folder, megabytes(options.maxmemory) * options.times, server)
        fio = Fio(folder.path, data.size, options.seconds)
        echo = folder.add(Echo.reading(folder.path + "/echo", fio.files["read"])).start()
        for name in options.rows:
            rows.append(measure(data, fio, echo, name, options, progress))
            tell(rows[-1], progress)
        deep = [fio.run(DEEP) for _ in range(options.repetitions)]
        say(f"{'fio':14} {median([run['reads_per_s'] for run in deep]):>8.0f} reads/s at depth {DEEP}, "
            f"p99 {median([run['read_p99_ms'] for run in deep]):.2f} ms")
    about["values"] = data.about
    write_json(options, about, rows=rows, fio_deep=deep)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Two builds of Terrace in turn: what a change costs, or gains, on the lines of the benches `redis` and `commands`.

  ./x bench builds --other FILE [--repetitions 5] [--seconds 1] [--pipelines 1,16] [--clients 50] [--elements 100000]
                 [--persistence none,always] [--lines SET,GET,…] [--json FILE]

--other is the server of the commit to compare with. The runs of a line are interleaved, as many requests for both; medians
are told, ratios (this build to the other) are medians over the repetitions. CPU is user and system time of the server's
process. With two cores or more the server has one and the client another. Exit code 1: the median over all lines is below
--rate of the other's rate or above --cpu of its CPU.
"""
import os

from commands import KEYS, TOLD, by_turns, fill, large_values, own_tests
from common import Folder, Progress, arguments, fail, headline, integers, machine, median, medians, need, pin, ratio, say, some_of, terrace, write_json

FSYNC = {"none": "no", "everysec": "everysec", "always": "always"}


def compare(servers, line, pipeline, options, progress):
    """A line on both builds, by turns."""
    requests, runs = by_turns(servers, "other", line, pipeline, options, progress)
    row = {"line": line.name, "pipeline": pipeline, "requests": requests, **{name: medians(of_one) for name, of_one in runs.items()}}
    row["to_other"] = {field: ratio(runs["this"], runs["other"], field) for field in TOLD}
    return row


def tell(row, progress):
    rate, cpu = row["to_other"]["rps"], row["to_other"]["cpu_s_per_million"]
    progress.say(f"{row['persistence']:8} {row['line']:24} P={row['pipeline']:<3}{row['this']['rps']:>9.0f}{row['other']['rps']:>9.0f} {rate['median']:>6.3f}"
                 f"  {row['this']['cpu_s_per_million']:>8.3f}{row['other']['cpu_s_per_million']:>8.3f} {cpu['median'] if cpu else float('nan'):>6.3f}"
                 f"  ±{rate['spread']:.0%}")


def run_all(persistence, lines, options, progress):
    rows = []
    with Folder("bench-builds") as folder:
        common = ("--maxmemory", options.maxmemory, "--appendfsync", FSYNC[persistence])
        servers = {"this": terrace(folder.path + "/this", *common), "other": terrace(folder.path + "/other", *common)}
        servers["other"].binary = options.other
        for server in servers.values():
            pin(folder.add(server).start(), options.server_cpu)
            fill(server, options.elements)
        for pipeline in options.pipelines:
            for line in lines:
                rows.append(dict(compare(servers, line, pipeline, options, progress), persistence=persistence))
                tell(rows[-1], progress)
    return rows


def main():
    names = [line.name for family in (own_tests, large_values) for line in family(KEYS)]
    parser = arguments(__doc__, repetitions=5)
    parser.add_argument("--other", required=True, metavar="FILE", help="the other build's server")
    parser.add_argument("--seconds", type=float, default=1, help="about, of one run")
    parser.add_argument("--clients", type=int, default=50, help="connections")
    parser.add_argument("--pipelines", type=integers, default=[1, 16], help="requests in flight on a connection")
    parser.add_argument("--elements", type=int, default=100_000, help="of a large value (a thousand at least)")
    parser.add_argument("--persistence", type=some_of(FSYNC), default=["none", "always"], help=f"of {','.join(FSYNC)}")
    parser.add_argument("--lines", type=some_of(names), default=names, help=f"of {', '.join(names)}")
    parser.add_argument("--maxmemory", default="4gb")
    parser.add_argument("--rate", type=float, default=0.99, help="the least median of the rates' ratios")
    parser.add_argument("--cpu", type=float, default=1.01, help="the greatest median of the CPUs' ratios")
    options = parser.parse_args()
    if not os.access(options.other, os.X_OK):
        parser.error(f"--other: no program at {options.other}")
    need("redis-benchmark", "redis-tools")
    options.server_cpu, options.client_cpu = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
    about = machine()
    lines = [line for family in (own_tests, large_values) for line in family(options.elements) if line.name in options.lines]
    progress = Progress(len(lines) * len(options.pipelines) * len(options.persistence) * options.repetitions * 2)
    headline("builds", about, f"medians of {options.repetitions} runs of about {options.seconds:g} s; this build beside {options.other}")
    say("fsync    line                          commands/s this    other  ratio  CPU s/M this   other  ratio")
    rows = [row for persistence in options.persistence for row in run_all(persistence, lines, options, progress)]
    rate = median([row["to_other"]["rps"]["median"] for row in rows])
    cpu = median([row["to_other"]["cpu_s_per_million"]["median"] for row in rows if row["to_other"]["cpu_s_per_million"]])
    say(f"median of {len(rows)} lines: {rate:.3f} of the other's commands a second, {cpu:.3f} of its CPU")
    write_json(options, about, rows=rows, summary={"lines": len(rows), "rps_to_other": rate, "cpu_to_other": cpu})
    if rate < options.rate or cpu > options.cpu:
        fail(f"builds: below {options.rate} of the rate or above {options.cpu} of the CPU")


if __name__ == "__main__":
    main()

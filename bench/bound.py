#!/usr/bin/python3
"""Is maxmemory a bound? The resident set while a dataset many times as large goes through the server, as fast as it can.

  ./x bench bound [--maxmemory 512mb] [--gigabytes 10] [--seconds 30] [--free | --caged] [--json FILE]

Three phases: real values are loaded (SET, 50 connections, pipeline 16), overwritten at random, read at random and
compared. The resident set is looked at every 100 ms; its bound is maxmemory and 64 MiB. All this twice: with the process
left alone, and in a memory cgroup of just that size, where what is too much ends the process. No write may fail.
Exit code 1: the bound was passed, a write failed, a value was wrong, or the kernel ended the server.
"""
import os
import time

from common import Folder, HighestRss, RealValues, arguments, fail, headline, load, machine, megabytes, positive, say, terrace, write_json

ALLOWANCE = 64 << 20
PHASES = {
    "load": {"sequential": True, "pipeline": 16, "progress": True},
    "overwrite": {"mix": "set", "pipeline": 16},
    "read": {"mix": "get", "verify": True},
}


class Cage:
    """A memory cgroup of the kernel's first or second version, for one process."""

    def __init__(self, size):
        first, second = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
        self.old = os.path.isdir(first)
        self.path = os.path.join(first if self.old else second, f"terrace-bench-{os.getpid()}")
        try:
            os.mkdir(self.path)
            self._write("memory.limit_in_bytes" if self.old else "memory.max", size)
        except OSError as error:
            fail(f"no memory cgroup can be made ({error}): run as root where cgroups are writable, or with --free")

    def _write(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(str(value))

    def hold(self, pid):
        self._write("cgroup.procs", pid)

    def kills(self):
        with open(os.path.join(self.path, "memory.oom_control" if self.old else "memory.events")) as file:
            return int(dict(line.split() for line in file)["oom_kill"])

    def remove(self):
        os.rmdir(self.path)


def run(folder, data, bound, caged, options):
    server = folder.add(terrace(f"{folder.path}/{'caged' if caged else 'free'}", "--maxmemory", options.maxmemory)).start()
    cage = Cage(bound) if caged else None
    told = {"caged": caged, "phases": {}}
    try:
        if cage:
            cage.hold(server.pid)
        for name, row in PHASES.items():
            limit = {} if row.get("sequential") else {"seconds": options.seconds}
            with HighestRss(server) as rss:
                result = load(server.port, connections=50, **data.options, **row, **limit)
            told["phases"][name] = {"rps": result["rps"], "seconds": result["seconds"], "requests": result["requests"],
                                    "highest_rss_mib": rss.mib}
            say(f"{'caged' if caged else 'free':6} {name:10} {result['rps']:>8.0f} requests/s for {result['seconds']:.0f} s; "
                f"highest RSS {rss.mib:.1f} of {bound / (1 << 20):.0f} MiB")
        told["oom_kills"] = cage.kills() if cage else 0
    finally:
        server.stop()
        if cage:
            time.sleep(0.1)
            cage.remove()
    return told


def main():
    parser = arguments(__doc__, repetitions=1)
    parser.add_argument("--maxmemory", default="512mb")
    parser.add_argument("--gigabytes", type=positive, default=10, help="of values")
    parser.add_argument("--seconds", type=positive, default=30, help="of the phases behind the load")
    parser.add_argument("--free", action="store_true", help="only the process left alone")
    parser.add_argument("--caged", action="store_true", help="only the one in a cgroup")
    options = parser.parse_args()
    about = machine()
    bound = megabytes(options.maxmemory) + ALLOWANCE
    with Folder("bench-bound") as folder:
        data = RealValues(folder, options.gigabytes << 30)
        headline("bound", about, f"maxmemory {options.maxmemory}; {data.about}")
        runs = [run(folder, data, bound, caged, options) for caged in (False, True)
                if not (caged and options.free) and not (not caged and options.caged)]
    write_json(options, about, bound_mib=bound / (1 << 20), bytes=data.size, runs=runs)
    highest = max(phase["highest_rss_mib"] for told in runs for phase in told["phases"].values())
    if highest > bound / (1 << 20):
        fail(f"the resident set reached {highest:.1f} MiB, above {bound / (1 << 20):.0f}")
    if any(told["oom_kills"] for told in runs):
        fail("the kernel killed the server for memory")


if __name__ == "__main__":
    main()

"""fio as the measure of a disk: what it makes of the reads and of the synced writes that a server made of it."""
import json
import os
import subprocess

from common import fail

READ_SIZE = 4096
WRITE_SIZE = 4096  # a log frame takes a multiple of this
FRAMES_IN_FLIGHT = 2  # as the server's log has them


class Fio:
    """Files beside the server's, as large as its data, and runs on them."""

    def __init__(self, folder, size, seconds):
        self.seconds = seconds
        self.files = {name: os.path.join(folder, f"fio.{name}") for name in ("read", "write")}
        self.sizes = {"read": size, "write": min(size, 256 << 20)}
        for name, path in self.files.items():
            self._run(f"--name=fill --filename={path} --size={self.sizes[name]} --rw=write --bs=1m --end_fsync=1".split())

    def _run(self, arguments):
        result = subprocess.run(["fio", "--direct=1", "--output-format=json", *arguments], capture_output=True, text=True)
        if result.returncode:
            fail(f"fio: {result.stdout[-500:]}{result.stderr[-500:]}")
        return {job["jobname"]: job for job in json.loads(result.stdout[result.stdout.index("{"):])["jobs"]}

    def _job(self, name, rest):
        return (f"--name={name} --filename={self.files[name]} --size={self.sizes[name]} --ioengine=io_uring --runtime={self.seconds:g} "
                f"--time_based {rest}").split()

    def run(self, depth=0, write_size=0):
        """4 KiB reads at random, `depth` of them in flight, and beside them synced writes of `write_size`, as a log makes
        them; 0 leaves one out."""
        arguments = []
        if depth:
            arguments += self._job("read", f"--rw=randread --bs={READ_SIZE} --iodepth={depth} --norandommap")
        if write_size:
            arguments += self._job("write", f"--rw=write --bs={write_size} --iodepth={FRAMES_IN_FLIGHT} --sync=dsync")
        jobs = self._run(arguments)
        out = {"depth": depth, "write_size": write_size}
        if depth:
            read = jobs["read"]["read"]
            out.update(reads_per_s=read["iops"], read_p99_ms=read["clat_ns"]["percentile"]["99.000000"] / 1e6)
        if write_size:
            write = jobs["write"]["write"]
            out.update(writes_per_s=write["iops"], write_p99_ms=write["clat_ns"]["percentile"]["99.000000"] / 1e6)
        return out

    def beside(self, storm):
        """What the disk does at the depth of reads and the size of commits that a storm had."""
        depth = round(storm["depth"]) or (1 if storm["page_reads_per_s"] >= 1 else 0)
        frames = max(1, round(storm["frame_bytes"] / WRITE_SIZE)) if storm["frames_per_s"] >= 1 else 0
        return self.run(depth, frames * WRITE_SIZE)

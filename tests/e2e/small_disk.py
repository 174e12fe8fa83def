"""A small ext4 on a loop device, which can be filled, slowed down and made to stand still; mounts in general.

Needs root; where a mount, a cgroup or a freeze cannot be had, Skipped says why.
"""
import os
import subprocess
import time

from bad_case import Skipped, Wrong
from harness import ServerDied, fail, say


def as_root():
    if os.geteuid() != 0:
        raise Skipped("needs root")


def run(*command):
    """Runs a command; what it says on stderr if it fails, else None."""
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stderr.strip() or f"exit {result.returncode}") if result.returncode else None


class Mount:
    """Something mounted on a folder, for as long as the with statement lasts. Its servers must have ended by then."""

    def __init__(self, *arguments, target):
        as_root()
        self.target = target
        os.makedirs(target, exist_ok=True)
        problem = run("mount", *arguments, target)
        if problem:
            raise Skipped(f"mount is not possible here: {problem[:80]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _ in range(20):
            if run("umount", self.target) is None:
                return
            time.sleep(0.2)


class SmallDisk(Mount):
    """An ext4 of `size` bytes in a file of `folder`."""

    def __init__(self, folder, size):
        as_root()
        image = os.path.join(folder, "disk.img")
        with open(image, "wb") as file:
            file.truncate(size)
        problem = run("mkfs.ext4", "-q", "-F", "-m", "0", image)
        if problem:
            raise Skipped(f"mkfs.ext4: {problem[:80]}")
        super().__init__("-o", "loop", image, target=os.path.join(folder, "disk"))
        device = os.stat(self.target).st_dev
        self.device = f"{os.major(device)}:{os.minor(device)}"
        self.group = None
        self.frozen = False

    def __exit__(self, *_):
        self.thaw()
        super().__exit__()
        if self.group:
            self.group.remove()

    def free(self):
        space = os.statvfs(self.target)
        return space.f_bavail * space.f_frsize

    # --- full
    def fill(self, size=None):
        """Takes `size` bytes away from the others, or all there are."""
        file = os.open(os.path.join(self.target, "filler"), os.O_CREAT | os.O_WRONLY)
        try:
            end = os.fstat(file).st_size
            piece = 64 << 20
            while piece >= 4096 and (size is None or end < size):
                want = piece if size is None else min(piece, size - end)
                try:
                    os.posix_fallocate(file, end, want)
                    end += want
                except OSError:
                    piece //= 4
        finally:
            os.close(file)

    def make_room(self):
        os.unlink(os.path.join(self.target, "filler"))

    # --- slow
    def slow_down(self, process, reads, writes):
        """From now on so many reads and writes a second, 0: as many as it likes, for what `process` does."""
        if self.group is None:
            self.group = IoGroup()
        self.group.take(process)
        self.group.limit(self.device, reads, writes)

    # --- standing still
    def freeze(self):
        """Writes wait until thaw(); what the page cache or the disk holds can be read."""
        problem = run("fsfreeze", "-f", self.target)
        if problem:
            raise Skipped(f"fsfreeze: {problem[:80]}")
        self.frozen = True

    def thaw(self):
        if self.frozen:
            run("fsfreeze", "-u", self.target)
            self.frozen = False


def run_on_small_disk(name, folder, size, make):
    """Runs the test that `make` makes of a disk of that size, and tells how it ended under `name`."""
    try:
        with SmallDisk(folder.path, size) as disk:
            test = make(disk)
            try:
                test.run()
            finally:
                disk.thaw()
                test.server.kill()
    except Skipped as reason:
        say(f"{name}: skipped: {reason}")
    except (Wrong, ServerDied) as problem:
        fail(f"{name}: {type(problem).__name__}: {problem}")


class IoGroup:
    """A control group of its own that bounds the I/O of its processes; of version 1 or 2, whichever there is."""

    ROOT_1, ROOT_2 = "/sys/fs/cgroup/blkio", "/sys/fs/cgroup"

    def __init__(self):
        self.version = 1 if os.path.exists(self.ROOT_1) else 2
        root = self.ROOT_1 if self.version == 1 else self.ROOT_2
        self.path = os.path.join(root, f"terrace-test-{os.getpid()}")
        try:
            if self.version == 2:
                self._write(os.path.join(root, "cgroup.subtree_control"), "+io")
            os.makedirs(self.path, exist_ok=True)
        except OSError as problem:
            raise Skipped(f"no control group for I/O: {problem}") from None
        if not os.path.exists(os.path.join(self.path, "io.max" if self.version == 2 else "blkio.throttle.read_iops_device")):
            raise Skipped("the control groups here do not bound I/O")

    @staticmethod
    def _write(path, text):
        with open(path, "w") as file:
            file.write(text)

    def take(self, process):
        self._write(os.path.join(self.path, "cgroup.procs"), str(process))

    def limit(self, device, reads, writes):
        if self.version == 2:
            self._write(os.path.join(self.path, "io.max"), f"{device} riops={reads or 'max'} wiops={writes or 'max'}")
            return
        self._write(os.path.join(self.path, "blkio.throttle.read_iops_device"), f"{device} {reads}")
        self._write(os.path.join(self.path, "blkio.throttle.write_iops_device"), f"{device} {writes}")

    def remove(self):
        for _ in range(20):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)

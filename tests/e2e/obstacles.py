#!/usr/bin/python3
"""The disk refuses something for a while: no descriptors, a directory that may not be written to or is gone. What cannot be
done gets an error that says why, the rest is served, nothing acknowledged is lost, and when the cause is gone everything
is done again, without a restart.

  obstacles.py [--only TEXT]
"""
import argparse
import os
import random
import resource
import time

from bad_case import Skipped, Table, check, expect
from harness import Error, Folder, terrace

NOBODY = 65534
VALUE_SIZE = 10_000
MOST_WRITES = 30_000
RESUMES_WITHIN = 3.0
ANSWERS_WITHIN = 5.0


class Scene:
    """A server and what it has acknowledged."""

    def __init__(self, folder, name, *arguments, nobody=False):
        self.server = folder.add(terrace(os.path.join(folder.path, name), *arguments))
        if nobody:
            become_nobody(self.server)
        self.server.start()
        self.values, self.random = {}, random.Random(name)

    def value_of(self, key, version=0):
        return random.Random(f"{key}.{version}").randbytes(VALUE_SIZE)

    def write(self, client, count, prefix="key"):
        """Writes until an error comes: that; None if there is none."""
        for number in range(count):
            key = f"{prefix}:{number}"
            begin = time.monotonic()
            reply = client.call("SET", key, self.value_of(key))
            check(time.monotonic() - begin < ANSWERS_WITHIN, f"SET {key} was answered after {time.monotonic() - begin:.1f} s")
            if isinstance(reply, Error):
                return reply.decode()
            self.values[key] = True
        return None

    def resume(self, client):
        """The cause is gone: the time until writes are accepted."""
        begin = time.monotonic()
        while isinstance(reply := client.call("SET", "again", bytes(VALUE_SIZE)), Error):
            check(time.monotonic() - begin < RESUMES_WITHIN, f"still refused after {RESUMES_WITHIN} s: {reply}")
            time.sleep(0.05)
        return time.monotonic() - begin

    def check_all(self, client, keys=None):
        for key in keys or self.values:
            check(client.call("GET", key) == self.value_of(key), f"GET {key} is not what was acknowledged")

    def some_keys(self, count=200):
        return self.random.sample(sorted(self.values), min(count, len(self.values)))

    def finish(self, client, pattern, refused):
        """After the obstacle: writes are served, and a kill loses nothing."""
        expect(refused or "nothing was refused", pattern)
        took = self.resume(client)
        check(self.write(client, 300, "later") is None, "a write was refused after the obstacle was gone")
        client.close()
        self.server.kill()
        self.server.start()
        with self.server.client() as again:
            self.check_all(again)
            check(again.call("SET", "after", "restart") == b"OK", "no write after a restart")
        return f"{len(self.values)} writes kept; refused: {refused[:60]}; resumed in {took:.1f} s"


def become_nobody(server):
    if os.geteuid() != 0:
        raise Skipped("needs root, to be another user")
    os.chown(server.directory, NOBODY, NOBODY)
    for path in (os.path.dirname(server.directory), server.directory):
        os.chmod(path, 0o755)
    server.prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    plain = server.command_line
    server.command_line = lambda extra=(): server.prefix + plain(extra)


def set_soft_limit(server, count):
    hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (min(count, hard), hard))


def highest_descriptor(server):
    return max(int(name) for name in os.listdir(f"/proc/{server.pid}/fd"))


def no_descriptors(folder):
    scene = Scene(folder, "descriptors", "--maxmemory", "512mb")
    with scene.server.client() as client:
        check(scene.write(client, 100, "early") is None, "an early write is refused")
        before = resource.prlimit(scene.server.pid, resource.RLIMIT_NOFILE)[0]
        set_soft_limit(scene.server, highest_descriptor(scene.server) + 1)
        refused = scene.write(client, MOST_WRITES)
        scene.check_all(client, scene.some_keys())
        check(client.call("DBSIZE") == len(scene.values), "DBSIZE counts a refused write")
        set_soft_limit(scene.server, before)
        return scene.finish(client, r"^MISCONF Errors writing to the AOF file: .*Too many open files", refused)


def denied(folder, directory, pattern, *arguments):
    scene = Scene(folder, f"denied-{directory}", *arguments, nobody=True)
    path = os.path.join(scene.server.directory, directory)
    with scene.server.client() as client:
        check(scene.write(client, 100, "early") is None, "an early write is refused")
        os.chmod(path, 0o555)
        refused = scene.write(client, MOST_WRITES)
        scene.check_all(client, scene.some_keys())
        os.chmod(path, 0o755)
        return scene.finish(client, pattern, refused)


def gone(folder):
    scene = Scene(folder, "gone", "--maxmemory", "512mb")
    path = os.path.join(scene.server.directory, "log")
    with scene.server.client() as client:
        check(scene.write(client, 100, "early") is None, "an early write is refused")
        os.rename(path, path + ".away")
        refused = scene.write(client, MOST_WRITES)
        scene.check_all(client, scene.some_keys())
        os.rename(path + ".away", path)
        return scene.finish(client, r"^MISCONF Errors writing to the AOF file: .*No such file or directory", refused)


def no_checkpoint(folder):
    scene = Scene(folder, "checkpoint", nobody=True)
    with scene.server.client() as client:
        check(scene.write(client, 100) is None, "a write is refused")
        for directory in ("checkpoints", ""):
            path = os.path.join(scene.server.directory, directory)
            os.chmod(path, 0o555)
            told = client.call("SAVE")
            check(isinstance(told, Error) and b"Permission denied" in told, f"SAVE with an unwritable {directory or 'directory'}: {told}")
            check(scene.write(client, 100) is None, "a write is refused because no checkpoint can be made")
            os.chmod(path, 0o755)
            check(client.call("SAVE") == b"OK", "SAVE fails when the directory can be written to")
        scene.check_all(client)
    return "SAVE says why, writes are served, the next SAVE is OK"


def no_start(folder):
    """A start that cannot read or make what it needs ends with words, and changes nothing."""
    scene = Scene(folder, "start", nobody=True)
    with scene.server.client() as client:
        check(scene.write(client, 300) is None, "a write is refused")
        client.call("TERRACE", "SPILL", "ALL")
        check(client.call("SAVE") == b"OK", "SAVE")
    scene.server.kill()
    for directory in ("log", "segments", "checkpoints", "dictionaries"):
        path = os.path.join(scene.server.directory, directory)
        os.chmod(path, 0)
        scene.server.launch()
        check(scene.server.wait_end(20) == 1, f"a start without {directory}/ did not end with 1")
        expect(scene.server.log_tail(), rf"{directory}.*Permission denied")
        os.chmod(path, 0o755)
    scene.server.start()
    with scene.server.client() as client:
        scene.check_all(client)
    return "refused with words, then everything was there"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only")
    only = parser.parse_args().only
    table = Table("obstacles", only)
    with Folder("obstacles") as folder:
        table.case("log", "no descriptors", "-MISCONF, resumes", no_descriptors, folder)
        table.case("log", "directory not writable", "-MISCONF, resumes", denied, folder, "log",
                   r"^MISCONF Errors writing to the AOF file: .*Permission denied", "--maxmemory", "512mb")
        table.case("log", "directory gone", "-MISCONF, resumes", gone, folder)
        table.case("segments", "directory not writable", "-OOM, resumes", denied, folder, "segments",
                   r"^OOM command not allowed .* cold records cannot be written: .*Permission denied", "--maxmemory", "24mb")
        table.case("checkpoint", "directories not writable", "SAVE fails, resumes", no_checkpoint, folder)
        table.case("start", "directories not readable", "the start is refused", no_start, folder)
    table.end()


if __name__ == "__main__":
    main()

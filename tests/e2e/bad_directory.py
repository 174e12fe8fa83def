"""The cases of bad_input.py about data directories: damaged, foreign, in use, not writable.

A directory is made once (keys in segments, in a checkpoint and in the log behind it) and copied for each case. The
rule for every damage: the server starts and each key is right or an explicit error, or it refuses to start with a
message that names the file; never a wrong value, never a key gone in silence, never a crash. And what is put right
again is all there.
"""
import glob
import os
import re
import shutil
import signal
import subprocess

from bad_case import Wrong, expect, run_to_end
from harness import Error, ServerDied, Values, free_port, terrace, terrace_binary
from small_disk import Mount, as_root

KEYS = 3000


class Template:
    """The directory that all cases start from."""

    def __init__(self, folder):
        self.folder, self.values, self.cases = folder, Values(5, 50, 1500), 0
        self.path = folder.path + "/template"
        server = folder.add(terrace(self.path, "--maxmemory", "64mb")).start()
        with server.client() as client:
            self.put(client, 0, KEYS // 2)
            client.ok("TERRACE", "SPILL", "ALL")
            client.ok("TERRACE", "CHECKPOINT")
            self.put(client, KEYS // 2, KEYS)
        server.kill(signal.SIGKILL)

    def put(self, client, first, last):
        for start in range(first, last, 250):
            for reply in client.pipeline([("SET", b"key:%d" % n, self.values.value(n, 1)) for n in range(start, start + 250)]):
                if reply != b"OK":
                    raise Wrong(f"SET answered {reply!r}")

    def copy(self):
        self.cases += 1
        place = f"{self.folder.path}/case{self.cases}"
        subprocess.run(["cp", "-a", "--sparse=always", self.path, place], check=True)
        return place

    def check(self, server, errors_allowed=False):
        """(right, errors); anything else raises."""
        right = errors = 0
        with server.client() as client:
            for start in range(0, KEYS, 250):
                for number, reply in enumerate(client.pipeline([("GET", b"key:%d" % n) for n in range(start, start + 250)]), start):
                    if reply == self.values.value(number, 1):
                        right += 1
                    elif isinstance(reply, Error) and errors_allowed:
                        errors += 1
                    else:
                        raise Wrong(f"key:{number} gave {repr(reply)[:100]}")
        return right, errors


def files(place, pattern, what):
    found = sorted(path for path in glob.glob(os.path.join(place, pattern)) if os.path.getsize(path))
    if not found:
        raise Wrong(f"no {what} ({pattern}); there: {sorted(os.listdir(place))}")
    return found


def last_data(path):
    """Where the bytes that are not zero end (files are allocated ahead)."""
    with open(path, "rb") as file:
        data = file.read()
    return len(data.rstrip(b"\0"))


def next_data(path, offset):
    """The first byte from there on that is not zero: frames are padded with zeros, which mean nothing."""
    with open(path, "rb") as file:
        file.seek(offset)
        rest = file.read()
    return offset + len(rest) - len(rest.lstrip(b"\0"))


def flip(path, offset, mask=0xff):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ mask]))


def overwrite(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


MANIFEST, LOG, SEGMENT, CHECKPOINT = "MANIFEST*", "log/*", "segments/*", "checkpoints/*"


def newest(place, pattern):
    return files(place, pattern, pattern)[-1]


def first(place, pattern):
    return files(place, pattern, pattern)[0]


# Damage: (name, function(place) -> damaged path, what may happen: "refuse", "errors", "whole")
#   refuse: must not start, must name the file.   either: may refuse, or start and answer errors for what is hit.
#   whole: must start with everything there.
DAMAGES = [
    ("manifest empty", lambda p: truncate(first(p, MANIFEST), 0), "refuse"),
    ("manifest cut in half", lambda p: truncate(first(p, MANIFEST), None), "refuse"),
    ("manifest, first byte flipped", lambda p: damage(first(p, MANIFEST), 0), "refuse"),
    ("manifest, a byte flipped", lambda p: damage(first(p, MANIFEST), 40), "refuse"),
    ("manifest of another program", lambda p: replace(first(p, MANIFEST), b"REDIS0011\xfa\tredis-ver\x057.0.15" + bytes(4000)), "refuse"),
    ("manifest missing, data there", lambda p: remove(first(p, MANIFEST)), "refuse"),
    ("checkpoint missing", lambda p: remove(newest(p, CHECKPOINT)), "refuse"),
    ("checkpoint empty", lambda p: truncate(newest(p, CHECKPOINT), 0), "refuse"),
    ("checkpoint cut in half", lambda p: truncate(newest(p, CHECKPOINT), None), "refuse"),
    ("checkpoint, header flipped", lambda p: damage(newest(p, CHECKPOINT), 3), "refuse"),
    ("checkpoint, a byte flipped", lambda p: damage(newest(p, CHECKPOINT), -200), "refuse"),
    ("segment missing", lambda p: remove(first(p, SEGMENT)), "either"),
    ("segment empty", lambda p: truncate(first(p, SEGMENT), 0), "either"),
    ("segment, header flipped", lambda p: damage(first(p, SEGMENT), 2), "either"),
    ("segment, a byte of a page flipped", lambda p: damage(first(p, SEGMENT), 4096 + 100), "either"),
    ("segment, one bit of a page flipped", lambda p: damage(first(p, SEGMENT), 8192 + 2000, 1), "either"),
    ("segment, two pages exchanged", lambda p: exchange(first(p, SEGMENT), 4096, 8192), "either"),
    ("segment, a page zeroed", lambda p: zero(first(p, SEGMENT), 4096, 4096), "either"),
    ("log file missing", lambda p: remove(written_log(p)), "refuse"),
    ("log, a frame before the checkpoint flipped", lambda p: damage(written_log(p), 100), "either"),
    ("log, a byte behind the checkpoint flipped", lambda p: damage(written_log(p), -3), "refuse"),
    ("log, noise behind the end", lambda p: behind_end(written_log(p), os.urandom(700)), "whole"),
    ("log, half a sector behind the end", lambda p: behind_end(written_log(p), b"\x01" * 300), "whole"),
    ("foreign files in the directory", lambda p: foreign(p), "whole"),
    ("a temporary manifest left behind", lambda p: replace(os.path.join(p, "MANIFEST.new"), b"half written"), "whole"),
]


def truncate(path, size):
    os.truncate(path, last_data(path) // 2 if size is None else size)
    return path


def damage(path, offset, mask=0xff):
    """A negative offset counts from the end of the data; -3 means three quarters into it: half way from checkpoint to end."""
    if offset < 0:
        end = last_data(path)
        offset = next_data(path, end * 3 // 4) if offset == -3 else max(0, end + offset)
    flip(path, offset, mask)
    return path


def replace(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def remove(path):
    os.unlink(path)
    return path


def zero(path, offset, size):
    overwrite(path, offset, bytes(size))
    return path


def exchange(path, one, other):
    with open(path, "rb") as file:
        data = file.read()
    overwrite(path, one, data[other:other + 4096])
    overwrite(path, other, data[one:one + 4096])
    return path


def written_log(place):
    """The log file with the most written into it."""
    return max(files(place, LOG, "log"), key=last_data)


def behind_end(path, data):
    end = (last_data(path) + 4095) // 4096 * 4096
    overwrite(path, end, data)
    return path


def foreign(place):
    for name in ("README.txt", "dump.rdb", "core.123", "segments/lost+found.txt", "log/old.log.bak", ".hidden"):
        replace(os.path.join(place, name), b"not ours\n")
    return place


def damaged(template, harm, allowed):
    place = template.copy()
    path = harm(place)
    server = template.folder.add(terrace(place, "--maxmemory", "64mb"))
    try:
        server.start(30)
    except ServerDied as problem:
        code, text = server.process.returncode, server.log_tail()
        if code is None or code < 0:
            raise Wrong(f"crashed at start: {problem}") from None
        server.ending = True
        if allowed == "whole":
            raise Wrong(f"refused: exit {code}: {text[-400:]}") from None
        if code != 1 or os.path.basename(path).split(".")[0] not in text:
            raise Wrong(f"exit {code}, the message does not name {os.path.basename(path)}: {text[-400:]}") from None
        mend(template, place)
        return f"exit {code}: " + text.splitlines()[-1][-110:]
    if allowed == "refuse":
        right, errors = template.check(server, errors_allowed=True)
        server.kill()
        raise Wrong(f"started, {right} keys right, {errors} errors")
    right, errors = template.check(server, errors_allowed=allowed == "either")
    server.kill()
    return f"started, {right} keys right, {errors} answered with an error"


def mend(template, place):
    """The refused start changed nothing: with the damage undone everything is there."""
    for path, _, names in os.walk(place):
        for name in names:
            original = os.path.join(template.path, os.path.relpath(os.path.join(path, name), place))
            if os.path.exists(original):
                continue
    for path, _, names in os.walk(template.path):
        for name in names:
            source = os.path.join(path, name)
            target = os.path.join(place, os.path.relpath(source, template.path))
            if not os.path.exists(target) or os.path.getsize(source) != os.path.getsize(target) or open(source, "rb").read() != open(target, "rb").read():
                shutil.copyfile(source, target)
    server = template.folder.add(terrace(place, "--maxmemory", "64mb"))
    server.start(30)
    template.check(server)
    server.kill()


# --- directories that are in order but cannot be used

def in_use(template):
    place = template.copy()
    holder = template.folder.add(terrace(place)).start()
    code, output = run_to_end(terrace_binary(), ["--port", str(free_port()), "--dir", place], place)
    expect(output, rb"(?i)in use|lock")
    if code != 1:
        raise Wrong(f"exit {code}, not 1")
    template.check(holder)
    holder.kill()
    return "exit 1, the first server goes on"


def not_permitted(template):
    as_root()
    place = template.copy()
    os.chmod(template.folder.path, 0o755)
    os.chmod(place, 0o500)
    binary = shutil.copy(terrace_binary(), template.folder.path + "/server-of-nobody")
    os.chmod(binary, 0o755)
    process = subprocess.run([binary, "--port", str(free_port()), "--bind", "127.0.0.1", "--dir", place], user=65534, group=65534,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, cwd="/")
    os.chmod(place, 0o755)
    expect(process.stdout, rb"(?i)permission denied")
    if process.returncode != 1:
        raise Wrong(f"exit {process.returncode}, not 1")
    return "exit 1, Permission denied"


def read_only(template):
    as_root()
    place = template.copy()
    with Mount("--bind", place, target=template.folder.path + "/read-only") as mount:
        subprocess.run(["mount", "-o", "remount,ro,bind", mount.target], check=True, capture_output=True)
        code, output = run_to_end(terrace_binary(), ["--port", str(free_port()), "--dir", mount.target], "/")
        expect(output, rb"(?i)read-only file system")
        if code != 1:
            raise Wrong(f"exit {code}, not 1")
    return "exit 1, Read-only file system"


def without_direct_io(template):
    """tmpfs: old kernels have no O_DIRECT there. Works, or says why not."""
    as_root()
    with Mount("-t", "tmpfs", "-o", "size=400m", "tmpfs", target=template.folder.path + "/tmpfs") as mount:
        server = template.folder.add(terrace(mount.target))
        try:
            server.start(20)
        except ServerDied:
            server.ending = True
            if server.process.returncode != 1 or not re.search(rb"(?i)O_DIRECT|direct", server.log()):
                raise Wrong(server.log_tail()) from None
            return "exit 1, names O_DIRECT"
        with server.client() as client:
            client.ok("SET", "a", "1")
        server.kill()
        return "works"


def cases(table, folder):
    try:
        template = Template(folder)
    except (ServerDied, AssertionError, Wrong) as problem:
        reason = f"the directory to start from could not be made: {problem}"

        def no_template():
            raise Wrong(reason)

        table.case("directory", "template", "made", no_template)
        return
    for name, harm, allowed in DAMAGES:
        expected = {"refuse": "refused, the file named", "either": "refused, or errors for what is hit",
                    "whole": "starts, all there"}[allowed]
        table.case("directory", name, expected, damaged, template, harm, allowed)
    for name, expected, function in (
            ("in use by another server", "exit 1, said so", in_use), ("no permission", "exit 1, Permission denied", not_permitted),
            ("read-only", "exit 1, Read-only file system", read_only), ("no O_DIRECT (tmpfs)", "works, or exit 1 with the reason", without_direct_io)):
        table.case("directory", name, expected, function, template)

"""What the end-to-end tests share: servers on free loopback ports, a raw RESP client, values that tell who wrote them.

A Server starts terrace-server or redis-server in a folder of its own, waits until it says "Ready to accept
connections", and is ended by its process id. A Client speaks RESP without interpreting it: encode() makes the bytes
of a command, Client.batch() sends many and gives back the exact bytes of all replies, parse() reads them.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READY = b"Ready to accept connections"


def say(*words):
    print(*words, flush=True)


def fail(*words):
    print("FAILED:", *words, flush=True)
    sys.exit(1)


def terrace_binary():
    """The server under test: $TERRACE_SERVER, or the release build."""
    path = os.environ.get("TERRACE_SERVER") or os.path.join(ROOT, "build", "terrace-server")
    if not os.access(path, os.X_OK):
        fail(f"no server at {path}: build it (./x build) or set TERRACE_SERVER")
    return path


def redis_binary():
    path = shutil.which("redis-server")
    if not path:
        fail("no redis-server: apt-get install redis-server")
    return path


def work_folder(prefix):
    """A new folder on a real file system (O_DIRECT needs one): $TERRACE_TMP, or the system's place for long files."""
    base = os.environ.get("TERRACE_TMP") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else None)
    return tempfile.mkdtemp(prefix=f"terrace-{prefix}-", dir=base)


def free_port():
    """A port that nobody has, below those that the kernel gives to outgoing connections: it stays free over restarts."""
    while True:
        port = random.SystemRandom().randint(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class ServerDied(Exception):
    pass


class Server:
    """One server process and its data directory; start() and kill() as often as wanted."""

    def __init__(self, binary, directory, arguments=(), port=None, name=None):
        self.binary, self.directory, self.arguments = binary, directory, list(arguments)
        self.port = port or free_port()
        self.name = name or os.path.basename(binary)
        self.process = None
        self.ending = False  # we asked for its end
        self.starts = 0
        self.start_seconds = 0.0
        self.log_path = os.path.join(os.path.dirname(directory), f"{os.path.basename(directory)}.log")
        os.makedirs(directory, exist_ok=True)

    @property
    def is_redis(self):
        return os.path.basename(self.binary).startswith("redis")

    def command_line(self, extra=()):
        return [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory,
                *self.arguments, *extra]

    def launch(self, extra=(), environment=None):
        """Starts the process and returns at once. `environment`: variables to set, or with None to leave out."""
        variables = {**os.environ, **(environment or {})}
        self.log_file = open(self.log_path, "ab")
        self.log_start = self.log_file.tell()
        self.process = subprocess.Popen(self.command_line(extra), stdin=subprocess.DEVNULL, stdout=self.log_file,
                                        stderr=subprocess.STDOUT, cwd=self.directory,
                                        env={name: value for name, value in variables.items() if value is not None})
        self.starts += 1
        self.ending = False
        self.log_file.close()
        return self

    def wait_ready(self, timeout=60.0):
        begin = time.monotonic()
        while True:
            if self.process.poll() is not None:
                raise ServerDied(f"{self.name} ended with {self.process.returncode} at its start:\n{self.log_tail()}")
            if READY in self.log():
                break
            if time.monotonic() - begin > timeout:
                raise ServerDied(f"{self.name} was not ready within {timeout:.0f} s:\n{self.log_tail()}")
            time.sleep(0.005)
        self.start_seconds = time.monotonic() - begin
        return self

    def start(self, timeout=60.0, extra=()):
        return self.launch(extra).wait_ready(timeout)

    def log(self):
        """What the process of the last start has written."""
        with open(self.log_path, "rb") as log:
            log.seek(self.log_start)
            return log.read()

    def log_tail(self, lines=25):
        return b"\n".join(self.log().splitlines()[-lines:]).decode(errors="replace")

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, signal_number=signal.SIGKILL, timeout=60.0):
        """Ends the process by its id; says its exit code (negative: the signal)."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.ending = True
            self.process.send_signal(signal_number)
        code = self.wait_end(timeout)
        if signal_number == signal.SIGKILL:
            self.wait_port_free()
        return code

    def wait_port_free(self, timeout=5.0):
        """The kernel takes a killed process's ring down behind its end, and the listening socket with it, some
        milliseconds later. bad_input.py has a case that starts at once."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    return probe.bind(("127.0.0.1", self.port))
                except OSError:
                    time.sleep(0.002)

    def wait_end(self, timeout=60.0):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerDied(f"{self.name} did not end within {timeout:.0f} s:\n{self.log_tail()}") from None

    def stop(self, timeout=60.0):
        """SIGTERM: what an operator does. The exit code must be 0."""
        code = self.kill(signal.SIGTERM, timeout)
        if code not in (0, None):
            raise ServerDied(f"{self.name} ended with {code} after SIGTERM:\n{self.log_tail()}")

    def client(self, timeout=60.0):
        return Client(self.port, timeout)

    def info(self, section="all"):
        with self.client() as client:
            return parse_info(client.call("INFO", section))

    # --- what the kernel says of the process
    def _status(self, field):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        return 0

    def state(self):
        """The letter of ps: R, S, T for stopped, …"""
        with open(f"/proc/{self.pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]

    def rss(self):
        return self._status("VmRSS")

    def _io(self, field):
        """Bytes that the process made the block layer move (O_DIRECT included); None where /proc/PID/io is closed."""
        try:
            with open(f"/proc/{self.pid}/io") as counters:
                return next(int(line.split()[1]) for line in counters if line.startswith(field + ":"))
        except OSError:
            return None

    def read_bytes(self):
        return self._io("read_bytes")

    def written_bytes(self):
        return self._io("write_bytes")

    def context_switches(self):
        """Of all its threads, of their own accord or not."""
        count = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{thread}/status") as status:
                    count += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
        return count

    def wait_quiet(self, name="page_reads", tries=60):
        """Waits until nothing but us makes the server read; False if it goes on."""
        for _ in range(tries):
            before = self.read_bytes(), info_number(self.info(), name)
            time.sleep(0.5)
            if before == (self.read_bytes(), info_number(self.info(), name)):
                return True
        return False

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def terrace(directory, *arguments, port=None):
    return Server(terrace_binary(), directory, arguments, port, "terrace")


def redis(directory, *arguments, port=None):
    """redis-server without persistence, unless the arguments say otherwise."""
    arguments = list(arguments)
    if "--save" not in arguments:
        arguments += ["--save", ""]
    return Server(redis_binary(), directory, arguments, port, "redis")


class Folder:
    """A temporary folder and the servers in it: all ended, the folder removed (kept after a failure) at the end."""

    def __init__(self, prefix, keep=False):
        self.path, self.keep, self.servers = work_folder(prefix), keep, []

    def __enter__(self):
        return self

    def add(self, server):
        self.servers.append(server)
        return server

    def __exit__(self, kind, value, trace):
        for server in self.servers:
            server.ended_by_itself = server.process is not None and server.process.poll() is not None and not server.ending
            if server.running():
                server.process.kill()
                server.process.wait()
        ended = [server for server in self.servers if server.process is not None and server.ended_by_itself]
        for server in ended:
            say(f"--- {server.name} had ended by itself ({server.process.returncode}), its last lines:\n{server.log_tail()}")
        if self.keep or ended or (kind is not None and kind is not SystemExit):
            say(f"kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


# --- RESP

class Error(bytes):
    """An error reply, without '-' and line end."""


class Simple(bytes):
    """A simple string reply."""


class Push(list):
    """A RESP3 push."""


class Incomplete(Exception):
    pass


def encode(*arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if type(argument) is not bytes:
            argument = argument.encode() if isinstance(argument, str) else b"%d" % argument
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


def parse(data, at=0):
    """One reply from data[at:]: (value, where it ends). Raises Incomplete. Maps and sets come as tagged tuples."""
    end = data.find(b"\r\n", at)
    if end < 0:
        raise Incomplete
    kind, line, after = data[at], data[at + 1:end], end + 2
    if kind == 43:  # +
        return Simple(line), after
    if kind == 58:  # :
        return int(line), after
    if kind in (36, 61):  # $ =
        size = int(line)
        if size < 0:
            return None, after
        if len(data) < after + size + 2:
            raise Incomplete
        return (("verbatim", data[after:after + size]) if kind == 61 else data[after:after + size]), after + size + 2
    if kind == 45:  # -
        return Error(line), after
    if kind in (42, 126, 62):  # * ~ >
        count = int(line)
        if count < 0:
            return ("null array",), after
        items = []
        for _ in range(count):
            item, after = parse(data, after)
            items.append(item)
        return (items if kind == 42 else Push(items) if kind == 62 else ("set", items)), after
    if kind in (37, 124):  # % |
        pairs = []
        for _ in range(int(line)):
            key, after = parse(data, after)
            value, after = parse(data, after)
            pairs.append((key, value))
        return ("map" if kind == 37 else "attribute", pairs), after
    if kind == 95:  # _
        return ("null",), after
    if kind == 35:  # #
        return ("boolean", line), after
    if kind == 44:  # ,
        return ("double", line), after
    if kind == 40:  # (
        return ("big", line), after
    raise ValueError(f"not RESP: {data[at:at + 60]!r}")


def parse_info(text):
    if isinstance(text, tuple):
        text = text[1]
    lines = text.decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


class Client:
    """A blocking connection. Replies keep their bytes; nothing is retried or interpreted."""

    def __init__(self, port, timeout=60.0, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.markers = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """One reply."""
        while True:
            try:
                value, end = parse(self.buffer)
                self.buffer = self.buffer[end:]
                return value
            except Incomplete:
                chunk = self.socket.recv(1 << 20)
                if not chunk:
                    raise ServerDied("the server closed the connection") from None
                self.buffer += chunk

    def receive_many(self, count):
        """`count` replies, parsed."""
        replies, chunks = [], [self.buffer]
        data, at = self.buffer, 0
        while len(replies) < count:
            try:
                value, at = parse(data, at)
                replies.append(value)
            except Incomplete:
                chunk = self.socket.recv(1 << 20)
                if not chunk:
                    raise ServerDied("the server closed the connection") from None
                data = data[at:] + chunk
                at = 0
        del chunks
        self.buffer = data[at:]
        return replies

    def call(self, *arguments):
        self.send(encode(*arguments))
        return self.receive()

    def ok(self, *arguments):
        """A call that must not answer with an error."""
        reply = self.call(*arguments)
        if isinstance(reply, Error):
            raise AssertionError(f"{arguments!r} answered {reply!r}")
        return reply

    def pipeline(self, commands):
        """Parsed replies of several commands (tuples), sent at once."""
        self.send(b"".join(encode(*command) for command in commands))
        return self.receive_many(len(commands))

    def drain(self, marker, chunks=None):
        """All bytes up to `marker`, which ends the stream; the marker is left out."""
        data = bytearray(self.buffer)
        self.buffer = b""
        while not data.endswith(marker):
            chunk = self.socket.recv(1 << 20)
            if not chunk:
                raise ServerDied("the server closed the connection")
            data += chunk
        return bytes(data[:-len(marker)])


# --- values that tell which key and version they belong to

class Values:
    """value(key, version) is a pure function, cheap to make and to check: a head that names both, then bytes cut from
    one block (half words, half noise: it compresses about as well as real data)."""

    def __init__(self, seed=1, minimum=16, maximum=2000):
        source = random.Random(seed)
        words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) for _ in range(500)]
        block = bytearray()
        while len(block) < 1 << 18:
            block += b" ".join(source.choices(words, k=20))
            block += source.randbytes(60)
        self.block, self.minimum, self.maximum = bytes(block), minimum, maximum
        self.span = maximum - minimum + 1

    def size(self, key_number, version):
        return self.minimum + (key_number * 2654435761 + version * 40503) % self.span

    def value(self, key_number, version):
        size = self.size(key_number, version)
        head = b"%d:%d:" % (key_number, version)
        at = (key_number * 7919 + version * 104729) % (len(self.block) - self.maximum - 1)
        return head + self.block[at:at + size]

    @staticmethod
    def parse_head(value):
        """(key number, version) that a value claims; None if it has no head."""
        try:
            key_number, version, _ = value.split(b":", 2)
            return int(key_number), int(version)
        except ValueError:
            return None


def megabytes(text):
    """"64mb" as bytes, in redis.conf's units."""
    text = text.lower()
    for unit, factor in (("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("k", 1000), ("m", 10**6), ("g", 10**9)):
        if text.endswith(unit):
            return int(float(text[:-len(unit)]) * factor)
    return int(text)


def info_number(info, name):
    """A counter of INFO by its name, whatever prefix its section puts before it; None if it is not told."""
    for key in (name, "tier_" + name, "terrace_" + name):
        if key in info:
            return int(float(info[key]))
    matching = [key for key in info if key.endswith("_" + name)]
    return int(float(info[matching[0]])) if len(matching) == 1 else None

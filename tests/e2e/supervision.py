#!/usr/bin/python3
"""What the server tells who started it, as `supervised` says: systemd's notify socket, upstart's stop; the unit itself.

  supervision.py [--only WORD] [--subject redis] [--keys N]

Binds a socket of its own as NOTIFY_SOCKET and plays systemd. READY=1 must come when the server answers and not before,
STOPPING=1 before it ends, and requests for more time while a recovery is long. --subject redis checks the test itself:
the cases that redis-server knows must pass with it, too.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

from bad_case import Skipped, Table, Wrong
from harness import ROOT, Client, Error, Folder, redis, terrace

UNIT = os.path.join(ROOT, "packaging", "terrace.service")


class Systemd:
    """The socket that a service manager reads; every datagram with its sender, as variables."""

    def __init__(self, address):
        self.name = address  # as NOTIFY_SOCKET says it: @ for the zero byte of an abstract one
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + address[1:] if address[0] == "@" else address)
        self.senders = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self, seconds):
        """The next message as a dictionary; None if none comes."""
        self.socket.settimeout(seconds)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(4096, 1000)
        except TimeoutError:
            return None
        for _, kind, content in ancillary:
            if kind == socket.SCM_CREDENTIALS:
                self.senders.add(struct.unpack("iII", content)[0])
        return dict(line.split("=", 1) for line in data.decode().splitlines())

    def until(self, variable, seconds=60):
        """All messages up to the one that sets `variable`."""
        messages, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(0.2)
            if message is None:
                continue
            messages.append(message)
            if variable in message:
                return messages
        raise Wrong(f"no {variable} within {seconds} s; heard: {messages}")

    def rest(self):
        messages = []
        while message := self.receive(0.1):
            messages.append(message)
        return messages


def launch(server, **environment):
    """Starts the server with these variables and none of who started us; returns at once."""
    return server.launch(environment={"NOTIFY_SOCKET": None, "UPSTART_JOB": None, **environment})


def supervised_by(server):
    return server.info("server")["process_supervised"]


class Cases:
    def __init__(self, options, folder):
        self.options, self.folder, self.count = options, folder, 0

    def server(self, *arguments):
        self.count += 1
        make = redis if self.options.subject == "redis" else terrace
        return self.folder.add(make(f"{self.folder.path}/data{self.count}", *arguments))

    def life(self, mode, address, end):
        """One start and end: READY=1 when it answers, STOPPING=1 when asked to end, all from the server itself."""
        server = self.server("--supervised", mode, "--daemonize", "yes")
        with Systemd(address) as systemd:
            launch(server, NOTIFY_SOCKET=systemd.name)
            heard = systemd.until("READY", 20)
            with Client(server.port, 10) as client:
                reply = client.call("PING")
                if reply != b"PONG":
                    raise Wrong(f"after READY=1 PING gave {reply!r}")
                if any("STOPPING" in message for message in heard) or heard[-1]["READY"] != "1":
                    raise Wrong(f"heard {heard}")
                if systemd.senders != {server.pid}:
                    raise Wrong(f"told by {systemd.senders}, the server is {server.pid}: it went into the background")
                if supervised_by(server) != "systemd":
                    raise Wrong(f"INFO says process_supervised:{supervised_by(server)}")
                if "READY" in systemd.rest():
                    raise Wrong("READY=1 came twice")
                server.ending = True
                if end == "SHUTDOWN":
                    client.send(b"SHUTDOWN NOSAVE\r\n")
            if end == "SIGTERM":
                server.process.send_signal(signal.SIGTERM)
            heard = systemd.until("STOPPING", 20)
            if server.wait_end(20) != 0 or heard[-1]["STOPPING"] != "1":
                raise Wrong(f"ended with {server.process.returncode}, heard {heard}")
            if any("READY" in message for message in heard + systemd.rest()):
                raise Wrong("READY=1 came at the end")

    def recovery(self):
        """A log without checkpoint is replayed: until READY=1 the server says that it loads, and asks for time."""
        server = self.server("--supervised", "auto", "--checkpoint-log-size", "10gb", "--appendfsync", "no")
        launch(server)
        server.wait_ready()
        keys = self.options.keys
        with server.client() as client:
            for first in range(0, keys, 20_000):
                client.pipeline([("SET", f"key:{n}", n) for n in range(first, first + 20_000)])
            client.ok("CONFIG", "SET", "appendfsync", "always")
            client.ok("SET", "last", keys)
        server.kill(signal.SIGKILL)
        with Systemd(f"{self.folder.path}/recovery.socket") as systemd:
            launch(server, NOTIFY_SOCKET=systemd.name)
            loading = self.watch_recovery(server, systemd)
            server.stop()
        if not loading:
            raise Skipped(f"the recovery of {keys} commands was too quick to be asked about: --keys")
        return f"{len(loading)} requests for time, the last with \"{loading[-1]['STATUS']}\""

    def watch_recovery(self, server, systemd):
        loading = []
        while True:
            message = systemd.receive(20)
            if message is None:
                raise Wrong(f"silence for 20 s: {server.log_tail(3)}")
            if message.get("STATUS") == "Terrace is loading...":
                continue  # it does not listen yet
            with Client(server.port, 10) as client:
                reply = client.call("GET", "last")
            if "READY" in message:
                if reply != b"%d" % self.options.keys:
                    raise Wrong(f"after READY=1 GET gave {reply!r}")
                return loading
            loading.append(message)
            if int(message.get("EXTEND_TIMEOUT_USEC", 0)) < 5_000_000:
                raise Wrong(f"asks for too little: {message}")
            if isinstance(reply, Error) and not reply.startswith(b"LOADING"):
                raise Wrong(f"while it loads, GET gave {reply!r}")
            if not isinstance(reply, Error):
                # The recovery ended between message and reply; then the next message is READY=1.
                if "READY" not in (systemd.receive(20) or {}):
                    raise Wrong(f"it answers {reply!r} and is not ready")
                return loading

    def silent(self, mode):
        """Not supervised by systemd, although the variable is there."""
        server = self.server("--supervised", mode)
        with Systemd(f"{self.folder.path}/silent.socket") as systemd:
            launch(server, NOTIFY_SOCKET=systemd.name)
            server.wait_ready()
            by = supervised_by(server)
            server.stop()
            heard = systemd.rest()
        if heard or by != "no":
            raise Wrong(f"supervised by {by}, told {heard}")

    def nobody_there(self, name, pattern):
        """systemd is asked for and cannot be reached: said in the log, and the server starts all the same."""
        server = self.server("--supervised", "systemd")
        launch(server, NOTIFY_SOCKET=name)
        server.wait_ready()
        by = supervised_by(server)
        server.stop()
        if by != "no" or not re.search(pattern, server.log().decode()):
            raise Wrong(f"supervised by {by}: {server.log_tail(6)}")

    def upstart(self, mode):
        """Stops itself once and goes on when upstart lets it."""
        server = self.server("--supervised", mode)
        launch(server, UPSTART_JOB="terrace")
        end = time.monotonic() + 10
        while server.state() != "T":
            if time.monotonic() > end:
                raise Wrong("it did not stop itself")
            time.sleep(0.01)
        server.process.send_signal(signal.SIGCONT)
        server.wait_ready()
        by = supervised_by(server)
        server.stop()
        if by != "upstart":
            raise Wrong(f"INFO says process_supervised:{by}")

    def refused_start(self):
        """Why a start failed is the status that `systemctl status` shows; never READY=1."""
        server = self.server("--supervised", "systemd")
        with open(f"{server.directory}/MANIFEST", "w") as file:
            file.write("not ours")
        with Systemd(f"{self.folder.path}/refused.socket") as systemd:
            launch(server, NOTIFY_SOCKET=systemd.name)
            server.ending = True
            code, heard = server.wait_end(20), systemd.rest()
        status = heard[-1].get("STATUS", "") if heard else ""
        if code != 1 or "MANIFEST" not in status or any("READY" in message for message in heard):
            raise Wrong(f"exit {code}, heard {heard}")
        return status[:80]


def unit_is_valid(folder):
    if not shutil.which("systemd-analyze"):
        raise Skipped("no systemd-analyze here (package systemd)")
    with open(UNIT) as file:
        text = file.read()
    path = f"{folder.path}/terrace.service"
    with open(path, "w") as file:
        file.write(text.replace("/usr/bin/terrace-server", "/bin/true"))  # that it is installed is the package's test
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True)
    told = "\n".join(line for line in (result.stdout + result.stderr).splitlines() if "terrace" in line)
    if result.returncode or told:
        raise Wrong(f"systemd-analyze verify: exit {result.returncode}: {told or result.stderr}")
    return "systemd-analyze verify finds nothing"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="cases whose group and name hold this")
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--keys", type=int, default=600_000, help="of the recovery that is to be long")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    table = Table("supervision", options.only)
    with Folder("supervision", options.keep) as folder:
        cases = Cases(options, folder)
        for mode, address, end in (("systemd", f"{folder.path}/notify", "SIGTERM"), ("systemd", f"@terrace-{os.getpid()}", "SHUTDOWN"),
                                   ("auto", f"{folder.path}/notify2", "SIGTERM")):
            table.case("systemd", f"{mode}, {address[0]} socket, {end}", "READY=1, STOPPING=1", cases.life, mode, address, end)
        table.case("systemd", "no, with NOTIFY_SOCKET", "silence", cases.silent, "no")
        missing = "systemd supervision error: NOTIFY_SOCKET not found!"
        table.case("systemd", "systemd, no NOTIFY_SOCKET", "starts, says so", cases.nobody_there, None, missing)
        for mode in ("upstart", "auto"):
            table.case("upstart", mode, "stops itself once", cases.upstart, mode)
        if options.subject == "terrace":
            table.case("systemd", "nobody listens", "starts, says so", cases.nobody_there, f"{folder.path}/nobody", "nobody: No such file")
            table.case("systemd", "an address of another kind", "starts, says so", cases.nobody_there, "vsock:2:1", "vsock:2:1: Address family")
            table.case("systemd", "a long recovery", "LOADING, more time, READY=1", cases.recovery)
            table.case("systemd", "a start that is refused", "STATUS says why", cases.refused_start)
            table.case("unit", "packaging/terrace.service", "valid", unit_is_valid, folder)
    table.end()


if __name__ == "__main__":
    main()

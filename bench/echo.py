"""terrace-echo: the reactor and the sockets alone, without keys, and what it does of the disk before it answers, if anything."""
import os
import socket
import time

from common import ROOT, Server, ServerDied, fail


class Echo(Server):
    def __init__(self, directory, duty=()):
        binary = os.environ.get("TERRACE_ECHO") or os.path.join(ROOT, "build-bench", "bench", "terrace-echo")
        if not os.access(binary, os.X_OK):
            fail(f"no echo server at {binary}: run this by ./x bench, or set TERRACE_ECHO")
        self.duty = duty
        super().__init__(binary, directory, name="echo")

    @classmethod
    def committing(cls, directory):
        """Answers when what it was sent is written and synced, as much at once as came meanwhile."""
        return cls(directory, ("commit", directory))

    @classmethod
    def reading(cls, directory, file):
        """Reads a page of the file for each command before it answers."""
        return cls(directory, ("read", file))

    def command_line(self, extra=()):
        return [self.binary, str(self.port), *self.duty, *extra]

    def wait_ready(self, timeout=10.0):
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.running():
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise ServerDied(f"terrace-echo does not listen:\n{self.log_tail()}")

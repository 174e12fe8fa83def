"""Scenes: functions that make several clients act one after the other at a server and tell what each of them saw.

A scene is played at redis-server and at Terrace and must tell the same (same_scenes). A Stage is one server with the
clients of one scene; it begins with empty databases. `settle` waits until the server shows that a client is blocked, so
that the clients arrive in the same order at both servers.
"""
import contextlib
import socket
import time

from bad_case import Wrong, check
from harness import Error, ServerDied, Simple, encode, parse_info


class Stage:
    """One server with the clients of a scene, by name."""

    def __init__(self, server):
        self.server, self.clients, self.ids = server, {}, {}
        self.control = server.client(10)
        for command in (("FLUSHALL",), ("CONFIG", "RESETSTAT"), ("CLIENT", "UNPAUSE")):
            self.control.ok(*command)

    def __getitem__(self, name):
        if name not in self.clients:
            client = self.server.client(10)
            self.clients[name], self.ids[name] = client, client.ok("CLIENT", "ID")
        return self.clients[name]

    def do(self, *arguments):
        return self.control.call(*arguments)

    def many(self, *commands):
        return self.control.pipeline([command.split() for command in commands])

    def by(self, name, *commands):
        """The replies to commands (texts) that a client sends at once."""
        return self[name].pipeline([command.split() for command in commands])

    def blocked(self):
        return int(parse_info(self.control.ok("INFO", "clients"))["blocked_clients"])

    def settle(self, count):
        end = time.monotonic() + 5
        while self.blocked() != count:
            if time.monotonic() > end:
                raise Wrong(f"{self.server.name}: {self.blocked()} clients are blocked, not {count}")
            time.sleep(0.0002)

    def block(self, name, *commands):
        """Sends commands (texts) of which the first one blocks."""
        client, before = self[name], self.blocked()
        client.send(b"".join(encode(*command.split()) for command in commands))
        self.settle(before + 1)

    def words(self, name, *fields):
        """Fields of a client's line in CLIENT LIST."""
        self[name]
        line = self.control.ok("CLIENT", "LIST", "ID", self.ids[name]).decode().split()
        return [word for word in line if word.split("=")[0] in fields]

    @contextlib.contextmanager
    def settings(self, **values):
        """Directives for a while; underscores stand for hyphens."""
        names = {name: name.replace("_", "-") for name in values}
        before = {name: self.control.ok("CONFIG", "GET", names[name])[1] for name in values}
        try:
            for name, value in values.items():
                self.control.ok("CONFIG", "SET", names[name], value)
            yield
        finally:
            for name, value in before.items():
                self.control.ok("CONFIG", "SET", names[name], value)

    def silent(self, name, seconds=0.15):
        """Nothing has come for it."""
        client = self[name]
        client.socket.settimeout(seconds)
        try:
            return client.receive()
        except (TimeoutError, socket.timeout):
            return "silence"
        finally:
            client.socket.settimeout(10)

    def closed(self, name):
        try:
            return self[name].receive()
        except (ServerDied, ConnectionError):
            return "closed"

    def until_closed(self, name, *commands):
        """All replies to commands (tuples) behind which the server closes the connection."""
        client, replies = self[name], []
        try:
            for command in commands:
                client.send(encode(*command))
            while True:
                replies.append(client.receive())
        except (ServerDied, ConnectionError):
            return [*replies, client.buffer, "closed"]

    def get(self, *names):
        return [self[name].receive() for name in names]

    def close(self):
        for client in [*self.clients.values(), self.control]:
            client.close()


class ColdStage(Stage):
    """At Terrace: nothing is in memory whenever a client sends something."""

    def __init__(self, server):
        super().__init__(server)
        self.spiller = server.client(10)

    def spill(self):
        self.spiller.ok("TERRACE", "SPILL", "ALL")

    def do(self, *arguments):
        self.spill()
        return super().do(*arguments)

    def many(self, *commands):
        self.spill()
        return super().many(*commands)

    def by(self, name, *commands):
        self.spill()
        return super().by(name, *commands)

    def close(self):
        super().close()
        self.spiller.close()


def play(server, scene_function, kind=Stage):
    stage = kind(server)
    try:
        return scene_function(stage)
    except (Wrong, ServerDied, OSError) as problem:
        raise Wrong(f"{scene_function.__name__} at {server.name}: {type(problem).__name__} {problem}") from problem
    finally:
        stage.close()


def typed(told):
    """With the kind of each reply: an error or a simple string is equal to the bulk string of the same bytes otherwise."""
    if isinstance(told, (list, tuple)):
        return [type(told).__name__, *map(typed, told)]
    return (type(told).__name__, bytes(told)) if isinstance(told, (Error, Simple)) else told


def parted(ours, theirs):
    """Where two told lists part, with what was told just before it."""
    for at in range(max(len(ours), len(theirs))):
        if typed(ours[at:at + 1]) != typed(theirs[at:at + 1]):
            before = f"element {at}, behind {ours[max(at - 2, 0):at]!r:.300}"
            return f"{before}:\n  subject   {ours[at:at + 1]!r:.1500}\n  reference {theirs[at:at + 1]!r:.1500}"
    return None


def ended_waits(replies):
    """XREADGROUP ends with another error since 7.2, which newer.py looks at."""
    errors = (b"UNBLOCKED the stream key no longer exists", b"NOGROUP ", b"WRONGTYPE ")
    return ["ends" if isinstance(reply, Error) and reply.startswith(errors) else reply for reply in replies]


def same_scenes(scenes, subject, reference, only=None, kind=Stage):
    """Plays the scenes, or the one of that name, at both servers; says how many. `kind`: the stage at the subject."""
    played, wrong = 0, []
    for function in scenes:
        if only in (None, function.__name__):
            played += 1
            try:
                told = play(subject, function, kind), play(reference, function)
                if parted(*told):
                    wrong.append(f"{function.__name__}: {parted(*told)}")
            except Wrong as problem:
                wrong.append(str(problem))
    check(not wrong, f"{len(wrong)} of {played} scenes:\n" + "\n".join(wrong))
    check(played, f"no scene of the name {only}")
    return played

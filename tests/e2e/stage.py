"""Scenes: functions that make several clients act one after the other at a server and tell what each of them saw.

A scene is played at redis-server and at Terrace and must tell the same (same_scenes). A Stage is one server with the
clients of one scene; it begins with empty databases. `settle` waits until the server shows that a client is blocked, so
that the clients arrive in the same order at both servers.
"""
import socket
import time

from bad_case import Wrong
from harness import Error, ServerDied, Simple, encode, parse_info


def check(good, what):
    if not good:
        raise Wrong(what)


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
        except (ServerDied, ConnectionResetError):
            return "closed"

    def get(self, *names):
        return [self[name].receive() for name in names]

    def close(self):
        for client in [*self.clients.values(), self.control]:
            client.close()


def play(server, scene_function):
    stage = Stage(server)
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


def same_scenes(scenes, subject, reference, only=None):
    """Plays the scenes, or the one of that name, at both servers; says how many."""
    played = 0
    for function in scenes:
        if only in (None, function.__name__):
            ours, theirs = play(subject, function), play(reference, function)
            check(typed(ours) == typed(theirs), f"{function.__name__}:\n  subject   {ours}\n  reference {theirs}")
            played += 1
    check(played, f"no scene of the name {only}")
    return played

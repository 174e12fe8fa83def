#!/usr/bin/python3
"""CONFIG SET bind and port: the server listens at the new addresses at once, or, where these cannot be had, at the old ones.

  addresses.py
"""
import socket

from bad_case import Wrong, check, end_with
from harness import Client, Folder, free_port, say, terrace

NOT_HERE = "192.0.2.1"  # of no machine (RFC 5737)
CHANGES = ("127.0.0.1", "* -::*", "0.0.0.0", "127.0.0.1 ::1", "127.0.0.1 -" + NOT_HERE, "127.0.0.1")


def answers(port, where):
    with Client(port) as client:
        check(client.call("PING") == b"PONG", f"no answer {where}")


def refused(control, name, value, port):
    before = control.ok("CONFIG", "GET", "bind", "port")
    told = control.call("CONFIG", "SET", name, value)
    check(told.startswith(b"ERR CONFIG SET failed (possibly related to argument '%s')" % name.encode()), f"CONFIG SET {name} {value}: {told}")
    check(control.ok("CONFIG", "GET", "bind", "port") == before, f"a refused CONFIG SET {name} changed something")
    answers(port, f"behind a refused CONFIG SET {name} {value}")


def main():
    with Folder("addresses") as folder, socket.socket() as taken:
        server = folder.add(terrace(folder.path + "/terrace")).start()
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with server.client() as control:
            for round_number in range(20):
                for addresses in CHANGES:
                    control.ok("CONFIG", "SET", "bind", addresses)
                    answers(server.port, f"at {addresses}, round {round_number}")
            refused(control, "bind", f"127.0.0.1 {NOT_HERE}", server.port)
            refused(control, "port", taken.getsockname()[1], server.port)
            other = free_port()
            control.ok("CONFIG", "SET", "port", other)
            answers(other, "at the new port")
            try:
                answers(server.port, "")
                raise Wrong("an answer at the old port")
            except ConnectionRefusedError:
                pass
            server.port = other
    say(f"addresses: {20 * len(CHANGES)} changes, and 2 refused ones")


if __name__ == "__main__":
    end_with("addresses", main)

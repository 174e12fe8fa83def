#!/usr/bin/python3
"""What a server must bear: broken protocol, wrong configuration, damaged, foreign or full data directories.

  bad_input.py [--only WORD] [--subject redis]

Every case has an expected outcome: a reply or message pattern, an exit code, or a server that goes on. Nothing may
crash, and no data may be lost: after each case a canary is read back. Prints a table; exit code 1 if any case fails.
"""
import argparse
import os
import re
import socket
import time

import bad_directory
from bad_case import Table, Wrong, expect, run_to_end
from harness import Client, Folder, encode, free_port, redis, redis_binary, terrace, terrace_binary


def talk(port, data, seconds=5.0, pieces=None):
    """Sends bytes; (what came back, whether the server closed the connection)."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        got, closed = b"", False
        try:
            for piece in pieces or [data]:
                connection.sendall(piece)
            connection.settimeout(0.4)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                chunk = connection.recv(1 << 20)
                if not chunk:
                    closed = True
                    break
                got += chunk
        except TimeoutError:
            pass
        except (ConnectionResetError, BrokenPipeError):
            closed = True
        return got, closed


# (name, bytes to send, pattern of the reply, whether the server closes: True, False, None for either)
PING = b"*1\r\n$4\r\nPING\r\n"
PROTOCOL = [
    ("half a command, then gone", b"*1\r\n$4\r\nPIN", rb"^$", False),
    ("array length -1 is ignored", b"*-1\r\n" + PING, rb"^\+PONG\r\n$", False),
    ("array length 0 is ignored", b"*0\r\n" + PING, rb"^\+PONG\r\n$", False),
    ("array length above 2^31", b"*2147483648\r\n", rb"^-ERR Protocol error: invalid multibulk length\r\n$", True),
    ("array length is no number", b"*abc\r\n", rb"^-ERR Protocol error: invalid multibulk length\r\n$", True),
    ("array length overflows", b"*99999999999999999999\r\n", rb"^-ERR Protocol error: invalid multibulk length\r\n$", True),
    ("no bulk where one is due", b"*1\r\n+PING\r\n", rb"^-ERR Protocol error: expected '\$', got '\+'\r\n$", True),
    ("bulk length -5", b"*1\r\n$-5\r\n", rb"^-ERR Protocol error: invalid bulk length\r\n$", True),
    ("bulk length is no number", b"*1\r\n$abc\r\n", rb"^-ERR Protocol error: invalid bulk length\r\n$", True),
    ("bulk length above 512 MiB", b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n", rb"^-ERR Protocol error: invalid bulk length\r\n$", True),
    ("bulk length overflows", b"*1\r\n$99999999999999999999\r\n", rb"^-ERR Protocol error: invalid bulk length\r\n$", True),
    ("inline request above 64 KiB", b"A" * 70_000, rb"^-ERR Protocol error: too big inline request\r\n$", True),
    ("array length without end", b"*" + b"1" * 70_000, rb"^-ERR Protocol error: too big mbulk count string\r\n$", True),
    ("bulk length without end", b"*1\r\n$" + b"1" * 70_000, rb"^-ERR Protocol error: too big bulk count string\r\n$", True),
    ("inline, quotes not closed", b'SET a "b\r\n', rb"^-ERR Protocol error: unbalanced quotes in request\r\n$", True),
    ("inline, quotes, escapes", b'ECHO "a\\x41\\n\\"b"\r\n', rb'^\$5\r\naA\n"b\r\n$', False),
    ("empty lines before a command", b"\r\n\r\n\r\nPING\r\n", rb"^\+PONG\r\n$", False),
    ("unknown command", encode("NONSENSE", "x"), rb"^-ERR unknown command 'NONSENSE', with args beginning with: 'x' \r\n$", False),
    ("unknown command with line ends", encode("NON\r\nSENSE"), rb"^-ERR unknown command 'NON  SENSE'", False),
    ("empty command name", encode(""), rb"^-ERR unknown command ''", False),
    ("wrong number of arguments", encode("GET"), rb"^-ERR wrong number of arguments for 'get' command\r\n$", False),
    ("an HTTP request", b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", rb"", True),
    ("good, bad, good in one packet", PING + b"*1\r\n!\r\n" + PING, rb"^\+PONG\r\n-ERR Protocol error: expected '\$', got '!'\r\n$", True),
    ("QUIT, then more", encode("QUIT") + PING, rb"^\+OK\r\n$", True),
    ("noise", os.urandom(65_536), None, None),
    ("TLS hello", bytes.fromhex("16030100c8010000c40303") + os.urandom(190), None, None),
    ("RESP3 types sent to the server", b"%1\r\n+a\r\n:1\r\n", None, None),
]


def byte_by_byte(server):
    data = encode("SET", "slowly", "value") + encode("GET", "slowly")
    got, _ = talk(server.port, b"", 5, [data[at:at + 1] for at in range(len(data))])
    expect(got, rb"^\+OK\r\n\$5\r\nvalue\r\n$")


def gone_without_reading(server):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.settimeout(10)
            connection.sendall(encode("GET", "canary:1") * 2000)


def never_reading(server):
    """A client that asks for much and reads nothing does not hold up another one."""
    with Client(server.port) as client:
        client.ok("SET", "large", b"x" * 1_000_000)
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(encode("GET", "large") * 200)
        with Client(server.port, 5) as other:
            begin = time.monotonic()
            if other.call("PING") != b"PONG" or time.monotonic() - begin > 2:
                raise Wrong("another client had to wait")


def large_values(server):
    with Client(server.port, 60) as client:
        key, value = b"k" * 100_000, os.urandom(20_000_000)
        if client.call("SET", key, value) != b"OK" or client.call("GET", key) != value or client.call("DEL", key) != 1:
            raise Wrong("a value of 20 MB under a key of 100 kB did not come back")


def many_arguments(server):
    with Client(server.port, 60) as client:
        if client.call("EXISTS", *["nothing"] * 200_000) != 0:
            raise Wrong("EXISTS with 200,000 keys")


def too_many_clients(server):
    with Client(server.port) as client:
        client.ok("CONFIG", "SET", "maxclients", "10")
        crowd = []
        try:
            crowd = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(15)]
            crowd[-1].settimeout(5)
            expect(crowd[-1].recv(200), rb"^-ERR max number of clients reached\r\n$")
        finally:
            for connection in crowd:
                connection.close()
            time.sleep(0.2)
            client.ok("CONFIG", "SET", "maxclients", "1000")


LIVE = [
    ("one byte a packet", byte_by_byte),
    ("clients gone without reading", gone_without_reading),
    ("a client that never reads", never_reading),
    ("a value of 20 MB, a key of 100 kB", large_values),
    ("200,000 arguments", many_arguments),
    ("more clients than maxclients", too_many_clients),
]


# --- arguments and configuration files: (name, arguments, file content or None, exit code, message pattern)
ARGUMENTS = [
    ("--version", ["--version"], None, 0, rb"v="),
    ("-v", ["-v"], None, 0, rb"v="),
    ("--help", ["--help"], None, 0, rb"(?i)usage"),
    ("unknown directive", ["--nonsense", "1"], None, 1, rb"Bad directive or wrong number of arguments"),
    ("directive without value", ["--port"], None, 1, rb"(?i)wrong number of arguments"),
    ("port is no number", ["--port", "abc"], None, 1, rb"(?i)argument must be|argument couldn't be parsed"),
    ("port out of range", ["--port", "70000"], None, 1, rb"(?i)argument must be between 0 and 65535"),
    ("maxmemory is no size", ["--maxmemory", "plenty"], None, 1, rb"(?i)argument must be a memory value"),
    ("appendfsync unknown", ["--appendfsync", "sometimes"], None, 1, rb"(?i)argument\(s\) must be one of the following: "),
    ("maxmemory-policy unknown", ["--maxmemory-policy", "best"], None, 1, rb"(?i)argument\(s\) must be one of the following: "),
    ("databases 0", ["--databases", "0"], None, 1, rb"(?i)argument must be between 1 and"),
    ("two values for one", ["--port", "1", "2"], None, 1, rb"(?i)wrong number of arguments"),
    ("file is missing", ["/nowhere/terrace.conf"], None, 1, rb"can't open config file '/nowhere/terrace.conf': No such file"),
    ("file: unknown directive", [], "nonsense 1\n", 1, rb"at line 1.*Bad directive"),
    ("file: quotes not closed", [], 'port 6379\nlogfile "x\n', 1, rb"at line 2.*Unbalanced quotes"),
    ("file: a bad value on line 3", [], "# text\n\nport x\n", 1, rb"at line 3"),
    ("file: include is missing", [], "include /nowhere/more.conf\n", 1, rb"/nowhere/more.conf"),
    ("file: noise", [], "\x01\x02\x7f\x03 \x04\n", 1, rb"Bad directive"),
    ("data directory is missing", ["--dir", "/nowhere/data"], None, 1, rb"/nowhere/data.*No such file or directory"),
    ("data directory is a file", ["--dir", "/etc/passwd"], None, 1, rb"/etc/passwd.*Not a directory"),
    ("address of another host", ["--bind", "192.0.2.1"], None, 1, rb"(?i)192\.0\.2\.1"),
    ("log file cannot be made", ["--logfile", "/nowhere/terrace.log"], None, 1, rb"(?i)can't open the log file"),
]


def protocol_cases(table, folder, make):
    server = folder.add(make(folder.path + "/protocol")).start()
    with server.client() as client:
        client.pipeline([("SET", f"canary:{n}", f"value {n}") for n in range(50)])

    def alive():
        if not server.running():
            code = server.process.returncode
            server.start()
            raise Wrong(f"the server ended with {code}: {server.log_tail(5)}")
        with server.client(10) as client:
            if client.call("GET", "canary:1") != b"value 1":
                raise Wrong("the canary is gone")

    def one(data, pattern, closes):
        got, closed = talk(server.port, data, 2)
        alive()
        if pattern is not None:
            expect(got, pattern)
        if closes is not None and closes != closed:
            raise Wrong(f"the connection was {'closed' if closed else 'left open'}; reply {got[:80]!r}")
        return repr(got[:60])

    def live(function):
        function(server)
        alive()

    for name, data, pattern, closes in PROTOCOL:
        table.case("protocol", name, pattern.decode() if pattern else "goes on", one, data, pattern, closes)
    for name, function in LIVE:
        table.case("protocol", name, "goes on", live, function)
    server.kill()


def argument_cases(table, folder, binary, is_redis):
    place = folder.path + "/arguments"
    os.makedirs(place)

    def one(arguments, content, code, pattern):
        arguments = list(arguments)
        if content is not None:
            path = place + "/terrace.conf"
            with open(path, "w") as file:
                file.write(content)
            arguments = [path] + arguments
        if "--port" not in arguments and code:
            arguments += ["--port", str(free_port())]
        if "--dir" not in arguments and code:
            arguments += ["--dir", place]
        got, output = run_to_end(binary, arguments, place)
        expect(output, pattern)
        if got != code and not (is_redis and arguments == ["--help"]):
            raise Wrong(f"exit code {got}, not {code}: {output[-200:]!r}")
        return f"exit {got}: " + repr((re.search(pattern, output, re.S) or [b""])[0][:60])

    for name, arguments, content, code, pattern in ARGUMENTS:
        table.case("arguments", name, f"exit {code}, {pattern.decode()}", one, arguments, content, code, pattern)

    def port_taken():
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            code, output = run_to_end(binary, ["--port", str(port), "--bind", "127.0.0.1", "--dir", place], place)
            expect(output, rb"(?i)address already in use")
            if code != 1:
                raise Wrong(f"exit code {code}, not 1")
            return f"exit {code}"

    def at_once():
        server = folder.add((redis if is_redis else terrace)(folder.path + "/at-once"))
        for _ in range(10):
            server.start()
            server.ending = True
            server.process.kill()
            server.process.wait()
        server.start()
        server.kill()

    table.case("arguments", "started at once after SIGKILL", "starts, ten times", at_once)
    table.case("arguments", "port is taken", "exit 1, Address already in use", port_taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="cases whose group and name hold this")
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace",
                        help="redis: the protocol and argument cases only, to check the table itself")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    table = Table("bad input", options.only)
    with Folder("bad", options.keep) as folder:
        is_redis = options.subject == "redis"
        protocol_cases(table, folder, redis if is_redis else terrace)
        argument_cases(table, folder, redis_binary() if is_redis else terrace_binary(), is_redis)
        if not is_redis:
            bad_directory.cases(table, folder)
    table.end()


if __name__ == "__main__":
    main()

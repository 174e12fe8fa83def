#!/usr/bin/python3
"""Lines of a configuration file about commands, users, masters and modules.

  configuration_lines.py

rename-command does what it does in redis-server, beside which it runs here, and the log keeps the commands' own names: it can be
replayed under other ones. `replicaof` and `loadmodule` ask for what is not there: the server starts, says so, and refuses the first
use.
"""
from bad_case import check, end_with, run_to_end
from harness import Error, Folder, Server, redis_binary, say, terrace_binary

RENAMES = 'rename-command FLUSHALL ""\nrename-command CONFIG SecretConfig\nrename-command SET put\nrename-command XGROUP xg\n'
COMMANDS = ("FLUSHALL", "CONFIG GET timeout", "SECRETCONFIG GET timeout", "SET a b", "put a b", "PUT a", "put a b bad", "GET a", "xg create s g $ MKSTREAM",
            "xgroup create s g $", "xg nix", "COMMAND INFO set", "COMMAND GETKEYS put a b", "COMMAND GETKEYS set a b", "MULTI", "put a c", "set a d", "EXEC",
            "MULTI", "put a c", "EXEC", "GET a")
# Each with what both servers say of it at start.
WRONG = (("rename-command nix a", b"No such command in rename-command"), ("rename-command get set", b"Target command name already exists"),
         ("rename-command get", b"Bad directive or wrong number of arguments"), ("rename-command get SET\nrename-command set get", b"Target command name"),
         ("replicaof a", b"wrong number of arguments"), ("replicaof 127.0.0.1 99999", b"Invalid master port"),
         ("user bob on >x ~* +@all\nuser bob off", b"Duplicate user found"), ("loadmodule", b"Bad directive or wrong number of arguments"),
         ("user bob on nonsense", b"Error in user declaration 'bob': Syntax error"))


def with_file(folder, binary, name, lines):
    path = f"{folder.path}/{name}.conf"
    with open(path, "w") as file:
        file.write(lines)

    class Configured(Server):
        def command_line(self, extra=()):
            return [binary, path, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, *extra]

    return folder.add(Configured(binary, f"{folder.path}/{name}", name=name))


def renamed(folder):
    ours, theirs = (with_file(folder, binary, name, RENAMES).start() for binary, name in ((terrace_binary(), "terrace"), (redis_binary(), "redis")))
    with ours.client() as client, theirs.client() as other:
        for command in COMMANDS:
            told, wanted = client.call(*command.split()), other.call(*command.split())
            check(told == wanted, f"{command}: {told!r}, redis-server says {wanted!r}")
        check(client.ok("COMMAND", "COUNT") == len(client.ok("COMMAND")), "COMMAND COUNT")
        check(client.ok("COMMAND", "INFO", "put")[0][0] == b"set", "COMMAND INFO put")
    theirs.kill()
    ours.kill()
    with open(f"{folder.path}/terrace.conf", "w") as file:
        file.write("rename-command SET other\n")
    ours.start()
    with ours.client() as client:
        check(client.call("GET", "a") == b"c" and client.ok("XINFO", "GROUPS", "s")[0][1] == b"g", "the log is replayed under other names")
        check(client.call("put", "a", "d") == Error(b"ERR unknown command 'put', with args beginning with: 'a' 'd' "), "a name that is no longer there")
        check(client.call("other", "a", "d") == b"OK", "the new name")
    ours.kill()


def refused_at_first_use(folder):
    server = with_file(folder, terrace_binary(), "absent", "user pinger -@all +ping on >pingpass\nuser default on >secret ~* &* +@all\n"
                       "loadmodule /nowhere/module.so argument\nreplicaof 127.0.0.1 6399\n").start()
    log = server.log()
    for words in (b"'loadmodule /nowhere/module.so' has no effect",
                  b"'replicaof' is accepted and has no effect: there is no replication"):
        check(words in log, f"the log does not say {words!r}")
    with server.client() as client:
        check(client.call("GET", "x").startswith(b"NOAUTH"), "the default user's password")
        check(client.call("AUTH", "pinger", "pingpass") == b"OK" and client.call("PING") == b"PONG", "AUTH pinger")
        check(client.call("GET", "x") == Error(b"NOPERM User pinger has no permissions to run the 'get' command"), "pinger may ping alone")
        check(client.call("AUTH", "nobody", "x") == Error(b"WRONGPASS invalid username-password pair or user is disabled."), "AUTH nobody")
        check(client.call("AUTH", "default", "secret") == b"OK", "AUTH default")
        check(client.call("SET", "x", "1").startswith(b"READONLY You can't write against a read only replica."), "SET on a replica")
        check(client.call("GET", "x") is None, "GET on a replica")
        check(client.ok("CONFIG", "GET", "replicaof") == [b"replicaof", b"127.0.0.1 6399"], "CONFIG GET replicaof")
    with server.client() as client:
        client.ok("AUTH", "secret")
        replication = client.ok("INFO", "replication")
        check(client.ok("ROLE") == [b"slave", b"127.0.0.1", 6399, b"connect", -1] and b"replica" in client.ok("HELLO"), "ROLE and HELLO of a replica")
        check(b"role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:6399\r\nmaster_link_status:down" in replication, f"INFO replication: {replication}")
    server.kill()


def refused_at_start(folder):
    for binary, lines in ((terrace_binary(), WRONG), (redis_binary(), WRONG)):
        for line, words in lines:
            path = f"{folder.path}/wrong.conf"
            with open(path, "w") as file:
                file.write(line + "\n")
            code, output = run_to_end(binary, [path, "--port", "0", "--dir", folder.path], folder.path)
            check(code == 1 and words in output and b"FATAL CONFIG FILE ERROR" in output, f"{binary}: {line!r}: {code}, {output!r}")


def main():
    with Folder("configuration-lines") as folder:
        renamed(folder)
        refused_at_first_use(folder)
        refused_at_start(folder)
    say(f"configuration_lines: {len(COMMANDS)} replies under other names, {len(WRONG)} wrong lines")


if __name__ == "__main__":
    end_with("configuration_lines", main)

#!/usr/bin/python3
"""Every directive: what CONFIG GET gives, CONFIG SET takes back, beside redis-server; those of 7.2 and 7.4 are there.

  directives.py
"""
from bad_case import check, end_with
from harness import Error, Folder, redis, say, terrace

NEWER = ("locale-collate", "cluster-announce-human-nodename", "max-new-connections-per-cycle", "max-new-tls-connections-per-cycle")
# Where the servers may differ, each with the reason.
DIFFER = {
    "bind-source-addr": "there is no replication",
    "logfile": "can be changed while the server runs",
    "oom-score-adj": "depends on what the process may do",
    "oom-score-adj-values": "depends on what the process may do",
}


def values(client):
    told = client.ok("CONFIG", "GET", "*")
    return dict(zip(told[::2], told[1::2]))


def main():
    with Folder("directives") as folder:
        ours, theirs = (folder.add(make(f"{folder.path}/{name}")).start() for make, name in ((terrace, "terrace"), (redis, "redis")))
        with ours.client() as client, theirs.client() as other:
            mine, reference = values(client), values(other)
            check(set(reference) <= set(mine), f"not there: {sorted(set(reference) - set(mine))}")
            check(all(name.encode() in mine for name in NEWER), "a directive of 7.2 or 7.4 is not there")
            taken = 0
            for name, value in mine.items():
                reply = client.call("CONFIG", "SET", name, value)
                known = isinstance(reply, Error) and (b"can't set immutable config" in reply or b"can't set protected config" in reply)
                check(reply == b"OK" or known, f"CONFIG SET {name} {value}: {reply}")
                taken += reply == b"OK"
                if name in reference and name.decode() not in DIFFER:
                    wanted = other.call("CONFIG", "SET", name, reference[name])
                    check(reply == wanted, f"CONFIG SET {name}: {reply}, redis-server says {wanted}")
            check(values(client) == mine, f"changed: {[name for name, value in values(client).items() if value != mine[name]]}")
    say(f"directives: {len(mine)} directives, {taken} taken back, {len(reference)} as in redis-server")


if __name__ == "__main__":
    end_with("directives", main)

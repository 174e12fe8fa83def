#!/usr/bin/python3
"""XDELEX, XACKDEL and what XADD and XTRIM say of references, which redis-server 7.0 does not know: replies and what is left
of entries and pending ones, as their documentation says, and the same again after a kill.

  stream_removal.py
"""
import signal

from bad_case import check, end_with
from harness import Error, Folder, say, terrace


def prepare(client):
    """Entries 1-0 to 5-0. Group a has read 1 to 4 and acknowledged 1; b has read 1 to 3 and acknowledged 1 and 2."""
    client.ok("FLUSHDB")
    for number in range(1, 6):
        client.ok("XADD", "s", f"{number}-0", "f", number)
    for group, read, acknowledged in (("a", 4, ("1",)), ("b", 3, ("1", "2"))):
        client.ok("XGROUP", "CREATE", "s", group, "0")
        client.ok("XREADGROUP", "GROUP", group, "ann", "COUNT", read, "STREAMS", "s", ">")
        client.ok("XACK", "s", group, *acknowledged)


def left(client, key="s"):
    entries = [int(entry[0].split(b"-")[0]) for entry in client.ok("XRANGE", key, "-", "+")]
    pending = [[int(each[0].split(b"-")[0]) for each in client.ok("XPENDING", key, group, "-", "+", "99")] for group in "ab"]
    return [entries, *pending]


# Command, its reply, the entries left, what is pending for a and for b.
CASES = (
    ("XDELEX s IDS 3 1 2 9", [1, 1, -1], [3, 4, 5], [2, 3, 4], [3]),
    ("XDELEX s KEEPREF IDS 2 3 3", [1, -1], [1, 2, 4, 5], [2, 3, 4], [3]),
    ("XDELEX s DELREF IDS 2 3 5", [1, 1], [1, 2, 4], [2, 4], []),
    ("XDELEX s ACKED IDS 6 1 2 3 4 5 9", [1, 2, 2, 2, 2, -1], [2, 3, 4, 5], [2, 3, 4], [3]),
    ("XDELEX s IDS 1 1-0 ACKED", [1], [2, 3, 4, 5], [2, 3, 4], [3]),
    ("xdelex s delref ids 1 9", [-1], [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XACKDEL s a IDS 3 2 3 9", [1, 1, -1], [1, 4, 5], [4], [3]),
    ("XACKDEL s a KEEPREF IDS 2 1 5", [-1, -1], [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XACKDEL s a DELREF IDS 2 3 3", [1, -1], [1, 2, 4, 5], [2, 4], []),
    ("XACKDEL s b ACKED IDS 1 3", [2], [1, 2, 3, 4, 5], [2, 3, 4], []),
    ("XACKDEL s a ACKED IDS 3 2 3 4", [1, 2, 2], [1, 3, 4, 5], [], [3]),
    ("XACKDEL s a IDS 2 2 4 ACKED", [1, 2], [1, 3, 4, 5], [3], [3]),
    ("XACKDEL s no IDS 2 1 2", [-1, -1], [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s MAXLEN 2 KEEPREF", 3, [4, 5], [2, 3, 4], [3]),
    ("XTRIM s MAXLEN = 2 DELREF", 3, [4, 5], [4], []),
    ("XTRIM s delref MINID 4", 3, [4, 5], [4], []),
    ("XTRIM s MAXLEN 2 ACKED", 1, [2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s ACKED MINID 99", 1, [2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s MAXLEN 5 ACKED", 0, [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s MAXLEN ~ 0 DELREF", 5, [], [], []),
    ("XTRIM s MAXLEN ~ 2 DELREF", 0, [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s MAXLEN ~ 0 LIMIT 4 DELREF", 0, [1, 2, 3, 4, 5], [2, 3, 4], [3]),
    ("XTRIM s MINID ~ 99 ACKED", 1, [2, 3, 4, 5], [2, 3, 4], [3]),
    ("XADD s DELREF MAXLEN = 2 6 f v", b"6-0", [5, 6], [], []),
    ("XADD s MAXLEN 3 ACKED 6 f v", b"6-0", [2, 3, 4, 5, 6], [2, 3, 4], [3]),
    ("XADD s MAXLEN 3 6 KEEPREF v", b"6-0", [4, 5, 6], [2, 3, 4], [3]),  # a field
    ("XADD s NOMKSTREAM ACKED 6 f v", b"6-0", [1, 2, 3, 4, 5, 6], [2, 3, 4], [3]),
)

REFUSED = (
    ("XDELEX s IDS 0 1", "ERR Number of IDs must be a positive integer"), ("XDELEX s IDS x 1", "ERR Number of IDs must be a positive integer"),
    ("XDELEX s IDS 2 1", "ERR The `numids` parameter must match the number of arguments"), ("XDELEX s IDS 1 1 2", "ERR syntax error"),
    ("XDELEX s KEEPREF ACKED IDS 1 1", "ERR syntax error"), ("XDELEX s 1 2 3", "ERR syntax error"), ("XDELEX s IDS 1 1 IDS 1 2", "ERR syntax error"),
    ("XDELEX s IDS 2 1 x", "ERR Invalid stream ID specified as stream command argument"), ("XDELEX text IDS 1 1", "WRONGTYPE"),
    ("XDELEX s IDS 1", "ERR wrong number of arguments for 'xdelex' command"), ("XACKDEL s a IDS 1", "ERR wrong number of arguments for 'xackdel' command"),
    ("XACKDEL s a IDS 2 2 x", "ERR Invalid stream ID specified as stream command argument"), ("XACKDEL text a IDS 1 1", "WRONGTYPE"),
    ("XTRIM s MAXLEN 2 ACKED DELREF", "ERR syntax error"), ("XADD s KEEPREF KEEPREF 7 f v", "ERR syntax error"),
    ("XTRIM s ACKED", "ERR wrong number of arguments for 'xtrim' command"),
    ("XTRIM s ACKED LIMIT 5", "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"),
    ("XACKDEL s a ACKED 1 2", "ERR syntax error"), ("XACKDEL s a IDS 9223372036854775807 1", "ERR The `numids` parameter must match the number of arguments"),
)


def run_cases(client):
    for command, reply, *rest in CASES:
        prepare(client)
        told = client.call(*command.split())
        check(told == reply, f"{command}: {told}, not {reply}")
        check(left(client) == rest, f"{command}: left {left(client)}, not {rest}")


def run_odd_ones(client):
    prepare(client)
    client.ok("XDEL", "s", "2", "3")
    told = [client.call(*text.split()) for text in (
        "XDELEX s ACKED IDS 2 2 1", "XDELEX s DELREF IDS 1 2", "XACKDEL s b IDS 1 3", "XACKDEL s a DELREF IDS 1 3", "XDELEX no IDS 2 1 2",
        "XACKDEL no a IDS 1 1")]
    check(told == [[-1, 1], [-1], [1], [1], [-1, -1], [-1]], f"of entries deleted before: {told}")
    check(left(client) == [[4, 5], [4], []], f"of entries deleted before, left {left(client)}")
    # Whom nobody reads nobody can have acknowledged.
    client.ok("XADD", "alone", "1-0", "f", "v")
    told = [client.call(*text.split()) for text in ("XDELEX alone ACKED IDS 1 1", "XDELEX alone DELREF IDS 1 1", "XLEN alone")]
    check(told == [[2], [1], 0], f"without groups: {told}")
    client.ok("XADD", "alone", "2-0", "f", "v")
    check(client.call("XTRIM", "alone", "MAXLEN", "0", "ACKED") == 1, "without groups there is nobody to wait for")
    client.ok("SET", "text", "x")
    for command, error in REFUSED:
        told = client.call(*command.split())
        check(isinstance(told, Error) and told.decode().startswith(error), f"{command}: {told}, not {error}")
    check(left(client) == [[4, 5], [4], []], "what was refused has changed something")


def main():
    with Folder("stream-removal") as folder:
        server = folder.add(terrace(folder.path + "/subject", "--databases", str(len(CASES)))).start()
        with server.client(10) as client:
            run_cases(client)
            run_odd_ones(client)
            client.ok("FLUSHALL")
            for number, (command, *_) in enumerate(CASES):
                client.ok("SELECT", number)
                prepare(client)
                client.ok(*command.split())
        server.kill(signal.SIGKILL)
        server.start()
        with server.client(10) as client:
            for number, (command, _, *rest) in enumerate(CASES):
                client.ok("SELECT", number)
                check(left(client) == rest, f"{command}: after a kill {left(client)}, not {rest}")
    say(f"stream_removal: {len(CASES)} cases, {len(REFUSED)} refused, the same after a kill")


if __name__ == "__main__":
    end_with("stream_removal", main)

#!/usr/bin/python3
"""Functions: the same at redis-server and at Terrace; libraries survive a kill, a checkpoint and a restart.

  functions.py
"""
import os
import time

from bad_case import check, end_with
from harness import Folder, encode, redis, say, terrace

TWO = ('#!lua name=a\nredis.register_function("f",function(keys,args) return {keys[1],args[1]} end)\n'
       'redis.register_function{function_name="g",callback=function(keys,args) return redis.call("set",keys[1],"v") end,'
       'description="desc",flags={"no-writes","allow-oom"}}')
LOADS = [
    "x", "#!lua\nx", "#!foo name=a\nx", "#!lua name=a b=c\nx", "#!lua name=a-b\nx", "#!lua name=a", "#!lua name=a\nreturn 1", "#!lua name=a\nreturn +",
    '#!lua name=a\nredis.register_function("f")', '#!lua name=a\nredis.register_function("f-x",function() end)', '#!lua name=a\nredis.register_function("f",1)',
    '#!lua name=a\nredis.register_function{function_name="f",callback=function() end,flags={"foo"}}',
    '#!lua name=a\nredis.register_function{function_name="f",callback=function() end,foo=1}', '#!lua name=a\nredis.register_function{callback=function() end}',
    '#!lua name=a\nredis.register_function{function_name="f"}', '#!lua name=a\nredis.register_function{function_name="f",callback=function() end,flags=1}',
    '#!lua name=a\nredis.register_function("f",function() end) redis.register_function("f",function() end)', "#!lua name=a\nx=1",
    "#!lua name=a\nlocal a=foo", "#!lua name=d\nwhile true do end", TWO, '#!lua name=a\nredis.register_function("f",function() end)',
    '#!lua name=b\nredis.register_function("f",function() end)',
]
COMMANDS = [
    "FCALL f 1 k a", "FCALL nosuch 0", "FCALL f x", "FCALL f 5 a", "FCALL f -1", "FCALL g 1 k", "FCALL_RO f 1 k a", "FCALL_RO g 1 k",
    "FUNCTION LIST foo", "FUNCTION LIST libraryname", "FUNCTION LIST libraryname nosuch*", "FUNCTION STATS", "FUNCTION DELETE nosuch", "FUNCTION RESTORE x",
    "FUNCTION RESTORE x foo", "FUNCTION FLUSH foo", "FCALL f 0", "FUNCTION LOAD foo bar", "FUNCTION KILL", "FUNCTION nosuch", "FCALL f",
]
MORE = ('#!lua name=c\nredis.register_function("e",function() error("x") end)'
        ' redis.register_function("n",function() local r = redis.call("nosuch") return r end)'
        ' redis.register_function("m",function() return KEYS end) redis.register_function("w",function(keys) return redis.call("incr",keys[1]) end)')
MORE_COMMANDS = ["FCALL e 0", "FCALL n 0", "FCALL m 0", "FCALL w 1 counter", "FCALL w 1 counter", "GET counter", "FUNCTION DELETE c", "FCALL e 0"]


def same(ours, theirs, *command):
    got, wanted = ours.call(*command), theirs.call(*command)
    check(got == wanted, f"{command!r}\n  redis-server {wanted!r}\n  Terrace      {got!r}")


def compare(subject, reference):
    ours, theirs = subject.client(), reference.client()
    for code in LOADS:
        same(ours, theirs, "FUNCTION", "LOAD", code)
    for command in COMMANDS:
        same(ours, theirs, *command.split())
    same(ours, theirs, "FUNCTION", "LOAD", "REPLACE", MORE)
    for command in MORE_COMMANDS:
        same(ours, theirs, *command.split())


def exchange(subject, reference):
    """The payloads of DUMP, both ways."""
    ours, theirs = subject.client(), reference.client()
    long = '#!lua name=long\n' + "-- words that repeat\n" * 200 + 'redis.register_function("l",function() return "long" end)'
    for client in (ours, theirs):
        client.call("FUNCTION", "FLUSH")
    for giver, taker in ((ours, theirs), (theirs, ours)):
        giver.ok("FUNCTION", "LOAD", TWO)
        giver.ok("FUNCTION", "LOAD", long)
        taker.call("FUNCTION", "FLUSH")
        taker.ok("FUNCTION", "RESTORE", giver.ok("FUNCTION", "DUMP"))
        check(taker.ok("FCALL", "l", "0") == b"long", "a restored function")
        for client in (ours, theirs):
            client.ok("FUNCTION", "DELETE", "long")
        same(ours, theirs, "FUNCTION", "RESTORE", giver.ok("FUNCTION", "DUMP"))
        same(ours, theirs, "FUNCTION", "RESTORE", giver.ok("FUNCTION", "DUMP"), "REPLACE")
        same(ours, theirs, "FUNCTION", "RESTORE", giver.ok("FUNCTION", "DUMP"), "FLUSH")
        broken = bytearray(giver.ok("FUNCTION", "DUMP"))
        for i in range(0, len(broken), 7):
            same(ours, theirs, "FUNCTION", "RESTORE", bytes(broken[:i] + bytes([broken[i] ^ 1]) + broken[i + 1:]))
        for client in (ours, theirs):
            client.call("FUNCTION", "FLUSH")


def restarted(server):
    server.kill()
    server.start()
    return server.client()


def durable(server):
    client = server.client()
    client.ok("FUNCTION", "FLUSH")
    client.ok("FUNCTION", "LOAD", TWO)
    client = restarted(server)
    check(client.ok("FCALL", "f", "1", "k", "a") == [b"k", b"a"], "a library after a kill, from the log")
    client.ok("TERRACE", "CHECKPOINT")
    client.ok("SET", "later", "1")
    client = restarted(server)
    check(client.ok("FCALL", "f", "1", "k", "a") == [b"k", b"a"], "after a kill, from the checkpoint")
    client.ok("FUNCTION", "LOAD", MORE)
    client.ok("FUNCTION", "DELETE", "a")
    client = restarted(server)
    check(client.ok("FCALL", "w", "1", "n") == 1, "from checkpoint and log")
    check(b"Function not found" in client.call("FCALL", "f", "0"), "a deleted one stays away")
    client.ok("MULTI")
    client.ok("FUNCTION", "FLUSH")
    client.ok("FUNCTION", "LOAD", TWO)
    client.ok("EXEC")
    client.ok("TERRACE", "CHECKPOINT")
    server.stop()
    server.start()
    client = server.client()
    check(client.ok("FCALL", "f", "1", "k", "a") == [b"k", b"a"], "after a restart")
    client.ok("FUNCTION", "FLUSH")
    client.ok("TERRACE", "CHECKPOINT")
    client = restarted(server)
    check(client.ok("FUNCTION", "LIST") == [], "none after FLUSH and a checkpoint")


def killed(server):
    client, other = server.client(), server.client()
    client.ok("CONFIG", "SET", "busy-reply-threshold", "100")
    client.ok("FUNCTION", "LOAD", '#!lua name=loop\nredis.register_function("loop",function() while true do end end)')
    client.send(encode("FCALL", "loop", "0"))
    time.sleep(0.4)
    check(b"FUNCTION KILL" in other.call("GET", "x"), "others are told")
    stats = other.ok("FUNCTION", "STATS")
    check(stats[1][1] == b"loop" and stats[1][3] == [b"FCALL", b"loop", b"0"], f"what runs: {stats!r}")
    check(b"BUSY" in other.call("SCRIPT", "KILL"), "it is no script")
    other.ok("FUNCTION", "KILL")
    check(b"Script killed by user with FUNCTION KILL" in client.receive(), "it ends")
    client.ok("FUNCTION", "FLUSH")


def main():
    with Folder("functions") as folder:
        reference = folder.add(redis(os.path.join(folder.path, "reference"))).start()
        subject = folder.add(terrace(os.path.join(folder.path, "subject"))).start()
        compare(subject, reference)
        exchange(subject, reference)
        durable(subject)
        killed(subject)
    say(f"functions: {len(LOADS)} libraries and {len(COMMANDS) + len(MORE_COMMANDS)} commands the same; durable, exchanged, killed")


if __name__ == "__main__":
    end_with("functions", main)

#!/usr/bin/python3
"""Scripts: the same at redis-server and at Terrace, in RESP2 and RESP3, hot and with nothing in memory.

  scripts.py

What redis-server has no counterpart of is checked at Terrace alone: cold keys that a script does not declare, large
units, scripts in transactions after a kill, scripts that run long.
"""
import random
import time

from bad_case import check, end_with
from harness import Folder, encode, redis, say, terrace
from script_texts import LANGUAGE, LIBRARIES

COMMANDS = [
    "EVAL|return 1|x", "EVAL|return 1|-1", "EVAL|return 1|2|a", "EVALSHA|abc|0", "EVALSHA|" + "f" * 40 + "|0", "EVAL_RO|return redis.call('set','k','v')|0",
    "EVAL_RO|return redis.call('get','nokey')|0", "EVAL|#!lua flags=no-writes\nreturn redis.call('set','k','v')|0", "EVAL|#!lua flags=foo\nreturn 1|0",
    "EVAL|#!foo\nreturn 1|0", "EVAL|#!lua name=x\nreturn 1|0", "EVAL|#!lua|0", "EVAL|#!lua\nreturn KEYS[1]|1|a", "EVAL_RO|#!lua\nreturn 1|0",
    "SCRIPT|LOAD|return 'loaded'", "EVALSHA|%s|0" % "6b1bf486c81ceb7edf3c093f4c48582e38c0e791", "SCRIPT|EXISTS|a|b", "SCRIPT|EXISTS", "SCRIPT|FLUSH|foo",
    "SCRIPT|LOAD|return +", "SCRIPT|KILL", "FUNCTION|KILL", "SCRIPT|FLUSH", "SCRIPT|FLUSH|ASYNC", "SCRIPT|foo",
    "MULTI", "EVAL|redis.call('set','in','exec') return redis.call('get','in')|0", "EVAL|return redis.call('nosuch')|0", "GET|in", "EXEC",
    "EVAL|redis.call('set','kept','1') error('after')|0", "GET|kept", "EVAL|return redis.call('select',5)|0", "GET|kept",
]


def reply_of(client, *arguments):
    return client.call(*arguments)


def compare_texts(subject, reference, protocol):
    """Each text as a script with one key and one argument."""
    ours, theirs = subject.client(), reference.client()
    for client in (ours, theirs):
        client.call("FLUSHALL")
        if protocol == 3:
            client.call("HELLO", "3")
    for text in LANGUAGE + LIBRARIES:
        got, wanted = (client.call("EVAL", text, "1", "k1", "a1") for client in (ours, theirs))
        check(got == wanted, f"RESP{protocol}: {text}\n  redis-server {wanted!r}\n  Terrace      {got!r}")
    return len(LANGUAGE + LIBRARIES)


def compare_commands(subject, reference):
    ours, theirs = subject.client(), reference.client()
    for command in COMMANDS:
        got, wanted = (client.call(*command.split("|")) for client in (ours, theirs))
        check(got == wanted, f"{command!r}\n  redis-server {wanted!r}\n  Terrace      {got!r}")


def random_calls(chance):
    """Commands on few keys of all types, as the arguments of one script that calls them in turn."""
    key = lambda: "k%d" % chance.randint(0, 5)
    value = lambda: str(chance.randint(0, 20))
    choices = [lambda: ["set", key(), value()], lambda: ["get", key()], lambda: ["incrby", key(), value()], lambda: ["append", key(), value()],
               lambda: ["del", key()], lambda: ["rpush", key(), value(), value()], lambda: ["lpop", key()], lambda: ["lrange", key(), "0", "-1"],
               lambda: ["hset", key(), value(), value()], lambda: ["hget", key(), value()], lambda: ["hlen", key()], lambda: ["sadd", key(), value()],
               lambda: ["scard", key()], lambda: ["zadd", key(), value(), value()], lambda: ["zrange", key(), "0", "-1", "withscores"],
               lambda: ["zscore", key(), value()], lambda: ["expire", key(), "1000"], lambda: ["persist", key()], lambda: ["type", key()],
               lambda: ["exists", key()], lambda: ["setrange", key(), value(), "x"], lambda: ["rename", key(), key()], lambda: ["copy", key(), key()],
               lambda: ["sort", key(), "alpha"], lambda: ["strlen", key()], lambda: ["nosuch"], lambda: ["get"]]
    return [chance.choice(choices)() for _ in range(chance.randint(1, 6))]


CALL_ALL = """
local out = {}
for i = 1, #ARGV do
  local call = cjson.decode(ARGV[i])
  out[i] = redis.pcall(unpack(call))
end
return out
"""


def compare_random(subject, reference, scripts, cold):
    import json
    ours, theirs = subject.client(), reference.client()
    for client in (ours, theirs):
        client.call("FLUSHALL")
    chance = random.Random(7)
    for step in range(scripts):
        calls = [json.dumps(call) for call in random_calls(chance)]
        if cold and step % 5 == 0:
            ours.ok("TERRACE", "SPILL", "ALL")
        if step % 7 == 0:
            again = [json.dumps(call) for call in random_calls(chance)]
            for client in (ours, theirs):
                client.pipeline([("MULTI",), ("EVAL", CALL_ALL, "0", *calls), ("DBSIZE",), ("EVAL", CALL_ALL, "0", *again)])
            got, wanted = (client.call("EXEC") for client in (ours, theirs))
        else:
            got, wanted = (client.call("EVAL", CALL_ALL, "0", *calls) for client in (ours, theirs))
        check(got == wanted, f"{calls}\n  redis-server {wanted!r}\n  Terrace      {got!r}")


# --- at Terrace alone

def cold_keys(server):
    client = server.client()
    client.call("FLUSHALL")
    for i in range(200):
        client.call("SET", f"cold{i}", f"v{i}")
    client.ok("TERRACE", "SPILL", "ALL")
    check(client.call("EVAL", "return redis.call('mget',unpack(KEYS))[200]", "200", *(f"cold{i}" for i in range(200))) == b"v199", "declared keys")
    client.ok("TERRACE", "SPILL", "ALL")
    text = "local n=0 for i=0,199 do if redis.call('get','cold'..i)=='v'..i then n=n+1 end end redis.call('set','sum',n) return n"
    check(client.call("EVAL", text, "0") == 200, "a script reads cold keys that it has not declared")
    check(client.call("GET", "sum") == b"200", "and writes behind them")
    client.ok("TERRACE", "SPILL", "ALL")
    check(client.call("EVAL", "local r={} table.sort({3,1,2},function(a,b) r[#r+1]=redis.call('get','cold'..a) return a<b end) return #r>0", "0") == 1,
          "within a comparison of table.sort")


def all_or_nothing(server):
    """A script is one entry of the log: it is there after a kill as a whole, an error's effects too."""
    client = server.client()
    client.call("FLUSHALL")
    client.call("EVAL", "for i=1,1000 do redis.call('set','k'..i,i) end", "0")
    client.call("EVAL", "redis.call('set','before','1') error('x')", "0")
    client.call("MULTI")
    client.call("EVAL", "redis.call('set','m1','1')", "0")
    client.call("EVAL", "redis.call('set','m2','1')", "0")
    client.call("EXEC")
    client.call("EVAL", "redis.set_repl(redis.REPL_NONE) redis.call('set','unreplicated','1')", "0")
    big = "for i=1,300 do redis.call('set','big'..i,string.rep('x',100000)) end"
    client.call("EVAL", big, "0")
    server.kill()
    server.start()
    client = server.client()
    check(client.call("EXISTS", *(f"k{i}" for i in range(1, 1001))) == 1000, "all of a script")
    check(client.call("EXISTS", "before", "m1", "m2") == 3, "the effects of a failed script, scripts in a transaction")
    check(client.call("EXISTS", "unreplicated") == 1, "what a script changes after redis.set_repl(redis.REPL_NONE)")
    check(client.call("STRLEN", "big300") == 100000, "a script larger than a piece of the log")


def long_scripts(server):
    client, other = server.client(), server.client()
    client.call("CONFIG", "SET", "busy-reply-threshold", "200")
    loop = "while true do pcall(function() while true do end end) end"
    client.send(encode("EVAL", loop, "0"))
    begin = time.monotonic()
    reply = other.call("GET", "x")
    check(b"BUSY" in reply_text(reply), f"others are told: {reply!r}")
    check(time.monotonic() - begin < 3, "soon")
    check(b"BUSY" in reply_text(other.call("EVAL", "return 1", "0")), "other scripts are refused")
    check(other.call("PING") == other.call("PING"), "connections are served")
    check(reply_text(other.call("SCRIPT", "KILL")) == b"OK", "it is killed")
    check(b"Script killed by user with SCRIPT KILL" in reply_text(read_reply(client)), "and says so")
    check(other.call("GET", "x") is None, "then others run again")
    client.send(encode("EVAL", "redis.call('set','w','1') local e=redis.call('time')[1] for i=1,6e7 do end return 'done'", "0"))
    time.sleep(0.4)
    killed = reply_text(other.call("SCRIPT", "KILL"))
    check(b"UNKILLABLE" in killed or b"NOTBUSY" in killed, f"a script that has written is not killed: {killed!r}")
    check(b"done" in reply_text(read_reply(client)), "it ends by itself")


def abandoned(server):
    """A client that leaves does not end its script; SHUTDOWN ends one that runs on, and nothing of it is durable."""
    client, other = server.client(), server.client()
    client.send(encode("EVAL", "for i=1,2e7 do end redis.call('set','left','1')", "0"))
    time.sleep(0.02)
    client.close()
    for _ in range(100):
        if other.call("GET", "left") == b"1":
            break
        time.sleep(0.05)
    check(other.call("GET", "left") == b"1", "the script of a client that has left")
    client = server.client()
    client.send(encode("EVAL", "redis.call('set','half','1') while true do end", "0"))
    time.sleep(0.1)
    other.send(encode("SHUTDOWN", "NOSAVE"))
    server.ending = True
    server.wait_end(20)
    server.start()
    check(server.client().call("MGET", "left", "half") == [b"1", None], "half of a script is not durable")


def reply_text(reply):
    return reply if isinstance(reply, bytes) else str(reply).encode()


def read_reply(client):
    return client.receive()


def main():
    with Folder("scripts") as folder:
        reference = folder.add(redis(folder.path + "/reference", "--enable-debug-command", "yes")).start()
        subject = folder.add(terrace(folder.path + "/subject", "--enable-debug-command", "yes")).start()
        compared = sum(compare_texts(subject, reference, protocol) for protocol in (2, 3))
        compare_commands(subject, reference)
        compare_random(subject, reference, 1500, cold=False)
        compare_random(subject, reference, 300, cold=True)
        cold_keys(subject)
        long_scripts(subject)
        all_or_nothing(subject)
        abandoned(subject)
    say(f"scripts: {compared} texts and 1800 random scripts the same; cold, long and killed ones as they should")


if __name__ == "__main__":
    end_with("scripts", main)

#!/usr/bin/python3
"""Clients that wait for keys: the same scenes of several clients at redis-server and at Terrace, compared.

  blocking.py [--subject redis] [--scene NAME]

Scenes are explained in stage.py. What redis-server has no counterpart of is checked at Terrace alone: keys that are read
before a client is served, many clients, effects that survive a kill.
"""
import argparse
import signal
import socket
import time

from bad_case import check, end_with
from blocking_streams import SCENES as STREAM_SCENES
from harness import Error, Folder, encode, info_number, parse_info, redis, say, terrace
from stage import Stage, same_scenes

SCENES = []


def scene(function):
    SCENES.append(function)
    return function


@scene
def fair_in_order_of_arrival(stage):
    for name in "abcd":
        stage.block(name, "BLPOP k 0")
    told = [stage.do("RPUSH", "k", "1"), *stage.get("a"), stage.do("RPUSH", "k", "2", "3", "4", "5"), *stage.get(*"bcd")]
    return told + [stage.do("LRANGE", "k", "0", "-1")]


@scene
def one_push_serves_several(stage):
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BRPOP k 0")
    stage.block("c", "BLMPOP 0 2 x k RIGHT COUNT 2")
    stage.block("d", "BLPOP k 0")
    return [stage.do("LPUSH", "k", *"123456"), *stage.get(*"abcd"), stage.do("LRANGE", "k", "0", "-1")]


@scene
def several_keys_each_in_order(stage):
    stage.block("a", "BLPOP x y x 0")
    stage.block("b", "BLPOP y z 0")
    stage.block("c", "BLPOP z x 0")
    told = [stage.do("RPUSH", "y", "1"), *stage.get("a"), stage.do("RPUSH", "x", "2"), *stage.get("c")]
    return told + [stage.do("RPUSH", "z", "3"), *stage.get("b"), stage.do("DBSIZE")]


@scene
def what_is_there_is_popped_at_once(stage):
    stage.many("RPUSH k 1 2 3 4 5 6", "SET s x")
    client = stage["a"]
    return client.pipeline([command.split() for command in (
        "BLPOP no k 0", "BRPOP k no 0", "BLMOVE k l LEFT RIGHT 0", "BRPOPLPUSH k l 0", "BLMPOP 0 2 no k LEFT COUNT 9",
        "LRANGE l 0 -1", "BLPOP s k 0", "BLPOP no s 0", "BLMOVE s l LEFT LEFT 0", "BLMOVE l s LEFT LEFT 0", "BRPOPLPUSH l l 0",
        "LRANGE l 0 -1", "BLMPOP 0 1 s LEFT", "EXISTS k")])


@scene
def wrong_arguments(stage):
    client = stage["a"]
    commands = [f"BLPOP k {text}" for text in ("x", "-1", "nan", "1,5", "-1e30", "0x", "-inf")]
    commands += ["BLMPOP x 0 k LEFT", "BLMPOP x 1 k LEFT", "BLMPOP x 1 k LEFT COUNT 0", "BLMPOP -1 3 k LEFT", "BLMPOP 0 1 k UP",
                 "BLMPOP 0 1 k LEFT COUNT", "BLMPOP 0 1 k LEFT COUNT 1 COUNT 2", "BLMPOP 0 1 k LEFT COUNT x", "BLMPOP -1 1 k LEFT",
                 "BLMOVE a b x LEFT z", "BLMOVE a b left LEFT z", "BLMOVE a b left LEFT -1", "BRPOPLPUSH a b z", "BRPOPLPUSH a b",
                 "BLPOP k", "BRPOP", "CLIENT UNBLOCK x", "CLIENT UNBLOCK 1 x", "CLIENT UNBLOCK x x", "CLIENT UNBLOCK -1",
                 "CLIENT UNBLOCK 99999 ERROR", "CLIENT UNBLOCK", "CLIENT UNBLOCK 1 error x", "COMMAND GETKEYS BLPOP a b 0",
                 "COMMAND GETKEYS BLMPOP 0 2 a b LEFT", "COMMAND GETKEYS BLMOVE a b LEFT LEFT 0"]
    return client.pipeline([command.split() for command in commands])


@scene
def timeouts(stage):
    told = []
    for command, least in (("BLPOP k 0.05", 0.05), ("BRPOP a b 0.2", 0.2), ("BLMOVE a b LEFT LEFT 0.001", 0.001),
                           ("BRPOPLPUSH a b 0x1p-5", 0.03), ("BLMPOP 0.0001 1 k LEFT", 0)):
        begin = time.monotonic()
        reply = stage["a"].call(*command.split())
        passed = time.monotonic() - begin
        told.append([command, reply, least <= passed < least + 2 or passed])
    stage["a"].call("HELLO", "3")
    return told + [stage["a"].call("BLPOP", "k", "0.01"), stage["a"].call("BLMOVE", "k", "l", "LEFT", "LEFT", "0.01")]


@scene
def timeouts_end_in_order_of_time(stage):
    stage.block("a", "BLPOP k 0.6")
    stage.block("b", "BLPOP k 0.2")
    stage.block("c", "BLPOP k 0")
    told = [*stage.get("b"), stage.silent("a", 0.01), stage.blocked(), *stage.get("a"), stage.do("RPUSH", "k", "1"), *stage.get("c")]
    return told + [stage.do("EXISTS", "k")]


@scene
def unblock(stage):
    stage.block("a", "BLPOP k 0", "PING")
    stage.block("b", "BLPOP k 9", "PING")
    stage.block("c", "BLMOVE k l LEFT LEFT 9")
    told = [stage.do("CLIENT", "UNBLOCK", stage.ids["a"]), *stage.get("a", "a"), stage.do("CLIENT", "UNBLOCK", stage.ids["a"])]
    told += [stage.do("CLIENT", "UNBLOCK", stage.ids["b"], "error"), *stage.get("b", "b"), stage.blocked()]
    return told + [stage.do("CLIENT", "UNBLOCK", stage.ids["c"], "TIMEOUT"), *stage.get("c"), stage.blocked(), stage.do("RPUSH", "k", "1")]


@scene
def killed_and_gone(stage):
    for name in "abcd":
        stage.block(name, "BLPOP k 0", "SET after x")
    told = [stage.do("CLIENT", "KILL", "ID", stage.ids["a"]), stage.closed("a")]
    stage["b"].close()
    stage.settle(2)
    stage["c"].socket.shutdown(socket.SHUT_WR)
    stage.settle(1)
    return told + [stage.closed("c"), stage.do("RPUSH", "k", "1", "2"), *stage.get("d", "d"), stage.do("LRANGE", "k", "0", "-1")]


@scene
def what_comes_behind_a_blocking_command_waits(stage):
    stage.block("a", "BLPOP k 0", "RPUSH l 1", "BLPOP l 0", "BLPOP k 0", "GET s")
    told = [stage.do("EXISTS", "l"), stage.silent("a", 0.05), stage.do("RPUSH", "k", "x"), *stage.get("a", "a", "a")]
    stage.settle(1)
    return told + stage.many("SET s v", "RPUSH k y") + stage.get("a", "a")


@scene
def a_pipeline_sees_what_is_left(stage):
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BLMOVE k l LEFT RIGHT 0")
    told = stage.many("RPUSH k 1", "EXISTS k", "RPUSH k 2 3", "LRANGE k 0 -1", "LRANGE l 0 -1", "BLPOP k 0", "EXISTS k")
    return told + stage.get("a", "b")


@scene
def chained_moves(stage):
    stage.block("c", "BLPOP c 0")
    stage.block("a", "BLMOVE a b LEFT RIGHT 0")
    stage.block("b", "BRPOPLPUSH b c 0")
    stage.block("d", "BLMOVE a a LEFT LEFT 0")
    told = stage.many("RPUSH a 1 2", "EXISTS a b c", "LRANGE a 0 -1") + stage.get(*"abcd")
    stage.block("a", "BLMOVE x y LEFT RIGHT 0")
    stage.block("b", "BLMOVE y x LEFT RIGHT 0")
    return told + [stage.do("RPUSH", "x", "1"), *stage.get(*"ab"), stage.do("LRANGE", "x", "0", "-1"), stage.do("EXISTS", "y")]


@scene
def wrong_type_arrives(stage):
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BLPOP k l 0")
    told = stage.many("SET k x", "APPEND k y") + [stage.silent("a", 0.05), stage.do("RPUSH", "l", "1"), *stage.get("b")]
    told += stage.many("DEL k", "SADD k 1", "DEL k") + [stage.silent("a", 0.05), stage.do("RPUSH", "k", "2"), *stage.get("a")]
    return told


@scene
def wrong_type_at_the_destination(stage):
    stage.do("SET", "text", "x")
    stage.block("a", "BLMOVE k text LEFT RIGHT 0")
    stage.block("b", "BLPOP k 0")
    return [stage.do("RPUSH", "k", "1", "2"), *stage.get(*"ab"), stage.do("LRANGE", "k", "0", "-1"), stage.do("GET", "text")]


@scene
def keys_that_come_otherwise(stage):
    told = stage.many("RPUSH l 1 2 3", "RPUSH m 4")
    stage.block("a", "BLPOP k 0")
    told += [stage.do("COPY", "l", "k"), *stage.get("a"), stage.do("LRANGE", "k", "0", "-1"), stage.do("DEL", "k")]
    stage.block("a", "BLPOP k 0")
    told += [stage.do("SET", "k", "text"), stage.do("RENAME", "l", "k"), *stage.get("a"), stage.do("LRANGE", "k", "0", "-1")]
    payload = stage.do("DUMP", "m")
    stage.block("a", "BLPOP x 0")
    told += [stage.do("RESTORE", "x", "0", payload), *stage.get("a"), stage.do("EXISTS", "x")]
    stage.block("a", "BLPOP x 0")
    told += [stage.do("RENAMENX", "m", "x"), *stage.get("a")]
    stage["b"].call("SELECT", "1")
    stage.block("b", "BLPOP x 0")
    told += [*stage.many("RPUSH x 5", "MOVE x 1"), *stage.get("b"), stage.do("EXISTS", "x")]
    stage.block("b", "BLPOP x 0")
    stage.block("a", "BLPOP y 0")
    told += [*stage.many("RPUSH x 6 7", "SWAPDB 0 1"), *stage.get("b"), stage.silent("a", 0.05)]
    told += stage.many("SELECT 1", "LRANGE x 0 -1", "RPUSH y 8", "SWAPDB 0 1") + stage.get("a") + stage.many("EXISTS y", "SELECT 0")
    return told


@scene
def keys_that_go(stage):
    stage.block("a", "BLPOP k 0")
    told = [stage.do("FLUSHALL"), stage.silent("a", 0.05), stage.do("FLUSHDB"), stage.blocked(), stage.do("RPUSH", "k", "1"), *stage.get("a")]
    stage.block("a", "BLPOP k 0")
    stage.many("RPUSH l 1", "PEXPIRE l 1")
    time.sleep(0.02)
    told += [stage.do("RENAME", "l", "k"), stage.silent("a", 0.05), stage.do("RPUSH", "k", "2"), *stage.get("a")]
    return told


@scene
def databases_are_apart(stage):
    stage["a"].call("SELECT", "3")
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BLPOP k 0")
    return [*stage.many("RPUSH k 1", "SELECT 3", "RPUSH k 2", "SELECT 0"), *stage.get(*"ab"), stage.do("DBSIZE")]


@scene
def pause(stage):
    stage.block("a", "BLPOP k 1", "SET after x")
    stage.block("b", "BLPOP k 0")
    told = [stage.do("CLIENT", "PAUSE", "60000", "WRITE"), *stage.get("a")]
    stage["c"].send(encode("RPUSH", "k", "1"))
    stage["d"].send(encode("BLPOP", "k", "0.01"))
    stage.settle(4)
    told += [stage.silent("a", 0.05), stage.silent("b", 0.01), stage.silent("c", 0.01), stage.do("EXISTS", "after", "k")]
    told += [stage.do("CLIENT", "UNPAUSE"), *stage.get(*"abcd")]
    return told


@scene
def what_is_told_of_the_blocked(stage):
    stage.block("a", "BLPOP k l 9")
    stage.block("b", "BRPOP k 0")
    told = []
    for name in "ab":
        line = stage.do("CLIENT", "LIST", "ID", stage.ids[name]).decode()
        told.append([word for word in line.split() if word.split("=")[0] in ("flags", "cmd", "db")])
    clients = parse_info(stage.do("INFO", "clients"))
    told += [clients["blocked_clients"], clients["clients_in_timeout_table"], stage.do("RPUSH", "k", "1", "2"), *stage.get(*"ab")]
    clients = parse_info(stage.do("INFO", "clients"))
    calls = parse_info(stage.do("INFO", "commandstats"))
    told += [clients["blocked_clients"], clients["clients_in_timeout_table"]]
    return told + [calls[f"cmdstat_{name}"].split(",")[0] for name in ("blpop", "brpop", "rpush")]


@scene
def replies_that_nobody_wants(stage):
    client = stage["a"]
    client.send(encode("CLIENT", "REPLY", "SKIP"))
    stage.block("a", "BLPOP k 0", "PING")
    return [stage.do("RPUSH", "k", "1"), *stage.get("a"), stage.do("EXISTS", "k")]


@scene
def resp3(stage):
    stage["a"].call("HELLO", "3")
    stage.block("a", "BLMPOP 0 2 k l LEFT COUNT 2", "BLMPOP 0 2 k l LEFT COUNT 2")
    told = [stage.do("RPUSH", "l", "1", "2", "3"), *stage.get("a", "a")]
    stage.block("a", "BLPOP k 0")
    return told + [stage.do("CLIENT", "UNBLOCK", stage.ids["a"], "TIMEOUT"), *stage.get("a")]


# --- sorted sets

@scene
def sorted_sets_fair_in_order_of_arrival(stage):
    stage.block("a", "BZPOPMIN k 0")
    stage.block("b", "BZPOPMAX k 0")
    stage.block("c", "BZMPOP 0 2 x k MAX COUNT 2")
    stage.block("d", "BZPOPMIN k 0")
    told = [stage.do("ZADD", "k", "1.5", "one"), *stage.get("a")]
    told += [stage.do("ZADD", "k", "1", "one", "2", "two", "3", "three", "4", "four", "inf", "five"), *stage.get(*"bcd")]
    told += stage.many("ZRANGE k 0 -1 WITHSCORES", "DEL k")
    stage.block("a", "BZMPOP 0 1 k MIN COUNT 9")
    stage.block("b", "BZMPOP 0 1 k MIN")
    told += stage.many("ZADD k -inf a 0.1 b", "EXISTS k")
    return told + [*stage.get("a"), stage.silent("b", 0.01), stage.do("ZINCRBY", "k", "-1e300", "m"), *stage.get("b"), stage.do("EXISTS", "k")]


@scene
def sorted_sets_each_key_in_order(stage):
    stage.block("a", "BZPOPMIN x y x 0")
    stage.block("b", "BZMPOP 0 2 y z MAX")
    stage.block("c", "BZPOPMAX z x 0")
    told = [stage.do("ZADD", "y", "1", "m"), *stage.get("a"), stage.do("ZADD", "x", "2", "m"), *stage.get("c")]
    return told + [stage.do("ZADD", "z", "3", "m"), *stage.get("b"), stage.do("DBSIZE")]


@scene
def sorted_sets_are_popped_at_once(stage):
    stage.many("ZADD k 1 a 2 b 3 c 4 d 5 e 6 f 7 g", "SET s x", "RPUSH l 1")
    commands = ("BZPOPMIN no k 0", "BZPOPMAX k no 0", "BZMPOP 0 2 no k MIN", "BZMPOP 0 2 no k MAX COUNT 2", "BZPOPMIN s k 0",
                "BZPOPMIN no s 0", "BZPOPMAX l 0", "BZMPOP 0 2 no l MIN", "ZRANGE k 0 -1")
    told = stage["a"].pipeline([command.split() for command in commands])
    stage["a"].call("HELLO", "3")
    return told + [stage["a"].call(*command.split()) for command in ("BZPOPMIN k 0", "BZMPOP 0 1 k MIN COUNT 9", "EXISTS k")]


@scene
def sorted_sets_wrong_arguments(stage):
    commands = [f"BZPOPMIN k {text}" for text in ("x", "-1", "nan", "-1e30")]
    commands += ["BZMPOP x 0 k MIN", "BZMPOP x 1 k MIN", "BZMPOP x 1 k MIN COUNT 0", "BZMPOP -1 3 k MIN", "BZMPOP 0 1 k UP", "BZMPOP 0 1 k MAX COUNT",
                 "BZMPOP 0 1 k MIN COUNT 1 COUNT 2", "BZMPOP 0 1 k MIN COUNT x", "BZMPOP 0 1 k MIN x 1", "BZMPOP -1 1 k MIN", "BZMPOP 0 -1 k MIN",
                 "BZMPOP 0 9223372036854775808 k MIN", "BZMPOP 0 1 k", "BZPOPMIN k", "BZPOPMAX", "COMMAND GETKEYS BZPOPMAX a b 0",
                 "COMMAND GETKEYS BZMPOP 0 2 a b MIN", "COMMAND GETKEYS BZMPOP 0 3 a b MIN"]
    return stage["a"].pipeline([command.split() for command in commands])


@scene
def sorted_sets_timeouts(stage):
    told = []
    for protocol in "23":
        stage["a"].call("HELLO", protocol)
        for command, least in (("BZPOPMIN k 0.05", 0.05), ("BZPOPMAX a b 0.2", 0.2), ("BZMPOP 0.0001 1 k MIN", 0)):
            begin = time.monotonic()
            reply = stage["a"].call(*command.split())
            passed = time.monotonic() - begin
            told.append([command, reply, least <= passed < least + 2 or passed])
    stage.block("a", "BZPOPMIN k 0")
    told += [stage.do("CLIENT", "UNBLOCK", stage.ids["a"]), *stage.get("a")]
    stage.block("b", "BZMPOP 0 1 k MAX")
    return told + [stage.do("CLIENT", "UNBLOCK", stage.ids["b"], "ERROR"), *stage.get("b"), stage.do("ZADD", "k", "1", "m"), stage.do("EXISTS", "k")]


@scene
def sorted_sets_that_come_otherwise(stage):
    told = stage.many("ZADD z 1 a 2 b 3 c", "ZADD y 4 d", "SADD s e", "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania")
    for command in ("ZUNIONSTORE k 2 z y", "ZINTERSTORE k 1 z", "ZDIFFSTORE k 2 z y", "ZRANGESTORE k z 0 1", "COPY z k", "ZADD k NX 7 m",
                    "ZINCRBY k 8 m", "ZUNIONSTORE k 1 s", "ZRANGESTORE k none 0 1", "ZADD k XX 7 m",
                    "GEOADD k 13.361389 38.115556 Palermo", "GEOSEARCHSTORE k g FROMMEMBER Palermo BYRADIUS 200 km",
                    "GEORADIUS g 15 37 200 km STORE k", "GEORADIUSBYMEMBER g Palermo 10 km STOREDIST k", "GEOSEARCHSTORE k g FROMLONLAT 0 0 BYBOX 1 1 m"):
        stage.block("a", "BZPOPMAX k 0.3" if "none" in command or "XX" in command or "FROMLONLAT" in command else "BZPOPMAX k 0")
        told += [command, stage.do(*command.split()), *stage.get("a"), stage.do("ZRANGE", "k", "0", "-1", "WITHSCORES"), stage.do("DEL", "k")]
    payload = stage.do("DUMP", "z")
    stage.block("a", "BZPOPMIN k 0")
    told += [stage.do("RESTORE", "k", "0", payload), *stage.get("a"), stage.do("ZRANGE", "k", "0", "-1"), stage.do("SET", "k", "text")]
    stage.block("b", "BZPOPMIN other k2 0")
    told += [stage.do("RENAME", "y", "k2"), *stage.get("b"), stage.do("EXISTS", "k2")]
    stage["b"].call("SELECT", "1")
    stage.block("b", "BZPOPMIN x 0")
    told += [*stage.many("ZADD x 5 m", "MOVE x 1"), *stage.get("b"), stage.do("EXISTS", "x")]
    stage.block("b", "BZMPOP 0 1 x MIN COUNT 3")
    told += [*stage.many("ZADD x 6 m 7 n", "SWAPDB 0 1"), *stage.get("b")]
    return told


@scene
def who_waits_for_another_type(stage):
    stage.block("a", "BZPOPMIN k 0")
    stage.block("b", "BLPOP k 0")
    stage.block("c", "BZPOPMIN k 0")
    told = [stage.do("RPUSH", "k", "1"), *stage.get("b"), stage.do("ZADD", "k", "2", "m"), *stage.get("a")]
    told += [*stage.many("SET k x", "DEL k", "SADD k 1"), stage.silent("c", 0.05), *stage.many("DEL k", "ZADD k 3 m"), *stage.get("c")]
    return told + [stage.do("EXISTS", "k")]


# --- Terrace alone

def keys_that_must_be_read(server, seconds=1.5):
    """The list that comes, and the one that an element is moved to, are not in memory: who waits is served all the same,
    in order and before whoever asks later."""
    stage = Stage(server)
    end, round_number = time.monotonic() + seconds, 0
    while time.monotonic() < end or round_number < 20:
        round_number += 1
        stage.many("FLUSHALL", "SELECT 1", "RPUSH k 1 2 3", "RPUSH k2 9", "XADD s 2-1 f v", "SELECT 0", "RPUSH to x", "RPUSH away y")
        for name, command in zip("abcde", ("BLPOP k 0", "BLMOVE k to LEFT RIGHT 0", "BLPOP k 0", "BLMOVE from away LEFT LEFT 0", "BLPOP k2 0")):
            stage.block(name, command)
        stage.do("TERRACE", "SPILL", "ALL")
        told = stage.many("RPUSH from 4", "EXISTS from", "LRANGE away 0 -1")
        check(told == [1, 0, [b"4", b"y"]], f"round {round_number}: a pipeline saw {told}")
        stage.settle(4)
        stage.many("XADD s 1-1 f v", "XGROUP CREATE s g $")
        stage.block("f", "XREAD BLOCK 0 STREAMS s $")
        stage.block("g", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >")
        stage.do("TERRACE", "SPILL", "ALL")
        # `to` and `away` go to database 1 with the swap; k and k2 come.
        told = stage.many("SWAPDB 0 1", "LPOP k", "LRANGE to 0 -1", "EXISTS k k2")
        check(told == [b"OK", None, [b"2"], 0], f"round {round_number}: behind the swap {told}")
        told = stage.get(*"abcdefg")
        check(told == [[b"k", b"1"], b"2", [b"k", b"3"], b"4", [b"k2", b"9"], [[b"s", [[b"2-1", [b"f", b"v"]]]]],
                       b"NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"], f"round {round_number}: served {told}")
        # Who waits is served before the databases are swapped back, or emptied, or a script comes.
        for swapped in ("SWAPDB 0 1", "FLUSHALL", "EVAL return{redis.call('DEL','k')} 0"):
            stage.many("FLUSHALL", "SELECT 1", "RPUSH k 1", "SELECT 0")
            stage.block("a", "BLPOP k 0")
            stage.do("TERRACE", "SPILL", "ALL")
            stage.many("SWAPDB 0 1", swapped)
            check(stage.get("a") == [[b"k", b"1"]], f"round {round_number}: {swapped} came before the client that waits")
    reads = info_number(server.info("tier"), "page_reads")
    check(reads >= 2 * round_number, f"{reads} pages read in {round_number} rounds: nothing had to be read")
    stage.close()
    return round_number, reads


def served_by_what_replaces_another_type(server):
    """redis-server 7.0 leaves who waits for a sorted set, or a list, waiting when one is stored over a text; here it is served."""
    stage = Stage(server)
    stage.many("ZADD z 1 m", "RPUSH l 1")
    for wait, store, told in (("BZPOPMIN k 0", "ZUNIONSTORE k 1 z", [b"k", b"m", b"1"]), ("BLPOP k 0", "SORT l STORE k", [b"k", b"1"])):
        stage.block("a", wait)
        stage.many("SET k x", store)
        served = stage.get("a")
        check(served == [told], f"{store} served {served}")
    stage.close()


def many_on_one_key(server, count=10_000):
    stage = Stage(server)
    stage.do("CONFIG", "SET", "maxclients", "12000")
    clients = []
    for _ in range(count):
        clients.append(server.client(30))
        clients[-1].send(encode("BLPOP", "k", "300"))
        # One by one: which of two connections' requests comes first to the server is not told by which was sent first.
        stage.settle(len(clients))
    before = server.cpu_seconds()
    time.sleep(1)
    idle = server.cpu_seconds() - before
    check(idle < 0.1, f"{count} blocked clients cost {idle:.2f} s of CPU in a second")
    half = count // 2
    begin = time.monotonic()
    stage.control.pipeline([("RPUSH", "k", number) for number in range(half)])
    stage.control.call("RPUSH", "k", *range(half, count))
    for number, client in enumerate(clients):
        reply = client.receive()
        check(reply == [b"k", b"%d" % number], f"client {number} was served {reply}")
    passed = time.monotonic() - begin
    check(stage.do("EXISTS", "k") == 0, "something is left")
    for client in clients:
        client.close()
    stage.close()
    return passed


def group_state(client):
    consumers = [[each[at] for at in (1, 3)] for each in client.ok("XINFO", "CONSUMERS", "s", "g")]
    pending = [entry[:2] + entry[3:] for entry in client.ok("XPENDING", "s", "g", "-", "+", "9")]
    return [client.ok("XINFO", "GROUPS", "s"), consumers, pending]


def survives_a_kill(server):
    """What was served is gone after a kill, once the reply has come; the log has the plain commands."""
    stage = Stage(server)
    for name, command in zip("abcd", ("BLPOP k 0", "BLMOVE k to RIGHT LEFT 0", "BLMPOP 0 1 k LEFT COUNT 2", "BLPOP never 0")):
        stage.block(name, command)
    stage.do("RPUSH", "k", *"12345")
    told = stage.get(*"abc")
    check(told == [[b"k", b"1"], b"5", [b"k", [b"2", b"3"]]], f"served {told}")
    for name, command in zip("abc", ("BZPOPMIN z 0", "BZPOPMAX z 0", "BZMPOP 0 1 z MIN COUNT 2")):
        stage.block(name, command)
    stage.do("ZADD", "z", *"1a2b3c4d5e")
    told = stage.get(*"abc")
    check(told == [[b"z", b"a", b"1"], [b"z", b"e", b"5"], [b"z", [[b"b", b"2"], [b"c", b"3"]]]], f"served {told}")
    stage.many("XGROUP CREATE s g $ MKSTREAM")
    stage.block("e", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >")
    stage.block("f", "XREADGROUP GROUP g bob NOACK BLOCK 0 STREAMS s >")
    stage.many("XADD s 1-1 f v", "XADD s 2-1 f v")
    check(stage.get("e", "f") == [[[b"s", [[b"%d-1" % number, [b"f", b"v"]]]]] for number in (1, 2)], "the group was not served")
    known = group_state(stage.control)
    stage.close()
    server.kill(signal.SIGKILL)
    server.start()
    with server.client(10) as client:
        lists = [client.call("LRANGE", key, 0, -1) for key in ("k", "to")]
        check(lists == [[b"4"], [b"5"]], f"after the kill {lists}")
        left = client.call("ZRANGE", "z", 0, -1)
        check(left == [b"d"], f"after the kill {left}")
        check(group_state(client) == known, f"after the kill {group_state(client)}, before {known}")


def ends_with_blocked_clients(server):
    stage = Stage(server)
    for name, command in zip("abc", ("BLPOP k 0", "BLPOP k 100", "BLPOP k 0.3")):
        stage.block(name, command)
    begin = time.monotonic()
    server.stop()
    check(time.monotonic() - begin < 20, "the server's end waited for blocked clients")
    check([stage.closed(name) for name in "abc"] == ["closed"] * 3, "a blocked client was not closed")
    server.start()


def reload_with_blocked_clients(server):
    stage = Stage(server)
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BLPOP k 0.1")
    stage.many("RPUSH l 1", "SET s x")
    check(not isinstance(stage.do("DEBUG", "RELOAD"), Error), "DEBUG RELOAD failed")
    check(stage.get("b") == [("null array",)], "no timeout behind a reload")
    check(stage.do("RENAME", "l", "k") == b"OK" and stage.get("a") == [[b"k", b"1"]], "not served behind a reload")
    stage.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--scene", help="this one alone")
    parser.add_argument("--clients", type=int, default=10_000, help="that wait for one key (10000)")
    options = parser.parse_args()
    with Folder("blocking") as folder:
        reference = folder.add(redis(folder.path + "/reference", "--hz", "100")).start()
        if options.subject == "redis":
            subject = folder.add(redis(folder.path + "/subject", "--hz", "100")).start()
        else:
            subject = folder.add(terrace(folder.path + "/subject", "--enable-debug-command", "yes")).start()
        played = same_scenes(SCENES + STREAM_SCENES, subject, reference, options.scene)
        if options.subject == "terrace" and options.scene is None:
            rounds, reads = keys_that_must_be_read(subject)
            say(f"  {rounds} rounds of serving with keys that are read first, {reads} pages read")
            served_by_what_replaces_another_type(subject)
            survives_a_kill(subject)
            reload_with_blocked_clients(subject)
            ends_with_blocked_clients(subject)
            seconds = many_on_one_key(subject, options.clients)
            say(f"  {options.clients} clients on one key served in {seconds:.2f} s")
    say(f"blocking: {played} scenes the same")


if __name__ == "__main__":
    end_with("blocking", main)

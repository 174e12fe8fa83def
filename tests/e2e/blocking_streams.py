"""The scenes of blocking.py in which clients wait for entries of streams: XREAD and XREADGROUP with BLOCK."""
import time

from compare import as_of_7_0
from harness import parse_info
from stage import ended_waits

SCENES = []
ALL, NEW = "XREAD BLOCK 0 STREAMS s", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >"


def scene(function):
    SCENES.append(function)
    return function


def group_stage(stage, *more):
    return stage.many("XGROUP CREATE s g $ MKSTREAM", *more)


def who(stage, key="s"):
    """Those of the group's consumers who have something pending, without the times, and its figures."""
    consumers = [[dict(zip(each[::2], each[1::2]))[name] for name in (b"name", b"pending")]
                 for each in as_of_7_0("xinfo|consumers", stage.do("XINFO", "CONSUMERS", key, "g"))]
    return [consumers, as_of_7_0("xinfo|groups", stage.do("XINFO", "GROUPS", key))]


@scene
def all_who_read_get_the_entry(stage):
    for name, command in zip("abcd", (f"{ALL} $", f"{ALL} 0", "XREAD COUNT 1 BLOCK 0 STREAMS s $", f"{ALL} 5-5")):
        stage.block(name, command)
    told = [*stage.many("XADD s 1-1 f v", "XADD s 5-6 g w", "XLEN s"), *stage.get(*"abcd")]
    stage.block("a", f"{ALL} $")
    return told + [stage.do("XADD", "s", "5-7", "f", "x", "g", "y"), *stage.get("a")]


@scene
def dollar_is_what_was_last_then(stage):
    stage.many("XADD s 1-1 f v", "XADD s 2-1 f v", "XDEL s 2-1")
    stage.block("a", f"{ALL} $")
    stage.block("b", "XREAD BLOCK 0 STREAMS s t $ $")
    told = [stage.silent("a", 0.02), *stage.many("XADD s 3-1 f v", "XADD s 4-1 f v"), *stage.get(*"ab")]
    stage.block("a", f"{ALL} $", f"{ALL} $", "PING")
    told += [stage.do("XADD", "s", "5-1", "f", "v"), *stage.get("a")]
    stage.settle(1)
    return told + [stage.do("XADD", "s", "6-1", "f", "v"), *stage.get("a", "a")]


@scene
def several_streams(stage):
    stage.many("XADD s 1-1 f v", "XADD t 1-1 f v")
    stage.block("a", "XREAD BLOCK 0 STREAMS s t u 1-1 1-1 0")
    stage.block("b", "XREAD BLOCK 0 STREAMS u s $ 9-9")
    stage.block("c", "XREAD BLOCK 0 STREAMS s s s 9-9 1-1 1-1")
    told = [*stage.many("XADD t 1-1 f v", "XADD t 2-1 f v", "XADD u 1-1 f v"), *stage.get(*"ab"), stage.do("XADD", "s", "2-1", "f", "v")]
    told += [stage.silent("c", 0.05), stage.do("XADD", "s", "10-1", "f", "v"), *stage.get("c")]
    return told + [stage["a"].call("XREAD", "BLOCK", "0", "STREAMS", "no", "s", "t", "0", "2-1", "1-1")]


@scene
def what_is_there_is_read_at_once(stage):
    stage.many("XADD s 1-1 f v", "XADD s 2-1 f v", "SET text x", "XGROUP CREATE s g 0", "XADD e 1-1 f v", "XDEL e 1-1",
               "XGROUP CREATE e g 0")
    return stage["a"].pipeline([command.split() for command in (
        f"{ALL} 0", f"{ALL} 1", "XREAD COUNT 1 BLOCK 0 STREAMS no s 0 0", "XREAD BLOCK 0 STREAMS text 0", "XREAD BLOCK 0 STREAMS no text 0 0",
        "XREADGROUP GROUP g ann BLOCK 0 COUNT 1 STREAMS s >", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s 0", NEW,
        "XREADGROUP GROUP g bob BLOCK 0 STREAMS s 0", "XREADGROUP GROUP g cem BLOCK 0 STREAMS e s > 0", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s 5",
        "XREADGROUP GROUP g ann BLOCK 0 STREAMS no >", "XREADGROUP GROUP no ann BLOCK 0 STREAMS s >", "XREADGROUP GROUP g ann BLOCK 0 STREAMS text >",
        "XREADGROUP GROUP g ann BLOCK 0 STREAMS s $", "XREAD BLOCK 0 STREAMS s >")]) + who(stage)


@scene
def wrong_arguments_of_block(stage):
    times = ("x", "-1", "1.5", "", "9223372036854775808", "-9223372036854775808", "01")
    commands = [["XREAD", "BLOCK", text, "STREAMS", "s", "0"] for text in times]
    commands += [text.split() for text in (
        "XREAD BLOCK STREAMS s 0", "XREAD STREAMS s 0 BLOCK", "XREAD BLOCK 0 COUNT x STREAMS s 0", "XREAD BLOCK 0 STREAMS s t 0",
        "XREAD BLOCK 0 STREAMS s x", "XREADGROUP GROUP g ann BLOCK x STREAMS s >", "XREADGROUP BLOCK 0 STREAMS s > 1 2", "XREAD BLOCK 1 NOACK STREAMS s 0",
        "COMMAND GETKEYS XREAD BLOCK 0 STREAMS a b 0 0", "COMMAND GETKEYS XREADGROUP GROUP g c BLOCK 0 STREAMS a b 0 0")]
    stage.block("b", "XREAD BLOCK 9000000000000000000 STREAMS s 0")
    return stage["a"].pipeline(commands) + [stage.do("XADD", "s", "1-1", "f", "v"), *stage.get("b")]


@scene
def timeouts_of_streams(stage):
    group_stage(stage)
    told = []
    for command, least in (("XREAD BLOCK 50 STREAMS s $", 0.05), ("XREAD BLOCK 1 STREAMS no s 0 0", 0.001),
                           ("XREADGROUP GROUP g ann BLOCK 20 STREAMS s >", 0.02), ("XREADGROUP GROUP g bob NOACK BLOCK 1 STREAMS s >", 0.001)):
        begin = time.monotonic()
        reply = stage["a"].call(*command.split())
        passed = time.monotonic() - begin
        told.append([command, reply, least <= passed < least + 2 or passed])
    stage["a"].call("HELLO", "3")
    return told + [stage["a"].call("XREAD", "BLOCK", "1", "STREAMS", "s", "$"), *who(stage)]


@scene
def a_group_is_served_in_order_of_arrival(stage):
    group_stage(stage)
    for name, consumer in zip("abcd", ("ann", "bob", "ann", "zoe")):
        stage.block(name, f"XREADGROUP GROUP g {consumer} BLOCK 0 STREAMS s >")
    stage.block("e", f"{ALL} 0")
    told = [*who(stage), stage.do("XADD", "s", "1-1", "f", "v"), *stage.get(*"ae"), stage.silent("b", 0.02), *who(stage)]
    told += [*stage.many("XADD s 2-1 f v", "XADD s 3-1 f v", "XADD s 4-1 f v"), *stage.get(*"bcd"), *who(stage)]
    told += [stage.do("XPENDING", "s", "g"), stage["a"].call("XREADGROUP", "GROUP", "g", "ann", "STREAMS", "s", "0")]
    stage.block("a", NEW)
    told += [stage["b"].call("XACK", "s", "g", "1-1", "3-1"), *stage.many("XADD s 5-1 f v"), *stage.get("a")]
    return told + [stage.do("XPENDING", "s", "g")]


@scene
def groups_are_apart(stage):
    group_stage(stage, "XGROUP CREATE s h 0", "XGROUP CREATE t g 0 MKSTREAM")
    stage.block("a", NEW)
    stage.block("b", "XREADGROUP GROUP h ann BLOCK 0 STREAMS s >")
    stage.block("c", "XREADGROUP GROUP g bob BLOCK 0 STREAMS t s > >")
    stage.block("d", "XREADGROUP GROUP h ann BLOCK 0 NOACK STREAMS s >")
    told = [stage.do("XADD", "s", "1-1", "f", "v"), *stage.get(*"ab"), *stage.many("XADD t 1-1 f v", "XADD s 2-1 f v"), *stage.get(*"cd")]
    return told + who(stage) + who(stage, "t") + stage.many("XPENDING s g", "XPENDING s h", "XPENDING t g")


@scene
def no_acknowledge(stage):
    group_stage(stage)
    stage.block("a", "XREADGROUP GROUP g ann NOACK BLOCK 0 COUNT 1 STREAMS s >")
    told = [stage.do("XADD", "s", "1-1", "f", "v"), *stage.get("a"), *who(stage), stage.do("XPENDING", "s", "g")]
    return told


@scene
def not_too_much_at_once(stage):
    """Who waits without a COUNT and then finds very much gets a thousand entries."""
    stage["b"].pipeline([("XADD", "t", f"1-{number}", "f", str(number)) for number in range(1, 1500)])
    payload = stage.do("DUMP", "t")
    told = []
    for name, command in zip("acd", (f"{ALL} 0", "XREAD COUNT 1200 BLOCK 0 STREAMS s 0", "XREAD BLOCK 0 STREAMS s 1-700")):
        stage.block(name, command)
    told += [stage.do("RENAME", "t", "s")]
    told += [len(stage[name].receive()[0][1]) for name in "acd"]
    stage.block("a", f"{ALL} 2")
    told += [stage.do("DEL", "s"), stage.do("RESTORE", "s", "0", payload), stage.silent("a", 0.02), stage.do("XADD", "s", "2-1", "f", "v")]
    return told + stage.get("a")


@scene
def what_has_no_entries(stage):
    """XADD with MAXLEN 0 is left out: redis-server 7.0 answers with no entries, since 7.2 who waits goes on waiting."""
    group_stage(stage, "XADD s 1-1 f v", "XDEL s 1-1")
    stage.block("a", f"{ALL} 0")
    stage.block("b", NEW)
    told = stage.many("XSETID s 7-7", "XGROUP SETID s g 0", "XTRIM s MAXLEN 0", "XDEL s 1-1")
    return told + [stage.silent("a", 0.02), stage.silent("b", 0.02), stage.do("XADD", "s", "8-1", "f", "v"), *stage.get(*"ab"), *who(stage)]


@scene
def the_group_goes(stage):
    group_stage(stage, "XGROUP CREATE s h $")
    stage.block("a", NEW)
    stage.block("b", "XREADGROUP GROUP h ann BLOCK 0 STREAMS s >")
    stage.block("c", f"{ALL} $")
    stage.block("d", NEW, "PING")
    told = [stage.do("XGROUP", "DESTROY", "s", "g"), *ended_waits(stage.get("a", "d", "d")), stage.do("XGROUP", "DESTROY", "s", "no"), stage.silent("b", 0.02)]
    told += [stage.do("XGROUP", "DELCONSUMER", "s", "h", "ann"), stage.do("XADD", "s", "1-1", "f", "v"), *stage.get(*"bc")]
    stage.many("XGROUP CREATE s g $")
    stage.block("a", NEW)
    return told + [*stage.many("XADD t 1-1 f v", "RENAME t s"), *ended_waits(stage.get("a"))]


WAYS_TO_GO = ("DEL s", "UNLINK s", "SET s x", "RENAME s away", "RENAME other s", "MOVE s 5", "FLUSHDB", "FLUSHALL", "SWAPDB 0 5", "COPY other s REPLACE",
              "PEXPIRE s 0", "PEXPIREAT s 1", "RENAME text s", "COPY text s REPLACE", "MSET s 1 u 2", "SORT l STORE s",
              "SUNIONSTORE s l2", "FLUSHALL ASYNC", "RENAME grouped s", "SETEX s 9 x", "EXPIRE s -1")


@scene
def the_key_goes(stage):
    told = []
    for way in WAYS_TO_GO:
        stage.many("FLUSHALL", "XADD s 1-1 f v", "XGROUP CREATE s g $", "SET text x", "XADD other 0-1 f v", "RPUSH l 1", "SADD l2 x",
                   "XADD grouped 0-1 f v", "XGROUP CREATE grouped g 0")
        stage.block("a", NEW)
        stage.block("b", f"{ALL} $")
        told += [way, *stage.many(way), *ended_waits(stage.get("a")), stage.silent("b", 0.01), *stage.many("DEL s", "XADD s 2-1 f v"), *stage.get("b")]
    return told


@scene
def the_key_expires(stage):
    group_stage(stage)
    stage.block("a", NEW)
    stage.block("b", f"{ALL} 0")
    told = [stage.do("PEXPIRE", "s", "30"), *ended_waits(stage.get("a")), stage.silent("b", 0.05), stage.do("EXISTS", "s")]
    return told + [stage.do("XADD", "s", "1-1", "f", "v"), *stage.get("b")]


@scene
def one_of_several_keys_goes(stage):
    group_stage(stage, "XGROUP CREATE t g $ MKSTREAM")
    stage.block("a", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s t > >", "PING")
    return [stage.do("DEL", "t"), *ended_waits(stage.get("a", "a")), stage.blocked()]


@scene
def streams_that_come_otherwise(stage):
    stage.many("XADD t 1-1 f v", "XADD t 2-1 f v")
    told = []
    for way in ("COPY t s", "RENAME t s", "RENAMENX s t", "COPY t s REPLACE"):
        key = "t" if way.startswith("RENAMENX") else "s"
        stage.do("DEL", key)
        stage.block("a", f"XREAD BLOCK 0 STREAMS {key} 1-1")
        told += [stage.do(*way.split()), *stage.get("a")]
    payload = stage.do("DUMP", "s")
    stage.block("a", "XREAD BLOCK 0 STREAMS r 0")
    told += [stage.do("RESTORE", "r", "0", payload), *stage.get("a")]
    stage["b"].call("SELECT", "1")
    stage.block("b", "XREAD BLOCK 0 STREAMS r $")
    told += [stage.do("MOVE", "r", "1"), *stage.get("b")]
    stage.block("b", "XREAD BLOCK 0 STREAMS s 0")
    told += [stage.do("SWAPDB", "0", "1"), *stage.get("b")]
    stage.block("a", "XREAD BLOCK 0 STREAMS new 0")
    return told + [*stage.many("XGROUP CREATE new g $ MKSTREAM", "XSETID new 3-3"), stage.silent("a", 0.02), stage.do("XADD", "new", "4-1", "f", "v"),
                   *stage.get("a")]


@scene
def a_group_behind_a_swap(stage):
    stage.many("XADD s 1-1 f v", "XGROUP CREATE s g $", "SELECT 1", "XADD s 2-2 f v", "XGROUP CREATE s g 0", "XADD t 1-1 f v", "SELECT 0",
               "XADD t 2-1 f v", "XGROUP CREATE t g $", "XGROUP CREATE u g $ MKSTREAM")
    stage.block("a", NEW)
    stage.block("b", "XREADGROUP GROUP g ann BLOCK 0 STREAMS t >")
    stage.block("c", "XREADGROUP GROUP g ann BLOCK 0 STREAMS u >")
    return [stage.do("SWAPDB", "0", "1"), *ended_waits(stage.get(*"abc")), *who(stage)]


@scene
def streams_among_lists(stage):
    stage.block("a", "BLPOP k 0")
    stage.block("b", "XREAD BLOCK 0 STREAMS k 0")
    told = [stage.do("RPUSH", "k", "1"), *stage.get("a"), stage.silent("b", 0.02)]
    stage.block("a", "BLPOP k 0")
    told += [stage.do("XADD", "k", "1-1", "f", "v"), *stage.get("b"), stage.silent("a", 0.02), stage.do("DEL", "k"), stage.do("RPUSH", "k", "2")]
    return told + stage.get("a")


@scene
def unblocking_readers(stage):
    group_stage(stage)
    stage.block("a", NEW, "PING")
    stage.block("b", f"{ALL} $", "PING")
    told = [stage.do("CLIENT", "UNBLOCK", stage.ids["a"], "ERROR"), *stage.get("a", "a")]
    told += [stage.do("CLIENT", "UNBLOCK", stage.ids["b"], "TIMEOUT"), *stage.get("b", "b"), *who(stage)]
    stage["a"].call("HELLO", "3")
    stage.block("a", f"{ALL} $")
    told += [stage.do("CLIENT", "UNBLOCK", stage.ids["a"]), *stage.get("a")]
    stage.block("a", NEW)
    stage.block("c", NEW)
    told += [stage.do("CLIENT", "KILL", "ID", stage.ids["c"]), stage.closed("c"), stage.blocked()]
    return told + [stage.do("XADD", "s", "1-1", "f", "v"), *stage.get("a"), *who(stage)]


@scene
def readers_in_resp3(stage):
    group_stage(stage)
    for name in "ab":
        stage[name].call("HELLO", "3")
    stage.block("a", "XREAD BLOCK 0 STREAMS s t $ $", "XREAD COUNT 1 BLOCK 0 STREAMS s t 0 0")
    stage.block("b", NEW)
    return [stage.do("XADD", "s", "1-1", "f", "v", "g", "w"), *stage.get("a", "b", "a")]


@scene
def what_is_told_of_readers(stage):
    group_stage(stage)
    stage.block("a", NEW)
    stage.block("b", "XREAD BLOCK 9000 STREAMS s $")
    told = []
    for name in "ab":
        line = stage.do("CLIENT", "LIST", "ID", stage.ids[name]).decode()
        told.append([word for word in line.split() if word.split("=")[0] in ("flags", "cmd", "db")])
    clients = parse_info(stage.do("INFO", "clients"))
    told += [clients["blocked_clients"], clients["clients_in_timeout_table"], stage.do("XADD", "s", "1-1", "f", "v"), *stage.get(*"ab")]
    clients, stats = parse_info(stage.do("INFO", "clients")), parse_info(stage.do("INFO", "stats"))
    told += [clients["blocked_clients"], clients["clients_in_timeout_table"], stats["keyspace_hits"], stats["keyspace_misses"]]
    calls = parse_info(stage.do("INFO", "commandstats"))
    return told + [calls[f"cmdstat_{name}"].split(",")[0] for name in ("xread", "xreadgroup", "xadd")]


@scene
def pipelines_of_readers(stage):
    group_stage(stage)
    stage.block("a", NEW, NEW, "XACK s g 1-1", "XLEN s")
    told = stage.many("XADD s 1-1 f v", "XLEN s", "XADD s 2-1 f v", "XADD s 3-1 f v") + stage.get("a", "a", "a", "a")
    return told + who(stage)

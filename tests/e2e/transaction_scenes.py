"""The scenes of transactions.py about MULTI, EXEC and DISCARD; those about WATCH are in transaction_watch.py."""
import time

from harness import encode, parse_info
from stage import ended_waits

SCENES = []


def scene(function):
    SCENES.append(function)
    return function


def counts(info):
    """Fields of INFO commandstats or errorstats but for the times."""
    return {name: [word for word in text.split(",") if not word.startswith("usec")] for name, text in info.items()}


# --- what is queued

@scene
def one_transaction(stage):
    told = stage.by("a", "MULTI", "SET k v", "GET k", "INCR n", "LRANGE k 0 -1", "EXEC", "GET k", "EXEC", "MULTI", "EXEC", "MULTI", "DISCARD")
    told += stage.by("a", "multi", "Set k 1", "dIscard", "GET k", "mUlti", "set k 2", "exec", "GET k")
    return told + stage.many("EXISTS k n", "DBSIZE")


@scene
def nothing_happens_before_exec(stage):
    told = stage.by("a", "MULTI", "SET k 1", "RPUSH l 1", "FLUSHALL", "SELECT 1", "CLIENT SETNAME me")
    told += [*stage.many("SET k 5", "EXISTS k l", "GET k"), stage.words("a", "name", "db")]
    told += stage.by("a", "EXEC", "GET k")
    return told + [*stage.many("EXISTS k l", "DBSIZE"), stage.words("a", "name", "db")]


@scene
def errors_while_queueing(stage):
    told = []
    for wrong in ("NOTHING", "NOTHING a b", "GET", "GET a b", "SET k", "CONFIG NOTHING", "CONFIG", "OBJECT ENCODING", "OBJECT NOTHING k", "XGROUP",
                  "EXEC x", "DISCARD x", "MULTI x", "UNWATCH x", "WATCH", "SAVE", "SHUTDOWN NOSAVE", "CLIENT REPLY", "BLPOP k", "HELLO 3 x", "RESET x",
                  "COMMAND GETKEYS"):
        told += [wrong, *stage.by("a", "MULTI", "SET k v", wrong, "SET l v", "EXEC", "EXEC", "EXISTS k l", "FLUSHALL")]
        told += stage.by("a", "MULTI", wrong, "DISCARD", "MULTI", "PING", "EXEC")
    return told


@scene
def errors_without_multi(stage):
    told = stage.by("a", "EXEC", "DISCARD", "UNWATCH", "EXEC x", "DISCARD x", "MULTI x", "WATCH", "UNWATCH x", "EXEC")
    return told + stage.by("a", "COMMAND GETKEYS MULTI", "COMMAND GETKEYS EXEC", "COMMAND GETKEYS WATCH a b", "COMMAND GETKEYS WATCH")


@scene
def nested(stage):
    told = stage.by("a", "MULTI", "SET k 1", "MULTI", "SET l 2", "EXEC", "EXISTS k l", "EXEC")
    told += stage.by("a", "MULTI", "WATCH k", "GET k", "EXEC", "WATCH k", "MULTI", "WATCH l m", "UNWATCH", "EXEC", "MULTI", "MULTI x", "EXEC")
    stage.by("a", "MULTI", "WATCH k", "GET k")
    return told + [*stage.many("SET k 9"), *stage.by("a", "EXEC")]


@scene
def errors_of_single_commands(stage):
    stage.many("SET text x", "RPUSH list 1", "SET number 9223372036854775807")
    told = stage.by("a", "MULTI", "INCR text", "SET k 1", "LPUSH text 1", "INCR number", "GET list", "SET k 2 EX 0", "SET k 3 NX XX", "SETRANGE k -1 x",
                    "EXPIRE k abc", "ZADD z x m", "XADD s 0-0 f v", "LSET list 7 x", "RENAME none k", "SELECT 99", "SELECT x", "OBJECT ENCODING none",
                    "BLPOP k 0", "BLPOP list -1", "RESTORE k 0 x", "CONFIG SET nothing x", "DEBUG NOTHING", "CLIENT KILL ID 99999", "AUTH x", "HELLO 9",
                    "BITFIELD k GET u99 0", "INCRBY k 5", "APPEND text y", "EXEC")
    return told + [*stage.many("GET k", "GET text", "DBSIZE", "KEYS none"), stage.words("a", "db")]


@scene
def select_inside(stage):
    told = stage.by("a", "SET k zero", "MULTI", "SELECT 1", "SET k one", "SELECT 2", "SET k two", "MOVE k 3", "SELECT 3", "GET k", "EXEC", "GET k",
                    "SET k 4")
    told += [stage.words("a", "db")]
    for database in range(5):
        told += stage.many(f"SELECT {database}", "KEYS *", "GET k")
    told += stage.by("a", "SELECT 1", "MULTI", "SELECT 2", "DISCARD", "GET k", "MULTI", "SELECT 0", "SELECT 77", "GET k", "EXEC", "GET k")
    told += stage.by("a", "MULTI", "SWAPDB 0 1", "GET k", "SELECT 1", "GET k", "SWAPDB 1 2", "GET k", "COPY k l DB 5", "FLUSHDB", "DBSIZE", "EXEC")
    return told + [stage.words("a", "db"), *stage.many("SELECT 5", "GET l")]


@scene
def between_two_clients(stage):
    """Each command when it is sent, each effect when it is executed."""
    told = []
    for name, command in (("a", "MULTI"), ("b", "MULTI"), ("a", "INCR k"), ("b", "INCR k"), ("b", "GET k"), ("c", "SET k 10"), ("a", "GET k"),
                          ("b", "EXEC"), ("c", "GET k"), ("a", "RPUSH k x"), ("c", "DEL k"), ("a", "EXEC"), ("b", "GET k")):
        told += stage.by(name, command)
    return told


@scene
def in_pieces_and_inline(stage):
    told = []
    data = b"".join(encode(*command.split()) for command in ("MULTI", "SET k v", "GET k", "EXEC"))
    for at in range(len(data)):
        stage["a"].send(data[at:at + 1])
    told += stage["a"].receive_many(4)
    stage["b"].send(b"MULTI\r\nSET k w\r\n\r\nGET k\r\nEXEC\r\n")
    told += stage["b"].receive_many(4)
    stage["c"].send(b"MULTI\r\nSET k 'x\r\nSET k lost\r\nEXEC\r\n")
    told += stage["c"].receive_many(2) + [stage.closed("c")]
    stage["d"].send(b"MULTI\r\nSET k lost\r\n*1\r\nGET\r\n")
    return told + stage["d"].receive_many(3) + [stage.closed("d"), stage.do("GET", "k")]


@scene
def many_commands(stage):
    client = stage["a"]
    commands = [("MULTI",), *(("INCRBY", f"k{number % 100}", number) for number in range(20_000)), ("EXEC",)]
    told = client.pipeline(commands)[-1][-3:]
    value = "x" * 300_000
    client.call("SET", "large", value)
    large = client.pipeline([("MULTI",), *[("GET", "large"), ("STRLEN", "large"), ("APPEND", "large", "y")] * 20, ("EXEC",)])[-1]
    return [told, [reply if isinstance(reply, int) else len(reply) for reply in large], stage.do("DBSIZE")]


@scene
def types_change_and_come_back(stage):
    return stage.by("a", "MULTI", "SET k v", "TYPE k", "DEL k", "TYPE k", "RPUSH k b a c", "SORT k ALPHA STORE k", "LRANGE k 0 -1", "RENAME k l",
                    "EXISTS k", "SADD k 1 2 3", "SINTERSTORE m k", "SPOP m 5", "EXISTS m", "ZUNIONSTORE m 2 k k", "ZRANGE m 0 -1 WITHSCORES",
                    "COPY m k", "COPY m k REPLACE", "TYPE k", "ZREM k 1 2 3", "EXISTS k", "XADD k 1-1 f v", "XRANGE k - +", "GETDEL k", "DEL k",
                    "HSET k f v", "HDEL k f", "EXISTS k", "SETBIT k 7 1", "GET k", "PFADD h a b", "PFCOUNT h", "GEOADD g 13.361389 38.115556 Palermo",
                    "GEOPOS g Palermo", "MSETNX k 1 n 2", "MSETNX n 1 n2 2", "MGET k n n2 g", "EXEC") + stage.many("DBSIZE")


@scene
def flushed_inside(stage):
    stage.many("SET k 1", "SELECT 1", "SET k 1", "SELECT 0")
    told = stage.by("a", "MULTI", "FLUSHDB", "EXISTS k", "SET k 2", "SELECT 1", "GET k", "FLUSHALL ASYNC", "DBSIZE", "SET l 3", "SELECT 0", "DBSIZE",
                    "SET m 4", "FLUSHALL SYNC", "SET n 5", "DBSIZE", "EXEC")
    return told + stage.many("KEYS *", "SELECT 1", "KEYS *")


# --- protocol and connection

def names_of(reply):
    """HELLO's reply tells of the server itself: its fields alone."""
    if isinstance(reply, tuple) and reply[0] == "map" and reply[1][0][0] == b"server":
        return [name for name, _ in reply[1]]
    if isinstance(reply, list):
        return reply[::2] if reply[:1] == [b"server"] else [names_of(each) for each in reply]
    return reply


@scene
def resp3(stage):
    stage["a"].call("HELLO", "3")
    stage.many("HSET h f v", "SADD s 1", "ZADD z 1.5 m", "RPUSH l 1")
    told = stage.by("a", "MULTI", "HGETALL h", "SMEMBERS s", "ZRANGE z 0 -1 WITHSCORES", "ZSCORE z m", "GET none", "BLPOP none 0", "LPOP none 2", "GET l",
                    "CONFIG GET maxclients-x", "EXEC", "MULTI", "DISCARD", "EXEC", "MULTI", "NOTHING", "EXEC", "MULTI", "EXEC")
    told += stage.by("a", "WATCH h", "MULTI", "PING")
    return told + [*stage.many("HSET h f w"), *stage.by("a", "EXEC")]


@scene
def hello_inside(stage):
    stage.many("HSET h f v")
    told = names_of(stage.by("a", "MULTI", "HGETALL h", "HELLO 3 SETNAME inner", "HGETALL h", "GET none", "HELLO 2", "HGETALL h", "GET none",
                             "HELLO 3", "EXEC"))
    told += [*stage.by("a", "GET none", "HGETALL h"), stage.words("a", "name", "resp")]
    return told + names_of(stage.by("a", "MULTI", "HELLO 2 AUTH default x", "HELLO x", "HELLO", "EXEC"))


@scene
def authentication(stage):
    with stage.settings(requirepass="secret"):
        with stage.server.client(10) as client:
            commands = ("MULTI", "SET k v", "EXEC", "DISCARD", "WATCH k", "AUTH wrong", "AUTH secret", "MULTI", "SET k v", "AUTH wrong",
                        "AUTH secret", "EXEC")
            told = client.pipeline([command.split() for command in commands])
    return told + stage.many("GET k")


def bytes_of_replies(stage, name, *commands):
    """Up to a marker; the command before it may be one that is not answered."""
    client = stage[name]
    client.send(b"".join(encode(*command.split()) for command in (*commands, "PING", "ECHO marker")))
    return client.drain(b"$6\r\nmarker\r\n")


@scene
def reply_off_and_skip(stage):
    told = []
    for commands in (("CLIENT REPLY OFF", "MULTI", "INCR k", "EXEC", "CLIENT REPLY ON"), ("CLIENT REPLY SKIP", "MULTI", "INCR k", "EXEC"),
                     ("MULTI", "INCR k", "CLIENT REPLY ON", "EXEC"), ("CLIENT REPLY OFF", "MULTI", "INCR k", "DISCARD", "MULTI", "NOTHING", "EXEC",
                                                                      "CLIENT REPLY ON"),
                     ("CLIENT REPLY OFF", "MULTI", "INCR k", "CLIENT REPLY ON", "INCR k", "EXEC")):
        told += [commands, bytes_of_replies(stage, "a", *commands)]
    return told + [stage.do("GET", "k"), *stage.by("b", "PING")]


@scene
def replies_left_out_inside(stage):
    """The array has fewer elements than its head says: redis-server's clients have to live with it."""
    told = []
    for commands in (("MULTI", "INCR k", "CLIENT REPLY SKIP", "EXEC"), ("MULTI", "INCR k", "CLIENT REPLY SKIP", "INCR k", "EXEC", "PING"),
                     ("MULTI", "INCR k", "CLIENT REPLY OFF", "INCR k", "EXEC", "PING", "CLIENT REPLY ON", "PING"),
                     ("MULTI", "INCR k", "CLIENT REPLY OFF", "DBSIZE", "KEYS *", "CLIENT REPLY ON", "DBSIZE", "EXEC", "PING")):
        told += [commands, bytes_of_replies(stage, "a", *commands)]
    return told + [stage.do("GET", "k")]


@scene
def reset_and_quit(stage):
    stage["a"].call("HELLO", "3")
    told = stage.by("a", "CLIENT SETNAME me", "SELECT 2", "WATCH k", "MULTI", "SET k 1", "SET l 1", "RESET", "EXEC", "GET none", "MULTI", "PING", "EXEC")
    told += [stage.words("a", "name", "db", "multi", "resp"), *stage.by("a", "MULTI", "NOTHING", "RESET", "MULTI", "PING")]
    told += [*stage.many("SELECT 2", "DBSIZE", "SET k 2"), *stage.by("a", "EXEC")]
    told += [*stage.by("b", "SELECT 2", "MULTI", "SET k 3", "QUIT"), stage.closed("b"), *stage.many("GET k")]
    return told


@scene
def gone_and_killed(stage):
    for name in "abcd":
        stage.by(name, "WATCH k", "MULTI", "SET k 1")
    stage["a"].close()
    told = [stage.do("CLIENT", "KILL", "ID", stage.ids["b"]), stage.closed("b"), stage.do("CLIENT", "UNBLOCK", stage.ids["c"]), stage.do("GET", "k")]
    told += stage.by("c", "EXEC") + stage.by("d", "EXEC")
    stage["e"]
    told += stage.until_closed("e", ("MULTI",), ("INCR", "n"), ("CLIENT", "KILL", "ID", stage.ids["e"], "SKIPME", "no"), ("INCR", "n"),
                               ("EXEC",))
    return told + [stage.do("GET", "n")]


# --- beside clients that wait

@scene
def blocking_commands_inside(stage):
    stage.many("XADD s 1-1 f v", "XGROUP CREATE s g $", "SET text x")
    told = stage.by("a", "MULTI", "BLPOP k 0", "BRPOP k l 0", "BLMOVE k l LEFT RIGHT 0", "BRPOPLPUSH k l 0", "BLMPOP 0 2 k l LEFT", "BZPOPMIN z 0",
                    "BZPOPMAX z y 0", "BZMPOP 0 1 z MAX", "XREAD BLOCK 0 STREAMS s $", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >", "BLPOP text 0",
                    "BLPOP k 100", "BLPOP k x", "RPUSH k 1 2 3 4 5 6", "BLPOP k 0", "BRPOP x k 0", "BLMOVE k l LEFT RIGHT 0", "BRPOPLPUSH k l 0",
                    "BLMPOP 0 2 none k LEFT COUNT 9", "EXISTS k", "LRANGE l 0 -1", "ZADD z 1 m 2 n 3 o", "BZPOPMIN z 0", "BZPOPMAX none z 0",
                    "BZMPOP 0 1 z MIN COUNT 5", "EXISTS z", "XADD s 2-1 f v", "XREAD BLOCK 0 STREAMS s 1-1", "XREAD BLOCK 0 STREAMS s $",
                    "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >", "EXEC")
    stage["a"].call("HELLO", "3")
    told += stage.by("a", "MULTI", "BLPOP k 0", "BLMOVE k l LEFT LEFT 0", "BLMPOP 0 1 k LEFT", "BZPOPMIN z 0", "BZMPOP 0 1 z MIN",
                     "XREAD BLOCK 0 STREAMS s $", "EXEC")
    return told + [stage.blocked(), *stage.many("XPENDING s g")]


@scene
def exec_serves_who_waits(stage):
    for name in "abc":
        stage.block(name, "BLPOP k 0")
    told = stage.by("x", "MULTI", "RPUSH k 1", "LLEN k", "RPUSH k 2 3 4", "LPUSH k 0", "LRANGE k 0 -1", "EXEC", "LRANGE k 0 -1") + stage.get(*"abc")
    stage.block("a", "BLPOP l 0")
    stage.block("b", "BLPOP l 0")
    told += stage.by("x", "MULTI", "RPUSH l 1 2", "BLPOP l 0", "LPOP l", "RPUSH l 3", "SELECT 1", "RPUSH l 4", "EXEC", "EXISTS l") + stage.get("a")
    told += [stage.silent("b", 0.05), *stage.by("x", "SELECT 0", "MULTI", "RPUSH l 5", "DISCARD"), stage.silent("b", 0.05)]
    return told + stage.by("x", "MULTI", "RPUSH l 6", "NOTHING", "EXEC", "EXISTS l") + stage.many("RPUSH l 7") + stage.get("b")


@scene
def exec_takes_away_what_came(stage):
    stage.block("a", "BLPOP k 0")
    stage.block("b", "BZPOPMIN z 0")
    told = stage.by("x", "MULTI", "RPUSH k 1", "DEL k", "EXEC", "MULTI", "RPUSH k 1", "DEL k", "SET k x", "ZADD z 1 m", "ZREM z m", "EXEC")
    told += [stage.silent("a", 0.05), stage.silent("b", 0.01), stage.blocked()]
    told += stage.by("x", "MULTI", "DEL k", "RPUSH k 1", "RENAME k l", "ZADD z 1 m", "MOVE z 1", "EXEC") + [stage.silent("a", 0.05), stage.blocked()]
    told += stage.by("x", "MULTI", "RPUSH k 1", "FLUSHALL", "EXEC") + [stage.silent("a", 0.05)]
    return told + stage.by("x", "MULTI", "RPUSH k 1", "DEL k", "RPUSH k 2", "ZADD z 1 m", "EXEC", "EXISTS k z") + stage.get(*"ab")


@scene
def exec_serves_several_keys(stage):
    """Whose key came first is served first, as `out` shows."""
    stage.block("a", "BLMOVE k out LEFT RIGHT 0")
    stage.block("b", "BLMOVE l out LEFT RIGHT 0")
    stage.block("c", "BLMOVE m out LEFT RIGHT 0")
    stage.block("d", "BLPOP m l k 0")
    told = stage.by("x", "MULTI", "RPUSH m 1", "RPUSH k 2 3", "RPUSH l 4", "RPUSH m 5", "EXEC", "LRANGE out 0 -1", "EXISTS k l m") + stage.get(*"abcd")
    stage.many("FLUSHALL")
    stage.block("a", "BLMOVE k l LEFT RIGHT 0")
    stage.block("b", "BLMOVE l k LEFT RIGHT 0")
    stage.block("c", "BRPOPLPUSH k m 0")
    told += stage.by("x", "MULTI", "RPUSH k 1", "EXEC", "LRANGE k 0 -1", "LRANGE l 0 -1", "LRANGE m 0 -1") + stage.get(*"abc")
    stage.block("a", "BZPOPMIN z 0")
    stage.block("b", "BLPOP z 0")
    stage.block("c", "BZMPOP 0 2 y z MAX COUNT 2")
    return told + stage.by("x", "MULTI", "ZADD z 1 m 2 n 3 o", "ZADD y 9 p", "EXEC", "ZRANGE z 0 -1", "EXISTS y") + stage.get("a", "c")


@scene
def exec_and_streams(stage):
    stage.many("XGROUP CREATE s g $ MKSTREAM")
    stage.block("a", "XREAD BLOCK 0 STREAMS s $")
    stage.block("b", "XREADGROUP GROUP g ann BLOCK 0 STREAMS s >")
    stage.block("c", "XREADGROUP GROUP g bob COUNT 1 BLOCK 0 STREAMS s >")
    told = stage.by("x", "MULTI", "XADD s 1-1 f v", "XADD s 2-1 f v", "XLEN s", "XPENDING s g", "EXEC") + stage.get(*"ab")
    told += [stage.silent("c", 0.05), *stage.by("x", "MULTI", "XADD s 3-1 f v", "XADD s 4-1 f v", "EXEC"), *stage.get("c"), *stage.many("XPENDING s g")]
    stage.block("a", "XREAD BLOCK 0 STREAMS s $")
    stage.many("XGROUP CREATE t g $ MKSTREAM")
    stage.block("b", "XREADGROUP GROUP g bob BLOCK 0 STREAMS t >")
    told += stage.by("x", "MULTI", "XGROUP DESTROY t g", "XLEN t", "EXEC") + ended_waits(stage.get("b"))
    return told + [*stage.by("x", "MULTI", "DEL s", "XADD s 6-1 f v", "EXEC"), *stage.get("a")]


@scene
def exec_brings_keys_otherwise(stage):
    stage.many("RPUSH l 1 2", "ZADD z 1 m", "SELECT 1", "RPUSH far 7", "SELECT 0")
    told = []
    for wait, *commands in (("BLPOP k 0", "COPY l k"), ("BLPOP k 0", "SORT l STORE k"), ("BLPOP k 0", "RENAME l k"), ("BZPOPMAX k 0", "ZUNIONSTORE k 1 z"),
                            ("BZPOPMAX k 0", "RENAMENX z k"), ("BLPOP far 0", "SELECT 1", "MOVE far 0", "SELECT 0"),
                            ("BLPOP far 0", "SELECT 1", "RPUSH far 8", "SWAPDB 0 1", "EXISTS far", "SELECT 0", "EXISTS far"),
                            ("BLPOP k 0", "RPUSH n 1", "LMOVE n k LEFT LEFT"), ("BLPOP k 0", "RPUSH n 1", "RPOPLPUSH n k")):
        stage.block("a", wait)
        told += [wait, stage.by("x", "MULTI", *commands, "EXEC")[-1], *stage.get("a"), *stage.many("DEL k")]
    return told


# --- what else is told of transactions

@scene
def client_list(stage):
    told = [stage.words("a", "multi", "cmd", "flags")]
    for command in ("MULTI", "SET k 1", "GET k", "NOTHING", "CLIENT INFO", "EXEC", "MULTI", "PING", "CLIENT INFO", "EXEC"):
        reply = stage.by("a", command)[0]
        if isinstance(reply, list):
            inside = reply[-1].decode().split()
            reply = [word for word in inside if word.split("=")[0] in ("multi", "cmd", "flags")]
        told += [command, reply, stage.words("a", "multi", "cmd", "flags")]
    told += stage.by("a", "WATCH k", "MULTI", "GET k") + [stage.words("a", "multi", "cmd", "flags"), *stage.many("SET k 2")]
    told += [stage.words("a", "multi", "flags"), *stage.by("a", "EXEC"), stage.words("a", "multi", "cmd", "flags")]
    return told + stage.by("a", "MULTI", "DISCARD") + [stage.words("a", "multi", "cmd", "flags")]


def number(stage, name, field):
    return int(stage.words(name, field)[0].split("=")[1])


@scene
def memory_of_the_queue(stage):
    client, told = stage["a"], []
    before = number(stage, "a", "tot-mem")
    for end in ("DISCARD", "EXEC"):
        client.pipeline([("MULTI",), *(("SET", "k", "x" * 10_000) for _ in range(100))])
        grown = number(stage, "a", "tot-mem") - before
        told += [grown >= 900_000 or grown, number(stage, "a", "multi-mem") >= 1_000_000, stage.words("a", "multi"), len(stage.by("a", end)[0])]
        left = number(stage, "a", "tot-mem") - before
        told += [left < 200_000 or left, stage.words("a", "multi-mem")]
    return told


@scene
def pause_of_writes(stage):
    stage.many("SET k 1")
    stage.by("a", "MULTI", "SET k 2", "GET k")
    stage.by("b", "MULTI", "GET k")
    stage.by("c", "WATCH k", "MULTI", "INCR k")
    stage.by("d", "MULTI")
    told = [stage.do("CLIENT", "PAUSE", "60000", "WRITE"), *stage.by("b", "EXEC", "MULTI", "GET k", "EXEC", "MULTI", "DISCARD")]
    for name, command in (("a", "EXEC"), ("c", "EXEC"), ("d", "SET k 3")):
        stage.block(name, command)
    told += [stage.silent("a", 0.05), stage.silent("c", 0.01), stage.silent("d", 0.01), *stage.by("b", "GET k")]
    told += [stage.do("CLIENT", "UNPAUSE"), *stage.get(*"ad"), *stage.by("d", "EXEC")]
    return told + [isinstance(stage.get("c")[0], (list, tuple)), *stage.many("GET k")]


@scene
def pause_of_all(stage):
    stage.by("a", "MULTI", "SET k 2")
    told = [stage.do("CLIENT", "PAUSE", "500", "ALL")]
    begin = time.monotonic()
    told += stage.by("a", "DISCARD", "MULTI", "PING", "EXEC")
    return told + [time.monotonic() - begin > 0.2, *stage.many("CLIENT UNPAUSE", "EXISTS k")]


@scene
def settings_inside(stage):
    with stage.settings(slowlog_max_len="100", hash_max_listpack_entries="512"):
        told = stage.by("a", "MULTI", "CONFIG SET slowlog-max-len 77 hash-max-listpack-entries 1", "CONFIG GET slowlog-max-len", "HSET l a 1 b 2",
                        "OBJECT ENCODING l", "CONFIG SET hash-max-listpack-entries 512", "HSET m a 1 b 2", "OBJECT ENCODING m",
                        "CONFIG SET slowlog-max-len x", "CONFIG RESETSTAT", "DEBUG SLEEP 0", "OBJECT REFCOUNT m", "OBJECT FREQ m",
                        "MEMORY USAGE none", "CLIENT GETNAME", "CLIENT SETNAME xy", "CLIENT GETNAME", "CLIENT NO-EVICT on", "PING", "ECHO hello",
                        "DBSIZE", "EXPIRE l 100", "TTL l", "PERSIST l", "TTL l", "EXEC")
        told += stage.many("CONFIG GET slowlog-max-len")
    return told


@scene
def info_inside(stage):
    replies = stage.by("a", "MULTI", "SET k 1", "SET l 1 EX 100", "INFO keyspace", "DEL k", "GET k", "INFO keyspace", "INFO stats",
                       "INFO commandstats", "EXEC")[-1]
    told = [[line.split(b",avg")[0] for line in replies[at].splitlines()] for at in (2, 5)]
    stats, commands = parse_info(replies[6]), counts(parse_info(replies[7]))
    told += [stats[name] for name in ("keyspace_hits", "keyspace_misses", "expired_keys")]
    return told + [commands.get("cmdstat_" + name) for name in ("set", "get", "del", "multi", "exec")]


@scene
def command_statistics(stage):
    stage.many("SET text x")
    stage.by("a", "MULTI", "SET k 1", "SET k 2", "INCR text", "GET k", "GET none", "LPUSH text x", "SET k", "NOTHING", "EXEC", "EXEC", "DISCARD")
    stage.by("a", "MULTI", "SET k 1", "SET k 2 EX x", "INCR text", "GET k", "GET none", "LPUSH text x", "EXEC", "MULTI", "MULTI", "WATCH k", "DISCARD")
    stage.by("a", "WATCH k", "MULTI", "GET k", "MULTI", "SELECT 99", "BLPOP none 0", "EXEC", "UNWATCH", "RESET")
    stage.by("a", "WATCH k", "MULTI", "GET k")
    stage.many("APPEND k x")
    stage.by("a", "EXEC")
    commands = counts(parse_info(stage.do("INFO", "commandstats")))
    errors, stats = parse_info(stage.do("INFO", "errorstats")), parse_info(stage.do("INFO", "stats"))
    names = ("set", "get", "incr", "lpush", "multi", "exec", "discard", "watch", "unwatch", "select", "blpop", "reset", "append")
    return [*((name, commands.get("cmdstat_" + name)) for name in names), errors,
            *((name, stats[name]) for name in ("total_error_replies", "keyspace_hits", "keyspace_misses"))]


@scene
def slow_log(stage):
    told = []
    with stage.settings(slowlog_log_slower_than="0", slowlog_max_len="128"):
        stage.many("SLOWLOG RESET")
        stage.by("a", "WATCH k", "MULTI", "SET k 1", "GET k", "INCR k x", "EXEC", "MULTI", "GET k", "INCR k", "EXEC", "MULTI", "SET k 3", "DISCARD")
        entries = [entry[3] for entry in stage.do("SLOWLOG", "GET", "-1")]
        told.append([entry for entry in entries if entry[0] not in (b"SLOWLOG", b"CLIENT", b"CONFIG", b"TERRACE")])
        stage.many("SLOWLOG RESET")
    return told


@scene
def latency(stage):
    with stage.settings(latency_monitor_threshold="40"):
        stage.many("LATENCY RESET")
        told = stage.by("a", "MULTI", "SET k 1", "DEBUG SLEEP 0.06", "GET k", "EXEC")
        events = {row[0]: row[3] for row in stage.do("LATENCY", "LATEST") if row[0] in (b"command", b"fast-command")}
        told.append({name: 60 <= longest < 3000 or longest for name, longest in events.items()})
        stage.many("LATENCY RESET")
    histogram = stage.do("LATENCY", "HISTOGRAM", "set", "get", "exec", "multi")
    return told + [[name, rest[:2]] for name, rest in zip(histogram[::2], histogram[1::2])]


@scene
def time_stands_still(stage):
    stage.many("DEBUG SET-ACTIVE-EXPIRE 0", "SET gone v PX 1", "HSET h f v")
    time.sleep(0.01)
    stage.many("SET old v PX 150")
    told = stage.by("a", "MULTI", "SET k v PX 20", "GET old", "GET gone", "PEXPIRE h 20", "DEBUG SLEEP 0.2", "GET k", "GET old", "EXISTS h",
                    "STRLEN k", "APPEND k w", "TYPE old", "HGET h f", "RENAME old other", "DBSIZE", "EXEC")
    told += stage.many("GET k", "GET other", "EXISTS h", "DEBUG SET-ACTIVE-EXPIRE 1")
    told += stage.by("a", "MULTI", "SET k v PX 1", "DEBUG SLEEP 0.02", "GET k", "EXEC", "GET k")
    return told + stage.by("a", "MULTI", "SET k v", "PEXPIREAT k 1", "GET k", "SET k w PXAT 1", "GET k", "SET k x", "EXPIRE k -1", "EXISTS k", "EXEC")

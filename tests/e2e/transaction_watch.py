"""The scenes of transactions.py about WATCH: what ends a transaction before it begins."""
import time

SCENES = []

# What is there before (commands, by comma), and commands of another client, each of which does or does not touch k.
TOUCHES = {
    "": ["GET k", "SET k v", "SETNX k v", "SET k v XX", "DEL k", "UNLINK k", "APPEND k x", "SETRANGE k 0 x", "SETBIT k 0 0", "INCR k", "EXPIRE k 9",
         "PERSIST k", "RPUSH k 1", "RPUSHX k 1", "LPUSHX k 1", "LPOP k", "SADD k 1", "SREM k 1", "SPOP k", "HSET k f v", "HDEL k f", "HINCRBY k f 0",
         "ZADD k 1 m", "ZADD k XX 1 m", "ZINCRBY k 0 m", "ZREM k m", "ZPOPMIN k", "PFADD k", "PFADD k a", "PFMERGE k", "XADD k 1-1 f v",
         "XADD k NOMKSTREAM 1-1 f v", "XTRIM k MAXLEN 0", "XGROUP CREATE k g $ MKSTREAM", "GEOADD k 1 1 m", "BITFIELD k GET u8 0",
         "BITFIELD k SET u8 0 0", "MSET x 1 k 2", "MSETNX x 1 k 2", "GETSET k v", "GETDEL k", "GETEX k EX 9", "SET x v", "SINTERSTORE k x",
         "ZUNIONSTORE k 1 x", "ZRANGESTORE k x 0 1", "GEOSEARCHSTORE k x FROMLONLAT 1 1 BYRADIUS 1 m", "SORT x STORE k", "BITOP NOT k x", "COPY x k",
         "RENAME x k", "MOVE k 1", "BLPOP k x 0.01", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 1 2", "SELECT 0"],
    "SET k 1, SET x 1": ["SET k 1", "SET k 1 NX", "SET k 1 XX KEEPTTL", "SET k 1 GET", "SETNX k 2", "GET k", "GETSET k 1", "GETDEL k", "GETEX k",
                         "GETEX k EX 9", "GETEX k PERSIST", "GETEX k EXAT 1", "DEL k", "UNLINK x k", "DEL x", "APPEND k y", "SETRANGE k 0 1",
                         "SETBIT k 0 0", "INCRBY k 0", "INCRBYFLOAT k 0", "DECR k", "MSET k 1", "MSETNX k 1 y 2", "EXPIRE k 9", "EXPIRE k 9 XX",
                         "EXPIRE k 9 LT", "EXPIRE k -1", "PEXPIREAT k 1", "PERSIST k", "TYPE k", "TOUCH k", "OBJECT ENCODING k", "DUMP k", "STRLEN k",
                         "GETRANGE k 0 1", "LCS k x", "RPUSH k 1", "SADD k 1", "HSET k f v", "XADD k 1-1 f v", "INCR x", "RENAME k y", "RENAME x k",
                         "RENAME k k", "RENAMENX k x", "RENAMENX x k", "COPY k y", "COPY x k", "COPY x k REPLACE", "MOVE k 1", "MOVE x 1",
                         "SINTERSTORE k none", "ZUNIONSTORE k 1 none", "ZRANGESTORE k none 0 1", "SORT none STORE k", "BITOP OR k x",
                         "BITOP OR k none", "BITOP AND x k", "BITFIELD k GET u8 0", "BITFIELD k SET u8 0 49", "PFADD k x", "PFMERGE k none",
                         "FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "SWAPDB 0 1", "RESTORE k 0 x", "RANDOMKEY", "KEYS *", "DBSIZE", "SETEX k 9 1",
                         "PSETEX k 9000 1", "SUBSTR k 0 0", "EXISTS k"],
    "SET k 1 EX 100": ["PERSIST k", "EXPIRE k 100 NX", "EXPIRE k 1000 GT", "EXPIRE k 10 GT", "EXPIRE k 10 LT", "SET k 1 KEEPTTL", "GETEX k PERSIST",
                       "TTL k", "INCR k"],
    "RPUSH k a b c, RPUSH x 1, SET t v": ["RPUSH k d", "LPOP k", "RPOP k 0", "LPOP k 9", "LPUSHX k d", "LSET k 0 a", "LSET k 9 a", "LREM k 0 none",
                                          "LREM k 0 a", "LTRIM k 0 -1", "LTRIM k 1 0", "LINSERT k BEFORE none x", "LINSERT k BEFORE a x",
                                          "LMOVE k k LEFT LEFT", "LMOVE k x LEFT LEFT", "LMOVE x k LEFT LEFT", "RPOPLPUSH k k", "RPOPLPUSH none k",
                                          "LMOVE t k LEFT LEFT", "LMOVE k t LEFT LEFT", "BLPOP k 0", "BLMOVE x k LEFT LEFT 0", "LMPOP 2 none k LEFT",
                                          "LMPOP 2 x k LEFT", "BLMPOP 0 1 k LEFT", "LRANGE k 0 -1", "LPOS k a", "SORT k ALPHA",
                                          "SORT k ALPHA STORE k", "SORT k ALPHA STORE y", "SORT x STORE k", "LINDEX k 0", "LLEN k", "GET k"],
    "SADD k a b c, SADD x a d, SADD i 1": ["SADD k a", "SADD k d", "SREM k none", "SREM k a", "SREM k a b c", "SPOP k", "SPOP k 0", "SPOP k 9",
                                           "SMOVE k x a", "SMOVE k x none", "SMOVE x k a", "SMOVE x k d", "SMOVE k k a", "SINTERSTORE k k x",
                                           "SUNIONSTORE k k", "SDIFFSTORE k i i", "SINTER k x", "SRANDMEMBER k", "SCARD k", "SISMEMBER k a",
                                           "SSCAN k 0", "SINTERSTORE y k x", "SORT k ALPHA STORE y"],
    "HSET k f 1 g 2": ["HSET k f 1", "HSET k f 2", "HSETNX k f 1", "HSETNX k h 1", "HMSET k f 1", "HDEL k none", "HDEL k f", "HDEL k f g",
                       "HINCRBY k f 0", "HINCRBY k f x", "HINCRBYFLOAT k f 0", "HGETALL k", "HRANDFIELD k", "HSTRLEN k f", "HSCAN k 0", "HMGET k f"],
    "ZADD k 1 a 2 b 3 c, ZADD x 1 a": ["ZADD k 1 a", "ZADD k 2 a", "ZADD k NX 9 a", "ZADD k XX 9 d", "ZADD k GT 0 a", "ZADD k INCR 0 a",
                                       "ZINCRBY k 0 a", "ZINCRBY k nan a", "ZREM k none", "ZREM k a", "ZREM k a b c", "ZPOPMIN k", "ZPOPMIN k 0",
                                       "ZPOPMAX k 9", "BZPOPMIN k 0", "ZMPOP 2 x k MIN", "ZMPOP 1 k MAX", "ZREMRANGEBYRANK k 9 10",
                                       "ZREMRANGEBYRANK k 0 0", "ZREMRANGEBYSCORE k 7 9", "ZREMRANGEBYSCORE k 1 1", "ZREMRANGEBYLEX k [x [y",
                                       "ZUNIONSTORE k 1 k", "ZUNIONSTORE k 1 x", "ZINTERSTORE k 2 k none", "ZDIFFSTORE k 2 x x",
                                       "ZRANGESTORE k k 0 -1", "ZRANGESTORE k x 5 6", "ZRANGE k 0 -1", "ZSCORE k a", "ZUNION 1 k",
                                       "ZRANGESTORE y k 0 -1", "GEOADD k 1 1 a", "GEOADD k NX 1 1 a", "GEOADD k XX 1 1 d", "GEOADD k CH 1 1 d"],
    "GEOADD k 13 38 a 15 37 b": ["GEOADD k 13 38 a", "GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km", "GEOSEARCHSTORE k k FROMLONLAT 15 37 BYRADIUS 200 km",
                                 "GEOSEARCHSTORE k k FROMLONLAT 0 0 BYRADIUS 1 m", "GEORADIUS k 15 37 200 km", "GEORADIUS k 15 37 200 km STORE k",
                                 "GEODIST k a b", "GEOPOS k a"],
    "PFADD k a, PFADD x b": ["PFADD k a", "PFADD k b", "PFADD k", "PFCOUNT k", "PFCOUNT k x", "PFMERGE k", "PFMERGE k x", "PFMERGE x k",
                             "PFDEBUG ENCODING k", "PFDEBUG GETREG k", "PFDEBUG TODENSE k"],
    "SETBIT k 7 1": ["SETBIT k 7 1", "SETBIT k 7 0", "SETBIT k 100 0", "BITFIELD k SET u8 0 1", "BITFIELD k INCRBY u8 0 0",
                     "BITFIELD k OVERFLOW FAIL INCRBY u1 7 1", "BITFIELD_RO k GET u8 0", "BITCOUNT k", "BITPOS k 1", "BITOP NOT k k", "GETBIT k 7"],
    "XADD k 1-1 f v, XADD k 2-1 f v, XGROUP CREATE k g 0": [
        "XADD k 3-1 f v", "XADD k 1-1 f v", "XDEL k 9-9", "XDEL k 1-1", "XTRIM k MAXLEN 9", "XTRIM k MAXLEN 1", "XRANGE k - +", "XREAD STREAMS k 0",
        "XREAD BLOCK 10 STREAMS k $", "XREADGROUP GROUP g ann STREAMS k >", "XREADGROUP GROUP g ann STREAMS k 0",
        "XREADGROUP GROUP g ann NOACK STREAMS k >", "XGROUP CREATE k h $", "XGROUP CREATE k g $", "XGROUP SETID k g $", "XGROUP DESTROY k g",
        "XGROUP DESTROY k none", "XGROUP CREATECONSUMER k g ann", "XGROUP DELCONSUMER k g none", "XACK k g 1-1", "XCLAIM k g ann 0 1-1",
        "XCLAIM k g ann 0 1-1 FORCE", "XAUTOCLAIM k g ann 0 0", "XPENDING k g", "XINFO STREAM k", "XSETID k 9-9", "XSETID k 1-0", "XLEN k"],
    "XADD k 1-1 f v, XADD k 2-1 f v, XDEL k 1-1": ["XTRIM k MINID 2", "XTRIM k MINID 3", "XTRIM k MAXLEN 1", "XTRIM k MAXLEN 0", "XDEL k 1-1"],
    "XADD k 1-1 f v, XGROUP CREATE k g 0, XREADGROUP GROUP g ann STREAMS k >, XGROUP CREATECONSUMER k g bob": [
        "XACK k g 1-1", "XACK k g 9-9", "XCLAIM k g bob 0 1-1", "XCLAIM k g bob 1000000 1-1", "XAUTOCLAIM k g bob 0 0", "XGROUP DELCONSUMER k g ann",
        "XGROUP DELCONSUMER k g bob", "XREADGROUP GROUP g bob STREAMS k >", "XREADGROUP GROUP g ann STREAMS k 0", "XGROUP CREATECONSUMER k g bob",
        "XDEL k 1-1"],
}


def scene(function):
    SCENES.append(function)
    return function


def ran(stage, name):
    """Whether a client's transaction is executed."""
    return stage.by(name, "MULTI", "PING", "EXEC")[-1] == [b"PONG"]


@scene
def what_touches_a_key(stage):
    told = []
    for setup, commands in TOUCHES.items():
        for command in commands:
            stage.many("FLUSHALL", *(each.strip() for each in setup.split(",") if each))
            stage.by("a", "WATCH k")
            before = stage.many(command)
            unordered = command.split()[0] in ("SPOP", "SRANDMEMBER", "KEYS", "RANDOMKEY", "HRANDFIELD", "SSCAN", "SINTER", "DUMP", "XINFO",
                                               "XPENDING", "XAUTOCLAIM")
            told += [f"{setup}: {command}", None if unordered else before, ran(stage, "a")]
    return told


@scene
def restored_keys(stage):
    told = []
    stage.many("SET k 1", "SET x 2")
    payload = stage.do("DUMP", "x")
    for arguments in (("k", "0", payload), ("k", "0", payload, "REPLACE"), ("k", "0", payload, "REPLACE", "ABSTTL"), ("k", "1", payload, "REPLACE",
                                                                                                                      "ABSTTL"),
                      ("none", "0", payload), ("k", "x", payload, "REPLACE")):
        stage.by("a", "WATCH k")
        told += [arguments[:2], stage.do("RESTORE", *arguments), ran(stage, "a")]
    stage.many("DEL k")
    stage.by("a", "WATCH k")
    return told + [stage.do("RESTORE", "k", "0", payload), ran(stage, "a")]


@scene
def who_changes_it(stage):
    told = stage.by("a", "WATCH k", "SET k 1", "MULTI", "GET k", "EXEC", "WATCH k", "GET k", "MULTI", "SET k 2", "SET k 3", "EXEC")
    told += stage.by("a", "WATCH k", "MULTI", "PING", "EXEC", "WATCH k l", "WATCH k", "WATCH k k", "MULTI", "GET k", "EXEC")
    stage.by("a", "WATCH k", "MULTI", "PING")
    told += [*stage.many("SET k 3"), *stage.by("a", "EXEC", "GET k")]
    stage.by("a", "WATCH k", "MULTI", "PING")
    told += stage.by("b", "MULTI", "GET k", "EXEC", "MULTI", "SET k 4", "DISCARD", "MULTI", "SET k 5", "NOTHING", "EXEC", "WATCH k",
                     "UNWATCH") + stage.by("a", "EXEC")
    stage.by("a", "WATCH k", "MULTI", "PING")
    told += stage.by("b", "MULTI", "SET k 6", "EXEC") + stage.by("a", "EXEC")
    for name in "abcd":
        stage.by(name, "WATCH k", "MULTI", f"APPEND k {name}")
    return told + [*stage.by("b", "EXEC"), *stage.by("a", "EXEC"), *stage.by("c", "EXEC"), *stage.by("d", "EXEC"), *stage.many("GET k")]


@scene
def what_ends_a_watch(stage):
    told = []
    for ends in (("UNWATCH",), ("MULTI", "DISCARD"), ("MULTI", "EXEC"), ("MULTI", "NOTHING", "EXEC"), ("RESET",), ("EXEC",), ("DISCARD",), ("MULTI",
                                                                                                                                            "UNWATCH",
                                                                                                                                            "EXEC"),
                 ("SELECT 1",), ("MULTI", "RESET"), ("CLIENT SETNAME x",), ("HELLO 3",), ("FLUSHDB",), ("MULTI", "EXEC x"), ("MULTI", "DISCARD x",
                                                                                                                             "EXEC"), ("UNWATCH x",)):
        stage.by("a", "RESET", "WATCH k", *ends)
        stage.many("INCR k")
        told += [ends, ran(stage, "a"), ran(stage, "a")]
    for ends in (("UNWATCH",), ("MULTI", "DISCARD"), ("MULTI", "EXEC"), ("MULTI", "NOTHING", "EXEC"), ("MULTI", "UNWATCH", "EXEC"), ("RESET",),
                 ("EXEC",), ("WATCH k",)):
        stage.by("a", "WATCH k")
        stage.many("INCR k")
        told += ["changed", ends, *stage.by("a", *ends), ran(stage, "a"), ran(stage, "a")]
    stage.by("a", "WATCH k", "MULTI", "UNWATCH", "PING")
    return told + stage.many("INCR k") + stage.by("a", "EXEC")


@scene
def unwatch_forgets_all_keys(stage):
    stage.by("a", "WATCH k", "SELECT 1", "WATCH k l", "UNWATCH", "WATCH m")
    told = stage.many("SET k 1", "SET l 1", "SELECT 1", "SET k 1", "SET l 1")
    told += [ran(stage, "a"), *stage.by("a", "WATCH m"), *stage.many("SET m 1"), ran(stage, "a")]
    stage.by("b", "WATCH k m")
    stage["b"].close()
    return told + stage.many("SET k 2", "SET m 2", "SELECT 0")


@scene
def several_databases(stage):
    told = []
    for changed in ("SELECT 0, SET k 1", "SELECT 1, SET k 1", "SELECT 2, SET k 1", "SELECT 1, SET x 1", "SELECT 0, MOVE x 1",
                    "SELECT 0, COPY x x DB 2", "SELECT 2, COPY x k DB 1", "SELECT 1, FLUSHDB", "SELECT 2, FLUSHDB", "SELECT 0, SWAPDB 2 3",
                    "SELECT 0, SWAPDB 1 3"):
        stage.many("SELECT 0", "FLUSHALL", "SET x 0", "SELECT 2", "SET x 2", "SELECT 1")
        stage.by("a", "SELECT 0", "WATCH k", "SELECT 1", "WATCH x k", "SELECT 2")
        told += [changed, *stage.many(*changed.split(",")), ran(stage, "a")]
    return told


def holds(stage, database, key):
    stage.many(f"SELECT {database}", f"SET {key} {database}")


@scene
def swapped_and_flushed(stage):
    """A key that is absent before and after is not touched, whatever happens to the databases."""
    told = []
    for in_zero in (False, True):
        for in_one in (False, True):
            for command in ("SWAPDB 0 1", "SWAPDB 1 0", "SWAPDB 1 2", "SWAPDB 0 0", "FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "FLUSHDB SYNC"):
                stage.many("SELECT 0", "FLUSHALL")
                if in_one:
                    holds(stage, 1, "k")
                if in_zero:
                    holds(stage, 0, "k")
                stage.by("a", "RESET", "WATCH k", "SELECT 5")
                stage.by("b", "RESET", "SELECT 1", "WATCH k")
                told += [in_zero, in_one, command, *stage.many("SELECT 0", command), ran(stage, "a"), ran(stage, "b")]
    return told


@scene
def swapped_and_then_changed(stage):
    """A watched key stays in its database when the databases are swapped."""
    told = []
    for changed in ("SWAPDB 0 1, SET k x", "SWAPDB 0 1, SELECT 1, SET k x", "SWAPDB 0 1, SWAPDB 0 1", "SET x 1, SWAPDB 0 1", "SET k x, SWAPDB 0 1"):
        stage.many("SELECT 0", "FLUSHALL")
        stage.by("a", "SELECT 0", "WATCH k")
        told += [changed, *stage.many(*changed.split(",")), ran(stage, "a"), *stage.many("SELECT 0", "SWAPDB 0 1", "GET k")]
    return told


@scene
def flushed_in_a_transaction(stage):
    told = []
    for inside in (("FLUSHALL",), ("FLUSHDB",), ("SELECT 1", "FLUSHDB"), ("FLUSHALL", "SET k 1"), ("SWAPDB 0 1",), ("SWAPDB 0 1", "SWAPDB 0 1"),
                   ("SET x 1", "FLUSHALL"), ("SET none 1", "DEL none")):
        stage.many("FLUSHALL", "SET k 1")
        stage.by("a", "WATCH k")
        stage.by("c", "WATCH none")
        told += [inside, *stage.by("b", "SELECT 0", "MULTI", *inside, "EXEC"), ran(stage, "a"), ran(stage, "c")]
    return told


# --- keys that expire

@scene
def expires_behind_the_watch(stage):
    told = [stage.by(name, "PING") for name in "ab"]
    for active, reads in (("0", (None, "GET k", "EXISTS k", "TTL k", "DBSIZE", "KEYS *", "GET x")), ("1", (None, "GET k"))):
        for read in reads:
            stage.many(f"DEBUG SET-ACTIVE-EXPIRE {active}", "FLUSHALL", "SET k v PX 250")
            stage.by("a", "WATCH k")
            stage.by("b", "WATCH k", "MULTI", "SET x y")
            time.sleep(0.6 if active == "1" else 0.26)
            if read:
                stage.many(read)
            told += [active, read, ran(stage, "a"), *stage.by("b", "EXEC"), *stage.many("EXISTS x")]
    return told + stage.many("DEBUG SET-ACTIVE-EXPIRE 1")


@scene
def expired_before_the_watch(stage):
    """A key that has expired and is still there is absent: to remove it is no change, to set it is one."""
    told = stage.many("DEBUG SET-ACTIVE-EXPIRE 0")
    for command in (None, "GET k", "EXISTS k", "DEL k", "SET k w", "SET k w XX", "SET k w NX", "INCR k", "PERSIST k", "EXPIRE k 100", "RENAME k y",
                    "RENAME x k", "COPY x k", "MOVE k 1", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 1 2", "KEYS k*", "RANDOMKEY", "SORT x STORE k",
                    "GETDEL k", "APPEND k x", "SUNIONSTORE k none", "SUNIONSTORE k s", "GET k, SET k w", "GET k, DEL k", "GET k, FLUSHALL",
                    "SWAPDB 0 1, SWAPDB 0 1", "SET k w, DEL k", "DEBUG SET-ACTIVE-EXPIRE 1"):
        stage.many("DEBUG SET-ACTIVE-EXPIRE 0", "FLUSHALL", "RPUSH x 1", "SADD s 1", "SET k v PX 1")
        time.sleep(0.005)
        stage.by("a", "WATCH k")
        replies = stage.many(*(each.strip() for each in command.split(","))) if command else []
        if command and "ACTIVE" in command:
            time.sleep(0.15)
        told += [command, [] if command == "RANDOMKEY" else replies, ran(stage, "a")]
    return told + stage.many("DEBUG SET-ACTIVE-EXPIRE 1")


@scene
def time_passes_and_nothing_expires(stage):
    stage.many("SET k v PX 60000")
    stage.by("a", "WATCH k")
    time.sleep(0.05)
    told = [ran(stage, "a")]
    stage.many("SET k v PX 150")
    stage.by("a", "WATCH k", "MULTI", "DEBUG SLEEP 0.2", "GET k")
    told += stage.by("a", "EXEC", "GET k")
    stage.many("SET k v PX 1000")
    stage.by("a", "WATCH k")
    told += [stage.many("PERSIST k"), ran(stage, "a")]
    stage.by("a", "WATCH k l")
    stage.many("SET l v PX 1")
    time.sleep(0.15)
    return told + [ran(stage, "a")]


@scene
def expired_in_another_database(stage):
    told = stage.many("DEBUG SET-ACTIVE-EXPIRE 0")
    for read in ("GET k", "SWAPDB 0 1", "FLUSHALL"):
        stage.many("SELECT 0", "FLUSHALL", "SET k v PX 1", "SELECT 1", "SET k v")
        time.sleep(0.005)
        stage.by("a", "SELECT 0", "WATCH k")
        stage.by("b", "SELECT 1", "WATCH k")
        told += [read, *stage.many("SELECT 0", read), ran(stage, "a"), ran(stage, "b")]
    return told + stage.many("DEBUG SET-ACTIVE-EXPIRE 1", "SELECT 0")


# --- beside others

@scene
def served_clients_touch(stage):
    told = []
    for wait, push, watched in (("BLPOP k 0", "RPUSH k 1", "k"), ("BLMOVE k l LEFT LEFT 0", "RPUSH k 1", "l"), ("BZPOPMIN k 0", "ZADD k 1 m", "k"),
                                ("BLPOP k 0", "RPUSH other 1", "k"), ("XREADGROUP GROUP g ann BLOCK 0 STREAMS k >", "XADD k 1-1 f v", "k"),
                                ("BLPOP k 0.3", "PING", "k"), ("BLMOVE k l LEFT LEFT 0", "RPUSH k 1 2", "k")):
        stage.many("FLUSHALL")
        if "GROUP" in wait:
            stage.many("XGROUP CREATE k g $ MKSTREAM")
        stage.by("w", f"WATCH {watched}")
        stage.block("a", wait)
        told += [wait, push, *stage.many(push)]
        if push == "RPUSH other 1":
            told += stage.many("RENAME other k")
        told += [*stage.get("a"), ran(stage, "w")]
    return told


@scene
def many_keys(stage):
    client, told = stage["a"], []
    names = [f"key:{number}" for number in range(1000)]
    for changed in ("key:0", "key:999", "key:1000"):
        client.call("WATCH", *names)
        told += [changed, *stage.many(f"SET {changed} x"), ran(stage, "a")]
    client.pipeline([("WATCH", name) for name in names])
    told += [ran(stage, "a"), *stage.many("SET key:7 x"), ran(stage, "a")]
    client.pipeline([("WATCH", name) for name in names])
    return told + [stage.do("FLUSHALL"), ran(stage, "a")]


@scene
def many_clients(stage):
    names = [f"client {number}" for number in range(200)]
    for number, name in enumerate(names):
        stage.by(name, f"WATCH k key:{number % 7}", "MULTI", "PING")
    told = stage.many("SET key:3 x")
    told += [stage.by(name, "EXEC")[0] for name in names]
    for name in names:
        stage.by(name, "WATCH k")
    return told + stage.many("SET k x") + [ran(stage, name) for name in names]


@scene
def optimistic_increments(stage):
    """Two clients count in turn by WATCH, GET, SET: whoever is late tries again."""
    told = []
    for turn in range(30):
        values = {name: stage.by(name, "WATCH k", "GET k")[1] for name in "ab"}
        for name in "ab" if turn % 2 else "ba":
            told += stage.by(name, "MULTI", f"SET k {int(values[name] or 0) + 1}", "EXEC")
    return told + stage.many("GET k")


@scene
def watched_and_paused(stage):
    stage.many("SET k v PX 200")
    stage.by("a", "WATCH k", "MULTI", "SET x 1")
    stage.by("b", "WATCH l", "MULTI", "GET l")
    told = stage.many("CLIENT PAUSE 60000 WRITE")
    stage.block("a", "EXEC")
    stage.block("c", "SET l 1")
    time.sleep(0.25)
    told += [stage.silent("a", 0.01), *stage.by("b", "EXEC"), *stage.many("CLIENT UNPAUSE")]
    return told + [*stage.get("a", "c"), *stage.many("EXISTS x")]

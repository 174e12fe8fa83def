#!/usr/bin/python3
"""Which look-ups of keys INFO counts as hits and misses: every command on keys of each type, absent and expired, beside redis-server.

  lookups.py [--subject redis] [--line TEXT]

A line of LINES is one command with places for keys; each place is filled with each key of KEYS. What is compared behind each
command is how much INFO's counters have grown and whether the reply is an error. Terrace does it all once more with nothing in
memory. A command with keys in its row that stands in no line is an error of this test.
"""
import argparse
import itertools

from bad_case import Wrong, end_with
from dictionary import as_list, read_commands
from harness import Error, Folder, parse_info, redis, say, terrace

COUNTERS = ("keyspace_hits", "keyspace_misses", "expired_keys")

# Key: what makes it. "gone" has expired and lies there until somebody looks.
KEYS = {
    "text": ["SET text abc"],
    "number": ["SET number 5"],
    "timed": ["SET timed abc EX 1000"],
    "registers": ["PFADD registers a b"],
    "list": ["RPUSH list a b c"],
    "set": ["SADD set a b c"],
    "zset": ["ZADD zset 1 a 2 b"],
    "geo": ["GEOADD geo 13 38 a 15 37 b"],
    "hash": ["HSET hash f 1 g 2"],
    "stream": ["XADD stream 1-1 f v", "XADD stream 2-1 f v", "XGROUP CREATE stream g 0", "XREADGROUP GROUP g ann COUNT 1 STREAMS stream >"],
    "gone": ["SET gone abc PXAT 1"],
    "none": [],
}
# What fills each of three places.
FEW_KEYS = ("text", "set", "zset", "gone", "none")

# K, L and M are places for keys.
LINES = """
GET K; GETDEL K; GETEX K; GETEX K EX 100; GETEX K PERSIST; GETEX K PXAT 1; GETRANGE K 0 1; SUBSTR K 0 1; STRLEN K; GETSET K v; GETBIT K 1
SET K v; SET K v NX; SET K v XX; SET K v GET; SET K v XX GET; SET K v KEEPTTL; SET K v EX 100; SETNX K v; SETEX K 9 v; PSETEX K 900 v
APPEND K x; SETRANGE K 1 x; SETRANGE K 0; INCR K; DECR K; INCRBY K 2; DECRBY K 2; INCRBYFLOAT K 1; LCS K L; LCS K L LEN
MGET K; MGET K L; MSET K v; MSET K v L w; MSETNX K v; MSETNX K v L w
SETBIT K 1 1; BITCOUNT K; BITCOUNT K 0 1 BIT; BITPOS K 1; BITPOS K 1 9 12; BITOP NOT K L; BITOP AND K L M; BITFIELD K; BITFIELD K GET u8 0
BITFIELD K SET u8 0 1; BITFIELD K GET u8 0 INCRBY u8 0 1; BITFIELD_RO K GET u8 0
PFADD K; PFADD K x; PFADD K a; PFCOUNT K; PFCOUNT K L; PFMERGE K; PFMERGE K L; PFDEBUG ENCODING K; PFDEBUG GETREG K; PFDEBUG DECODE K
PFDEBUG TODENSE K
DEL K; DEL K L; UNLINK K; EXISTS K; EXISTS K L K; TOUCH K; TOUCH K L; TYPE K; TTL K; PTTL K; EXPIRETIME K; PEXPIRETIME K; PERSIST K
EXPIRE K 100; EXPIRE K 100 NX; EXPIRE K 100 XX; EXPIRE K -1; PEXPIRE K 9999; EXPIREAT K 1; PEXPIREAT K 9999999999999; OBJECT ENCODING K
OBJECT REFCOUNT K; OBJECT IDLETIME K; OBJECT FREQ K; DUMP K; RESTORE K 0 x; RESTORE K 0 x REPLACE; MEMORY USAGE K; DEBUG OBJECT text; DEBUG OBJECT none
RENAME K L; RENAMENX K L; COPY K L; COPY K L REPLACE; COPY K L DB 1; COPY K L DB 1 REPLACE; MOVE K 1; MOVE K 0; WATCH K; WATCH K L
SORT K ALPHA; SORT K; SORT K BY nosort; SORT K ALPHA LIMIT 0 1; SORT K ALPHA BY L* GET L* GET #; SORT K BY none* GET text GET *; SORT K ALPHA STORE L
SORT K BY no STORE L; SORT_RO K ALPHA; SORT K ALPHA GET hash->*; SORT K ALPHA GET *->f
LPUSH K x; RPUSH K x; LPUSHX K x; RPUSHX K x; LPOP K; LPOP K 2; LPOP K 0; RPOP K; RPOP K 9; LLEN K; LINDEX K 0; LRANGE K 0 -1; LSET K 0 x
LSET K 99 x; LREM K 0 a; LREM K 0 none; LTRIM K 0 0; LTRIM K 0 -1; LTRIM K 5 1; LINSERT K BEFORE a x; LINSERT K AFTER none x; LPOS K a
LPOS K none; LMOVE K L LEFT RIGHT; RPOPLPUSH K L; LMPOP 1 K LEFT; LMPOP 2 K L RIGHT COUNT 2; BLPOP K 0.001; BLPOP K L 0.001; BRPOP K 0.001
BLMOVE K L LEFT RIGHT 0.001; BRPOPLPUSH K L 0.001; BLMPOP 0.001 2 K L LEFT
EVAL redis.call('get',KEYS[1]) 1 K; EVAL_RO redis.call('get',KEYS[1]) 1 K; EVAL redis.call('exists',KEYS[1],KEYS[2]) 2 K L; EVALSHA f 1 K; EVALSHA_RO f 1 K
FCALL f 1 K; FCALL_RO f 1 K
SADD K x; SADD K a; SREM K a; SREM K none; SCARD K; SISMEMBER K a; SMISMEMBER K a x; SMEMBERS K; SRANDMEMBER K; SRANDMEMBER K 2; SRANDMEMBER K 0
SPOP K; SPOP K 2; SPOP K 0; SPOP K 9; SMOVE K L a; SMOVE K L none; SSCAN K 0; SINTER K; SINTER K L; SUNION K L; SDIFF K L; SINTERCARD 2 K L
SINTERCARD 1 K LIMIT 1; SINTERSTORE K L M; SUNIONSTORE K L M; SDIFFSTORE K L M; SDIFF K L M
HSET K f v; HSET K x v; HMSET K f v; HSETNX K f v; HGET K f; HGET K none; HMGET K f none; HGETALL K; HKEYS K; HVALS K; HLEN K; HEXISTS K f
HSTRLEN K f; HDEL K f; HDEL K none; HDEL K f g; HINCRBY K f 1; HINCRBYFLOAT K f 1; HRANDFIELD K; HRANDFIELD K 1; HRANDFIELD K 0; HSCAN K 0
ZADD K 1 a; ZADD K XX 1 x; ZADD K INCR 1 a; ZINCRBY K 1 a; ZREM K a; ZREM K none; ZCARD K; ZSCORE K a; ZSCORE K none; ZMSCORE K a none
ZRANK K a; ZREVRANK K none; ZCOUNT K 0 9; ZLEXCOUNT K - +; ZRANGE K 0 -1; ZRANGE K 5 1; ZRANGE K 0 9 BYSCORE; ZRANGE K - + BYLEX; ZREVRANGE K 0 -1
ZRANGEBYSCORE K 0 9; ZREVRANGEBYSCORE K 9 0; ZRANGEBYLEX K - +; ZREVRANGEBYLEX K + -; ZREMRANGEBYRANK K 0 0; ZREMRANGEBYSCORE K 0 9
ZREMRANGEBYLEX K - +; ZPOPMIN K; ZPOPMAX K 2; ZPOPMIN K 0; ZMPOP 1 K MIN; ZMPOP 2 K L MAX; BZPOPMIN K 0.001; BZPOPMAX K L 0.001
BZMPOP 0.001 2 K L MIN; ZRANDMEMBER K; ZRANDMEMBER K 2; ZRANDMEMBER K 0; ZSCAN K 0; ZRANGESTORE K L 0 -1; ZRANGESTORE K L 9 1; ZUNION 2 K L
ZINTER 2 K L; ZDIFF 2 K L; ZDIFF 1 K; ZINTERCARD 2 K L; ZUNIONSTORE K 2 L M; ZINTERSTORE K 2 L M; ZDIFFSTORE K 2 L M; ZDIFF 3 K L M
GEOADD K 1 1 x; GEOADD K XX 1 1 x; GEODIST K a b; GEODIST K a none; GEOHASH K a none; GEOPOS K a none; GEOSEARCH K FROMMEMBER a BYRADIUS 200 km
GEOSEARCH K FROMMEMBER none BYRADIUS 200 km; GEOSEARCH K FROMLONLAT 15 37 BYBOX 1 1 m; GEOSEARCHSTORE K L FROMLONLAT 15 37 BYRADIUS 200 km
GEOSEARCHSTORE K L FROMLONLAT 0 0 BYRADIUS 1 m; GEORADIUS K 15 37 200 km; GEORADIUS K 15 37 200 km STORE L; GEORADIUSBYMEMBER K a 200 km
GEORADIUSBYMEMBER K a 200 km STOREDIST L; GEORADIUS_RO K 15 37 200 km; GEORADIUSBYMEMBER_RO K a 200 km
XADD K 3-1 f v; XADD K NOMKSTREAM 3-1 f v; XADD K 1-1 f v; XADD K MAXLEN 1 4-1 f v; XLEN K; XRANGE K - +; XREVRANGE K + -; XDEL K 1-1; XDEL K 9-9
XTRIM K MAXLEN 1; XTRIM K MAXLEN 9; XSETID K 9-9; XSETID K 0-1; XREAD STREAMS K 0; XREAD STREAMS K $; XREAD STREAMS K L 0 0; XREAD STREAMS K 9
XREAD BLOCK 1 STREAMS K $; XREAD BLOCK 1 STREAMS K L 0 0; XREAD COUNT 1 STREAMS K L $ 9; XREADGROUP GROUP g ann STREAMS K >
XREADGROUP GROUP g ann STREAMS K 0; XREADGROUP GROUP g bob STREAMS K L > >; XREADGROUP GROUP none ann STREAMS K >
XREADGROUP GROUP g ann BLOCK 1 STREAMS K >; XREADGROUP GROUP g ann NOACK STREAMS K L 0 >; XREADGROUP GROUP g ann STREAMS K $
XGROUP CREATE K h $; XGROUP CREATE K g $; XGROUP CREATE K h $ MKSTREAM; XGROUP SETID K g 0; XGROUP SETID K none 0; XGROUP DESTROY K g
XGROUP DESTROY K none; XGROUP CREATECONSUMER K g bob; XGROUP CREATECONSUMER K g ann; XGROUP CREATECONSUMER K none bob; XGROUP DELCONSUMER K g ann
XGROUP DELCONSUMER K g bob; XACK K g 1-1; XACK K g 9-9; XACK K none 1-1; XACK K g x; XPENDING K g; XPENDING K none; XPENDING K g - + 9
XCLAIM K g bob 0 1-1; XCLAIM K g bob 0 2-1 FORCE; XCLAIM K none bob 0 1-1; XCLAIM K g bob x 1-1; XCLAIM K g bob 0 x; XAUTOCLAIM K g bob 0 0
XAUTOCLAIM K none bob 0 0; XAUTOCLAIM K g bob x 0; XINFO STREAM K; XINFO STREAM K FULL; XINFO GROUPS K; XINFO CONSUMERS K g; XINFO CONSUMERS K none
DBSIZE; KEYS *; KEYS text; RANDOMKEY; SCAN 0; SCAN 0 MATCH text; FLUSHDB; FLUSHALL; SWAPDB 0 1; SELECT 1; INFO keyspace
DEBUG DIGEST-VALUE K; DEBUG DIGEST-VALUE K L; COMMAND GETKEYS GET K; OBJECT HELP; OBJECT ENCODING K L; GET K L
""".replace("\n", ";")

# What redis-server 7.0 does not know, and what its code counts in the release that brought it: one read, or nothing.
READS = "HTTL K FIELDS 1 f; HPTTL K FIELDS 1 f; HEXPIRETIME K FIELDS 1 f; HPEXPIRETIME K FIELDS 1 none; DIGEST K; SDIFFCARD 1 K; SUNIONCARD 1 K"
WRITES = """HEXPIRE K 9 FIELDS 1 f; HPEXPIRE K 9 FIELDS 1 f; HEXPIREAT K 9999999999 FIELDS 1 f; HPEXPIREAT K 9 FIELDS 1 f; HPERSIST K FIELDS 1 f;
HGETEX K FIELDS 1 f; HGETDEL K FIELDS 1 f; HSETEX K FIELDS 1 f v; XDELEX K IDS 1 1-1; XACKDEL K g IDS 1 1-1;
DELIFEQ K abc; DELIFEQ K none; DELEX K; MSETEX 1 K v"""

# Commands with keys that stand in no line.
UNTRIED = {"terrace|locate": "Terrace's own", "spublish": "no key", "ssubscribe": "no key", "sunsubscribe": "no key"}


def lines(text):
    return [line for part in text.split(";") if (line := " ".join(part.split()))]


def filled(line):
    """The line's commands, each place for a key filled with each key."""
    words = line.split()
    places = [place for place in "KLM" if place in words or any(len(word) > 1 and word[0] == place and not word[1].isalpha() for word in words)]
    for names in itertools.product(KEYS if len(places) < 3 else FEW_KEYS, repeat=len(places)):
        key_of = dict(zip(places, names))
        yield [key_of[word[0]] + word[1:] if word[0] in key_of and not word[1:2].isalpha() else word for word in words]


def setup_of(command):
    """Makes the keys that the command names; all of them for one that names none. Those walk over what has expired at their own pace."""
    named = [key for key in KEYS if any(word.startswith(key) for word in command[1:])] or [key for key in KEYS if key != "gone"]
    return [line.split() for key in named for line in KEYS[key]]


def observed(client, commands, cold):
    """[(counters, whether the reply is an error), ...] of each command on keys as they were set up."""
    rounds = []
    for command in commands:
        before = [("SELECT", "0"), ("UNWATCH",), ("FLUSHALL",), *setup_of(command), *([("TERRACE", "SPILL", "ALL")] if cold else [])]
        rounds.append([*before, ("CONFIG", "RESETSTAT"), command, ("INFO", "stats")])
    replies, told, at = client.pipeline([each for round_of in rounds for each in round_of]), [], 0
    for round_of in rounds:
        *before, reply, info = replies[at:at + len(round_of)]
        at += len(round_of)
        if any(isinstance(each, Error) for each in before):
            raise Wrong(f"the keys of {round_of[-2]} could not be set up: {before}")
        counts = parse_info(info)
        told.append(([int(counts[name]) for name in COUNTERS], isinstance(reply, Error)))
    return told


def same(mine, other, cold):
    """Expired keys count at Terrace whatever removes them; redis-server leaves out those that it removes or leaves unseen (the target
    of SINTERSTORE, WATCH). With nothing in memory Terrace does not see what SET overwrites."""
    (hits, misses, expired), wrong = mine
    (other_hits, other_misses, other_expired), other_wrong = other
    return (hits, misses, wrong) == (other_hits, other_misses, other_wrong) and (cold or expired >= other_expired)


def differences(line, subject, reference, cold):
    commands = list(filled(line))
    wrong = []
    for at in range(0, len(commands), 200):
        part = commands[at:at + 200]
        told = [observed(client, part, cold and client is subject) for client in (subject, reference)]
        wrong += [f"{' '.join(command)}: {mine}, not {other}" for command, mine, other in zip(part, *told)
                  if not same(mine, other, cold)]
    return wrong


def against_rule(line, subject, reads):
    """The counters of a command that redis-server does not know, against what its release counts."""
    wrong = []
    commands = list(filled(line))
    for command, (counters, _) in zip(commands, observed(subject, commands, False)):
        key = next(word for word in command[1:] if not word.isdigit())
        there = key not in ("none", "gone")
        rule = [int(reads and there), int(reads and not there), int(key == "gone")]
        if counters != rule:
            wrong.append(f"{' '.join(command)}: {counters}, not {rule}")
    return wrong


def keyed_commands(client):
    """Names of the commands whose row names keys."""
    names = sorted(name for name in read_commands(client))
    rows = client.ok("COMMAND", "INFO", *names)
    return [name for name, row in zip(names, rows) if isinstance(row, list) and as_list(row[8])]


def untried(client, all_lines):
    tried = {word.lower() for line in all_lines for word in (line.split()[0], "|".join(line.split()[:2]))}
    return [name for name in keyed_commands(client) if name not in tried and name not in UNTRIED]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--line", help="this one alone")
    options = parser.parse_args()
    compared, wrong = [options.line] if options.line else lines(LINES), []
    with Folder("lookups") as folder:
        arguments = ("--enable-debug-command", "yes", "--appendonly", "no", "--hz", "500")
        reference = folder.add(redis(folder.path + "/reference", *arguments)).start()
        subject = folder.add((redis if options.subject == "redis" else terrace)(folder.path + "/subject", *arguments)).start()
        with subject.client() as mine, reference.client() as other:
            for client in (mine, other):
                client.ok("DEBUG", "SET-ACTIVE-EXPIRE", "0")
            for cold in (False, True) if options.subject == "terrace" else (False,):
                for line in compared:
                    wrong += [f"{'cold: ' if cold else ''}{text}" for text in differences(line, mine, other, cold)]
            if options.subject == "terrace" and not options.line:
                for text, reads in ((READS, True), (WRITES, False)):
                    wrong += [text for line in lines(text) for text in against_rule(line, mine, reads)]
                wrong += [f"{name}: stands in no line: add one to LINES, or to READS or WRITES if redis-server does not know it"
                          for name in untried(mine, compared + lines(READS) + lines(WRITES))]
    for text in wrong[:2000]:
        say("  " + text)
    if wrong:
        raise Wrong(f"{len(wrong)} differences")
    say(f"lookups: {len(compared)} commands count the same")


if __name__ == "__main__":
    end_with("lookups", main)

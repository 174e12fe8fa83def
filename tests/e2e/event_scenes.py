"""Scenes of events of keys, for messages.py: each writing command tells the same events in the same order."""
from message_scenes import heard

# Each line is run with all events told; what is told is compared line by line.
COMMANDS = """
SET s v|SET s v|SET s v EX 100|SET s v NX|SET n v NX|SET s w XX KEEPTTL|SET s w GET|GETSET s x|SETNX s y|SETNX s2 y|SETEX s 100 v|PSETEX s 100000 v
MSET a 1 b 2 a 3|MSETNX a 1 z 2|MSETNX y 1 z 2|APPEND s tail|APPEND new tail|SETRANGE s 3 abc|SETRANGE s 3|SETRANGE s5 0 abc|GETDEL s5|GETDEL s5
GETEX s EX 10|GETEX s PERSIST|GETEX s PERSIST|GETEX s|GETEX s PXAT 1|GETEX s|SET i 5|INCR i|DECR i|INCRBY i 3|DECRBY i 3|INCRBYFLOAT i 1.5|INCR new2
INCRBYFLOAT new3 1|INCR s x|SET t text|INCR t|SETBIT bits 7 1|SETBIT bits 7 0|BITOP AND dest bits t|BITOP OR dest none|BITOP OR dest none
BITFIELD bits SET u8 0 3 GET u4 0|BITFIELD bits GET u8 0|BITFIELD bits INCRBY u8 0 1|PFADD h a b c|PFADD h a|PFADD h d|PFCOUNT h|PFMERGE h2 h|PFMERGE h2 h
EXPIRE t 100|EXPIRE t 100 NX|PEXPIRE t 100000|EXPIREAT t 99999999999|PERSIST t|PERSIST t|EXPIRE none 10|EXPIRE t -1|EXPIRE t 1|SET t text|RENAME t u
RENAME u u|RENAME none u|SET w 1|RENAME u w|RENAMENX w x1|SET w 1|RENAMENX w x1|COPY w c|COPY w c|COPY w c REPLACE|COPY w c DB 3|MOVE w 4|MOVE none 4
SET w 1|MOVE w 4|DEL w c none|UNLINK x1 x1|EXISTS a none|TYPE none|TTL none|TOUCH none a|GET none|MGET none a none2|STRLEN none|OBJECT ENCODING none
DUMP none|SET kk v|RESTORE kk 0 nonsense|GETRANGE none 0 1|LRANGE none 0 1|HGET none f|HGETALL none|SMEMBERS none|ZRANGE none 0 1|XLEN none|SCARD none
SINTER none s|EXPIRETIME none|LPUSH l a b c|RPUSH l d|LPUSHX none a|RPUSHX l e|LINSERT l BEFORE a z|LINSERT l AFTER none z|LSET l 0 q|LSET l 99 q
LREM l 1 q|LREM l 1 none|LTRIM l 0 -1|LTRIM l 1 3|LPOP l|RPOP l|LPOP none|LPOP l 0|LPOP l 5|RPUSH l a b c|LMOVE l l2 LEFT RIGHT|RPOPLPUSH l l2
LMOVE l l LEFT RIGHT|LMOVE l l2 LEFT LEFT|RPOPLPUSH l2 l2|LMPOP 2 l l2 LEFT COUNT 2|LPUSH l a b|BLPOP l 0|BRPOP l 0|LPUSH l a|BLMOVE l l3 LEFT LEFT 0
BRPOPLPUSH l3 l 0|BLMPOP 0 1 l LEFT COUNT 9|RPUSH l 3 1 2|SORT l|SORT l STORE sorted|SORT none STORE sorted|SORT none STORE sorted|LTRIM l 9 9|RPUSH l x x
LREM l 0 x|SADD set a b c|SADD set a|SADD set d|SREM set a none|SREM set none|SMOVE set set2 b|SMOVE set set2 none|SMOVE set2 set b|SPOP set 0|SADD one x
SPOP one|SADD one x y|SPOP one 5|SADD one x|SREM one x|SADD sa 1 2 3|SADD sb 2 3 4|SINTERSTORE si sa sb|SUNIONSTORE si sa sb|SDIFFSTORE si sa sb
SDIFFSTORE si sa sa|SINTERSTORE si sa none|SPOP none|SRANDMEMBER none|HSET hash a 1 b 2|HSET hash a 2|HMSET hash c 3|HSETNX hash a 9|HSETNX hash d 9
HINCRBY hash a 1|HINCRBYFLOAT hash a 1.5|HINCRBY hash2 a 1|HDEL hash none|HDEL hash a b|HDEL hash c d|HDEL hash2 a b|ZADD z 1 a 2 b 3 c|ZADD z 1 a
ZADD z CH 5 a|ZADD z XX 1 none|ZADD z INCR 1 a|ZINCRBY z 1 a|ZINCRBY z2 1 a|ZREM z none|ZREM z a|ZREM z2 a|ZADD z 1 a 2 b 3 c 4 d 5 e|ZREMRANGEBYRANK z 9 9
ZREMRANGEBYRANK z 0 0|ZREMRANGEBYSCORE z 2 2|ZADD lex 0 a 0 b 0 c|ZREMRANGEBYLEX lex [a [b|ZREMRANGEBYRANK lex 0 -1|ZPOPMIN z|ZPOPMAX z|ZPOPMIN z 0
ZPOPMIN z 9|ZPOPMIN z|ZADD z 1 a 2 b|BZPOPMIN z 0|BZPOPMAX z 0|ZADD z 1 a 2 b 3 c|ZMPOP 1 z MIN|BZMPOP 0 1 z MAX COUNT 5|ZADD za 1 a 2 b|ZADD zb 1 b 2 c
ZUNIONSTORE zs 2 za zb|ZINTERSTORE zs 2 za zb|ZDIFFSTORE zs 2 za zb|ZINTERSTORE zs 2 za none|ZINTERSTORE zs 2 za none|ZRANGESTORE zs za 0 -1
ZRANGESTORE zs none 0 -1|GEOADD g 13.361389 38.115556 P 15.087269 37.502669 C|GEOSEARCHSTORE gs g FROMMEMBER P BYRADIUS 500 km
GEORADIUS g 15 37 200 km STORE gs|GEORADIUSBYMEMBER g P 1 m STOREDIST gs|GEORADIUS g 0 0 1 m STORE gs|GEOADD g 13.361389 38.115556 P|XADD x 1-1 f v
XADD x 2-1 f v|XADD x NOMKSTREAM 3-1 f v|XADD none2 NOMKSTREAM * f v|XADD x MAXLEN 2 4-1 f v|XADD x MAXLEN 9 5-1 f v|XDEL x 5-1 9-9|XDEL x 9-9
XTRIM x MAXLEN 9|XTRIM x MAXLEN 1|XSETID x 9-9|XGROUP CREATE x grp 0|XGROUP CREATE x2 grp 0 MKSTREAM|XGROUP SETID x grp 0|XGROUP CREATECONSUMER x grp c1
XGROUP CREATECONSUMER x grp c1|XREADGROUP GROUP grp c2 STREAMS x >|XREADGROUP GROUP grp c2 STREAMS x 0|XACK x grp 4-1|XADD x 10-1 f v
XREADGROUP GROUP grp c3 STREAMS x >|XCLAIM x grp c4 0 10-1|XAUTOCLAIM x grp c5 0 0|XGROUP DELCONSUMER x grp c1|XGROUP DELCONSUMER x grp none
XGROUP DESTROY x grp|XGROUP DESTROY x grp|XREAD STREAMS none 0|SWAPDB 0 1|SWAPDB 0 1|SELECT 0|FLUSHDB|DEL nothing|GET nothing|PING
"""


def lines_of(text):
    return [command for line in text.strip().splitlines() for command in line.split("|")]


def all_events(stage):
    out = []
    with stage.settings(notify_keyspace_events="KEAmn"):
        stage.by("listener", "PSUBSCRIBE __key*__:*")
        heard(stage, "listener")
        for command in lines_of(COMMANDS):
            stage["actor"].call(*command.split())
            out.append((command, heard(stage, "listener")))
    return out


def classes(stage):
    """The classes that CONFIG SET chooses, and its canonical form."""
    out = []
    stage.by("listener", "PSUBSCRIBE __key*__:*")
    heard(stage, "listener")
    for letters in ("", "K", "KA", "EA", "Kg", "E$", "KEl", "Kshzt", "Kx", "KEn", "KEm", "AKE", "g$lshzxetdKE", "nmKE", "Q", "A"):
        reply = stage.do("CONFIG", "SET", "notify-keyspace-events", letters)
        out.append((letters, reply, stage.do("CONFIG", "GET", "notify-keyspace-events")))
        for command in ("SET k v", "SET fresh v", "EXPIRE k 100", "LPUSH l a", "SADD s a", "HSET h f v", "ZADD z 1 a", "XADD x * f v", "DEL fresh", "GET none"):
            stage["actor"].call(*command.split())
        out.append(heard(stage, "listener"))
    stage.do("CONFIG", "SET", "notify-keyspace-events", "")
    return out


def expiry(stage):
    """Keys that have expired: removed by a look, by a write, and by nobody."""
    out = []
    with stage.settings(notify_keyspace_events="KEAn"):
        stage.by("listener", "PSUBSCRIBE __keyevent*__:*")
        heard(stage, "listener")
        stage.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        for look in ("GET k", "SET k new", "INCR k", "APPEND k x", "DEL k", "EXPIRE k 10", "LPUSH k x", "RENAME k other", "EXISTS k", "SETNX k v", "PERSIST k"):
            stage.many("DEL k other", "SET k 1 PX 1", "DEBUG SLEEP 0.003")
            heard(stage, "listener")
            stage["actor"].call(*look.split())
            out.append((look, heard(stage, "listener")))
        stage.many("DEL k", "SET gone 1 PX 1")
        heard(stage, "listener")
        stage.do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
        out.append(stage["listener"].receive())
    return out


def transaction_events(stage):
    out = []
    with stage.settings(notify_keyspace_events="KEA"):
        stage.by("listener", "PSUBSCRIBE *")
        heard(stage, "listener")
        stage.by("actor", "MULTI", "SET k 1", "PUBLISH chat hello", "INCR k", "DEL k", "LPUSH k x")
        out += [heard(stage, "listener"), stage.by("actor", "EXEC"), heard(stage, "listener")]
        stage.block("waiter", "BLPOP list 0")
        stage.by("actor", "RPUSH list a b")
        out += [stage.get("waiter"), heard(stage, "listener")]
    return out


SCENES = [all_events, classes, expiry, transaction_events]

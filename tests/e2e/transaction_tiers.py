"""What transactions.py checks at Terrace alone: keys that are not in memory, damaged pages, kills, and what Redis 7.0 does not do yet."""
import glob
import os
import random
import signal
import threading
import time

from bad_case import check
from harness import Client, Error, ServerDied, encode, info_number
from stage import Stage

NOISE = random.Random(1).randbytes(1 << 20)


def noise(number, size):
    at = number * 7919 % (len(NOISE) - size)
    return b"%d:" % number + NOISE[at:at + size]


def transaction(client, *commands):
    """EXEC's reply; commands are texts or tuples."""
    commands = [command.split() if isinstance(command, str) else command for command in commands]
    return client.pipeline([("MULTI",), *commands, ("EXEC",)])[-1]


# --- what Redis 7.4 does and 7.0 does not

def watch_in_client_list(server):
    stage, told = Stage(server), []
    for commands in (("PING",), ("WATCH k",), ("WATCH k l k",), ("SELECT 1", "WATCH k", "SELECT 0"), ("MULTI",), ("GET k",), ("EXEC",), ("WATCH k",
                                                                                                                                         "UNWATCH"),
                     ("WATCH k", "MULTI", "DISCARD"), ("WATCH a b c", "RESET")):
        stage.by("a", *commands)
        told.append(stage.words("a", "watch")[0])
    check(told == [f"watch={count}" for count in (0, 1, 2, 3, 3, 3, 0, 0, 0, 0)], f"CLIENT LIST said {told}")
    stage.close()


def queue_within_the_query_buffer_limit(server):
    """What is queued counts as what was received and not yet executed."""
    stage, value = Stage(server), "x" * 100_000
    with stage.settings(client_query_buffer_limit="1048576"):
        client = stage["a"]
        for end in ("EXEC", "DISCARD", "EXEC", "RESET"):
            replies = client.pipeline([("MULTI",), *[("SET", "k", value)] * 8, (end,)])
            check(not isinstance(replies[-1], Error), f"800 kB in the queue, {end}: {replies[-1]}")
        for number, command in enumerate((("SET", "lost", value), ("PING", "x" * 50))):
            client = stage[f"large {number}"]
            client.call("MULTI")
            queued = 0
            try:
                while queued * len(command[-1]) < 4 << 20:
                    queued += len(client.pipeline([command] * (1 if number == 0 else 1000)))
            except (ServerDied, ConnectionError):
                pass
            size = queued * len(command[-1])
            check((100_000 if number else 800_000) <= size <= 1_100_000, f"{queued} commands of {len(command[-1])} bytes in a queue of at most 1 MiB")
    check(stage.do("EXISTS", "lost") == 0 and transaction(stage["b"], "PING") == [b"PONG"], "after a queue too large")
    stage.close()


def time_inside(server):
    with server.client(10) as client:
        told = transaction(client, "SET k v PX 1000", "PTTL k", "PEXPIRETIME k", "DEBUG SLEEP 0.05", "PTTL k", "SET l v PX 1000", "PEXPIRETIME l",
                           "HSET h f v", "HPEXPIRE h 20 FIELDS 1 f", "DEBUG SLEEP 0.05", "HGET h f", "HPTTL h FIELDS 1 f")
        check(told[1] == told[4] == 1000 and told[2] == told[6], f"time goes on inside a transaction: {told}")
        check(told[10:] == [b"v", [20]], f"fields expire inside a transaction: {told}")


def watching_many_keys(server, count=100_000):
    """The time it takes is in proportion to the keys."""
    with server.client(30) as client, server.client(30) as other:
        begin = time.monotonic()
        for start in range(0, count, 100):
            client.ok("WATCH", *(f"watched:{number}" for number in range(start, start + 100)))
        passed = time.monotonic() - begin
        check(passed < 10, f"{count} keys to watch took {passed:.1f} s")
        check(transaction(client, "PING") == [b"PONG"], "nothing was changed")
        client.ok("WATCH", *(f"watched:{number}" for number in range(count)))
        other.ok("SET", f"watched:{count - 1}", "x")
        check(transaction(client, "PING") == ("null array",), "the last of many keys was changed")


def entries_added_and_deleted_wake_nobody(server):
    """Redis 7.0 answers with no entries; since 7.2 who waits goes on waiting."""
    stage = Stage(server)
    stage.block("a", "XREAD BLOCK 0 STREAMS s $")
    told = transaction(stage.control, "XADD s 1-1 f v", "XDEL s 1-1")
    check(stage.silent("a", 0.05) == "silence", f"an entry that was deleted in the same transaction ({told}) was read")
    stage.do("XADD", "s", "2-1", "f", "v")
    check(stage.get("a") == [[[b"s", [[b"2-1", [b"f", b"v"]]]]]], "the next entry was not read")
    stage.close()


def a_field_that_expires(server):
    """It changes its hash, whether or not it has been removed yet."""
    stage = Stage(server)
    for active in "10":
        stage.many(f"DEBUG SET-ACTIVE-EXPIRE {active}", "HSET h f v g w", "HPEXPIRE h 150 FIELDS 1 f")
        stage.by("a", "WATCH h")
        time.sleep(0.5)
        told = stage.by("a", "MULTI", "HGETALL h", "EXEC")[-1]
        check(told == ("null array",), f"a field of a watched hash has expired, active expiry {active}, and EXEC went on: {told}")
    stage.many("DEBUG SET-ACTIVE-EXPIRE 1")
    stage.close()


# --- keys that are not in memory

COLD_COMMANDS = ("GET text", "STRLEN text", "APPEND text x", "LRANGE list 0 -1", "RPUSH list z", "LPOP list", "SMEMBERS set", "SADD set z",
                 "SREM set a", "HGET hash f", "HSET hash g v", "HDEL hash f", "ZRANGE zset 0 -1 WITHSCORES", "ZADD zset 9 z", "ZPOPMIN zset",
                 "XRANGE stream - +", "XADD stream 9-1 f v", "XLEN stream", "PFCOUNT sketch", "PFADD sketch z", "SETBIT bits 9 1", "BITCOUNT bits",
                 "GEOPOS places m", "GEOADD places 3 4 n", "RENAME renamed new", "GET new", "COPY new copy", "DEL deleted",
                 "EXISTS deleted new copy none", "SUNIONSTORE union set", "ZUNIONSTORE sum 1 zset", "SORT list ALPHA STORE sorted",
                 "LRANGE sorted 0 -1", "MGET text none new", "TYPE stream", "DUMP text", "OBJECT ENCODING zset", "PTTL volatile", "SELECT 1",
                 "GET far", "MOVE far 0", "SELECT 0", "GET far", "INCR count", "GETDEL text", "EXISTS text", "KEYS *s", "DBSIZE", "SWAPDB 0 1",
                 "EXISTS count", "SELECT 1", "GET count", "FLUSHALL", "DBSIZE")
COLD_SETUP = ("SET text hello", "RPUSH list c b a", "SADD set a b c", "HSET hash f v", "ZADD zset 1 a 2 b", "XADD stream 1-1 f v",
              "PFADD sketch a b c", "SETBIT bits 1 1", "GEOADD places 1 2 m", "SET renamed r", "SET deleted d", "SET volatile v PXAT 4000000000000",
              "SET count 41", "SELECT 1", "SET far f", "SELECT 0")


def comparable(reply):
    """Members come in any order, the time to live counts down."""
    if isinstance(reply, list) and all(isinstance(each, bytes) for each in reply):
        return sorted(reply)
    return "time to live" if isinstance(reply, int) and reply > 10**9 else reply


def same_cold_as_hot(server):
    """Large values beside small ones: the same replies whether or not all of it must be read first, and one by one."""
    told = []
    for way in ("hot", "cold", "single"):
        stage = Stage(server)
        stage.many(*COLD_SETUP)
        stage.control.pipeline([("RPUSH", "long", *(noise(n, 200) for n in range(500))), ("HSET", "wide",
                                                                                          *(part for n in range(500) for part in (f"f{n}", noise(n,
                                                                                                                                                 200))))])
        more = ("LINDEX long 250", "LINSERT long AFTER none x", "LLEN long", "HGET wide f77", "HDEL wide f77", "HLEN wide", "HEXISTS wide f77")
        reads = info_number(server.info("tier"), "page_reads")
        if way == "cold":
            stage.do("TERRACE", "SPILL", "ALL")
        commands = [command.split() for command in (*more, *COLD_COMMANDS)]
        told.append(stage.control.pipeline(commands) if way == "single" else transaction(stage.control, *commands))
        reads = info_number(server.info("tier"), "page_reads") - reads
        check(way != "cold" or reads > 1, f"{reads} pages read: nothing was cold")
        stage.close()
    told = [[comparable(reply) for reply in replies] for replies in told]
    parted = [replies for replies in zip(*told) if not replies[0] == replies[1] == replies[2]]
    check(not parted, f"hot, cold and one by one: {parted!r:.1000}")


def watch_and_the_tiers(server):
    """Where a watched key is kept is nothing that a client sees; what is done to it is."""
    stage = Stage(server)
    stage.many("SET k v", "RPUSH l 1 2 3", "SET x 1")
    stage.control.call("RPUSH", "long", *(noise(n, 300) for n in range(2000)))
    tiers = ("TERRACE SPILL k", "TERRACE SPILL ALL", "TERRACE CHECKPOINT", "TERRACE COMPACT", "GET k", "LRANGE long 0 5", "TERRACE SPILL ALL",
             "TERRACE LOCATE k", "DEBUG DIGEST", "TERRACE COMPACT", "OBJECT ENCODING long", "DUMP k",
             "SET x 2", "BGSAVE")
    for start in ("TERRACE SPILL ALL", "PING"):
        stage.many(start)
        stage.by("a", "WATCH k l long none")
        for command in tiers:
            reply = stage.many(command)[0]
            check(not isinstance(reply, Error), f"{command}: {reply}")
        check(stage.by("a", "MULTI", "GET k", "EXEC")[-1] == [b"v"], f"{start}, then {', '.join(tiers)}: a watched key counted as changed")
    for change in ("SET k w", "APPEND k x", "DEL k", "LPOP l", "LPOP long", "SET none 1", "RENAME x l", "EXPIRE long 100", "FLUSHALL"):
        stage.many("TERRACE SPILL ALL")
        stage.by("a", "WATCH k l long none")
        stage.many("TERRACE SPILL ALL", change, "TERRACE SPILL ALL")
        check(stage.by("a", "MULTI", "PING", "EXEC")[-1] == ("null array",), f"{change} was not noticed")
        stage.many("SET k v", "RPUSH l 1 2 3", "RPUSH long 1", "DEL none", "SET x 1")
    stage.close()


def watch_and_eviction(server):
    """Watched keys are evicted to disk like others, which is no change."""
    stage = Stage(server)
    with stage.settings(maxmemory="32mb"):
        names = [f"watched:{number}" for number in range(500)]
        stage.control.pipeline([("SET", name, noise(at, 1000)) for at, name in enumerate(names)])
        stage["a"].call("WATCH", *names)
        for start in range(0, 60_000, 1000):
            stage.control.pipeline([("SET", f"other:{number}", noise(number, 1000)) for number in range(start, start + 1000)])
        where = [stage.do("TERRACE", "LOCATE", name)[1] for name in names]
        check(b"cold" in where, "no watched key was evicted")
        check(stage.by("a", "MULTI", "PING", "EXEC")[-1] == [b"PONG"], "an evicted key counted as changed")
        stage["a"].call("WATCH", *names)
        stage.do("APPEND", names[where.index(b"cold")], "x")
        check(stage.by("a", "MULTI", "PING", "EXEC")[-1] == ("null array",), "a changed key was not noticed behind its eviction")
    stage.do("FLUSHALL")
    stage.close()
    return where.count(b"cold")


def cold_keys_expire(server):
    stage = Stage(server)
    for active in "01":
        stage.many(f"DEBUG SET-ACTIVE-EXPIRE {active}", "SET k v PX 150", "SET gone v PX 1", "SET stays v PX 100000")
        stage.by("a", "WATCH k")
        stage.by("b", "WATCH stays")
        time.sleep(0.01)
        stage.by("c", "WATCH gone")
        stage.many("TERRACE SPILL ALL")
        time.sleep(0.8 if active == "1" else 0.2)
        stage.many("TERRACE COMPACT")
        told = [stage.by(name, "MULTI", "EXISTS k gone stays", "EXEC")[-1] for name in "abc"]
        check(told == [("null array",), [1], [1]], f"active expiry {active}: {told}")
    stage.many("DEBUG SET-ACTIVE-EXPIRE 1")
    stage.close()


def reload_while_watched(server):
    stage = Stage(server)
    stage.many("SET k v")
    stage.by("a", "WATCH k", "MULTI", "SET l 1")
    check(not isinstance(stage.do("DEBUG", "RELOAD"), Error), "DEBUG RELOAD failed")
    stage.many("SET k w")
    check(stage.by("a", "EXEC") == [("null array",)] and stage.do("EXISTS", "l") == 0, "a change behind a reload was not noticed")
    check(transaction(stage["a"], "GET k", "SET l 2") == [b"w", b"OK"], "no transaction behind a reload")
    stage.close()


# --- a damaged page

def flip_page(server, key):
    """Damages the page that a cold key lies in; says which it was."""
    with server.client(10) as client:
        told = client.ok("TERRACE", "LOCATE", key)
    place = dict(zip(told[::2], told[1::2]))
    paths = [path for path in glob.glob(os.path.join(server.directory, "segments", "*")) if int("".join(filter(str.isdigit,
                                                                                                               os.path.basename(path)))) == place[b"segment"]]
    check(place[b"tier"] == b"cold" and len(paths) == 1, f"{key}: {place}, files {paths}")
    with open(paths[0], "r+b") as segment:
        segment.seek(4096 * place[b"page"] + 1500)
        byte = segment.read(1)
        segment.seek(-1, os.SEEK_CUR)
        segment.write(bytes([byte[0] ^ 0xff]))
        segment.flush()
        os.fsync(segment.fileno())
    return place


def damaged_page_inside(server):
    """The command that needs it fails, the others of the transaction do not."""
    stage = Stage(server)
    stage.control.pipeline([("SET", name, noise(at, 3500)) for at, name in enumerate("abc")])
    stage.do("TERRACE", "SPILL", "ALL")
    flip_page(server, "b")
    told = transaction(stage["x"], "STRLEN a", "GET b", "APPEND b x", "SET d 1", "STRLEN c", "STRLEN b", "RPUSH l 1", "MGET a b", "SET b new",
                       "GET b", "INCR d")
    bad = [at for at, reply in enumerate(told) if isinstance(reply, Error)]
    check(bad == [1, 2, 5, 7] and all(told[at].startswith(b"IOERR") for at in bad), f"with a damaged page: {told!r:.600}")
    check([told[at] for at in (3, 6, 8, 9, 10)] == [b"OK", 1, b"OK", b"new", 2], f"beside a damaged page: {told!r:.600}")
    stage.do("FLUSHALL")
    stage.close()


# --- more than memory holds

def more_than_memory(server, keys=3000, size=32_000, maxmemory=32 << 20, slack=64 << 20):
    """One transaction over cold keys of three times the memory, to read and to write."""
    stage = Stage(server)
    with stage.settings(maxmemory=str(maxmemory)):
        for start in range(0, keys, 50):
            stage.control.pipeline([("SET", f"k{number}", noise(number, size)) for number in range(start, start + 50)])
        stage.do("TERRACE", "SPILL", "ALL")
        lengths = [len(noise(number, size)) for number in range(keys)]
        highest, done = [0], threading.Event()

        def watch():
            while not done.wait(0.002):
                highest[0] = max(highest[0], server.rss())
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        begin = time.monotonic()
        check(transaction(stage.control, *[("STRLEN", f"k{number}") for number in range(keys)]) == lengths, "lengths read in one transaction")
        reading = time.monotonic() - begin
        told = transaction(stage.control, *[("APPEND", f"k{number}", "x") for number in range(keys)])
        check(told == [length + 1 for length in lengths], "lengths written in one transaction")
        done.set()
        watcher.join()
    check(highest[0] <= maxmemory + slack, f"{highest[0] >> 20} MiB resident with maxmemory {maxmemory >> 20} MiB")
    stage.do("FLUSHALL")
    stage.close()
    return reading, time.monotonic() - begin - reading, highest[0]


# --- all or nothing

KEYS_OF_A_WRITER = 20


def write_until_killed(port, writer, known):
    """Transactions that set all of a writer's keys to one number, several on their way; known[writer]: the last that was answered."""
    try:
        with Client(port, 30) as client:
            number = known[writer]
            while True:
                batch = range(number + 1, number + 4)
                commands = [command for each in batch for command in
                            (("MULTI",), *(("SET", f"{writer}:{at}", f"{each}:" + "x" * 300) for at in range(KEYS_OF_A_WRITER)), ("EXEC",))]
                client.send(b"".join(encode(*command) for command in commands))
                for number in batch:
                    replies = client.receive_many(KEYS_OF_A_WRITER + 2)
                    check(replies[-1] == [b"OK"] * KEYS_OF_A_WRITER, f"EXEC answered {replies[-1]}")
                    known[writer] = number
    except (OSError, ServerDied):
        return


def whole_after_a_kill(server, rounds=4, writers=4):
    known = [0] * writers
    chance = random.Random(7)
    for _ in range(rounds):
        threads = [threading.Thread(target=write_until_killed, args=(server.port, writer, known), daemon=True) for writer in range(writers)]
        for thread in threads:
            thread.start()
        time.sleep(0.2 + chance.random() * 0.3)
        server.kill(signal.SIGKILL)
        for thread in threads:
            thread.join(30)
        server.start()
        with server.client(30) as client:
            for writer in range(writers):
                values = client.ok("MGET", *(f"{writer}:{at}" for at in range(KEYS_OF_A_WRITER)))
                numbers = {int(value.split(b":")[0]) if value else 0 for value in values}
                check(len(numbers) == 1, f"writer {writer}: one transaction in part: {sorted(numbers)}")
                check(known[writer] <= min(numbers) <= known[writer] + 3, f"writer {writer}: {known[writer]} was answered, {numbers} is there")
                known[writer] = min(numbers)
    return sum(known)


def all_checks(server, say):
    for check_of in (watch_in_client_list, queue_within_the_query_buffer_limit, time_inside, watching_many_keys,
                     entries_added_and_deleted_wake_nobody, a_field_that_expires, same_cold_as_hot, watch_and_the_tiers, cold_keys_expire,
                     damaged_page_inside, reload_while_watched):
        check_of(server)
    say(f"  {watch_and_eviction(server)} watched keys evicted")
    reading, writing, highest = more_than_memory(server)
    say(f"  96 MB of cold values in one transaction: read in {reading:.2f} s, written in {writing:.2f} s, {highest >> 20} MiB resident at most")
    say(f"  {whole_after_a_kill(server)} transactions whole over 4 kills")

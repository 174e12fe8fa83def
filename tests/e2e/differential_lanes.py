"""Lanes of differential.py: what random pipelines cannot compare, each a function of the run."""
import re
import time

from acl import as_new
from harness import Error, parse_info


def scan(run):
    """Whole SCAN iterations: the same keys on both sides, whatever the cursors are."""
    if "scan" not in run.own:
        return
    database, count = run.random.randrange(2), run.random.choice((1, 7, 50, 1000))
    tail = run.random.choice(([], ["MATCH", "s*"], ["MATCH", "*1*"], ["TYPE", "string"], ["MATCH", "*", "TYPE", "zset"]))
    found = []
    for client in run.control.clients:
        client.socket.setblocking(True)
        client.ok("SELECT", database)
        keys, cursor, steps = set(), b"0", 0
        while True:
            cursor, page = client.ok("SCAN", cursor, "COUNT", count, *tail)
            keys.update(page)
            steps += 1
            if cursor == b"0" or steps > 1_000_000:
                break
        found.append(keys)
        client.socket.setblocking(False)
    if found[0] != found[1]:
        run.differ(run.done, [b"SCAN iteration", b"COUNT %d" % count, *[t.encode() for t in tail]],
                    sorted(found[0] - found[1]), sorted(found[1] - found[0]))


def random_key(run):
    """RANDOMKEY names a key that is there."""
    if "randomkey" not in run.own:
        return
    keys = run.control.call("RANDOMKEY")
    for client, key in zip(run.control.clients, keys):
        client.socket.setblocking(True)
        if isinstance(key, bytes) and client.call("EXISTS", key) != 1:
            run.differ(run.done, [b"RANDOMKEY"], key, b"EXISTS says it is not there")
        client.socket.setblocking(False)
    run.expect("RANDOMKEY", [], *keys, name="randomkey")


def pop(run):
    """SPOP: refused alike; what the subject pops were members, and the reference gives them up by name."""
    if "spop" not in run.own:
        return
    run.control.call("SELECT", 0)
    run.control.call("SET", "lane:text", "x")
    for rest in ((), ("1",), ("0",), ("-1",), ("abc",), ("2", "3"), ("9223372036854775808",)):
        for key in ("lane:none", "lane:text") + (("set:0",) if rest not in ((), ("1",)) else ()):
            run.expect("SPOP", [key.encode(), *(text.encode() for text in rest)], *run.control.call("SPOP", key, *rest))
    run.control.call("DEL", "lane:text")
    ours, theirs = run.control.clients
    for client in (ours, theirs):
        client.socket.setblocking(True)
    for key in [key for key in ours.ok("KEYS", "set:*") if bytes(ours.ok("TYPE", key)) == b"set"][:12]:
        size, count = theirs.ok("SCARD", key), run.random.choice((None, 1, 2, 7, 100, 1000))
        popped = ours.call("SPOP", key, *([] if count is None else [count]))
        popped = [popped] if count is None else popped
        given_up = theirs.call("SREM", key, *popped)
        if len(popped) != min(count or 1, size) or given_up != len(popped):
            run.differ(run.done, [b"SPOP", key], popped, [size, given_up])
    for client in (ours, theirs):
        client.socket.setblocking(False)


def sort(run):
    """SORT with BY, GET and STORE over keys of its own, whose elements name further keys: text, hashes, none."""
    if "sort" not in run.own:
        return
    pick, choice = run.random.randrange, run.random.choice
    run.control.call("SELECT", 0)
    names = ["%d" % pick(-20, 60) for _ in range(pick(1, 60))] + choice(([], ["x", "", "1.5", " 2", "inf", "3x", "y*z"]))
    scored = [part for name in names for part in (pick(5), name)]
    fill = [("RPUSH", "lane:list", *names), ("SADD", "lane:set", *names), ("ZADD", "lane:zset", *scored), ("SET", "lane:text", "x")]
    for name in set(names):
        fill += [("SET", "lane:w:" + name, choice(("%d" % pick(9), "%.3f" % run.random.uniform(-5, 5), "word%d" % pick(5))))] if pick(4) else []
        fill += [("HSET", "lane:h:" + name, "f", pick(9), "g->", "%d" % pick(5))] if pick(4) else []
    fill.append(("ZADD", "lane:ranks", *(part for number in range(choice((5, 120, 128, 129, 200))) for part in (number, "m%d" % number))))
    run.control.many(fill)
    if run.options.config == "spilled" and run.options.subject != "redis":
        run.spill()
    run.expect("SORT:", [b"OBJECT ENCODING of a sorted set not yet sorted"], *run.control.call("OBJECT", "ENCODING", "lane:ranks"))
    patterns = ["lane:w:*", "lane:h:*->f", "lane:h:*->g->", "lane:h:*", "lane:w:*->f", "lane:*", "lane:h:*->", "lane:h:->*"]
    commands = []
    for _ in range(60):
        source, command = choice(("lane:list", "lane:set", "lane:zset")), []
        of_set = source == "lane:set"
        by = choice((None, None, "nosort", "#", *patterns))
        alpha = pick(2) and (by is None or source == "lane:list")  # elements of equal weight in the order of the set are the server's own
        stores = pick(4) == 0
        command += ["BY", by] if by else []
        command += ["ALPHA"] if alpha else []
        command += choice(([], ["ASC"], ["DESC"], ["desc"]))
        if not (by and (of_set or alpha)) or (source == "lane:zset" and by == "nosort"):
            command += choice(([], [], ["LIMIT", pick(-2, 30), pick(-2, 30)]))
        if not (of_set and by in ("nosort", "#")) or stores:
            command += [word for _ in range(pick(3)) for word in ("GET", choice(("#", "fixed", *patterns)))]
        command += ["STORE", choice(("lane:to", "lane:text"))] if stores else []
        key = choice((source,) * 9 + ("lane:none", "lane:h:1"))
        commands.append(("SORT" if stores or pick(3) else "SORT_RO", key, *command))
        commands += [("LRANGE", "lane:to", 0, -1), ("TYPE", "lane:text")] if stores else []
    for command, mine, other in zip(commands, *run.control.many(commands)):
        if command[1:4] in (("lane:set", "BY", "nosort"), ("lane:set", "BY", "#")) and "STORE" not in command:
            mine, other = (sorted(map(repr, reply)) if isinstance(reply, list) else reply for reply in (mine, other))
        run.expect("SORT:", [str(part).encode() for part in command], mine, other)
    run.control.many([("DEL", key) for key in run.control.call("KEYS", "lane:*")[1]])


def expiry(run):
    """Real expiry: keys that live for a fraction of a second, read while they live and after."""
    names = run.own
    run.control.call("SELECT", 0)
    run.reset_statistics()
    now = int(time.time() * 1000)
    sets = [("SET", "lane:a", "1", "PX", 150), ("SET", "lane:keep", "1"), ("SET", "lane:b", "x" * 3000), ("PEXPIRE", "lane:b", 120),
            ("SET", "lane:c", "5"), ("PEXPIREAT", "lane:c", now + 200), ("PSETEX", "lane:d", 100, "v"), ("SET", "lane:e", "v"),
            ("GETEX", "lane:e", "PX", 90), ("SET", "lane:f", "1", "PX", 60_000), ("PERSIST", "lane:f"),
            ("SET", "lane:g", "1", "PXAT", now + 150), ("SET", "lane:h", "1", "PX", 100), ("SET", "lane:h", "2", "KEEPTTL"),
            ("SET", "lane:i", "1", "PX", 100), ("RENAME", "lane:i", "lane:j"), ("SET", "lane:k", "1", "PX", 100),
            ("COPY", "lane:k", "lane:l"), ("SET", "lane:m", "1", "PX", 100), ("MOVE", "lane:m", 3)]
    sets = [command for command in sets if command[0].lower() in names]
    if run.options.config == "spilled" and run.options.subject != "redis":
        client = run.control.clients[0]
        run.control.many(sets)
        client.socket.setblocking(True)
        client.call("TERRACE", "SPILL", "ALL")
        client.socket.setblocking(False)
    else:
        for command, mine, other in zip(sets, *run.control.many(sets)):
            run.expect("expiry:", [str(part).encode() for part in command], mine, other)
    time.sleep(0.35)
    keys = ["lane:" + letter for letter in "abcdefghijklm"] + ["lane:keep"]
    reads = [("DBSIZE",)] if run.random.random() < 0.3 else []  # may still count what nobody has touched
    reads = [command for key in keys for command in (("GET", key), ("EXISTS", key), ("PTTL", key), ("TYPE", key), ("STRLEN", key))]
    reads += [("KEYS", "lane:*"), ("MGET", *keys), ("APPEND", "lane:a", "new"), ("PTTL", "lane:a"), ("INCR", "lane:c"),
              ("SET", "lane:d", "x", "XX"), ("SETNX", "lane:e", "again"), ("DEL", *keys), ("DBSIZE",)]
    reads = [command for command in reads if command[0].lower() in names]
    for command, mine, other in zip(reads, *run.control.many(reads)):
        run.expect("expiry:", [str(part).encode() for part in command], mine, other, command[0].lower())
    run.control.many([("SELECT", 3), ("DEL", "lane:m"), ("SELECT", 0)])
    expired = [parse_info(reply)["expired_keys"] for reply in run.control.call("INFO", "stats")]
    run.expect("expiry:", [b"INFO expired_keys"], *expired)


def up_to_nul(told):
    """redis-server 7.0 shows the name of a key or channel up to its first NUL."""
    return re.sub(rb"\x00.*' (key|channel)$", rb"' \1", told, flags=re.DOTALL) if isinstance(told, bytes) else told


def acl(run):
    """What users with random rules may do: the decisions about random commands, with keys and channels."""
    random, commands = run.random, sorted(run.dictionary.commands)
    categories = [name.decode() for name in run.control.call("ACL", "CAT")[1]]
    patterns = ("string:*", "*", "hash:1*", "[sl]*", "set:?", "*:1", "stream:0")
    choices = (lambda: random.choice("+-") + random.choice(commands), lambda: random.choice("+-") + random.choice(commands),
               lambda: random.choice("+-") + "@" + random.choice(categories), lambda: random.choice(("~", "%R~", "%W~", "%RW~")) + random.choice(patterns),
               lambda: random.choice(("~*", "allkeys", "+@all", "-@all", "resetkeys", "&*", "&channel:1", "resetchannels")),
               lambda: f"(+@{random.choice(categories)} ~{random.choice(patterns)})")
    for _ in range(6):
        rules = ["reset", "+@" + random.choice(categories), *(random.choice(choices)() for _ in range(random.randint(1, 9)))]
        run.expect("ACL SETUSER", [rule.encode() for rule in rules], *run.control.call("ACL", "SETUSER", "lane:user", *rules))
        drawn = [arguments for _ in range(60) for _, arguments in run.dictionary.draw()]
        for arguments, mine, other in zip(drawn, *run.control.many([("ACL", "DRYRUN", "lane:user", *arguments) for arguments in drawn])):
            if mine != other == b"OK" and isinstance(run.control.call("COMMAND", "GETKEYS", *arguments)[1], Error):
                continue  # redis-server 7.0 asks for no key where more are announced than there are
            if not run.expect("ACL DRYRUN", [b" ".join(rule.encode() for rule in rules), *arguments], up_to_nul(as_new(mine)), up_to_nul(as_new(other))):
                break
    run.control.call("ACL", "DELUSER", "lane:user")


def dump(run):
    """DUMP on each side, RESTORE on the other: the key comes over whole."""
    if "dump" not in run.own or "restore" not in run.own:
        return
    run.control.call("SELECT", 0)
    keys = run.control.call("KEYS", "*")[1]
    for key in run.random.sample(keys, min(8, len(keys))):
        payloads = run.control.call("DUMP", key)
        for payload in payloads:
            if not isinstance(payload, bytes) or isinstance(payload, Error):
                continue
            ttl = run.random.choice((0, 50_000_000))
            if run.expect("RESTORE", [key], *run.control.call("RESTORE", "lane:restored", ttl, payload, "REPLACE")):
                run.compare_keys([b"lane:restored"])
                run.expect("COPY of RESTORE", [key], *run.control.call("COPY", key, "lane:restored", "REPLACE"))
                run.compare_keys([b"lane:restored"])
    run.control.call("DEL", "lane:restored")

"""Random commands, derived from the servers' own COMMAND DOCS and COMMAND INFO.

Each command's argument tree (types, tokens, optional, multiple, one-of, blocks) is walked at random; names of arguments
choose what a leaf is filled with. A command that the tree alone would use badly has a generator in SPECIAL; one that
cannot be compared at all stands in LEFT_OUT with the reason. Everything else in COMMAND LIST is generated.
"""
import random
import time

import differential_scripts
import newer

# Commands (or "group:NAME", or "prefix|*") that are not generated, each with the reason.
LEFT_OUT = {
    **dict.fromkeys(("subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"),
                    "a subscribed connection gets pushes at any time: pushes have no place in a request-reply order; differential_messages.py subscribes"),
    "pubsub|*": "the listeners of differential_messages.py are counted; messages.py covers it",
    "script|*": "changes which scripts the servers know; scripts.py covers it",
    "function|*": "changes which functions the servers know; functions.py covers it",
    "group:cluster": "one server, cluster mode off",
    "auth": "changes what the connection may do",
    "acl|*": "changes what the connection may do",
    "bgrewriteaof": "a job in the background; its state shows in later replies",
    "bgsave": "a job in the background; its state shows in later replies",
    "save": "holds redis-server up for the length of an RDB file; the restarts of --config restart cover it",
    "client|no-touch": "of Redis 7.2, which newer clients send; 7.0 does not know it",
    "client|setinfo": "of Redis 7.2, which newer clients send; 7.0 does not know it",
    "client|kill": "closes connections of the test itself",
    "client|pause": "holds replies back for a time",
    "client|unpause": "belongs to CLIENT PAUSE",
    "client|reply": "takes replies away, so that they no longer match the commands",
    "client|unblock": "needs a blocked client; blocking.py covers it",
    "client|tracking": "pushes at any time",
    "client|caching": "belongs to CLIENT TRACKING",
    "client|getredir": "belongs to CLIENT TRACKING",
    "client|trackinginfo": "belongs to CLIENT TRACKING",
    "command": "lists the server's own commands; command_table.py compares the rows one by one",
    "command|count": "number of the server's own commands; command_table.py compares the rows one by one",
    "command|list": "lists the server's own commands; command_table.py compares the rows one by one",
    "command|docs": "command_table.py compares the rows one by one",
    "command|info": "command_table.py compares the rows one by one",
    "config|set": "settings differ between the servers; unit tests cover it",
    "config|get": "settings differ between the servers; unit tests cover it",
    "config|rewrite": "writes the configuration file; unit tests cover it",
    "debug": "internals of redis-server",
    "failover": "replication", "psync": "replication", "replconf": "replication", "replicaof": "replication",
    "slaveof": "replication", "sync": "replication", "restore-asking": "cluster",
    "latency|*": "internals and time",
    "lolwut": "a picture that bears the version",
    "memory|*": "internals of the allocator",
    "migrate": "needs a second server",
    "module|*": "loads code",
    "monitor": "pushes at any time",
    "pfselftest": "takes redis-server seconds",
    "quit": "closes the connection; bad_input.py covers it",
    "restore": "random payloads are all refused; a lane restores real ones crosswise",
    "role": "shows replication offsets",
    "scan": "cursors are the server's own; a lane compares whole iterations",
    "shutdown": "ends the server; --config restart does it",
    "slowlog|*": "depends on time", "commandlog|*": "of Valkey 8.1, redis-server does not know it; debug.py covers it",
    "spop": "random members: the servers' states would part; a lane compares it",
    "terrace|*": "Terrace's own", "terrace": "Terrace's own",
    "wait": "replication", "waitaof": "replication",
    "delifeq": "of Valkey 9.0, redis-server does not know it; conditional_delete.py covers it",
    **dict.fromkeys(("hexpire", "hexpireat", "hexpiretime", "hpersist", "hpexpire", "hpexpireat", "hpexpiretime", "hpttl", "httl"),
                    "of Redis 7.4, 7.0 does not know it; field_expiry.py covers it"),
    **dict.fromkeys(("hgetdel", "hgetex", "hsetex"), "of Redis 8.0, 7.0 does not know it; field_expiry.py covers it"),
    **dict.fromkeys(("delex", "digest", "msetex", "sdiffcard", "sunioncard"), "of Redis 8, 7.0 does not know it; newer.py covers it"),
    "xackdel": "of Redis 8.2, 7.0 does not know it; stream_removal.py covers it",
    "xdelex": "of Redis 8.2, 7.0 does not know it; stream_removal.py covers it",
}

# Words that are not drawn where redis-server goes on from its AOF (--config restart), each for a reason.
NOT_IN_AOF = {
    # One that fails makes the key, or makes it longer, all the same, and its AOF does not tell of it.
    "bitfield": {b"FAIL"},
}

# How often a command is drawn; 1 where nothing is said.
WEIGHTS = {
    "set": 10, "get": 8, "del": 1.5, "unlink": 0.7, "mset": 2, "mget": 3, "append": 3, "incr": 2, "incrby": 2, "expire": 2,
    "pexpire": 2, "ttl": 2, "pttl": 2, "persist": 1.5, "exists": 2, "type": 1.5, "getrange": 2, "setrange": 2,
    "flushall": 0.004, "flushdb": 0.01, "keys": 0.15, "select": 0.4, "swapdb": 0.05, "reset": 0.05, "hello": 0.1,
    "move": 0.5, "info": 0.05, "client|list": 0.05, "client|info": 0.05, "time": 0.1, "lastsave": 0.05, "lcs": 0.5,
    "randomkey": 0.3, "dbsize": 0.5, "multi": 0, "exec": 0.1, "discard": 0.1, "watch": 1, "unwatch": 0.3,
    "blpop": 0.2, "brpop": 0.2, "blmove": 0.2, "brpoplpush": 0.2, "blmpop": 0.2, "bzpopmin": 0.2, "bzpopmax": 0.2, "bzmpop": 0.2,
    "hset": 4, "zadd": 5, "sadd": 5, "rpush": 4, "lpush": 4, "geoadd": 3, "pfadd": 3, "config|resetstat": 0.02, "pfdebug": 0.4,
    "xadd": 12, "xreadgroup": 4, "xgroup|create": 2, "xgroup|destroy": 0.2, "xgroup|delconsumer": 0.3, "xgroup|setid": 0.3,
    "xsetid": 0.5, "xtrim": 0.5, "xdel": 1.5,
    "eval": 1, "evalsha": 1, "fcall": 1, "eval_ro": 0.2, "evalsha_ro": 0.2, "fcall_ro": 0.2, "publish": 1, "spublish": 0.3,
}

INTEGERS = [b"0", b"1", b"-1", b"2", b"3", b"7", b"10", b"100", b"-5", b"-100", b"9223372036854775807",
            b"-9223372036854775808", b"9223372036854775806", b"4611686018427387904", b"9223372036854775808",
            b"-9223372036854775809", b"4294967295", b"4294967296", b"2147483647", b"-2147483648"]
BAD_NUMBERS = [b"", b"abc", b"+5", b" 5", b"5 ", b"01", b"0x10", b"1.5", b"1e3", b"-", b"--1", b"nan", b"\x00", b"1\x00"]
REALS = [b"0", b"1", b"-1", b"0.1", b"1.5", b"-2.25", b"3.14159265358979", b"1e10", b"-1e-7", b"5e-324", b"1e300", b"0.30000000000000004",
         b"17", b"1000000000000000000000", b"+inf", b"-inf", b"inf", b"nan", b"abc", b"", b" 1", b"1.", b".5", b"0x1p3", b"1e400"]
FIELDS = [b"field%d" % n for n in range(40)] + [b"", b"17", b"long " * 20]
MEMBERS = [b"m%d" % n for n in range(20)] + [b"", b"1", b"2", b"3", b"-7", b"17", b"text", b"long " * 20]
ODD_KEYS = [b"", b"\x00\xff\r\n", b"{tag}key", b"key with spaces", b"k" * 300, "schl\u00fcssel".encode()]
WORDS = b"the terrace holds what is warm and lets the rest lie on the disk below ".split()


def pairs(reply):
    """A map as a list of alternating names and values (RESP2) as a dict."""
    if isinstance(reply, tuple) and reply[0] == "map":
        return dict(reply[1])
    return dict(zip(reply[::2], reply[1::2])) if isinstance(reply, list) else {}


class Command:
    def __init__(self, name, docs, info):
        self.name = name  # "set", "object|encoding"
        self.words = name.upper().encode().split(b"|")
        self.group = (docs.get(b"group") or b"").decode()
        self.arguments = docs.get(b"arguments") or []
        self.flags = {bytes(flag).decode() for flag in as_list(info[2])} if info else set()
        self.blocking = "blocking" in self.flags
        self.timed = any(mark in repr(self.arguments) for mark in ("seconds", "b'ttl'", "unix-time"))


def as_list(reply):
    return reply[1] if isinstance(reply, tuple) and reply[0] == "set" else reply


def read_commands(client):
    """{name: Command} of a server, subcommands as "container|sub"."""
    commands = {}
    docs = pairs(client.ok("COMMAND", "DOCS"))
    # LIST names the subcommands too; they are reached through their container. Its order is another in each redis-server,
    # and a seed must draw the same commands again.
    names = sorted(name.decode().lower() for name in as_list(client.ok("COMMAND", "LIST")) if b"|" not in name)
    rows = client.ok("COMMAND", "INFO", *names)
    for name, row in zip(names, rows):
        page = pairs(docs.get(name.encode(), []))
        if not isinstance(row, list) or len(row) < 6:
            raise AssertionError(f"COMMAND INFO {name} answered {row!r}")
        below = pairs(page.get(b"subcommands", []))
        group = page.get(b"group")
        rows_below = {sub[0].decode().lower(): sub for sub in as_list(row[9])} if len(row) > 9 else {}
        for sub_name in sorted(set(rows_below) | {name.decode().lower() for name in below}):
            sub_page = {b"group": group, **pairs(below.get(sub_name.encode(), []))}
            commands[sub_name] = Command(sub_name, sub_page, rows_below.get(sub_name))
        if not rows_below and not below or name == "command":
            commands[name] = Command(name, page, row)
    return commands


def reason_left_out(command):
    return (LEFT_OUT.get(command.name) or LEFT_OUT.get(command.name.split("|")[0] + "|*")
            or LEFT_OUT.get("group:" + command.group))


class Dictionary:
    def __init__(self, seed, commands, keys=40, large=False, restarts=False, group=None):
        self.random, self.group = random.Random(seed), group
        self.keys, self.large = keys, large
        self.words_left_out = NOT_IN_AOF if restarts else {}
        self.commands = {name: command for name, command in commands.items() if not reason_left_out(command)}
        plain = list(self.commands.values())
        self.plain, self.plain_weights = plain, self.cumulated(plain)
        within = [command for command in self.commands.values()
                  if command.name not in ("exec", "discard", "reset")]
        self.within, self.within_weights = within, self.cumulated(within)
        # What scripts call: they may not call scripts.
        called = [command for command in within if command.name not in differential_scripts.COMMANDS]
        self.called, self.called_weights = called, self.cumulated(called)
        self.added = 0  # entries of streams
        self.noise = random.Random(seed + 1).randbytes(1 << 16)
        self.counts = dict.fromkeys(self.commands, 0)

    def weight(self, command):
        """With a group chosen all of its commands are drawn often, and few others, above all none that empty everything."""
        usual = WEIGHTS.get(command.name, 1.0)
        if self.group is None:
            return usual
        return max(usual, 1.0) if command.group == self.group else usual / 100

    def cumulated(self, commands):
        total, sums = 0.0, []
        for command in commands:
            total += self.weight(command)
            sums.append(total)
        return sums

    # --- leaves
    def key(self, group):
        chance = self.random.random()
        if group == "hyperloglog" and chance > 0.6:
            return b"registers:%d" % self.random.randrange(20)  # no other commands have these
        if chance < 0.02:
            return self.random.choice(ODD_KEYS)
        if chance < 0.10:
            group = self.random.choice(("string", "hash", "list", "set", "sorted-set", "hyperloglog", "bitmap", "geo", "stream"))
        elif group not in ("hash", "list", "set", "sorted-set", "hyperloglog", "bitmap", "geo", "stream"):
            group = "string" if chance < 0.6 else self.random.choice(("string", "hash", "list", "set", "sorted-set"))
        return b"%s:%d" % (group.encode(), int(self.random.random() ** 2 * self.keys))

    def value(self):
        pick = self.random.random
        chance = pick()
        if chance < 0.25:
            return self.integer()
        if chance < 0.28:
            return b""
        if chance < 0.34:
            return self.random.choice(REALS)
        if chance < 0.75:
            return b" ".join(self.random.choices(WORDS, k=1 + int(pick() * 12)))
        if chance < 0.93:
            size = int(pick() * (1500 if self.large else 80))
        elif chance < 0.985 or not self.large and chance < 0.998:
            size = int(pick() * 6000 if self.large else pick() * 400)
        else:
            size = int(pick() * 40000)
        at = int(pick() * 1000)
        if chance * 1000 % 1 < 0.5:
            return self.noise[at:at + size]
        return (b"%d " % at + WORDS[at % len(WORDS)] * 4) * (size // 30 + 1)

    def integer(self, bad=0.04):
        chance = self.random.random()
        if chance < bad:
            return self.random.choice(BAD_NUMBERS)
        if chance < 0.25:
            return self.random.choice(INTEGERS)
        return b"%d" % self.random.randint(-30, 300)

    def real(self):
        return self.random.choice(REALS) if self.random.random() < 0.5 else b"%.4g" % self.random.uniform(-1000, 1000)

    def small(self, low, high, edge=0.04):
        if self.random.random() < edge:
            return self.integer(0.3)
        return b"%d" % self.random.randint(low, high)

    def relative(self, unit):
        """A time to live: far away (never two alike, so that GT and LT are the same on both), past, or not a number."""
        chance = self.random.random()
        if chance < 0.06:
            return self.random.choice([b"0", b"-1", b"-100", b"abc", b"", b"9223372036854775807", b"-9223372036854775808",
                                       b"9223372036854775", b"1.5"])
        return b"%d" % (self.random.randint(10_000, 900_000_000) * unit + (self.random.randrange(unit) if unit > 1 else 0))

    def absolute(self, unit):
        chance = self.random.random()
        if chance < 0.06:
            return self.random.choice([b"0", b"-1", b"1", b"1000", b"abc", b"", b"9223372036854775807", b"-9223372036854775808"])
        return b"%d" % ((int(time.time()) + self.random.randint(10_000, 900_000_000)) * unit)

    def leaf(self, command, kind, name):
        if kind == "key":
            return self.key(command.group)
        if command.name == "set" and name.startswith("unix-time"):
            # SET with a time in the past leaves a key that DBSIZE counts until somebody touches it: not on both at once.
            return b"%d" % ((int(time.time()) + self.random.randint(10_000, 900_000_000)) * (1000 if "milli" in name else 1))
        if command.group == "bitmap" and name == "offset":
            return bit_offset(self)
        special = LEAVES.get(name)
        if special:
            return special(self)
        if kind == "integer":
            return self.integer()
        if kind == "double":
            return self.real()
        if kind == "pattern":
            return self.random.choice([b"*", b"string:*", b"*1*", b"s[a-z]*:?", b"hash:[^1]*", b"nothing", b"\\*", b"", b"*:1[0-5]", b"m*",
                                       b"[", b"f*d1", b"**a**"])
        if kind == "unix-time":
            return self.absolute(1)
        return self.value()

    # --- trees
    def tree(self, command, arguments, out):
        for argument in arguments:
            fields = argument if type(argument) is dict else pairs(argument)
            flags = {bytes(flag) for flag in as_list(fields.get(b"flags", []))}
            if b"optional" in flags and self.random.random() < 0.6:
                continue
            times = 1
            if b"multiple" in flags:
                times = 1 if self.random.random() < 0.5 else self.random.randint(2, 5)
            token = fields.get(b"token")
            for turn in range(times):
                if token is not None and (turn == 0 or b"multiple_token" in flags):
                    out.append(token if self.random.random() < 0.8 else token.lower())
                self.one(command, fields, out)

    def one(self, command, fields, out):
        kind = fields[b"type"].decode()
        if kind == "oneof":
            left_out = self.words_left_out.get(command.name, ())
            choices = [each for each in fields[b"arguments"] if (each if type(each) is dict else pairs(each)).get(b"token") not in left_out]
            self.tree(command, [self.random.choice(choices)], out)
        elif kind == "block":
            self.tree(command, fields[b"arguments"], out)
        elif kind != "pure-token":
            out.append(self.leaf(command, kind, fields[b"name"].decode()))

    def arguments(self, command):
        special = SPECIAL.get(command.name)
        out = list(command.words)
        if special:
            out += special(self)
        else:
            self.tree(command, command.arguments, out)
        return out

    def bend(self, command, out):
        """Now and then something is wrong with a command."""
        chance = self.random.random()
        # The timeout must stay a short one; a script's arguments are told apart by their numbers.
        if command.blocking or command.name in differential_scripts.COMMANDS:
            return out
        if chance < 0.93 or command.name in ("multi", "exec", "discard", "reset") or out[1:] and out[1].startswith(b"lex:"):
            return out
        if chance < 0.94:
            out[0] = out[0].lower() if chance < 0.935 else out[0].title()
        elif chance < 0.955:
            if len(out) > 1 and out != [b"COMMAND", out[-1]]:
                out.pop()
        elif chance < 0.97:
            if command.name in newer.ARITIES:
                return out  # it may have one more argument since
            out.append(self.value()[:100])
        elif chance < 0.985:
            if len(out) > len(command.words):
                # A number in the place of a time would expire while the test looks on.
                junk = self.random.choice((b"abc", b"", b"1.5x")) if command.timed else self.value()[:200]
                out[self.random.randrange(len(command.words), len(out))] = junk
        elif chance < 0.995:
            if len(out) > len(command.words):
                out[self.random.randrange(len(command.words), len(out))] = self.random.choice(
                    (b"NX", b"XX", b"GET", b"EX", b"GT", b"LT", b"LIMIT", b"COUNT", b"WITHSCORES", b"MATCH", b"KEEPTTL", b"BYTE"))
        elif chance < 0.997:
            out[0] += b"X"
        return out

    def draw(self):
        """The next commands: [(name, arguments)], one, or a whole transaction."""
        if self.random.random() < 0.01:
            return self.transaction()
        command = self.random.choices(self.plain, cum_weights=self.plain_weights)[0]
        return [self.made(command)]

    def made(self, command):
        self.counts[command.name] += 1
        return command.name, self.bend(command, self.arguments(command))

    def transaction(self):
        out = [("multi", [b"MULTI"])]
        for command in self.random.choices(self.within, cum_weights=self.within_weights, k=self.random.randint(0, 8)):
            out.append(self.made(command))
        end = "exec" if self.random.random() < 0.85 else "discard"
        self.counts["multi"] += 1
        self.counts[end] += 1
        return out + [(end, [end.upper().encode()])]


LEAVES = {
    "seconds": lambda d: d.relative(1), "ttl": lambda d: d.relative(1000), "milliseconds": lambda d: d.relative(1000),
    "unix-time-seconds": lambda d: d.absolute(1), "unix-time-milliseconds": lambda d: d.absolute(1000),
    "db": lambda d: d.small(0, 3), "index": lambda d: d.small(-12, 12), "index1": lambda d: d.small(0, 3),
    "index2": lambda d: d.small(0, 3), "destination-db": lambda d: d.small(0, 3),
    "start": lambda d: d.small(-120, 120), "end": lambda d: d.small(-120, 400), "stop": lambda d: d.small(-20, 40),
    "offset": lambda d: d.random.choice((b"-1", b"abc", b"536870912", b"4294967296", b"")) if d.random.random() < 0.04
              else b"%d" % (d.random.randrange(60) if d.random.random() < 0.7 else d.random.randrange(3000)),
    "bit": lambda d: d.random.choice((b"0", b"1", b"1", b"2", b"x")),
    "count": lambda d: d.small(-3, 12), "len": lambda d: d.small(0, 20), "rank": lambda d: d.small(-4, 4),
    "num-matches": lambda d: d.small(0, 4), "limit": lambda d: d.small(0, 10), "numkeys": lambda d: d.small(1, 3),
    "timeout": lambda d: b"0.01", "weight": lambda d: d.real(), "cursor": lambda d: b"0",
    "field": lambda d: d.random.choice(FIELDS), "member": lambda d: d.random.choice(MEMBERS),
    "member1": lambda d: d.random.choice(MEMBERS), "member2": lambda d: d.random.choice(MEMBERS),
    "element": lambda d: d.random.choice(MEMBERS), "pivot": lambda d: d.random.choice(MEMBERS),
    "increment": lambda d: d.integer() if d.random.random() < 0.5 else d.real(), "decrement": lambda d: d.integer(),
    "encoding": lambda d: b"%s%d" % (d.random.choice((b"u", b"i")), d.random.choice((1, 2, 5, 8, 16, 31, 63, 64, 65))),
    "type": lambda d: d.random.choice((b"string", b"list", b"hash", b"set", b"zset", b"nothing")),
    "protover": lambda d: d.random.choice((b"2", b"3", b"3", b"4", b"x")),
    "connection-name": lambda d: d.random.choice((b"name", b"two words", b"", b"other")),
    "operation": lambda d: d.random.choice((b"AND", b"OR", b"XOR", b"NOT", b"nand")),
    "min": lambda d: bound(d), "max": lambda d: bound(d), "score": lambda d: d.real(),
    "section": lambda d: d.random.choice((b"server", b"memory", b"keyspace", b"stats", b"nothing", b"everything", b"all")),
    "event": lambda d: b"command", "channel": lambda d: b"channel:%d" % d.random.randrange(4), "shardchannel": lambda d: b"shard",
    "message": lambda d: d.value()[:60],
}


def bound(d):
    chance = d.random.random()
    if chance < 0.5:
        return d.random.choice((b"-inf", b"+inf", b"0", b"(1", b"5", b"(100", b"-10", b"abc"))
    if chance < 0.8:
        return d.random.choice((b"-", b"+", b"[a", b"(m1", b"[m5", b"[z", b"m"))
    return d.real()


def numbered_keys(group, extra=lambda d: []):
    def make(d):
        keys = [d.key(group) for _ in range(d.random.randint(1, 4))]
        count = len(keys) if d.random.random() < 0.95 else d.random.randint(-1, 5)
        return [b"%d" % count, *keys, *extra(d)]
    return make


def numbered_target(group, extra=lambda d: []):
    make = numbered_keys(group, extra)
    return lambda d: [d.key(group), *make(d)]


def of_tree(d, name, skip):
    """The arguments of `name`'s tree but for those named in `skip`."""
    out = []
    command = d.commands[name]
    d.tree(command, [a for a in command.arguments if pairs(a).get(b"name").decode() not in skip], out)
    return out


# --- streams: few keys; ids are told, for those that a server makes come from its clock
def stream_key(d):
    return b"stream:%d" % d.random.randrange(6) if d.random.random() < 0.97 else d.key("hash")


def stream_id(d):
    """Mostly of an entry that some stream has, or had."""
    chance = d.random.random()
    if chance < 0.04:
        return d.random.choice((b"0", b"0-0", b"7", b"abc", b"1-x", b"-", b"+", b"$", b">", b"18446744073709551615-18446744073709551615", b"5-", b"007-1"))
    return b"%d-%d" % (max(d.added - d.random.randrange(10 if chance < 0.3 else 300), 1) // 4, d.random.randrange(2))


def stream_trim(d):
    mark = d.random.choice(([], [b"="], [b"~"], [b"~"]))
    limit = [b"LIMIT", d.small(0, 300)] if mark == [b"~"] and d.random.random() < 0.5 else []
    if d.random.random() < 0.5:
        return [b"MAXLEN", *mark, d.small(0, 200), *limit]
    return [b"MINID", *mark, stream_id(d), *limit]


def xadd(d):
    d.added += 1
    chance = d.random.random()
    at = stream_id(d) if chance < 0.05 else b"%d-*" % (d.added // 4) if chance < 0.4 else b"%d-%d" % (d.added // 4, d.added % 4)
    if at.startswith(b"18446744073709551615"):
        at = b"*x"  # once this entry is deleted and XSETID has gone back, XTRIM MINID in redis-server stops where it lay
    fields = [b"name", b"text"] if d.random.random() < 0.7 else d.random.sample(FIELDS, d.random.randint(1, 3))
    out = [stream_key(d)] + d.random.choice(([], [], [], [], [b"NOMKSTREAM"]))
    if d.random.random() < 0.1:
        out += stream_trim(d)
    return out + [at] + [part for field in fields for part in (field, d.value()[:300])]


def stream_ids(d):
    return [stream_id(d) for _ in range(d.random.randint(1, 5))]


def stream_interval(d):
    ends = [d.random.choice((b"-", b"+", b"(")) if d.random.random() < 0.4 else stream_id(d) for _ in range(2)]
    return sorted(b"(" + stream_id(d) if end == b"(" else end for end in ends)


def stream_range(backward):
    def make(d):
        ends = stream_interval(d)
        count = [b"COUNT", d.small(-1, 20)] if d.random.random() < 0.8 else []
        return [stream_key(d), *(reversed(ends) if backward else ends), *count]
    return make


def stream_group(d):
    return d.random.choice((b"group", b"group", b"group", b"other", b""))


def consumer(d):
    return d.random.choice((b"ann", b"bob", b"someone with a longer name", b"zoe"))


def idle(d):
    return d.random.choice((b"0", b"0", b"0", b"100000000", b"-1", b"abc"))


def stream_wait(d):
    return [b"BLOCK", b"10"] if d.random.random() < 0.06 else []


def xread(d):
    keys = [stream_key(d) for _ in range(d.random.randint(1, 3))]
    return [*([b"COUNT", d.small(-1, 9)] if d.random.random() < 0.8 else []), *stream_wait(d), b"STREAMS", *keys, *(stream_id(d) for _ in keys)]


def xreadgroup(d):
    keys = [stream_key(d) for _ in range(d.random.choice((1, 1, 1, 2)))]
    ids = [b">" if d.random.random() < 0.7 else stream_id(d) for _ in keys]
    return [b"GROUP", stream_group(d), consumer(d), b"COUNT", d.small(0, 9), *d.random.choice(([], [], [b"NOACK"])), *stream_wait(d), b"STREAMS",
            *keys, *ids]


def xclaim(d):
    out = [stream_key(d), stream_group(d), consumer(d), idle(d), *stream_ids(d)]
    options = ([b"FORCE"], [b"JUSTID"], [b"IDLE", b"1000000"], [b"TIME", b"1600000000000"], [b"RETRYCOUNT", d.small(-1, 5)], [b"LASTID", stream_id(d)])
    for option in d.random.sample(options, d.random.choice((0, 0, 1, 2))):
        out += option
    return out


def xautoclaim(d):
    return [stream_key(d), stream_group(d), consumer(d), idle(d), d.random.choice((b"0", b"-", stream_id(d))), b"COUNT", d.small(0, 9),
            *d.random.choice(([], [b"JUSTID"]))]


def xpending(d):
    out = [stream_key(d), stream_group(d)]
    if d.random.random() < 0.3:
        return out
    out += [[], [b"IDLE", idle(d)]][d.random.random() < 0.3] + stream_interval(d) + [d.small(-1, 20)]
    return out + d.random.choice(([], [consumer(d)]))


def xsetid(d):
    more = d.random.choice(([], [b"ENTRIESADDED", d.random.choice((b"0", b"20", b"500", b"-1", b"x"))], [b"MAXDELETEDID", stream_id(d)]))
    return [stream_key(d), b"%d-%d" % (d.added // 4, d.random.randrange(3)), *more]


def on_group(*more):
    return lambda d: [stream_key(d), stream_group(d), *(part(d) for part in more)]


def reads_told(d):
    # Not near the greatest number: redis-server counts on from there, and refuses its own AOF then.
    return d.random.choice(([], [], [b"ENTRIESREAD", d.random.choice((b"-1", b"0", b"3", b"100", b"abc", b"-2"))]))


def small_keys(d):
    # LCS takes time by the product of the lengths: keys of its own, always short.
    return [b"lcs:%d" % d.random.randrange(4), b"lcs:%d" % d.random.randrange(4)]


def lcs(d):
    if d.random.random() < 0.1:
        return [d.key("hash"), *small_keys(d)[:1]]
    return small_keys(d) + of_tree(d, "lcs", {"key1", "key2"})


def pattern_sort(d, name):
    # No BY: elements of equal weight come in the input's order, which is the server's own for sets.
    # No sorted sets: redis-server takes their small encoding from them in order to sort (the differential test's own lane has them).
    out = [d.key(d.random.choice(("list", "set")))]
    if d.random.random() < 0.3:
        out += [b"LIMIT", d.small(-1, 4), d.small(-1, 9)]
    for _ in range(d.random.randrange(3)):
        out += [b"GET", d.random.choice((b"#", b"string:*", b"hash:*->field2"))]
    out += d.random.choice(([], [b"ASC"], [b"DESC"]))
    # Stored only as texts: what redis-server refuses for another command's number (compare.refused_for_another) would part the states.
    if name == "sort" and d.random.random() < 0.3:
        return out + [b"ALPHA", b"STORE", d.key("list")]
    return out + d.random.choice(([], [b"ALPHA"], [b"ALPHA"]))


def lexical_key(d):
    # A range by name is defined only where all scores are equal: keys of its own, and some that never hold a sorted set.
    return b"lex:%d" % d.random.randrange(6) if d.random.random() < 0.95 else b"registers:%d" % d.random.randrange(20)


def lexical(name):
    def make(d):
        return [lexical_key(d), *of_tree(d, name, {"key"})]
    return make


def zadd(d):
    if d.random.random() < 0.15:
        return [b"lex:%d" % d.random.randrange(6), b"0", d.random.choice(MEMBERS)]
    out = []
    d.tree(d.commands["zadd"], d.commands["zadd"].arguments, out)
    return out


def zrange(d):
    choice = d.random.random()
    if choice < 0.2:
        return [lexical_key(d), lexical_bound(d), lexical_bound(d), b"BYLEX", *d.random.choice(([], [b"REV"], [b"LIMIT", b"1", b"3"]))]
    if choice < 0.5:
        return [d.key("sorted-set"), bound(d), bound(d), b"BYSCORE", *d.random.choice(([], [b"REV"], [b"WITHSCORES"], [b"LIMIT", b"1", b"3"]))]
    return [d.key("sorted-set"), d.small(-20, 20), d.small(-20, 20), *d.random.choice(([], [b"REV"], [b"WITHSCORES"], [b"LIMIT", b"0", b"1"]))]


def lexical_bound(d):
    return d.random.choice((b"-", b"+", b"[a", b"(m1", b"[m5", b"[z", b"m", b"", b"["))


# --- places: few keys; crowds, the same place for several, the date line and the northern and southern ends
SAME_PLACES = [(b"13.361389", b"38.115556"), (b"0", b"0"), (b"179.99999", b"-0.0"), (b"-180", b"85.05112878"), (b"180", b"-85.05112878"),
               (b"2.349014", b"48.864716"), (b"-179.99999", b"0.00001")]
BAD_PLACES = [(b"181", b"0"), (b"0", b"85.06"), (b"abc", b"0"), (b"0", b""), (b"-inf", b"nan"), (b"1e300", b"5"), (b" 1", b"1")]


def geo_key(d):
    return b"geo:%d" % d.random.randrange(8) if d.random.random() < 0.97 else d.key("hash")


def geo_target(d):
    # Mostly not where the places are: distances as scores are places, too, but all in one corner.
    return geo_key(d) if d.random.random() < 0.2 else b"geo:%d" % d.random.randrange(8, 12)


def geo_member(d):
    return d.random.choice(MEMBERS) if d.random.random() < 0.3 else b"place %d" % d.random.randrange(300)


def place(d):
    chance, near = d.random.random(), d.random.uniform
    if chance < 0.01:
        return d.random.choice(BAD_PLACES)
    if chance < 0.2:
        return d.random.choice(SAME_PLACES)
    if chance < 0.5:
        east, north = near(12, 16), near(36, 39)
    elif chance < 0.65:
        east, north = near(179, 180) * d.random.choice((1, -1)), near(-20, 20)
    elif chance < 0.8:
        east, north = near(-180, 180), near(78, 85.05) * d.random.choice((1, -1))
    else:
        east, north = near(-180, 180), near(-85, 85)
    return b"%.*f" % (d.random.choice((0, 1, 6, 9)), east), b"%.*f" % (d.random.choice((0, 1, 6, 9)), north)


def geoadd(d):
    out = [geo_key(d), *d.random.choice(([], [], [], [], [b"NX"], [b"XX"], [b"CH"], [b"nx", b"CH"], [b"XX", b"ch"], [b"NX", b"XX"], [b"GT"]))]
    for _ in range(d.random.randint(1, 5) if d.random.random() < 0.95 else 150):
        out += [*place(d), geo_member(d)]
    return out


def length(d):
    chance = d.random.random()
    if chance < 0.04:
        return d.random.choice((b"0", b"-1", b"abc", b"", b"inf", b"1e300", b"1e-300", b"nan"))
    return b"%.6g" % 10 ** d.random.uniform(-1, 4.3)


def unit(d):
    return d.random.choice((b"m", b"km", b"km", b"KM", b"ft", b"mi", b"mi")) if d.random.random() < 0.99 else b"parsec"


def found_options(d, told):
    options = [[b"COUNT", d.small(0, 40)], [b"count", d.small(1, 9), b"ANY"], [b"ASC"], [b"DESC"], [b"desc"]]
    options += [[b"WITHDIST"], [b"WITHCOORD"], [b"WITHHASH"]] * told
    return d.random.sample(options, d.random.choice((0, 1, 2, 2, 3)))


def geosearch(stores):
    def make(d):
        parts = [[b"FROMMEMBER", geo_member(d)] if d.random.random() < 0.4 else [b"FROMLONLAT", *place(d)],
                 [b"BYBOX", length(d), length(d), unit(d)] if d.random.random() < 0.5 else [b"BYRADIUS", length(d), unit(d)]]
        if d.random.random() < 0.03:
            parts[d.random.randrange(2)] = d.random.choice(([], [b"FROMMEMBER", b"m1"], [b"BYRADIUS", b"1", b"km"], [b"BYBOX", b"1", b"km"]))
        parts += found_options(d, told=not stores or d.random.random() < 0.05)
        if stores and d.random.random() < 0.4:
            parts.append([b"STOREDIST"])
        d.random.shuffle(parts)
        return [*([geo_target(d)] if stores else []), geo_key(d), *(part for group in parts for part in group)]
    return make


def georadius(by_member, may_store):
    def make(d):
        out = [geo_key(d), *([geo_member(d)] if by_member else place(d)), length(d), unit(d)]
        stores = may_store and d.random.random() < 0.3
        parts = found_options(d, told=not stores or d.random.random() < 0.05)
        if stores or d.random.random() < 0.02:
            parts += [[d.random.choice((b"STORE", b"STOREDIST")), geo_target(d)] for _ in range(d.random.choice((1, 1, 1, 2)))]
        d.random.shuffle(parts)
        return out + [part for group in parts for part in group]
    return make


def of_places(count):
    return lambda d: [geo_key(d), *(geo_member(d) for _ in range(d.random.choice(count)))]


def hrandfield(d):
    # Never minus a billion: as many replies would be due.
    count = [] if d.random.random() < 0.3 else [d.random.choice((b"0", b"1", b"2", b"5", b"40", b"-1", b"-7", b"-100", b"9223372036854775807",
                                                                b"-9223372036854775808", b"abc", b""))]
    return [d.key("hash"), *count, *d.random.choice(([], [], [b"WITHVALUES"], [b"withvalues"], [b"WRONG"]))]


def set_member(d, key):
    """Keys by their last digit: integers alone, as intsets are of, or whatever there is."""
    if key[-1:] not in b"0123" or d.random.random() < 0.01:
        return d.random.choice(MEMBERS)
    return d.random.choice(INTEGERS) if d.random.random() < 0.1 else b"%d" % d.random.randint(-12, 12)


def of_set(many):
    def make(d):
        key = d.key("set")
        return [key, *(set_member(d, key) for _ in range(d.random.randint(1, 4) if many else 1))]
    return make


def sadd(d):
    key = d.key("set")
    if key[-1:] in b"45" and d.random.random() < 0.05:
        return [key, *(b"member of many %d" % d.random.randrange(400) for _ in range(d.random.randint(1, 200)))]
    return [key, *(set_member(d, key) for _ in range(d.random.randint(1, 5)))]


def smove(d):
    key = d.key("set")
    return [key, d.key("set"), set_member(d, key)]


def srandmember(d):
    # As hrandfield.
    return [d.key("set"), *hrandfield(d)[1:2]]


def bit_offset(d):
    # Never such that a string of many MiB is made; refused ones are the same whatever their size.
    if d.random.random() < 0.04:
        return d.random.choice((b"-1", b"abc", b"4294967296", b"9223372036854775807", b"", b"#x", b"#", b"#-1", b"#4294967296"))
    place = d.random.randrange(60) if d.random.random() < 0.7 else d.random.randrange(20_000)
    return b"%s%d" % (b"#" if d.random.random() < 0.1 else b"", place)


def setbit(d):
    return [d.key("bitmap"), bit_offset(d), d.random.choice((b"0", b"1", b"1", b"1")) if d.random.random() < 0.95 else d.integer()]


def pfadd(d):
    """By their last digit: few elements, or so many that the registers get dense."""
    key = d.key("hyperloglog")
    if not key.startswith(b"registers:"):
        # One at most: where others damaged the registers, redis-server replies an error and keeps what came before it, which neither
        # its AOF nor Terrace knows of.
        return [key, *(d.random.choice(MEMBERS) for _ in range(d.random.randrange(2)))]
    if key[-1:] in b"0123" and d.random.random() < 0.3:
        return [key, *(b"element %d" % d.random.randrange(20_000) for _ in range(d.random.randint(1, 300)))]
    return [key, *(d.random.choice(MEMBERS) if d.random.random() < 0.2 else b"%d" % d.random.randrange(2000) for _ in range(d.random.randrange(5)))]


def hello(d):
    return d.random.choice(([], [b"2"], [b"3"], [b"3", b"SETNAME", b"name"], [b"4"], [b"x"], [b"2", b"NONSENSE"],
                            [b"3", b"SETNAME", b"bob", b"NONSENSE"], [b"2", b"SETNAME", b"ann", b"AUTH", b"nobody", b"x"],
                            [b"2", b"SETNAME", b"a b"], [b"2", b"AUTH", b"default", b"x", b"SETNAME", b"joe", b"SETNAME"]))


SPECIAL = {
    "lcs": lcs, "hello": hello, "hrandfield": hrandfield, "zadd": zadd, "zrange": zrange,
    "zrangestore": lambda d: [d.key("sorted-set"), *zrange(d)],
    "xadd": xadd, "xrange": stream_range(False), "xrevrange": stream_range(True), "xread": xread, "xreadgroup": xreadgroup,
    "xdel": lambda d: [stream_key(d), *stream_ids(d)], "xtrim": lambda d: [stream_key(d), *stream_trim(d)], "xlen": lambda d: [stream_key(d)],
    "xack": lambda d: [stream_key(d), stream_group(d), *stream_ids(d)], "xclaim": xclaim, "xautoclaim": xautoclaim, "xpending": xpending,
    "xsetid": xsetid, "xgroup|create": lambda d: [*on_group()(d), d.random.choice((b"0", b"$", stream_id(d))),
                                                  *d.random.choice(([], [b"MKSTREAM"])), *reads_told(d)],
    "xgroup|setid": lambda d: [*on_group(stream_id)(d), *reads_told(d)], "xgroup|destroy": on_group(),
    "xgroup|createconsumer": on_group(consumer), "xgroup|delconsumer": on_group(consumer), "xinfo|consumers": on_group(),
    "xinfo|groups": lambda d: [stream_key(d)],
    "xinfo|stream": lambda d: [stream_key(d), *d.random.choice(([], [b"FULL"], [b"FULL", b"COUNT", d.small(-1, 20)]))],
    "sadd": sadd, "srem": of_set(True), "smismember": of_set(True), "sismember": of_set(False), "smove": smove,
    "srandmember": srandmember,
    "geoadd": geoadd, "geohash": of_places((0, 1, 3)), "geopos": of_places((0, 1, 3)),
    "geodist": lambda d: [*of_places((2,))(d), *([] if d.random.random() < 0.5 else [unit(d)])],
    "geosearch": geosearch(stores=False), "geosearchstore": geosearch(stores=True),
    "georadius": georadius(False, True), "georadius_ro": georadius(False, False),
    "georadiusbymember": georadius(True, True), "georadiusbymember_ro": georadius(True, False),
    "setbit": setbit, "pfadd": pfadd,
    **{name: differential_scripts.script(name) for name in differential_scripts.COMMANDS},
    "pfdebug": lambda d: [d.random.choice((b"GETREG", b"DECODE", b"decode", b"ENCODING", b"TODENSE", b"WRONG")), d.key("hyperloglog")],
    **{name: lexical(name) for name in ("zlexcount", "zrangebylex", "zrevrangebylex", "zremrangebylex")},
    "sort": lambda d: pattern_sort(d, "sort"), "sort_ro": lambda d: pattern_sort(d, "sort_ro"),
    "select": lambda d: [d.random.choice((b"0", b"0", b"0", b"0", b"1", b"2", b"3", b"-1", b"99", b"abc"))],
    "command|getkeys": lambda d: d.made(d.random.choice(d.plain))[1],
    "command|getkeysandflags": lambda d: d.made(d.random.choice(d.plain))[1],
    "flushall": lambda d: d.random.choice(([], [b"ASYNC"], [b"SYNC"], [b"WRONG"])),
    "flushdb": lambda d: d.random.choice(([], [b"ASYNC"], [b"SYNC"], [b"WRONG"])),
    "sintercard": numbered_keys("set", lambda d: [b"LIMIT", d.small(0, 5)] if d.random.random() < 0.4 else []),
    "zintercard": numbered_keys("sorted-set", lambda d: [b"LIMIT", d.small(0, 5)] if d.random.random() < 0.4 else []),
    "zunion": numbered_keys("sorted-set", lambda d: of_tree(d, "zunion", {"numkeys", "key"})),
    "zinter": numbered_keys("sorted-set", lambda d: of_tree(d, "zinter", {"numkeys", "key"})),
    "zdiff": numbered_keys("sorted-set", lambda d: of_tree(d, "zdiff", {"numkeys", "key"})),
    "zunionstore": numbered_target("sorted-set", lambda d: of_tree(d, "zunionstore", {"destination", "numkeys", "key"})),
    "zinterstore": numbered_target("sorted-set", lambda d: of_tree(d, "zinterstore", {"destination", "numkeys", "key"})),
    "zdiffstore": numbered_target("sorted-set"),
    "lmpop": numbered_keys("list", lambda d: of_tree(d, "lmpop", {"numkeys", "key"})),
    "zmpop": numbered_keys("sorted-set", lambda d: of_tree(d, "zmpop", {"numkeys", "key"})),
    "blmpop": lambda d: [b"0.01", *numbered_keys("list", lambda d: [b"LEFT"])(d)],
    "bzmpop": lambda d: [b"0.01", *numbered_keys("sorted-set", lambda d: of_tree(d, "bzmpop", {"timeout", "numkeys", "key"}))(d)],
}

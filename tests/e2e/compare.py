"""How the replies of two servers are compared: byte for byte, but for what depends on time, chance or order."""
import math
import re

import differential_scripts
import newer
from harness import Error, Simple

TIME_TOLERANCE_MS = 10_000

# Replies that count time: equal within the tolerance.
TIMES = {"ttl": 1000, "expiretime": 1000, "pttl": 1, "pexpiretime": 1, "time": 1, "lastsave": 1}
# Order is the server's own.
UNORDERED = {"keys", "smembers", "sdiff", "sinter", "sunion", "hkeys", "hvals"}
UNORDERED_PAIRS = {"hgetall"}
# Only the shape is compared: type, and for arrays of one reply's fields the field names.
SHAPE = {
    "randomkey", "srandmember", "hrandfield", "zrandmember", "object|freq", "object|idletime", "object|refcount",
    "client|id", "dump", "time", "lastsave", "hscan", "sscan", "zscan",
}
FIELDS = {"hello"}
# Streams: what is told of times, and of redis-server's radix tree.
STREAM_INFO = {"xpending", "xinfo|stream", "xinfo|groups", "xinfo|consumers"}
STREAM_NEWER = {b"inactive", b"active-time"}
STREAM_TIMES = {b"idle", b"seen-time", b"radix-tree-nodes"}
# redis-server's AOF does not tell of these, so after a restart it knows less.
STREAM_LOST = {"xpending", "xinfo|stream", "xinfo|groups", "xinfo|consumers", "xgroup|createconsumer"}
LINES = {"info", "client|list", "client|info"}  # text of name:value or name=value


def shape(value):
    """Type of a reply, deep, without its content; errors keep theirs."""
    if isinstance(value, Error):
        return value
    if isinstance(value, Simple):
        return "simple"
    if isinstance(value, list):
        return ["array"] + [shape(item) for item in value]
    if isinstance(value, tuple):
        return value[0]
    return type(value).__name__


def field_names(value):
    if isinstance(value, tuple) and value[0] == "map":
        return sorted(name for name, _ in value[1])
    return sorted(value[::2]) if isinstance(value, list) else shape(value)


def line_names(value):
    """Names in INFO or CLIENT LIST text."""
    if isinstance(value, tuple) and value[0] == "verbatim":
        value = value[1]
    if not isinstance(value, bytes) or isinstance(value, Error):
        return None
    first = value.split(b"\n", 1)[0]
    if b"=" in first and not first.startswith(b"#"):
        return {part.split(b"=")[0] for part in first.split() if b"=" in part}
    return {line.split(b":")[0] for line in value.splitlines() if b":" in line and not line.startswith(b"#")}


def numbers_near(left, right, unit_ms):
    if left == right:
        return True
    if type(left) is not int or type(right) is not int or left < 0 or right < 0:
        return False
    return abs(left - right) * unit_ms <= TIME_TOLERANCE_MS


def items(value):
    return value[1] if isinstance(value, tuple) and value[0] in ("set", "map") else value


def unordered(value, pairs):
    content = items(value)
    if not isinstance(content, list):
        return value
    if pairs and not isinstance(value, tuple):
        content = list(zip(content[::2], content[1::2]))
    return shape(value)[0] if isinstance(value, list) else value[0], sorted(map(repr, content))


def as_of_7_0(name, value):
    """XINFO without what 7.2 tells of consumers: when they were active, and those that were created though there was nothing for them."""
    if isinstance(value, tuple) and value[0] == "map":
        fields = [(key, as_of_7_0(name, item)) for key, item in value[1] if key not in STREAM_NEWER]
        return value[0], [(key, has_pending(item) if key == b"consumers" else item) for key, item in fields]
    if not isinstance(value, list):
        return value
    out = []
    for item in value:
        if out and isinstance(out[-1], bytes) and out[-1] in STREAM_NEWER:
            out.pop()
        elif out and out[-1] == b"consumers":
            out.append(has_pending(as_of_7_0(name, item)))
        else:
            out.append(as_of_7_0(name, item))
    return has_pending(out) if name == "xinfo|consumers" else out


def has_pending(consumers):
    """Those who have something pending; of their number alone nothing can be said."""
    if not isinstance(consumers, list):
        return None
    kept = []
    for each in consumers:
        fields = dict(each[1]) if isinstance(each, tuple) else dict(zip(each[::2], each[1::2])) if isinstance(each, list) else {}
        if fields.get(b"pel-count", fields.get(b"pending", 1)) != 0:
            kept.append(each)
    return kept


def without_times(name, value):
    """The reply of XINFO or XPENDING but for what depends on when it was asked for and when entries were delivered."""
    if isinstance(value, tuple) and value[0] == "map":
        return value[0], [(key, None if key in STREAM_TIMES else without_times(name, item)) for key, item in value[1]]
    if type(value) is int:
        return "time" if value > 10 ** 12 else value
    if not isinstance(value, list):
        return value
    if name == "xpending" and len(value) == 4 and type(value[2]) is int:
        value = [*value[:2], None, value[3]]
    return [None if at and isinstance(value[at - 1], bytes) and value[at - 1] in STREAM_TIMES else without_times(name, item)
            for at, item in enumerate(value)]


def same_lines(name, ours, theirs, options):
    """INFO and CLIENT LIST: every field name of redis-server is there (or is in the list of known gaps)."""
    mine, other = line_names(ours), line_names(theirs)
    if mine is None or other is None:
        return shape(ours) == shape(theirs) and (mine is None) == (other is None) and (mine is not None or ours == theirs)
    return not (other - mine - options.get("fields_not_told", set()))


def refused_for_another(arguments, ours, theirs):
    """SORT in redis-server refuses numbers if an earlier command of the pipeline left ERANGE in errno (ZADD key 5e-324 m)."""
    if theirs != b"ERR One or more scores can't be converted into double" or type(ours) is not list:
        return False
    words = [word.upper() for word in arguments]
    return b"ALPHA" not in words and (b"GET" in words or all(not element or is_number(element) for element in ours))


def counts_keys_by_half_a_number(arguments, ours, theirs):
    """COMMAND GETKEYS in redis-server takes the digits that a number of keys begins with, although the command itself refuses it; of a script
    also none of them, for 0."""
    if ours != b"ERR Invalid arguments specified for command" or type(theirs) is not list:
        return False
    if not theirs and arguments[2].lower().decode(errors="replace") in differential_scripts.COMMANDS:
        return True
    return any(re.match(rb"[ +]*[0-9]", text) and not re.fullmatch(rb"0|[1-9][0-9]*", text) for text in arguments[2:])


def names_last_target(arguments):
    """GEORADIUS with several STOREs writes the last; COMMAND GETKEYS in redis-server tells the first alone."""
    words = [word.upper() for word in arguments]
    return words[2:3] in ([b"GEORADIUS"], [b"GEORADIUSBYMEMBER"]) and sum(word in (b"STORE", b"STOREDIST") for word in words) > 1


def has_several_filters(arguments, theirs):
    """CLIENT LIST takes one in redis-server, several in Valkey 9."""
    return theirs == b"ERR syntax error" and len(arguments) > 4


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def same(name, arguments, ours, theirs, options):
    """Whether the subject's reply `ours` to a command is as good as redis-server's, `theirs`.

    options["counted_apart"] gets the names of commands whose replies are both good though one server has counted an
    error that the other has not.
    """
    if name in differential_scripts.COMMANDS:
        return differential_scripts.same(arguments, ours, theirs, lambda *call: same_call(name, *call, options))
    good = as_good(name, arguments, ours, theirs, options)
    if good and (isinstance(ours, Error) or isinstance(theirs, Error)) and ours != theirs:
        options["counted_apart"].add(name)
    return good


def same_call(script, name, arguments, ours, theirs, options):
    """A call of a script: its error is a failure of the script as well."""
    good = same(name, arguments, ours, theirs, options)
    if name in options["counted_apart"]:
        options["counted_apart"].add(script)
    return good


def as_good(name, arguments, ours, theirs, options):
    if ours == theirs and type(ours) is type(theirs):
        return True
    if name in ("sort", "sort_ro") and refused_for_another(arguments, ours, theirs) or name == "client|list" and has_several_filters(arguments, theirs):
        return True
    if (name in ("command|getkeys", "command|getkeysandflags")
            and (counts_keys_by_half_a_number(arguments, ours, theirs) or names_last_target(arguments))):
        return True
    if name in newer.DIFFERENCES and newer.DIFFERENCES[name][2](ours, theirs):
        return True
    if isinstance(ours, Error) or isinstance(theirs, Error):
        return name == "object|refcount" and shape(ours) == shape(theirs)
    if name in TIMES and numbers_near(ours, theirs, TIMES[name]):
        return True
    if name in UNORDERED or name in UNORDERED_PAIRS:
        return unordered(ours, name in UNORDERED_PAIRS) == unordered(theirs, name in UNORDERED_PAIRS)
    if name in SHAPE:
        if name.endswith("scan") and isinstance(ours, list) and isinstance(theirs, list):
            return shape(ours)[:2] == shape(theirs)[:2] and same_members(arguments, ours, theirs)
        return shape(ours) == shape(theirs)
    if name in STREAM_LOST and options.get("restarted"):
        return type(ours) is type(theirs)
    if name in STREAM_INFO:
        ours, theirs = as_of_7_0(name, ours), as_of_7_0(name, theirs)
        return without_times(name, ours) == without_times(name, theirs)
    if name in FIELDS:
        return type(ours) is type(theirs) and field_names(ours) == field_names(theirs)
    if name.endswith("|help"):
        # The text is the server's own; that it is one, and for which command, is not.
        return isinstance(ours, list) and isinstance(theirs, list) and ours[:1] == theirs[:1] and {type(line) for line in ours} == {Simple}
    if name == "client|list" and len(arguments) > 2:
        return isinstance(ours, (bytes, tuple)) and isinstance(theirs, (bytes, tuple))  # ids are the server's own
    if name in LINES:
        return same_lines(name, ours, theirs, options)
    if name == "object|encoding":
        # A SORT, even SORT_RO, takes redis-server's small encoding from a sorted set for good. The sort lane compares exactly.
        if (ours, theirs) == (b"listpack", b"skiplist"):
            return True
        # redis-server replays its AOF in rewritten form, which may give a string another encoding.
        strings = {b"int", b"embstr", b"raw"}
        return bool(options.get("restarted")) and ours in strings and theirs in strings
    return False


def same_members(arguments, ours, theirs):
    """A whole collection in one HSCAN, SSCAN or ZSCAN step: the same members in any order."""
    if ours[0] != b"0" or theirs[0] != b"0" or arguments[2:3] != [b"0"]:
        return True
    return sorted(map(repr, ours[1])) == sorted(map(repr, theirs[1]))


def same_exec(queued, ours, theirs, options):
    """EXEC: element by element, each by the rule of its command."""
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return ours == theirs and type(ours) is type(theirs)
    if len(ours) != len(theirs) or len(queued) != len(ours):
        return False
    return all(same(name, arguments, mine, other, options)
               for (name, arguments), mine, other in zip(queued, ours, theirs))

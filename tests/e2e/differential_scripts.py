"""Scripts and functions that call random commands, for differential.py: their texts, how they are drawn, and how their replies are compared.

The arguments of a script are commands, each behind its name in the dictionary and the number of its words.
"""
import hashlib
import re

LOOP = """
  local out, at = {}, 1
  while at <= #%(arguments)s do
    local reply = redis.pcall(unpack(%(arguments)s, at + 2, at + 1 + tonumber(%(arguments)s[at + 1])))
    out[#out + 1] = reply
    at = at + 2 + tonumber(%(arguments)s[at + 1])
  end
  return out
"""
ONE = """
  local reply = redis.call(unpack(%(arguments)s, 3, 2 + tonumber(%(arguments)s[2])))
  return reply
"""
TEXTS = tuple((text % {"arguments": "ARGV"}).encode() for text in (LOOP, ONE))
SHAS = tuple(hashlib.sha1(text).hexdigest().encode() for text in TEXTS)
FUNCTIONS = (b"calls", b"call")
LIBRARY = ("#!lua name=lane\n"
           + "".join(f"local function {name.decode()}(keys, arguments){text % {'arguments': 'arguments'}}end\n"
                     f"redis.register_function('{name.decode()}', {name.decode()})\n"
                     f"redis.register_function{{function_name='{name.decode()}_ro', callback={name.decode()}, flags={{'no-writes'}}}}\n"
                     for name, text in zip(FUNCTIONS, (LOOP, ONE))))
COMMANDS = ("eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro")
KEY = re.compile(rb"[a-z-]+:\d+$")
# Of an error that ends a script.
PLACE = re.compile(rb" script: [^ ]+, on @user_(?:script|function):\d+\.$")


def install(client):
    """Both servers know the scripts and functions."""
    for text in TEXTS:
        client.ok("SCRIPT", "LOAD", text)
    client.ok("FUNCTION", "LOAD", "REPLACE", LIBRARY)


def script(name):
    """A generator of the dictionary: a script that calls some commands, or one."""
    def make(dictionary):
        random = dictionary.random
        several = random.random() < 0.7
        calls = [dictionary.made(command) for command in
                 random.choices(dictionary.called, cum_weights=dictionary.called_weights, k=random.randint(0, 6) if several else 1)]
        calls = [call for call in calls if not waits_for_stream(call)] or [("ping", [b"PING"])]
        words = [word for called, arguments in calls for word in (called.encode(), b"%d" % len(arguments), *arguments)]
        keys = sorted({word for word in words if KEY.match(word)}) if random.random() < 0.5 else []
        return [chosen(random, name, 0 if several else 1), number_of(random, keys), *keys, *words]
    return make


def waits_for_stream(call):
    """Scripts may use BLOCK since Redis 7.4, in which it does not wait; 7.0 refuses it."""
    name, arguments = call
    return name in ("xread", "xreadgroup") and any(word.upper() == b"BLOCK" for word in arguments)


def chosen(random, name, which):
    if random.random() < 0.01:
        return random.choice((b"f" * 40, b"abc", b"nothing"))
    if name.startswith("evalsha"):
        return SHAS[which]
    if name.startswith("eval"):
        return TEXTS[which]
    return FUNCTIONS[which] + (b"_ro" if name.endswith("_ro") or random.random() < 0.1 else b"")


def number_of(random, keys):
    return b"%d" % len(keys) if random.random() < 0.99 else random.choice((b"-1", b"abc", b"999"))


def calls_of(arguments):
    """The commands that the script with these arguments calls, [(name, arguments), ...]; None: another script, or none."""
    text = arguments[1]
    several = text in (TEXTS[0], SHAS[0], FUNCTIONS[0], FUNCTIONS[0] + b"_ro")
    if not several and text not in (TEXTS[1], SHAS[1], FUNCTIONS[1], FUNCTIONS[1] + b"_ro"):
        return None, several
    if not re.fullmatch(rb"\d{1,2}", arguments[2]):
        return None, several
    calls, at = [], 3 + int(arguments[2])
    while at < len(arguments):
        size = int(arguments[at + 1])
        calls.append((arguments[at].decode(), arguments[at + 2:at + 2 + size]))
        at += 2 + size
    return calls, several


def without_place(reply):
    return type(reply)(PLACE.sub(b"", reply)) if isinstance(reply, bytes) else reply


def same(arguments, ours, theirs, same_call):
    """Whether the replies to a script are equally good; same_call(name, arguments, ours, theirs) judges one of its calls."""
    calls, several = calls_of(arguments)
    if calls is not None and not several:
        return same_call(*calls[0], without_place(ours), without_place(theirs))
    if calls is None or not isinstance(ours, list) or not isinstance(theirs, list):
        return ours == theirs and type(ours) is type(theirs)
    return len(ours) == len(theirs) == len(calls) and all(same_call(*call, mine, other) for call, mine, other in zip(calls, ours, theirs))

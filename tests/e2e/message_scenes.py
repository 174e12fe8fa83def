"""Scenes of messages, for messages.py: who subscribes, publishes, caches and monitors, and what each of them hears.

What a client has heard is told up to a fence: the reply to a PING of its own, behind all that was sent to it before.
"""
import re

from harness import Push, encode


def plain(value):
    """Pushes told apart from arrays."""
    if isinstance(value, Push):
        return ("push", [plain(item) for item in value])
    return [plain(item) for item in value] if isinstance(value, list) else value


def heard(stage, name):
    client = stage[name]
    client.markers += 1
    marker = b"fence %d" % client.markers
    client.send(encode("PING", marker))
    messages = []
    while True:
        reply = client.receive()
        if reply in (marker, [b"pong", marker]):
            return messages
        messages.append(plain(reply))


def said(stage, name, command):
    """All that a client gets for a command, pushes among it."""
    client = stage[name]
    client.send(encode(*(command.split() if isinstance(command, str) else command)))
    return heard(stage, name)


def told(stage, name, *commands):
    return [(command, said(stage, name, command)) for command in commands]


def line_fields(stage, name):
    return stage.words(name, "flags", "sub", "psub", "ssub", "redir")


def figures(stage, *names):
    text = stage.do("INFO").decode()
    return [re.search(rf"^{name}:(.*)\r$", text, re.M).group(1) for name in names]


def resp2_mode(stage):
    out = told(stage, "a", "SUBSCRIBE x y", "PSUBSCRIBE x* h?llo", "SUBSCRIBE x", "GET k", "PING", "PING hello", "SET", "nonsense", "ssubscribe s1 s2",
               "MULTI", "HELLO 3")
    out.append(line_fields(stage, "a"))
    for command in ("PUBLISH x 1", "PUBLISH xyz 2", "PUBLISH nobody 3", "SPUBLISH s1 4", "SPUBLISH x 5", "PUBLISH hello 6"):
        out += [stage.do(*command.split()), heard(stage, "a")]
    out += told(stage, "a", "UNSUBSCRIBE x", "UNSUBSCRIBE never", "PUNSUBSCRIBE x*", "PUNSUBSCRIBE", "PUNSUBSCRIBE", "UNSUBSCRIBE", "UNSUBSCRIBE", "GET k",
                "SUNSUBSCRIBE s1", "GET k", "SUNSUBSCRIBE", "SUNSUBSCRIBE", "GET k")
    return [*out, line_fields(stage, "a")]


def resp3_mode(stage):
    stage.by("a", "HELLO 3")
    out = told(stage, "a", "SUBSCRIBE x", "GET k", "PING", "PING hello", "SET k 1", "PSUBSCRIBE *", "LPOP none", "SSUBSCRIBE s")
    out += [stage.do("PUBLISH", "x", "1"), stage.do("SPUBLISH", "s", "2"), heard(stage, "a")]
    stage["a"].call("HELLO", "2")
    return [*out, told(stage, "a", "GET k", "PING")]


def introspection(stage):
    stage.by("a", "SUBSCRIBE a b c")
    stage.by("b", "SUBSCRIBE b c", "PSUBSCRIBE b* z*", "SSUBSCRIBE s t")
    out = [heard(stage, "a"), heard(stage, "b")]
    for command in ("PUBSUB NUMPAT", "PUBSUB NUMSUB a b c d", "PUBSUB NUMSUB", "PUBSUB SHARDNUMSUB s a", "PUBSUB SHARDNUMSUB", "PUBSUB CHANNELS ?",
                    "PUBSUB CHANNELS x*", "PUBSUB SHARDCHANNELS", "PUBSUB NOTHING", "PUBSUB", "PUBSUB CHANNELS a b", "PUBSUB NUMPAT x", "PUBLISH x",
                    "SUBSCRIBE", "COMMAND GETKEYS SPUBLISH a b", "COMMAND GETKEYS SSUBSCRIBE a", "COMMAND GETKEYS SUBSCRIBE a"):
        reply = stage.do(*command.split())
        out.append((command, sorted(reply) if "CHANNELS" in command and isinstance(reply, list) else reply))
    out.append(figures(stage, "pubsub_channels", "pubsub_patterns", "pubsubshard_channels"))
    out.append([stage.do("CLIENT", "LIST", "TYPE", "pubsub").decode().count("\n"), line_fields(stage, "b")])
    stage["a"].close()
    return [*out, told(stage, "b", "RESET", "GET k"), line_fields(stage, "b")]


def transactions(stage):
    """Messages leave at the commit, in order."""
    stage.by("a", "SUBSCRIBE x y")
    heard(stage, "a")
    out = [stage.by("b", "MULTI", "PUBLISH x 1", "SET k v", "PUBLISH y 2", "PUBLISH nobody 3"), heard(stage, "a")]
    out += [stage.by("b", "EXEC"), heard(stage, "a")]
    out += [stage.by("b", "MULTI", "PUBLISH x 4", "DISCARD"), heard(stage, "a")]
    out.append(stage.by("c", "MULTI", "SUBSCRIBE m", "SSUBSCRIBE s", "PING", "UNSUBSCRIBE m", "MONITOR", "EXEC", "GET k"))
    stage.by("d", "HELLO 3", "SUBSCRIBE x")
    heard(stage, "d")
    return [*out, stage.by("b", "SET k 1", "PUBLISH x 5", "SET k 2", "PUBLISH x 6"), heard(stage, "a"), heard(stage, "d")]


def blocked_listener(stage):
    stage.by("a", "HELLO 3", "SUBSCRIBE x")
    heard(stage, "a")
    stage.block("a", "BLPOP list 0")
    out = [stage.do("PUBLISH", "x", "while blocked"), plain(stage["a"].receive()), stage.do("RPUSH", "list", "1"), plain(stage["a"].receive())]
    stage.block("a", "BLPOP list 0", "GET k")
    stage.by("b", "MULTI", "PUBLISH x before", "RPUSH list 2", "PUBLISH x after", "EXEC")
    return [*out, sorted(map(str, heard(stage, "a")))]


def no_replies(stage):
    """CLIENT REPLY OFF and SKIP keep pushes."""
    stage.by("a", "HELLO 3")
    stage["a"].send(encode("CLIENT", "REPLY", "SKIP") + encode("SUBSCRIBE", "y") + encode("GET", "k"))
    out = heard(stage, "a")
    stage["a"].send(encode("CLIENT", "REPLY", "OFF") + encode("SUBSCRIBE", "x") + encode("SET", "k", "v"))
    out += [plain(stage["a"].receive()), stage.do("PUBLISH", "x", "1"), plain(stage["a"].receive())]
    return [*out, said(stage, "a", "CLIENT REPLY ON"), stage.do("PUBLISH", "x", "2"), heard(stage, "a")]


def monitored(lines):
    """Without the time, the ports, and what the stage asks for while it waits for a blocked client."""
    return [re.sub(rb"^\d+\.\d{6} \[(\d+) [^\]]*\]", rb"[\1]", line) for line in lines if b'"INFO" "clients"' not in line]


def monitor(stage):
    out = [said(stage, "m", "MONITOR"), line_fields(stage, "m")]
    stage["a"]
    heard(stage, "m")
    for name, commands in (("a", ("SET k v", "GET k", "NOTHING", "GET", "CONFIG GET port", "CLIENT LIST", "SELECT 3", "GET k", "INCR k", "LPUSH k")),
                           ("b", ("MULTI", "SET k 1", "INCR k", "EXEC", "MULTI", "GET k", "DISCARD", "EXEC", "AUTH secret", "AUTH user secret",
                                  "HELLO 2 AUTH default secret", "PUBLISH a b", "BLPOP empty 0.01"))):
        for command in commands:
            stage.by(name, command)
        out += [monitored(heard(stage, "m"))]
    stage.by("a", "SELECT 0")
    stage.block("a", "BLPOP list 0")
    stage.by("b", "RPUSH list x")
    stage.get("a")
    stage["b"].send(encode("SET", b'k"\\\n\r\t\a\b\x00\xff', "caf\xe9".encode("latin-1")))
    stage["b"].receive()
    return [*out, monitored(heard(stage, "m")), said(stage, "m", "RESET")[-1:], line_fields(stage, "m")]


def scripts(stage):
    """A script's messages leave at its end; MONITOR shows the script before its calls; what it reads is cached by its client."""
    publishes = ("EVAL", "redis.call('publish', 'x', 'in') return redis.call('set', KEYS[1], 'v')", "1", "k")
    reads = ("EVAL", "return redis.call('get', KEYS[1])", "1", "k")
    stage.by("a", "SUBSCRIBE x")
    said(stage, "m", "MONITOR")
    heard(stage, "a")
    out = [said(stage, "b", publishes), heard(stage, "a")]
    out += stage["b"].pipeline([("MULTI",), publishes, ("PUBLISH", "x", "out"), ("EXEC",)])
    lines = [re.sub(rb"\[0 (?!lua)[^\]]*\]", b"[0]", re.sub(rb"^\d+\.\d{6} ", b"", line)) for line in heard(stage, "m")]
    stage.by("c", "HELLO 3", "CLIENT TRACKING ON")
    out += [heard(stage, "a"), lines, said(stage, "c", reads), stage.do("SET", "k", "1"), heard(stage, "c"), said(stage, "c", reads)]
    out += [said(stage, "b", publishes), heard(stage, "c")]
    stage.by("d", "HELLO 3", "CLIENT TRACKING ON OPTIN")
    out += [said(stage, "d", reads), stage.do("SET", "k", "2"), heard(stage, "d")]
    return [*out, *told(stage, "d", "CLIENT CACHING YES"), said(stage, "d", reads), stage.do("SET", "k", "3"), heard(stage, "d")]


SCENES = [scripts, resp2_mode, resp3_mode, introspection, transactions, blocked_listener, no_replies, monitor]

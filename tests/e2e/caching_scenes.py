"""Scenes of client-side caching, for messages.py: what a client that caches is told."""
from harness import encode
from message_scenes import figures, heard, line_fields, plain, said, told


def invalid(stage, name):
    """The keys that a client was told of, sorted; a flush is told as None."""
    keys = []
    for message in heard(stage, name):
        body = message[1] if message[0] == "push" else message
        keys += sorted(body[-1]) if isinstance(body[-1], list) else [body[-1]]
    return sorted(keys, key=str)


def default_mode(stage):
    stage.by("a", "HELLO 3", "CLIENT TRACKING ON")
    stage.by("b", "MSET k 1 l 2 m 3 e 1")
    out = [told(stage, "a", "GET k", "MGET l m", "GET none"), line_fields(stage, "a")]
    out.append(figures(stage, "tracking_clients", "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"))
    for commands in (("SET k 2", "SET k 3"), ("INCR l",), ("DEL m",), ("SET none 1",), ("SET unread 1",)):
        stage.by("b", *commands)
        out.append((commands, heard(stage, "a")))
    out += [told(stage, "a", "GET k", "SET k own", "SET k again"), told(stage, "a", "GET k", "INCRBY l 1", "GET l")]
    stage.by("b", "MULTI", "SET k 1", "SET l 1", "EXEC")
    out.append(invalid(stage, "a"))
    out += [stage.by("a", "MULTI", "GET k", "GET l", "EXEC"), stage.by("b", "SET l 5"), heard(stage, "a")]
    for flush in ("FLUSHDB", "FLUSHALL"):
        stage.by("b", "SET f 1")
        out += [told(stage, "a", "GET f"), stage.by("b", flush), heard(stage, "a")]
    stage.by("b", "SELECT 3", "SET k 1")
    out += [told(stage, "a", "GET k"), stage.by("b", "SET k 2"), heard(stage, "a")]
    out += [told(stage, "a", "GET k", "CLIENT TRACKING OFF"), stage.by("b", "SET k 3"), heard(stage, "a"), line_fields(stage, "a")]
    return out


def expired(stage):
    stage.by("a", "HELLO 3", "CLIENT TRACKING ON")
    stage.by("b", "SET k 1 PX 20")
    return [said(stage, "a", "GET k"), plain(stage["a"].receive())]


def opting(stage):
    stage.by("a", "HELLO 3", "CLIENT TRACKING ON OPTIN")
    stage.by("b", "MSET k 1 l 2")
    out = told(stage, "a", "GET k", "CLIENT CACHING YES", "CLIENT TRACKINGINFO", "CLIENT CACHING NO")
    stage["a"].send(encode("CLIENT", "CACHING", "YES") + encode("GET", "l") + encode("GET", "k"))
    out += [heard(stage, "a"), stage.by("b", "SET k 5", "SET l 5"), heard(stage, "a")]
    stage["a"].send(encode("CLIENT", "CACHING", "YES") + encode("MULTI") + encode("GET", "l") + encode("GET", "k") + encode("EXEC"))
    out += [heard(stage, "a"), stage.by("b", "SET k 5", "SET l 5"), heard(stage, "a")]
    stage.by("c", "HELLO 3", "CLIENT TRACKING ON OPTOUT NOLOOP")
    stage["c"].send(encode("CLIENT", "CACHING", "NO") + encode("GET", "l") + encode("GET", "k"))
    out += [heard(stage, "c"), told(stage, "c", "CLIENT CACHING YES", "SET k own"), stage.by("b", "SET k 6", "SET l 6"), heard(stage, "c")]
    return [*out, told(stage, "c", "GET k"), stage.by("b", "SET k 7"), heard(stage, "c"), told(stage, "c", "CLIENT TRACKINGINFO", "CLIENT GETREDIR")]


def broadcasting(stage):
    stage.by("a", "HELLO 3", "CLIENT TRACKING ON BCAST PREFIX user: PREFIX item:")
    stage.by("c", "HELLO 3", "CLIENT TRACKING ON BCAST NOLOOP")
    out = [told(stage, "a", "CLIENT TRACKINGINFO", "CLIENT TRACKING ON BCAST PREFIX more:", "CLIENT TRACKINGINFO"), line_fields(stage, "a")]
    for commands in (("SET user:1 x",), ("SET other 1",), ("MSET item:1 1 user:2 2 z 3",), ("DEL user:1", "DEL none"),
                     ("MULTI", "SET more:1 1", "INCR more:1", "EXEC")):
        stage.by("b", *commands)
        out.append((commands, invalid(stage, "a"), invalid(stage, "c")))
    out += [told(stage, "c", "SET own 1"), figures(stage, "tracking_clients", "tracking_total_keys", "tracking_total_prefixes")]
    # What is sent at once is told at once.
    stage.by("b", "SET user:8 x", "SET user:7 x", "SET item:3 x", "SET user:8 y", "SET z y")
    out += [heard(stage, "a"), heard(stage, "c")]
    return [*out, stage.by("b", "FLUSHALL"), heard(stage, "a"), heard(stage, "c"), told(stage, "a", "CLIENT TRACKING OFF", "CLIENT TRACKINGINFO")]


def redirecting(stage):
    stage["target"]
    target = stage.ids["target"]
    stage.by("target", "SUBSCRIBE __redis__:invalidate")
    heard(stage, "target")
    stage.by("a", f"CLIENT TRACKING ON REDIRECT {target}")
    out = told(stage, "a", "SET k 1", "GET k")
    out += [stage.by("b", "SET k 2"), heard(stage, "target"), heard(stage, "a"), told(stage, "a", "GET k"), stage.by("b", "FLUSHALL"), heard(stage, "target")]
    out += [said(stage, "a", "CLIENT GETREDIR") == [target], said(stage, "a", "CLIENT TRACKINGINFO")[0][3] == target]
    stage.by("d", "HELLO 3", f"CLIENT TRACKING ON REDIRECT {target}")
    out += [told(stage, "d", "SET k 1", "GET k"), stage.by("b", "SET k 3"), heard(stage, "target"), heard(stage, "d")]
    stage.do("CLIENT", "KILL", "ID", target)
    while stage.do("CLIENT", "LIST", "ID", target) != b"":
        pass
    out += [told(stage, "d", "GET k"), stage.by("b", "SET k 4")]
    gone = heard(stage, "d")
    out += [[message[1][0] for message in gone], [word for word in line_fields(stage, "d") if "flags" in word]]
    return [*out, said(stage, "a", "CLIENT TRACKING OFF")]


REFUSED = """
CLIENT TRACKING
CLIENT TRACKING MAYBE
CLIENT TRACKING ON NONSENSE
CLIENT TRACKING ON REDIRECT x
CLIENT TRACKING ON REDIRECT 999999
CLIENT TRACKING ON PREFIX a
CLIENT TRACKING ON BCAST OPTIN
CLIENT TRACKING ON OPTIN OPTOUT
CLIENT TRACKING ON BCAST PREFIX a PREFIX ab
CLIENT CACHING YES
CLIENT CACHING MAYBE
CLIENT GETREDIR
CLIENT TRACKINGINFO
CLIENT TRACKING ON
CLIENT GETREDIR
CLIENT CACHING YES
CLIENT CACHING NO
CLIENT TRACKING ON BCAST
CLIENT TRACKING ON OPTIN
CLIENT TRACKING ON OPTOUT
CLIENT CACHING NO
CLIENT TRACKING OFF
CLIENT TRACKING OFF
CLIENT TRACKING ON BCAST PREFIX a
CLIENT TRACKING ON
CLIENT TRACKING ON BCAST PREFIX abc
CLIENT TRACKING ON BCAST PREFIX b
CLIENT TRACKINGINFO
RESET
CLIENT TRACKINGINFO
"""


def refused(stage):
    return told(stage, "a", *REFUSED.strip().splitlines())


def few_keys(stage):
    """tracking-table-max-keys: a client is told of keys for which there is no room."""
    stage.by("a", "HELLO 3", "CLIENT TRACKING ON")
    with stage.settings(tracking_table_max_keys=5):
        for i in range(20):
            said(stage, "a", f"GET k{i}")
        stage.do("PING")
        return [figures(stage, "tracking_total_keys")]


SCENES = [default_mode, expired, opting, broadcasting, redirecting, refused, few_keys]

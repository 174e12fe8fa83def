"""Checks of messages at Terrace alone, for messages.py: what redis-server 7.0 does not have or does otherwise."""
import time

from bad_case import check
from harness import ServerDied, encode, parse_info, say, terrace
from message_scenes import heard, plain
from stage import Stage


def field_events(stage):
    """Events of fields that expire, and of the other commands that 7.0 does not know."""
    stage.do("CONFIG", "SET", "notify-keyspace-events", "EA")
    stage.by("listener", "PSUBSCRIBE __keyevent@0__:*")
    heard(stage, "listener")
    wanted = [
        ("HSET h a 1 b 2 c 3 d 4", ["hset"]), ("HEXPIRE h 100 FIELDS 1 a", ["hexpire"]), ("HPERSIST h FIELDS 2 a b", ["hpersist"]),
        ("HPERSIST h FIELDS 1 a", []), ("HEXPIREAT h 1 FIELDS 1 a", ["hdel"]), ("HGETDEL h FIELDS 1 b", ["hdel"]),
        ("HGETEX h EX 100 FIELDS 1 c", ["hexpire"]), ("HGETEX h PERSIST FIELDS 1 c", ["hpersist"]),
        ("HSETEX h EX 100 FIELDS 1 e 5", ["hset", "hexpire"]), ("HGETDEL h FIELDS 3 c d e", ["hdel", "del"]),
        ("HSETEX h PX 1 FIELDS 1 a 1", ["hset", "hexpire", "hexpired", "del"]), ("XADD x 1-1 f v", ["xadd"]), ("XADD x 2-1 f v", ["xadd"]),
        ("XDELEX x IDS 1 1-1", ["xdel"]), ("XDELEX x IDS 1 1-1", []), ("SET s v", ["set"]), ("DELIFEQ s other", []), ("DELIFEQ s v", ["del"]),
    ]
    for command, events in wanted:
        stage["actor"].ok(*command.split())
        time.sleep(0.05 if "hexpired" in events else 0)
        told = [message[2].decode().split(":", 1)[1] for message in heard(stage, "listener")]
        check(told == events, f"{command} told {told}, not {events}")
    stage.do("CONFIG", "SET", "notify-keyspace-events", "")


def own_messages(stage):
    """What a client tells itself comes behind the reply, also of a transaction."""
    stage.by("a", "HELLO 3", "SUBSCRIBE x")
    heard(stage, "a")
    stage["a"].send(encode("MULTI") + encode("PUBLISH", "x", "1") + encode("SET", "k", "v") + encode("EXEC"))
    got = [plain(stage["a"].receive()) for _ in range(5)]
    check(got[3] == [1, b"OK"] and got[4] == ("push", [b"message", b"x", b"1"]), f"EXEC and its own message: {got}")
    own_subscriptions_in_exec(stage)


def own_subscriptions_in_exec(stage):
    """What a transaction publishes is heard by the subscriptions that its client has at that command."""
    stage.by("p", "HELLO 3", "SUBSCRIBE x", "PSUBSCRIBE y*")
    stage.by("other", "SUBSCRIBE x z")
    heard(stage, "p")
    heard(stage, "other")
    commands = ("PUBLISH x 1", "UNSUBSCRIBE x", "PUBLISH x 2", "PUBLISH z 3", "SUBSCRIBE z", "PUBLISH z 4", "PUBLISH yy 5", "PUNSUBSCRIBE", "PUBLISH yy 6",
                "UNSUBSCRIBE z")
    stage["p"].send(encode("MULTI") + b"".join(encode(*command.split()) for command in commands) + encode("EXEC") + encode("PING"))
    replies = []
    while b"PONG" not in replies:
        replies.append(plain(stage["p"].receive()))
    messages = [each[1] for each in replies if isinstance(each, tuple) and each[1][0].endswith(b"message")]
    check(messages == [[b"message", b"x", b"1"], [b"message", b"z", b"4"], [b"pmessage", b"y*", b"yy", b"5"]], f"a client's messages to itself: {replies}")
    others = [message[1:] for message in heard(stage, "other")]
    check(others == [[b"x", b"1"], [b"x", b"2"], [b"z", b"3"], [b"z", b"4"]], f"the other subscriber heard {others}")


def output_limits(stage):
    """A subscriber that does not read ends at the hard limit, and at the soft limit when its time is over."""
    for limit, seconds in (("pubsub 1mb 0 0", 2), ("pubsub 0 200kb 1", 5)):
        stage.do("CONFIG", "SET", "client-output-buffer-limit", limit)
        client = stage.server.client(10)
        client.ok("SUBSCRIBE", "flood")
        message, end = "m" * 50000, time.monotonic() + seconds
        for _ in range(400 if "1mb" in limit else 150):
            stage.do("PUBLISH", "flood", message)
        while stage.do("PUBLISH", "flood", "") == 1:
            check(time.monotonic() < end, f"the client is there though the limit is {limit}")
            time.sleep(0.05)
        try:
            while True:
                client.receive()
        except (ServerDied, ConnectionError):
            client.close()
    stage.do("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60")


def many_topics(stage):
    """Memory of subscriptions is charged, and goes with them."""
    def charged():
        return int(parse_info(stage.do("INFO", "tier"))["subscription_memory_bytes"])

    before = charged()
    for start in range(0, 20000, 1000):
        stage["a"].send(encode("SUBSCRIBE", *(f"channel:{i}" for i in range(start, start + 1000))))
        stage["a"].receive_many(1000)
    for start in range(0, 20000, 1000):
        stage["a"].send(encode("PSUBSCRIBE", *(f"user:{i}:*" for i in range(start, start + 1000))))
        stage["a"].receive_many(1000)
    check(charged() > before + 40000 * 100, f"{charged()} bytes are charged")
    check(stage.do("PUBLISH", "channel:777", "x") == 1 and stage.do("PUBLISH", "user:777:y", "x") == 1, "one receiver each")
    begin = time.monotonic()
    for i in range(2000):
        stage.do("PUBLISH", f"user:{i}:y", "x")
    check(time.monotonic() - begin < 2, "20000 patterns with prefixes: PUBLISH is slow")
    stage["a"].close()
    end = time.monotonic() + 5
    while charged() > before:
        check(time.monotonic() < end, f"{charged()} bytes are charged for nobody")
        time.sleep(0.01)


def bounded_memory(folder):
    """Subscribers that do not read, and messages that together are many times memory: the bound holds, the server serves."""
    server = folder.add(terrace(folder.path + "/bounded", "--maxmemory", "64mb", "--client-output-buffer-limit", "pubsub 0 0 0")).start()
    subscribers = [server.client(10) for _ in range(60)]
    for client in subscribers:
        client.ok("SUBSCRIBE", "flood")
    before, most = server.rss(), 0
    with server.client(20) as publisher:
        for i in range(200):
            publisher.ok("PUBLISH", "flood", "m" * 1000000)
            publisher.ok("SET", f"k{i}", "v" * 1000)
            most = max(most, server.rss())
        check(publisher.ok("GET", "k0") == b"v" * 1000, "the server serves")
    for client in subscribers:
        client.close()
    server.stop()
    say(f"  12 GB of messages to clients that do not read: {(most - before) >> 20} MiB more at most")
    check(most - before < 120 << 20, f"{(most - before) >> 20} MiB more than before")


def all_checks(subject, folder):
    bounded_memory(folder)
    for function in (field_events, own_messages, output_limits, many_topics):
        stage = Stage(subject)
        try:
            function(stage)
        finally:
            stage.close()

"""Subscribers and caching clients beside the random commands of differential.py: what both servers tell them is compared.

A subscriber gets published messages and the events of keys, for which the order is compared for each channel (an event's channel names its
key). A caching client reads keys and is told once of each that changes. One that caches by prefixes may be told of a key several times.
"""
from collections import Counter

from harness import Push

# From Redis 7.2 on a consumer is created though there is nothing for it, and can then be deleted.
EVENTS_LATER = (b"xgroup-createconsumer", b"xgroup-delconsumer")
PREFIXES = ("string:", "hash:1", "set:")
READ = 60


class Listeners:
    def __init__(self, subject, reference, random):
        self.random, self.marker = random, 0
        self.sides = [[self.listener(server, kind) for kind in ("subscriber", "reader", "prefixes")] for server in (subject, reference)]
        self.seen = 0

    @staticmethod
    def listener(server, kind):
        client = server.client()
        client.ok("HELLO", 3)
        client.kind, client.told = kind, []
        if kind == "subscriber":
            client.ok("CONFIG", "SET", "notify-keyspace-events", "KAn")
            client.ok("PSUBSCRIBE", "__key*__:*", "channel:*")
            client.ok("SUBSCRIBE", "channel:1", "channel:2")
            client.receive()
        else:
            client.ok("CLIENT", "TRACKING", "ON", *(["BCAST", *(word for prefix in PREFIXES for word in ("PREFIX", prefix))] if kind == "prefixes" else []))
        return client

    def close(self):
        for client in (client for side in self.sides for client in side):
            client.close()

    def receive(self, client):
        """What the client has been told."""
        self.marker += 1
        marker = b"told %d" % self.marker
        client.send(b"*2\r\n$4\r\nPING\r\n$%d\r\n%s\r\n" % (len(marker), marker))
        while (reply := client.receive()) != marker:
            if isinstance(reply, Push):
                client.told.append(reply)
        told, client.told = client.told, []
        return told

    def discard(self):
        """Forgets what the servers tell apart, and reads the same keys at both."""
        for side in self.sides:
            for client in side:
                self.receive(client)
        keys = [b"%s:%d" % (self.random.choice((b"string", b"hash", b"list", b"set", b"sorted-set")), self.random.randrange(20)) for _ in range(READ)]
        for side in self.sides:
            side[1].pipeline([("EXISTS", key) for key in keys])
            self.receive(side[1])

    def check(self, differ):
        """Compares what was told since the last time; differ(what, key, ours, theirs) reports a difference."""
        for index, judge in enumerate((by_channel, invalidated, invalidated_once)):
            ours, theirs = (judge(self.receive(side[index])) for side in self.sides)
            self.seen += sum(len(told) if isinstance(told, list) else told for told in theirs.values())
            for name in sorted({*ours, *theirs}, key=repr):
                if ours.get(name) != theirs.get(name):
                    key = name[-1].partition(b"__:")[2] if isinstance(name, tuple) else name
                    differ(f"{self.sides[0][index].kind} told of {name!r}", key, ours.get(name), theirs.get(name))
        self.discard()


def by_channel(told):
    """Messages by how they came and their channel."""
    messages = {}
    for push in told:
        if push[-1] not in EVENTS_LATER:
            messages.setdefault((*push[:-1],), []).append(push[-1])
    return messages


def invalidated(told):
    """How often each key was named; None stands for all keys."""
    return Counter(key for push in told for key in (push[1] if isinstance(push[1], list) else [None]))


def invalidated_once(told):
    return dict.fromkeys(invalidated(told), 1)

"""Streams with groups and what is pending in them, for kill_loop.py. See kill_models.py.

Ids are told: the second part is always 0, the first one counts. Trimming is exact. What XINFO says of times, and what it
reckons (entries-read, lag), is not in the model.
"""
from collections import namedtuple

Stream = namedtuple("Stream", "entries last added deleted groups")  # entries: ((number, fields), ...); groups: {name: Group}
Group = namedtuple("Group", "last consumers pending")  # pending: {number: (consumer, times delivered)}

GROUPS = (b"group", b"other")
CONSUMERS = (b"ann", b"bob", b"someone else")


def id_of(number):
    return b"%d-0" % number


def number_of(text):
    number, rest = text.split(b"-")
    assert rest == b"0", text
    return int(number)


def pairs(reply):
    return dict(zip(reply[::2], reply[1::2]))


class StreamModel:
    EMPTY = Stream((), 0, 0, 0, {})

    @staticmethod
    def read(name):
        return "XINFO", "STREAM", name, "FULL", "COUNT", 0

    @staticmethod
    def seen(reply):
        told = pairs(reply)
        entries = tuple((number_of(entry), tuple(fields)) for entry, fields in told[b"entries"])
        groups = {}
        for group in map(pairs, told[b"groups"]):
            consumers = [pairs(consumer) for consumer in group[b"consumers"]]
            pending = {number_of(entry): (consumer, count) for entry, consumer, _, count in group[b"pending"]}
            own = {number_of(entry): (consumer[b"name"], count) for consumer in consumers for entry, _, count in consumer[b"pending"]}
            if pending != own:
                return f"pending of the group: {pending!r}, of its consumers: {own!r}"
            groups[group[b"name"]] = Group(number_of(group[b"last-delivered-id"]), frozenset(consumer[b"name"] for consumer in consumers), pending)
        return Stream(entries, number_of(told[b"last-generated-id"]), told[b"entries-added"], number_of(told[b"max-deleted-entry-id"]), groups)

    @classmethod
    def draw(cls, random, name, content, fresh, many):
        """Groups read what is added; entries are at most a quarter of `many`, for what is pending is told with them."""
        ways = [cls.add] * (4 if len(content.entries) < many // 4 else 0) + [cls.create_group]
        ways += [cls.delete, cls.trim] if content.entries else []
        ways += [cls.read_group, cls.read_group, cls.read_group, cls.acknowledge, cls.claim, cls.change_group] if content.groups else []
        drawn = None
        while drawn is None:
            drawn = random.choice(ways)(random, name, content, fresh)
        return drawn

    @staticmethod
    def add(random, name, content, fresh):
        number = content.last + random.choice((1, 1, 5))
        fields = tuple(word for at in range(random.choice((1, 2, 7))) for word in (b"field%d" % at, fresh()))
        entries, trim = (*content.entries, (number, fields)), ()
        if random.random() < 0.2:
            keep = random.randrange(10, 150)
            trim, entries = (b"MAXLEN", b"=", keep), entries[-keep:]
        return (b"XADD", name, *trim, id_of(number), *fields), content._replace(entries=entries, last=number, added=content.added + 1)

    @staticmethod
    def delete(random, name, content, _):
        gone = {number for number, _ in random.sample(content.entries, min(len(content.entries), random.choice((1, 1, 3, 20))))}
        left = tuple(entry for entry in content.entries if entry[0] not in gone)
        return (b"XDEL", name, *map(id_of, gone)), content._replace(entries=left, deleted=max(content.deleted, *gone))

    @staticmethod
    def trim(random, name, content, _):
        at = random.randrange(len(content.entries) // 2 + 1)
        command = (b"MAXLEN", b"=", len(content.entries) - at) if random.random() < 0.5 else (b"MINID", b"=", id_of(content.entries[at][0]))
        return (b"XTRIM", name, *command), content._replace(entries=content.entries[at:])

    @staticmethod
    def with_group(content, group, changed):
        return content._replace(groups={**content.groups, group: changed})

    @classmethod
    def create_group(cls, random, name, content, _):
        group, last = random.choice(GROUPS), random.choice((0, content.last))
        if group in content.groups:
            return None
        return (b"XGROUP", b"CREATE", name, group, id_of(last), b"MKSTREAM"), cls.with_group(content, group, Group(last, frozenset(), {}))

    @classmethod
    def read_group(cls, random, name, content, _):
        group, consumer = random.choice(list(content.groups)), random.choice(CONSUMERS)
        last, consumers, pending = content.groups[group]
        count, forgets = random.choice((1, 3, 10, 50)), random.random() < 0.2
        read = [number for number, _ in content.entries if number > last][:count]
        if not read:
            return None
        pending = pending if forgets else {**pending, **{number: (consumer, 1) for number in read}}
        command = (b"XREADGROUP", b"GROUP", group, consumer, b"COUNT", count, *([b"NOACK"] if forgets else []), b"STREAMS", name, b">")
        return command, cls.with_group(content, group, Group(read[-1], consumers | {consumer}, pending))

    @classmethod
    def acknowledge(cls, random, name, content, _):
        group = random.choice(list(content.groups))
        last, consumers, pending = content.groups[group]
        if not pending:
            return None
        gone = random.sample(list(pending), min(len(pending), random.choice((1, 3, 30))))
        left = {number: held for number, held in pending.items() if number not in gone}
        return (b"XACK", name, group, *map(id_of, gone)), cls.with_group(content, group, Group(last, consumers, left))

    @classmethod
    def claim(cls, random, name, content, _):
        group = random.choice(list(content.groups))
        last, consumers, pending = content.groups[group]
        if not pending:
            return None
        consumer, claimed = random.choice(list(consumers)), random.sample(list(pending), min(len(pending), random.choice((1, 3, 10))))
        there, held = {number for number, _ in content.entries}, dict(pending)
        for number in claimed:
            # What is pending and deleted is pending no more.
            _, count = held.pop(number)
            if number in there:
                held[number] = consumer, count + 1
        return (b"XCLAIM", name, group, consumer, 0, *map(id_of, claimed)), cls.with_group(content, group, Group(last, consumers, held))

    @classmethod
    def change_group(cls, random, name, content, _):
        group, chance = random.choice(list(content.groups)), random.random()
        last, consumers, pending = content.groups[group]
        if chance < 0.1:
            return (b"XGROUP", b"DESTROY", name, group), content._replace(groups={each: held for each, held in content.groups.items() if each != group})
        consumer = random.choice(CONSUMERS)
        if chance < 0.5:
            return (b"XGROUP", b"CREATECONSUMER", name, group, consumer), cls.with_group(content, group, Group(last, consumers | {consumer}, pending))
        if chance < 0.7:
            left = {number: held for number, held in pending.items() if held[0] != consumer}
            return (b"XGROUP", b"DELCONSUMER", name, group, consumer), cls.with_group(content, group, Group(last, consumers - {consumer}, left))
        last = random.choice((last, content.last))
        return (b"XGROUP", b"SETID", name, group, id_of(last)), cls.with_group(content, group, Group(last, consumers, pending))

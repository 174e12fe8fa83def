"""The collections of kill_loop.py: what random commands on one key make of what it holds, and how it is read back.

A model draws a command and says what the key holds after it: a plain value that is never changed in place, None if the
key is gone. `fresh` makes an element that has not been used before.
"""

MANY = 400  # from so many elements on they only become fewer


class ListModel:
    EMPTY = ()

    @staticmethod
    def read(name):
        return "LRANGE", name, 0, -1

    @staticmethod
    def seen(reply):
        return tuple(reply) or None

    @staticmethod
    def draw(random, name, content, fresh):
        chance = random.random()
        if not content or chance < 0.45 and len(content) < MANY:
            added = tuple(fresh() for _ in range(random.choice((1, 1, 3, 20))))
            if random.random() < 0.5:
                return (b"RPUSH", name, *added), content + added
            return (b"LPUSH", name, *added), added[::-1] + content
        if chance < 0.55:
            at, element = random.randrange(len(content)), fresh()
            return (b"LSET", name, at, element), content[:at] + (element,) + content[at + 1:]
        if chance < 0.62:
            at, element = random.randrange(len(content)), fresh()
            return (b"LINSERT", name, b"BEFORE", content[at], element), content[:at] + (element,) + content[at:]
        if chance < 0.70:
            first = random.randrange(len(content) + 2)
            return (b"LTRIM", name, first, -1), content[first:] or None
        if chance < 0.80:
            return (b"BLPOP", name, 1), content[1:] or None
        count = random.choice((1, 2, 5, 30))
        if random.random() < 0.5:
            return (b"LPOP", name, count), content[count:] or None
        return (b"RPOP", name, count), content[:-count] or None

    @staticmethod
    def move(random, name, content, other, other_content):
        """A command that takes something from one key to another, and what both hold then."""
        del random
        return (b"BLMOVE", name, other, b"LEFT", b"RIGHT", 1), content[1:] or None, other_content + content[:1]


class HashModel:
    EMPTY = {}

    @staticmethod
    def read(name):
        return "HGETALL", name

    @staticmethod
    def seen(reply):
        return dict(zip(reply[::2], reply[1::2])) or None

    @staticmethod
    def draw(random, name, content, fresh):
        chance = random.random()
        if chance < 0.15:
            total = int(content.get(b"count", b"0")) + 7
            return (b"HINCRBY", name, b"count", 7), {**content, b"count": b"%d" % total}
        if not content or chance < 0.65 and len(content) < MANY:
            pairs = {b"field%d" % random.randrange(2 * MANY): fresh() for _ in range(random.choice((1, 1, 3, 20)))}
            return (b"HSET", name, *(word for pair in pairs.items() for word in pair)), {**content, **pairs}
        gone = set(random.sample(list(content), min(len(content), random.choice((1, 2, 10, 100)))))
        return (b"HDEL", name, *gone), {field: value for field, value in content.items() if field not in gone} or None


class SetModel:
    EMPTY = frozenset()

    @staticmethod
    def read(name):
        return "SMEMBERS", name

    @staticmethod
    def seen(reply):
        return frozenset(reply) or None

    @staticmethod
    def draw(random, name, content, fresh):
        if not content or random.random() < 0.6 and len(content) < MANY:
            # Integers alone for a while, then all kinds of members.
            make = fresh if random.random() < 0.2 else lambda: b"%d" % random.randrange(-1000, 1000)
            added = frozenset(make() for _ in range(random.choice((1, 1, 3, 20))))
            return (b"SADD", name, *added), content | added
        gone = random.sample(list(content), min(len(content), random.choice((1, 2, 10, 100))))
        return (b"SREM", name, *gone), content.difference(gone) or None

    @staticmethod
    def move(random, name, content, other, other_content):
        member = random.choice(list(content))
        return (b"SMOVE", name, other, member), content - {member} or None, other_content | {member}


# By the key's number, modulo 8; the others are strings and counters.
MODELS = {1: ListModel, 2: HashModel, 5: ListModel, 6: SetModel}


def model_of(key):
    return MODELS.get(key % 8)


def sibling(key, count):
    """Another key of the same kind; the key itself if it is the only one."""
    return key + 8 if key + 8 < count else key % 8

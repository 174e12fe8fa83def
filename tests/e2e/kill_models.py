"""The collections of kill_loop.py: what random commands on one key make of what it holds, and how it is read back.

A model draws a command and says what the key holds after it: a plain value that is never changed in place, None if the
key is gone. `fresh` makes an element that has not been used before; from `many` elements on they only become fewer. A key
of another size than MANY begins with half of its elements and has fresh ones alone (ELEMENT_BYTES, if they are not those).
What `move` does to a key and another of its kind may end the other's time to live (MOVE_REPLACES). kill_strings.py and
kill_streams.py have more.
"""
import functools

from kill_streams import StreamModel
from kill_strings import BitmapModel, HyperLogLogModel

MANY = 400


def how_many(random, content, many):
    """Elements of one command that adds some."""
    if not content and many != MANY:
        return many // 2
    return random.choice((1, 1, 3, 20))


class ListModel:
    EMPTY = ()

    @staticmethod
    def read(name):
        return "LRANGE", name, 0, -1

    @staticmethod
    def seen(reply):
        return tuple(reply) or None

    @staticmethod
    def draw(random, name, content, fresh, many):
        chance = random.random()
        if not content or chance < 0.45 and len(content) < many:
            added = tuple(fresh() for _ in range(how_many(random, content, many)))
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
    def draw(random, name, content, fresh, many):
        chance = random.random()
        if chance < 0.15:
            total = int(content.get(b"count", b"0")) + 7
            return (b"HINCRBY", name, b"count", 7), {**content, b"count": b"%d" % total}
        if not content or chance < 0.65 and len(content) < many:
            pairs = {b"field%d" % random.randrange(2 * many): fresh() for _ in range(how_many(random, content, many))}
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
    def draw(random, name, content, fresh, many):
        if not content or random.random() < 0.6 and len(content) < many:
            # Integers alone for a while, then all kinds of members.
            make = fresh if many != MANY or random.random() < 0.2 else lambda: b"%d" % random.randrange(-1000, 1000)
            added = frozenset(make() for _ in range(how_many(random, content, many)))
            return (b"SADD", name, *added), content | added
        gone = random.sample(list(content), min(len(content), random.choice((1, 2, 10, 100))))
        return (b"SREM", name, *gone), content.difference(gone) or None

    @staticmethod
    def move(random, name, content, other, other_content):
        member = random.choice(list(content))
        return (b"SMOVE", name, other, member), content - {member} or None, other_content | {member}


class SortedSetModel:
    """Members and their scores, which are quarters: exact as text and as a sum."""

    EMPTY = {}

    @staticmethod
    def read(name):
        return "ZRANGE", name, 0, -1, "WITHSCORES"

    @staticmethod
    def seen(reply):
        pairs = list(zip(reply[::2], map(float, reply[1::2])))
        if pairs != sorted(pairs, key=lambda pair: (pair[1], pair[0])):
            return "out of order"
        return dict(pairs) or None

    @staticmethod
    def added(random, fresh, count, many):
        """The words of a command that adds some, and the members with their scores."""
        names = [fresh() if many != MANY or random.random() < 0.3 else b"member%d" % random.randrange(2 * many) for _ in range(count)]
        scores = {member: random.randrange(-400, 400) / 4 for member in names}
        return [b"ZADD"], [word for member, score in scores.items() for word in (b"%.2f" % score, member)], scores

    @classmethod
    def draw(cls, random, name, content, fresh, many):
        chance = random.random()
        if not content or chance < 0.5 and len(content) < many:
            head, words, scores = cls.added(random, fresh, how_many(random, content, many), many)
            return (*head, name, *words), {**content, **scores}
        in_order = sorted(content, key=lambda member: (content[member], member))
        if chance < 0.65:
            member, by = random.choice(in_order), random.randrange(-40, 40) / 4
            return (b"ZINCRBY", name, b"%.2f" % by, member), {**content, member: content[member] + by}
        count = random.choice((1, 2, 5, 50))
        if chance < 0.75:
            command, gone = (b"ZPOPMIN", name, count), in_order[:count]
        elif chance < 0.85:
            command, gone = (b"ZPOPMAX", name, count), in_order[-count:]
        elif chance < 0.93:
            first = random.randrange(len(in_order))
            command, gone = (b"ZREMRANGEBYRANK", name, first, first + count - 1), in_order[first:first + count]
        else:
            gone = random.sample(in_order, min(len(in_order), count))
            command = (b"ZREM", name, *gone)
        gone = set(gone)
        return command, {member: score for member, score in content.items() if member not in gone} or None

    MOVE_REPLACES = True

    @staticmethod
    def move(random, name, content, other, other_content):
        del random
        sums = {member: score + other_content.get(member, 0) for member, score in content.items()}
        return (b"ZUNIONSTORE", other, 2, name, other), content, {**other_content, **sums}


class PlacesModel(SortedSetModel):
    """Places: a sorted set of what GEOADD makes of longitude and latitude."""

    ELEMENT_BYTES = 16

    @staticmethod
    def added(random, fresh, count, many):
        del fresh
        places = {b"place%d" % random.randrange(2 * many): (random.randrange(-180, 180) + 0.25, random.randrange(-85, 85) + 0.75)
                  for _ in range(count)}
        words = [word for member, (east, north) in places.items() for word in (b"%.2f" % east, b"%.2f" % north, member)]
        return [b"GEOADD"], words, {member: score_of_place(*place) for member, place in places.items()}


@functools.cache
def score_of_place(east, north):
    """26 bits of each, by turns."""
    columns = int((east + 180.0) / 360.0 * (1 << 26))
    rows = int((north + 85.05112878) / (2 * 85.05112878) * (1 << 26))
    return float(sum((rows >> bit & 1) << 2 * bit | (columns >> bit & 1) << 2 * bit + 1 for bit in range(26)))


# By the key's number, modulo 16; the others are strings and counters.
MODELS = {1: ListModel, 2: HashModel, 5: SortedSetModel, 6: SetModel, 7: BitmapModel, 9: ListModel, 10: StreamModel, 13: PlacesModel,
          14: StreamModel, 15: HyperLogLogModel}
LARGE_MODELS = [ListModel, HashModel, SetModel, SortedSetModel, StreamModel, BitmapModel]


def model_of(key):
    return MODELS.get(key % 16)


def sibling(key, count):
    """Another key of the same kind; the key itself if it is the only one."""
    return key + 16 if key + 16 < count else key % 16

"""Strings that are edited in place, for kill_loop.py: bitmaps, and sketches of sets (HyperLogLogs). See kill_models.py."""


class BitmapModel:
    EMPTY = b""
    ELEMENT_BYTES = 1

    @staticmethod
    def read(name):
        return "GET", name

    @staticmethod
    def seen(reply):
        return reply

    @classmethod
    def draw(cls, random, name, content, fresh, many):
        del fresh
        at, chance = random.randrange(8 * many), random.random()
        if chance < 0.4:
            bit = random.randrange(2)
            return (b"SETBIT", name, at, bit), cls.with_field(content, at, 1, bit)
        width = random.choice((1, 5, 8, 16, 33, 63))
        number = random.randrange(1 << width)
        if chance < 0.7:
            return (b"BITFIELD", name, b"SET", b"u%d" % width, at, number), cls.with_field(content, at, width, number)
        total = cls.field(content, at, width) + number
        return (b"BITFIELD", name, b"OVERFLOW", b"WRAP", b"INCRBY", b"u%d" % width, at, number), cls.with_field(content, at, width, total % (1 << width))

    # Where a field's bytes lie, and how many bits stand behind it in the last of them.
    @staticmethod
    def place(at, width):
        end = (at + width + 7) // 8
        return at // 8, end, end * 8 - at - width

    @classmethod
    def field(cls, content, at, width):
        begin, end, behind = cls.place(at, width)
        return int.from_bytes(content[begin:end].ljust(end - begin, b"\0"), "big") >> behind & ((1 << width) - 1)

    @classmethod
    def with_field(cls, content, at, width, number):
        begin, end, behind = cls.place(at, width)
        content = content.ljust(end, b"\0")
        held = int.from_bytes(content[begin:end], "big") & ~(((1 << width) - 1) << behind)
        return content[:begin] + (held | number << behind).to_bytes(end - begin, "big") + content[end:]

    MOVE_REPLACES = True

    @staticmethod
    def move(random, name, content, other, other_content):
        del random
        size = max(len(content), len(other_content))
        both = int.from_bytes(content.ljust(size, b"\0"), "big") ^ int.from_bytes(other_content.ljust(size, b"\0"), "big")
        return (b"BITOP", b"XOR", other, name, other), content, both.to_bytes(size, "big")


class HyperLogLogModel:
    """What a sketch holds: its registers above zero, {number: rank}."""

    EMPTY = {}

    @staticmethod
    def read(name):
        return "GET", name

    @staticmethod
    def seen(reply):
        dense = reply[4] == 0
        return dense_registers(reply[16:]) if dense else sparse_registers(reply[16:])

    @staticmethod
    def draw(random, name, content, fresh, many):
        if content and random.random() < 0.2:
            return (b"PFCOUNT", name), content  # it may write what it counted
        # Many at once now and then: the sketch becomes a dense one.
        count = 4 * many if random.random() < 0.02 else random.choice((1, 1, 3, 20))
        added = [fresh() for _ in range(count)]
        return (b"PFADD", name, *added), higher(content, map(register_of, added))

    @staticmethod
    def move(random, name, content, other, other_content):
        del random
        return (b"PFMERGE", other, name), content, higher(other_content, content.items())


def higher(registers, seen):
    registers = dict(registers)
    for number, rank in seen:
        registers[number] = max(rank, registers.get(number, 0))
    return registers


def register_of(element):
    """(number, rank) of an element: the hash's lowest 14 bits, and the place of the first one in the rest."""
    hashed = murmur64(element, 0xadc83b19)
    rest = hashed >> 14 | 1 << 50
    return hashed & 0x3fff, (rest & -rest).bit_length()


def murmur64(data, seed):
    """MurmurHash64A."""
    factor, mask = 0xc6a4a7935bd1e995, (1 << 64) - 1
    result = seed ^ len(data) * factor & mask
    whole = len(data) & ~7
    for at in range(0, whole, 8):
        word = int.from_bytes(data[at:at + 8], "little") * factor & mask
        result = (result ^ (word ^ word >> 47) * factor & mask) * factor & mask
    if whole < len(data):
        result = (result ^ int.from_bytes(data[whole:], "little")) * factor & mask
    result = (result ^ result >> 47) * factor & mask
    return result ^ result >> 47


def dense_registers(data):
    """Six bits each, the lowest first."""
    registers = {}
    for group in range(len(data) // 3):
        four = int.from_bytes(data[3 * group:3 * group + 3], "little")
        for at in range(4 if four else 0):
            rank = four >> 6 * at & 63
            if rank:
                registers[4 * group + at] = rank
    return registers


def sparse_registers(data):
    """Runs of zeros of up to 64 (one byte) or 16384 (two), runs of up to 4 of one rank."""
    registers, number, at = {}, 0, 0
    while at < len(data):
        head = data[at]
        if head & 0x80:
            for _ in range((head & 3) + 1):
                registers[number] = (head >> 2 & 31) + 1
                number += 1
        elif head & 0x40:
            at += 1
            number += ((head & 63) << 8 | data[at]) + 1
        else:
            number += (head & 63) + 1
        at += 1
    return registers

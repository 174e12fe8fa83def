"""Libraries of functions, for kill_loop.py: one connection loads, replaces, deletes, flushes and restores them.

The libraries found after a kill must be those after some prefix of what was issued that holds all that was acknowledged.
Some changes come in a transaction with a string that tells their number: both are there, or neither. The library of the
tellers (kill_accounts.py) is replaced meanwhile, so its function must be there at every moment.
"""
import random
import re

from harness import Client, Error, ServerDied, encode

NAMES = [f"library{number}" for number in range(8)]
TRANSFER = "transfers"  # the tellers' library
COUNTER = "librarian"
TRANSFER_BODY = """redis.register_function('transfer', function(keys, arguments)
  for _, command in ipairs(cjson.decode(arguments[1])) do redis.call(unpack(command)) end
  return 'done'
end)"""


def code(name, version):
    body = TRANSFER_BODY if name == TRANSFER else f"redis.register_function('{name}_f', function() return {version} end)"
    return f"#!lua name={name}\n-- version {version}\n{body}\n" + "-- " + "x" * (version % 50 * 40)


class Librarian:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.libraries, self.counter = {}, 0  # {name: version}, and the last number, as they are known to be
        self.pending = []                     # [(libraries, counter) after each group on its way]
        self.version = self.done = 0
        self.payloads = []                    # [(payload, libraries)]
        self.problem = None

    def open(self, client):
        client.ok("FUNCTION", "LOAD", code(TRANSFER, 0))
        self.libraries = {TRANSFER: 0}

    def draw(self, libraries):
        """(command, libraries after it)."""
        self.version += 1
        name, chance = self.random.choice(NAMES), self.random.random()
        if chance < 0.25 and name in libraries:
            return ("FUNCTION", "DELETE", name), {each: version for each, version in libraries.items() if each != name}
        if chance < 0.35 and self.payloads:
            payload, held = self.random.choice(self.payloads)
            return ("FUNCTION", "RESTORE", payload, "FLUSH"), dict(held)
        if chance < 0.45:
            name = TRANSFER
        return ("FUNCTION", "LOAD", "REPLACE", code(name, self.version)), {**libraries, name: self.version}

    def send(self, client):
        """Some groups at once; each is one change, or a transaction of some and the number."""
        libraries, counter, data, lengths = self.libraries, self.counter, [], []
        for _ in range(self.random.choice((1, 1, 3, 8))):
            commands = []
            for _ in range(self.random.choice((1, 2))):
                command, libraries = self.draw(libraries)
                commands.append(command)
            if len(commands) > 1 or self.random.random() < 0.5:
                counter = self.version
                commands = [("MULTI",), *commands, ("SET", COUNTER, counter), ("EXEC",)]
            self.pending.append((libraries, counter))
            data += [encode(*command) for command in commands]
            lengths.append(len(commands))
        client.send(b"".join(data))
        for length in lengths:
            replies = client.receive_many(length)
            last = replies[-1] if isinstance(replies[-1], list) else replies
            if any(isinstance(reply, Error) for reply in [*replies, *last]):
                raise ValueError(f"the librarian was told {replies!r:.500}")
            self.libraries, self.counter = self.pending.pop(0)
            self.done += 1

    def run(self, port):
        try:
            with Client(port, 60) as client:
                while True:
                    self.send(client)
                    if self.random.random() < 0.1:
                        self.payloads = self.payloads[-4:] + [(client.ok("FUNCTION", "DUMP"), self.libraries)]
        except (OSError, ServerDied):
            return
        except (ValueError, AssertionError) as problem:
            self.problem = str(problem)

    def verify(self, client):
        """The problems found after a restart; what is there is what is known from now on."""
        found = {}
        for library in client.ok("FUNCTION", "LIST", "WITHCODE"):
            fields = dict(zip(library[::2], library[1::2]))
            name, text = fields[b"library_name"].decode(), fields[b"library_code"].decode()
            version = int(re.search(r"-- version (\d+)", text)[1])
            if text != code(name, version):
                return [f"library {name}: {text!r}"]
            found[name] = version
            for function in NAMES:
                if function == name and client.call("FCALL", f"{name}_f", "0") != version:
                    return [f"the function of {name} does not tell {version}"]
        counter = int(client.call("GET", COUNTER) or 0)
        allowed = [(self.libraries, self.counter), *self.pending]
        self.pending = []
        if (found, counter) not in allowed:
            return [f"libraries {found} and counter {counter}; allowed: {allowed[:12]}"]
        self.libraries, self.counter = found, counter
        return []

"""Transactions of several connections at once, for differential.py: who sends what, and who is next, is drawn.

Each connection has a program: transactions behind WATCH, or commands that come between those of the others. Watched keys
are mostly such as other programs change. A draw leaves no connection within a transaction.
"""
import re

KEY = re.compile(rb"[a-z-]+:\d+$")


class Interleaving:
    def __init__(self, dictionary, connections):
        self.dictionary, self.random, self.connections = dictionary, dictionary.random, connections
        self.outcomes = dict.fromkeys(("executed", "not executed for WATCH", "aborted"), 0)

    def executed(self, reply):
        """Counts what became of a transaction."""
        outcome = "executed" if isinstance(reply, list) else "not executed for WATCH" if isinstance(reply, tuple) else "aborted"
        self.outcomes[outcome] += 1

    def draw(self):
        """[(number of a connection, [(name, arguments), ...]), ...]: what is sent, in order."""
        programs = [self.transactions() if number == 0 or self.random.random() < 0.6 else self.commands() for number in range(self.connections)]
        self.random.shuffle(programs)
        for program in programs:
            self.watch(program, [key for other in programs if other is not program for key in self.written(other)])
        order = []
        while any(programs):
            number = self.random.choice([number for number, program in enumerate(programs) if program])
            count = self.random.choice((1, 1, 1, 2, 3, 8))
            order.append((number, programs[number][:count]))
            del programs[number][:count]
        return order

    def commands(self):
        return [made for _ in range(self.random.randrange(5, 25)) for made in self.dictionary.draw()]

    def transactions(self):
        program = []
        for _ in range(self.random.randrange(1, 4)):
            # WATCH is put in when it is known which keys others change.
            program += [("watch", [])] * self.random.choice((0, 1, 1, 2))
            program += [made for _ in range(self.random.randrange(3)) for made in self.dictionary.draw()]
            program += self.dictionary.transaction()
        return program

    def watch(self, program, keys):
        for at, (name, arguments) in enumerate(program):
            if name == "watch" and not arguments:
                chosen = [self.random.choice(keys) if keys and self.random.random() < 0.7 else self.dictionary.key("string")
                          for _ in range(self.random.choice((1, 2, 4, 8)))]
                program[at] = ("watch", [b"WATCH", *chosen])

    def written(self, program):
        """Keys that a program's commands may change."""
        return [argument for name, arguments in program if "write" in self.dictionary.commands[name].flags
                for argument in arguments[1:] if KEY.match(argument)]

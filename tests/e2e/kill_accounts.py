"""Transfers between accounts, for kill_loop.py: transactions that are there whole or not at all, and never twice.

Accounts are strings, fields of hashes and members of sorted sets in several databases. A transfer's amounts add up to
zero, and the same transaction sets its teller's counter to its number. So after a kill the counters say which transfers
are there, and that says what every account holds, to the unit. Some transfers add to what is there, several on their way
at once; others read under WATCH, reckon themselves and set the result: a change that WATCH lets through would be lost.
Others are scripts, of which some end in an error behind their last change, or functions of the library in kill_functions.py.
An auditor reads all accounts in one transaction: their sum is always the same, and what it has seen outlives the kill.
"""
import collections
import json
import random
import threading
import time

from harness import Client, Error, ServerDied, encode

Account = collections.namedtuple("Account", "database kind key member")

DATABASES = (1, 2, 3)
STRINGS, MEMBERS = 300, 2000
START_BALANCE = 1000
SCRIPT = """for _, command in ipairs(cjson.decode(ARGV[1])) do redis.call(unpack(command)) end
if ARGV[2] == 'fail' then error('behind all changes') end
return 'done'"""


def add_command(account, amount):
    if account.kind == "string":
        return "INCRBY", account.key, amount
    if account.kind == "hash":
        return "HINCRBY", account.key, account.member, amount
    return "ZINCRBY", account.key, amount, account.member


def set_command(account, balance):
    if account.kind == "string":
        return "SET", account.key, balance
    if account.kind == "hash":
        return "HSET", account.key, account.member, balance
    return "ZADD", account.key, balance, account.member


def get_command(account):
    if account.kind == "string":
        return "GET", account.key
    return ("HGET" if account.kind == "hash" else "ZSCORE"), account.key, account.member


def all_accounts(database):
    accounts = [Account(database, "string", f"account:{number}", None) for number in range(STRINGS)]
    for kind in ("hash", "zset"):
        accounts += [Account(database, kind, kind, f"account:{number}") for number in range(MEMBERS)]
    return accounts


def counter(number):
    return f"teller:{number}"


def read_all(client, tellers):
    """({account: balance}, [counter of each teller]) as one transaction sees them."""
    commands = [("MULTI",)]
    for database in DATABASES:
        commands += [("SELECT", database), ("MGET", *(f"account:{number}" for number in range(STRINGS))), ("HGETALL", "hash"), ("ZRANGE", "zset", 0,
                                                                                                                                -1, "WITHSCORES")]
    commands += [("SELECT", DATABASES[0]), ("MGET", *map(counter, range(tellers))), ("EXEC",)]
    replies = client.pipeline(commands)[-1]
    errors = [reply for reply in replies if isinstance(reply, Error)] if isinstance(replies, list) else [replies]
    if errors:
        raise ValueError(f"reading all accounts: {errors[0]!r}")
    balances = {}
    for at, database in enumerate(DATABASES):
        strings, fields, members = replies[4 * at + 1:4 * at + 4]
        balances.update((Account(database, "string", f"account:{number}", None), int(text)) for number, text in enumerate(strings) if text is not None)
        for kind, pairs in (("hash", fields), ("zset", members)):
            balances.update((Account(database, kind, kind, member.decode()), int(text)) for member, text in zip(pairs[::2], pairs[1::2]))
    return balances, [int(text or 0) for text in replies[-1]]


class Teller:
    """One connection's transfers: how many are known to be done, and those on their way."""

    def __init__(self, number, bank, seed):
        self.number, self.bank, self.random = number, bank, random.Random(seed)
        self.done = self.refused = 0
        self.pending = []  # [(number, {account: amount}), ...]
        self.problem = None

    def draw(self, whole_keys=True):
        accounts = self.random.sample(self.bank.accounts if whole_keys else self.bank.strings, self.random.choice((2, 2, 2, 3, 6)))
        amounts = [self.random.randrange(-50, 51) for _ in accounts[1:]]
        return dict(zip(accounts, [-sum(amounts), *amounts]))

    def unit(self, number, changes):
        """The commands of one transaction; `changes`: (account, command)."""
        commands, database = [("MULTI",)], None
        for account, command in changes:
            if account.database != database:
                database = account.database
                commands.append(("SELECT", database))
            commands.append(command)
        return [*commands, ("SELECT", DATABASES[0]), ("SET", counter(self.number), number), ("EXEC",)]

    def acknowledge(self, reply):
        if isinstance(reply, Error) or any(isinstance(each, Error) for each in reply):
            raise ValueError(f"teller {self.number} was answered {reply!r:.300}")
        number, transfer = self.pending.pop(0)
        self.bank.settle(transfer)
        self.done = number

    def add(self, client):
        """Some transfers, sent at once."""
        lengths, data = [], []
        for _ in range(self.random.choice((1, 3, 10))):
            transfer = self.draw()
            self.pending.append((self.done + len(self.pending) + 1, transfer))
            commands = self.unit(self.pending[-1][0], [(account, add_command(account, amount)) for account, amount in transfer.items()])
            lengths.append(len(commands))
            data += [encode(*command) for command in commands]
        client.send(b"".join(data))
        for length in lengths:
            self.acknowledge(client.receive_many(length)[-1])

    def run_script(self, client):
        """Some transfers, each by a script that names its strings as keys, or none, or by a function."""
        data = []
        for _ in range(self.random.choice((1, 2, 6))):
            transfer = self.draw()
            number = self.done + len(self.pending) + 1
            self.pending.append((number, transfer))
            commands = self.unit(number, [(account, add_command(account, amount)) for account, amount in transfer.items()])[1:-1]
            keys = [account.key for account in transfer if account.kind == "string"] if self.random.random() < 0.5 else []
            text = json.dumps([[str(word) for word in command] for command in commands])
            run = ("FCALL", "transfer") if self.random.random() < 0.3 else ("EVAL", SCRIPT)
            data.append(encode(*run, len(keys), *keys, text, self.random.choice(("", "", "fail"))))
        client.send(b"".join(data))
        for _ in data:
            reply = client.receive()
            failed = isinstance(reply, Error) and b"behind all changes" in reply
            self.acknowledge([] if failed or reply == b"done" else reply)

    def reckon(self, client):
        """One transfer under WATCH; mostly of strings, for a watched hash is changed by all others."""
        transfer = self.draw(whole_keys=self.random.random() < 0.2)
        commands = [command for account in transfer for command in (("SELECT", account.database), ("WATCH", account.key), get_command(account))]
        balances = [int(text) for text in client.pipeline(commands)[2::3]]
        self.pending.append((self.done + 1, transfer))
        changes = [(account, set_command(account, balance + amount)) for (account, amount), balance in zip(transfer.items(), balances)]
        reply = client.pipeline(self.unit(self.done + 1, changes))[-1]
        if reply == ("null array",):
            self.pending.clear()
            self.refused += 1
        else:
            self.acknowledge(reply)

    def run(self, port):
        try:
            with Client(port, 60) as client:
                while True:
                    self.random.choice((self.add, self.reckon, self.run_script))(client)
        except (OSError, ServerDied):
            return
        except ValueError as problem:
            self.problem = str(problem)


class Bank:
    def __init__(self, tellers, seed):
        self.accounts = [account for database in DATABASES for account in all_accounts(database)]
        self.strings = [account for account in self.accounts if account.kind == "string"]
        self.total = START_BALANCE * len(self.accounts)
        self.balances, self.lock = dict.fromkeys(self.accounts, START_BALANCE), threading.Lock()
        self.tellers = [Teller(number, self, seed + number) for number in range(tellers)]
        self.audits, self.audited, self.problem = 0, [0] * tellers, None

    def settle(self, transfer):
        """Adds what is known to be done."""
        with self.lock:
            for account, amount in transfer.items():
                self.balances[account] += amount

    def open(self, client):
        """The accounts as they are at first."""
        for database in DATABASES:
            numbers = range(MEMBERS)
            client.pipeline([("SELECT", database), ("MSET", *(part for number in range(STRINGS) for part in (f"account:{number}", START_BALANCE))),
                             ("HSET", "hash", *(part for number in numbers for part in (f"account:{number}", START_BALANCE))),
                             ("ZADD", "zset", *(part for number in numbers for part in (START_BALANCE, f"account:{number}")))])

    def audit(self, port):
        try:
            with Client(port, 60) as client:
                while True:
                    balances, self.audited = read_all(client, len(self.tellers))
                    self.audits += 1
                    if sum(balances.values()) != self.total or len(balances) != len(self.accounts):
                        self.problem = f"the auditor saw {len(balances)} accounts with {sum(balances.values())}, not {len(self.accounts)} with {self.total}"
                        return
                    time.sleep(0.02)
        except (OSError, ServerDied):
            return
        except ValueError as problem:
            self.problem = str(problem)

    def threads(self, port):
        return [threading.Thread(target=work, args=(port,), daemon=True) for work in (self.audit, *(teller.run for teller in self.tellers))]

    def problems(self):
        return [each.problem for each in (self, *self.tellers) if each.problem]

    def verify(self, client):
        """The problems found after a restart; what was on its way and is there counts as done from now on."""
        try:
            balances, counters = read_all(client, len(self.tellers))
        except ValueError as problem:
            return [str(problem)]
        problems = []
        for teller, count in zip(self.tellers, counters):
            last = teller.done + len(teller.pending)
            if not max(teller.done, self.audited[teller.number]) <= count <= last:
                problems.append(f"teller {teller.number}: transfer {count} is the last one there; {teller.done} was acknowledged, "
                                f"{self.audited[teller.number]} seen by the auditor, {last} issued")
            for number, transfer in teller.pending:
                if number <= count:
                    self.settle(transfer)
            teller.done, teller.pending = count, []
        wrong = [account for account in self.accounts if balances.get(account) != self.balances[account]]
        problems += [f"account {account}: found {balances.get(account)}, should be {self.balances[account]}" for account in wrong[:5]]
        if sum(balances.values()) != self.total:
            problems.append(f"all accounts hold {sum(balances.values())}, should be {self.total}; {len(wrong)} are wrong")
        return problems

    def report(self):
        return (f"{sum(teller.done for teller in self.tellers)} transfers, {sum(teller.refused for teller in self.tellers)} given up for WATCH, "
                f"{self.audits} audits")

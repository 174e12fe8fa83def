#!/usr/bin/python3
"""The bound on memory when clients ask for much at the same time: RSS stays below maxmemory + 64 MiB, and what fits is done.

  memory_bound.py [--maxmemory 64mb] [--clients 40] [--seconds 4] [--cases half_sent,unread,...]

Each case has a server. RSS is sampled all the while.
"""
import argparse
import os
import re
import resource
import threading
import time

from harness import Error, Folder, ServerDied, encode, fail, info_number, megabytes, say, terrace
from ledger import Sampler

MIB = 1 << 20
CONSTANT = 64 * MIB
GROWN_BYTES = 400  # of an element of what grows beyond memory


def check(condition, text):
    if not condition:
        fail(f"memory bound: {text}")


def together(count, run):
    """run(number) in so many threads; the first exception is raised."""
    problems = []

    def guarded(number):
        try:
            run(number)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        check(not thread.is_alive(), "a client waits for more than two minutes")
    if problems:
        raise problems[0]


def value_of(number, size):
    return (b"%08d" % number) * (size // 8)


def half_sent(server, options):
    """Many SETs of 20 MB at the same time, all of them sent to the end."""
    size = 20 * 1000 * 1000

    def set_one(number):
        with server.client(120) as client:
            check(client.call("SET", f"key:{number}", value_of(number, size)) == b"OK", "a SET of 20 MB failed")
            check(client.call("STRLEN", f"key:{number}") == size, "a SET of 20 MB came in part")

    together(options.clients // 4, set_one)
    return f"{options.clients // 4} SETs of 20 MB at the same time"


def dead(server, options):
    """Clients that stop in the middle of a large SET, or of a small one: they lose their place to one that does not."""
    clients = []
    for number in range(options.clients):
        client = server.client()
        client.socket.setblocking(False)
        size = 20 * 1000 * 1000 if number % 2 else 100_000
        try:
            client.socket.send(b"*3\r\n$3\r\nSET\r\n$4\r\ndead\r\n$%d\r\n" % size + b"x" * 50_000)
        except BlockingIOError:
            pass
        clients.append(client)
    begin = time.monotonic()
    with server.client(120) as client:
        check(client.call("SET", "alive", b"y" * 20 * MIB) == b"OK", "a SET of 20 MB beside dead clients failed")
        waited = time.monotonic() - begin
        check(client.call("EXISTS", "dead") == 0, "half a SET was executed")
        evicted = info_number(client_info(client), "evicted_clients")
    for one in clients:
        one.close()
    return f"{options.clients} clients stop in the middle of a SET: another SET of 20 MB took {waited:.1f} s, {evicted} were disconnected"


def crowd(server, options):
    """Two thousand clients, each in the middle of a request of 147 KB in small arguments, or of a line without an end."""
    clients, sent = [server.client() for _ in range(2000)], 0
    for number, one in enumerate(clients):
        one.socket.setblocking(False)
        try:
            sent += one.socket.send(b"*10\r\n" + b"$16384\r\n%s\r\n" % (b"x" * 16384) * 9 if number % 2 else b"x" * 65_000)
        except OSError:
            pass
    with server.client(120) as client:
        check(client.call("SET", "alive", b"y" * MIB) == b"OK", "a SET beside half-sent requests failed")
    for one in clients:
        one.close()
    check(sent > 3 * options.bytes, f"the kernel took {sent / MIB:.0f} MiB only")
    return f"{len(clients)} clients in the middle of {sent / MIB:.0f} MiB of requests"


def client_info(client):
    return dict(re.findall(r"(?m)^([^:#\r]+):([^\r]*)", client.ok("INFO", "all").decode()))


def unread(server, options):
    """Clients that ask for 20 replies of 1 MB each and read nothing."""
    with server.client() as client:
        client.ok("SET", "megabyte", b"y" * 1_000_000)
        client.ok("SET", "small", b"z" * 100)
        clients = [server.client() for _ in range(options.clients * 5)]
        for one in clients:
            one.send(encode("GET", "megabyte") * 20)
        longest, end = 0.0, time.monotonic() + options.seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            check(client.call("GET", "small") == b"z" * 100, "another client's GET failed")
            longest = max(longest, time.monotonic() - begin)
            time.sleep(0.005)
        for one in clients:
            one.close()
    return f"{len(clients)} clients do not read 20 MB each: another client's GET took {longest * 1e3:.0f} ms at most"


def large_gets(server, options):
    """Strings of 5 MB, cold, read by all clients at the same time."""
    size = 5 * 1000 * 1000
    with server.client(120) as client:
        for number in range(20):
            client.ok("SET", f"large:{number}", value_of(number, size))

    def read(number):
        with server.client(120) as client:
            for i in range(3):
                key = (number + 7 * i) % 20
                check(client.call("GET", f"large:{key}") == value_of(key, size), f"GET of 5 MB: wrong, {number}")
                check(client.call("GETRANGE", f"large:{key}", 8, 4_000_007) == value_of(key, 4_000_000), "GETRANGE: wrong")

    together(options.clients, read)
    return f"{options.clients} clients read strings of 5 MB"


def whole_replies(server, options):
    """A list and a hash whose replies take a quarter of the memory, read by several clients at the same time."""
    elements = options.bytes // 4 // 100
    with server.client(120) as client:
        for begin in range(0, elements, 1000):
            client.ok("RPUSH", "list", *(b"%09d" % i * 10 for i in range(begin, begin + 1000)))
            client.ok("HSET", "hash", *(word for i in range(begin, begin + 1000) for word in (b"%09d" % i, b"%09d" % i * 9)))

    def read(number):
        with server.client(120) as client:
            reply = client.call("LRANGE", "list", 0, -1) if number % 2 else client.call("HGETALL", "hash")
            words = len(reply) if isinstance(reply, list) else reply
            least = elements if number % 2 else elements * 2
            check(isinstance(words, int) and words >= least, f"a whole reply has {words} elements of {least}")

    together(options.clients // 4, read)
    return f"{options.clients // 4} clients read collections of {options.bytes / 4 / MIB:.0f} MiB whole"


def grown(server, options):
    """Collections that pipelines grow beyond memory: at some size the next command gets an error, and what was written is there."""
    commands = {b"stream": lambda value: ("XADD", "stream", "*", "field", value), b"list": lambda value: ("RPUSH", "list", value)}
    told = []
    with server.client(120) as client:
        for kind, command in commands.items():
            written, refused = 0, None
            while refused is None:
                replies = client.pipeline([command(os.urandom(GROWN_BYTES)) for _ in range(100)])
                refused = next((reply for reply in replies if isinstance(reply, Error)), None)
                written += sum(not isinstance(reply, Error) for reply in replies)
                check(written * GROWN_BYTES < 2 * options.bytes, f"a {kind.decode()} of {written} elements of {GROWN_BYTES} bytes is in memory")
            check(refused.startswith(b"OOM the command needs "), f"a {kind.decode()} beyond memory: {refused!r:.100}")
            check(2 * written * GROWN_BYTES > options.bytes, f"a {kind.decode()} ends at {written} elements: {refused!r:.100}")
            told.append(f"{kind.decode()} {written}")
            check(client.ok("DEL", kind) == 1, f"DEL of a {kind.decode()} that is larger than memory")
    return f"elements of {GROWN_BYTES} bytes until the error: {', '.join(told)}"


def no_limit_of_repeats(server, options):
    """Replies without end: an error, or the end of the client where client-output-buffer-limit says so."""
    with server.client() as client:
        client.ok("HSET", "hash", "field", "value")
        client.ok("SADD", "set", "member")
        client.ok("ZADD", "zset", 1, "member")
        longest = 0.0
        for command, key in (("HRANDFIELD", "hash"), ("SRANDMEMBER", "set"), ("ZRANDMEMBER", "zset")):
            begin = time.monotonic()
            reply = client.call(command, key, -999999999)
            longest = max(longest, time.monotonic() - begin)
            check(isinstance(reply, Error) and reply.startswith(b"OOM "), f"{command} without end: {reply!r:.100}")
            replies = client.pipeline([("MULTI",), (command, key, -999999999), ("EXISTS", key), ("EXEC",)])
            check(isinstance(replies[3], list) and replies[3][0].startswith(b"OOM ") and replies[3][1] == 1,
                  f"{command} without end in EXEC: {replies!r:.200}")
        client.ok("CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0")
        for command, key in (("HRANDFIELD", "hash"), ("SRANDMEMBER", "set"), ("ZRANDMEMBER", "zset")):
            begin = time.monotonic()
            try:
                with server.client() as other:
                    other.call(command, key, -999999999)
                check(False, f"{command} beyond client-output-buffer-limit was answered")
            except (ServerDied, ConnectionError):
                longest = max(longest, time.monotonic() - begin)
        ended = info_number(client_info(client), "client_output_buffer_limit_disconnections")
        check(ended == 3, f"{ended} clients were disconnected")
    check(longest < 2, f"a reply without end took {longest:.1f} s")
    return f"replies without end take {longest * 1e3:.0f} ms at most"


def results(server, options):
    """Commands that make large values, one after the other: each is done or gets an error."""
    elements, size = options.bytes // 640, options.bytes // 5
    with server.client(120) as client:
        for begin in range(0, elements, 1000):
            numbers = range(begin, min(begin + 1000, elements))
            client.ok("RPUSH", "list", *(b"%09d" % (i * 7919 % elements) * 11 for i in numbers))
            client.ok("SADD", "set:1", *(b"%09d" % i * 11 for i in numbers))
            client.ok("SADD", "set:2", *(b"%09d" % (i + elements // 2) * 11 for i in numbers))
            client.ok("ZADD", "zset", *(part for i in numbers for part in (i, b"%09d" % i * 11)))
        for i in range(4):
            client.ok("SET", f"string:{i}", b"%d" % i * size)
        client.ok("SET", "short", b"0123456789" * 1000)
        client.ok("TERRACE", "SPILL", "ALL")
    many = 1 << 32
    commands = [("SORT", "list", "ALPHA", "STORE", "target"), ("SUNIONSTORE", "target", "set:1", "set:2"), ("SDIFFSTORE", "target", "set:1", "set:2"),
                ("ZUNIONSTORE", "target", 2, "zset", "set:2"), ("ZRANGESTORE", "target", "zset", 0, -1), ("COPY", "zset", "target", "REPLACE"),
                ("COPY", "string:1", "target", "REPLACE"), ("RENAME", "string:2", "string:2"), ("BITOP", "AND", "bits", "string:0", "string:1"),
                ("SETBIT", "far", many - 1, 1), ("SETRANGE", "far", options.bytes * 2, "x"), ("BITFIELD", "far", "SET", "u8", many - 8, 1),
                ("LCS", "short", "short", "LEN"), ("RENAME", "string:3", "string:4"), ("RENAME", "string:4", "string:3"), ("STRLEN", "string:0")]
    done, refused = [], set()

    with server.client(120) as client:
        for command in commands:
            reply = client.call(*command)
            if not isinstance(reply, Error):
                done.append(command[0])
            else:
                check(reply.startswith(b"OOM "), f"{command}: {reply!r:.200}")
                refused.add(command[0])
    check({"SDIFFSTORE", "COPY", "BITOP", "RENAME", "ZRANGESTORE", "LCS"} <= set(done), f"done: {done}, refused {refused}")
    check({"SETBIT", "SETRANGE", "BITFIELD"} <= refused, f"refused: {refused}")
    with server.client() as client:
        check(client.ok("EXISTS", "far") == 0, "a refused command has made its key")
        check(client.ok("LLEN", "list") == elements and client.ok("SCARD", "set:2") == elements, "a source has changed")
    return f"{len(done)} commands that make large values are done, refused for want of memory: {' '.join(sorted(refused))}"


def mixed(server, options):
    """Clients that make large values of several kinds at the same time: each is made, or refused for want of memory."""
    with server.client(120) as client:
        for number in range(2):
            for begin in range(0, 60_000, 1000):
                client.ok("SADD", f"set:{number}", *(b"%09d" % i * 4 for i in range(begin, begin + 1000)))
                client.ok("ZADD", f"zset:{number}", *(word for i in range(begin, begin + 1000) for word in (i, b"%09d" % i * 4)))
            client.ok("SET", f"string:{number}", value_of(number, 4 * MIB))
    end = time.monotonic() + options.seconds * 3
    made, refused = [0], [0]

    def make(number):
        calls = [("COPY", "set:0", f"copy:{number}", "REPLACE"), ("SDIFFSTORE", f"diff:{number}", "set:0", "none"),
                 ("ZRANGESTORE", f"range:{number}", "zset:1", 0, -1), ("SORT", "zset:0", "BY", "nosort", "STORE", f"sorted:{number}"),
                 ("BITOP", "NOT", f"bits:{number}", "string:0"), ("RENAME", f"bits:{number}", f"moved:{number}")]
        turn = number
        with server.client(120) as client:
            while time.monotonic() < end:
                reply = client.call(*calls[turn % len(calls)])
                turn += 1
                failed = isinstance(reply, Error)
                check(not failed or reply.startswith((b"OOM ", b"ERR no such key")), f"{calls[(turn - 1) % len(calls)][0]}: {reply!r:.100}")
                (refused if failed else made)[0] += 1

    together(max(2, options.clients // 2), make)
    check(made[0] > 0, "no value was made")
    return f"{max(2, options.clients // 2)} clients made {made[0]} large values, {refused[0]} were refused"


def too_large(server, options):
    """One request that can never fit."""
    size = options.bytes * 2
    with server.client() as client:
        client.ok("SET", "before", 1)
        client.send(b"*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$%d\r\n" % size)
        for _ in range(size // MIB):
            client.send(b"x" * MIB)
        reply = client.receive()
        check(isinstance(reply, Error) and reply.startswith(b"OOM the request needs "), f"a SET of {size} bytes: {reply!r:.100}")
    with server.client() as client:
        check(client.call("EXISTS", "large") == 0 and client.call("GET", "before") == b"1", "after a SET that does not fit")
    return f"a SET of {size / MIB:.0f} MiB is refused"


def idle(server, options):
    """Clients that have sent and read 30 KB and then rest: of the buffers that they used little is kept."""
    clients = [server.client() for _ in range(options.clients * 100)]
    value = b"v" * 30_000
    for begin in range(0, len(clients), 50):
        for number, one in enumerate(clients[begin : begin + 50]):
            one.send(encode("SET", f"key:{number}", value) + encode("GET", f"key:{number}") * 2)
        for one in clients[begin : begin + 50]:
            check([one.receive() for _ in range(3)] == [b"OK", value, value], "SET and GET of 30 KB")
    with server.client() as client:
        held = info_number(client_info(client), "mem_clients_normal")
    # 16 MiB of buffers for requests and as much for replies, and the connections.
    bound = 32 * MIB + len(clients) * 6000
    check(held <= bound, f"{len(clients)} idle clients hold {held / MIB:.1f} MiB, bound {bound / MIB:.1f}")
    for one in clients:
        one.close()
    return f"{len(clients)} idle clients hold {held / MIB:.1f} MiB"


def writers(server, options):
    """Many clients write pipelines that together are more than the memory, so that they wait for room and for the log."""
    end = time.monotonic() + options.seconds * 2
    value = b"v" * 32_000

    def write(number):
        turn = 0
        with server.client(120) as client:
            while time.monotonic() < end:
                replies = client.pipeline([("SET", f"key:{number}:{(turn + i) % 40}", value) for i in range(10)])
                check(all(reply == b"OK" for reply in replies), f"a SET of 32 KB: {replies!r:.200}")
                turn += 10

    together(options.clients * 10, write)
    with server.client(120) as client:
        check(client.call("GET", "key:0:0") == value, "a value of 32 KB is wrong")
        return f"{options.clients * 10} clients wrote {client.ok('DBSIZE') * len(value) / MIB:.0f} MiB in pipelines of 320 KB"


def evicted(server, options):
    """maxmemory-clients without maxmemory: the largest clients are disconnected, but not who asks for NO-EVICT."""
    with server.client() as client:
        client.ok("CLIENT", "NO-EVICT", "ON")
        client.ok("SET", "megabyte", b"y" * 1_000_000)
        clients = [server.client() for _ in range(options.clients * 2)]
        for one in clients:
            try:
                one.send(encode("GET", "megabyte") * 50)
            except ConnectionError:
                pass
        time.sleep(2)
        info = client_info(client)
        held = info_number(info, "mem_clients_normal")
        check(info_number(info, "evicted_clients") > 0 and held <= megabytes("20mb"), f"{held / MIB:.1f} MiB of clients: {info}")
        for one in clients:
            one.close()
    return f"maxmemory-clients 20mb: {info['evicted_clients']} clients disconnected, {held / MIB:.0f} MiB left"


def lowered(server, options):
    """maxmemory is lowered under a full store, and nobody writes."""
    with server.client(120) as client:
        for begin in range(0, 200_000, 1000):
            client.pipeline([("SET", f"key:{i}", b"%08d" % i * 125) for i in range(begin, begin + 1000)])
        before = server.rss()
        client.ok("CONFIG", "SET", "maxmemory", str(options.bytes))
        begin = time.monotonic()
        while server.rss() > options.bytes + CONSTANT:
            check(time.monotonic() - begin < 20, f"after 20 s {server.rss() / MIB:.0f} MiB are resident")
            time.sleep(0.05)
        took = time.monotonic() - begin
        for i in range(0, 200_000, 997):
            check(client.call("GET", f"key:{i}") == b"%08d" % i * 125, "a value is wrong")
    return f"maxmemory lowered at {before / MIB:.0f} MiB: within the bound after {took:.1f} s"


def larger_than_memory(server, options):
    """Values on disk that do not fit into memory: what needs no value answers, what needs it gets an error."""
    size = options.bytes * 5 // 4
    with server.client(120) as client:
        client.ok("SET", "string", b"s" * size)
        client.ok("SET", "expires", b"e" * size, "PX", 3_600_000)
        for begin in range(0, size // 1000, 1000):
            client.ok("RPUSH", "list", *(b"%09d" % i * 111 for i in range(begin, begin + 1000)))
    server.stop()
    server.arguments = ("--maxmemory", options.maxmemory)
    server.start(120)
    with Sampler(server) as sampler:
        with server.client(120) as client:
            replies = client.pipeline([("TYPE", "string"), ("TYPE", "list"), ("EXISTS", "string", "list", "absent"), ("TTL", "list"),
                                       ("TOUCH", "string"), ("GET", "string"), ("LRANGE", "list", 0, -1), ("TTL", "expires")])
            check(replies[:5] == [b"string", b"list", 2, -1, 1] and 3500 < replies[7] <= 3600, f"{replies!r:.300}")
            check(all(isinstance(reply, Error) and reply.startswith(b"OOM the command needs ") for reply in replies[5:7]),
                  f"a value larger than memory: {replies[5]!r:.100}, {replies[6]!r:.100}")
            check(client.ok("DEL", "string", "absent") == 1 and client.ok("UNLINK", "list") == 1, "DEL of a large value on disk")
            check(client.ok("EXISTS", "string", "list", "expires") == 1, "EXISTS after DEL")
        server.kill()
        server.start(120)
        with server.client() as client:
            check(client.ok("EXISTS", "string", "list", "expires") == 1, "EXISTS after DEL and a kill")
    check(sampler.most <= options.bytes + CONSTANT, f"{sampler.most / MIB:.0f} MiB resident")
    return f"values of {size / MIB:.0f} MiB in {options.bytes / MIB:.0f} MiB of memory: at most {sampler.most / MIB:.0f} MiB resident"


def default(server, options):
    """Without a line in the configuration there is a bound; CONFIG REWRITE does not write it down."""
    with server.client() as client:
        bound = int(client.ok("CONFIG", "GET", "maxmemory")[1])
        machine = int(re.search(r"MemTotal: +(\d+) kB", open("/proc/meminfo", encoding="ascii").read())[1]) << 10
        check(MIB < bound <= machine * 3 // 4, f"maxmemory is {bound} of {machine}")
        check(b"The limit on memory (maxmemory) is %d bytes" % bound in server.log(), "the log does not tell the bound")
    return f"maxmemory is {bound / MIB:.0f} MiB of {machine / MIB:.0f} by itself"


# Arguments of the server, and whether its memory is bounded by maxmemory.
CASES = {
    half_sent: True, dead: True, crowd: True, unread: True, large_gets: True, whole_replies: True, grown: True,
    no_limit_of_repeats: True, results: True, mixed: True, idle: True, writers: True, too_large: True,
    evicted: ("--maxmemory", "0", "--maxmemory-clients", "20mb"),
    lowered: ("--maxmemory", "0"), larger_than_memory: ("--maxmemory", "4gb"), default: ()}


def main():
    names = [run.__name__ for run in CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--cases", type=lambda text: text.split(","), default=names)
    options = parser.parse_args()
    options.bytes = megabytes(options.maxmemory)
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with Folder("memory-bound") as folder:
        for run, arguments in CASES.items():
            if run.__name__ not in options.cases:
                continue
            bounded = arguments is True
            arguments = ("--maxmemory", options.maxmemory) if bounded else arguments
            server = folder.add(terrace(f"{folder.path}/{run.__name__}", *arguments)).start()
            begin = time.monotonic()
            with Sampler(server) as sampler:
                told = run(server, options)
            server.stop()
            bound = options.bytes if bounded else megabytes("20mb") if run is evicted else None
            say(f"{told}; {time.monotonic() - begin:.1f} s, at most {sampler.most / MIB:.0f} MiB resident")
            check(bound is None or sampler.most <= bound + CONSTANT,
                  f"{run.__name__}: {sampler.most / MIB:.0f} MiB resident, bound {(bound + CONSTANT) / MIB:.0f}" if bound else "")
    say("memory bound: fine")


if __name__ == "__main__":
    main()

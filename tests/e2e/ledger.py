#!/usr/bin/python3
"""Memory of clients: half-sent arguments, unread replies, queues of MULTI. The accounts of INFO tier show it, records make
room for it, and every account is back to nothing when the clients have left.

  ledger.py --maxmemory 64mb

RSS is sampled all the while. Then, with tiering off: what would take more than maxmemory is refused, in the words of
redis-server.
"""
import argparse
import threading
import time

from harness import Error, Folder, encode, fail, info_number, megabytes, redis, say, terrace

MIB = 1 << 20
# A client that asks for INFO, its buffers, and what is kept for the next client.
IDLE = 1 * MIB
# Other accounts than the one that a case is about.
ACCOUNTS = ("fetched", "image", "log_buffer", "connection", "query_buffer", "large_request", "reply", "transaction", "unit")


class Sampler:
    """The largest RSS while it runs."""

    def __init__(self, server):
        self.server, self.most, self.running = server, 0, True
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.running:
            try:
                self.most = max(self.most, self.server.rss())
            except OSError:
                pass  # it has ended, and may be started again
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


def accounts(server):
    info = server.info()
    figures = {name: info_number(info, f"{name}_memory_bytes") for name in ("record", "index", *ACCOUNTS)}
    figures["used"], figures["clients"] = int(info["used_memory"]), int(info["mem_clients_normal"])
    return figures


def check(condition, text):
    if not condition:
        fail(f"ledger: {text}")


def wait_for(server, condition, text, seconds=20.0):
    end = time.monotonic() + seconds
    while True:
        figures = accounts(server)
        if condition(figures):
            return figures
        check(time.monotonic() < end, f"{text}: {figures}")
        time.sleep(0.05)


def fill(server, bytes_of_keys):
    """Records, more than memory holds."""
    with server.client() as client:
        for begin in range(0, bytes_of_keys // 1000, 1000):
            client.pipeline([("SET", f"key:{begin + i}", "x" * 1000) for i in range(1000)])


def returned(server):
    """The clients have left: nothing but records and the index is accounted for."""
    wait_for(server, lambda figures: all(figures[name] < IDLE for name in ACCOUNTS), "an account is not zero")


def case(server, name, options, run):
    begin = time.monotonic()
    with Sampler(server) as sampler:
        run(server, options)
        returned(server)
    say(f"{name}: {time.monotonic() - begin:.1f} s, at most {sampler.most / MIB:.0f} MiB resident")
    return sampler.most


def half_sent(server, options):
    """Clients in the middle of a SET of 20 MB: the announced sizes that fit count, records make room; then one ends it."""
    clients = [server.client() for _ in range(options.half_sent)]
    size = 20 * MIB
    for client in clients:
        client.send(b"*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$%d\r\n" % size)
    announced = min(options.half_sent, options.bytes * 3 // 4 // size) * size
    wait_for(server, lambda figures: figures["large_request"] >= announced, "announced arguments are not accounted for")
    figures = wait_for(server, lambda figures: figures["used"] <= max(options.bytes, announced + 5 * MIB),
                       "records do not make room for announced arguments")
    check(figures["clients"] >= announced, f"mem_clients_normal: {figures}")
    for client in clients[1:]:
        client.send(b"x" * (size // 2))
    for client in clients[1:]:
        client.close()
    clients[0].send(b"x" * size + b"\r\n")
    check(clients[0].receive() == b"OK", "a SET of 20 MB failed")
    check(clients[0].ok("STRLEN", "large") == size, "a SET of 20 MB came in part")
    clients[0].ok("DEL", "large")
    clients[0].close()


def unread_replies(server, options):
    """Clients that ask for more than they read."""
    with server.client() as client:
        client.ok("SET", "megabyte", b"y" * MIB)
    clients = [server.client() for _ in range(options.unread)]
    for client in clients:
        client.send(encode("GET", "megabyte") * 20)
    # The kernel takes some MiB of each.
    figures = wait_for(server, lambda figures: figures["reply"] >= options.unread * MIB // 2,
                       "unread replies are not accounted for")
    check(figures["clients"] >= figures["reply"], f"mem_clients_normal: {figures}")
    with server.client() as other:
        for _ in range(100):
            check(other.ok("GET", "key:1") == b"x" * 1000, "another client's GET failed")
    for client in clients[1:]:
        client.close()
    replies = clients[0].receive_many(20)
    check(all(reply == b"y" * MIB for reply in replies), "a reply that waited is wrong")
    wait_for(server, lambda figures: figures["reply"] < IDLE, "an idle client keeps the memory of its replies")
    clients[0].close()


def large_queue(server, options):
    """A queue of MULTI that takes a good part of the memory, run or left."""
    size = options.bytes // 4
    for ends in ("EXEC", "DISCARD", None):
        client = server.client()
        client.ok("MULTI")
        count = size // MIB
        for number in range(count):
            client.send(encode("SET", f"queued:{number}", b"q" * MIB))
        check(client.receive_many(count) == [b"QUEUED"] * count, "commands are not queued")
        figures = accounts(server)
        check(figures["transaction"] >= size, f"the queue of MULTI is not accounted for: {figures}")
        if ends is not None:
            reply = client.ok(ends)
            check(reply == ([b"OK"] * count if ends == "EXEC" else b"OK"), f"{ends} answered {reply!r}")
            wait_for(server, lambda figures: figures["transaction"] < IDLE, f"the queue is there after {ends}")
        client.close()
    with server.client() as client:
        check(client.ok("DEL", *(f"queued:{number}" for number in range(size // MIB))) == size // MIB, "DEL")


def wait_until_taken(client, value):
    """What DEL frees in the background is free a little later."""
    end = time.monotonic() + 5
    while isinstance(reply := client.call("SET", "again", value), Error):
        check(time.monotonic() < end, f"SET after DEL answered {reply!r}")
        time.sleep(0.01)


def full_store(server):
    """What clients are told while 25 MB are stored and 10 may be, and when 20 MB of them have been deleted."""
    value = b"v" * 100_000
    with server.client() as client, server.client() as writer, server.client() as reader:
        for number in range(250):
            client.ok("SET", f"key:{number}", value)
        for other, command in ((writer, ("SET", "queued", "1")), (reader, ("STRLEN", "key:0"))):
            other.ok("MULTI")
            other.ok(*command)
        client.ok("CONFIG", "SET", "maxmemory", "10mb")
        replies = [(command, client.call(*command)) for command in (
            ("SET", "more", "1"), ("APPEND", "key:0", "x"), ("RPUSH", "list", "x"), ("STRLEN", "key:0"),
            ("EXPIRE", "key:0", 1000), ("PERSIST", "key:0"), ("PING",), ("WATCH", "key:0"),
            # Nothing is queued, whatever it is.
            ("MULTI",), ("STRLEN", "key:0"), ("DEL", "key:0"), ("EXEC",),
            ("MULTI",), ("DISCARD",), ("MULTI",), ("EXEC",))]
        # What was queued before runs if it only reads.
        replies += [("EXEC of SET", writer.call("EXEC")), ("EXEC of STRLEN", reader.call("EXEC")),
                    ("EXEC again", writer.call("EXEC")), ("EXISTS", client.call("EXISTS", "queued")),
                    ("DEL", client.call("DEL", *(f"key:{number}" for number in range(200))))]
        wait_until_taken(client, value)
        replies += [(command, writer.call(*command)) for command in (("MULTI",), ("SET", "queued", "1"), ("EXEC",))]
    return replies


def refused_without_tier(folder):
    """Tiering off: the same replies as of redis-server with noeviction."""
    reference = folder.add(redis(f"{folder.path}/reference")).start()
    wanted = full_store(reference)
    reference.stop()
    check(sum(b"OOM" in reply for _, reply in wanted if isinstance(reply, bytes)) == 6, f"redis-server: {wanted}")
    server = folder.add(terrace(f"{folder.path}/refused", "--tiering", "no")).start()
    with Sampler(server) as sampler, server.client() as client:
        for (command, reply), (_, reference_reply) in zip(full_store(server), wanted, strict=True):
            check(reply == reference_reply and type(reply) is type(reference_reply),
                  f"{command} answered {reply!r}, redis-server {reference_reply!r}")
        client.ok("FLUSHALL")
        client.ok("CONFIG", "SET", "maxmemory", "40mb")
        taken, value = 0, b"v" * 100_000
        while not isinstance(client.call("SET", f"key:{taken}", value), Error):
            taken += 1
            check(taken <= 420, "more than 42 MB are stored with maxmemory 40mb")
            time.sleep(0.0005)
        check(taken >= 300, f"only {taken} values of 100 KB are stored with maxmemory 40mb")
        # With tiering, records give way and nothing is refused.
        client.ok("CONFIG", "SET", "tiering", "yes")
        for number in range(1000):
            client.ok("SET", f"key:{number}", value)
    check(sampler.most <= megabytes("40mb") + 64 * MIB, f"{sampler.most / MIB:.0f} MiB resident")
    say(f"tiering off: {taken} values of 100 KB are stored with maxmemory 40mb; at most {sampler.most / MIB:.0f} MiB resident")
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maxmemory", default="64mb")
    parser.add_argument("--half-sent", type=int, default=1, help="clients that announce 20 MB; while some wait, one that stalls is disconnected")
    parser.add_argument("--unread", type=int, default=20, help="clients that do not read 20 MB of replies")
    options = parser.parse_args()
    options.bytes = megabytes(options.maxmemory)
    with Folder("ledger") as folder:
        server = folder.add(terrace(f"{folder.path}/data", "--maxmemory", options.maxmemory)).start()
        fill(server, options.bytes * 3 // 2)
        most = {}
        for run in (half_sent, unread_replies, large_queue):
            most[run] = case(server, run.__name__, options, run)
        server.stop()
        refused_without_tier(folder)
    say("ledger: fine")


if __name__ == "__main__":
    main()

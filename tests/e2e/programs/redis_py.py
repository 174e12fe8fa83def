"""python3-redis: what an application uses of it, with replies as bytes and as text."""
import sys
import threading
import time

import redis

port, database = int(sys.argv[1]), int(sys.argv[2])


def connect(**more):
    return redis.Redis(port=port, db=database, **more)


def strings(r, wrap):
    assert r.ping()
    r.flushdb()
    assert r.set("a", "x", ex=100) is True and r.get("a") == wrap("x") and 98 <= r.ttl("a") <= 100
    assert r.set("a", "y", nx=True) is None and r.getset("a", "z") == wrap("x") and r.ttl("a") == -1
    assert r.incr("n") == 1 and r.incrby("n", 41) == 42 and r.decr("n") == 41 and r.incrbyfloat("n", .5) == 41.5
    assert r.mset({"b": 1, "c": 2}) and r.mget("b", "c", "nothing") == [wrap("1"), wrap("2"), None]
    assert r.append("b", "23") == 3 and r.strlen("b") == 3 and r.getrange("b", 1, 2) == wrap("23")
    assert r.exists("a", "b", "nothing") == 2 and r.type("a") == wrap("string")
    assert set(r.scan_iter("?")) == {wrap("a"), wrap("b"), wrap("c"), wrap("n")} and r.dbsize() == 4
    assert r.rename("a", "aa") and r.delete("aa", "b") == 2 and r.expire("c", 50) and r.persist("c")
    try:
        r.execute_command("SET", "a")
        raise SystemExit("no error")
    except redis.ResponseError as error:
        assert "wrong number of arguments for 'set' command" in str(error)
    assert r.info()["redis_version"] and r.client_id() > 0 and r.config_get("maxmemory")


def collections(r, wrap):
    assert r.hset("h", mapping={"f": 1, "g": 2}) == 2 and r.hgetall("h") == {wrap("f"): wrap("1"), wrap("g"): wrap("2")}
    assert r.rpush("l", 1, 2, 3) == 3 and r.lrange("l", 0, -1) == [wrap("1"), wrap("2"), wrap("3")]
    assert r.sadd("s", "x", "y") == 2 and r.smembers("s") == {wrap("x"), wrap("y")}
    assert r.zadd("z", {"one": 1, "two": 2.5}) == 2 and r.zrange("z", 0, -1, withscores=True) == [(wrap("one"), 1.0), (wrap("two"), 2.5)]
    assert r.geoadd("g", (13.361389, 38.115556, "Palermo")) == 1 and r.geosearch("g", longitude=13, latitude=38, radius=100, unit="km") == [wrap("Palermo")]
    assert r.pfadd("p", "a", "b") == 1 and r.pfcount("p") == 2 and r.setbit("bits", 7, 1) == 0 and r.bitcount("bits") == 1


def transactions(r, wrap):
    with r.pipeline(transaction=False) as p:
        assert p.set("t", 1).incr("t").get("t").execute() == [True, 2, wrap("2")]
    with r.pipeline() as p:
        assert p.set("t", 1).incr("t").get("t").execute() == [True, 2, wrap("2")]

    def add(p):
        value = int(p.get("t"))
        p.multi()
        p.set("t", value + 1)
    assert r.transaction(add, "t") == [True] and r.get("t") == wrap("3")
    with r.pipeline() as p:
        p.watch("t")
        r.set("t", "changed")
        p.multi()
        p.get("t")
        try:
            p.execute()
            raise SystemExit("WATCH did not notice")
        except redis.WatchError:
            pass


def scripts(r, wrap):
    add = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert add(keys=["counter"], args=[5]) == 5
    assert add(keys=["counter"], args=[5]) == 10
    with r.pipeline() as p:
        add(keys=["counter"], args=[1], client=p)
        p.get("counter")
        assert p.execute() == [11, wrap("11")]
    lock = r.lock("lock", timeout=5, blocking_timeout=0.1)
    assert lock.acquire() and not r.lock("lock", timeout=5, blocking_timeout=0.05).acquire()
    lock.extend(5)
    lock.release()
    assert not r.exists("lock")


def messages(r, wrap):
    listener = r.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("py:channel")
    listener.psubscribe("py:p*")
    listener.get_message(timeout=1), listener.get_message(timeout=1)
    assert r.publish("py:channel", "hello") == 1 and r.publish("py:pattern", "there") == 1
    got = [listener.get_message(timeout=5) for _ in range(2)]
    assert [(m["type"], m["data"]) for m in got] == [("message", wrap("hello")), ("pmessage", wrap("there"))], got
    listener.close()


def blocking(r, wrap):
    def later():
        time.sleep(0.05)
        connect().rpush("queue", "job")
        time.sleep(0.05)
        connect().zadd("ranked", {"first": 1})
    thread = threading.Thread(target=later)
    thread.start()
    assert r.blpop(["none", "queue"], timeout=5) == (wrap("queue"), wrap("job"))
    assert r.bzpopmin("ranked", timeout=5) == (wrap("ranked"), wrap("first"), 1.0)
    thread.join()
    r.rpush("from", "x")
    assert r.blmove("from", "to", 5, "LEFT", "RIGHT") == wrap("x") and r.blpop("none", timeout=0.1) is None


def streams(r, wrap):
    ids = [r.xadd("stream", {"n": n}) for n in range(3)]
    assert r.xgroup_create("stream", "group", "0") and r.xlen("stream") == 3
    [[name, entries]] = r.xreadgroup("group", "one", {"stream": ">"}, count=2, block=1000)
    assert name == wrap("stream") and [i for i, _ in entries] == ids[:2]
    assert r.xack("stream", "group", ids[0]) == 1 and r.xpending("stream", "group")["pending"] == 1
    assert [i for i, _ in r.xautoclaim("stream", "group", "two", 0)[1]] == [ids[1]]
    assert r.xinfo_groups("stream")[0]["pending"] == 1 and r.xinfo_stream("stream")["length"] == 3


def caching(r, wrap):
    """Invalidations by redirection, as RESP2 has them."""
    listener = r.pubsub(ignore_subscribe_messages=True)
    listener.connection = r.connection_pool.get_connection("CLIENT")
    listener.connection.send_command("CLIENT", "ID")
    number = listener.connection.read_response()
    listener.subscribe("__redis__:invalidate")
    listener.get_message(timeout=1)
    caching_client = connect(single_connection_client=True)
    caching_client.execute_command("CLIENT", "TRACKING", "ON", "REDIRECT", number)
    caching_client.get("cached")
    r.set("cached", "new")
    message = None
    for _ in range(50):
        message = message or listener.get_message(timeout=0.1)
    assert message and message["data"] in ([b"cached"], ["cached"]), message


def main():
    for text in (False, True):
        r = connect(decode_responses=text)
        for part in (strings, collections, transactions, scripts, messages, blocking, streams):
            part(r, (lambda s: s) if text else str.encode)
    caching(connect(), str.encode)
    binary = bytes(range(256)) * 100
    assert connect().set(b"\x00\xff", binary) and connect().get(b"\x00\xff") == binary
    print(f"{redis.__version__}: all types, WATCH, scripts, locks, pub/sub, blocking, stream groups, tracking; bytes and text")


main()

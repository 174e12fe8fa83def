#!/usr/bin/python3
"""What monitoring programs read, compared with redis-server: INFO, MEMORY, LATENCY, SLOWLOG, COMMAND, versions, redis_exporter's metrics.

  introspection.py [--subject redis]

Every field of redis-server must be there with the same kind of value; figures that the same commands bring about must be the same.
FIELDS_SINCE has what Redis has added after 7.0 and exporters read. With `--subject redis` these alone are missing.
"""
import argparse
import re
import shutil
import subprocess
import time
import urllib.request

from bad_case import check, end_with
from dictionary import pairs
from harness import Error, Folder, free_port, parse_info, redis, say, terrace
from stage import Stage

FIELDS_SINCE = {
    "7.2": "listener0 pubsub_clients evicted_scripts acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel "
           "eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum instantaneous_eventloop_cycles_per_sec "
           "instantaneous_eventloop_duration_usec client_query_buffer_limit_disconnections client_output_buffer_limit_disconnections "
           "total_blocking_keys total_blocking_keys_on_nokey",
    "7.4": "watching_clients total_watched_keys allocator_muzzy mem_overhead_db_hashtable_rehashing expired_subkeys",
    "8.0": "used_active_time_main_thread",
}
MEMORY_STATS_SINCE_7_4 = {"allocator.muzzy", "overhead.db.hashtable.lut", "overhead.db.hashtable.rehashing", "db.dict.rehashing.count"}
SECTIONS = ["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules", "Errorstats", "Cluster", "Keyspace"]
FULL_SECTIONS = SECTIONS[:8] + ["Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace"]

# Figures that the commands of act() bring about: the same on both servers.
FIGURES = """connected_clients blocked_clients tracking_clients clients_in_timeout_table pubsub_channels pubsub_patterns pubsubshard_channels
 tracking_total_keys tracking_total_items tracking_total_prefixes expired_keys evicted_keys keyspace_hits keyspace_misses total_error_replies
 unexpected_error_replies number_of_cached_scripts number_of_functions number_of_libraries role connected_slaves loading rejected_connections
 total_connections_received cluster_enabled errorstat_ERR errorstat_WRONGTYPE errorstat_NOSCRIPT evicted_clients maxclients redis_mode
 maxmemory_policy lazyfree_pending_objects""".split()
FIGURES_SINCE = {"pubsub_clients": "1", "watching_clients": "2", "total_watched_keys": "2", "total_blocking_keys": "2",
                 "total_blocking_keys_on_nokey": "0", "expired_subkeys": "0"}


def kind(value):
    """What a parser takes a value for."""
    for name, pattern in (("integer", r"-?\d+"), ("number", r"-?\d+\.\d+"), ("percentage", r"[\d.]+%"), ("size", r"[\d.]+[BKMGT]"),
                          ("fields", r"\w+=[^,]*(,\w+=.*)?")):
        if re.fullmatch(pattern, value):
            return name
    return "text"


def act(stage):
    """The same commands on both servers: some of all that INFO counts."""
    stage.many("SET a 1", "GET a", "GET nothing", "LPUSH a 1", "SET b 1 PX 1", "HSET h f v", "EVALSHA 0123456789012345678901234567890123456789 0",
               "NOSUCH", "GET", "SELECT 3", "SET c 1 EX 1000", "SELECT 0")
    time.sleep(0.05)
    stage.do("GET", "b")
    stage.do("EVAL", "return redis.call('GET', KEYS[1])", 1, "a")
    stage.do("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('one', function() return 1 end)")
    stage.by("watcher", "WATCH a b")
    stage.by("second watcher", "WATCH a")
    stage.by("listener", "SUBSCRIBE channel", "PSUBSCRIBE pattern*", "SSUBSCRIBE shard")
    stage.by("caching", "HELLO 3", "CLIENT TRACKING ON", "GET a", "GET h")
    stage.block("waiting", "BLPOP x y 100")


def info_of(stage, *sections):
    return stage.control.ok("INFO", *sections)


def same(subject, reference, container, *commands):
    for command in commands:
        replies = [stage.do(container, *command.split()) for stage in (subject, reference)]
        check(replies[0] == replies[1], f"{container} {command}: {replies[0]!r} instead of {replies[1]!r}")


def check_fields(mine, reference, is_redis):
    missing = sorted(set(reference) - set(mine))
    check(not missing, f"INFO lacks {' '.join(missing)}")
    since = [field for fields in FIELDS_SINCE.values() for field in fields.split() if field not in mine]
    check(is_redis or not since, f"INFO lacks what newer Redis has: {' '.join(since)}")
    other = [f"{name}:{mine[name]} for {name}:{value}" for name, value in reference.items()
             if value and name != "redis_build_id" and kind(mine[name]) != kind(value) and {kind(mine[name]), kind(value)} != {"integer", "number"}]
    check(not other, f"INFO has other kinds of values: {'; '.join(other)}")
    return f"{len(reference)} fields of redis-server, {sum(len(f.split()) for f in FIELDS_SINCE.values())} of newer Redis"


def info_fields(subject, reference):
    for stage in (subject, reference):
        act(stage)
    texts = [info_of(stage, "everything") for stage in (subject, reference)]
    mine, other = map(parse_info, texts)
    del other["cmdstat_blpop"]  # since 7.2 a command that blocks is counted at its end
    told = check_fields(mine, other, subject.server.is_redis)
    for name in FIGURES:
        check(mine.get(name) == other.get(name), f"{name}:{mine.get(name)}, at redis-server {other.get(name)}")
    for name, value in FIGURES_SINCE.items():
        check(subject.server.is_redis or mine.get(name) == value, f"{name}:{mine.get(name)} instead of {value}")
    for name, value in other.items():
        if name.startswith("cmdstat_"):
            calls = [re.sub(r"usec(_per_call)?=[\d.]+,", "", text) for text in (mine[name], value)]
            check(calls[0] == calls[1] or name in ("cmdstat_info",), f"{name}: {calls[0]} instead of {calls[1]}")
    for database in ("db0", "db3"):
        check(mine[database].startswith(other[database].split(",avg_ttl")[0]), f"{database}:{mine[database]} instead of {other[database]}")
    return f"{told}, {len(FIGURES) + len(FIGURES_SINCE)} figures"


def info_sections(subject, reference):
    def titles(stage, *sections):
        return [title for title in re.findall(rb"^# (\w+)", info_of(stage, *sections), re.M)]
    choices = ((), ("all",), ("default",), ("everything",), ("server", "cpu"), ("CLIENTS",), ("nonsense",), ("modules",), ("commandstats", "nonsense"))
    for sections in choices:
        mine, other = ([title.decode() for title in titles(stage, *sections) if title != b"Tier"] for stage in (subject, reference))
        # `all` has no modules there; they are none.
        check(set(other) <= set(mine) and set(mine) - set(other) <= {"Modules"}, f"INFO {' '.join(sections)} has {mine}, redis-server {other}")
    return f"{len(choices)} choices of sections"


def busy(subject, reference):
    """What depends on time is there and plausible."""
    before = parse_info(info_of(subject, "everything"))
    end = time.monotonic() + 0.8  # some of the server's samples, which it takes each tenth of a second
    while time.monotonic() < end:
        subject.many(*["SET k v"] * 50)
    info = parse_info(info_of(subject, "everything"))
    names = ["total_net_input_bytes", "total_net_output_bytes", "total_commands_processed", "total_reads_processed", "total_writes_processed"]
    if not subject.server.is_redis:
        names += ["eventloop_cycles", "eventloop_duration_sum", "eventloop_duration_cmd_sum"]
        check(0 < int(info["eventloop_duration_cmd_sum"]) <= int(info["eventloop_duration_sum"]), "commands take a part of the loop")
        check(int(info["instantaneous_eventloop_cycles_per_sec"]) > 0, "cycles per second")
        check(0 < float(info["used_active_time_main_thread"]) <= float(info["uptime_in_seconds"]) + 1, "active time")
    for name in names:
        check(int(info[name]) > int(before[name]), f"{name} stands still at {info[name]}")
    check(int(info["instantaneous_ops_per_sec"]) > 0 and int(info["used_memory_rss"]) > 1 << 20, "rates")
    return f"{len(names) + 5} figures rise"


def memory(subject, reference):
    for stage in (subject, reference):
        stage.many("SET s " + "x" * 1000, "RPUSH l a b c", "HSET h f v", "SADD set a b", "ZADD z 1 a", "XADD x * f v", "SELECT 2", "SET t 1", "SELECT 0")
        stage.do("EVAL", "return 1", 0)
    stats = [pairs(stage.do("MEMORY", "STATS")) for stage in (subject, reference)]
    wanted = set(stats[1]) | (set() if subject.server.is_redis else {name.encode() for name in MEMORY_STATS_SINCE_7_4})
    check(wanted <= set(stats[0]), f"MEMORY STATS lacks {wanted - set(stats[0])}")
    check(all(type(stats[0][name]) is type(value) for name, value in stats[1].items()), "MEMORY STATS has other types")
    check(stats[0][b"keys.count"] == stats[1][b"keys.count"] and stats[0][b"lua.caches"] > 0, "MEMORY STATS: keys, scripts")
    for key in "s l h set z x".split():
        check(0 < subject.do("MEMORY", "USAGE", key, "SAMPLES", 0) < 8000, f"MEMORY USAGE {key}")
    check(subject.do("MEMORY", "USAGE", "s") > 1000, "MEMORY USAGE of 1000 bytes")
    same(subject, reference, "MEMORY", "USAGE nothing", "USAGE s SAMPLES -1", "USAGE s SAMPLES", "USAGE s NONSENSE 1", "PURGE", "NONSENSE", "USAGE", "DOCTOR x")
    for command in ("DOCTOR", "MALLOC-STATS", "HELP"):
        replies = [stage.do("MEMORY", command) for stage in (subject, reference)]
        check(type(replies[0]) is type(replies[1]) and len(replies[0]) > 3, f"MEMORY {command}: {replies[0]!r}")
    return f"{len(wanted)} fields of STATS, USAGE of all types, DOCTOR, MALLOC-STATS, PURGE, HELP"


def latency(subject, reference):
    told = []
    for stage in (subject, reference):
        stage.do("CONFIG", "RESETSTAT")
        stage.many(*["SET a 1"] * 30, *["CLIENT NO-EVICT OFF"] * 2, "CONFIG GET maxmemory")
        histogram = pairs(stage.do("LATENCY", "HISTOGRAM", "SET", "CLIENT", "config|get", "nonsense", "GET"))
        told.append({name: (pairs(value)[b"calls"], list(pairs(value))) for name, value in histogram.items()})
        for value in histogram.values():
            counts = list(pairs(pairs(value)[b"histogram_usec"]).items())
            check(counts == sorted(counts) and counts[-1][1] == pairs(value)[b"calls"], f"LATENCY HISTOGRAM: {counts}")
        check(set(histogram) <= set(pairs(stage.do("LATENCY", "HISTOGRAM"))), "LATENCY HISTOGRAM of all")
        stage.many("HELLO 3", "LATENCY HISTOGRAM SET", "HELLO 2")
    check(told[0] == told[1], f"LATENCY HISTOGRAM: {told[0]} instead of {told[1]}")
    same(subject, reference, "LATENCY", "LATEST", "HISTORY command", "RESET", "GRAPH nonsense", "NONSENSE", "HISTORY")
    check(isinstance(subject.do("LATENCY", "DOCTOR"), bytes) and isinstance(subject.do("LATENCY", "HELP"), list), "LATENCY DOCTOR, HELP")
    return "HISTOGRAM of commands and subcommands, LATEST, HISTORY, GRAPH, RESET, DOCTOR"


def slow_log(subject, reference):
    told = []
    for stage in (subject, reference):
        for setting in (("slowlog-log-slower-than", 0), ("slowlog-max-len", 8)):
            stage.do("CONFIG", "SET", *setting)
        stage.by("named", "CLIENT SETNAME me")
        stage.do("SLOWLOG", "RESET")
        stage.do("SET", "key", "v" * 200)
        stage.do("RPUSH", "list", *range(50))
        stage.by("named", "GET key", "NOSUCH", "GET")
        stage.by("named", "MULTI", "INCR n", "EXEC")
        entries = stage.do("SLOWLOG", "GET", -1)
        check(all(len(entry) == 6 and entry[1] > 1_700_000_000 and entry[2] >= 0 and re.match(rb"127\.0\.0\.1:\d+$", entry[4]) for entry in entries), "entries")
        ids = [entry[0] for entry in entries]
        check(ids == list(range(ids[0], ids[0] - len(ids), -1)), f"ids {ids}")
        told.append([(entry[3], entry[5]) for entry in entries])
        told.append([stage.do("SLOWLOG", "LEN"), len(stage.do("SLOWLOG", "GET")), len(stage.do("SLOWLOG", "GET", 2)), stage.do("SLOWLOG", "GET", -2),
                     stage.do("SLOWLOG", "GET", 0), stage.do("SLOWLOG", "RESET"), stage.do("SLOWLOG", "LEN"), stage.do("SLOWLOG", "NONSENSE")])
        stage.do("CONFIG", "SET", "slowlog-log-slower-than", 10000)
    check(told[0] == told[2], f"SLOWLOG GET: {told[0]} instead of {told[2]}")
    check(told[1] == told[3], f"SLOWLOG: {told[1]} instead of {told[3]}")
    return f"{len(told[0])} entries, GET, LEN, RESET"


def commands(subject, reference):
    """Every command that is listed is described."""
    names = [name.decode() for name in subject.do("COMMAND", "LIST")]
    tops = sorted(name for name in names if "|" not in name)
    check(subject.do("COMMAND", "COUNT") == len(tops) == len(subject.do("COMMAND")), "COMMAND COUNT")
    docs = pairs(subject.do("COMMAND", "DOCS"))
    check(sorted(name.decode() for name in docs) == tops, "COMMAND DOCS has all commands")
    for name in names:
        [row] = subject.do("COMMAND", "INFO", name)
        check(isinstance(row, list) and len(row) == 10 and row[0].decode() == name, f"COMMAND INFO {name}: {row!r}")
        [page] = pairs(subject.do("COMMAND", "DOCS", name)).values()
        check({b"summary", b"since", b"group"} <= set(pairs(page)), f"COMMAND DOCS {name}: {page!r}")
        subject_of = name.split("|")[0]
        check("|" not in name or name.encode() in pairs(pairs(docs[subject_of.encode()])[b"subcommands"]), f"COMMAND DOCS {subject_of} lacks {name}")
    for choice in ("PATTERN x*", "ACLCAT hash", "MODULE m"):
        lists = [set(stage.do("COMMAND", "LIST", "FILTERBY", *choice.split())) for stage in (subject, reference)]
        check(lists[1] <= lists[0], f"COMMAND LIST FILTERBY {choice} lacks {lists[1] - lists[0]}")
    same(subject, reference, "COMMAND", "INFO nosuch", "DOCS nosuch", "NONSENSE", "GETKEYS SET k v", "GETKEYSANDFLAGS LMOVE a b LEFT LEFT")
    return f"{len(tops)} commands and {len(names) - len(tops)} subcommands described"


def versions(subject, reference):
    told = []
    for stage in (subject, reference):
        version = parse_info(info_of(stage, "server"))["redis_version"]
        hello = pairs(stage.do("HELLO", 2))
        number = 0
        for part in version.split("."):
            number = number << 8 | int(part)
        check(hello[b"version"].decode() == version, f"HELLO says {hello[b'version']}, INFO {version}")
        check(stage.do("EVAL", "return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}", 0) == [version.encode(), number], "a script's version")
        check(version.encode() in stage.do("LOLWUT"), "LOLWUT's version")
        output = subprocess.run([stage.server.binary, "--version"], capture_output=True, text=True, check=True).stdout
        check(f"v={version}" in output, f"--version: {output}")
        told.append([list(hello), [type(value) for value in hello.values()]])
    check(told[0] == told[1], f"HELLO: {told[0]} instead of {told[1]}")
    mine = parse_info(info_of(subject, "server"))["redis_version"]
    check(subject.server.is_redis or mine.startswith("7.4."), f"redis_version is {mine}")
    return "INFO, HELLO, LOLWUT, scripts and --version say the same"


def restarted(subject, reference):
    """What a start has loaded."""
    server = subject.server
    if server.is_redis:
        return "(nothing: this redis-server keeps no file)"
    subject.many(*[f"SET k{n} v" for n in range(100)], "SELECT 3", "HSET h f v", "SELECT 0")
    server.stop()
    server.start()
    info = server.info("everything")
    check((info["rdb_last_load_keys_loaded"], info["loading"]) == ("101", "0"), f"rdb_last_load_keys_loaded:{info['rdb_last_load_keys_loaded']}")
    return "rdb_last_load_keys_loaded"


def metrics(port):
    """Names of the exporter's metrics, and of their labels."""
    listen = free_port()
    process = subprocess.Popen(["prometheus-redis-exporter", "--redis.addr", f"redis://127.0.0.1:{port}", "--web.listen-address", f"127.0.0.1:{listen}",
                                "--include-system-metrics", "--export-client-list", "--check-single-keys", "db0=s,db0=l,db0=z", "--check-keys", "db0=h*"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{listen}/metrics", timeout=10) as page:
                    text = page.read().decode()
                break
            except OSError:
                time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()
    found = {}
    for name, labels, value in re.findall(r"^(redis_\w+)(?:\{(.*)\})? (\S+)$", text, re.M):
        found.setdefault((name, tuple(re.findall(r'(\w+)="', labels))), float(value))
    return found


def exporter(subject, reference):
    if not shutil.which("prometheus-redis-exporter"):
        return "SKIPPED: NO prometheus-redis-exporter HERE (./x packages clients)"
    for stage in (subject, reference):
        stage.by("watcher", "WATCH a")
        stage.many("SET s 1", "RPUSH l a b c", "ZADD z 1 a", "HSET hash f v", "GET nothing", "NOSUCH")
    mine, other = metrics(subject.server.port), metrics(reference.server.port)
    check(other.get(("redis_up", ())) == 1 and mine.get(("redis_up", ())) == 1, "redis_up")
    missing = sorted(str(metric) for metric in set(other) - set(mine))
    check(not missing, f"the exporter has no {', '.join(missing)}")
    check(mine.get(("redis_exporter_last_scrape_error", ("err",))) == 0, "the last scrape's error")
    for name in ("redis_up", "redis_connected_clients", "redis_keyspace_misses_total", "redis_key_size", "redis_db_keys"):
        values = [[value for (metric, _), value in found.items() if metric == name] for found in (mine, other)]
        check(values[0] == values[1], f"{name}: {values[0]} instead of {values[1]}")
    return f"{len(other)} metrics of redis-server"


CASES = [info_fields, info_sections, busy, memory, latency, slow_log, commands, versions, exporter, restarted]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--only", choices=[case.__name__ for case in CASES])
    options = parser.parse_args()
    with Folder("introspection") as folder:
        servers = [folder.add((terrace if options.subject == "terrace" else redis)(folder.path + "/subject")), folder.add(redis(folder.path + "/reference"))]
        for server in servers:
            server.start()
        for case in CASES:
            if options.only in (None, case.__name__):
                stages = [Stage(server) for server in servers]
                say(f"{case.__name__:14} {case(*stages)}")
                for stage in stages:
                    stage.close()
        servers[0].stop()


if __name__ == "__main__":
    end_with("introspection", main)

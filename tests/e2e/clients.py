#!/usr/bin/python3
"""The clients that people use, as they are: redis-cli, redis-benchmark, redis-py, and npm's redis and ioredis.

  clients.py [--only redis-cli|redis-benchmark|redis-py|npm] [--requests N] [--subject redis]

The npm clients are installed with `npm ci` from tests/e2e/node (a lock file pins them); where no registry can be
reached they are skipped, loudly.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time

from harness import ROOT, Folder, redis, say, terrace


class Skipped(Exception):
    pass


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def run(arguments, given=None, timeout=120, **more):
    result = subprocess.run(arguments, input=given, capture_output=True, text=True, timeout=timeout, **more)
    check(result.returncode == 0, f"{' '.join(arguments)} ended with {result.returncode}: {(result.stdout + result.stderr)[-600:]}")
    return result.stdout


def redis_cli(server, options):
    cli = ["redis-cli", "-p", str(server.port)]
    check(run(cli + ["PING"]) == "PONG\n", "PING")
    check(run(cli + ["SET", "cli", "a b"]) == "OK\n", "SET")
    check(run(cli + ["GET", "cli"]) == "a b\n", "GET")
    check(run(cli + ["--no-raw", "GET", "nothing"]) == "(nil)\n", "nil")
    check(run(cli + ["-3", "--no-raw", "GET", "nothing"]) == "(nil)\n", "RESP3 nil")
    check(run(cli + ["-n", "2", "SET", "there", "1"]) == "OK\n", "-n")
    check(run(cli + ["--json", "-3", "MGET", "cli", "nothing"]).strip() == '["a b",null]', "--json")
    check(run(cli, "SET piped 1\nINCR piped\nGET piped\n").split() == ["OK", "2", "2"], "commands from a pipe")
    pipe = "".join(f"*3\r\n$3\r\nSET\r\n$8\r\nmass:{n:03}\r\n$1\r\nx\r\n" for n in range(1000))
    check("errors: 0, replies: 1000" in run(cli + ["--pipe"], pipe), "--pipe")
    check(sorted(run(cli + ["--scan", "--pattern", "mass:00?"]).split()) == [f"mass:00{n}" for n in range(10)], "--scan")
    check("Biggest string" in run(cli + ["--bigkeys"]), "--bigkeys")
    check("redis_version" in run(cli + ["INFO"]), "INFO")
    check(run(cli + ["NONSENSE"]).startswith("ERR unknown command"), "error text")
    check(len(run(cli + ["--latency", "--raw"], timeout=20).split()) >= 3, "--latency")
    return "13 uses"


def redis_benchmark(server, options):
    output = run(["redis-benchmark", "-p", str(server.port), "-t", "set,get,incr,mset", "-n", str(options.requests), "-q",
                  "-P", "16", "-r", "10000", "--csv"], timeout=300)
    figures = {}
    for line in output.splitlines()[1:]:
        name, rate = line.replace('"', "").split(",")[:2]
        figures[name.split()[0]] = float(rate)
    check({"SET", "GET", "INCR", "MSET"} <= set(figures), output)
    return ", ".join(f"{name} {rate:.0f}/s" for name, rate in figures.items())


def redis_py(server, options):
    script = """
import redis, sys
def transactions(r, wrap):
    if sys.argv[2] == 'no':
        return
    with r.pipeline(transaction=True) as p:
        assert p.set('t', 1).incr('t').get('t').execute() == [True, 2, wrap('2')]
    def add(p):
        value = int(p.get('t'))
        p.multi()
        p.set('t', value + 1)
    assert r.transaction(add, 't') == [True] and r.get('t') == wrap('3')
    with r.pipeline() as p:
        p.watch('t')
        r.set('t', 'changed')
        p.multi()
        p.get('t')
        try:
            p.execute()
            raise SystemExit('WATCH did not notice')
        except redis.WatchError:
            pass
for text in (False, True):
    r = redis.Redis(port=int(sys.argv[1]), decode_responses=text, db=3)
    wrap = (lambda s: s) if text else (lambda s: s.encode())
    assert r.ping()
    r.flushdb()
    assert r.set('a', 'x', ex=100) is True and r.get('a') == wrap('x') and 98 <= r.ttl('a') <= 100
    assert r.set('a', 'y', nx=True) is None and r.getset('a', 'z') == wrap('x') and r.ttl('a') == -1
    assert r.incr('n') == 1 and r.incrby('n', 41) == 42 and r.decr('n') == 41 and r.incrbyfloat('n', .5) == 41.5
    assert r.mset({'b': 1, 'c': 2}) and r.mget('b', 'c', 'nothing') == [wrap('1'), wrap('2'), None]
    assert r.append('b', '23') == 3 and r.strlen('b') == 3 and r.getrange('b', 1, 2) == wrap('23')
    assert r.exists('a', 'b', 'nothing') == 2 and r.type('a') == wrap('string')
    assert sorted(r.keys('*'))[:3] == [wrap('a'), wrap('b'), wrap('c')] and r.dbsize() >= 4
    assert set(r.scan_iter('?')) == {wrap('a'), wrap('b'), wrap('c'), wrap('n')}
    with r.pipeline(transaction=False) as p:
        assert p.set('t', 1).incr('t').get('t').execute() == [True, 2, wrap('2')]
    transactions(r, wrap)
    assert r.rename('a', 'aa') and r.delete('aa', 'b') == 2 and r.expire('c', 50) and r.persist('c')
    try:
        r.execute_command('SET', 'a')
        raise SystemExit('no error')
    except redis.ResponseError as error:
        assert "wrong number of arguments for 'set' command" in str(error)
    binary = bytes(range(256)) * 100
    assert redis.Redis(port=int(sys.argv[1])).set(b'\\x00\\xff', binary) and redis.Redis(port=int(sys.argv[1])).get(b'\\x00\\xff') == binary
    assert r.info()['redis_version'] and r.client_id() > 0 and r.config_get('maxmemory')
print('ok')
"""
    check(run(["/usr/bin/python3", "-c", script, str(server.port), options.transactions]).strip() == "ok", "script")
    return "strings, expiry, scans, pipelines, errors; bytes and text"


def npm_clients(server, options):
    if not shutil.which("npm"):
        raise Skipped("NO npm HERE (./x packages clients)")
    place = os.path.join(options.folder.path, "node")
    shutil.copytree(os.path.join(ROOT, "tests", "e2e", "node"), place, ignore=shutil.ignore_patterns("node_modules"))
    install = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=20000"],
                             cwd=place, capture_output=True, text=True, timeout=180)
    if install.returncode:
        raise Skipped("NO PACKAGE REGISTRY CAN BE REACHED: npm's redis and ioredis are NOT TESTED: " + install.stderr.strip()[-200:])
    out = []
    for script in ("node_redis.js", "ioredis.js"):
        out.append(run(["node", script, str(server.port), options.transactions], cwd=place).strip())
    return "; ".join(out)


CASES = [("redis-cli", redis_cli), ("redis-benchmark", redis_benchmark), ("redis-py", redis_py), ("npm", npm_clients)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[name for name, _ in CASES])
    parser.add_argument("--requests", type=int, default=100_000, help="of redis-benchmark, each test")
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    failed = skipped = 0
    with Folder("clients", options.keep) as folder:
        options.folder = folder
        server = folder.add((redis if options.subject == "redis" else terrace)(folder.path + "/data")).start()
        with server.client() as client:
            options.transactions = "yes" if isinstance(client.ok("COMMAND", "INFO", "multi")[0], list) else "no"
        if options.transactions == "no":
            say("(no MULTI in this server: transactions and WATCH are not tried)")
        for name, function in CASES:
            if options.only not in (None, name):
                continue
            begin = time.monotonic()
            try:
                verdict = "ok       " + function(server, options)
            except Skipped as reason:
                skipped += 1
                verdict = f"SKIPPED  {reason}"
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                failed += 1
                verdict = f"FAILED   {problem}"
            say(f"{name:16} {verdict}  ({time.monotonic() - begin:.1f} s)")
            if not server.running():
                say("the server has ended")
                sys.exit(1)
    say(f"clients: {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

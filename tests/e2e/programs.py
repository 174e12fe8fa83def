#!/usr/bin/python3
"""Clients that people use, and programs built on them, run unchanged against the server, each with a small real job of programs/.

  programs.py [--only NAME …] [--on hot cold] [--reference] [--at-once N]

Prints a table: program, version, what ran, seconds. `--on cold` runs them on a server of 24 MB, filled with twice as much, that makes
all keys cold again and again. `--reference` runs them against redis-server: what fails there is the script's fault.
A script is called with a port and a database of its own, and prints its version and what it did.
npm's packages are pinned by programs/package-lock.json. What is not installed, or cannot be had from a registry, is skipped and said.
"""
import argparse
import concurrent.futures
import contextlib
import importlib.util
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from harness import ROOT, Folder, ServerDied, info_number, redis, say, terrace

SCRIPTS = os.path.join(ROOT, "tests", "e2e", "programs")
FILLER_DATABASE = 15


class Skipped(Exception):
    pass


class Failed(Exception):
    pass


class Setup:
    """Where scripts run: a copy of their folder, with what npm installs beside them and what is compiled."""

    def __init__(self, folder):
        self.path = os.path.join(folder.path, "programs")
        shutil.copytree(SCRIPTS, self.path, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        self.npm_lock, self.npm_done = threading.Lock(), None
        self.compiling = threading.Lock()

    def run(self, arguments, timeout=120, **more):
        """What it printed. It, and what it has started, are ended after `timeout` seconds."""
        process = subprocess.Popen(arguments, cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **more)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            raise Failed(f"did not end within {timeout} s:\n{(output + errors)[-2000:]}") from None
        if process.returncode:
            raise Failed(f"ended with {process.returncode}:\n{(output + errors)[-2000:]}")
        return output

    def npm(self):
        """Once, by the first that needs it."""
        with self.npm_lock:
            if self.npm_done is None:
                begin = time.monotonic()
                self.npm_done = self.install_npm_packages()
                say(f"npm ci: {time.monotonic() - begin:.1f} s, beside what needs none of it")
        if isinstance(self.npm_done, Exception):
            raise self.npm_done

    def install_npm_packages(self):
        """True, or why not."""
        if not shutil.which("npm"):
            return Skipped("NO npm HERE (./x packages clients)")
        try:
            self.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=20000"])
            return True
        except Failed as problem:
            unreachable = re.search(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|did not end", str(problem))
            return Skipped(f"NO PACKAGE REGISTRY CAN BE REACHED: {unreachable.group()}") if unreachable else problem


def tool(setup, name):
    if not shutil.which(name):
        raise Skipped(f"NO {name} HERE (./x packages clients)")


def python(script, module=None):
    def prepare(setup):
        if module and not importlib.util.find_spec(module):
            raise Skipped(f"NO python3-{module} HERE (./x packages clients)")
        return [sys.executable, script]
    return prepare


def node(*script):
    def prepare(setup):
        setup.npm()
        return ["node", *script]
    return prepare


def ruby(script, gem):
    def prepare(setup):
        tool(setup, gem)
        return ["/usr/bin/ruby", "-W0", script]
    return prepare


def c_program(source, library):
    def prepare(setup):
        binary = os.path.join(setup.path, os.path.splitext(source)[0])
        if not os.path.exists(f"/usr/include/{library}/{library}.h"):
            raise Skipped(f"NO lib{library}-dev HERE (./x packages clients)")
        with setup.compiling:  # for one server: for the other it is there, and may run
            if not os.path.exists(binary):
                setup.run(["cc", "-Wall", "-Werror", "-o", binary, source, f"-l{library}"])
        return [binary]
    return prepare


# The slow ones first: they mostly wait, while others run beside them.
PROGRAMS = {
    "Sidekiq": ruby("sidekiq.rb", "sidekiq"),
    "Celery": python("celery_jobs.py", "celery"),
    "rq": python("rq_jobs.py", "rq"),
    "redis-cli": python("redis_cli.py"),
    "redis-benchmark": python("redis_benchmark.py"),
    "python3-redis": python("redis_py.py", "redis"),
    "hiredis": c_program("hiredis.c", "hiredis"),
    "bullmq": node("bullmq.js"),
    "connect-redis": node("connect_redis.mjs"),
    "rate-limiter": node("rate_limiter.js"),
    "redlock": node("redlock.js"),
    "npm redis": node("node_redis.js"),
    "ioredis": node("ioredis.js", "ioredis"),
    "iovalkey": node("ioredis.js", "iovalkey"),
}


def run_program(setup, server, name, database):
    """A row of the table."""
    try:
        command = PROGRAMS[name](setup)
        if not server.running():
            raise Failed(f"{server.name} has ended")
        begin = time.monotonic()
        output = setup.run([*command, str(server.port), str(database)], timeout=60, env={**os.environ, "TERRACE_WORK": setup.path})
        version, what = output.strip().splitlines()[-1].split(": ", 1)
        return name, version, "ok", what, time.monotonic() - begin
    except Skipped as reason:
        return name, "", "SKIPPED", str(reason), 0
    except Failed as problem:
        return name, "", "FAILED", str(problem), 0


class Cold:
    """Fills a server beyond its memory, and makes all keys cold again and again while the programs run."""

    def __init__(self, server):
        self.server, self.ended = server, threading.Event()
        with server.client() as client:
            client.ok("SELECT", FILLER_DATABASE)
            source = random.Random(7)
            for begin in range(0, 48_000, 1000):
                client.pipeline([("SET", f"filler:{n}", source.randbytes(1000)) for n in range(begin, begin + 1000)])
        self.reads_before = info_number(server.info(), "page_reads")
        self.thread = threading.Thread(target=self.spill)
        self.thread.start()

    def spill(self):
        with self.server.client() as client, contextlib.suppress(ServerDied, OSError):
            while not self.ended.wait(0.02):
                client.ok("TERRACE", "SPILL", "ALL")

    def end(self):
        """How many pages were read meanwhile."""
        self.ended.set()
        self.thread.join()
        return info_number(self.server.info(), "page_reads") - self.reads_before


def print_table(server, kind, rows, spilling):
    """How many rows failed, and how many were skipped."""
    say(f"{server.name}, {kind}:")
    for name, version, result, what, seconds in rows:
        say(f"  {name:16} {result:8} {seconds:5.1f} s  {version}{': ' if version else ''}{what}")
    results = [row[2] for row in rows]
    failed = results.count("FAILED")
    if spilling and server.running():
        pages = spilling.end()
        say(f"  {pages} pages read")
        failed += pages == 0
    return failed, results.count("SKIPPED")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(PROGRAMS))
    parser.add_argument("--on", nargs="+", choices=("hot", "cold"), default=["hot"])
    parser.add_argument("--reference", action="store_true", help="redis-server instead of Terrace")
    parser.add_argument("--at-once", type=int, default=6, help="how many programs run beside each other")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    names = [name for name in PROGRAMS if not options.only or name in options.only]
    kinds = ["hot"] if options.reference else options.on
    failed = skipped = 0
    with Folder("programs", options.keep) as folder:
        setup, servers, begin = Setup(folder), {}, time.monotonic()
        for kind in kinds:
            memory = ("--maxmemory", "24mb") if kind == "cold" else ()
            servers[kind] = folder.add((redis if options.reference else terrace)(f"{folder.path}/{kind}", *memory)).start()
        spilling = {"cold": Cold(servers["cold"])} if "cold" in servers else {}
        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            rows = {(name, kind): pool.submit(run_program, setup, servers[kind], name, database)
                    for database, name in enumerate(names) for kind in kinds}
        for kind in kinds:
            counts = print_table(servers[kind], kind, [rows[name, kind].result() for name in names], spilling.get(kind))
            failed, skipped = failed + counts[0], skipped + counts[1]
            if servers[kind].running():
                servers[kind].stop()
    say(f"programs: {failed} failed, {skipped} skipped, {time.monotonic() - begin:.1f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

"""Celery with kombu: jobs queued, delayed, retried, failed, done; groups, chains and chords; a worker asked and stopped."""
import importlib.metadata
import os
import signal
import subprocess
import sys
import time

port, database = sys.argv[1:3]
os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/{database}"

import redis  # noqa: E402
from celery import chain, chord, group  # noqa: E402
from celery_tasks import add, app, fail, third_time, total  # noqa: E402


def jobs():
    begin = time.monotonic()
    delayed = add.apply_async((1, 1), countdown=1)
    cancelled = add.apply_async((2, 2), countdown=100)
    failed, retried = fail.delay(), third_time.delay()
    assert add.delay(2, 3).get(timeout=10) == 5
    assert add.apply_async((1, 2), priority=5).get(timeout=10) == 3
    assert group(add.s(n, n) for n in range(30)).apply_async().get(timeout=10) == [2 * n for n in range(30)]
    assert chain(add.s(1, 2), add.s(3), add.s(4)).apply_async().get(timeout=10) == 10
    assert chord((add.s(n, 1) for n in range(10)), total.s()).apply_async().get(timeout=10) == 55
    try:
        failed.get(timeout=10)
        raise SystemExit("no failure")
    except ValueError as error:
        assert "on purpose" in str(error) and failed.state == "FAILURE"
    assert retried.get(timeout=15) == 2
    assert delayed.get(timeout=10) == 2 and time.monotonic() - begin >= 1
    cancelled.revoke()
    [answers] = app.control.inspect(timeout=1).ping().values()
    assert answers == {"ok": "pong"}


def main():
    client = redis.Redis(port=int(port), db=int(database))
    client.flushdb()
    worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--pool", "threads", "--concurrency", "2", "--loglevel",
                               "warning", "-n", f"terrace{database}@%h"], cwd=os.path.dirname(os.path.abspath(__file__)),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        jobs()
        assert client.ttl(client.keys("celery-task-meta-*")[0]) > 50
        worker.send_signal(signal.SIGTERM)
        output = worker.communicate(timeout=15)[0]
        assert worker.returncode == 0, output
    finally:
        if worker.poll() is None:
            worker.kill()
            print(worker.communicate()[0][-2000:], file=sys.stderr)
    versions = [importlib.metadata.version(name) for name in ("celery", "kombu")]
    print(f"{versions[0]} with kombu {versions[1]}: queued, priorities, delayed, retried, failed, revoked; group, chain, chord; a worker pinged and stopped")


main()

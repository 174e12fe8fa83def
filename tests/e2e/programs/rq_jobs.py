"""rq: jobs queued, dependent, scheduled, retried, failed, done; the registries of each."""
import datetime
import os
import signal
import subprocess
import sys
import time

import redis
import rq

import rq_tasks

port, database = sys.argv[1:3]
URL = f"redis://127.0.0.1:{port}/{database}"
HERE = os.path.dirname(os.path.abspath(__file__))


def wait(job, status, seconds=15):
    end = time.monotonic() + seconds
    while job.get_status(refresh=True) != status:
        assert time.monotonic() < end, f"{job.func_name} is {job.get_status()}, not {status}"
        time.sleep(0.05)
    return job.result


def jobs(client):
    queue, urgent = rq.Queue("default", connection=client), rq.Queue("urgent", connection=client)
    later = queue.enqueue_in(datetime.timedelta(seconds=1), rq_tasks.add, 1, 1)
    retried = queue.enqueue(rq_tasks.second_time, URL, retry=rq.Retry(max=2))
    failed = queue.enqueue(rq_tasks.fail)
    many = [urgent.enqueue(rq_tasks.add, n, n) for n in range(10)]
    first = queue.enqueue(rq_tasks.add, 2, 3, result_ttl=100, meta={"who": "me"})
    second = queue.enqueue(rq_tasks.add, 4, 4, depends_on=first)
    assert queue.scheduled_job_registry.count == 1 and queue.deferred_job_registry.count == 1
    assert [wait(job, "finished") for job in many] == [2 * n for n in range(10)]
    assert wait(first, "finished") == 5 and wait(second, "finished") == 8 and wait(retried, "finished") == "at last"
    wait(failed, "failed")
    failed.refresh()
    assert "on purpose" in failed.exc_info and queue.failed_job_registry.get_job_ids() == [failed.id]
    assert rq.job.Job.fetch(first.id, connection=client).meta == {"who": "me"} and 50 < client.ttl(first.key) <= 100
    assert wait(later, "finished") == 2 and queue.scheduled_job_registry.count == 0
    assert queue.failed_job_registry.requeue(failed.id).get_status() == "queued"
    wait(failed, "failed")
    assert len(rq.Worker.all(connection=client)) == 1
    assert queue.empty() is not None and queue.count == 0


def main():
    client = redis.from_url(URL)
    client.flushdb()
    # A job is not run in a fork of the worker: forks cost more than the jobs.
    worker = subprocess.Popen([sys.executable, "-m", "rq.cli", "worker", "--url", URL, "--with-scheduler", "--worker-class", "rq.SimpleWorker",
                               "--logging_level", "WARNING", "urgent", "default"], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        jobs(client)
        worker.send_signal(signal.SIGTERM)
        output = worker.communicate(timeout=15)[0]
        assert worker.returncode == 0, output
        assert not rq.Worker.all(connection=client)
    finally:
        if worker.poll() is None:
            worker.kill()
            print(worker.communicate()[0][-2000:], file=sys.stderr)
    print(f"{rq.VERSION}: queued, two queues, dependent, scheduled, retried, failed, requeued, done; a worker registered and stopped")


main()

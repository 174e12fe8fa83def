"""The tasks of celery_jobs.py, which its worker imports."""
import os

from celery import Celery

URL = os.environ["REDIS_URL"]
app = Celery("tasks", broker=URL, backend=URL)
app.conf.update(broker_connection_retry_on_startup=True, result_expires=100,
                broker_transport_options={"visibility_timeout": 60, "priority_steps": [0, 5]}, worker_redirect_stdouts=False)


@app.task
def add(a, b):
    return a + b


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def fail():
    raise ValueError("on purpose")


@app.task(bind=True, max_retries=3)
def third_time(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries

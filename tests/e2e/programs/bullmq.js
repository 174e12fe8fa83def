// BullMQ: jobs queued, delayed, retried, failed, done; a flow of parent and children; a scheduler: node bullmq.js PORT DATABASE
const assert = require("node:assert/strict");
const Redis = require("ioredis");
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");
const [port, db] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port, db, maxRetriesPerRequest: null };

const attempts = new Map();

async function work(job) {
  if (job.name === "add") return job.data.a + job.data.b;
  if (job.name === "fail") throw new Error("on purpose");
  if (job.name === "second-time") {
    attempts.set(job.id, (attempts.get(job.id) ?? 0) + 1);
    if (attempts.get(job.id) === 1) throw new Error("not yet");
    return "at last";
  }
  if (job.name === "sum") return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0);
  await job.updateProgress(50);
  await job.log("a line");
  return job.name;
}

async function jobs(queue, events) {
  const begin = Date.now();
  const added = await queue.add("add", { a: 1, b: 2 });
  const delayed = await queue.add("later", {}, { delay: 300 });
  const retried = await queue.add("second-time", {}, { attempts: 2, backoff: { type: "fixed", delay: 100 } });
  const failed = await queue.add("fail", {}, { attempts: 1 });
  const urgent = await queue.addBulk(Array.from({ length: 50 }, (_, i) => ({ name: "bulk", data: { i }, opts: { priority: 50 - i } })));
  assert.equal(await added.waitUntilFinished(events, 5000), 3);
  assert.equal(await delayed.waitUntilFinished(events, 5000), "later");
  assert.ok(Date.now() - begin >= 300);
  assert.equal(await retried.waitUntilFinished(events, 5000), "at last");
  await assert.rejects(failed.waitUntilFinished(events, 5000), /on purpose/);
  await Promise.all(urgent.map((job) => job.waitUntilFinished(events, 5000)));
  assert.equal(await failed.getState(), "failed");
  assert.equal((await queue.getJob(retried.id)).attemptsMade, 2);
  assert.deepEqual((await queue.getJobLogs(delayed.id)).logs, ["a line"]);
  const counts = await queue.getJobCounts("completed", "failed", "waiting", "active", "delayed");
  assert.deepEqual(counts, { completed: 53, failed: 1, waiting: 0, active: 0, delayed: 0 });
  await failed.retry();
  await assert.rejects(failed.waitUntilFinished(events, 5000), /on purpose/);
}

async function flow(events) {
  const flows = new FlowProducer({ connection });
  const children = [[1, 2], [3, 4], [5, 6]].map(([a, b]) => ({ name: "add", queueName: "work", data: { a, b } }));
  const tree = await flows.add({ name: "sum", queueName: "work", children });
  assert.equal(await tree.job.waitUntilFinished(events, 5000), 21);
  await flows.close();
}

async function scheduler(queue) {
  await queue.upsertJobScheduler("each", { every: 100 }, { name: "tick" });
  let ticks = 0;
  for (let i = 0; i < 100 && ticks < 2; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ticks = (await queue.getCompleted(0, 200)).filter((job) => job.name === "tick").length;
  }
  assert.ok(ticks >= 2, `${ticks} ticks`);
  assert.ok(await queue.removeJobScheduler("each"));
}

async function main() {
  const client = new Redis(connection);
  await client.flushdb();
  const queue = new Queue("work", { connection });
  const events = new QueueEvents("work", { connection });
  await events.waitUntilReady();
  const worker = new Worker("work", work, { connection, concurrency: 4, limiter: { max: 200, duration: 200 } });
  worker.on("error", (error) => { console.error(error); process.exit(1); });
  await jobs(queue, events);
  await flow(events);
  await scheduler(queue);
  await queue.pause();
  assert.ok(await queue.isPaused());
  await queue.resume();
  assert.ok((await queue.clean(0, 1000, "completed")).length > 50);
  await worker.close();
  await queue.obliterate({ force: true });
  assert.equal(await client.exists("bull:work:id"), 0);
  await Promise.all([events.close(), queue.close(), client.quit()]);
  console.log(`${require("bullmq/package.json").version}: queued, priorities, delayed, retried, failed, a flow, a scheduler, events, clean, obliterate`);
}

main().catch((error) => { console.error(error); process.exit(1); });

// npm's "ioredis", or "iovalkey", which has the same interface: node ioredis.js MODULE PORT DATABASE
const assert = require("node:assert/strict");
const { once } = require("node:events");
const [name, port, db] = process.argv.slice(2);
const Redis = require(name);

async function strings(client) {
  assert.equal(await client.set("a", "x", "EX", 100), "OK");
  assert.equal(await client.get("a"), "x");
  assert.equal(await client.get("nothing"), null);
  assert.equal(await client.set("a", "y", "NX"), null);
  assert.equal(await client.incrby("n", 5), 5);
  assert.deepEqual(await client.mget("a", "n", "nothing"), ["x", "5", null]);
  const pipeline = client.pipeline();
  for (let i = 0; i < 500; ++i) pipeline.set(`k${i}`, `v${i}`);
  assert.ok((await pipeline.exec()).every(([error, reply]) => error === null && reply === "OK"));
  const seen = new Set();
  for await (const keys of client.scanStream({ match: "k*", count: 50 })) keys.forEach((key) => seen.add(key));
  assert.equal(seen.size, 500);
  await assert.rejects(client.call("SET", "a"), /wrong number of arguments/);
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.set("binary", binary);
  assert.ok(binary.equals(await client.getBuffer("binary")));
  assert.match(await client.info(), /redis_version:/);
}

async function transactions(client, other) {
  assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
  await client.watch("t");
  await other.set("t", "changed");
  assert.equal(await client.multi().get("t").exec(), null);
}

async function scripts(client) {
  client.defineCommand("addAndTell", { numberOfKeys: 1, lua: "redis.call('INCRBY', KEYS[1], ARGV[1]) return {KEYS[1], redis.call('GET', KEYS[1])}" });
  assert.deepEqual(await client.addAndTell("counter", 5), ["counter", "5"]);
  assert.deepEqual(await client.addAndTell("counter", 5), ["counter", "10"]);
  assert.deepEqual(await client.pipeline().addAndTell("counter", 1).get("counter").exec(), [[null, ["counter", "11"]], [null, "11"]]);
  await assert.rejects(client.eval("return redis.error_reply('MINE it is')", 0), /MINE it is/);
}

async function messages(client, other) {
  await other.subscribe(`${name}:channel`);
  const heard = once(other, "message");
  assert.equal(await client.publish(`${name}:channel`, "hello"), 1);
  assert.deepEqual(await heard, [`${name}:channel`, "hello"]);
  await other.psubscribe(`${name}:p*`);
  const matched = once(other, "pmessage");
  await client.publish(`${name}:pattern`, "there");
  assert.deepEqual(await matched, [`${name}:p*`, `${name}:pattern`, "there"]);
  await other.unsubscribe(`${name}:channel`);
  await other.punsubscribe(`${name}:p*`);
  assert.equal(await other.get("a"), "x");
}

async function blocking(client, other) {
  const popped = other.blpop("queue", 5);
  await client.rpush("queue", "job");
  assert.deepEqual(await popped, ["queue", "job"]);
  const least = other.bzpopmin("ranked", 5);
  await client.zadd("ranked", 1, "first");
  assert.deepEqual(await least, ["ranked", "first", "1"]);
}

async function streams(client, other) {
  await client.xgroup("CREATE", "stream", "group", "$", "MKSTREAM");
  const read = other.xreadgroup("GROUP", "group", "one", "COUNT", 10, "BLOCK", 5000, "STREAMS", "stream", ">");
  const id = await client.xadd("stream", "*", "field", "value");
  assert.deepEqual(await read, [["stream", [[id, ["field", "value"]]]]]);
  assert.deepEqual((await client.xpending("stream", "group")).slice(0, 3), [1, id, id]);
  assert.deepEqual((await client.xautoclaim("stream", "group", "two", 0, "0"))[1], [[id, ["field", "value"]]]);
  assert.equal(await client.xack("stream", "group", id), 1);
}

async function main() {
  const client = new Redis({ host: "127.0.0.1", port: Number(port), db: Number(db), maxRetriesPerRequest: 1 });
  const other = client.duplicate();
  await client.flushdb();
  for (const part of [strings, transactions, scripts, messages, blocking, streams]) await part(client, other);
  await other.quit();
  await client.quit();
  const { version } = require(`${name}/package.json`);
  console.log(`${version}: pipelines, WATCH, defineCommand, pub/sub, blocking, stream groups, buffers`);
}

main().catch((error) => { console.error(error); process.exit(1); });

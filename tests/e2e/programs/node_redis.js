// npm's "redis" with RESP2, RESP3 and client-side caching: node node_redis.js PORT DATABASE
const assert = require("node:assert/strict");
const { BasicClientSideCache, createClient, defineScript, RESP_TYPES, WatchError } = require("redis");
const [port, database] = process.argv.slice(2).map(Number);

const scripts = {
  addAndTell: defineScript({
    SCRIPT: "redis.call('INCRBY', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])",
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, amount) { parser.pushKey(key); parser.push(String(amount)); },
    transformReply: (reply) => reply,
  }),
};

async function strings(client) {
  assert.equal(await client.set("a", "x", { EX: 100 }), "OK");
  assert.equal(await client.get("a"), "x");
  assert.equal(await client.get("nothing"), null);
  const ttl = await client.ttl("a");
  assert.ok(ttl > 97 && ttl <= 100);
  assert.equal(await client.set("a", "y", { NX: true }), null);
  assert.equal(await client.incrBy("n", 5), 5);
  assert.deepEqual(await client.mGet(["a", "n", "nothing"]), ["x", "5", null]);
  const all = await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`k${i}`, `v${i}`)));
  assert.equal(all.length, 500);
  const seen = new Set();
  for await (const keys of client.scanIterator({ MATCH: "k*", COUNT: 50 })) keys.forEach((key) => seen.add(key));
  assert.equal(seen.size, 500);
  await assert.rejects(client.sendCommand(["SET", "a"]), /wrong number of arguments/);
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.set("binary", binary);
  assert.ok(binary.equals(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get("binary")));
  assert.match(await client.info(), /redis_version:/);
}

async function collections(client) {
  await client.hSet("h", { f: "1", g: "2" });
  assert.deepEqual({ ...await client.hGetAll("h") }, { f: "1", g: "2" });
  await client.zAdd("z", [{ value: "one", score: 1 }, { value: "two", score: 2.5 }]);
  assert.deepEqual(await client.zRangeWithScores("z", 0, -1), [{ value: "one", score: 1 }, { value: "two", score: 2.5 }]);
  await client.sAdd("s", ["x", "y"]);
  assert.deepEqual([...await client.sMembers("s")].sort(), ["x", "y"]);
}

async function transactions(client, other) {
  assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
  await client.watch("t");
  await other.set("t", "changed");
  await assert.rejects(client.multi().get("t").exec(), WatchError);
}

async function lua(client) {
  assert.equal(await client.addAndTell("counter", 5), "5");
  assert.equal(await client.addAndTell("counter", 5), "10");
}

async function messages(client) {
  const listener = await client.duplicate().connect();
  const heard = new Promise((resolve) => listener.subscribe("node:channel", (...message) => resolve(message)).then(() => client.publish("node:channel", "hello")));
  assert.deepEqual(await heard, ["hello", "node:channel"]);
  const matched = new Promise((resolve) => listener.pSubscribe("node:p*", (...message) => resolve(message)).then(() => client.publish("node:pattern", "there")));
  assert.deepEqual(await matched, ["there", "node:pattern"]);
  const sharded = new Promise((resolve) => listener.sSubscribe("node:shard", (...message) => resolve(message)).then(() => client.sPublish("node:shard", "part")));
  assert.deepEqual(await sharded, ["part", "node:shard"]);
  await listener.unsubscribe("node:channel");
  await listener.pUnsubscribe("node:p*");
  await listener.sUnsubscribe("node:shard");
  assert.equal(String(await listener.get("a")), "x");
  await listener.close();
}

async function blocking(client, other) {
  const popped = other.blPop("queue", 5);
  await client.rPush("queue", "job");
  assert.deepEqual({ ...await popped }, { key: "queue", element: "job" });
}

async function streams(client) {
  await client.xGroupCreate("stream", "group", "$", { MKSTREAM: true });
  const id = await client.xAdd("stream", "*", { field: "value" });
  const [{ name, messages: entries }] = await client.xReadGroup("group", "one", { key: "stream", id: ">" }, { COUNT: 10, BLOCK: 1000 });
  assert.equal(name, "stream");
  assert.deepEqual(entries.map((entry) => [entry.id, { ...entry.message }]), [[id, { field: "value" }]]);
  assert.equal((await client.xPending("stream", "group")).pending, 1);
  assert.equal(await client.xAck("stream", "group", id), 1);
}

async function caching() {
  const cache = new BasicClientSideCache({ maxEntries: 100 });
  const cached = createClient({ socket: { port }, database, RESP: 3, clientSideCache: cache });
  const writer = createClient({ socket: { port }, database });
  await Promise.all([cached.connect(), writer.connect()]);
  await writer.set("cached", "old");
  assert.equal(await cached.get("cached"), "old");
  assert.equal(await cached.get("cached"), "old");
  assert.equal(cache.stats().hitCount, 1);
  await writer.set("cached", "new");
  for (let i = 0; i < 100 && await cached.get("cached") !== "new"; ++i) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await cached.get("cached"), "new");
  await Promise.all([cached.close(), writer.close()]);
}

async function main() {
  for (const RESP of [2, 3]) {
    const client = createClient({ socket: { host: "127.0.0.1", port }, database, RESP, scripts });
    client.on("error", (error) => { throw error; });
    await client.connect();
    const other = await client.duplicate().connect();
    await client.flushDb();
    for (const part of [strings, collections, transactions, lua, messages, blocking, ...(RESP === 2 ? [streams] : [])]) await part(client, other);
    await other.close();
    await client.close();
  }
  await caching();
  console.log(`${require("redis/package.json").version}: RESP2 and RESP3, all types, WATCH, scripts, pub/sub, blocking, stream groups, client-side caching`);
}

main().catch((error) => { console.error(error); process.exit(1); });

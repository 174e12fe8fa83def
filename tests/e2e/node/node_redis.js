// npm's "redis" against a running server: node node_redis.js PORT
const assert = require("node:assert/strict");
const { createClient, commandOptions } = require("redis");

async function transactions(client) {
  assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
  const second = client.duplicate();
  await second.connect();
  await client.watch("t");
  await second.set("t", "changed");
  await assert.rejects(client.multi().get("t").exec(), { name: "Error" });
  await second.quit();
}

async function main() {
  const client = createClient({ socket: { host: "127.0.0.1", port: Number(process.argv[2]) }, database: 4 });
  client.on("error", (error) => { throw error; });
  await client.connect();
  await client.flushDb();
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
  for await (const key of client.scanIterator({ MATCH: "k*", COUNT: 50 })) seen.add(key);
  assert.equal(seen.size, 500);
  await assert.rejects(client.sendCommand(["SET", "a"]), /wrong number of arguments/);
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.set("binary", binary);
  assert.ok(binary.equals(await client.get(commandOptions({ returnBuffers: true }), "binary")));
  if (process.argv[3] !== "no") await transactions(client);
  assert.match(await client.info(), /redis_version:/);
  await client.quit();
  console.log(`redis ${require("redis/package.json").version} ok`);
}

main().catch((error) => { console.error(error); process.exit(1); });

// npm's "ioredis" against a running server: node ioredis.js PORT
const assert = require("node:assert/strict");
const Redis = require("ioredis");

async function transactions(client) {
  assert.deepEqual(await client.multi().set("t", "1").incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
  const second = client.duplicate();
  await client.watch("t");
  await second.set("t", "changed");
  assert.equal(await client.multi().get("t").exec(), null);
  await second.quit();
}

async function main() {
  const client = new Redis({ host: "127.0.0.1", port: Number(process.argv[2]), db: 5, maxRetriesPerRequest: 1 });
  await client.flushdb();
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
  if (process.argv[3] !== "no") await transactions(client);
  assert.match(await client.info(), /redis_version:/);
  await client.quit();
  console.log(`ioredis ${require("ioredis/package.json").version} ok`);
}

main().catch((error) => { console.error(error); process.exit(1); });

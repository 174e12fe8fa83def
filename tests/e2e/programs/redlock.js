// redlock: a lock taken, refused to others, extended, released, run out: node redlock.js PORT DATABASE
const assert = require("node:assert/strict");
const Redis = require("ioredis");
const Redlock = require("redlock");
const [port, db] = process.argv.slice(2).map(Number);

async function main() {
  const client = new Redis({ host: "127.0.0.1", port, db });
  await client.flushdb();
  const locks = new Redlock([client], { retryCount: 2, retryDelay: 20, retryJitter: 5 });
  const first = await locks.lock(["one", "two"], 2000);
  await assert.rejects(locks.lock("one", 1000), Redlock.LockError);
  const longer = await first.extend(5000);
  assert.ok(await client.pttl("one") > 3000);
  await longer.unlock();
  assert.equal(await client.exists("one", "two"), 0);
  await assert.rejects(longer.unlock(), Redlock.LockError);
  await locks.lock("short", 50);
  const waiting = new Redlock([client], { retryCount: 20, retryDelay: 20 });
  await (await waiting.lock("short", 1000)).unlock();
  let inside = 0, turns = 0;
  await Promise.all(Array.from({ length: 10 }, async () => {
    const lock = await new Redlock([client], { retryCount: 500, retryDelay: 5, retryJitter: 5 }).lock("counter", 2000);
    assert.equal(++inside, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    --inside, ++turns;
    await lock.unlock();
  }));
  assert.equal(turns, 10);
  await client.quit();
  console.log(`${require("redlock/package.json").version}: locks on several keys, refused, extended, released, run out; ten holders by turns`);
}

main().catch((error) => { console.error(error); process.exit(1); });

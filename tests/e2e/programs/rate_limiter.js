// rate-limiter-flexible on ioredis and on redis: node rate_limiter.js PORT DATABASE
const assert = require("node:assert/strict");
const Redis = require("ioredis");
const { createClient } = require("redis");
const { BurstyRateLimiter, RateLimiterRedis } = require("rate-limiter-flexible");
const [port, db] = process.argv.slice(2).map(Number);

async function limits(storeClient, name) {
  const limiter = new RateLimiterRedis({ storeClient, keyPrefix: name, points: 5, duration: 1, blockDuration: 2, useRedisPackage: name === "redis" });
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => limiter.consume("user")));
  assert.equal(tries.filter((one) => one.status === "fulfilled").length, 5);
  const refused = tries.find((one) => one.status === "rejected").reason;
  assert.ok(!(refused instanceof Error) && refused.msBeforeNext > 0 && refused.msBeforeNext <= 2000, String(refused));
  assert.equal((await limiter.get("user")).remainingPoints, 0);
  await limiter.penalty("other", 3);
  assert.equal((await limiter.reward("other", 1)).consumedPoints, 2);
  assert.equal((await limiter.get("other")).remainingPoints, 3);
  assert.ok(await limiter.delete("user"));
  assert.equal((await limiter.consume("user")).remainingPoints, 4);
  await limiter.set("third", 2, 10);
  assert.equal((await limiter.get("third")).consumedPoints, 2);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.equal((await limiter.consume("user", 5)).remainingPoints, 0);
  const useRedisPackage = name === "redis";
  const bursty = new BurstyRateLimiter(new RateLimiterRedis({ storeClient, keyPrefix: name + "slow", points: 1, duration: 5, useRedisPackage }),
    new RateLimiterRedis({ storeClient, keyPrefix: name + "burst", points: 2, duration: 5, useRedisPackage }));
  const bursts = await Promise.allSettled(Array.from({ length: 5 }, () => bursty.consume("user")));
  assert.equal(bursts.filter((one) => one.status === "fulfilled").length, 3);
}

async function main() {
  const ioredis = new Redis({ host: "127.0.0.1", port, db });
  const redis = await createClient({ socket: { port }, database: db }).connect();
  await ioredis.flushdb();
  await Promise.all([limits(ioredis, "ioredis"), limits(redis, "redis")]);
  await ioredis.quit();
  await redis.close();
  console.log(`${require("rate-limiter-flexible/package.json").version}: consumed to the end, blocked, rewarded, a new window, bursts; on ioredis and redis`);
}

main().catch((error) => { console.error(error); process.exit(1); });

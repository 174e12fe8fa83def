// connect-redis: the sessions of a web server (express-session): node connect_redis.mjs PORT DATABASE
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";

const [port, database] = process.argv.slice(2).map(Number);
const client = await createClient({ socket: { port }, database }).connect();
await client.flushDb();
const store = new RedisStore({ client, prefix: "web:", ttl: 100 });
const sessions = session({ store, secret: "terrace", resave: false, saveUninitialized: false });

const server = http.createServer((request, response) => sessions(request, response, () => {
  if (request.url === "/leave") {
    request.session.destroy(() => response.end("left"));
    return;
  }
  request.session.visits = (request.session.visits ?? 0) + 1;
  response.end(String(request.session.visits));
}));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const visit = async (path, cookie) => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: cookie ? { cookie } : {} });
  return [await response.text(), response.headers.get("set-cookie")?.split(";")[0] ?? cookie];
};

let [text, cookie] = await visit("/");
assert.equal(text, "1");
for (let i = 2; i < 20; ++i) assert.equal((await visit("/", cookie))[0], String(i));
for (let i = 0; i < 20; ++i) await visit("/");
assert.equal(await store.length(), 21);
assert.equal((await store.ids()).length, 21);
assert.equal((await store.all()).find((one) => one.visits === 19)?.visits, 19);
const [key] = await client.keys("web:*");
assert.ok(await client.ttl(key) > 90);
assert.equal((await visit("/leave", cookie))[0], "left");
assert.equal((await visit("/", cookie))[0], "1");
await store.clear();
assert.equal(await store.length(), 0);
server.close();
server.closeAllConnections();
await client.close();
const { version } = JSON.parse(fs.readFileSync("node_modules/connect-redis/package.json", "utf8"));
console.log(`${version}: sessions kept, renewed, listed, ended, cleared, behind express-session`);

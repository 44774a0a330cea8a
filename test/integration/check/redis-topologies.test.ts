/**
 * Redis with Sentinel, a Redis Cluster, and proxies: the server that has the data is used, by one REDIS_URL and without a
 * restart; one that is no longer said to have it is not, though it continues to answer.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import type { DecisionCache, Question } from "../../../src/ports.ts";
import { countKeyPrefix, tokenKey } from "../../../src/redis/cache-keys.ts";
import { createRateLimiter } from "../../../src/redis/rate-limiter.ts";
import { test as cacheTest } from "../../support/cache.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { startProcess } from "../../support/process.ts";
import { startRedis } from "../../support/redis.ts";
import { type RedisCluster, startRedisCluster } from "../../support/redis-cluster.ts";
import { type RedisSentinel, startRedisSentinel, startSentinel } from "../../support/redis-sentinel.ts";
import { startAlternatingProxy, startTcpProxy } from "../../support/tcp-proxy.ts";

const QUESTION: Question = { user: "user:anna", relation: "can_view", object: "plant:7" };
const OWNER = "organization:sunward";
const OTHER = "organization:other";
const POLLED = { timeout: 60_000 };
const SLOW = { timeout: 180_000 };

const test = cacheTest.extend<{ sentinel: RedisSentinel; cluster: RedisCluster }>({
  sentinel: async ({ task: _ }, use) => {
    const sentinel = await startRedisSentinel();
    await use(sentinel);
    await sentinel.stop();
  },
  cluster: async ({ task: _ }, use) => {
    const cluster = await startRedisCluster();
    await use(cluster);
    await cluster.stop();
  },
});

/** Until the probe, which runs every command and script of the cache, succeeds, and it is trusted. */
async function works(cache: DecisionCache): Promise<void> {
  await expect.poll(() => cache.probe(), POLLED).toMatchObject({ kind: "up" });
  await expect.poll(() => answers(cache), POLLED).toBe(true);
}

/** Until the probe fails for that reason. */
const fails = (cache: DecisionCache, reason: RegExp) =>
  expect.poll(() => cache.probe(), POLLED).toEqual({ kind: "away", reason: expect.stringMatching(reason) });

const answers = async (cache: DecisionCache) => (await cache.lookup(QUESTION, OWNER)) !== undefined;

async function keep(cache: DecisionCache): Promise<void> {
  const tokens = await cache.take(QUESTION.user as "user:anna", OWNER);
  if (tokens?.kind !== "tokens") throw new Error(`the tokens are ${tokens?.kind ?? "away"}`);
  const { userToken, ownerToken, now } = tokens;
  const entry = {
    allowed: true,
    owner: OWNER,
    userToken,
    ownerToken,
    validUntil: now + 10_000,
    filledAt: now,
  } as const;
  cache.store(QUESTION, entry, now + 10_000);
  expect((await cache.lookup(QUESTION, OWNER))?.entry).toMatchObject({ allowed: true });
}

/** Keeps a decision, which is found, and invalidates its owner: then it is not. */
async function keepsAndInvalidates(cache: DecisionCache): Promise<void> {
  await keep(cache);
  await cache.lease("writer", [OWNER]);
  expect(await cache.release("writer", [OWNER])).toBe(true);
  expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ ownerToken: undefined });
  await keep(cache);
  expect(await cache.invalidate("all")).toBe(true);
  expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ userToken: undefined, ownerToken: undefined });
}

async function proxiesOf({ ports }: RedisSentinel) {
  const proxies = await Promise.all(ports.map((port) => startTcpProxy(port)));
  for (const proxy of proxies) onTestFinished(() => proxy.close());
  return proxies;
}

describe("with Sentinels", () => {
  test(
    "a failover is followed without a restart, and no token of the former master counts",
    SLOW,
    async ({ sentinel, connectCache }) => {
      const cache = connectCache({ url: sentinel.urlOf(sentinel.ports) });
      await works(cache);
      await keepsAndInvalidates(cache);
      await keep(cache);
      const former = await sentinel.master();
      await sentinel.failOver();
      await expect.poll(async () => (await cache.probe()).kind, POLLED).toBe("away");
      await works(cache);
      expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ userToken: undefined, ownerToken: undefined });
      await keepsAndInvalidates(cache);
      const next = await sentinel.master();
      expect(next).not.toBe(former);
      await keep(cache);
      expect(await next.client.exists(tokenKey("store", QUESTION.user as "user:anna"))).toBe(1);
    },
  );

  test(
    "an isolated master is not used any more, also by who hears of no Sentinel, when its successor first acknowledges an invalidation",
    SLOW,
    async ({ sentinel, connectCache }) => {
      const proxies = await proxiesOf(sentinel);
      const deaf = connectCache({ url: sentinel.urlOf(proxies.map(({ port }) => port)) });
      const hearing = connectCache({ url: sentinel.urlOf(sentinel.ports) });
      await works(deaf);
      await works(hearing);
      await keep(deaf);
      const { former, heal } = await sentinel.isolate();
      // until now it heard, so that it continues as long as it may
      for (const proxy of proxies) proxy.cut();
      // it would serve, and nobody said to it that it is no master any more
      expect(await former.client.info("replication")).toMatch(/^role:master/m);
      const next = await sentinel.master();
      const acknowledged = async () => {
        await next.client.set(tokenKey("store", OTHER), "there");
        return (await hearing.release("writer", [OTHER])) && (await next.client.exists(tokenKey("store", OTHER))) === 0;
      };
      await expect.poll(acknowledged, { ...POLLED, interval: 5 }).toBe(true);
      expect([await answers(deaf), await deaf.release("writer", [OWNER])]).toEqual([false, false]);
      // though that server does all of it
      expect(await deaf.invalidate("all")).toBe(false);
      expect(await former.client.info("replication")).toMatch(/^role:master/m);
      await works(hearing);
      await keepsAndInvalidates(hearing);
      await fails(deaf, /more than half of the Sentinels/);
      await heal();
      for (const proxy of proxies) proxy.mend();
      await works(deaf);
      await keepsAndInvalidates(deaf);
    },
  );

  test("a minority of the Sentinels is not believed, and a majority is", SLOW, async ({ sentinel, connectCache }) => {
    const proxies = await proxiesOf(sentinel);
    const cache = connectCache({ url: sentinel.urlOf(proxies.map(({ port }) => port)) });
    proxies[0]?.cut();
    await works(cache);
    proxies[1]?.cut();
    await fails(
      cache,
      /more than half of the Sentinels name one server: 1 of 3 name 127\.0\.0\.1:\d+ \(\w+\); 127\.0\.0\.1/,
    );
    proxies[1]?.mend();
    await works(cache);
  });

  test(
    "a Sentinel that vanished without a word is asked again on a connection of its own",
    SLOW,
    async ({ sentinel, connectCache }) => {
      const proxies = await proxiesOf(sentinel);
      const cache = connectCache({ url: sentinel.urlOf(proxies.map(({ port }) => port)) });
      await works(cache);
      // what was lost leaves a connection silent for ever
      for (const proxy of proxies) proxy.blackHole = true;
      await fails(cache, /more than half of the Sentinels/);
      for (const proxy of proxies) proxy.blackHole = false;
      await works(cache);
    },
  );

  test(
    "a master that another replaced under the same address is left, though it answers and the connection stays open",
    SLOW,
    async ({ redis, connectCache }) => {
      const next = await startRedis();
      onTestFinished(() => next.stop());
      const address = await startTcpProxy(redis.port);
      onTestFinished(() => address.close());
      const sentinel = await startSentinel(join(ownFolder(), "sentinel.conf"), address.port, []);
      onTestFinished(() => sentinel.stop());
      await sentinel.client.call("SENTINEL", "DEBUG", "INFO-PERIOD", 100);
      const cache = connectCache({ url: sentinel.url });
      await works(cache);
      await keep(cache);
      address.to = next.port;
      // the Sentinel's connections alone: the cache's own one stays
      const clients = String(await redis.client.client("LIST"));
      for (const [, id = ""] of clients.matchAll(/^id=(\d+) .* name=sentinel-/gm))
        await redis.client.client("KILL", "ID", id);
      await fails(cache, /another server/);
      await works(cache);
      await keepsAndInvalidates(cache);
      await keep(cache);
      expect(await next.client.exists(tokenKey("store", OWNER))).toBe(1);
      expect(await redis.client.ping()).toBe("PONG");
    },
  );

  test(
    "users and passwords of the servers and of the Sentinels are used, each where it belongs, and none is repeated",
    SLOW,
    async ({ connectCache }) => {
      const [secret, asked] = ["p@ss:/?#%+ord", "an&other=p+ss%"];
      const user = (name: string, password: string) => ["--user", name, "on", `>${password}`, "~*", "&*", "+@all"];
      const sentinel = await startRedisSentinel(user("concordat", secret), [
        `user watcher on >${asked} -@all +sentinel|master`,
      ]);
      onTestFinished(() => sentinel.stop());
      const [, place = ""] = sentinel.urlOf(sentinel.ports).split("//");
      const encoded = encodeURIComponent;
      const url = (own: string, theirs: string) =>
        `redis+sentinel://concordat:${encoded(own)}@${place}?sentinel_username=watcher&sentinel_password=${encoded(theirs)}`;
      const server = await sentinel.master();
      await server.client.acl("SETUSER", "default", "-get", "-mget");
      await works(connectCache({ url: url(secret, asked) }));
      for (const wrong of [url(`${secret}-`, asked), url(secret, `${asked}-`)]) {
        const cache = connectCache({ url: wrong });
        await fails(cache, /WRONGPASS/);
        const probe = await cache.probe();
        for (const one of [secret, asked]) expect(JSON.stringify(probe)).not.toContain(one);
      }
    },
  );
});

describe("of a Cluster", () => {
  test(
    "the owner of the store's slot is used, whichever it is, and a slot that moves is followed",
    SLOW,
    async ({ cluster, connectCache }) => {
      // of which each has its slot at another node
      for (const [storeId, moves] of [
        ["one", 2],
        ["two", 0],
        ["three", 0],
      ] as const) {
        const cache = connectCache({ url: cluster.url, storeId });
        await works(cache);
        await keep(cache);
        const key = tokenKey(storeId, OWNER);
        for (let times = 0; times < moves; times++) {
          const { owner } = await cluster.of(key);
          expect(await owner.client.exists(key)).toBe(1);
          await cluster.move(key);
          await fails(cache, /MOVED|another server|nodes name/);
          await works(cache);
          // it moved with the slot, and is of another epoch
          expect(await cache.lookup(QUESTION, OWNER)).toMatchObject({ userToken: undefined, ownerToken: undefined });
          await keepsAndInvalidates(cache);
          await keep(cache);
        }
      }
    },
  );

  test(
    "nodes that prefer host names are used, announced or not, and those that give no address are not, with what to set",
    SLOW,
    async ({ cluster, connectCache }) => {
      const cache = connectCache({ url: cluster.url });
      await works(cache);
      for (const name of ["", "localhost"]) {
        await cluster.configure("cluster-preferred-endpoint-type", "unknown-endpoint");
        await fails(cache, /cluster-preferred-endpoint-type/);
        await cluster.configure("cluster-announce-hostname", name);
        await cluster.configure("cluster-preferred-endpoint-type", "hostname");
        await works(cache);
        await keepsAndInvalidates(cache);
      }
    },
  );

  test("requests are counted there, for all processes", SLOW, async ({ cluster }) => {
    const none = { checks: {}, searches: {}, reads: {}, invitations: {} };
    const settings = {
      REDIS_URL: cluster.url,
      REDIS_TIMEOUT_MILLISECONDS: 2000,
      rateLimits: { ...none, writes: { key: 9 } },
    };
    const limiter = createRateLimiter(settings, "store", { cacheFailed: () => {} });
    const key = `${countKeyPrefix("store", "writes-key")}:tests`;
    const { owner } = await cluster.of(key);
    const counted = async () => {
      await limiter.take("writes-key", "tests");
      return owner.client.exists(key);
    };
    await expect.poll(counted, POLLED).toBe(1);
    await limiter.close();
  });

  test(
    "a node without the slot is refused where it is named as the only server, with what to write",
    SLOW,
    async ({ cluster, connectCache }) => {
      const { owner, others } = await cluster.of(tokenKey("store", OWNER));
      await works(connectCache({ url: owner.url }));
      for (const { url } of others) await fails(connectCache({ url }), /MOVED.*redis\+cluster/);
    },
  );
});

test("over TLS a Cluster is used with the configured CA, and without it is not", SLOW, async ({ task: _ }) => {
  const folder = ownFolder();
  const at = (name: string) => join(folder, name);
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "1"];
  const subject = ["-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1"];
  const args = ["req", "-x509", ...key, "-keyout", at("key.pem"), "-out", at("cert.pem"), ...subject];
  execFileSync("openssl", args, { stdio: "ignore" });
  const files = [
    "--tls-cert-file",
    at("cert.pem"),
    "--tls-key-file",
    at("key.pem"),
    "--tls-ca-cert-file",
    at("cert.pem"),
  ];
  const cluster = await startRedisCluster([...files, "--tls-auth-clients", "no"]);
  onTestFinished(() => cluster.stop());
  const env = { REDIS_URL: cluster.tlsUrl, REDIS_TIMEOUT_MILLISECONDS: "9000" };
  const trusting = await startProcess({ ...env, NODE_EXTRA_CA_CERTS: at("cert.pem") });
  const metrics = async () => (await fetch(`${trusting.url}/metrics`)).text();
  await expect.poll(metrics, POLLED).toMatch(/^concordat_cache_up 1$/m);
  const wary = await startProcess(env);
  await expect.poll(() => wary.logged("cache_away").at(-1)?.reason, POLLED).toMatch(/self-signed certificate/);
});

describe("behind a proxy", () => {
  test(
    "one server is used, and several that answer in turn are refused with the reason",
    SLOW,
    async ({ redis, connectCache }) => {
      const other = await startRedis();
      onTestFinished(() => other.stop());
      const [one, several] = await Promise.all([
        startAlternatingProxy([redis.port, redis.port]),
        startAlternatingProxy([redis.port, other.port]),
      ]);
      for (const proxy of [one, several]) onTestFinished(() => proxy.close());
      const used = connectCache({ url: `redis://127.0.0.1:${one.port}` });
      const refused = connectCache({ url: `redis://127.0.0.1:${several.port}` });
      await works(used);
      await keepsAndInvalidates(used);
      await fails(refused, /several servers answer on one connection/);
      expect([await answers(refused), await refused.release("writer", [OWNER])]).toEqual([false, false]);
    },
  );
});

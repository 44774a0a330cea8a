/**
 * What is wrong outside the service and does not stop it: a Redis that never answers it,
 * and a clock that is off, are in the log, at `/readyz` and in the metrics.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ownFolder } from "../../support/own-folder.ts";
import { type ServiceProcess, startProcess } from "../../support/process.ts";
import { type OwnRedis, startRedis } from "../../support/redis.ts";
import { KEYS } from "../../support/service.ts";

/** A machine that is busy with other tests is not a Redis that does not answer. */
const start = (env: Record<string, string>, flags: readonly string[] = []) =>
  startProcess({ REDIS_TIMEOUT_MILLISECONDS: "9000", ...env }, flags);

async function ownRedis(flags: string[] = []): Promise<OwnRedis> {
  const redis = await startRedis(flags);
  onTestFinished(() => redis.stop());
  return redis;
}

async function metric({ url }: ServiceProcess, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const evaluate = async ({ url }: ServiceProcess) =>
  fetch(`${url}/access/v1/evaluation`, {
    method: "POST",
    headers: { Authorization: `Bearer ${KEYS.check}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      subject: { type: "user", id: "tom" },
      action: { name: "view" },
      resource: { type: "plant", id: "7" },
    }),
  });

async function expectAway(service: ServiceProcess, reason: RegExp): Promise<void> {
  await expect.poll(() => service.logged("cache_away")).toHaveLength(1);
  expect(service.logged("cache_away")[0]?.reason).toMatch(reason);
  expect(await service.readiness()).toMatchObject({ status: 200, body: { status: "ok", cache: "away" } });
  expect(await metric(service, "concordat_cache_up")).toBe(0);
  // and it answers all the same
  expect((await evaluate(service)).status).toBe(200);
}

async function expectUp(service: ServiceProcess): Promise<void> {
  await expect.poll(() => metric(service, "concordat_cache_up")).toBe(1);
  expect((await service.readiness()).body).toMatchObject({ status: "ok", cache: "ok" });
  expect(service.logged("cache_away")).toEqual([]);
}

describe("a Redis that cannot be used", () => {
  const PASSWORD = "a-password-of-the-tests";
  const WRONG = "another-password-of-the-tests";

  test("because of a wrong password is reported without the password; with the right one nothing is", async () => {
    const redis = await ownRedis();
    await redis.client.config("SET", "requirepass", PASSWORD);
    const at = (password: string) => ({ REDIS_URL: `redis://:${password}@127.0.0.1:${redis.port}` });
    const wrong = await start(at(WRONG));
    await expectAway(wrong, /WRONGPASS/);
    expect(wrong.output()).not.toContain(WRONG);
    const none = await start({ REDIS_URL: `redis://127.0.0.1:${redis.port}` });
    await expectAway(none, /NOAUTH/);
    await expectUp(await start(at(PASSWORD)));
  });

  test("because it is unreachable is reported, and once when it is available; then the first hit follows", async () => {
    const redis = await ownRedis();
    await redis.kill();
    const service = await start({ REDIS_URL: redis.url });
    await expectAway(service, /ECONNREFUSED/);
    await redis.start();
    await expect.poll(() => service.logged("cache_back")).toHaveLength(1);
    expect((await service.readiness()).body).toMatchObject({ status: "ok", cache: "ok" });
    expect(await metric(service, "concordat_cache_up")).toBe(1);
    expect(service.logged("cache_away")).toHaveLength(1);
  });

  test("because it does not speak TLS is reported", async () => {
    const redis = await ownRedis();
    await expectAway(await start({ REDIS_URL: redis.url.replace("redis:", "rediss:") }), /\w/);
  });

  test("because its user lacks permissions is reported", async () => {
    const redis = await ownRedis();
    await redis.client.acl("SETUSER", "concordat", "reset", "on", `>${PASSWORD}`, "~*", "+@all", "-zadd");
    const REDIS_URL = `redis://concordat:${PASSWORD}@127.0.0.1:${redis.port}`;
    await expectAway(await start({ REDIS_URL }), /NOPERM|can't run this command/);
  });

  test("because it is stopped is reported while it lasts, with the connection still open", async () => {
    const redis = await ownRedis();
    const service = await start({ REDIS_URL: redis.url });
    await expectUp(service);
    redis.pause();
    await expect.poll(() => service.logged("cache_away")).toHaveLength(1);
    expect((await service.readiness()).body).toMatchObject({ status: "ok", cache: "away" });
    redis.resume();
    await expect.poll(() => service.logged("cache_back")).toHaveLength(1);
  });

  test("is not reported where decisions are kept in memory", async () => {
    await expectUp(await start({}));
  });
});

describe("over TLS", () => {
  test("a Redis with a certificate of the configured CA is used, one with another is not", async () => {
    const folder = ownFolder();
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
    const key = ["-newkey", "rsa:2048", "-nodes", "-days", "1"];
    openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=tests");
    openssl("req", ...key.slice(0, 3), "-keyout", "redis.key", "-out", "redis.csr", "-subj", "/CN=localhost");
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-out", "redis.pem"];
    openssl("x509", "-req", "-in", "redis.csr", ...signed);
    const at = (name: string) => join(folder, name);
    const plain = await ownRedis();
    // its own port speaks TLS; the plain one is for the test to know that it runs
    const port = plain.port;
    await plain.kill();
    const files = [
      "--tls-cert-file",
      at("redis.pem"),
      "--tls-key-file",
      at("redis.key"),
      "--tls-ca-cert-file",
      at("ca.pem"),
    ];
    await ownRedis(["--tls-port", `${port}`, "--tls-auth-clients", "no", ...files]);
    const REDIS_URL = `rediss://localhost:${port}`;
    await expectUp(await start({ REDIS_URL, NODE_EXTRA_CA_CERTS: at("ca.pem") }));
    await expectAway(await start({ REDIS_URL }), /certificate/);
  });
});

/** A process whose clock is that far from the machine's, which Redis and OpenFGA go by. */
const shifted = (milliseconds: number): string[] => {
  const code = `const Right = Date; globalThis.Date = class extends Right {
    constructor(...given) { super(...(given.length > 0 ? given : [Right.now() + ${milliseconds}])); }
    static now() { return Right.now() + ${milliseconds}; }
  };`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
};

describe("a clock", () => {
  for (const seconds of [5, -5])
    test(`that is ${seconds} s ahead of Redis's and OpenFGA's is reported at the start`, async () => {
      const redis = await ownRedis();
      const service = await start({ REDIS_URL: redis.url }, shifted(seconds * 1000));
      await expect.poll(() => service.logged("clock_off")).toHaveLength(2);
      const lines = service.logged("clock_off");
      expect(new Set(lines.map(({ against }) => against))).toEqual(new Set(["cache", "engine"]));
      for (const { ahead_seconds } of lines) expect(Math.sign(Number(ahead_seconds))).toBe(Math.sign(seconds));
      expect(await service.readiness()).toMatchObject({ status: 200, body: { status: "ok", clock: "off" } });
      for (const of of ["cache", "engine"])
        expect(await metric(service, `concordat_clock_offset_seconds{of="${of}"}`)).toBeCloseTo(seconds, -1);
    });

  test("that is right is not reported", async () => {
    const redis = await ownRedis();
    const service = await start({ REDIS_URL: redis.url });
    await expect.poll(() => metric(service, `concordat_clock_offset_seconds{of="engine"}`)).toBeDefined();
    expect((await service.readiness()).body).toMatchObject({ clock: "ok" });
    expect(service.logged("clock_off")).toEqual([]);
  });
});

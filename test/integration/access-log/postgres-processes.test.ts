/**
 * Services that write their access log to PostgreSQL: what was answered is in it, or it says what is missing, also where
 * one of them is killed and another one loses its connection; and the password of the database is in no log.
 */
import { randomUUID } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { schemaOf } from "../../../src/access-log/postgres/schema.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { countOf, type LogLine } from "../../support/access-log.ts";
import { filesInDatabase, proxied, readAll, readerAt, testsWithDatabase } from "../../support/access-log-postgres.ts";
import { type ServiceProcess, serviceEnvironment, startMain, startProcess } from "../../support/process.ts";
import { startRedis } from "../../support/redis.ts";
import { check, PEOPLE, PLANTS, remote, seed } from "../../support/remote-world.ts";

const CHECKS = 900;
const AT_ONCE = 6;

const test = testsWithDatabase(300_000);

const storeOf = ({ output }: ServiceProcess) => /store (\S+),/.exec(output())?.[1] ?? "";

test("every access over three replicas is read once; of one that is killed only what a gap names is missing", async (database) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { proxy, url: through } = await proxied(database);
  const env = {
    ...{ OPENFGA_STORE: `access log ${randomUUID()}`, REDIS_URL: redis.url, ACCESS_LOG: database.url },
    // a busy machine is not a Redis that is away
    REDIS_TIMEOUT_MILLISECONDS: "9000",
  };
  const replicas = [
    await startProcess(env),
    await startProcess({ ...env, ACCESS_LOG: through }),
    await startProcess(env),
  ] as const;
  const [first, , last] = replicas;
  await seed(first.url);

  const answered: { replica: number; at: number }[] = [];
  let isKilled = false;
  let left = CHECKS;
  const asking = Array.from({ length: AT_ONCE }, async (_, offset) => {
    for (let n = offset; left > 0; n++) {
      left--;
      if (left === CHECKS - 100) proxy.cut();
      if (left === CHECKS / 2) {
        isKilled = true;
        last.child.kill("SIGKILL");
      }
      if (left === 100) proxy.mend();
      const replica = n % (isKilled ? 2 : 3);
      const reply = await check(
        replicas[replica]?.url ?? "",
        PEOPLE[n % PEOPLE.length] ?? "",
        PLANTS[(n * 7 + offset) % PLANTS.length],
      ).catch(() => undefined);
      if (reply === undefined) continue;
      expect(reply).toMatchObject({ status: 200, body: { decision: true } });
      answered.push({ replica, at: Date.now() });
    }
  });
  await Promise.all(asking);

  const store = storeOf(first);
  const reader = readerAt(database.url, store);
  const gaps = async () => (await readAll(reader)).lines.filter((line) => line.kind === "gap");
  await expect.poll(gaps).not.toEqual([]);
  for (const { child, ended } of [replicas[0], replicas[1]]) {
    child.kill("SIGTERM");
    await ended;
  }
  const [gap, ...others] = await gaps();
  expect([gap?.reason, others]).toEqual(["killed", []]);
  const [, writer = ""] = /^shared-\d+-(\w+)-/.exec(gap?.file ?? "") ?? [];
  const ofLiving = await database.sql(
    `SELECT line FROM ${schemaOf(store)}.lines WHERE file NOT LIKE '%${writer}%' ORDER BY id`,
  );
  const lines = ofLiving.split("\n").map((line): LogLine => JSON.parse(line));
  expect(countOf(lines)).toBe(answered.filter(({ replica }) => replica !== 2).length);
  const before = answered.filter(({ replica, at }) => replica === 2 && at < Date.parse(gap?.from ?? "")).length;
  expect(countOf((await readAll(reader)).lines) - countOf(lines)).toBeGreaterThanOrEqual(before);
  expect(verifyFiles(await filesInDatabase(database.sql, store), {}).problems).toEqual([]);
  const { host, pathname } = new URL(database.url);
  expect(first.logged("access_log")).toMatchObject([{ to: `postgres://${host}${pathname}`, whole: true }]);
});

test("the API of each of two machines reads what both have answered, and says when the database is away", async (database) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { proxy, url: through } = await proxied(database);
  const env = {
    ...{ OPENFGA_STORE: `access log ${randomUUID()}`, REDIS_URL: redis.url, REDIS_TIMEOUT_MILLISECONDS: "9000" },
    // seals the cursors of both
    INVITATION_SECRET: "x".repeat(40),
  };
  const one = await startProcess({ ...env, ACCESS_LOG: database.url });
  const two = await startProcess({ ...env, ACCESS_LOG: through });
  await seed(one.url);
  await check(one.url, "tech-1");
  await check(two.url, "tech-2");
  const read = ({ url }: ServiceProcess, query = "") =>
    remote(url).as("anna", "GET", `/v1/organizations/sunward/access-log${query}`);
  const users = async (from: ServiceProcess) => {
    const { body } = await read(from);
    return body.items?.map(({ user }: { user: string }) => user).toSorted();
  };
  for (const machine of [one, two]) await expect.poll(() => users(machine)).toEqual(["tech-1", "tech-2"]);
  const first = await read(one, "?limit=1");
  const next = await read(two, `?limit=1&cursor=${first.body.next_cursor}`);
  expect([first.body.items[0].user, next.body.items[0].user].toSorted()).toEqual(["tech-1", "tech-2"]);
  expect((await read(one, "?user=tech-2")).body.items).toHaveLength(1);
  proxy.cut();
  expect(await read(two)).toMatchObject({ status: 503, body: { code: "audit_unavailable" } });
  expect((await read(one)).status).toBe(200);
});

test("`refuse` answers 503 while the database is away, also from the start, and recovers by itself", async (database) => {
  const { proxy, url: through } = await proxied(database);
  const { url, readiness, ...service } = await startProcess({ ACCESS_LOG: through, ACCESS_LOG_LOSS: "refuse" });
  await seed(url);
  await expect.poll(async () => (await check(url, "tech-1")).status).toBe(200);
  proxy.cut();
  await expect.poll(async () => (await check(url, "tech-1")).body.code).toBe("audit_unavailable");
  expect(await readiness()).toEqual({ status: 503, body: { status: "audit_unavailable" } });
  proxy.mend();
  await expect.poll(async () => (await check(url, "tech-2")).status).toBe(200);
  expect(await readiness()).toMatchObject({ status: 200, body: { access_log: "ok" } });
  const reader = readerAt(database.url, storeOf({ ...service, url, readiness }));
  await expect
    .poll(async () => (await readAll(reader)).lines)
    .toContainEqual(expect.objectContaining({ user: "tech-2", decision: true }));

  const away = await startProcess({ ACCESS_LOG: "postgres://u@127.0.0.1:1/d", ACCESS_LOG_LOSS: "refuse" });
  expect((await check(away.url, "tech-1")).status).toBe(503);
});

test("the password of the database is in no line of the log, whatever it refuses", async (database) => {
  const password = "only-the-database-knows";
  const user = `concordat_${randomUUID().replaceAll("-", "")}`;
  await database.sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  onTestFinished(async () => void (await database.sql(`DROP ROLE ${user}`)));
  const to = (changes: { port?: string; search?: string }) =>
    Object.assign(new URL(database.url), { username: user, password }, changes).href;
  for (const [url, refusal] of [
    [to({}), /"code":"42501"/],
    [to({ port: "1" }), /"code":"ECONNREFUSED"/],
    [to({ search: "?sslmode=verify-full" }), /access_log_not_written/],
  ] as const) {
    const { printed, output, child, ended } = await startProcess({ ACCESS_LOG: url, LOG_LEVEL: "debug" });
    await printed(refusal);
    child.kill("SIGTERM");
    await ended;
    expect(output()).toContain(`"to":"postgres://`);
    expect(output()).not.toContain(password);
  }
  const refused = startMain({ ...serviceEnvironment(), ACCESS_LOG: to({ search: `?sslmode=${password}` }) });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toMatch(/ACCESS_LOG: must be/);
  expect(refused.output()).not.toContain(password);
});

test("a user who may not make a schema writes into an empty one that was made for it", async (database) => {
  const user = `concordat_${randomUUID().replaceAll("-", "")}`;
  await database.sql(`CREATE ROLE ${user} LOGIN`);
  onTestFinished(async () => void (await database.sql(`DROP OWNED BY ${user}; DROP ROLE ${user}`)));
  const to = Object.assign(new URL(database.url), { username: user });
  const service = await startProcess({ ACCESS_LOG: to.href });
  await service.printed(/"code":"42501"/);
  await database.sql(`CREATE SCHEMA ${schemaOf(storeOf(service))} AUTHORIZATION ${user}`);
  await service.printed(/access_log_written_again/);
});

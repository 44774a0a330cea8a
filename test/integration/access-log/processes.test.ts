/**
 * The access log of processes: what was answered is in it, or it says what is missing, also where one of them is killed,
 * its files cannot be written or are deleted. ACCESS_LOG_CHECKS is how many checks are made over three replicas.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { isLogFile, verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { countOf, filesOf, linesIn } from "../../support/access-log.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { listening, type ServiceProcess, serviceEnvironment, startMain, startProcess } from "../../support/process.ts";
import { start } from "../../support/program.ts";
import { startRedis } from "../../support/redis.ts";
import { check, PEOPLE, PLANTS, remote, seed, send } from "../../support/remote-world.ts";
import { KEYS } from "../../support/service.ts";

const CHECKS = Number(process.env.ACCESS_LOG_CHECKS ?? 3000);
const AT_ONCE = 8;
const ofFile = (folder: string, is: (name: string) => boolean) =>
  filesOf(folder)
    .filter(({ name }) => is(name))
    .flatMap(({ text }) => text.split("\n").filter((line) => line.includes('"kind":"access"')))
    .map((line) => JSON.parse(line));

test("every access over three replicas is counted once; of one that is killed only what a gap names is missing", {
  timeout: 600_000,
}, async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const folder = join(ownFolder(), "log");
  const env = {
    ...{ OPENFGA_STORE: `access log ${randomUUID()}`, REDIS_URL: redis.url, ACCESS_LOG: `file://${folder}` },
    // a busy machine is not a Redis that is away
    REDIS_TIMEOUT_MILLISECONDS: "9000",
  };
  const first = await startProcess(env);
  const replicas: ServiceProcess[] = [first, await startProcess(env), await startProcess(env)];
  await seed(first.url);

  const answered: { replica: number; fact: string; at: number }[] = [];
  let killedAt = Number.POSITIVE_INFINITY;
  let left = CHECKS;
  const asking = Array.from({ length: AT_ONCE }, async (_, offset) => {
    for (let n = offset; left > 0; n++) {
      left--;
      const [user = "", plant = ""] = [PEOPLE[n % PEOPLE.length], PLANTS[(n * 7 + offset) % PLANTS.length]];
      const replica = killedAt === Number.POSITIVE_INFINITY ? n % 3 : n % 2;
      const reply = await check(replicas[replica]?.url ?? "", user, plant).catch(() => undefined);
      if (reply === undefined) continue;
      expect(reply).toMatchObject({ status: 200, body: { decision: true } });
      answered.push({ replica, fact: `${user} plant:${plant}`, at: Date.now() });
    }
  });
  while (answered.length < CHECKS / 2) await sleep(20);
  killedAt = Date.now();
  replicas[2]?.child.kill("SIGKILL");
  await Promise.all(asking);

  const killed = () => linesIn(folder).filter((line) => line.kind === "gap" && line.reason === "killed");
  await expect.poll(killed).not.toEqual([]);
  for (const { child, ended } of replicas) {
    child.kill("SIGTERM");
    await ended;
  }
  const [gap] = killed();
  if (gap?.kind !== "gap") throw new Error("no gap");
  // two that look in the same moment may both say it, of the one file
  const gaps = linesIn(folder).filter(({ kind }) => kind === "gap");
  expect(gaps.every((line) => line.kind === "gap" && line.file === gap.file)).toBe(true);

  const living = ofFile(folder, (name) => name !== gap.file);
  expect(countOf(living)).toBe(answered.filter(({ replica }) => replica !== 2).length);
  const written = new Map<string, number>();
  for (const { user, resource, count } of ofFile(folder, (name) => name === gap.file))
    written.set(`${user} ${resource}`, (written.get(`${user} ${resource}`) ?? 0) + count);
  const from = Date.parse(gap.from);
  const byKilled = answered.filter(({ replica }) => replica === 2);
  expect(byKilled.length).toBeGreaterThan(0);
  // what was answered before is in its lines, each time
  const before = Map.groupBy(
    byKilled.filter(({ at }) => at < from),
    ({ fact }) => fact,
  );
  for (const [fact, answers] of before) expect(written.get(fact) ?? 0, fact).toBeGreaterThanOrEqual(answers.length);
  expect(Date.parse(gap.to)).toBeGreaterThanOrEqual(killedAt);
  // a minute, and what a machine that runs other tests takes
  expect(killedAt - from).toBeLessThan(70_000);
  expect(verifyFiles(filesOf(folder), {}).problems).toEqual([]);
});

test("`refuse` answers 503 on every path while nothing can be written, says so at /readyz, and recovers by itself; the deleted file is a gap", async () => {
  const folder = join(ownFolder(), "log");
  const service = await startProcess({ ACCESS_LOG: `file://${folder}`, ACCESS_LOG_LOSS: "refuse" });
  const { url, readiness, output } = service;
  await seed(url);
  await expect.poll(async () => (await check(url, "tech-1")).status).toBe(200);
  await expect.poll(() => countOf(linesIn(folder))).toBeGreaterThan(0);
  const accesses = countOf(linesIn(folder));

  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  await expect.poll(async () => (await check(url, "tech-1")).body.code).toBe("audit_unavailable");
  const refused = await check(url, "tech-1");
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "1"]);
  const [, store] = /store (\S+),/.exec(output()) ?? [];
  const key = { Authorization: `Bearer ${KEYS.check}` };
  const tuple_key = { user: "user:tech-1", relation: "can_view", object: "plant:100" };
  expect(await send(url, "POST", `/stores/${store}/check`, { tuple_key }, key)).toMatchObject({
    ...{ status: 503, body: { code: "unavailable", message: expect.stringContaining("access log") } },
  });
  const evaluations = [
    { subject: { type: "user", id: "tech-1" }, action: { name: "view" }, resource: { type: "plant", id: "100" } },
  ];
  expect((await send(url, "POST", "/access/v1/evaluations", { evaluations }, key)).status).toBe(503);
  const checks = [{ correlation_id: "1", tuple_key }];
  expect((await send(url, "POST", `/stores/${store}/batch-check`, { checks }, key)).status).toBe(503);
  const { subject, resource } = evaluations[0] ?? {};
  expect((await send(url, "POST", "/access/v1/search/action", { subject, resource }, key)).status).toBe(503);
  expect(await readiness()).toEqual({ status: 503, body: { status: "audit_unavailable" } });
  // what is no check is answered
  expect((await remote(url).admin("GET", "/v1/organizations/sunward")).status).toBe(200);

  rmSync(folder);
  await expect.poll(async () => (await check(url, "tech-2")).status).toBe(200);
  expect(await readiness()).toMatchObject({ status: 200, body: { access_log: "ok" } });
  for (const line of [
    { kind: "gap", reason: "removed", lost: accesses },
    { kind: "access", user: "tech-2" },
  ])
    await expect.poll(() => linesIn(folder)).toContainEqual(expect.objectContaining(line));
});

test("a full disk stops no check and tears no line; what was answered then is written where there is room again, or is in a gap", async () => {
  const folder = join(ownFolder(), "log");
  const env = { ...serviceEnvironment(), PORT: "0", ACCESS_LOG: `file://${folder}` };
  // no file may be larger: what is written beyond that fails, as on a full disk
  const program = start("sh", ["-c", `ulimit -f 8; exec "${process.execPath}" src/main.ts`], { env });
  const url = await listening(program);
  await seed(url);
  for (const user of PEOPLE)
    for (const plant of PLANTS.slice(0, 5)) expect((await check(url, user, plant)).status).toBe(200);
  const readiness = async () => (await fetch(`${url}/readyz`)).json();
  await expect.poll(readiness).toMatchObject({ status: "ok", access_log: "behind" });
  expect(program.output()).toContain("access_log_not_written");
  expect((await check(url, "tech-1")).status).toBe(200);
  expect(verifyFiles(filesOf(folder), {}).problems).toEqual([]);
  program.child.kill("SIGTERM");
  await program.ended;
  expect(program.output()).toContain("access_log_lost");

  const next = startMain(env);
  await listening(next);
  await expect.poll(() => linesIn(folder)).toContainEqual(expect.objectContaining({ kind: "gap", reason: "killed" }));
  next.child.kill("SIGTERM");
  await next.ended;
  expect(verifyFiles(filesOf(folder), {}).problems).toEqual([]);
});

test("a log in `file` is in the service's folder, sealed when it stops; by default there is none", async () => {
  const folder = ownFolder();
  const service = await startProcess({ CONCORDAT_FOLDER: folder, ACCESS_LOG: "file" });
  await seed(service.url);
  await check(service.url, "tech-1");
  await check(service.url, "anna");
  service.child.kill("SIGTERM");
  await service.ended;
  const files = filesOf(join(folder, "access-log"));
  expect(files.map(({ name, text }) => name.endsWith(".ndjson") && isLogFile(text))).toEqual([true]);
  expect(linesIn(join(folder, "access-log"))).toMatchObject([{ user: "tech-1", count: 1, caller: "check" }]);
  expect(service.logged("access_log")).toMatchObject([{ to: join(folder, "access-log") }]);

  const off = ownFolder();
  const without = await startProcess({ CONCORDAT_FOLDER: off });
  expect(without.logged("access_log")).toMatchObject([{ to: "off" }]);
  expect(readdirSync(off)).not.toContain("access-log");
});

test("a folder that cannot be used keeps the service from starting, and the message names the variable", async () => {
  const file = join(ownFolder(), "file");
  writeFileSync(file, "");
  const program = startMain({ ...serviceEnvironment(), ACCESS_LOG: `file://${file}` });
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(/ACCESS_LOG: .*cannot be used/);
});

test("a folder that others use for other things keeps the service from starting, and is left as it is", async () => {
  const folder = ownFolder();
  writeFileSync(join(folder, "other"), "");
  chmodSync(folder, 0o755);
  const program = startMain({ ...serviceEnvironment(), ACCESS_LOG: `file://${folder}` });
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(/ACCESS_LOG: .* is open to others and holds other things/);
  expect(statSync(folder).mode & 0o777).toBe(0o755);
});

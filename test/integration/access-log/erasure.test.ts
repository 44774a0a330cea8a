/** Erasing a person takes them out of the access log too: on the real engine, with files. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { expect, onTestFinished } from "vitest";
import { createClassifier } from "../../../src/access-log/classify.ts";
import { type AccessLogErasure, createErasure } from "../../../src/access-log/erasure.ts";
import { createFileSink } from "../../../src/access-log/file-sink.ts";
import { createMonthKeys } from "../../../src/access-log/month-keys.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import type { UserId } from "../../../src/domain/ids.ts";
import type { Engine, TupleStore } from "../../../src/ports.ts";
import { isForgotten } from "../../../src/store/people.ts";
import { filesOf, linesIn, logOver } from "../../support/access-log.ts";
import { KEYS } from "../../support/access-log-files.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { startProcess } from "../../support/process.ts";
import {
  cooperate,
  createService,
  KEYS as SERVICE_KEYS,
  type Service,
  seedWorld,
  test,
} from "../../support/service.ts";

/** A service that recorded an access of tom and one of ben, and has ended its file. `killed`: it does not come to erase. */
async function recorded({ tupleStore, engine }: { tupleStore: TupleStore; engine: Engine }, { killed = false } = {}) {
  const folder = ownFolder();
  const clock = () => new Date();
  const sink = createFileSink({ folder, writer: ulid(), store: "store", keys: KEYS, clock });
  const classifier = createClassifier({ engine, reads: tupleStore, recordsOwn: false });
  const { log } = logOver(sink, classifier, { monthKeys: createMonthKeys(folder), closeMilliseconds: 20_000 });
  onTestFinished(() => log.close());
  const later = { milliseconds: 0 };
  const erasureOf = () =>
    createErasure({
      ...{
        folder,
        clock: () => new Date(Date.now() + later.milliseconds),
        days: undefined,
        warn: (event) => expect.fail(event),
      },
      isForgotten: (user) => isForgotten(tupleStore, user as UserId),
    });
  const nothing = { erase: async () => {}, tend: async () => {} };
  const accessLogErasure: AccessLogErasure = { ...erasureOf(), ...(killed && nothing) };
  const service = createService({ tupleStore, engine }, { recorder: log, accessLogErasure });
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  for (const user of ["tom", "ben"]) expect(await service.may(user, "view", "plant:7")).toBe(true);
  await log.close();
  const users = () =>
    filesOf(folder)
      .flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith('{"kind":"access"')))
      .map((line) => JSON.parse(line).user)
      .sort();
  expect(users()).toEqual(["ben", "tom"]);
  const verified = () => verifyFiles(filesOf(folder), { keys: KEYS.verifying });
  /** What another process does a minute later. */
  const tendLater = async () => {
    later.milliseconds = 61_000;
    await erasureOf().tend();
  };
  return { folder, service, users, verified, tendLater };
}

const leave = (service: Awaited<ReturnType<typeof recorded>>["service"]) =>
  service.admin("DELETE", "/v1/organizations/brightfix/people/tom");

test("who is erased is in no line of the access log any more, which still verifies; others are", async ({
  tupleStore,
  engine,
}) => {
  const { service, users, verified } = await recorded({ tupleStore, engine });
  await leave(service);
  const tried = await service.admin("DELETE", "/v1/people/tom?dry_run=true");
  expect(tried.body).toMatchObject({ dry_run: true, access_log: "erasing" });
  await service.settled();
  expect(users()).toEqual(["ben", "tom"]);
  const done = await service.admin("DELETE", "/v1/people/tom");
  expect([done.status, done.body.access_log]).toEqual([200, "erasing"]);
  await service.settled();
  expect(users()).toEqual(["ben", undefined]);
  expect(verified()).toMatchObject({ problems: [], erased: 1, proved: { files: 1, lines: 2 } });
});

test("who may not be erased stays in the access log, also for whoever finds what was announced", async ({
  tupleStore,
  engine,
}) => {
  const { folder, service, users, tendLater } = await recorded({ tupleStore, engine });
  expect((await service.admin("DELETE", "/v1/people/tom")).status).toBe(409);
  expect((await service.admin("DELETE", "/v1/people/nobody")).status).toBe(404);
  await service.settled();
  await tendLater();
  expect(users()).toEqual(["ben", "tom"]);
  expect(readdirSync(folder).filter((name) => /asked|erase/.test(name))).toEqual([]);
});

test("a process that is killed between the store and the access log leaves what the next one erases", async ({
  tupleStore,
  engine,
}) => {
  const { service, users, verified, tendLater } = await recorded({ tupleStore, engine }, { killed: true });
  await leave(service);
  expect((await service.admin("DELETE", "/v1/people/tom")).status).toBe(200);
  expect(users()).toEqual(["ben", "tom"]);
  await tendLater();
  expect(users()).toEqual(["ben", undefined]);
  expect(verified().problems).toEqual([]);
});

test("a person whose line was being written when they were erased is in no file once the service has started again", async () => {
  const folder = join(ownFolder(), "log");
  const env = { OPENFGA_STORE: `erased ${ulid()}`, ACCESS_LOG: `file://${folder}` };
  const first = await startProcess(env);
  const send = async (method: string, path: string, body?: object, headers: object = {}) => {
    const reply = await fetch(`${first.url}${path}`, {
      method,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${SERVICE_KEYS.all}`, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: reply.status, body: await reply.json(), headers: reply.headers };
  };
  const service = {
    admin: send,
    as: (user: string, method: string, path: string, body?: object) =>
      send(method, path, body, { "Acting-User": `user:${user}` }),
  } as unknown as Service;
  await seedWorld(service);
  await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  await service.admin("PUT", "/v1/organizations/brightfix/people/eric", { role: "admin" });
  for (const id of ["eric", "ben"]) {
    const question = { subject: { type: "user", id }, action: { name: "view" }, resource: { type: "plant", id: "7" } };
    expect((await send("POST", "/access/v1/evaluation", question)).body).toEqual({ decision: true });
  }
  const users = () => linesIn(folder).map((line) => line.kind === "access" && line.user);
  await expect.poll(users).toHaveLength(2);
  await service.admin("DELETE", "/v1/organizations/brightfix/people/eric");
  expect((await service.admin("DELETE", "/v1/people/eric")).status).toBe(200);
  expect(users()).toContain("eric");
  first.child.kill("SIGTERM");
  await first.ended;
  const second = await startProcess(env);
  const texts = () => filesOf(folder).map(({ text }) => text);
  await expect.poll(() => texts().join().includes("eric")).toBe(false);
  expect(texts().join()).toContain('"user":"ben"');
  second.child.kill("SIGTERM");
  await second.ended;
  expect(verifyFiles(filesOf(folder), {})).toMatchObject({ problems: [], erased: 1 });
});

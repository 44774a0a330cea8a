/** The access log from a check to its line in a reply: of two processes that write to one folder, while they write. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownFolder } from "../../support/own-folder.ts";
import { startProcess } from "../../support/process.ts";
import { cooperate, KEYS, type Reply, type Service, seedWorld } from "../../support/service.ts";

async function send(url: string, method: string, path: string, key: string, user?: string, body?: unknown) {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...{ Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      ...(user !== undefined && { "Acting-User": `user:${user}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as Reply["body"], headers: reply.headers };
}

/** The calls by which a world is made, to a process. */
const remote = (url: string): Service =>
  ({
    admin: (method: string, path: string, body?: unknown) => send(url, method, path, KEYS.admin, undefined, body),
    as: (user: string, method: string, path: string, body?: unknown) =>
      send(url, method, path, KEYS.manage, user, body),
  }) as Service;

const check = async (url: string, user: string, action: string, plant: string): Promise<boolean> => {
  const question = {
    ...{ subject: { type: "user", id: user }, action: { name: action }, resource: { type: "plant", id: plant } },
    context: { purpose: "order 4711" },
  };
  const { status, body } = await send(url, "POST", "/access/v1/evaluation", KEYS.check, undefined, question);
  expect(status).toBe(200);
  return body.decision;
};

test("what two processes answered is in the log that either of them gives, each access once, and what is not recorded is not", async () => {
  const folder = join(ownFolder(), "log");
  const env = { OPENFGA_STORE: `circle ${randomUUID()}`, ACCESS_LOG: `file://${folder}`, WORKERS: "1" };
  const first = await startProcess(env);
  const second = await startProcess(env);
  const service = remote(first.url);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  for (let n = 0; n < 3; n++) expect(await check(first.url, "ben", "view", "7")).toBe(true);
  for (let n = 0; n < 2; n++) expect(await check(second.url, "ben", "view", "7")).toBe(true);
  expect(await check(second.url, "ben", "manage_technical", "7")).toBe(false);
  // own people, a stranger to the plant, and what is shared with nobody
  expect(await check(first.url, "anna", "view", "7")).toBe(true);
  expect(await check(first.url, "eva", "view", "7")).toBe(false);
  expect(await check(first.url, "ben", "view", "8")).toBe(false);

  const linesOf = async (url: string, user: string) =>
    (await remote(url).as(user, "GET", `/v1/cooperations/${id}/access-log?user=ben`)).body.items;
  const sums = async (url: string) => {
    const lines: { permission: string; decision: boolean; count: number }[] = await linesOf(url, "anna");
    const of = Map.groupBy(lines, ({ permission, decision }) => `${permission} ${decision}`);
    return Object.fromEntries([...of].map(([what, some]) => [what, some.reduce((sum, { count }) => sum + count, 0)]));
  };
  const expected = { "can_view true": 5, "can_manage_technical false": 1 };
  // the others of a minute are written at its end
  for (const { url } of [first, second]) await expect.poll(() => sums(url), { timeout: 90_000 }).toEqual(expected);
  const whole = (await remote(second.url).as("anna", "GET", "/v1/organizations/sunward/access-log")).body.items;
  expect(new Set(whole.map(({ user }: { user: string }) => user))).toEqual(new Set(["ben"]));
  expect(whole[0]).toMatchObject({ caller: "check", purpose: "order 4711", resource: "plant:7", cooperation: id });
  const partner = await linesOf(second.url, "ben");
  expect(partner[0]).toMatchObject({ user: "ben", purpose: "order 4711" });
  expect(partner[0]).not.toHaveProperty("caller");
  expect((await remote(first.url).as("eva", "GET", `/v1/cooperations/${id}/access-log`)).body.code).toBe("not_admin");
});

test.for(["off", "stdout"])(
  "a service with ACCESS_LOG=%s says that there is nothing to read, and what to set",
  async (target) => {
    const { url } = await startProcess({ ACCESS_LOG: target });
    const service = remote(url);
    await seedWorld(service);
    const { status, body } = await service.as("anna", "GET", "/v1/organizations/sunward/access-log");
    expect([status, body.code]).toEqual([404, "access_log_not_kept"]);
    expect(body.detail).toContain("ACCESS_LOG");
  },
);

/** The sample of `npm start` and `npm run seed`: played into an empty store alone, and never a second time. */
import { expect, onTestFinished } from "vitest";
import { keepReceiver, receiverHead } from "../../../src/events/receivers.ts";
import { keepSchedule, scheduleHead } from "../../../src/schedule/head.ts";
import { playSample, SAMPLE_PEOPLE, startHint } from "../../../src/start/sample.ts";
import { listen } from "../../support/listening.ts";
import { runScript } from "../../support/program.ts";
import { everything } from "../../support/routes.ts";
import { KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const play = ({ app }: Service, key = KEYS.all) => playSample((path, init) => app.request(path, init), key);
const hint = { url: "http://127.0.0.1:3000", folder: ".concordat", anew: "stop" };
const PEOPLE = "/v1/organizations/brightfix/people";

/** Plays the sample on an empty store and gives the share of it. */
async function played(service: Service): Promise<{ share: string; cooperation: string }> {
  const sample = await play(service);
  if (sample.kind !== "played") throw new Error(JSON.stringify(sample));
  return sample;
}

test("it is written into an empty store, and its commands do what they say", async ({ service }) => {
  const { share } = await played(service);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(false);
  const delegated = await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, {
    role: "technical_manager",
  });
  expect(delegated.status).toBe(200);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(true);
});

test("everybody whom the console can be tried as is of the sample, and where there is a console it is named", async ({
  service,
}) => {
  const sample = await played(service);
  const people = SAMPLE_PEOPLE.filter(({ user }) => user !== undefined);
  expect(people).toHaveLength(3);
  for (const { user = "", organization } of people) {
    const { body } = await service.as(user, "GET", "/v1/me");
    expect(body.organizations.map(({ name }: { name: string }) => name)).toEqual([organization]);
  }
  const found = { kind: "played" as const, ...sample };
  expect(startHint(found, { ...hint, console: true })).toContain(`Console        ${hint.url}/console\n`);
  expect(startHint(found, hint)).not.toContain("Console");
  const tried = { ...hint, console: true, consoleSecret: "s" };
  expect(startHint(found, tried)).toContain(`Console        ${hint.url}/console/sign-in?token=s\n`);
  expect(startHint({ kind: "left", why: "" }, tried)).toContain(`Console        ${hint.url}/console\n`);
});

test("it is written too where the scheduler or the relay has kept its place before", async ({ service }) => {
  const { tupleStore } = service.deps;
  const now = new Date().toISOString();
  const at = { begun_at: now, done_to: now, place: "" };
  expect(await keepSchedule(tupleStore, await scheduleHead(tupleStore), at)).toBeDefined();
  expect(await keepReceiver(tupleStore, await receiverHead(tupleStore, "mails"), { place: "" })).toBeDefined();
  expect((await play(service)).kind).toBe("played");
});

test("in a store that has it, it is found, and nothing is written", async ({ service }) => {
  const { share, cooperation } = await played(service);
  const before = await everything(service);
  expect(await play(service)).toEqual({ kind: "found", share, cooperation, changed: false });
  // who shared it no longer matters: the commands still work
  await service.admin("PUT", "/v1/organizations/sunward/people/carl", { role: "admin" });
  await service.admin("PUT", "/v1/organizations/sunward/people/anna", { role: "member" });
  expect(await play(service)).toEqual({ kind: "found", share, cooperation, changed: false });
  await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" });
  const changed = await play(service);
  expect(changed).toEqual({ kind: "found", share, cooperation, changed: true });
  expect(startHint(changed, hint)).toMatch(/was changed since it was played[\s\S]*curl/);
  expect((await everything(service)).length).toBeGreaterThan(before.length);
});

for (const [what, change] of Object.entries({
  "tom has left": (service) => service.admin("DELETE", `${PEOPLE}/tom`),
  "ben is no admin": async (service) => {
    await service.admin("PUT", `${PEOPLE}/bea`, { role: "admin" });
    return service.admin("PUT", `${PEOPLE}/ben`, { role: "member" });
  },
  "the cooperation was removed": (service, { cooperation }) =>
    service.as("anna", "DELETE", `/v1/cooperations/${cooperation}`),
  "the cooperation is paused": (service, { cooperation }) =>
    service.as("anna", "POST", `/v1/cooperations/${cooperation}/pause`),
  "the share was removed": (service, { share }) => service.as("anna", "DELETE", `/v1/shares/${share}`),
  "the share's role is another": (service, { share }) =>
    service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" }),
} satisfies Record<
  string,
  (service: Service, ids: { share: string; cooperation: string }) => Promise<{ status: number }>
>))
  test(`where ${what}, that is kept, and no command is printed that would fail`, async ({ service }) => {
    const ids = await played(service);
    expect((await change(service, ids)).status).toBe(200);
    const before = await everything(service);
    const again = await play(service);
    expect(again).toEqual({ kind: "left", why: expect.stringContaining("the store is not empty") });
    expect(startHint(again, hint)).not.toContain("curl");
    expect(await everything(service)).toEqual(before);
  });

test("a store that holds something else is not changed, also where names are those of the sample", async ({
  service,
}) => {
  await seedWorld(service);
  const before = await everything(service);
  expect(await play(service)).toEqual({ kind: "left", why: expect.stringContaining("the store is not empty") });
  expect(await everything(service)).toEqual(before);
});

test("a step that is refused is named, and nothing is thrown", async ({ service }) => {
  const why = "POST /v1/organizations/sunward/cooperations was answered 403 insufficient_scope";
  expect(await play(service, KEYS.admin)).toEqual({ kind: "left", why });
  expect(await play(service, "no key at all")).toEqual({
    kind: "left",
    why: "GET /stores was answered 401 unauthenticated",
  });
});

test("npm run seed writes it to a running service once, and says what prevents it", async ({ service }) => {
  const { url, close } = await listen(service);
  onTestFinished(close);
  const seed = (at = url) => runScript("seed", [], { CONCORDAT_URL: at, CONCORDAT_KEY: KEYS.all });
  const nobody = "http://127.0.0.1:1";
  expect(await seed(nobody)).toMatchObject({ code: 1, stderr: expect.stringMatching(`${nobody}: [a-zA-Z]`) });
  const first = await seed();
  expect(first).toEqual({ code: 0, stdout: expect.stringMatching(/^cooperation \w{26}\nshare \w{26}\n$/), stderr: "" });
  expect(await seed()).toEqual({ ...first, stderr: "The sample was played before. Nothing was changed.\n" });
  await service.admin("DELETE", `${PEOPLE}/tom`);
  const before = await everything(service);
  expect(await seed()).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("the store is not empty"),
  });
  expect(await everything(service)).toEqual(before);
});

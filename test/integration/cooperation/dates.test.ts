/**
 * Start later, pause until, step down: what opens is done by the service on its date and stays closed until then, what
 * ends is a condition and needs nobody. Each is seen in every reply, changed, cleared, and done once.
 */
import { expect } from "vitest";
import { resumeDue, startCooperation, startShare, stepDown } from "../../../src/actions/due.ts";
import type { Action } from "../../../src/actions/run/action.ts";
import { perform } from "../../../src/actions/run/perform.ts";
import { type Caller, SCHEDULER } from "../../../src/domain/caller.ts";
import { ACTION_NAMES, LIFECYCLE } from "../../../src/domain/cooperation/lifecycle.ts";
import { UPCOMING } from "../../../src/domain/relations.ts";
import { isRefusal } from "../../../src/domain/result.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { closedPaths } from "../../../src/queries/explain/closed-paths.ts";
import { sharesOn } from "../../../src/store/snapshot.ts";
import { anyId } from "../../support/ids.ts";
import { ok } from "../../support/outcomes.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const START = new Date("2027-03-01T12:00:00Z");
const DATE = "2027-04-01T00:00:00Z";
const LATER = "2027-05-01T00:00:00Z";
const BEFORE = new Date(Date.parse(DATE) - 1);

/** What the service does on a date; the outcome, or the code of the refusal. */
async function due(service: Service, action: Action<unknown, unknown>, caller: Caller = SCHEDULER) {
  const receipt = await perform(service.deps, { caller, requestId: "due" }, action);
  return isRefusal(receipt) ? receipt.code : receipt.outcome;
}

/** A cooperation in force with plant 7 shared at technical_manager. */
async function shared(service: Service) {
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const [share] = shares;
  return { id, share: share ?? expect.fail("nothing is shared") };
}

/** A reply that must succeed. */
/** Whether ben, the partner's admin, may see and manage plant 7: as its cache and its engine have it. */
const bens = async ({ may }: Service) => [
  await may("ben", "view", "plant:7"),
  await may("ben", "manage_technical", "plant:7"),
];

const newest = async (service: Service, id: string) =>
  (await ok(service, "anna", "GET", `/v1/cooperations/${id}/history?limit=1`)).items[0];

const healthy = async ({ deps: { tupleStore } }: Service) => expect(diagnose(await tupleStore.readAll())).toEqual([]);

test("a share steps down to viewer on its date without anybody, and every reply says so", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id, share: shareId } = await shared(service);
  const share = `/v1/shares/${shareId}`;
  const dated = await ok(service, "anna", "PATCH", share, { step_down_at: DATE });
  expect(dated).toMatchObject({ role: "technical_manager", step_down_at: DATE });
  await ok(service, "ben", "PUT", `${share}/delegations/tom`, { role: "technical_manager" });
  service.setNow(BEFORE);
  expect(await bens(service)).toEqual([true, true]);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(true);
  expect(await due(service, stepDown({ share: shareId }))).toBe("same");

  service.setNow(new Date(DATE));
  expect(await bens(service)).toEqual([true, false]);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(false);
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  const says = async () => {
    const viewer = { role: "viewer", may_grant: ["viewer"], step_down_at: null };
    const reduced = { user: "tom", role: "technical_manager", effective_role: "viewer" };
    expect(await ok(service, "ben", "GET", share)).toMatchObject({ ...viewer, delegations: [reduced] });
    const [cooperation, incoming, listed, delegations, tom] = await Promise.all([
      ok(service, "anna", "GET", `/v1/cooperations/${id}`),
      ok(service, "ben", "GET", "/v1/organizations/brightfix/incoming-shares"),
      ok(service, "anna", "GET", `/v1/cooperations/${id}/shares`),
      ok(service, "ben", "GET", `${share}/delegations`),
      ok(service, "ben", "GET", "/v1/organizations/brightfix/people/tom"),
    ]);
    for (const one of [cooperation.shares[0], incoming.items[0], listed.items[0]]) expect(one).toMatchObject(viewer);
    expect(delegations.items).toMatchObject([reduced]);
    expect(tom.delegations).toMatchObject([{ role: "technical_manager", effective_role: "viewer" }]);
    const above = await service.as("ben", "PUT", `${share}/delegations/eva`, { role: "technical_manager" });
    expect(above.body).toMatchObject({ code: "role_above_cap", cap: "viewer", may_grant: ["viewer"] });
    const dry = await ok(service, "ben", "PUT", `${share}/delegations/eva?dry_run=true`, { role: "viewer" });
    expect(dry.impact[0].gains.map(({ permission }: { permission: string }) => permission)).toEqual(["can_view"]);
    const why = await service.admin("POST", "/v1/explain", {
      subject: { type: "user", id: "ben" },
      action: { name: "manage_technical" },
      resource: { type: "plant", id: "7" },
    });
    expect(why.body.paths[0].limits).toMatchObject([{ code: "share_role_too_low", role: "viewer" }]);
  };
  await says();
  await healthy(service);

  expect(await due(service, stepDown({ share: shareId }))).toBe("done");
  expect(await newest(service, id)).toMatchObject({
    action: "step_down",
    actor: "service:scheduler",
    object: `share:${shareId}`,
    before: { role: "technical_manager", step_down_at: DATE },
    after: { role: "viewer" },
  });
  const written = await everything(service);
  expect(await due(service, stepDown({ share: shareId }))).toBe("same");
  expect(await everything(service)).toEqual(written);
  await says();
  expect(await bens(service)).toEqual([true, false]);
  await healthy(service);
});

test("a step down is changed, cleared, and taken back by naming the role", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { share: shareId } = await shared(service);
  const share = `/v1/shares/${shareId}`;
  await ok(service, "anna", "PATCH", share, { step_down_at: DATE });
  await ok(service, "anna", "PATCH", share, { step_down_at: LATER });
  service.setNow(new Date(DATE));
  expect(await bens(service)).toEqual([true, true]);
  await ok(service, "anna", "PATCH", share, { step_down_at: null });
  service.setNow(new Date(LATER));
  expect(await bens(service)).toEqual([true, true]);
  const soon = new Date(Date.parse(LATER) + 1000);
  await ok(service, "anna", "PATCH", share, { step_down_at: soon.toISOString() });
  service.setNow(soon);
  expect(await bens(service)).toEqual([true, false]);
  const back = await ok(service, "anna", "PATCH", share, { role: "technical_manager" });
  expect(back).toMatchObject({ role: "technical_manager", step_down_at: null });
  expect(await bens(service)).toEqual([true, true]);
  expect(await due(service, stepDown({ share: shareId }))).toBe("same");
  await healthy(service);
});

test("a pause lasts until the service ends it on its date, however late", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/v1/cooperations/${id}`;
  expect(await ok(service, "anna", "POST", `${path}/pause`, { resume_at: DATE })).toMatchObject({
    status: "paused",
    resume_at: DATE,
  });
  service.setNow(BEFORE);
  expect(await due(service, resumeDue({ cooperation: id }))).toBe("same");
  service.setNow(new Date(LATER));
  expect(await bens(service)).toEqual([false, false]);
  expect(await ok(service, "anna", "GET", path)).toMatchObject({ status: "paused", resume_at: DATE });
  expect(await due(service, resumeDue({ cooperation: id }))).toBe("done");
  expect(await bens(service)).toEqual([true, true]);
  expect(await ok(service, "anna", "GET", path)).toMatchObject({ status: "active", resume_at: null });
  expect(await newest(service, id)).toMatchObject({ action: "resume", actor: "service:scheduler" });
  expect(await due(service, resumeDue({ cooperation: id }))).toBe("same");
  await healthy(service);
});

test("the end of a pause is changed, cleared, and gone with the pause", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/cooperations/${id}`;
  const refused = async (body: object) => (await service.as("anna", "PATCH", path, body)).body;
  expect(await refused({ resume_at: LATER })).toMatchObject({ code: "wrong_status", needs: ["paused"] });
  await ok(service, "anna", "POST", `${path}/pause`);
  expect(await ok(service, "anna", "PATCH", path, { resume_at: LATER })).toMatchObject({ resume_at: LATER });
  expect(await newest(service, id)).toMatchObject({ action: "change_expiry", after: { resume_at: LATER } });
  // paused already, until another date
  expect(await ok(service, "anna", "POST", `${path}/pause`, { resume_at: DATE })).toMatchObject({ resume_at: DATE });
  const written = await everything(service);
  await ok(service, "anna", "POST", `${path}/pause`);
  expect(await everything(service)).toEqual(written);
  expect(await ok(service, "anna", "PATCH", path, { resume_at: null })).toMatchObject({ resume_at: null });
  service.setNow(new Date(LATER));
  expect(await due(service, resumeDue({ cooperation: id }))).toBe("same");
  const next = "2027-06-01T00:00:00Z";
  await ok(service, "anna", "PATCH", path, { resume_at: next });
  expect(await ok(service, "anna", "POST", `${path}/resume`)).toMatchObject({ status: "active", resume_at: null });
  await ok(service, "anna", "POST", `${path}/pause`);
  service.setNow(new Date(next));
  expect(await due(service, resumeDue({ cooperation: id }))).toBe("same");
  await healthy(service);
});

test("a share gives nothing before the service starts it, and is prepared, found and removed like any other", async ({
  service,
}) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const body = { resource: "plant:7", role: "technical_manager", starts_at: DATE };
  const dry = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares?dry_run=true`, body);
  expect(dry.impact[0]).toMatchObject({ gains: [], loses: [] });
  const made = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, body);
  expect(made).toMatchObject({ starts_at: DATE });
  expect(await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, body)).toMatchObject({ id: made.id });
  const again = await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, { ...body, starts_at: LATER });
  expect(again.body).toMatchObject({ code: "already_shared", share: made.id });
  expect((await service.admin("DELETE", "/v1/plants/7")).body).toMatchObject({ code: "not_empty" });
  await ok(service, "ben", "PUT", `/v1/shares/${made.id}/delegations/tom`, { role: "viewer" });
  const { items } = await ok(service, "ben", "GET", "/v1/organizations/brightfix/incoming-shares");
  expect(items).toMatchObject([{ id: made.id, starts_at: DATE }]);
  service.setNow(BEFORE);
  expect(await due(service, startShare({ share: made.id }))).toBe("same");
  service.setNow(new Date(LATER));
  expect(await bens(service)).toEqual([false, false]);
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  await healthy(service);

  expect(await due(service, startShare({ share: made.id }))).toBe("done");
  expect(await bens(service)).toEqual([true, true]);
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect(await newest(service, id)).toMatchObject({ action: "start_share", actor: "service:scheduler" });
  expect(await ok(service, "ben", "GET", `/v1/shares/${made.id}`)).toMatchObject({ starts_at: null });
  expect(await due(service, startShare({ share: made.id }))).toBe("same");
  const late = await service.as("anna", "PATCH", `/v1/shares/${made.id}`, { starts_at: "2027-09-01T00:00:00Z" });
  expect(late.body).toMatchObject({ code: "invalid_date", member: "starts_at" });
  await healthy(service);
});

test("a share that never starts leaves nothing behind, and one without its date starts at once", async ({
  service,
}) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const later = { role: "viewer", starts_at: DATE };
  const never = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:7", ...later });
  await ok(service, "anna", "DELETE", `/v1/shares/${never.id}`);
  await service.settled();
  service.setNow(new Date(DATE));
  expect(await due(service, startShare({ share: never.id }))).toBe("not_found");
  await healthy(service);
  expect((await service.admin("DELETE", "/v1/plants/7")).status).toBe(200);

  const until = { role: "viewer", starts_at: LATER };
  const made = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", ...until });
  expect(await service.may("ben", "view", "plant:8")).toBe(false);
  const dry = await ok(service, "anna", "PATCH", `/v1/shares/${made.id}?dry_run=true`, { starts_at: null });
  expect(dry.impact[0].gains).toMatchObject([{ user: "ben", permission: "can_view", resource: "plant:8" }]);
  await ok(service, "anna", "PATCH", `/v1/shares/${made.id}`, { starts_at: null });
  expect(await service.may("ben", "view", "plant:8")).toBe(true);
  expect(await newest(service, id)).toMatchObject({ action: "start_share", actor: "user:anna" });

  // an end leaves nothing either
  const last = { resource: "portfolio:north", role: "viewer", starts_at: LATER };
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, last);
  const ended = await ok(service, "ben", "POST", `/v1/cooperations/${id}/leave`);
  expect(ended.shared_at_end).toMatchObject([{ starts_at: null }, { resource: "portfolio:north", starts_at: LATER }]);
  await service.settled();
  expect((await everything(service)).filter((tuple) => JSON.stringify(tuple).includes("upcoming"))).toEqual([]);
  await healthy(service);
});

test("a cooperation gives nothing before the service starts it, accepted or not", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const invited = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    starts_at: DATE,
    shares: [{ resource: "plant:7", role: "technical_manager", step_down_at: LATER }],
  });
  expect(invited).toMatchObject({ status: "pending", starts_at: DATE, shares: [{ step_down_at: LATER }] });
  const path = `/v1/cooperations/${invited.id}`;
  const dry = await ok(service, "ben", "POST", `${path}/accept?dry_run=true`);
  expect(dry.impact[0].gains).toEqual([]);
  expect(await ok(service, "ben", "POST", `${path}/accept`)).toMatchObject({ status: "active", starts_at: DATE });
  await ok(service, "ben", "PUT", `/v1/shares/${invited.shares[0].id}/delegations/tom`, { role: "viewer" });
  service.setNow(BEFORE);
  expect(await due(service, startCooperation({ cooperation: invited.id }))).toBe("same");
  service.setNow(new Date(Date.parse(DATE) + 1000));
  expect(await bens(service)).toEqual([false, false]);
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  await healthy(service);
  expect(await due(service, startCooperation({ cooperation: invited.id }))).toBe("done");
  expect(await bens(service)).toEqual([true, true]);
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect(await newest(service, invited.id)).toMatchObject({ action: "start", actor: "service:scheduler" });
  expect(await ok(service, "anna", "GET", path)).toMatchObject({ starts_at: null });
  expect(await due(service, startCooperation({ cooperation: invited.id }))).toBe("same");
  const late = await service.as("anna", "PATCH", path, { starts_at: LATER });
  expect(late.body).toMatchObject({ code: "invalid_date", member: "starts_at" });
  await healthy(service);
});

test("a cooperation whose date has come before it is accepted gives access with the acceptance", async ({
  service,
}) => {
  service.setNow(START);
  await seedWorld(service);
  const invited = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    starts_at: DATE,
    shares: [{ resource: "plant:7", role: "technical_manager" }],
  });
  service.setNow(new Date(DATE));
  expect(await due(service, startCooperation({ cooperation: invited.id }))).toBe("done");
  expect(await bens(service)).toEqual([false, false]);
  await ok(service, "ben", "POST", `/v1/cooperations/${invited.id}/accept`);
  expect(await bens(service)).toEqual([true, true]);
});

test("without its date a cooperation starts at once, and that is a start in its history", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const invited = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    starts_at: LATER,
    shares: [{ resource: "plant:7", role: "technical_manager" }],
  });
  const path = `/v1/cooperations/${invited.id}`;
  await ok(service, "ben", "POST", `${path}/accept`);
  await ok(service, "anna", "PATCH", path, { starts_at: DATE });
  expect(await newest(service, invited.id)).toMatchObject({ action: "change_expiry" });
  expect(await bens(service)).toEqual([false, false]);
  const dry = await ok(service, "anna", "PATCH", `${path}?dry_run=true`, { starts_at: null });
  expect(dry.impact[0].gains).toHaveLength(2);
  await ok(service, "anna", "PATCH", path, { starts_at: null });
  expect(await newest(service, invited.id)).toMatchObject({ action: "start", actor: "user:anna" });
  expect(await bens(service)).toEqual([true, true]);
});

test("of replicas that find the same thing due at once, one does it", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const later = { resource: "plant:7", role: "technical_manager", starts_at: DATE, step_down_at: LATER };
  const share = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, later);
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/pause`, { resume_at: DATE });
  // with nothing in common but the store and the cache
  const { tupleStore, engine, cache } = service.deps;
  const replicas = [1, 2, 3].map(() => createService({ tupleStore, engine, cache }));
  const all = (date: string, action: () => Action<unknown, unknown>) =>
    Promise.all(
      replicas.map((replica) => {
        replica.setNow(new Date(date));
        return due(replica, action());
      }),
    );
  const once = ["done", "same", "same"];
  expect((await all(DATE, () => startShare({ share: share.id }))).sort()).toEqual(once);
  expect((await all(DATE, () => resumeDue({ cooperation: id }))).sort()).toEqual(once);
  expect((await all(LATER, () => stepDown({ share: share.id }))).sort()).toEqual(once);
  const { items } = await ok(service, "anna", "GET", `/v1/cooperations/${id}/history`);
  const done = items.flatMap(({ action, actor }: Record<string, string>) =>
    actor === "service:scheduler" ? [action] : [],
  );
  expect(done).toEqual(["step_down", "resume", "start_share"]);
  await healthy(service);
});

test("a share that starts while its resource is looked at is found once", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const share = (resource: string) =>
    ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, { resource, role: "viewer", starts_at: DATE });
  const [first, second] = [await share("plant:7"), await share("plant:8")];
  service.setNow(new Date(DATE));
  const { tupleStore } = service.deps;

  // it starts behind the first of the two reads, whichever that is
  let started: Promise<unknown> | undefined;
  const readSome: TupleStore["readSome"] = async (filter, max) => {
    if (started !== undefined) {
      await started;
      return tupleStore.readSome(filter, max);
    }
    const read = tupleStore.readSome(filter, max);
    started = read.then(() => due(service, startShare({ share: first.id })));
    return read;
  };
  const question = { user: "user:eva", relation: "can_view", object: "plant:7" };
  const { paths } = await closedPaths({ read: tupleStore.read, readSome }, question, new Date(DATE));
  expect(await started).toBe("done");
  expect(paths).toMatchObject([{ through: `share:${first.id}`, denials: [{ code: "not_delegated" }] }]);

  // it starts between the read of what is upcoming and that of what has started
  const { promise: isStarted, resolve } = Promise.withResolvers<void>();
  const read: TupleStore["read"] = async (filter) => {
    if (filter.relation === "shared_viewer") await isStarted;
    const tuples = await tupleStore.read(filter);
    if (filter.relation === UPCOMING) resolve(due(service, startShare({ share: second.id })).then(() => undefined));
    return tuples;
  };
  expect((await sharesOn({ read }, "plant:8")).map((found) => found.id)).toEqual([second.id]);
});

test("dates that cannot be are refused by name, and change nothing", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:8", role: "viewer" }]);
  const paused = `/v1/cooperations/${id}/pause`;
  const now = START.toISOString();
  const invite = "/v1/organizations/sunward/cooperations";
  const offer = { resource: "plant:7", role: "technical_manager" };
  const written = await everything(service);
  const cases: [method: string, path: string, body: object, member: string][] = [
    ["POST", `/v1/cooperations/${id}/shares`, { ...offer, starts_at: now }, "starts_at"],
    ["POST", `/v1/cooperations/${id}/shares`, { ...offer, starts_at: DATE, expires_at: DATE }, "starts_at"],
    ["POST", `/v1/cooperations/${id}/shares`, { ...offer, step_down_at: now }, "step_down_at"],
    ["POST", `/v1/cooperations/${id}/shares`, { ...offer, role: "viewer", step_down_at: DATE }, "step_down_at"],
    ["PATCH", `/v1/shares/${shares[0]}`, { step_down_at: DATE }, "step_down_at"],
    ["PATCH", `/v1/shares/${shares[0]}`, { starts_at: DATE }, "starts_at"],
    ["PATCH", `/v1/cooperations/${id}`, { starts_at: DATE }, "starts_at"],
    ["POST", paused, { resume_at: now }, "resume_at"],
    ["POST", invite, { email: "x@y.example", starts_at: now }, "starts_at"],
    ["POST", invite, { email: "x@y.example", starts_at: DATE, expires_at: DATE }, "starts_at"],
    ["POST", invite, { email: "x@y.example", shares: [{ ...offer, starts_at: now }] }, "starts_at"],
  ];
  for (const [method, path, body, member] of cases) {
    const reply = await service.as("anna", method, path, body);
    expect([reply.status, reply.body.code, reply.body.member], JSON.stringify(body)).toEqual([
      422,
      "invalid_date",
      member,
    ]);
  }
  for (const date of ["tomorrow", "2027-04-01", "2027-04-01T00:00:00"]) {
    const reply = await service.as("anna", "POST", paused, { resume_at: date });
    expect([reply.status, reply.body.errors?.[0].pointer], date).toEqual([400, "/resume_at"]);
  }
  expect(await everything(service)).toEqual(written);
  // and the twin of each: a date that can be
  expect((await service.as("anna", "POST", paused, { resume_at: DATE })).status).toBe(200);
});

test("nobody but the service itself does what is due", async ({ service }) => {
  service.setNow(START);
  await seedWorld(service);
  const { id, share } = await shared(service);
  await ok(service, "anna", "PATCH", `/v1/shares/${share}`, { step_down_at: DATE });
  service.setNow(new Date(DATE));
  const callers: Caller[] = [
    { key: "backend", scopes: ["admin", "manage"] },
    { key: "scheduler", scopes: ["admin"], user: anyId("anna") },
    { key: "backend", scopes: ["manage"], user: anyId("anna") },
  ];
  for (const caller of callers)
    for (const action of [
      stepDown({ share }),
      startShare({ share }),
      startCooperation({ cooperation: id }),
      resumeDue({ cooperation: id }),
    ])
      expect(await due(service, action, caller)).toBe("insufficient_scope");
  // and no route is for it
  const routes = new Set(service.app.routes.map(({ path }) => path.split("/").at(-1)?.replaceAll("-", "_")));
  const isOffered = (by: string) => ACTION_NAMES.filter((name) => LIFECYCLE[name].by === by && routes.has(name));
  expect(isOffered("scheduler")).toEqual([]);
  expect(isOffered("partner")).toEqual(["accept", "decline", "leave"]);
  expect(await due(service, stepDown({ share }))).toBe("done");
});

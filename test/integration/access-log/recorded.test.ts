/** What is recorded of checks on every path, and what is not: on the real engine. */
import { expect, onTestFinished } from "vitest";
import { createClassifier } from "../../../src/access-log/classify.ts";
import { newestSeals } from "../../../src/access-log/folder.ts";
import { keepSeals } from "../../../src/access-log/keep-seals.ts";
import { signHeads } from "../../../src/actions/run/sign-heads.ts";
import { keptSealsOf, SEALS } from "../../../src/domain/access-log/seal.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { headSignature } from "../../../src/domain/history-keys.ts";
import type { Engine, TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { filesOf, logOver, memorySink } from "../../support/access-log.ts";
import { KEYS as HISTORY_KEYS, threeFiles } from "../../support/access-log-files.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

type Parts = { tupleStore: TupleStore; engine: Engine };

/** A service with an access log, and what is in it when it is closed. */
function recording({ tupleStore, engine }: Parts, { recordsOwn = false } = {}) {
  const { sink, lines } = memorySink();
  const made: { service?: Service } = {};
  const clock = () => made.service?.deps.clock() ?? new Date();
  const classifier = createClassifier({ engine, reads: tupleStore, recordsOwn });
  const { log } = logOver(sink, classifier, { recordsOwn, clock, closeMilliseconds: 20_000 });
  const service = createService({ tupleStore, engine }, { recorder: log });
  made.service = service;
  onTestFinished(() => log.close());
  const recorded = async () => {
    await log.close();
    return lines();
  };
  return { service, log, recorded };
}

/** Plant 7 shared with brightfix, and delegated to tom. */
async function shared(service: Service, role: string, delegated = role) {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role }]);
  const [share = ""] = shares;
  const { status } = await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: delegated });
  expect(status).toBe(201);
  return { id, share };
}

const evaluation = (user: string, action = "view", resource = "7", context?: object) => ({
  ...{ subject: { type: "user", id: user }, action: { name: action }, resource: { type: "plant", id: resource } },
  ...(context && { context }),
});

test("a yes through a cooperation is recorded with both sides, its share and its caller; own people's yes and a stranger's no are not", async ({
  tupleStore,
  engine,
}) => {
  const { service, recorded } = recording({ tupleStore, engine });
  const { id, share } = await shared(service, "technical_manager");
  for (let n = 0; n < 3; n++) expect(await service.may("ben", "view", "plant:7")).toBe(true);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(true);
  for (let n = 0; n < 2; n++) expect(await service.may("anna", "view", "plant:7")).toBe(true);
  for (const user of ["otto", "eva", "nobody"]) expect(await service.may(user, "view", "plant:7")).toBe(false);
  expect(await service.may("ben", "view", "plant:8")).toBe(false);
  const through = { kind: "access", path: "cooperation", cooperation: id, share };
  const lines = await recorded();
  expect(lines).toMatchObject([
    { ...through, user: "ben", permission: "can_view", resource: "plant:7", decision: true, count: 3 },
    { ...through, user: "tom", permission: "can_manage_technical", decision: true, count: 1 },
  ]);
  for (const line of lines)
    expect(line).toMatchObject({ initiator: "sunward", partner: "brightfix", caller: "checker" });
});

test("access through a shared portfolio is recorded for the plant that was asked about", async ({
  tupleStore,
  engine,
}) => {
  const { service, recorded } = recording({ tupleStore, engine });
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "portfolio:north", role: "viewer" }]);
  expect(await service.may("ben", "view", "plant:8")).toBe(true);
  expect(await recorded()).toMatchObject([{ user: "ben", resource: "plant:8", cooperation: id, count: 1 }]);
});

test("own people's yes is recorded where it is switched on, and their no is not", async ({ tupleStore, engine }) => {
  const { service, recorded } = recording({ tupleStore, engine }, { recordsOwn: true });
  await seedWorld(service);
  for (let n = 0; n < 2; n++) expect(await service.may("anna", "view", "plant:7")).toBe(true);
  expect(await service.may("otto", "view", "plant:7")).toBe(false);
  const lines = await recorded();
  expect(lines).toMatchObject([{ path: "own", initiator: "sunward", user: "anna", count: 2 }]);
  expect(lines[0]).not.toHaveProperty("partner");
});

const LATER = new Date("2031-01-01T00:00:00Z");
const PAST = "2030-01-01T00:00:00Z";
type Case = [
  reason: string,
  roles: [share: string, delegation: string],
  ask: [user: string, action: string],
  prepare?: (service: Service, at: { id: string; share: string }) => Promise<unknown>,
];

test.for<Case>([
  [
    "cooperation_paused",
    ["viewer", "viewer"],
    ["tom", "view"],
    ({ as }, { id }) => as("anna", "POST", `/v1/cooperations/${id}/pause`),
  ],
  [
    "cooperation_expired",
    ["viewer", "viewer"],
    ["ben", "view"],
    async ({ as, setNow }, { id }) => {
      await as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: PAST });
      setNow(LATER);
    },
  ],
  [
    "share_expired",
    ["viewer", "viewer"],
    ["ben", "view"],
    async ({ as, setNow }, { share }) => {
      await as("anna", "PATCH", `/v1/shares/${share}`, { expires_at: PAST });
      setNow(LATER);
    },
  ],
  [
    "delegation_expired",
    ["viewer", "viewer"],
    ["tom", "view"],
    async ({ as, setNow }, { share }) => {
      await as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer", expires_at: PAST });
      setNow(LATER);
    },
  ],
  ["delegation_too_low", ["technical_manager", "viewer"], ["tom", "manage_technical"]],
  ["share_role_too_low", ["viewer", "viewer"], ["ben", "manage_technical"]],
  [
    "delegation_reduced",
    ["technical_manager", "technical_manager"],
    ["tom", "manage_technical"],
    ({ as }, { share }) => as("anna", "PATCH", `/v1/shares/${share}`, { role: "asset_manager" }),
  ],
  ["never_shared", ["viewer", "viewer"], ["ben", "operate"]],
])(
  "a no with reason %s is recorded with it, and that of a colleague without a grant is not",
  async ([reason, roles, ask, prepare], { tupleStore, engine }) => {
    const { service, recorded } = recording({ tupleStore, engine });
    const at = await shared(service, ...roles);
    await prepare?.(service, at);
    const [user, action] = ask;
    for (let n = 0; n < 2; n++) expect(await service.may(user, action, "plant:7")).toBe(false);
    expect(await service.may("otto", action, "plant:7")).toBe(false);
    expect(await service.may("eva", action, "plant:7")).toBe(false);
    expect(await recorded()).toMatchObject([
      { kind: "access", user, decision: false, reasons: [reason], cooperation: at.id, share: at.share, count: 2 },
    ]);
  },
);

test("a purpose is in the line, one fact for each; one that is none is refused, in a batch in its place", async ({
  tupleStore,
  engine,
}) => {
  const { service, recorded } = recording({ tupleStore, engine });
  await shared(service, "viewer");
  const ask = (purpose: unknown) =>
    service.admin("POST", "/access/v1/evaluation", evaluation("tom", "view", "7", { purpose }), { key: KEYS.check });
  const purpose = "Störung am Wechselrichter, Auftrag 4711";
  for (const one of [purpose, purpose, ""]) expect((await ask(one)).body).toEqual({ decision: true });
  for (const one of ["x".repeat(201), "two\nlines", 7, null]) {
    const { status, body } = await ask(one);
    expect([status, body.errors?.[0]?.pointer]).toEqual([400, "/context/purpose"]);
  }
  const evaluations = [{}, { context: { purpose: "x".repeat(201) } }];
  const batch = { ...evaluation("tom", "view", "7", { purpose: "audit" }), evaluations };
  const { body } = await service.admin("POST", "/access/v1/evaluations", batch, { key: KEYS.check });
  expect(body.evaluations).toMatchObject([
    { decision: true },
    { decision: false, context: { code: "invalid_request" } },
  ]);
  const lines = await recorded();
  expect(lines.map((line) => (line.kind === "access" ? [line.purpose, line.count] : []))).toEqual([
    [purpose, 2],
    [undefined, 1],
    ["audit", 1],
  ]);
});

test("of a batch only what is answered is recorded; each action that a search of actions lists is; other searches and explanations are no access", async ({
  tupleStore,
  engine,
}) => {
  const { service, recorded } = recording({ tupleStore, engine });
  await shared(service, "viewer");
  const key = { key: KEYS.check };
  const options = { evaluations_semantic: "deny_on_first_deny" };
  const evaluations = [evaluation("tom"), evaluation("eva"), evaluation("ben")];
  const { body } = await service.admin("POST", "/access/v1/evaluations", { evaluations, options }, key);
  expect(body.evaluations).toHaveLength(2);
  const [subject, action, resource] = [{ type: "user", id: "tom" }, { name: "view" }, { type: "plant", id: "7" }];
  await service.admin("POST", "/access/v1/search/subject", { subject: { type: "user" }, action, resource }, key);
  await service.admin("POST", "/access/v1/search/resource", { subject, action, resource: { type: "plant" } }, key);
  const ben = { type: "user", id: "ben" };
  const listed = await service.admin("POST", "/access/v1/search/action", { subject: ben, resource }, key);
  expect((await service.admin("POST", "/v1/explain", { subject, action, resource })).status).toBe(200);
  const lines = (await recorded()).map((line) => (line.kind === "access" ? [line.user, line.permission] : []));
  const actions = (listed.body.results as unknown as { name: string }[]).map(({ name }) => `can_${name}`);
  expect(actions).toContain("can_view");
  expect(lines.sort()).toEqual([...actions.map((one) => ["ben", one]), ["tom", "can_view"]].sort());
});

test("checks of the OpenFGA-compatible API are recorded, also those that OpenFGA answers, and suppositions are not", async ({
  tupleStore,
  engine,
}) => {
  const { service, recorded } = recording({ tupleStore, engine });
  await shared(service, "viewer");
  const path = `/stores/${engine.api.storeId}`;
  const tuple_key = { user: "user:tom", relation: "can_view", object: "plant:7" };
  const ask = async (route: string, body: object) => {
    const reply = await service.admin("POST", `${path}/${route}`, body, { key: KEYS.admin });
    expect(reply.status, route).toBe(200);
    return reply.body;
  };
  expect((await ask("check", { tuple_key })).allowed).toBe(true);
  expect((await ask("check", { tuple_key, context: { purpose: "mine" } })).allowed).toBe(true);
  const of = (user: string) => ({ ...tuple_key, user: `user:${user}` });
  const checks = [
    { correlation_id: "1", tuple_key },
    { correlation_id: "2", tuple_key: of("ben"), context: { purpose: "mine" } },
    { correlation_id: "3", tuple_key: of("eva") },
  ];
  expect((await ask("batch-check", { checks })).result["2"]).toMatchObject({ allowed: true });
  const others = [{ correlation_id: "4", tuple_key: of("ben"), context: { purpose: "mine" } }];
  await ask("batch-check", { checks: others });
  // of another relation, of another time, and with tuples that are not there
  await ask("check", { tuple_key: { ...tuple_key, relation: "shared_viewer" } });
  await ask("check", { tuple_key, context: { current_time: "2031-01-01T00:00:00Z" } });
  const contextual = { user: "user:eva", relation: "viewer", object: "plant:7" };
  const supposed = { tuple_key: of("eva"), contextual_tuples: { tuple_keys: [contextual] } };
  expect((await ask("check", supposed)).allowed).toBe(true);
  const counts = new Map<string, number>();
  for (const line of await recorded())
    if (line.kind === "access") counts.set(line.user ?? "", (counts.get(line.user ?? "") ?? 0) + line.count);
  expect([...counts].sort()).toEqual([
    ["ben", 2],
    ["tom", 3],
  ]);
});

test("what a key may not ask is not recorded: it was not answered", async ({ tupleStore, engine }) => {
  const { service, log, recorded } = recording({ tupleStore, engine });
  await shared(service, "viewer");
  const key = "bound-key-of-the-tests";
  const bound = { name: "bound", scopes: ["check" as const], key, organizations: ["brightfix"] };
  const other = withKeys(service, [bound], { recorder: log });
  const { status } = await other.admin("POST", "/access/v1/evaluation", evaluation("tom"), { key });
  expect(status).toBe(403);
  expect(await recorded()).toEqual([]);
});

test("once a day the newest seals are kept in the store, signed, and doctor knows the record", async ({
  tupleStore,
  engine,
}) => {
  const store = signHeads(tupleStore, HISTORY_KEYS, "refuse");
  await seedWorld(createService({ tupleStore: store, engine }));
  const { folder, files } = await threeFiles();
  let now = new Date("2027-06-01T16:00:00Z");
  const keep = () => keepSeals({ newest: (max) => newestSeals(folder, max), store, clock: () => now });
  expect(await keepSeals({ newest: async () => [], store, clock: () => now })).toBe("nothing");
  expect([await keep(), await keep()]).toEqual(["kept", "nothing"]);
  now = new Date("2027-06-02T00:00:01Z");
  expect(await keep()).toBe("kept");
  const [head, ...more] = await tupleStore.read({ object: SEALS, relation: "head" });
  if (head === undefined || more.length > 0) throw new Error("not one head");
  expect(headSignature(HISTORY_KEYS.verifying, head)).toBe("valid");
  const kept = keptSealsOf(head);
  expect(kept).toMatchObject({ day: 2, seals: [{ file: files.at(-1)?.name }] });
  expect(verifyFiles(filesOf(folder), { keys: HISTORY_KEYS.verifying, kept }).problems).toEqual([]);
  expect(await doctor(tupleStore, HISTORY_KEYS.verifying)).toEqual([]);
});

/**
 * AuthZEN 1.0 as its certification scenario (core) requires it, asked of the real engine
 * through the app as a value. The fixture model knows records and no plant.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine } from "../../src/openfga/engine.ts";
import type { Engine } from "../../src/ports.ts";
import { connection } from "../support/engine.ts";
import { createService, KEYS, type Service } from "../support/service.ts";
import { type FixtureStore, openFixtureStore } from "./fixture-store.ts";

const PUBLIC_URL = "https://pdp.example.com";
const KEY = KEYS.check;
const NOW = new Date("2026-06-01T00:00:00Z");

type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: a reply is looked at, not relied on
type Reply = { status: number; headers: Headers; text: string; body: any };

let fixture: FixtureStore;
let app: Service["app"];

/** The whole service with this engine: its request ids, its keys and its error for an outage are tested. */
const appWith = (engine: Engine, publicUrl = PUBLIC_URL) =>
  createService({ ...fixture, engine }, { publicUrl, clock: () => NOW }).app;

async function send(path: string, init: RequestInit, to = app): Promise<Reply> {
  const response = await to.request(path, init);
  const text = await response.text();
  const json = response.headers.get("Content-Type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}, to = app): Promise<Reply> {
  return send(
    `/access/v1/${path}`,
    {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${KEY}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    },
    to,
  );
}

const user = (id: string) => ({ type: "user", id });
const record = (id: string) => ({ type: "record", id });
const action = (name: string) => ({ name });
const evaluation = (who: string, what: string, on: string) => ({
  subject: user(who),
  action: action(what),
  resource: record(on),
});

/** A valid request for each endpoint. */
const VALID: Record<string, Json> = {
  evaluation: evaluation("alice", "read", "record-1"),
  evaluations: { subject: user("alice"), action: action("read"), evaluations: [{ resource: record("record-1") }] },
  "search/subject": { subject: { type: "user" }, action: action("read"), resource: record("record-1") },
  "search/resource": { subject: user("alice"), action: action("read"), resource: { type: "record" } },
  "search/action": { subject: user("alice"), resource: record("record-1") },
};
const ENDPOINTS = Object.keys(VALID);
const SEARCHES = ENDPOINTS.filter((path) => path.startsWith("search/"));

beforeAll(async () => {
  fixture = await openFixtureStore();
  app = appWith(fixture.engine);
  const dated = (expires_at: string) => ({ condition: { name: "not_expired", context: { expires_at } } as const });
  await fixture.tupleStore.write({
    deletes: [],
    writes: [
      { user: "user:alice", relation: "writer", object: "record:record-1" },
      { user: "user:bob", relation: "reader", object: "record:record-1" },
      { user: "user:alice", relation: "reader", object: "record:record-2" },
      { user: "user:*", relation: "everyone", object: "record:open" },
      { user: "user:carol", relation: "reader", object: "record:expired", ...dated("2026-05-01T00:00:00Z") },
      { user: "user:carol", relation: "reader", object: "record:dated", ...dated("2026-07-01T00:00:00Z") },
    ],
  });
});

afterAll(() => fixture.remove());

describe("the certification scenario", () => {
  test.each([
    ["alice", "read", "record-1", true],
    ["alice", "write", "record-1", true],
    ["bob", "read", "record-1", true],
    ["bob", "write", "record-1", false],
    ["alice", "read", "record-2", true],
    ["bob", "read", "record-2", false],
  ])("decides that %s may %s %s: %s", async (who, what, on, decision) => {
    const reply = await post("evaluation", evaluation(who, what, on));
    expect([reply.status, reply.text]).toEqual([200, JSON.stringify({ decision })]);
  });

  test("finds both readers of record-1 and nobody else", async () => {
    const { body } = await post("search/subject", VALID["search/subject"]);
    expect(body).toEqual({ results: [user("alice"), user("bob")] });
  });

  test("finds what alice reads and not what only carol reads", async () => {
    const { body } = await post("search/resource", VALID["search/resource"]);
    expect(body).toEqual({ results: [record("open"), record("record-1"), record("record-2")] });
  });

  test("finds what alice may do on record-1 and what bob may not", async () => {
    const alice = await post("search/action", VALID["search/action"]);
    expect(alice.body).toEqual({ results: [action("read"), action("write")] });
    const bob = await post("search/action", { subject: user("bob"), resource: record("record-1") });
    expect(bob.body).toEqual({ results: [action("read")] });
  });
});

describe("what may be sent (1, 9)", () => {
  test.each(ENDPOINTS)(
    "%s answers 200 to application/json with a charset, and never lets it be stored",
    async (path) => {
      const reply = await post(path, VALID[path], { "Content-Type": "application/json; charset=utf-8" });
      expect(reply.status).toBe(200);
      expect(reply.headers.get("Content-Type")).toMatch(/^application\/json/);
      expect(reply.headers.get("Cache-Control")).toBe("no-store");
    },
  );

  describe.each(ENDPOINTS)("%s refuses with 400", (path) => {
    test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
      "the content type '%s'",
      async (type) => {
        expect(await post(path, VALID[path], { "Content-Type": type })).toMatchObject(invalid);
      },
    );

    test("a missing content type", async () => {
      const body = new TextEncoder().encode(JSON.stringify(VALID[path]));
      const headers = { Authorization: `Bearer ${KEY}` };
      expect(await send(`/access/v1/${path}`, { method: "POST", headers, body })).toMatchObject(invalid);
    });

    test.each(["", " ", "{", "{}{}", "[]", "null", '"alice"', "7"])("the body '%s'", async (body) => {
      expect(await post(path, body)).toMatchObject(invalid);
    });

    test("an array that holds the request", async () => {
      expect(await post(path, [VALID[path]])).toMatchObject(invalid);
    });

    test("bytes that are not UTF-8", async () => {
      const bytes = Buffer.from(JSON.stringify({ ...VALID[path], note: "x" })).map((byte) =>
        byte === "x".charCodeAt(0) ? 0xff : byte,
      );
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${KEY}` };
      expect(await send(`/access/v1/${path}`, { method: "POST", headers, body: bytes })).toMatchObject(invalid);
    });
  });

  test.each(ENDPOINTS)("%s ignores members it does not know and the order of those it does", async (path) => {
    const plain = await post(path, VALID[path]);
    const strange = Object.fromEntries(
      Object.entries({ ...VALID[path], zeta: { a: [1] }, alpha: null })
        .reverse()
        .map(([key, value]) => [key, key === "resource" ? { extra: 1, ...(value as Json) } : value]),
    );
    const reply = await post(path, strange);
    expect([reply.status, reply.text]).toEqual([200, plain.text]);
  });

  test.each(ENDPOINTS)("%s answers only POST", async (path) => {
    const headers = { Authorization: `Bearer ${KEY}` };
    const { status, headers: received } = await send(`/access/v1/${path}`, { headers });
    expect([status, received.get("Allow")]).toEqual([405, "POST, OPTIONS"]);
  });
});

const invalid = {
  status: 400,
  body: { type: "urn:concordat:problem:invalid_request", code: "invalid_request", status: 400 },
};

/** [what is wrong, member, its value]; undefined leaves it out. */
const BROKEN: [string, string, unknown][] = [
  ["no subject", "subject", undefined],
  ["a subject that is a string", "subject", "alice"],
  ["a subject that is null", "subject", null],
  ["a subject that is an array", "subject", ["alice"]],
  ["a subject without type", "subject", { id: "alice" }],
  ["a subject whose type is a number", "subject", { type: 1, id: "alice" }],
  ["a subject whose properties are a string", "subject", { ...user("alice"), properties: "x" }],
  ["no resource", "resource", undefined],
  ["a resource that is a string", "resource", "record-1"],
  ["a resource without type", "resource", { id: "record-1" }],
  ["a resource whose type is null", "resource", { type: null, id: "record-1" }],
  ["a context that is a string", "context", "x"],
];
const BROKEN_ACTION: [string, string, unknown][] = [
  ["no action", "action", undefined],
  ["an action that is a string", "action", "read"],
  ["an action without name", "action", {}],
  ["an action whose name is a number", "action", { name: 123 }],
];
const BROKEN_SUBJECT_ID: [string, string, unknown][] = [
  ["a subject without id", "subject", { type: "user" }],
  ["a subject whose id is a number", "subject", { type: "user", id: 7 }],
];
const BROKEN_RESOURCE_ID: [string, string, unknown][] = [
  ["a resource without id", "resource", { type: "record" }],
  ["a resource whose id is a number", "resource", { type: "record", id: 7 }],
];
const BROKEN_EVALUATION = [...BROKEN, ...BROKEN_ACTION, ...BROKEN_SUBJECT_ID, ...BROKEN_RESOURCE_ID];

describe("members that are missing or ill-typed (2)", () => {
  test.each([
    ...BROKEN_EVALUATION.map((row) => ["evaluation", ...row] as const),
    ...[...BROKEN, ...BROKEN_ACTION, ...BROKEN_RESOURCE_ID].map((row) => ["search/subject", ...row] as const),
    ...[...BROKEN, ...BROKEN_ACTION, ...BROKEN_SUBJECT_ID].map((row) => ["search/resource", ...row] as const),
    ...[...BROKEN, ...BROKEN_SUBJECT_ID, ...BROKEN_RESOURCE_ID].map((row) => ["search/action", ...row] as const),
  ])("%s refuses %s with 400 and points at it", async (path, _, member, value) => {
    const reply = await post(path, { ...VALID[path], [member]: value });
    expect(reply).toMatchObject(invalid);
    expect(reply.body.errors[0].pointer).toMatch(new RegExp(`^/${member}(/|$)`));
  });

  test.each(SEARCHES)("%s refuses an ill-typed page", async (path) => {
    for (const page of ["x", { limit: -1 }, { limit: 1.5 }, { limit: "1" }, { token: 1 }, { properties: [] }])
      expect(await post(path, { ...VALID[path], page })).toMatchObject(invalid);
  });

  test.each(BROKEN_EVALUATION)(
    "a batch denies an item with %s in its place, and no other item",
    async (_, member, value) => {
      const good = evaluation("alice", "read", "record-1");
      const reply = await post("evaluations", { evaluations: [good, { ...good, [member]: value }, good] });
      expect(reply.status).toBe(200);
      const { evaluations } = reply.body;
      expect([evaluations[0], evaluations[2]]).toEqual([{ decision: true }, { decision: true }]);
      expect(evaluations[1]).toMatchObject({
        decision: false,
        context: { code: "invalid_request", error: { status: 400 } },
      });
      expect(evaluations[1].context.error.message).toContain(`/${member}`);
    },
  );

  test.each([[null], ["alice"], [7], [[]]])("a batch denies the item %j", async (item) => {
    const reply = await post("evaluations", { ...evaluation("alice", "read", "record-1"), evaluations: [item] });
    expect(reply).toMatchObject({ status: 200, body: { evaluations: [{ decision: false }] } });
  });

  test("a batch denies its only item when that has no subject", async () => {
    const reply = await post("evaluations", {
      action: action("read"),
      evaluations: [{ resource: record("record-1") }],
    });
    expect(reply).toMatchObject({ status: 200, body: { evaluations: [{ decision: false }] } });
  });
});

describe("types, actions and ids that the model or the engine does not accept", () => {
  test.each([
    ["unknown_subject_type", { subject: { type: "spaceship", id: "alice" } }],
    ["unknown_subject_type", { subject: { type: "", id: "alice" } }],
    ["unknown_subject_type", { subject: { type: "user:alice#x", id: "alice" } }],
    ["unknown_resource_type", { resource: { type: "spaceship", id: "record-1" } }],
    ["unknown_resource_type", { resource: { type: "__proto__", id: "record-1" } }],
    ["unknown_action", { action: action("fly") }],
    ["unknown_action", { action: action("can_read") }],
    ["unknown_action", { action: action("reader") }],
    ["unknown_action", { action: action("") }],
    ["malformed_subject_id", { subject: user("") }],
    ["malformed_subject_id", { subject: user("*") }],
    ["malformed_subject_id", { subject: user("a:b") }],
    ["malformed_subject_id", { subject: user("a#b") }],
    ["malformed_subject_id", { subject: user("a b") }],
    ["malformed_subject_id", { subject: user("a\ud800") }],
    ["malformed_subject_id", { subject: user("a\u0000") }],
    ["malformed_resource_id", { resource: record("..") }],
    ["malformed_resource_id", { resource: record("x".repeat(201)) }],
  ])("is denied as %s: %j", async (code, change) => {
    const request = { ...evaluation("alice", "read", "record-1"), ...change };
    const single = await post("evaluation", request);
    expect([single.status, single.body]).toEqual([200, { decision: false, context: { code } }]);
    const batch = await post("evaluations", { evaluations: [request, evaluation("alice", "read", "record-1")] });
    expect(batch.body).toEqual({ evaluations: [{ decision: false, context: { code } }, { decision: true }] });
  });

  test("a type that can do nothing is denied by the engine, without a code", async () => {
    const reply = await post("evaluation", {
      ...evaluation("x", "read", "record-1"),
      subject: { type: "company", id: "x" },
    });
    expect(reply.body).toEqual({ decision: false });
  });

  test.each([
    ["search/subject", { subject: { type: "spaceship" } }],
    ["search/subject", { subject: { type: "company" } }],
    ["search/subject", { resource: record("nowhere") }],
    ["search/subject", { resource: record("a:b") }],
    ["search/subject", { resource: { type: "spaceship", id: "1" } }],
    ["search/subject", { action: action("fly") }],
    ["search/resource", { resource: { type: "spaceship" } }],
    ["search/resource", { resource: { type: "user" } }],
    ["search/resource", { subject: { type: "spaceship", id: "alice" } }],
    ["search/resource", { subject: user("*") }],
    ["search/resource", { action: action("fly") }],
    ["search/action", { subject: user("nonexistent-user") }],
    ["search/action", { subject: { type: "spaceship", id: "alice" } }],
    ["search/action", { resource: record("nowhere") }],
    ["search/action", { resource: { type: "spaceship", id: "1" } }],
    ["search/action", { resource: user("alice") }],
    ["search/action", { subject: user("a b") }],
  ])("finds nothing (5): %s with %j", async (path, change) => {
    const reply = await post(path, { ...VALID[path], ...change });
    expect([reply.status, reply.text]).toEqual([200, '{"results":[]}']);
  });
});

describe("the batch (3, 4)", () => {
  const alice = user("alice");
  const batch = (items: Json[], rest: Json = {}) =>
    post("evaluations", {
      subject: alice,
      action: action("read"),
      resource: record("record-1"),
      ...rest,
      evaluations: items,
    });
  const decisions = (reply: Reply) => reply.body.evaluations.map((item: Json) => item.decision);

  test("an item's member replaces the default as a whole, and what it leaves out is inherited", async () => {
    const reply = await batch([
      {},
      { subject: user("bob"), action: action("write") },
      { resource: record("record-2") },
      { subject: user("bob"), resource: record("record-2") },
      { resource: { id: "record-2" } },
      { resource: { type: "record" } },
      { resource: { id: "record-2", properties: {} } },
    ]);
    expect(decisions(reply)).toEqual([true, false, true, false, false, false, false]);
    expect(reply.body.evaluations[4].context.error.message).toContain("/resource/type");
  });

  test("complete items need no defaults, and an ill-typed default denies only the items that inherit it", async () => {
    const reply = await batch([{ subject: alice }, {}], { subject: "alice" });
    expect(decisions(reply)).toEqual([true, false]);
  });

  test.each([
    ["absent", undefined],
    ["empty", []],
  ])("with evaluations %s it is a single evaluation", async (_, evaluations) => {
    const yes = await post("evaluations", { ...evaluation("bob", "read", "record-1"), evaluations });
    expect([yes.status, yes.text]).toEqual([200, '{"decision":true}']);
    const no = await post("evaluations", { ...evaluation("bob", "write", "record-1"), evaluations });
    expect([no.status, no.text]).toEqual([200, '{"decision":false}']);
    expect(await post("evaluations", { action: action("read"), evaluations })).toMatchObject(invalid);
  });

  const mixed = ["record-1", "nowhere", "record-2", "open", "no:where"].map((id) => ({ resource: record(id) }));
  test.each([
    [undefined, [true, false, true, true, false]],
    ["execute_all", [true, false, true, true, false]],
    ["deny_on_first_deny", [true, false]],
    ["permit_on_first_permit", [true]],
  ])("the semantic %s answers as many items as the specification says", async (evaluations_semantic, expected) => {
    expect(decisions(await batch(mixed, { options: { evaluations_semantic } }))).toEqual(expected);
  });

  test("every item is answered when none triggers the semantic", async () => {
    const yes = [{}, {}, {}];
    const no = [{ action: action("delete") }, { subject: user("felix") }];
    expect(decisions(await batch(yes, { options: { evaluations_semantic: "deny_on_first_deny" } }))).toEqual([
      true,
      true,
      true,
    ]);
    expect(decisions(await batch(no, { options: { evaluations_semantic: "permit_on_first_permit" } }))).toEqual([
      false,
      false,
    ]);
  });

  test("an invalid item counts as a denial for deny_on_first_deny", async () => {
    const reply = await batch([{}, { subject: null }, {}], { options: { evaluations_semantic: "deny_on_first_deny" } });
    expect(decisions(reply)).toEqual([true, false]);
  });

  test.each([
    { options: { evaluations_semantic: "first_come" } },
    { options: { evaluations_semantic: 1 } },
    { options: "execute_all" },
  ])("refuses %j with 400", async (rest) => {
    expect(await batch([{}], rest)).toMatchObject(invalid);
  });

  test.each([{ evaluations: {} }, { evaluations: null }, { evaluations: "all" }])(
    "refuses %j with 400",
    async (rest) => {
      expect(await post("evaluations", { ...VALID.evaluation, ...rest })).toMatchObject(invalid);
    },
  );

  test("keeps the order of 120 items, asked of the engine in chunks", async () => {
    const items = Array.from({ length: 120 }, (_, n) => ({ resource: record(n % 7 === 0 ? "record-2" : `none-${n}`) }));
    expect(decisions(await batch(items))).toEqual(items.map((_, n) => n % 7 === 0));
  });

  test("refuses more than 1000 items with 400", async () => {
    expect(await batch(Array.from({ length: 1001 }, () => ({})))).toMatchObject(invalid);
  });

  test("gives the same bytes to the same batch, three times", async () => {
    const bodies = [];
    for (let n = 0; n < 3; n++) bodies.push((await batch([...mixed, { subject: null }])).text);
    expect(new Set(bodies).size).toBe(1);
  });
});

describe("search (5)", () => {
  test.each(SEARCHES)("%s gives the same bytes three times, page and all", async (path) => {
    const bodies = [];
    for (let n = 0; n < 3; n++) bodies.push((await post(path, { ...VALID[path], page: { limit: 1 } })).text);
    expect(new Set(bodies).size).toBe(1);
  });

  test.each(SEARCHES)("%s reaches every result by pages of one, and ends", async (path) => {
    const all = (await post(path, VALID[path])).body.results;
    const found: Json[] = [];
    let token: string | undefined;
    do {
      const { body } = await post(path, { ...VALID[path], page: { limit: 1, ...(token && { token }) } });
      expect(Object.keys(body)).toEqual(["page", "results"]);
      expect(body.page).toEqual({ next_token: expect.any(String), count: 1, total: all.length });
      found.push(...body.results);
      token = body.page.next_token;
    } while (token !== "");
    expect(found).toEqual(all);
    expect(all.length).toBeGreaterThan(1);
  });

  test("a page's limit also holds for a next request that leaves it out, as in the specification's example", async () => {
    const request = { subject: user("alice"), action: action("read"), resource: { type: "record" } };
    const first = await post("search/resource", { ...request, page: { limit: 2 } });
    const second = await post("search/resource", { ...request, page: { token: first.body.page.next_token } });
    expect(first.body.results).toEqual([record("open"), record("record-1")]);
    expect(second.body).toEqual({ page: { next_token: "", count: 1, total: 3 }, results: [record("record-2")] });
  });

  test("a page with limit 0 says that there are more results", async () => {
    const { body } = await post("search/subject", { ...VALID["search/subject"], page: { limit: 0 } });
    expect(body).toEqual({ page: { next_token: expect.stringMatching(/./), count: 0, total: 2 }, results: [] });
  });

  test("a page without a limit holds every result", async () => {
    const { body } = await post("search/subject", { ...VALID["search/subject"], page: {} });
    expect(body).toEqual({ page: { next_token: "", count: 2, total: 2 }, results: [user("alice"), user("bob")] });
  });

  test("a page token is accepted only by the search that it was made for", async () => {
    const request = VALID["search/subject"];
    const { body } = await post("search/subject", { ...request, page: { limit: 1 } });
    const page = { token: body.page.next_token };
    const refused = { status: 400, body: { code: "invalid_page_token" } };
    expect((await post("search/subject", { ...request, page })).status).toBe(200);
    expect(await post("search/subject", { ...request, resource: record("record-2"), page })).toMatchObject(refused);
    expect(await post("search/subject", { ...request, action: action("write"), page })).toMatchObject(refused);
    expect(await post("search/subject", { ...request, page: { ...page, limit: 2 } })).toMatchObject(refused);
    expect(await post("search/resource", { ...VALID["search/resource"], page })).toMatchObject(refused);
    for (const token of ["", "x", "bnVsbA", "W10", "eyJ9", page.token.slice(1)])
      expect(await post("search/subject", { ...request, page: { token } })).toMatchObject(refused);
  });

  test("the id of what is searched for is ignored, and so is an action to an action search", async () => {
    const subjects = await post("search/subject", { ...VALID["search/subject"], subject: user("nobody") });
    expect(subjects.body.results).toEqual([user("alice"), user("bob")]);
    const resources = await post("search/resource", {
      ...VALID["search/resource"],
      resource: { type: "record", id: 7 },
    });
    expect(resources.body.results).toHaveLength(3);
    const actions = await post("search/action", { ...VALID["search/action"], action: "fly" });
    expect(actions.body.results).toEqual([action("read"), action("write")]);
  });

  test("results keep type before id", async () => {
    expect((await post("search/subject", VALID["search/subject"])).text).toContain('{"type":"user","id":"alice"}');
  });

  test("reports a result as incomplete when a wildcard gives access to everybody", async () => {
    const { body } = await post("search/subject", { ...VALID["search/subject"], resource: record("open") });
    expect(body).toEqual({ context: { complete: false }, results: [] });
  });

  test("reports a result as incomplete when the engine stops at 1000 users", async () => {
    for (let hundred = 0; hundred < 10; hundred++) {
      const writes = Array.from({ length: 100 }, (_, n) => ({
        user: `user:u${hundred * 100 + n}`,
        relation: "reader",
        object: "record:crowded",
      }));
      await fixture.tupleStore.write({ deletes: [], writes });
    }
    const request = { ...VALID["search/subject"], resource: record("crowded"), page: { limit: 2 } };
    const { body } = await post("search/subject", request);
    expect(body).toEqual({
      page: { next_token: expect.stringMatching(/./), count: 2 },
      context: { complete: false },
      results: [user("u0"), user("u1")],
    });
  });
});

describe("what a caller sends beside the question", () => {
  const past = { current_time: "2026-01-01T00:00:00Z" };
  const carol = (on: string) => ({
    subject: { ...user("carol"), properties: past },
    action: { ...action("read"), properties: past },
    resource: { ...record(on), properties: past },
    context: past,
  });

  test("never changes the time that dates are compared with", async () => {
    expect((await post("evaluation", carol("dated"))).body).toEqual({ decision: true });
    expect((await post("evaluation", carol("expired"))).body).toEqual({ decision: false });
    const batch = await post("evaluations", {
      ...carol("expired"),
      evaluations: [{}, carol("dated"), { context: past }],
    });
    expect(batch.body.evaluations).toEqual([{ decision: false }, { decision: true }, { decision: false }]);
  });

  test("never changes it in a search either", async () => {
    const resources = await post("search/resource", carol("expired"));
    expect(resources.body.results).toEqual([record("dated"), record("open")]);
    const subjects = await post("search/subject", carol("expired"));
    expect(subjects.body.results).toEqual([]);
    const actions = await post("search/action", carol("expired"));
    expect(actions.body.results).toEqual([]);
    expect((await post("search/action", carol("dated"))).body.results).toEqual([action("read")]);
  });
});

describe("a fault is never a denial", () => {
  test.each(ENDPOINTS)("%s answers 503 when the engine does not answer", async (path) => {
    const nobody = createEngine({
      ...fixture.store,
      apiUrl: "http://127.0.0.1:1",
      timeoutMilliseconds: 1000,
      connections: 1,
    });
    const reply = await post(path, VALID[path], {}, appWith(nobody));
    expect(reply).toMatchObject({ status: 503, body: { code: "engine_unavailable" } });
    expect(reply.text).not.toContain("decision");
    await nobody.close();
  });

  test("one item without an answer fails its whole batch", async () => {
    const permissions = new Map([
      ...fixture.store.permissions,
      ["record", [...(fixture.store.permissions.get("record") ?? []), "can_fly"]],
    ]);
    const mistaken = createEngine({
      ...connection(),
      ...fixture.store,
      permissions,
      timeoutMilliseconds: 10_000,
      connections: 1,
    });
    const mistakenApp = appWith(mistaken);
    const items = [evaluation("alice", "read", "record-1"), evaluation("alice", "fly", "record-1")];
    expect((await post("evaluations", { evaluations: items.slice(0, 1) }, {}, mistakenApp)).status).toBe(200);
    expect((await post("evaluations", { evaluations: items }, {}, mistakenApp)).status).toBe(503);
    expect((await post("search/action", VALID["search/action"], {}, mistakenApp)).status).toBe(503);
    await mistaken.close();
  });
});

describe("credentials and request ids (6, 7)", () => {
  test.each(ENDPOINTS)("%s returns X-Request-ID unchanged, also on errors", async (path) => {
    const id = { "X-Request-ID": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716" };
    const replies = [
      await post(path, VALID[path], id),
      await post(path, "{", id),
      await post(path, VALID[path], { ...id, Authorization: "Bearer wrong" }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 400, 401]);
    for (const { headers } of replies) expect(headers.get("X-Request-ID")).toBe(id["X-Request-ID"]);
    expect((await post(path, VALID[path])).status).toBe(200);
  });

  test.each(ENDPOINTS)("%s refuses a missing and a wrong credential with 401", async (path) => {
    for (const Authorization of ["", "Bearer", `Bearer ${KEY}x`, `Basic ${KEY}`]) {
      const reply = await post(path, VALID[path], { Authorization });
      expect(reply.status).toBe(401);
      expect(reply.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
    }
  });
});

describe("discovery (8)", () => {
  const WELL_KNOWN = "/.well-known/authzen-configuration";

  test("names the configured address, whatever Host the request has", async () => {
    const headers = { Host: "evil.example", "X-Forwarded-Host": "evil.example" };
    const reply = await send(`http://evil.example${WELL_KNOWN}`, { headers });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("Cache-Control")).toMatch(/max-age=\d+/);
    expect(reply.body).toEqual({
      policy_decision_point: PUBLIC_URL,
      access_evaluation_endpoint: `${PUBLIC_URL}/access/v1/evaluation`,
      access_evaluations_endpoint: `${PUBLIC_URL}/access/v1/evaluations`,
      search_subject_endpoint: `${PUBLIC_URL}/access/v1/search/subject`,
      search_resource_endpoint: `${PUBLIC_URL}/access/v1/search/resource`,
      search_action_endpoint: `${PUBLIC_URL}/access/v1/search/action`,
    });
  });

  test("names every endpoint that there is", async () => {
    const { body } = await send(WELL_KNOWN, {});
    for (const path of ENDPOINTS) expect(Object.values(body)).toContain(`${PUBLIC_URL}/access/v1/${path}`);
    expect(Object.values(body)).toHaveLength(ENDPOINTS.length + 1);
  });

  test.each([
    ["http://127.0.0.1:8080", WELL_KNOWN, "http://127.0.0.1:8080/access/v1/evaluation"],
    ["https://pdp.example.com/", WELL_KNOWN, "https://pdp.example.com/access/v1/evaluation"],
    ["https://h.example/tenant1", `${WELL_KNOWN}/tenant1`, "https://h.example/tenant1/access/v1/evaluation"],
  ])("publishes the identifier %s unchanged", async (publicUrl, location, endpoint) => {
    const { body } = await send(location, {}, appWith(fixture.engine, publicUrl));
    expect([body.policy_decision_point, body.access_evaluation_endpoint]).toEqual([publicUrl, endpoint]);
  });
});

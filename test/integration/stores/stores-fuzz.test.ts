/** Whatever is sent to OpenFGA's API: never a fault of ours, never a changed tuple, and never an answer that a checker could bend. */
import fc from "fast-check";
import { expect } from "vitest";
import { everything, seedRoutes, storesRoutes } from "../../support/routes.ts";
import { KEYS, type Service, test } from "../../support/service.ts";

/** FC_RUNS and FC_SEED choose what is sent. */
const RUNS = Number(process.env.FC_RUNS ?? 400);
const chance = { numRuns: RUNS, ...(process.env.FC_SEED !== undefined && { seed: Number(process.env.FC_SEED) }) };

const NAMES = [
  ...["tuple_key", "user", "relation", "object", "context", "contextual_tuples", "tuple_keys", "consistency", "type"],
  ...["authorization_model_id", "store_id", "checks", "correlation_id", "current_time", "expires_at", "condition"],
  ...["user_filters", "page_size", "continuation_token", "writes", "deletes", "id", "name", "__proto__", "toString"],
];
const REFS = [
  ...["user:anna", "user:otto", "user:*", "user:", "user:a:b", "organization:sunward", "organization:sunward#admin"],
  ...["plant:7", "plant:8", "plant:*", "plant:", "portfolio:north", "turbine:7", "", ":", "#", "can_view", "viewer"],
  ...["can_fly", "owner", "user", "plant", "HIGHER_CONSISTENCY", "2030-01-01T00:00:00Z", "record", "\u0000", "\ud800"],
  ...[
    "user:a\tb",
    "user:\u007f",
    "plant:\u0085",
    "plant:7\u0092",
    "user:an\u200bna",
    "user:\u202eanna",
    "plant:e\u0301",
  ],
];

const text = fc.oneof(
  fc.constantFrom(...REFS),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constant("x".repeat(600)),
);
const scalar = fc.oneof(text, text, fc.double(), fc.integer(), fc.constantFrom(null, true, false, 101, -1, 2 ** 60));
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 5 }, scalar, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie("value")), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)),
}));

const spellsJson = (value: unknown) => JSON.stringify(value) ?? "null";
/** An object of the given body with some of its members, at any depth, replaced, added or taken away. */
function bent(body: object): fc.Arbitrary<unknown> {
  const bend = (value: unknown, key: string, other: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => bend(item, key, other));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, bend(member, key, other)]);
    return { ...Object.fromEntries(members), ...(key in value || members.length < 3 ? { [key]: other } : {}) };
  };
  return fc
    .array(fc.tuple(fc.constantFrom(...NAMES), json), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value: unknown, [key, other]) => bend(value, key, other), body));
}

/** A body as text: bent, any JSON, cut off, or none at all. */
const bodyOf = (body: object): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> =>
  fc.oneof(
    bent(body).map(spellsJson),
    fc.tuple(json, bent(body)).map(([more, own]) => spellsJson({ ...(own as object), ...(more as object) })),
    json.map(spellsJson),
    fc.tuple(fc.nat(200), bent(body)).map(([at, own]) => spellsJson(own).slice(0, at)),
    // a member named twice, at the end or within
    fc
      .tuple(bent(body), fc.constantFrom(...NAMES), json)
      .map(([own, name, other]) => spellsJson(own).replace(/\}(?=\}*$)/, `,${spellsJson(name)}:${spellsJson(other)}}`)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
  );

/** Sends a body as it is; the reply may be a JSON object a line. */
async function send(
  { app }: Service,
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  key: string,
) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const reply = await app.request(path, { method, headers, ...(body !== undefined && { body }) });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

/** Neither a fault of ours nor anything else than JSON; errors as OpenFGA has them. */
function expectAnswer({ status, text: body }: { status: number; text: string }, what: string) {
  expect(status === 501 || status < 500, `${what}: ${status} ${body.slice(0, 300)}`).toBe(true);
  if (status < 400 || body === "") return;
  // a stream's refusal is OpenFGA's own, and of another shape
  const { error, ...reply } = JSON.parse(body.trim().split("\n").at(-1) ?? "");
  if (error === undefined) expect(reply, what).toEqual({ code: expect.any(String), message: expect.any(String) });
}

test("random bodies on every path are answered or refused, and no tuple changes", async ({ service }) => {
  await seedRoutes(service);
  const before = await everything(service);
  // a Write may well be let, so it is sent its own (write-fuzz.test.ts)
  const routes = Object.entries(storesRoutes(service)).filter(([name]) => !name.endsWith("/write"));
  const statuses = new Set<number>();
  const asked = fc.constantFrom(...routes).chain(([name, { path, body }]) =>
    fc.record({
      name: fc.constant(name),
      path: fc.constant(path),
      key: fc.constantFrom(KEYS.admin, KEYS.admin, KEYS.admin, KEYS.check, KEYS.all),
      body: bodyOf(body ?? {}),
    }),
  );
  await fc.assert(
    fc.asyncProperty(asked, async ({ name, path, key, body }) => {
      const [method = ""] = name.split(" ");
      const reply = await send(service, method, path, method === "GET" ? undefined : body, key);
      statuses.add(reply.status);
      expectAnswer(reply, name);
    }),
    chance,
  );
  expect([...statuses].sort()).toEqual(expect.arrayContaining([200, 400, 403, 501]));
  expect(await everything(service)).toEqual(before);
});

test("a member that is no text, and cannot be converted to one, is refused by OpenFGA and causes no internal error", async ({
  service,
}) => {
  await seedRoutes(service);
  const textless = { toString: [] };
  for (const [name, { path, body }] of Object.entries(storesRoutes(service)))
    for (const member of Object.keys(body ?? {}))
      for (const value of [
        textless,
        { type: textless, id: textless },
        { object: textless, user: textless },
        [textless],
      ]) {
        const [method = ""] = name.split(" ");
        expectAnswer(await send(service, method, path, JSON.stringify({ ...body, [member]: value }), KEYS.admin), name);
      }
});

test("random ids, paths and queries are answered or refused, and never reach another store", async ({
  service,
  store,
}) => {
  await seedRoutes(service);
  const before = await everything(service);
  const part = fc.oneof(text, fc.constantFrom(store.storeId, store.modelId, "..", ".", "%2e%2e", "%2F", "%00", "%zz"));
  const query = fc.array(
    fc.tuple(fc.oneof(fc.constantFrom(...NAMES, "start_time", "store_id[x]", "start_time.seconds"), text), text),
    { maxLength: 4 },
  );
  const encoded = (one: string) => (one.includes("%") ? one : encodeURIComponent(one.toWellFormed()));
  const path = fc
    .tuple(fc.constantFrom(...Object.values(storesRoutes(service)).map((route) => route.path)), fc.array(part), query)
    .map(([own, parts, pairs]) => {
      const segments = own
        .split("/")
        .map((segment, n) => (n > 1 && parts[n - 2] ? encoded(parts[n - 2] ?? "") : segment));
      const search = pairs.map((pair) => pair.map(encoded).join("=")).join("&");
      return `${segments.join("/")}${search && `?${search}`}`;
    });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("GET", "POST", "PUT", "DELETE"), path, async (method, at) => {
      const body = method === "GET" || method === "DELETE" ? undefined : "{}";
      const reply = await send(service, method, at, body, KEYS.admin);
      if (!new URL(at, "http://h").pathname.startsWith("/stores")) return;
      expectAnswer(reply, `${method} ${at}`);
      const answeredFor = reply.headers.get("Openfga-Store-Id");
      if (answeredFor !== null && reply.status === 200) expect(answeredFor, at).toBe(store.storeId);
    }),
    chance,
  );
  expect(await everything(service)).toEqual(before);
});

test("no request of scope check changes what a check answers", async ({ service }) => {
  await seedRoutes(service);
  const before = await everything(service);
  const question = fc.record({
    user: fc.constantFrom("user:anna", "user:ben", "user:tom", "user:otto", "user:eva", "organization:sunward"),
    relation: fc.constantFrom("can_view", "can_manage_commercial", "can_operate", "viewer", "shared_viewer", "owner"),
    object: fc.constantFrom("plant:7", "portfolio:north"),
  });
  let answered = 0;
  const more = fc.dictionary(fc.constantFrom(...NAMES.filter((name) => name !== "tuple_key")), json, { maxKeys: 3 });
  await fc.assert(
    fc.asyncProperty(question, more, fc.boolean(), async (tuple_key, others, isBatch) => {
      const path = `/stores/${service.deps.engine.api.storeId}/${isBatch ? "batch-check" : "check"}`;
      const item = { ...others, tuple_key, correlation_id: "1" };
      const reply = await send(service, "POST", path, JSON.stringify(isBatch ? { checks: [item] } : item), KEYS.check);
      expectAnswer(reply, JSON.stringify(item));
      const json = JSON.parse(reply.text);
      const result = isBatch ? json.result?.[1] : json;
      if (reply.status !== 200 || result.error !== undefined) return;
      answered++;
      expect([tuple_key.user, tuple_key.relation].join(" ")).toMatch(/^user:\S+ can_/);
      const truth = await service.deps.engine.batchCheck([tuple_key], service.deps.clock());
      expect([{ allowed: result.allowed }], JSON.stringify(item)).toEqual(truth);
    }),
    chance,
  );
  expect(answered).toBeGreaterThan(RUNS / 10);
  expect(await everything(service)).toEqual(before);
});

/** Bodies that are large, deep or many, on every path that takes one. */
function monsters(service: Service): Record<string, string> {
  const tuple_key = { user: "user:anna", relation: "can_view", object: "plant:7" };
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  const bodyWith = (value: string) => `{"tuple_key":${JSON.stringify(tuple_key)},"context":{"x":${value}}}`;
  return {
    "lists 100000 deep": nested("[", "]", 100_000),
    "objects 40000 deep": `${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`,
    "a context 100000 deep": bodyWith(nested("[", "]", 100_000)),
    "a context 90 deep": bodyWith(nested("[", "]", 90)),
    "a context of 250 KiB": bodyWith(JSON.stringify("x".repeat(250 * 1024))),
    "a context of 20000 members": bodyWith(`{${Array.from({ length: 20_000 }, (_, n) => `"${n}":1`).join(",")}}`),
    "a name of 200 KiB": bodyWith(`{${JSON.stringify("n".repeat(200 * 1024))}:1}`),
    "200 KiB of escapes": bodyWith(`"${"\\\\\\u0041".repeat(25_000)}"`),
    "200 KiB of white space": bodyWith(`1${" ".repeat(200 * 1024)}`),
    "200 KiB of quotes that never close": `{"${"\\\\".repeat(100_000)}`,
    "2000 checks": JSON.stringify({ checks: Array(2000).fill({ tuple_key, correlation_id: "1" }) }),
    "50 checks with a context each": JSON.stringify({
      checks: Array.from({ length: 50 }, (_, n) => ({
        tuple_key,
        correlation_id: `${n}`,
        context: { x: "x".repeat(4000) },
      })),
    }),
    "3000 contextual tuples": JSON.stringify({
      tuple_key,
      contextual_tuples: { tuple_keys: Array(3000).fill({ ...tuple_key, relation: "viewer" }) },
    }),
    "more than the limit": bodyWith(JSON.stringify("x".repeat(300 * 1024))),
    "an id of the store in every place": JSON.stringify({ ...tuple_key, store_id: service.deps.engine.api.storeId }),
  };
}

test("large, deep and long requests are answered or refused quickly", async ({ service }) => {
  await seedRoutes(service);
  const before = await everything(service);
  const posts = Object.entries(storesRoutes(service)).filter(([name]) => name.startsWith("POST"));
  for (const [what, body] of Object.entries(monsters(service)))
    for (const [name, { path }] of posts) {
      const startedAt = performance.now();
      expectAnswer(await send(service, "POST", path, body, KEYS.admin), `${what} ${name}`);
      expect(performance.now() - startedAt, `${what} ${name}`).toBeLessThan(5000);
    }
  expect(await everything(service)).toEqual(before);
});

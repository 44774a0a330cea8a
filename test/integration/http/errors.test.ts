/** Every code that is documented happens, and none happens that is not documented (see also `send` in test/support/service.ts). */

import { ulid } from "ulid";
import { expect } from "vitest";
import { createEndpointSeal } from "../../../src/domain/events/endpoint-seal.ts";
import { createTextSeal } from "../../../src/domain/seal.ts";
import { AuditUnavailable, IssuerUnavailable, SessionsUnavailable } from "../../../src/faults.ts";
import { FAULTS } from "../../../src/http/problem.ts";
import { REFUSALS } from "../../../src/http/refusals.ts";
import { createMemoryRateLimiter } from "../../../src/memory/rate-limiter.ts";
import { createMemorySessions } from "../../../src/memory/sessions.ts";
import { boundEngine } from "../../../src/openfga/bounded-engine.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { withConsole } from "../../support/console-service.ts";
import { listen } from "../../support/listening.ts";
import { rawConnection, replyIn } from "../../support/raw-http.ts";
import { ask, everything, seedRoutes, send, type World } from "../../support/routes.ts";
import { createService, KEYS, type Reply, type Service, test, withKeys } from "../../support/service.ts";

const ORG = "/v1/organizations/sunward";
const NOBODY = "http://127.0.0.1:1";

/** How each code comes about in the world of the routes, asked of the service or of one like it. */
type Produce = (service: Service, world: World) => Promise<Reply>;

/** The service with another part: what an outage does, on the real store. */
const withTupleStore = (service: Service, changes: Partial<Service["deps"]["tupleStore"]>) =>
  createService({ ...service.deps, tupleStore: { ...service.deps.tupleStore, ...changes } });

/** What the server answers to the beginning of a request that the app never hears of. */
async function overHttp(service: Service, begun: string): Promise<Reply> {
  const { url, close } = await listen(service);
  const connection = await rawConnection(url);
  connection.write(begun);
  const reply = replyIn(await connection.rest());
  await close();
  return reply;
}

const HUB = "/v1/webhooks/hub";
const HUB_INPUT = { url: "https://hub.example/" };

const PRODUCED: Record<keyof typeof REFUSALS | keyof typeof FAULTS, Produce> = {
  not_found: ({ as }) => as("anna", "GET", "/v1/plants/nowhere"),
  insufficient_scope: ({ as }) => as("anna", "PUT", ORG, { name: "X" }),
  rate_limited: async (service) => {
    const limiter = createMemoryRateLimiter([{ name: "reads-user", limit: 1 }], 60);
    const limits = { checks: {}, searches: {}, reads: { user: 1 }, writes: {}, invitations: {} };
    const limited = createService(service.deps, { rate: { limits, limiter, limited: () => {} } });
    await limited.as("anna", "GET", ORG);
    return limited.as("anna", "GET", ORG);
  },
  access_log_not_kept: ({ deps }) =>
    createService(deps, { accessLogReader: undefined }).admin("GET", `${ORG}/access-log`),
  webhooks_off: ({ deps }) => createService(deps, { addedWebhooks: undefined }).admin("PUT", HUB, HUB_INPUT),
  too_many_webhooks: async ({ admin }) => {
    for (let n = 1; n <= 5; n++) await admin("PUT", `${ORG}/webhooks/more-${n}`, HUB_INPUT);
    return admin("PUT", `${ORG}/webhooks/more-6`, HUB_INPUT);
  },
  webhook_sealed: async ({ deps, admin }) => {
    await admin("PUT", HUB, HUB_INPUT);
    const { addedWebhooks } = deps;
    const seal = createEndpointSeal("another secret than that of before");
    const other = createService(deps, { addedWebhooks: addedWebhooks && { ...addedWebhooks, seal } });
    return other.admin("POST", `${HUB}/rotate`);
  },
  share_differs: async ({ as }, { active }) => {
    await as("anna", "PUT", `${ORG}/presets/other`, { resources: ["plant:7"], role: "technical_manager" });
    const { headers, body } = await as("anna", "POST", `/v1/cooperations/${active}/presets/other/apply`);
    // only a line is refused by it
    const { problem } = body.lines[0];
    headers.set("Content-Type", "application/problem+json");
    return { status: problem.status, body: problem, headers };
  },
  too_many_presets: async ({ admin }) => {
    const preset = { resources: ["plant:7"], role: "viewer" };
    for (let n = 1; n <= 50; n++) await admin("PUT", `${ORG}/presets/more-${n}`, preset);
    return admin("PUT", `${ORG}/presets/more-51`, preset);
  },
  preset_too_large: async ({ as, admin }, { active }) => {
    const resources = Array.from({ length: 200 }, (_, n) => `plant:p${n}`);
    await admin("PUT", `${ORG}/presets/large`, { resources, plants_of: ["north"], role: "viewer" });
    return as("anna", "POST", `/v1/cooperations/${active}/presets/large/apply`);
  },
  idempotency_key_reused: async ({ as }, { active, share }) => {
    const send = (role: string) => {
      const lines = [{ action: "change_share", share, role }];
      const headers = { "Idempotency-Key": "1" };
      return as("anna", "POST", `/v1/cooperations/${active}/shares/batch`, { lines }, { headers });
    };
    await send("viewer");
    return send("asset_manager");
  },
  resumed_recently: async ({ admin }) => {
    await admin("PUT", `${ORG}/webhooks/hub`, HUB_INPUT);
    const replay = `${ORG}/webhooks/hub/resume?after=${new Date(Date.now() - 1000).toISOString()}`;
    await admin("POST", replay);
    return admin("POST", replay);
  },
  outside_key: async (service) => {
    const key = "a-key-bound-to-brightfix";
    const bound = withKeys(service, [{ name: "bound", scopes: ["admin"], organizations: ["brightfix"], key }]);
    return bound.admin("GET", ORG, undefined, { key });
  },
  suspended: async ({ as, admin }, { active }) => {
    await admin("PUT", "/v1/organizations/brightfix/people/ben/suspension", {});
    return as("ben", "GET", `/v1/cooperations/${active}`);
  },
  not_admin: ({ as }) => as("otto", "GET", `${ORG}/cooperations`),
  wrong_side: ({ as }, { active }) => as("ben", "POST", `/v1/cooperations/${active}/pause`),
  wrong_status: ({ as }, { active }) => as("anna", "POST", `/v1/cooperations/${active}/resend`),
  cooperation_expired: async ({ as, setNow }, { pending }) => {
    setNow(new Date("2026-06-01T00:00:00Z"));
    await as("anna", "PATCH", `/v1/cooperations/${pending}`, { expires_at: "2026-06-02T00:00:00Z" });
    setNow(new Date("2026-06-02T00:00:00Z"));
    return as("lea", "POST", `/v1/cooperations/${pending}/accept`);
  },
  already_shared: ({ as }, { active }) =>
    as("anna", "POST", `/v1/cooperations/${active}/shares`, { resource: "plant:7", role: "viewer" }),
  already_invited: ({ as }) => as("anna", "POST", `${ORG}/cooperations`, { organization: "lumen" }),
  not_empty: ({ admin }) => admin("DELETE", ORG),
  last_admin: ({ as }) => as("anna", "DELETE", `${ORG}/people/anna`),
  still_member: ({ admin }) => admin("DELETE", "/v1/people/otto"),
  email_taken: ({ admin }) => admin("PUT", `${ORG}/people/otto`, { role: "member", email: "ben@brightfix.example" }),
  confirmation_stale: ({ as }) =>
    as("anna", "POST", `${ORG}/cooperations`, { email: "x@y.example", confirm_organization: "lumen" }),
  id_not_allowed: ({ admin }) => admin("PUT", `${ORG}/people/ott%E2%80%8Bo`, { role: "member" }),
  owner_is_fixed: ({ admin }) => admin("PUT", "/v1/plants/7", { owner: "brightfix" }),
  stale: ({ as }, { active }) =>
    as("anna", "POST", `/v1/cooperations/${active}/pause`, undefined, { headers: { "If-Match": '"999"' } }),
  role_above_cap: ({ as }, { share }) =>
    as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" }),
  operator_never_crosses: ({ as }, { share }) => as("anna", "PATCH", `/v1/shares/${share}`, { role: "operator" }),
  own_organization: ({ as }) => as("anna", "POST", `${ORG}/cooperations`, { organization: "sunward" }),
  not_owner: ({ as }) => as("anna", "PUT", "/v1/plants/7", { owner: "sunward", portfolio: "nowhere" }),
  not_own_person: ({ as }) => as("anna", "PUT", "/v1/plants/7/roles/ben", { role: "viewer" }),
  invalid_expiry: ({ as }, { share }) =>
    as("anna", "PATCH", `/v1/shares/${share}`, { expires_at: "2001-01-01T00:00:00Z" }),
  invalid_date: ({ as }, { share }) =>
    as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager", step_down_at: "2001-01-01T00:00:00Z" }),
  date_against_policy: async ({ as }, { active }) => {
    await as("anna", "PUT", `${ORG}/policy`, { share_days_max: 30 });
    return as("anna", "POST", `/v1/cooperations/${active}/shares`, { resource: "plant:8", role: "viewer" });
  },
  role_against_policy: async ({ as }, { share }) => {
    await as("anna", "PUT", `${ORG}/policy`, { highest_role: "viewer" });
    return as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager" });
  },
  partner_against_policy: async ({ as }, { pending }) => {
    await as("anna", "PUT", `${ORG}/policy`, { partners_denied: ["organization:lumen"] });
    return as("lea", "POST", `/v1/cooperations/${pending}/accept`);
  },
  nothing_to_ask: ({ as }, { active, share }) =>
    as("ben", "POST", `/v1/cooperations/${active}/asks`, { share, role: "asset_manager", note: "again" }),
  ask_stale: async ({ as }, { active, share }) => {
    const asked = await as("ben", "POST", `/v1/cooperations/${active}/asks`, {
      share,
      role: "viewer",
      note: "less",
    });
    await as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager" });
    return as("anna", "POST", `/v1/cooperations/${active}/asks/${asked.body.n}/accept`);
  },
  too_many_asks: async ({ as }, { active, share }) => {
    const ask = (day: number) =>
      as("ben", "POST", `/v1/cooperations/${active}/asks`, {
        ...{ share, role: "viewer", expires_at: `2098-01-${day}T00:00:00Z`, note: "less, and later" },
      });
    await as("anna", "PATCH", `/v1/shares/${share}`, { expires_at: "2097-01-01T00:00:00Z" });
    for (let day = 10; day < 20; day++) await ask(day);
    return ask(20);
  },
  invalid_invitation: ({ as }) => as("ben", "POST", "/v1/invitations/preview", { token: "x" }),
  invitation_expired: ({ as, setNow }, { token }) => {
    setNow(new Date(Date.now() + 15 * 24 * 60 * 60 * 1000));
    return as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" });
  },
  too_many_tuples: async ({ admin }) => {
    // each operator has four rungs, and none may outlive the plant
    await admin("PUT", "/v1/plants/crowded", { owner: "sunward" });
    for (let n = 0; n < 25; n++) {
      await admin("PUT", `${ORG}/people/p${n}`, { role: "member" });
      await admin("PUT", `/v1/plants/crowded/roles/p${n}`, { role: "operator" });
    }
    return admin("DELETE", "/v1/plants/crowded");
  },
  cool_down: ({ as }, { invited }) => as("anna", "POST", `/v1/cooperations/${invited}/resend`),
  too_many_invitations: (service) => {
    const { invitation } = service.deps;
    const limits = { ...invitation.limits, openMax: 1 };
    const strict = createService({ ...service.deps }, { invitation: { ...invitation, limits } });
    return strict.as("anna", "POST", `${ORG}/cooperations`, { email: "somebody.new@x.example" });
  },
  invalid_request: ({ as }) => as("anna", "GET", `${ORG}/people?limit=0`),
  invalid_page_token: (service) =>
    send(
      service,
      "POST",
      "/access/v1/search/subject",
      {
        subject: { type: "user" },
        action: { name: "view" },
        resource: { type: "plant", id: "7" },
        page: { token: "x" },
      },
      { key: KEYS.check },
    ),
  acting_user_required: ({ admin }) => admin("GET", "/v1/me"),
  unauthorized: ({ admin }) => admin("GET", ORG, undefined, { key: "nobody's" }),
  method_not_allowed: ({ admin }) => admin("PATCH", ORG, { name: "X" }),
  request_timeout: (service) => overHttp(service, "PUT /v1/organizations/x HTTP/1.1\r\nHost: concordat\r\n"),
  headers_too_large: (service) => overHttp(service, `GET /livez HTTP/1.1\r\nX-Long: ${"x".repeat(16 * 1024)}\r\n\r\n`),
  body_too_large: ({ admin }) => admin("PUT", ORG, { name: "x".repeat(256 * 1024) }),
  unsupported_media_type: ({ admin }) =>
    admin("PUT", ORG, { name: "X" }, { headers: { "Content-Type": "text/plain" } }),
  internal: (service) =>
    withTupleStore(service, { read: () => Promise.reject(new Error("a bug of ours")) }).admin("GET", ORG),
  store_damaged: async (service) => {
    await service.deps.tupleStore.write({
      deletes: [],
      writes: [
        {
          user: "entry:organization.sunward.9",
          relation: "head",
          object: "organization:sunward",
          condition: { name: "record", context: { fields: {} } },
        },
      ],
    });
    return service.admin("GET", ORG);
  },
  contended: (service, { active }) =>
    withTupleStore(service, { write: async () => "stale" }).as("anna", "POST", `/v1/cooperations/${active}/pause`),
  engine_unavailable: (service) => {
    const tupleStore = createTupleStore({ apiUrl: NOBODY, storeId: ulid(), modelId: ulid() });
    return createService({ ...service.deps, tupleStore }).admin("GET", ORG);
  },
  overloaded: (service) => {
    const engine = boundEngine(service.deps.engine, {
      callsMax: 0,
      meter: { engineCalled: () => {} },
      callerNow: () => "",
    });
    const question = {
      subject: { type: "user", id: "a" },
      action: { name: "view" },
      resource: { type: "plant", id: "1" },
    };
    const bounded = createService(service.deps, { engine });
    return bounded.admin("POST", "/access/v1/evaluation", question, { key: KEYS.check });
  },
  issuer_unavailable: ({ deps }) => {
    const verify = () => Promise.reject(new IssuerUnavailable("the keys of idp cannot be fetched"));
    const tokens = { issuers: [], kept: () => undefined, verify };
    return createService(deps, { tokens }).admin("GET", "/v1/doctor", undefined, { key: "e30.e30.e30" });
  },
  sessions_unavailable: ({ deps }) => {
    const away = () => Promise.reject(new SessionsUnavailable("the sessions cannot be read"));
    const sessions = { ...createMemorySessions(deps.clock), wasUsed: away };
    const never = () => Promise.reject(new Error("nobody signs in"));
    const readLogout = async () => ({ of: { iss: "idp", sub: "anna" }, id: "1" });
    const provider = { name: "idp", label: "idp", issuer: "idp", start: never, finish: never, readLogout };
    const signIn = { providers: [provider], seal: createTextSeal("a secret", "sign-ins") };
    const { service } = withConsole(deps, { sessions, signIn });
    const token = `e30.${Buffer.from('{"iss":"idp"}').toString("base64url")}.x`;
    const body = new URLSearchParams({ logout_token: token });
    return send(service, "POST", "/console/backchannel-logout", body, {});
  },
  audit_unavailable: (service) => {
    const admit = () => {
      throw new AuditUnavailable("the access log cannot be written");
    };
    const question = {
      subject: { type: "user", id: "a" },
      action: { name: "view" },
      resource: { type: "plant", id: "1" },
    };
    const recorded = createService(service.deps, { recorder: { record: () => {}, admit } });
    return recorded.admin("POST", "/access/v1/evaluation", question, { key: KEYS.check });
  },
  outcome_unknown: (service, { active }) =>
    withTupleStore(service, { write: async () => "unknown" }).as("anna", "POST", `/v1/cooperations/${active}/pause`),
};

test.for(Object.keys(PRODUCED) as (keyof typeof PRODUCED)[])(
  "%s can be provoked, and has its documented status and problem",
  async (code, { service }) => {
    const world = await seedRoutes(service);
    const reply = await PRODUCED[code](service, world);
    const [status, title] = { ...REFUSALS, ...FAULTS }[code];
    expect([reply.status, reply.body]).toMatchObject([
      status,
      { type: `urn:concordat:problem:${code}`, code, status, title },
    ]);
    expect(reply.headers.get("Content-Type")).toBe("application/problem+json");
    // the id of a request that was never heard whole is not known
    if (code !== "request_timeout" && code !== "headers_too_large")
      expect(reply.headers.get("X-Request-ID")).toMatch(/./);
  },
);

test("a reply that asks to wait says how long, one that asks for a key says which", async ({ service }) => {
  const world = await seedRoutes(service);
  const header = async (code: keyof typeof PRODUCED, name: string) =>
    (await PRODUCED[code](service, world)).headers.get(name);
  expect(Number(await header("cool_down", "Retry-After"))).toBeGreaterThan(0);
  expect(await header("engine_unavailable", "Retry-After")).toBe("1");
  expect(await header("overloaded", "Retry-After")).toBe("1");
  expect(await header("audit_unavailable", "Retry-After")).toBe("1");
  expect(await header("issuer_unavailable", "Retry-After")).toBe("1");
  expect(await header("unauthorized", "WWW-Authenticate")).toMatch(/^Bearer realm=.*invalid_token/);
  expect(await header("insufficient_scope", "WWW-Authenticate")).toMatch(/^Bearer .*insufficient_scope/);
  expect(await header("stale", "ETag")).toMatch(/^"\d+"$/);
});

test("a refusal carries the members that a program needs", async ({ service }) => {
  const world = await seedRoutes(service);
  const body = async (code: keyof typeof PRODUCED) => (await PRODUCED[code](service, world)).body;
  expect(await body("role_above_cap")).toMatchObject({ cap: "asset_manager", may_grant: ["viewer", "asset_manager"] });
  expect(await body("wrong_status")).toMatchObject({
    status: 409,
    cooperation_status: "active",
    needs: ["invited", "pending"],
  });
  expect(await body("already_shared")).toMatchObject({ resource: "plant:7", share: world.share });
  expect(await body("already_invited")).toMatchObject({ cooperation: world.pending });
  expect(await body("wrong_side")).toMatchObject({ needs: "initiator" });
  expect(await body("cool_down")).toMatchObject({ retry_after_seconds: expect.any(Number) });
});

test("an internal error is not described to the caller; the log has its kind and place, not its text", async ({
  service,
}) => {
  await seedRoutes(service);
  const logged: unknown[] = [];
  const cause = Object.assign(new Error("secret-path of the cause"), { code: "ENOENT" });
  const read = () => Promise.reject(new RangeError("secret-path /etc/concordat\n    at secret-path", { cause }));
  const { tupleStore, engine } = service.deps;
  const broken = createService(
    { tupleStore: { ...tupleStore, read }, engine },
    { log: (...line) => logged.push(line) },
  );
  const reply = await broken.admin("GET", ORG, undefined, { headers: { "X-Request-ID": "r-1" } });
  expect(JSON.stringify(reply.body)).not.toContain("secret-path");
  expect(JSON.stringify(logged)).not.toContain("secret-path");
  const facts = {
    request_id: "r-1",
    error: "RangeError",
    at: expect.arrayContaining([expect.stringContaining("errors.test.ts")]),
    cause: expect.objectContaining({ error: "Error", code: "ENOENT" }),
  };
  expect(logged).toContainEqual(["error", "internal", expect.objectContaining(facts)]);
});

test("while the engine is unreachable every route says so, decides nothing and writes nothing", async ({
  service,
  store,
}) => {
  const world = await seedRoutes(service);
  const before = await everything(service);
  const tupleStore = createTupleStore({ ...store, apiUrl: NOBODY });
  const engine = createEngine({ ...store, apiUrl: NOBODY, timeoutMilliseconds: 1000, connections: 1 });
  const away = createService({ ...service.deps, tupleStore, engine });
  for (const reply of [
    await away.as("anna", "GET", `/v1/cooperations/${world.active}`),
    await away.as("anna", "POST", `/v1/cooperations/${world.active}/pause`),
    await away.as("ben", "PUT", `/v1/shares/${world.share}/delegations/eva`, { role: "viewer" }),
    await away.admin("PUT", ORG, { name: "X" }),
    await ask(away, world, "POST /v1/explain"),
    await ask(away, world, "GET /v1/inspect/{object}"),
  ])
    expect([reply.status, reply.body.code]).toEqual([503, "engine_unavailable"]);
  const ready = await send(away, "GET", "/readyz", undefined, {});
  expect([ready.status, ready.body]).toEqual([503, { status: "engine_unavailable" }]);
  expect((await send(away, "GET", "/livez", undefined, {})).status).toBe(200);
  expect((await send(service, "GET", "/readyz", undefined, {})).status).toBe(200);
  expect(await everything(service)).toEqual(before);
  await engine.close();
});

test("a service that is stopping is alive and not ready", async ({ service }) => {
  const stopping = createService(service.deps, { stopping: () => true });
  expect((await send(stopping, "GET", "/readyz", undefined, {})).body).toEqual({ status: "stopping" });
  expect((await send(stopping, "GET", "/livez", undefined, {})).body).toEqual({ status: "ok" });
});

test("a store without its model is not ready", async ({ store, service }) => {
  const engine = createEngine({ ...store, modelId: ulid(), timeoutMilliseconds: 5000, connections: 1 });
  const lost = createService({ ...service.deps, engine });
  expect((await send(lost, "GET", "/readyz", undefined, {})).status).toBe(503);
  await engine.close();
});

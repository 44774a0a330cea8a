/**
 * Every route of the API with a request that it would answer, in one world where all of
 * them can be asked: the tests that hold something of every route walk this table, and
 * `callers.test.ts` compares the table with the OpenAPI document, in both directions.
 */

import { expect } from "vitest";
import { issueToken } from "../../src/domain/cooperation/invitation-token.ts";
import { anyId } from "./ids.ts";
import { cooperate, KEYS, type Reply, type Service, seedWorld } from "./service.ts";

/** Ids in the world of `seedRoutes`: `active` is sunward's (anna) with brightfix (ben), its share delegated to tom. */
export type World = { active: string; share: string; pending: string; invited: string; token: string };

/** `by`: who it would answer; a service acts for nobody. `acts`: it changes something in a cooperation. */
export type Route = {
  by: string;
  path: (world: World) => string;
  body?: (world: World) => Record<string, unknown>;
  acts?: boolean;
  /** Sent with the request: where its body is no plain JSON. */
  headers?: Record<string, string>;
  /** Answered alike whether the thing exists or not: no stranger learns anything. */
  needsNoStanding?: boolean;
};

const SERVICE = "a service";
const org = "/v1/organizations/sunward";
const cooperation = (rest = "") => ({ path: (w: World) => `/v1/cooperations/${w.active}${rest}` });
const pending = (rest: string) => ({ path: (w: World) => `/v1/cooperations/${w.pending}${rest}`, acts: true });
const share = (rest = "") => ({ path: (w: World) => `/v1/shares/${w.share}${rest}` });
const at = (path: string) => ({ path: () => path });
const viewer = { body: () => ({ role: "viewer" }) };
const question = {
  subject: { type: "user", id: "anna" },
  action: { name: "view" },
  resource: { type: "plant", id: "7" },
};
const check = (path: string) => ({ by: "a checker", path: () => `/access/v1/${path}`, body: () => question });

/** In an order in which each finds its world as it needs it: reads, then changes, then endings. */
export const ROUTES: Record<string, Route> = {
  "GET /v1/me": { by: "anna", ...at("/v1/me"), needsNoStanding: true },
  "GET /v1/me/notifications": { by: "anna", ...at("/v1/me/notifications"), needsNoStanding: true },
  "GET /v1/organizations/{org}": { by: "anna", ...at(org) },
  "GET /v1/organizations/{org}/people": { by: "anna", ...at(`${org}/people`) },
  "GET /v1/organizations/{org}/people/{user}": { by: "anna", ...at(`${org}/people/otto`) },
  "GET /v1/organizations/{org}/resources": { by: "anna", ...at(`${org}/resources`) },
  "GET /v1/organizations/{org}/cooperations": { by: "anna", ...at(`${org}/cooperations`) },
  "GET /v1/organizations/{org}/waiting": { by: "anna", ...at(`${org}/waiting`) },
  "GET /v1/organizations/{org}/incoming-shares": { by: "anna", ...at(`${org}/incoming-shares`) },
  "GET /v1/organizations/{org}/history": { by: "anna", ...at(`${org}/history`) },
  "GET /v1/organizations/{org}/history/verify": { by: "anna", ...at(`${org}/history/verify`) },
  "GET /v1/plants/{id}": { by: "anna", ...at("/v1/plants/7") },
  "GET /v1/portfolios/{id}": { by: "anna", ...at("/v1/portfolios/north") },
  "GET /v1/plants/{id}/roles": { by: "anna", ...at("/v1/plants/7/roles") },
  "GET /v1/portfolios/{id}/roles": { by: "anna", ...at("/v1/portfolios/north/roles") },
  "GET /v1/cooperations/{id}": { by: "anna", ...cooperation() },
  "GET /v1/cooperations/{id}/shares": { by: "anna", ...cooperation("/shares") },
  "GET /v1/cooperations/{id}/people": { by: "anna", ...cooperation("/people") },
  "GET /v1/cooperations/{id}/history": { by: "anna", ...cooperation("/history") },
  "GET /v1/cooperations/{id}/history/verify": { by: "anna", ...cooperation("/history/verify") },
  "GET /v1/cooperations/{id}/review": { by: "anna", ...cooperation("/review") },
  "GET /v1/register": { by: "anna", ...at("/v1/register?organization=sunward") },
  "GET /v1/cooperations/{id}/access-log": { by: "anna", ...cooperation("/access-log") },
  "GET /v1/organizations/{org}/access-log": { by: "anna", ...at(`${org}/access-log`) },
  "GET /v1/plants/{id}/access-log": { by: "anna", ...at("/v1/plants/7/access-log") },
  "GET /v1/portfolios/{id}/access-log": { by: "anna", ...at("/v1/portfolios/north/access-log") },
  "GET /v1/cooperations/{id}/asks": { by: "anna", ...cooperation("/asks") },
  "GET /v1/shares/{id}": { by: "anna", ...share() },
  "GET /v1/shares/{id}/delegations": { by: "anna", ...share("/delegations") },
  "GET /v1/events": { by: "anna", ...at("/v1/events?organization=sunward") },
  "GET /v1/webhooks": { by: SERVICE, ...at("/v1/webhooks"), needsNoStanding: true },
  "POST /v1/webhooks/{name}/resume": {
    by: SERVICE,
    ...at("/v1/webhooks/erp/resume"),
    needsNoStanding: true,
  },
  "GET /v1/webhooks/{name}": { by: SERVICE, ...at("/v1/webhooks/hub"), needsNoStanding: true },
  "POST /v1/webhooks/{name}/rotate": {
    by: SERVICE,
    ...at("/v1/webhooks/hub/rotate"),
    body: () => ({ keep_seconds: 60 }),
    needsNoStanding: true,
  },
  "GET /v1/organizations/{org}/presets": { by: "anna", ...at(`${org}/presets`) },
  "GET /v1/organizations/{org}/presets/{name}": { by: "anna", ...at(`${org}/presets/standard`) },
  "GET /v1/organizations/{org}/webhooks": { by: "anna", ...at(`${org}/webhooks`) },
  "GET /v1/organizations/{org}/webhooks/{name}": { by: "anna", ...at(`${org}/webhooks/hub`) },
  "POST /v1/organizations/{org}/webhooks/{name}/resume": { by: "anna", ...at(`${org}/webhooks/hub/resume`) },
  "POST /v1/organizations/{org}/webhooks/{name}/rotate": {
    by: "anna",
    ...at(`${org}/webhooks/hub/rotate`),
    body: () => ({ keep_seconds: 60 }),
  },
  "GET /v1/organizations/{org}/policy": { by: "anna", ...at(`${org}/policy`) },
  "GET /v1/organizations/{org}/policy/violations": { by: "anna", ...at(`${org}/policy/violations`) },
  "GET /v1/doctor": { by: SERVICE, ...at("/v1/doctor"), needsNoStanding: true },
  "GET /v1/inspect/{object}": { by: SERVICE, ...at("/v1/inspect/plant%3A7"), needsNoStanding: true },
  "POST /v1/explain": { by: SERVICE, ...at("/v1/explain"), body: () => question, needsNoStanding: true },
  "POST /v1/invitations/preview": {
    by: SERVICE,
    ...at("/v1/invitations/preview"),
    body: (w) => ({ token: w.token }),
    needsNoStanding: true,
  },
  "GET /v1/export": { by: SERVICE, ...at("/v1/export"), needsNoStanding: true },
  "POST /v1/import": {
    by: SERVICE,
    ...at("/v1/import"),
    body: () => ({ kind: "organization", id: "sunward", name: "Sunward" }),
    headers: { "Content-Type": "application/x-ndjson" },
    needsNoStanding: true,
  },
  "PUT /v1/me/notifications": {
    by: "anna",
    ...at("/v1/me/notifications"),
    body: () => ({ mails: "daily" }),
    needsNoStanding: true,
  },
  "PUT /v1/organizations/{org}": { by: SERVICE, ...at(org), body: () => ({ name: "Sunward" }), needsNoStanding: true },
  "PUT /v1/organizations/{org}/people/{user}": {
    by: "anna",
    ...at(`${org}/people/otto`),
    body: () => ({ role: "moderator" }),
  },
  "PUT /v1/organizations/{org}/people/{user}/suspension": {
    by: "anna",
    ...at(`${org}/people/otto/suspension`),
    body: () => ({ reason: "A laptop was lost." }),
  },
  "DELETE /v1/organizations/{org}/people/{user}/suspension": {
    by: "anna",
    ...at(`${org}/people/otto/suspension`),
  },
  "PUT /v1/plants/{id}": {
    by: "anna",
    ...at("/v1/plants/7"),
    body: () => ({ owner: "sunward", name: "Hill", portfolio: "north" }),
  },
  "PUT /v1/portfolios/{id}": {
    by: "anna",
    ...at("/v1/portfolios/north"),
    body: () => ({ owner: "sunward", name: "Far north" }),
  },
  "PUT /v1/plants/{id}/roles/{user}": { by: "anna", ...at("/v1/plants/7/roles/otto"), ...viewer },
  "PUT /v1/portfolios/{id}/roles/{user}": { by: "anna", ...at("/v1/portfolios/north/roles/otto"), ...viewer },
  "PUT /v1/webhooks/{name}": {
    by: SERVICE,
    ...at("/v1/webhooks/hub"),
    body: () => ({ url: "https://hub.example/other" }),
    needsNoStanding: true,
  },
  "PUT /v1/organizations/{org}/webhooks/{name}": {
    by: "anna",
    ...at(`${org}/webhooks/hub`),
    body: () => ({ url: "https://hub.example/other" }),
  },
  "PUT /v1/organizations/{org}/presets/{name}": {
    by: "anna",
    ...at(`${org}/presets/standard`),
    body: () => ({ resources: ["plant:7"], role: "asset_manager" }),
  },
  "PUT /v1/organizations/{org}/policy": {
    by: "anna",
    ...at(`${org}/policy`),
    body: () => ({ highest_role: "technical_manager", partners_denied: ["domain:denied.example"] }),
  },
  "POST /v1/organizations/{org}/cooperations": {
    by: "anna",
    ...at(`${org}/cooperations`),
    body: () => ({ email: "new@else.example" }),
    acts: true,
  },
  "POST /v1/cooperations/{id}/shares": {
    by: "anna",
    ...cooperation("/shares"),
    acts: true,
    body: () => ({ resource: "plant:8", role: "viewer" }),
  },
  "POST /v1/cooperations/{id}/asks/{n}/decline": { by: "anna", ...cooperation("/asks/1/decline"), acts: true },
  "POST /v1/cooperations/{id}/asks": {
    by: "ben",
    ...cooperation("/asks"),
    acts: true,
    body: (w) => ({ share: w.share, role: "viewer", note: "less will do" }),
  },
  "POST /v1/cooperations/{id}/asks/{n}/withdraw": { by: "ben", ...cooperation("/asks/2/withdraw"), acts: true },
  "POST /v1/cooperations/{id}/asks/{n}/accept": { by: "anna", ...cooperation("/asks/3/accept"), acts: true },
  "PATCH /v1/shares/{id}": { by: "anna", ...share(), acts: true, body: () => ({ role: "technical_manager" }) },
  "PUT /v1/shares/{id}/delegations/{user}": { by: "ben", ...share("/delegations/eva"), acts: true, ...viewer },
  "POST /v1/cooperations/{id}/shares/batch": {
    by: "anna",
    ...cooperation("/shares/batch"),
    acts: true,
    body: (w) => ({ lines: [{ action: "change_share", share: w.share, role: "viewer" }] }),
  },
  "POST /v1/cooperations/{id}/delegations/batch": {
    by: "ben",
    ...cooperation("/delegations/batch"),
    acts: true,
    body: (w) => ({
      lines: [{ action: "delegate", share: w.share, user: "tom", role: "viewer", expires_at: "2099-01-01T00:00:00Z" }],
    }),
  },
  "POST /v1/cooperations/{id}/presets/{name}/apply": {
    by: "anna",
    ...cooperation("/presets/standard/apply"),
    acts: true,
    body: () => ({ overwrite: true }),
  },
  "PATCH /v1/cooperations/{id}": {
    by: "anna",
    ...cooperation(),
    acts: true,
    body: () => ({ expires_at: "2099-01-01T00:00:00Z" }),
  },
  "POST /v1/cooperations/{id}/review": {
    by: "anna",
    ...cooperation("/review"),
    acts: true,
    body: () => ({ note: "Still needed.", review_by: "2098-01-01T00:00:00Z" }),
  },
  "POST /v1/cooperations/{id}/pause": { by: "anna", ...cooperation("/pause"), acts: true },
  "POST /v1/cooperations/{id}/resume": { by: "anna", ...cooperation("/resume"), acts: true },
  "POST /v1/cooperations/{id}/resend": { by: "anna", ...pending("/resend") },
  "POST /v1/cooperations/{id}/accept": { by: "lea", ...pending("/accept") },
  "POST /v1/cooperations/{id}/decline": { by: "lea", ...pending("/decline") },
  "POST /v1/invitations/join": {
    by: "lea",
    ...at("/v1/invitations/join"),
    body: (w) => ({ token: w.token, organization: "lumen" }),
    acts: true,
    needsNoStanding: true,
  },
  "DELETE /v1/shares/{id}/delegations/{user}": { by: "ben", ...share("/delegations/tom"), acts: true },
  "DELETE /v1/shares/{id}": { by: "anna", ...share(), acts: true },
  "POST /v1/cooperations/{id}/leave": { by: "lea", ...pending("/leave") },
  "DELETE /v1/cooperations/{id}": { by: "anna", ...cooperation(), acts: true },
  "DELETE /v1/webhooks/{name}": { by: SERVICE, ...at("/v1/webhooks/hub"), needsNoStanding: true },
  "DELETE /v1/organizations/{org}/webhooks/{name}": { by: "anna", ...at(`${org}/webhooks/hub`) },
  "DELETE /v1/organizations/{org}/presets/{name}": { by: "anna", ...at(`${org}/presets/standard`) },
  "DELETE /v1/plants/{id}/roles/{user}": { by: "anna", ...at("/v1/plants/7/roles/otto") },
  "DELETE /v1/portfolios/{id}/roles/{user}": { by: "anna", ...at("/v1/portfolios/north/roles/otto") },
  "DELETE /v1/organizations/{org}/people/{user}": { by: "anna", ...at(`${org}/people/otto`) },
  "DELETE /v1/people/{user}": { by: SERVICE, ...at("/v1/people/otto"), needsNoStanding: true },
  "DELETE /v1/plants/{id}": { by: SERVICE, ...at("/v1/plants/7"), needsNoStanding: true },
  "DELETE /v1/portfolios/{id}": { by: SERVICE, ...at("/v1/portfolios/north"), needsNoStanding: true },
  "DELETE /v1/organizations/{org}": { by: SERVICE, ...at(org), needsNoStanding: true },
  "POST /access/v1/evaluation": check("evaluation"),
  "POST /access/v1/evaluations": check("evaluations"),
  "POST /access/v1/search/subject": check("search/subject"),
  "POST /access/v1/search/resource": check("search/resource"),
  "POST /access/v1/search/action": check("search/action"),
};

/** A route of OpenFGA's API, with a request that it answers; `isChecked`: scope `check` suffices. 501 where `isOffered` is false. */
export type StoresRoute = { path: string; body?: object; isChecked?: true; isOffered?: false };

/** OpenFGA's API on the store of the service, in the same world. */
export function storesRoutes({ deps }: Service): Record<string, StoresRoute> {
  const { storeId, modelId } = deps.engine.api;
  const at = `/stores/${storeId}`;
  const tuple_key = { user: "user:otto", relation: "can_view", object: "plant:7" };
  const list = { user: "user:otto", relation: "can_view", type: "plant" };
  const users = { object: { type: "plant", id: "7" }, relation: "can_view", user_filters: [{ type: "user" }] };
  const isOffered = false as const;
  return {
    "GET /stores": { path: "/stores", isChecked: true },
    "GET /stores/{store_id}": { path: at, isChecked: true },
    "GET /stores/{store_id}/authorization-models": { path: `${at}/authorization-models` },
    "GET /stores/{store_id}/authorization-models/{id}": { path: `${at}/authorization-models/${modelId}` },
    "GET /stores/{store_id}/assertions/{authorization_model_id}": { path: `${at}/assertions/${modelId}` },
    "POST /stores/{store_id}/check": { path: `${at}/check`, body: { tuple_key }, isChecked: true },
    "POST /stores/{store_id}/batch-check": {
      path: `${at}/batch-check`,
      body: { checks: [{ tuple_key, correlation_id: "1" }] },
      isChecked: true,
    },
    "POST /stores/{store_id}/list-objects": { path: `${at}/list-objects`, body: list, isChecked: true },
    "POST /stores/{store_id}/streamed-list-objects": {
      path: `${at}/streamed-list-objects`,
      body: list,
      isChecked: true,
    },
    "POST /stores/{store_id}/list-users": { path: `${at}/list-users`, body: users, isChecked: true },
    "POST /stores/{store_id}/expand": {
      path: `${at}/expand`,
      body: { tuple_key: { relation: "owner", object: "plant:7" } },
    },
    "POST /stores/{store_id}/read": { path: `${at}/read`, body: { tuple_key: { object: "plant:7" } } },
    "GET /stores/{store_id}/changes": { path: `${at}/changes` },
    "POST /stores": { path: "/stores", body: { name: "another" }, isOffered },
    "PATCH /stores/{store_id}": { path: at, body: { name: "another" }, isOffered },
    "DELETE /stores/{store_id}": { path: at, isOffered },
    "POST /stores/{store_id}/authorization-models": {
      path: `${at}/authorization-models`,
      body: { schema_version: "1.1", type_definitions: [{ type: "user" }] },
      isOffered,
    },
    "PUT /stores/{store_id}/assertions/{authorization_model_id}": {
      path: `${at}/assertions/${modelId}`,
      body: { assertions: [{ tuple_key, expectation: false }] },
      isOffered,
    },
    "POST /stores/{store_id}/write": {
      path: `${at}/write`,
      // it exists already, so that the request may be repeated
      body: {
        writes: {
          tuple_keys: [{ user: "user:otto", relation: "asset_manager", object: "plant:7" }],
          on_duplicate: "ignore",
        },
      },
    },
  };
}

/** The route of security events, which says 400 to everybody without one, whoever they are. */
export const PUSH_ROUTE = "POST /ssf/events";

/** Routes that answer anybody. */
export const OPEN_ROUTES = [
  "GET /livez",
  "GET /readyz",
  "GET /metrics",
  "GET /.well-known/authzen-configuration",
  "GET /.well-known/concordat-history-keys.json",
  "GET /.well-known/concordat-webhook-keys.json",
];

/** The routes of `/v1`, as [name, route]. */
export const V1 = Object.entries(ROUTES).filter(([name]) => name.includes(" /v1/"));

/** The world that the table's requests are made for: as `seedWorld`, with a third organization, lumen (lea). */
export async function seedRoutes(service: Service): Promise<World> {
  await seedWorld(service);
  const must = (reply: Reply) => {
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
    return reply.body;
  };
  must(await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" }));
  must(await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin", email: "lea@lumen.example" }));
  must(await service.admin("PUT", "/v1/plants/7/roles/otto", { role: "asset_manager" }));
  const hub = { url: "https://hub.example/concordat" };
  must(await service.admin("PUT", "/v1/webhooks/hub", hub));
  must(await service.as("anna", "PUT", `${org}/webhooks/hub`, hub));
  must(await service.as("anna", "PUT", `${org}/presets/standard`, { resources: ["plant:7"], role: "viewer" }));
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
  const [first = ""] = shares;
  must(await service.as("ben", "PUT", `/v1/shares/${first}/delegations/tom`, { role: "viewer" }));
  for (const role of ["viewer", "technical_manager"])
    must(await service.as("ben", "POST", `/v1/cooperations/${id}/asks`, { share: first, role, note: "another role" }));
  const invite = async (body: object) => must(await service.as("anna", "POST", `${org}/cooperations`, body)).id;
  const pendingId: string = await invite({ organization: "lumen", shares: [{ resource: "plant:8", role: "viewer" }] });
  const invited: string = await invite({ email: "ida@else.example" });
  const token = issueToken(service.deps.invitation.secret, anyId(invited), 1);
  return { active: id, share: first, pending: pendingId, invited, token };
}

export type Asked = { key?: string | undefined; user?: string | undefined; headers?: Record<string, string> };

/** Sends a route's request; without a key nobody is known, without a user nobody is acted for. */
export async function send(
  { app }: Service,
  method: string,
  path: string,
  body: RequestInit["body"] | object,
  { key, user, headers = {} }: Asked,
): Promise<Reply & { text: string }> {
  const json = body !== undefined && body !== null && Object.getPrototypeOf(body) === Object.prototype;
  const reply = await app.request(path, {
    method,
    ...(body !== undefined && { body: json ? JSON.stringify(body) : (body as NonNullable<RequestInit["body"]>) }),
    headers: {
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      ...(user !== undefined && { "Acting-User": `user:${encodeURIComponent(user)}` }),
      ...(json && { "Content-Type": "application/json" }),
      ...headers,
    },
  });
  const text = await reply.text();
  const isJson = /^application\/(problem\+)?json\b/.test(reply.headers.get("Content-Type") ?? "");
  return { status: reply.status, headers: reply.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** Sends a route's request as the one it would answer, or as `asked` says. */
export function ask(service: Service, world: World, name: string, asked?: Asked) {
  const route = ROUTES[name];
  if (route === undefined) throw new Error(`${name} is not in the table`);
  const [method = ""] = name.split(" ");
  const isPerson = route.by !== SERVICE && route.by !== "a checker";
  const own = isPerson ? { key: KEYS.manage, user: route.by } : { key: route.by === SERVICE ? KEYS.admin : KEYS.check };
  const headers = { ...route.headers, ...asked?.headers };
  return send(service, method, route.path(world), route.body?.(world), { ...(asked ?? own), headers });
}

/** Every tuple of the store as text, to compare two moments; read when the actions before it have swept up after themselves. */
export async function everything({ deps, settled }: Service): Promise<string[]> {
  await settled();
  return (await deps.tupleStore.readAll()).map((tuple) => JSON.stringify(tuple)).sort();
}

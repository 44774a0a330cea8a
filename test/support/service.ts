/**
 * The test function for everything that talks to the service: each test gets the app
 * as a value on a fresh store of the real engine, a clock that it may turn, the mails
 * that went out, and short calls. Every reply is held to the OpenAPI document, and every
 * error to being a problem with a known code.
 */

import { randomBytes } from "node:crypto";
import { ulid } from "ulid";
import { expect } from "vitest";
import { createFileReader } from "../../src/access-log/file-reader.ts";
import { createBackground } from "../../src/actions/run/background.ts";
import { createKeyedMutex } from "../../src/actions/run/keyed-mutex.ts";
import { createRepeats } from "../../src/actions/run/repeats.ts";
import { type AppDeps, createApp } from "../../src/app.ts";
import { createChecker } from "../../src/check/check.ts";
import { createEndpointSeal } from "../../src/domain/events/endpoint-seal.ts";
import { type CooperationId, ShareId } from "../../src/domain/ids.ts";
import { findKey, toServiceKey } from "../../src/domain/service-keys.ts";
import { callerNow } from "../../src/http/caller.ts";
import { FAULTS } from "../../src/http/problem.ts";
import { REFUSALS } from "../../src/http/refusals.ts";
import { createMemoryCache } from "../../src/memory/decision-cache.ts";
import { createMemorySignalLog } from "../../src/memory/signal-log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { boundEngine } from "../../src/openfga/bounded-engine.ts";
import type { DecisionCache, Mail } from "../../src/ports.ts";
import { urlProblemBy } from "../../src/webhooks/added-webhooks.ts";
import { test as engineTest } from "./engine.ts";
import { held } from "./reply-schemas.ts";

/** Three keys, each with its scope alone, and one with all of them. */

export const KEYS = {
  check: "check-key-of-the-tests",
  manage: "manage-key-of-the-tests",
  admin: "admin-key-of-the-tests",
  all: "all-key-of-the-tests",
};
const keys = [
  toServiceKey({ name: "checker", scopes: ["check"], key: KEYS.check }),
  toServiceKey({ name: "manager", scopes: ["manage"], key: KEYS.manage }),
  toServiceKey({ name: "back-office", scopes: ["admin"], key: KEYS.admin }),
  toServiceKey({ name: "all", scopes: ["check", "manage", "admin"], key: KEYS.all }),
];

/** The product's defaults. */
const TTL_MILLISECONDS = 10_000;
const ENGINE_CALLS_MAX = 128;
const NO_FOLDER = "/no folder of the access log";

/** Every code that is documented; a reply of any test with another one fails it. */
const CODES = [...Object.keys(REFUSALS), ...Object.keys(FAULTS)];

// tests read what they expect to be there; what is not fails the test
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Reply = { status: number; body: any; headers: Headers };
export type CallOptions = { body?: unknown; headers?: Record<string, string>; key?: string };

export type Service = {
  app: ReturnType<typeof createApp>;
  deps: AppDeps & { cache: DecisionCache };
  mails: Mail[];
  /** Stops the clock at this time. Undefined lets it run again. */
  setNow: (now: Date | undefined) => void;
  /** A call by a person with scope manage. */
  as: (user: string, method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>;
  /** A call by a service with scope admin. */
  admin: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>;
  /** Whether `user` may `action` on `resource` (`plant:7`), asked through AuthZEN. */
  may: (user: string, action: string, resource: string) => Promise<boolean>;
  settled: () => Promise<void>;
};

/** A service on a store, with everything that can be exchanged. */
export function createService(
  base: Pick<AppDeps, "tupleStore" | "engine"> & { cache?: DecisionCache },
  changes: Partial<Omit<AppDeps, "cache">> & { cache?: DecisionCache } = {},
  engineCallsMax = ENGINE_CALLS_MAX,
): Service {
  let now: Date | undefined;
  const mails: Mail[] = [];
  const warnings: string[] = [];
  const background = createBackground((event) => warnings.push(event));
  const clock = changes.clock ?? (() => now ?? new Date());
  const { meter, text: metricsText } = createMetrics(clock);
  const ttlMilliseconds = changes.ttlMilliseconds ?? TTL_MILLISECONDS;
  const cache = changes.cache ?? base.cache ?? createMemoryCache({ entriesMax: 10_000 });
  const engine = boundEngine(changes.engine ?? base.engine, { callsMax: engineCallsMax, meter, callerNow });
  const deps: Service["deps"] = {
    ...base,
    cache,
    metricsText,
    checker: createChecker({
      engine,
      cache,
      clock,
      meter,
      ttlMilliseconds,
      unwatchedMilliseconds: TTL_MILLISECONDS,
      callerNow,
    }),
    mailer: { send: async (mail) => void mails.push(mail) },
    // a reply says what became of its mails also where the machine stops for a second; mails that a test holds back never end
    mailWaitMilliseconds: changes.inBackground ? 0 : 30_000,
    clock,
    mutex: createKeyedMutex(),
    repeats: createRepeats(),
    newId: () => ulid(),
    newNonce: () => randomBytes(16).toString("base64url"),
    inBackground: background.run,
    warn: (event) => warnings.push(event),
    invitation: {
      secret: "a secret for the tests alone, 32+",
      url: "https://app.example/join",
      ttlDays: 14,
      limits: { openMax: 200, dailyMax: 100, declinedDays: 3 },
    },
    discloseOrganizations: true,
    findKey: (presented) => findKey(keys, presented, clock),
    publicUrl: "https://concordat.example",
    stopping: () => false,
    addedWebhooks: {
      seal: createEndpointSeal("a secret for the tests alone, 32+"),
      byOrganizations: true,
      urlProblem: urlProblemBy(["http", "ports", "private", "organizations-private"]),
    },
    webhooks: [{ name: "erp", url: new URL("https://erp.example/hook"), secrets: [] }],
    importIdleMilliseconds: 30_000,
    notices: () => ({ cache: "ok", clock: "ok" }),
    // of a service that has recorded nothing
    accessLogReader: createFileReader({ folder: NO_FOLDER }),
    log: () => {},
    signals: createMemorySignalLog(clock),
    ...changes,
    // as service.ts has it: nothing from before an action counts for longer than the bound
    ttlMilliseconds: Math.min(ttlMilliseconds, TTL_MILLISECONDS),
    engine,
  };
  const app = held(createApp(deps));
  const send = async (
    key: string,
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Reply> => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const reply = await app.request(path, {
      method,
      ...json,
      headers: { Authorization: `Bearer ${key}`, ...type, ...headers },
    });
    const answer: Reply["body"] = await reply.json();
    if (reply.status >= 400) {
      expect(reply.headers.get("Content-Type"), `${method} ${path}`).toBe("application/problem+json");
      expect(answer).toMatchObject({ status: reply.status, code: expect.any(String), title: expect.any(String) });
      expect(CODES, `${method} ${path}`).toContain(answer.code);
    }
    return { status: reply.status, body: answer, headers: reply.headers };
  };
  return {
    app,
    deps,
    mails,
    setNow: (to) => {
      now = to;
    },
    settled: background.settled,
    as: (user, method, path, body, options = {}) =>
      send(options.key ?? KEYS.manage, method, path, body, {
        "Acting-User": `user:${encodeURIComponent(user)}`,
        ...options.headers,
      }),
    admin: (method, path, body, options = {}) =>
      send(options.key ?? KEYS.admin, method, path, body, options.headers ?? {}),
    may: async (user, action, resource) => {
      const [type, id] = [resource.slice(0, resource.indexOf(":")), resource.slice(resource.indexOf(":") + 1)];
      const question = { subject: { type: "user", id: user }, action: { name: action }, resource: { type, id } };
      const reply = await send(KEYS.check, "POST", "/access/v1/evaluation", question, {});
      expect(reply.status).toBe(200);
      return reply.body.decision;
    },
  };
}

/** The service with these keys beside its own: each by what it is called with. */
export function withKeys({ deps }: Service, inputs: Parameters<typeof toServiceKey>[0][], changes = {}): Service {
  const more = inputs.map(toServiceKey);
  return createService(deps, { findKey: (key) => findKey([...keys, ...more], key, deps.clock), ...changes });
}

export const test = engineTest.extend<{ service: Service }>({
  service: async ({ tupleStore, engine }, use) => {
    const service = createService({ tupleStore, engine });
    await use(service);
    await service.settled();
  },
});

/** Two organizations with people, a plant in a portfolio: the world that most tests begin with. */
export async function seedWorld({ admin }: Service): Promise<void> {
  const must = async (...call: Parameters<Service["admin"]>) => expect((await admin(...call)).status).toBe(201);
  await must("PUT", "/v1/organizations/sunward", { name: "Sunward Energy" });
  await must("PUT", "/v1/organizations/brightfix", { name: "Brightfix Service" });
  const people = [
    ["sunward", "anna", "admin"],
    ["sunward", "otto", "member"],
    ["brightfix", "ben", "admin"],
    ["brightfix", "tom", "member"],
    ["brightfix", "eva", "external"],
  ] as const;
  for (const [organization, user, role] of people)
    await must("PUT", `/v1/organizations/${organization}/people/${user}`, {
      role,
      email: `${user}@${organization}.example`,
    });
  await must("PUT", "/v1/portfolios/north", { owner: "sunward", name: "North" });
  await must("PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside" });
  await must("PUT", "/v1/plants/8", { owner: "sunward", name: "Lakeside", portfolio: "north" });
}

/** As if nobody had ever invited anybody: for tests that make the same invitation many times, and not to see how often it may be. */
export async function forgetInvitations({ deps: { tupleStore } }: Service): Promise<void> {
  const all = await tupleStore.readAll();
  await tupleStore.erase(all.filter(({ object }) => object.startsWith("invitation:")));
}

/** An active cooperation of sunward (anna) with brightfix (ben), with these shares; returns its id and the shares' ids, in their order. */
export async function cooperate(
  service: Service,
  shares: { resource: string; role: string; expires_at?: string }[],
): Promise<{ id: CooperationId; shares: ShareId[] }> {
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    shares,
  });
  expect(invited.status, JSON.stringify(invited.body)).toBe(201);
  const accepted = await service.as("ben", "POST", `/v1/cooperations/${invited.body.id}/accept`);
  expect(accepted.status, JSON.stringify(accepted.body)).toBe(200);
  // ids of one millisecond have no order: each share is found by what it is of
  const ids = new Map(accepted.body.shares.map((one: { resource: string; id: string }) => [one.resource, one.id]));
  return { id: invited.body.id, shares: shares.map(({ resource }) => ShareId.parse(ids.get(resource))) };
}

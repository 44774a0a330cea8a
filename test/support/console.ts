/**
 * The console on a port of its own, with the people of a world to sign in as. With a fixed clock and counted ids
 * its pages are the same whenever a test runs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { createFileReader } from "../../src/access-log/file-reader.ts";
import type { AppDeps } from "../../src/app.ts";
import { createSamples } from "../../src/console/inspector/samples.ts";
import { createMemorySessions } from "../../src/memory/sessions.ts";
import { sharedPort } from "../../src/serve.ts";
import { sampleOf } from "./console-service.ts";
import { listen } from "./listening.ts";
import { createService, type Service, test as serviceTest } from "./service.ts";
import { accessAt, writeTo } from "./written-log.ts";

/** When it is, in the worlds of the console. */
export const NOW = new Date("2027-03-10T09:00:00Z");
const DAY = 24 * 60 * 60 * 1000;
/** An instant so many days from then. */
export const inDays = (days: number): string => new Date(NOW.getTime() + days * DAY).toISOString();

const PEOPLE = [
  { user: "anna", name: "Anna Berg", organization: "sunward", role: "admin" },
  { user: "otto", name: "Otto Lind", organization: "sunward", role: "member" },
  { user: "ben", name: "Ben Okafor", organization: "brightfix", role: "admin" },
  { user: "tom", name: "Tom Reyes", organization: "brightfix", role: "member" },
  { user: "eva", name: "Eva Novak", organization: "brightfix", role: "external" },
  { user: "ida", name: "Ida Holm", organization: "windpark", role: "admin" },
] as const;
const ORGANIZATIONS = {
  sunward: "Sunward Energy",
  brightfix: "Brightfix Service",
  windpark: "Windpark Nord",
} as const;

export type Console = { service: Service; url: string; folder: string; end(): Promise<void> };
type Changes = Partial<NonNullable<AppDeps["console"]>>;

/** The console of a service on this store. `changes` are of its configuration. */
export async function startConsole(
  base: Pick<AppDeps, "tupleStore" | "engine">,
  changes: Changes = {},
  service: Partial<Omit<AppDeps, "cache" | "console">> = {},
): Promise<Console> {
  const port = await sharedPort({ HOST: "127.0.0.1", PORT: 0 });
  const publicUrl = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "concordat-console-"));
  let made = 0;
  const tryAs = [
    ...PEOPLE.map(({ user, name, organization }) => ({ user, name, organization: ORGANIZATIONS[organization] })),
    { user: "gus", name: "Gus Adler", organization: "Gridworks AG" },
    { name: "Engineer" },
  ];
  const sessions = createMemorySessions(() => NOW);
  const hour = 60 * 60 * 1000;
  const started = createService(base, {
    publicUrl,
    newId: () => `01KD${String(++made).padStart(22, "0")}`,
    accessLogReader: createFileReader({ folder }),
    // a page that failed says why nowhere else
    log: (level, event, facts) => level === "error" && console.log(event, facts),
    console: {
      sessions,
      samples: createSamples(
        async () => [],
        () => NOW,
      ),
      limits: { idleMilliseconds: 8 * hour, absoluteMilliseconds: 8 * hour },
      tryAs: sampleOf(tryAs),
      ...changes,
    },
    ...service,
  });
  started.setNow(NOW);
  const { url, close } = await listen(started, { port });
  return {
    service: started,
    url,
    folder,
    async end() {
      await close();
      await started.settled();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The organizations with their people and plants; nobody has a cooperation. */
export async function seedPeople({ admin }: Service): Promise<void> {
  const must = async (...call: Parameters<Service["admin"]>) => {
    const { status, body } = await admin(...call);
    expect(status, JSON.stringify(body)).toBe(201);
  };
  for (const [id, name] of Object.entries(ORGANIZATIONS)) await must("PUT", `/v1/organizations/${id}`, { name });
  for (const { user, name, organization, role } of PEOPLE)
    await must("PUT", `/v1/organizations/${organization}/people/${user}`, {
      role,
      name,
      email: `${user}@${organization}.example`,
    });
  await must("PUT", "/v1/portfolios/north", { owner: "sunward", name: "North" });
  await must("PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside" });
  await must("PUT", "/v1/plants/8", { owner: "sunward", name: "Lakeside", portfolio: "north" });
  await must("PUT", "/v1/plants/9", { owner: "sunward", name: "Moorland", portfolio: "north" });
  await must("PUT", "/v1/plants/w1", { owner: "windpark", name: "Coast 1" });
}

/** The ids of what `seedCooperations` makes, all of sunward's: a cooperation in each status, and windpark's with sunward. */
export type Cooperations = {
  active: string;
  share: string;
  invited: string;
  pending: string;
  paused: string;
  ended: string;
  incoming: string;
};

/** Cooperations in each status, with shares, delegations, dates, asks, a preset and access, so that no page is empty. */
export async function seedCooperations({
  service,
  folder,
}: Pick<Console, "service" | "folder">): Promise<Cooperations> {
  const { admin, as } = service;
  const must = async (...call: Parameters<Service["as"]>) => {
    const { status, body } = await as(...call);
    expect(status, `${call.join(" ")} ${JSON.stringify(body)}`).toBeLessThan(300);
    return body;
  };
  const other = async (id: string, name: string, user: string) => {
    await admin("PUT", `/v1/organizations/${id}`, { name });
    await admin("PUT", `/v1/organizations/${id}/people/${user}`, { role: "admin", email: `${user}@${id}.example` });
  };
  await other("gridworks", "Gridworks AG", "gus");
  await other("solaris", "Solaris Invest", "sol");
  await other("oldpartner", "Old Partner Ltd", "olga");
  const invite = async (body: object, from = ["anna", "sunward"] as const) =>
    must(from[0], "POST", `/v1/organizations/${from[1]}/cooperations`, body);
  const active = await invite({
    organization: "brightfix",
    expires_at: inDays(290),
    review_by: inDays(12),
    shares: [
      { resource: "plant:7", role: "technical_manager", expires_at: inDays(6) },
      { resource: "portfolio:north", role: "viewer" },
    ],
  });
  const accepted = await must("ben", "POST", `/v1/cooperations/${active.id}/accept`);
  const share = accepted.shares.find((one: { resource: string }) => one.resource === "plant:7").id;
  await must("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" });
  await must("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer", expires_at: inDays(5) });
  const ask = { share, role: "asset_manager", note: "We take over the invoices in April." };
  await must("ben", "POST", `/v1/cooperations/${active.id}/asks`, ask);
  const invited = await invite({ email: "new.partner@meadow.example", language: "de" });
  const pending = await invite({ organization: "gridworks", shares: [{ resource: "plant:8", role: "asset_manager" }] });
  const paused = await invite({ organization: "solaris", shares: [{ resource: "plant:9", role: "viewer" }] });
  await must("sol", "POST", `/v1/cooperations/${paused.id}/accept`);
  await must("anna", "POST", `/v1/cooperations/${paused.id}/pause`, { reason: "Audit", resume_at: inDays(20) });
  const ended = await invite({ organization: "oldpartner" });
  await must("olga", "POST", `/v1/cooperations/${ended.id}/accept`);
  await must("anna", "DELETE", `/v1/cooperations/${ended.id}`);
  const fromWindpark = { organization: "sunward", shares: [{ resource: "plant:w1", role: "viewer" }] };
  const incoming = await invite(fromWindpark, ["ida", "windpark"] as never);
  await must("anna", "POST", `/v1/cooperations/${incoming.id}/accept`);
  const preset = { resources: ["plant:7", "plant:8"], role: "technical_manager", days: 90 };
  await must("anna", "PUT", "/v1/organizations/sunward/presets/summer", preset);
  const at = NOW.getTime();
  const through = { cooperation: active.id, share, caller: "portal" };
  writeTo(folder, { at }, [
    accessAt(at, { ...through, permission: "can_manage_technical", count: 14 }),
    accessAt(at + 60_000, { ...through, user: "eva", count: 3 }),
    accessAt(at + 120_000, {
      ...{ ...through, user: "eva", permission: "can_manage_technical", decision: false },
      reasons: ["delegation_too_low"],
    }),
  ]);
  const ids = { active, invited, pending, paused, ended, incoming };
  return {
    share,
    ...(Object.fromEntries(Object.entries(ids).map(([name, { id }]) => [name, id])) as Omit<Cooperations, "share">),
  };
}

/** The test function of the console: on a fresh store, with people and plants. */
export const test = serviceTest.extend<{ console: Console }>({
  console: async ({ tupleStore, engine }, use) => {
    const started = await startConsole({ tupleStore, engine });
    await seedPeople(started.service);
    await use(started);
    await started.end();
  },
});

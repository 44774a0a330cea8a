/** The tables of docs/audit.md: each row's request is answered, with the members that the row names, by what was really done. */
import { expect } from "vitest";
import { textOf } from "../../support/pages.ts";
import { recordedService } from "../../support/recorded-service.ts";
import { BEGIN, date, day } from "../../support/schedule.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

type Row = { clause: string; asks: string; method: string; path: string; members: string[] };

/** The rows of the page's tables. */
const ROWS: Row[] = textOf("docs/audit.md")
  .split("\n")
  .flatMap((line) => {
    const [, clause = "", asks = "", request = "", members = ""] = line.split("|").map((cell) => cell.trim());
    const [, method = "", path = ""] = /^`(\w+) (\S+)`$/.exec(request) ?? [];
    if (method === "") return [];
    return [{ clause, asks, method, path, members: [...members.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name) }];
  });

const LAST_USED = "items[].last_used";

/** What is sent with a request that takes a body. */
const BODIES: Record<string, Record<string, unknown>> = {
  "/v1/explain": {
    subject: { type: "user", id: "tom" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  },
  "/v1/cooperations/{id}/review": { note: "Still needed.", review_by: date(400) },
};

/** All values at a place such as `items[].path.held_as`, undefined where it is missing. */
function valuesAt(body: unknown, place: string): unknown[] {
  return place.split(".").reduce<unknown[]>(
    (values, step) => {
      const [, name = "", list] = /^(\w+)(\[\])?$/.exec(step) ?? [];
      const found = values.map((value) => (value as Record<string, unknown> | null)?.[name]);
      return list === undefined ? found : found.flatMap((value) => (Array.isArray(value) ? value : []));
    },
    [body],
  );
}

/** Tom's access is asked for, and what he may not. Gives a service that has it in its log. */
async function accessed(service: Service): Promise<Service> {
  const { service: asked, recorded } = recordedService(service);
  for (const [name, decision] of [["view", true] as const, ["manage_technical", false] as const]) {
    const { subject, resource } = BODIES["/v1/explain"] ?? {};
    const question = { subject, resource, action: { name }, context: { purpose: "order 4711" } };
    const { body } = await asked.admin("POST", "/access/v1/evaluation", question, { key: KEYS.check });
    expect(body.decision).toBe(decision);
  }
  await recorded();
  return asked;
}

/** A cooperation of which everything that the page asks about has happened once, and an organization on both sides. */
async function audited(service: Service): Promise<string> {
  service.setNow(BEGIN);
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager", expires_at: date(300) },
    { resource: "plant:8", role: "viewer" },
  ]);
  const must = async (user: string, method: string, path: string, body?: object) => {
    const reply = await service.as(user, method, path, body);
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
    return reply.body;
  };
  await must("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  await must("ben", "PUT", `/v1/shares/${shares[1]}/delegations/tom`, { role: "viewer" });
  await must("anna", "PATCH", `/v1/shares/${shares[1]}`, { expires_at: date(200) });
  await must("anna", "PATCH", `/v1/cooperations/${id}`, { review_by: date(90) });
  service.setNow(day(1));
  await must("anna", "POST", `/v1/cooperations/${id}/review`, { note: "As agreed.", review_by: date(180) });
  service.setNow(day(2));
  await must("ben", "PUT", `/v1/shares/${shares[1]}/delegations/eva`, { role: "viewer" });
  await must("ben", "DELETE", `/v1/shares/${shares[1]}/delegations/tom`);
  const admin = async (method: string, path: string, body?: object) =>
    expect((await service.admin(method, `/v1/${path}`, body)).status, path).toBeLessThan(300);
  await admin("DELETE", "organizations/brightfix/people/eva");
  await must("anna", "PUT", "/v1/organizations/sunward/people/otto", { role: "moderator" });
  await admin("PUT", "organizations/sunward/people/ines", { role: "member" });
  await admin("DELETE", "organizations/sunward/people/ines");
  await admin("PUT", "plants/9", { owner: "brightfix" });
  const offer = { organization: "sunward", shares: [{ resource: "plant:9", role: "viewer" }] };
  const { id: other } = await must("ben", "POST", "/v1/organizations/brightfix/cooperations", offer);
  await must("anna", "POST", `/v1/cooperations/${other}/accept`);
  await must("anna", "PUT", "/v1/organizations/sunward/policy", { review_months_max: 24 });
  return id;
}

test("the page has rows of all three standards, and each names a request and members", () => {
  for (const clause of ["11.2.1", "11.2.2 (e)", "11.2.3", "A.5.15", "A.5.18", "A.8.15", "CC6.1", "CC6.2", "CC6.3"])
    expect(ROWS.map((row) => row.clause)).toContain(clause);
  const lines = textOf("docs/audit.md")
    .split("\n")
    .filter((line) => /^\| (?!clause|---)/.test(line));
  expect(ROWS).toHaveLength(lines.length);
  for (const { asks, members } of ROWS) expect(members, asks).not.toEqual([]);
});

test.for(ROWS.map((row) => [row.clause, row.asks, row] as const))(
  "%s, %s: the request is answered with what the page says",
  async ([, , { method, path, members }], { service }) => {
    const id = await audited(service);
    const isOfLog = path.includes("access-log") || members.includes(LAST_USED);
    const asked = isOfLog ? await accessed(service) : service;
    const at = encodeURIComponent(day(1).toISOString());
    const request = path.replace("{org}", "sunward").replace("{id}", id).replace("{at}", at);
    const sent = method === "GET" ? undefined : BODIES[path];
    const { status, body } = path.startsWith("/v1/explain")
      ? await asked.admin(method, request, sent)
      : await asked.as("anna", method, request, sent);
    expect(status, JSON.stringify(body)).toBe(200);
    for (const member of members) {
      const [place = "", value] = member.split("=");
      const values = valuesAt(body, place);
      const where = `${method} ${request}: ${member}`;
      expect(values, where).not.toEqual([]);
      // a date that is not set, or a person who is not named, would be no answer; of rights some were never used
      const unset = values.filter((one) => one === undefined || one === null);
      if (member === LAST_USED) expect(unset.length, where).toBeLessThan(values.length);
      else expect(unset, where).toEqual([]);
      if (value !== undefined) expect(values.map(String), where).toContain(value);
    }
  },
);

test("what a row asks about has happened there: the rows are no empty lists", async ({ service }) => {
  const id = await audited(service);
  const get = async (path: string) => (await service.as("anna", "GET", path)).body;
  const register = await get("/v1/register?organization=sunward");
  const holders = register.items.map(({ user, resource }: { user: string; resource: string }) => `${user} ${resource}`);
  expect(holders.toSorted()).toEqual(["ben plant:7", "ben plant:8", "tom plant:7"]);
  expect(register.items.filter(({ until }: { until: string | null }) => until === null)).toEqual([]);
  const past = await get(`/v1/register?organization=sunward&at=${encodeURIComponent(day(0).toISOString())}`);
  expect(past.items.length).toBeGreaterThan(0);
  expect((await get(`/v1/cooperations/${id}/review`)).last_review).toMatchObject({
    by: "user:anna",
    note: "As agreed.",
  });
  expect(await get(`/v1/cooperations/${id}/history/verify`)).toMatchObject({ holds: true });
  const held = await get("/v1/register?organization=sunward&direction=held");
  expect(held.items).toMatchObject([{ user: "anna", resource: "plant:9", owner: { id: "brightfix" } }]);
});

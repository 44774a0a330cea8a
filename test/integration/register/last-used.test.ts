/**
 * When a right was last used: in the register and in the review, to whoever sees the right, as far as the access log says
 * so; at the cost of one question to the log.
 */
import { expect } from "vitest";
import type { AccessLogReader } from "../../../src/access-log/reader.ts";
import { AuditUnavailable } from "../../../src/faults.ts";
import { ok } from "../../support/outcomes.ts";
import { recordedService } from "../../support/recorded-service.ts";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const START = Date.parse("2027-03-01T12:00:00Z");
const hours = (count: number) => new Date(START + count * 3600_000);
const REGISTER = "/v1/register?organization=sunward";
const HELD = "/v1/register?organization=brightfix&direction=held";

type Row = { user: string; last_used: string | null; used_since: string | null; path: { held_as: string } };

/** A service with an access log in files, and what its log was asked. `since`: as if it were searched only so far back. */
function recording(of: Service, since?: Date) {
  const { service: recorded, recorded: written } = recordedService(of);
  const { accessLogReader: files, recorder, clock } = recorded.deps;
  if (files === undefined) throw new Error("no log is kept");
  const asked: (readonly string[])[] = [];
  const reader: AccessLogReader = {
    ...files,
    async lastUsed(cooperations) {
      asked.push(cooperations);
      const found = await files.lastUsed(cooperations);
      return since === undefined ? found : { ...found, since };
    },
  };
  const service = createService(recorded.deps, { recorder, clock, accessLogReader: reader });
  return { service: { ...service, setNow: of.setNow }, reader, asked, written };
}

const used = (items: Row[]) => items.map(({ user, last_used, path }) => [user, path.held_as, last_used]);
const given = async (service: Service) => used((await ok(service, "anna", "GET", REGISTER)).items);

/** Plant 7 shared as viewer at hour 1, delegated to tom and eva at hour 2. */
async function shared(service: Service) {
  service.setNow(hours(0));
  await seedWorld(service);
  service.setNow(hours(1));
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  service.setNow(hours(2));
  for (const user of ["tom", "eva"])
    await ok(service, "ben", "PUT", `/v1/shares/${shares[0]}/delegations/${user}`, { role: "viewer" });
  return { id, share: shares[0] };
}

/** Whether a person may view plant 7 at that hour. */
async function views(service: Service, user: string, hour: number) {
  service.setNow(hours(hour));
  return service.may(user, "view", "plant:7");
}

test("a right says when it was last used, to both sides and in each form, and a no is no use", async ({
  service: of,
}) => {
  const { service, written } = recording(of);
  const { id } = await shared(service);
  for (const hour of [3, 4]) expect(await views(service, "ben", hour)).toBe(true);
  expect(await views(service, "tom", 5)).toBe(true);
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/pause`);
  expect(await views(service, "tom", 6)).toBe(false);
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/resume`);
  await written();
  const expected = [
    ["ben", "admin", hours(4).toISOString()],
    ["eva", "delegate", null],
    ["tom", "delegate", hours(5).toISOString()],
  ];
  expect(await given(service)).toEqual(expected);
  expect(used((await ok(service, "ben", "GET", HELD)).items)).toEqual(expected);
  const review = await ok(service, "anna", "GET", `/v1/cooperations/${id}/review`);
  expect(used(review.access.items)).toEqual(expected);
  expect(review.access.items.map(({ used_since }: Row) => used_since)).toEqual([null, null, null]);
  const formed = async (format: string) => {
    const { text } = await send(service, "GET", `${REGISTER}&format=${format}`, undefined, { key: KEYS.admin });
    return text;
  };
  const [head = "", ...lines] = (await formed("csv")).trimEnd().split("\r\n");
  const column = head.split(",").indexOf("last_used");
  expect(lines.map((line) => line.split(",")[column])).toEqual(expected.map(([, , at]) => at ?? ""));
  expect(await formed("html&language=en")).toContain(`<td>${hours(5).toISOString()}</td>`);
  // another replica without a log knows the same rights
  const other = createService(of.deps, { clock: of.deps.clock, accessLogReader: undefined });
  expect(await given(other)).toEqual(expected.map(([user, as]) => [user, as, null]));
});

test("where the log was searched only so far back, each form says so", async ({ service: of }) => {
  const { service, written } = recording(of, hours(3));
  await shared(service);
  expect(await views(service, "ben", 4)).toBe(true);
  await written();
  const { items } = await ok(service, "anna", "GET", REGISTER);
  expect(items.map(({ used_since }: Row) => used_since)).toEqual(items.map(() => hours(3).toISOString()));
  const page = async (language: string) =>
    (await send(service, "GET", `${REGISTER}&format=html&language=${language}`, undefined, { key: KEYS.admin })).text;
  expect((await page("en")).match(new RegExp(`<td>not since ${hours(3).toISOString()}</td>`, "g"))).toHaveLength(2);
  expect(await page("de")).toContain(`<td>nicht seit ${hours(3).toISOString()}</td>`);
});

test("what was used before a right was given again, or by another right of the same person, is not its use", async ({
  service: of,
}) => {
  const { service, written } = recording(of);
  const { share } = await shared(service);
  for (const user of ["tom", "eva"]) expect(await views(service, user, 3)).toBe(true);
  service.setNow(hours(4));
  const delegation = `/v1/shares/${share}/delegations/tom`;
  await ok(service, "ben", "DELETE", delegation);
  service.setNow(hours(5));
  await ok(service, "ben", "PUT", delegation, { role: "viewer" });
  await service.admin("PUT", "/v1/organizations/brightfix/people/eva", { role: "admin" });
  await written();
  expect(await given(service)).toEqual([
    ["ben", "admin", null],
    ["eva", "admin", null],
    ["eva", "delegate", hours(3).toISOString()],
    ["tom", "delegate", null],
  ]);
});

test("the log is asked once for all cooperations that are shown, and not for an instant of the past", async ({
  service: of,
}) => {
  const { service, asked } = recording(of);
  const { id } = await shared(service);
  service.setNow(hours(3));
  const { id: other } = await cooperate(service, [
    { resource: "plant:8", role: "viewer" },
    { resource: "portfolio:north", role: "viewer" },
  ]);
  const costOf = async (path: string) => {
    asked.length = 0;
    await ok(service, "anna", "GET", path);
    return [...asked];
  };
  expect(await costOf(`${REGISTER}&limit=3`)).toEqual([[id]]);
  expect(await costOf(`${REGISTER}&limit=4`)).toEqual([[id, other]]);
  expect(await costOf(REGISTER)).toEqual([[id, other]]);
  for (const format of ["csv", "html"]) {
    asked.length = 0;
    await send(service, "GET", `${REGISTER}&format=${format}`, undefined, { key: KEYS.admin });
    expect(asked, format).toEqual([[id, other]]);
  }
  expect(await costOf(`/v1/cooperations/${other}/review?limit=1`)).toEqual([[other]]);
  const past = `${REGISTER}&at=${hours(3).toISOString()}`;
  expect(await costOf(past)).toEqual([]);
  const { not_shown, items } = await ok(service, "anna", "GET", past);
  expect(not_shown).toContain("last_used");
  expect(items.map(({ last_used }: Row) => last_used)).toEqual(items.map(() => null));
});

test("a log that cannot be read is a fault in each form, and says nothing of rights of the past", async ({
  service: of,
}) => {
  const { service, reader } = recording(of);
  const { id } = await shared(service);
  reader.lastUsed = async () => {
    throw new AuditUnavailable("the access log cannot be read");
  };
  for (const path of [REGISTER, `${REGISTER}&format=csv`, `${REGISTER}&format=html`, `/v1/cooperations/${id}/review`]) {
    const { status, body, headers } = await service.as("anna", "GET", path);
    expect([status, body.code, headers.get("Retry-After")], path).toEqual([503, "audit_unavailable", "1"]);
  }
  expect((await ok(service, "anna", "GET", `${REGISTER}&at=${hours(2).toISOString()}`)).items).toHaveLength(3);
});

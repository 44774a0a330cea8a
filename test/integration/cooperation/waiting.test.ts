/** What waits for an organization's admins, and who has access by name: found where it is so, and only by who may see it. */
import { expect } from "vitest";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

const OURS = "/v1/organizations/sunward";
const THEIRS = "/v1/organizations/brightfix";
const NOW = new Date("2026-06-01T12:00:00Z");
const IN_A_WEEK = "2026-06-08T12:00:00Z";
const NEXT_YEAR = "2027-06-01T12:00:00Z";

type Waiting = { id: string; direction: string; waits: string[]; asks: { note: string }[] };

const waitingFor = async ({ as }: Service, user: string, organization: string, query = "") => {
  const { status, body } = await as(user, "GET", `${organization}/waiting${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ id, direction, waits, asks }: Waiting) => [
    id,
    direction,
    waits,
    asks.map(({ note }) => note),
  ]);
};

test("an offer, an invitation, an ask, a review and an end wait for whoever has to see to them, newest first", async ({
  service,
}) => {
  service.setNow(NOW);
  await seedWorld(service);
  const { as } = service;
  expect(await waitingFor(service, "anna", OURS)).toEqual([]);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  expect([await waitingFor(service, "anna", OURS), await waitingFor(service, "ben", THEIRS)]).toEqual([[], []]);

  await as("ben", "POST", `/v1/cooperations/${id}/asks`, { share: shares[0], role: "technical_manager", note: "more" });
  const { body: invited } = await as("anna", "POST", `${OURS}/cooperations`, { email: "ida@else.example" });
  const { body: offered } = await as("ben", "POST", `${THEIRS}/cooperations`, { organization: "sunward" });
  const dates = { expires_at: IN_A_WEEK, review_by: "2026-06-05T12:00:00Z" };
  expect((await as("anna", "PATCH", `/v1/cooperations/${id}`, dates)).status).toBe(200);

  const open = [offered.id, invited.id].sort().reverse();
  const expected = new Map([
    [invited.id, ["outgoing", ["invitation"], []]],
    [offered.id, ["incoming", ["answer"], []]],
    [id, ["outgoing", ["asks", "review", "end"], ["more"]]],
  ]);
  const listed = [...open, id].map((one) => [one, ...(expected.get(one) ?? [])]);
  expect(await waitingFor(service, "anna", OURS)).toEqual(listed);
  expect(await waitingFor(service, "ben", THEIRS)).toEqual([
    [offered.id, "outgoing", ["invitation"], []],
    [id, "incoming", ["end"], []],
  ]);
  // a date is listed so many days before it
  expect(await waitingFor(service, "ben", THEIRS, "?days=3")).toEqual([[offered.id, "outgoing", ["invitation"], []]]);

  const first = await as("anna", "GET", `${OURS}/waiting?limit=2`);
  const next = await as("anna", "GET", `${OURS}/waiting?limit=2&cursor=${first.body.next_cursor}`);
  expect([...first.body.items, ...next.body.items].map((one: Waiting) => one.id)).toEqual([...open, id]);
  expect(next.body.next_cursor).toBe(null);

  await as("anna", "POST", `/v1/cooperations/${id}/asks/1/decline`);
  await as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: NEXT_YEAR, review_by: null });
  await as("anna", "DELETE", `/v1/cooperations/${invited.id}`);
  await as("anna", "POST", `/v1/cooperations/${offered.id}/decline`);
  expect([await waitingFor(service, "anna", OURS), await waitingFor(service, "ben", THEIRS)]).toEqual([[], []]);
});

test("a cooperation has the number of its people in the list where it is asked for, and their names by themselves", async ({
  service,
}) => {
  await seedWorld(service);
  const { as, admin } = service;
  await admin("PUT", `${THEIRS}/people/tom`, { role: "member", name: "Tom Tech" });
  const offered = await as("anna", "POST", `${OURS}/cooperations`, { organization: "brightfix" });
  const counts = async (query = "?count_people=true") =>
    (await as("anna", "GET", `${OURS}/cooperations${query}`)).body.items.map(
      (one: { people_count?: number }) => one.people_count,
    );
  expect([await counts(), await counts("")]).toEqual([[0], [undefined]]);
  // an offer names nobody of who has not accepted it
  const people = `/v1/cooperations/${offered.body.id}/people`;
  expect((await as("anna", "GET", people)).body).toEqual({ items: [], next_cursor: null });
  await as("ben", "POST", `/v1/cooperations/${offered.body.id}/accept`);
  const share = await as("anna", "POST", `/v1/cooperations/${offered.body.id}/shares`, {
    resource: "plant:7",
    role: "viewer",
  });
  expect(await counts()).toEqual([1]);
  await as("ben", "PUT", `/v1/shares/${share.body.id}/delegations/tom`, { role: "viewer" });
  expect(await counts()).toEqual([2]);

  const held = [
    { user: "ben", name: null, held_as: "admin" },
    { user: "tom", name: "Tom Tech", held_as: "delegate" },
  ];
  for (const user of ["anna", "ben"]) expect((await as(user, "GET", people)).body.items).toEqual(held);
  expect((await as("otto", "GET", people)).body).toMatchObject({ code: "not_admin" });
  expect((await as("stranger", "GET", people)).body).toMatchObject({ code: "not_found" });

  await as("anna", "DELETE", `/v1/cooperations/${offered.body.id}`);
  expect((await as("anna", "GET", people)).body.items).toEqual([]);
});

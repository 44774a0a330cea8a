/**
 * On a store that was written past the service every request is answered, refused, or
 * gets the fault `store_damaged`, with what is wrong for those who may know: never a fault
 * that says nothing.
 */
import { expect } from "vitest";
import { damages, liveALot, put, restore } from "../../support/damage.ts";
import { fewAtOnce } from "../../support/few-at-once.ts";
import { type Reply, type Service, test } from "../../support/service.ts";

type World = Awaited<ReturnType<typeof liveALot>>;

const ORG = "/v1/organizations/sunward";

/** What people and services ask day by day, about all that the damages are done to. None of it changes anything. */
function requestsOf(
  { as, admin }: Service,
  { cooperation, plant, portfolio }: World,
): Record<string, () => Promise<Reply>> {
  const explain = (user: string, action: string, type: string, id: string) => () =>
    admin("POST", "/v1/explain", {
      subject: { type: "user", id: user },
      action: { name: action },
      resource: { type, id },
    });
  const gets = (user: string, ...paths: string[]) =>
    paths.map((path): [string, () => Promise<Reply>] => [`${user} GET ${path}`, () => as(user, "GET", path)]);
  const inspect = (object: string) => () => admin("GET", `/v1/inspect/${encodeURIComponent(object)}`);
  return {
    ...Object.fromEntries([
      ...gets("anna", "/v1/me", ORG, `${ORG}/people`, `${ORG}/people/otto`, `${ORG}/resources`),
      ...gets("anna", `${ORG}/cooperations?status=ended`, `${ORG}/history`, "/v1/plants/7", "/v1/plants/7/roles"),
      ...gets("anna", `/v1/cooperations/${cooperation}`, `/v1/cooperations/${cooperation}/history`),
      ...gets("anna", `/v1/cooperations/${cooperation}/shares`, `/v1/shares/${plant}`),
      ...gets("ben", "/v1/me", "/v1/organizations/brightfix/incoming-shares", `/v1/shares/${portfolio}/delegations`),
      ...gets("ben", "/v1/organizations/brightfix/people/tom", `/v1/cooperations/${cooperation}/history`),
    ]),
    "anna pauses": () => as("anna", "POST", `/v1/cooperations/${cooperation}/pause?dry_run=true`),
    "anna changes a share": () => as("anna", "PATCH", `/v1/shares/${plant}?dry_run=true`, { role: "viewer" }),
    "anna moves a plant": () =>
      as("anna", "PUT", "/v1/plants/7?dry_run=true", { owner: "sunward", portfolio: "north" }),
    "ben delegates": () => as("ben", "PUT", `/v1/shares/${plant}/delegations/eva?dry_run=true`, { role: "viewer" }),
    "why tom may": explain("tom", "manage_technical", "plant", "7"),
    "why tom may not": explain("tom", "operate", "plant", "7"),
    "why eva may not": explain("eva", "manage_technical", "portfolio", "north"),
    "why otto may not": explain("otto", "manage_technical", "plant", "8"),
    "why ben may not": explain("ben", "manage", "cooperation", cooperation),
    "why mallory may not": explain("mallory", "view", "plant", "7"),
    "the tuples of a plant": inspect("plant:7"),
    "the tuples of a share": inspect(`share:${plant}`),
    "the tuples of a cooperation": inspect(`cooperation:${cooperation}`),
    "the tuples of a person": inspect("user:tom"),
    doctor: () => admin("GET", "/v1/doctor"),
  };
}

test("no damaged tuple leads to an internal error without an explanation, on any request", {
  timeout: 1_200_000,
}, async ({ service, tupleStore }) => {
  const world = await liveALot(service);
  const healthy = await tupleStore.readAll();
  const requests = requestsOf(service, world);
  for (const [name, ask] of Object.entries(requests)) expect((await ask()).status, name).toBeLessThan(300);
  let damaged = 0;
  for (const [sentence, , , , deletes, writes] of damages(healthy, world)) {
    await put(tupleStore, deletes, writes);
    const replies = await fewAtOnce(Object.entries(requests), async ([name, ask]) => ({ name, ...(await ask()) }));
    for (const { name, status, body } of replies) {
      if (status < 500) continue;
      damaged++;
      expect(body.code, `${sentence}, ${name}`).toBe("store_damaged");
      if (/^(why|the tuples|doctor)/.test(name)) expect(body.detail).toMatch(/^\w+:\S+: .+ Run `npm run doctor`/);
      else expect(body.detail).toBeUndefined();
    }
    await restore(tupleStore, healthy);
  }
  expect(damaged).toBeGreaterThan(0);
});

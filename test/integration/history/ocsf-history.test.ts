/** A cooperation's history as events of OCSF: each entry once, with what its class requires, and only the reader's own reasons. */
import { expect } from "vitest";
import { send } from "../../support/routes.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

// tests read what they expect to be there; what is not fails the test
// biome-ignore lint/suspicious/noExplicitAny: see above
type Event = any;

/** What happened: each kind of entry that a person makes, pauses with a reason that the partner is not shown. */
async function happened(service: Service): Promise<string> {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const [share] = shares;
  const must = async (user: string, method: string, path: string, body?: object) =>
    expect((await service.as(user, method, path, body)).status, path).toBeLessThan(300);
  await must("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" });
  await must("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" });
  await must("ben", "DELETE", `/v1/shares/${share}/delegations/tom`);
  await must("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "between ourselves" });
  await must("anna", "POST", `/v1/cooperations/${id}/resume`);
  await must("anna", "DELETE", `/v1/shares/${share}`);
  await must("anna", "DELETE", `/v1/cooperations/${id}`);
  return id;
}

const ask = (service: Service, id: string, user: string | undefined, query = "format=ocsf") =>
  send(service, "GET", `/v1/cooperations/${id}/history?${query}`, undefined, {
    key: user === undefined ? KEYS.admin : KEYS.manage,
    user,
  });
const eventsOf = (text: string): Event[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test("every entry is an event with the attributes that its class requires, the newest first", async ({ service }) => {
  const id = await happened(service);
  const { text, headers } = await ask(service, id, "anna");
  expect(headers.get("Content-Type")).toBe("application/x-ndjson");
  const events = eventsOf(text);
  const { items } = (await service.as("anna", "GET", `/v1/cooperations/${id}/history`)).body;
  expect(events.map(({ metadata }) => metadata.sequence)).toEqual(items.map(({ n }: { n: number }) => n));
  for (const [at, event] of events.entries()) {
    expect(event).toMatchObject({
      ...{ category_uid: 3, severity_id: 1, status_id: 1, time: Date.parse(items[at].at) },
      metadata: { version: "1.9.0", product: { name: "Concordat" }, uid: `cooperation:${id}/${items[at].n}` },
      unmapped: { proof: items[at].proof, action: items[at].action },
    });
    expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id);
    // required by the one class and the other
    expect([event.entity?.uid, event.user?.uid].filter((uid) => uid !== undefined)).toHaveLength(1);
  }
  const kinds = events.map(({ class_uid, activity_id, unmapped }) => `${unmapped.action} ${class_uid}/${activity_id}`);
  expect(kinds.reverse()).toEqual([
    "invite 3004/1",
    "accept 3004/10",
    "delegate 3007/14",
    "change_share 3004/3",
    "revoke 3007/15",
    "pause 3004/12",
    "resume 3004/13",
    "unshare 3004/4",
    "remove 3004/4",
  ]);
  const given = events.find(({ unmapped }) => unmapped.action === "delegate");
  expect(given).toMatchObject({ user: { uid: "tom" }, privileges: ["viewer"], actor: { user: { uid: "ben" } } });
});

test("a side's reason is a comment for that side alone, and a stranger gets nothing", async ({ service }) => {
  const id = await happened(service);
  const pauseFor = async (user: string | undefined) =>
    eventsOf((await ask(service, id, user)).text).find(({ unmapped }) => unmapped.action === "pause");
  expect((await pauseFor("anna")).comment).toBe("between ourselves");
  for (const user of ["ben", undefined]) {
    expect(await pauseFor(user)).toMatchObject({ activity_id: 12 });
    expect((await ask(service, id, user)).text).not.toContain("between ourselves");
  }
  await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
  expect((await ask(service, id, "lea")).body.code).toBe("not_found");
  expect((await ask(service, id, "tom")).body.code).toBe("not_admin");
});

test("a history that is longer than a page is whole, and takes no cursor", async ({ service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  for (let n = 0; n < 101; n++)
    for (const step of ["pause", "resume"])
      expect((await service.as("anna", "POST", `/v1/cooperations/${id}/${step}`)).status).toBe(200);
  const events = eventsOf((await ask(service, id, "ben")).text);
  expect(events.map(({ metadata }) => metadata.sequence)).toEqual(Array.from({ length: 204 }, (_, n) => 204 - n));
  const refused = await ask(service, id, "ben", "format=ocsf&cursor=x");
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, "query: cursor"]);
});

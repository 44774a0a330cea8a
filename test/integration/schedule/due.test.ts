/** What a date opens or changes is done when it comes, or late, and once: until then it is as it was (law 19). */
import { expect } from "vitest";
import { doctor } from "../../../src/queries/doctor.ts";
import { DAY_MILLISECONDS, schedulerOf } from "../../support/schedule.ts";
import { cooperate, createService, type Service, seedWorld, test } from "../../support/service.ts";

const BEGIN = new Date("2027-01-10T08:00:30Z");
const day = (days: number) => new Date(BEGIN.getTime() + days * DAY_MILLISECONDS + 60_000);
const date = (days: number) => `${new Date(BEGIN.getTime() + days * DAY_MILLISECONDS).toISOString().slice(0, 19)}Z`;

/** What the scheduler has done, in the order of the log. */
async function doneBy({ admin }: Service): Promise<string[]> {
  const { status, body } = await admin("GET", "/v1/events?limit=200");
  expect([status, body.more]).toEqual([200, false]);
  type Item = { type: string; data: { actor: string } };
  return body.items.flatMap(({ type, data }: Item) => (data.actor === "service:scheduler" ? [type] : []));
}

const asAnna = async (service: Service, method: string, path: string, body: object, status = 200) => {
  const reply = await service.as("anna", method, path, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(status);
  return reply.body;
};

/** Plant 7 is shared at once and plant 8 from the second day on, in a cooperation that starts on the first and is paused until the third. */
async function upcoming(service: Service) {
  service.setNow(BEGIN);
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const path = `/v1/cooperations/${id}`;
  const starting = { resource: "plant:8", role: "viewer", starts_at: date(2) };
  await asAnna(service, "POST", `${path}/shares`, starting, 201);
  await asAnna(service, "PATCH", `/v1/shares/${shares[0]}`, { step_down_at: date(4) });
  return { path, share: `/v1/shares/${shares[0]}` };
}

const may = async (service: Service) =>
  Promise.all(
    [
      ["view", "plant:7"],
      ["manage_technical", "plant:7"],
      ["view", "plant:8"],
    ].map(([action = "", on = ""]) => service.may("ben", action, on)),
  );

test("a share starts, a pause ends and a role steps down on their dates, each once, with two replicas at once", async ({
  service,
}) => {
  const { path } = await upcoming(service);
  const { tupleStore, engine } = service.deps;
  const other = createService({ tupleStore, engine });
  const both = [schedulerOf(service), schedulerOf(other)];
  const seen: Record<number, unknown> = {};
  for (const days of [0, 1, 2, 3, 4, 5]) {
    for (const one of [service, other]) one.setNow(day(days));
    if (days === 0) await asAnna(service, "POST", `${path}/pause`, { resume_at: date(3) });
    // nobody has done it yet: what opens is closed, and what ends has ended
    const before = await may(service);
    for (let round = 0; round < 2; round++) await Promise.all(both.map((one) => one.run()));
    seen[days] = [before, await may(service)];
  }
  const [closed, open, lower] = [
    [false, false, false],
    [true, true, true],
    [true, false, true],
  ];
  expect(seen).toEqual({
    0: [closed, closed],
    1: [closed, closed],
    2: [closed, closed],
    3: [closed, open],
    4: [lower, lower],
    5: [lower, lower],
  });
  expect(await doneBy(service)).toEqual([
    "concordat.share.started",
    "concordat.cooperation.resumed",
    "concordat.share.stepped_down",
  ]);
  expect(await doctor(tupleStore)).toEqual([]);
  expect((await tupleStore.readAll()).filter(({ relation }) => relation === "due")).toEqual([]);
});

test("after an outage, or before there ever was a scheduler, what opens is opened late; what was moved is not", async ({
  service,
}) => {
  const { path, share } = await upcoming(service);
  await asAnna(service, "POST", `${path}/pause`, { resume_at: date(3) });
  await asAnna(service, "PATCH", share, { step_down_at: date(9) });
  // the first to look comes days later: the dates were set before, and passed
  for (const days of [5, 5.002]) {
    service.setNow(day(days));
    await schedulerOf(service).run();
  }
  expect(await may(service)).toEqual([true, true, true]);
  expect((await doneBy(service)).toSorted()).toEqual(["concordat.cooperation.resumed", "concordat.share.started"]);
  await asAnna(service, "PATCH", share, { step_down_at: null });
  service.setNow(day(10));
  await schedulerOf(service).run();
  expect(await may(service)).toEqual([true, true, true]);
  expect(await doneBy(service)).toHaveLength(2);
});

test("a cooperation starts on its date, whether it was accepted before or not", async ({ service }) => {
  service.setNow(BEGIN);
  await seedWorld(service);
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    starts_at: date(2),
    shares: [{ resource: "plant:7", role: "viewer" }],
  });
  expect(invited.status).toBe(201);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  expect((await service.as("ben", "POST", `/v1/cooperations/${invited.body.id}/accept`)).status).toBe(200);
  service.setNow(day(1));
  await scheduler.run();
  expect([await service.may("ben", "view", "plant:7"), await doneBy(service)]).toEqual([false, []]);
  service.setNow(day(2));
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  await scheduler.run();
  await scheduler.run();
  expect([await service.may("ben", "view", "plant:7"), await doneBy(service)]).toEqual([
    true,
    ["concordat.cooperation.started"],
  ]);
});

/** Starts, the ends of pauses and step-downs: done by the scheduler when their date comes or late, once, and not in vain. */
import { expect } from "vitest";
import { diagnose } from "../../../src/queries/doctor.ts";
import { ok } from "../../support/outcomes.ts";
import { at, date, day, schedulerOf } from "../../support/schedule.ts";
import { createService, type Service, seedWorld, test } from "../../support/service.ts";

const OPENING = ["start", "start_share", "resume", "step_down"];

/** A reply that must succeed. */
/**
 * An accepted cooperation that starts on day 2, with plant 7 until it steps down on day 4, and plant 8 from day 3 on.
 * The clock is stopped at the beginning.
 */
async function opening(service: Service) {
  at(service);
  await seedWorld(service);
  const invited = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    starts_at: date(2),
    shares: [
      { resource: "plant:7", role: "technical_manager", step_down_at: date(4) },
      { resource: "plant:8", role: "viewer", starts_at: date(3) },
    ],
  });
  const cooperation = `/v1/cooperations/${invited.id}`;
  await ok(service, "ben", "POST", `${cooperation}/accept`);
  const share = (resource: string) =>
    `/v1/shares/${invited.shares.find((one: { resource: string }) => one.resource === resource).id}`;
  return { cooperation, plant7: share("plant:7"), plant8: share("plant:8") };
}

/** What was done about dates, and by whom, in the order of the log. */
async function doneIn({ admin }: Service): Promise<string[]> {
  const { status, body } = await admin("GET", "/v1/events?limit=200");
  expect([status, body.more]).toEqual([200, false]);
  return body.items
    .map(({ data }: { data: { action: string; actor: string } }) => data)
    .filter(({ action }: { action: string }) => OPENING.includes(action))
    .map(({ action, actor }: { action: string; actor: string }) => (actor === "service:scheduler" ? action : actor));
}

/** Whether ben may see plant 7, manage it, and see plant 8. */
const bens = async ({ may }: Service) => [
  await may("ben", "view", "plant:7"),
  await may("ben", "manage_technical", "plant:7"),
  await may("ben", "view", "plant:8"),
];

const healthy = async ({ deps: { tupleStore } }: Service) => {
  const all = await tupleStore.readAll();
  expect(diagnose(all)).toEqual([]);
  expect(all.filter(({ relation }) => relation === "due")).toEqual([]);
};

test("a start, the end of a pause and a step-down are done on their date, each once, and not a second before", async ({
  service,
}) => {
  const { cooperation } = await opening(service);
  const scheduler = schedulerOf(service);
  const done: Record<number, string[]> = {};
  for (let days = 0; days <= 8; days++) {
    const before = await doneIn(service);
    service.setNow(new Date(Date.parse(date(days)) - 1000));
    await scheduler.run();
    expect(await doneIn(service), `before day ${days}`).toEqual(before);
    service.setNow(day(days));
    await scheduler.run();
    await scheduler.run();
    const now = (await doneIn(service)).slice(before.length);
    if (now.length > 0) done[days] = now;
    if (days === 5) await ok(service, "anna", "POST", `${cooperation}/pause`, { resume_at: date(7) });
    const isOpen = days >= 2 && (days < 5 || days >= 7);
    expect(await bens(service), `day ${days}`).toEqual([isOpen, isOpen && days < 4, isOpen && days >= 3]);
  }
  expect(done).toEqual({ 2: ["start"], 3: ["start_share"], 4: ["step_down"], 7: ["resume"] });
  await healthy(service);
});

test("two replicas at once, with clocks a second apart and one killed, do each once", async ({ service }) => {
  const { cooperation } = await opening(service);
  const { tupleStore, engine, cache } = service.deps;
  const other = createService({ tupleStore, engine, cache });
  let both = [schedulerOf(service), schedulerOf(other)];
  for (const days of [0, 2, 3, 4, 5, 7, 8]) {
    service.setNow(day(days));
    other.setNow(new Date(day(days).getTime() + 1000));
    await Promise.all(both.map((one) => one.run()));
    // what it had not kept is read and done again
    if (days === 3) both = [schedulerOf(service), schedulerOf(other)];
    if (days === 5) await ok(service, "anna", "POST", `${cooperation}/pause`, { resume_at: date(7) });
  }
  expect(await doneIn(service)).toEqual(["start", "start_share", "step_down", "resume"]);
  expect(await bens(service)).toEqual([true, false, true]);
  await healthy(service);
});

test("what came during an outage of a day is done behind it, once, by whoever comes then", async ({ service }) => {
  const { cooperation, plant8 } = await opening(service);
  await ok(service, "anna", "PATCH", plant8, { starts_at: date(2) });
  await schedulerOf(service).run();
  // what starts is closed as long as nobody starts it
  service.setNow(day(3));
  expect(await bens(service)).toEqual([false, false, false]);
  const late = schedulerOf(service);
  await late.run();
  expect((await doneIn(service)).toSorted()).toEqual(["start", "start_share"]);
  expect(await bens(service)).toEqual([true, true, true]);
  await ok(service, "anna", "POST", `${cooperation}/pause`, { resume_at: date(4) });
  await late.run();
  await late.keep();
  service.setNow(day(5));
  await schedulerOf(service).run();
  await late.run();
  expect((await doneIn(service)).slice(2).toSorted()).toEqual(["resume", "step_down"]);
  expect(await bens(service)).toEqual([true, false, true]);
  await healthy(service);
});

test("a date that was moved is done on the new one, and one that was cleared never", async ({ service }) => {
  const { cooperation, plant7, plant8 } = await opening(service);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  service.setNow(day(1));
  // seen by the scheduler before the old date comes, or not
  await ok(service, "anna", "PATCH", cooperation, { starts_at: date(6) });
  await scheduler.run();
  await ok(service, "anna", "PATCH", plant8, { starts_at: date(5) });
  await ok(service, "anna", "PATCH", plant7, { step_down_at: null });
  for (const days of [2, 3, 4]) {
    service.setNow(day(days));
    await scheduler.run();
    expect(await doneIn(service), `day ${days}`).toEqual([]);
  }
  for (const days of [5, 6]) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await doneIn(service)).toEqual(["start_share", "start"]);
  expect(await bens(service)).toEqual([true, true, true]);

  await ok(service, "anna", "POST", `${cooperation}/pause`, { resume_at: date(8) });
  await ok(service, "anna", "PATCH", cooperation, { resume_at: null });
  await scheduler.run();
  service.setNow(day(8));
  await scheduler.run();
  expect(await bens(service)).toEqual([false, false, false]);
  // resumed by hand, and paused again without a date
  await ok(service, "anna", "PATCH", cooperation, { resume_at: date(10) });
  await scheduler.run();
  await ok(service, "anna", "POST", `${cooperation}/resume`);
  await ok(service, "anna", "POST", `${cooperation}/pause`);
  service.setNow(day(10));
  await scheduler.run();
  expect(await bens(service)).toEqual([false, false, false]);
  expect(await doneIn(service)).toEqual(["start_share", "start", "user:anna"]);
  await healthy(service);
});

test("what was to open before there was a scheduler is opened, though what ended then is not announced", async ({
  service,
}) => {
  const { plant7 } = await opening(service);
  await ok(service, "anna", "PATCH", plant7, { expires_at: date(3) });
  service.setNow(day(6));
  const scheduler = schedulerOf(service);
  await scheduler.run();
  // marked in the first run, and done in a minute that begins then
  expect(await doneIn(service)).toEqual([]);
  service.setNow(day(6.002));
  await scheduler.run();
  expect((await doneIn(service)).toSorted()).toEqual(["start", "start_share", "step_down"]);
  expect(await bens(service)).toEqual([false, false, true]);
  const { body } = await service.admin("GET", "/v1/events?limit=200");
  expect(body.items.map(({ data }: { data: { action: string } }) => data.action)).not.toContain("expire");
  await healthy(service);
});

test("what was removed or has ended is not opened", async ({ service }) => {
  const { cooperation, plant8 } = await opening(service);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  await ok(service, "anna", "DELETE", plant8);
  service.setNow(day(2));
  await scheduler.run();
  await ok(service, "anna", "DELETE", cooperation);
  await service.settled();
  service.setNow(day(5));
  await scheduler.run();
  expect(await doneIn(service)).toEqual(["start"]);
  await healthy(service);
});

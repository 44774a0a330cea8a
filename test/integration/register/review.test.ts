/**
 * Reviews: a cooperation that nobody confirms ends on its day, also when nobody and nothing is there to end it. What a
 * review is about, who may make one, what it changes, and that it is reminded of.
 */
import { expect } from "vitest";
import { diagnose } from "../../../src/queries/doctor.ts";
import { BEGIN, date, dated, day, schedulerOf } from "../../support/schedule.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

/** A reply that must succeed. */
async function ok(service: Service, user: string, method: string, path: string, body?: object) {
  const reply = await service.as(user, method, path, body);
  expect(reply.status, `${method} ${path} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}
const healthy = async ({ deps: { tupleStore } }: Service) => expect(diagnose(await tupleStore.readAll())).toEqual([]);
const newest = async (service: Service, user: string, path: string) =>
  (await ok(service, user, "GET", `${path}/history?limit=1`)).items[0];

/** A cooperation with plant 7, delegated to tom, that is to be reviewed in so many days. */
async function reviewed(service: Service, days = 40) {
  service.setNow(BEGIN);
  const { cooperation, share, id } = await dated(service, {});
  await ok(service, "ben", "PUT", `${share}/delegations/tom`, { role: "viewer" });
  await ok(service, "anna", "PATCH", cooperation, { review_by: date(days) });
  return { cooperation, share, id };
}
const at = (text: string) => new Date(text);
const before = (text: string) => new Date(Date.parse(text) - 1);

test("a cooperation that nobody reviews ends on its day, without a scheduler, and every reply says so", async ({
  service,
}) => {
  const { cooperation, share, id } = await reviewed(service);
  const bens = async () => [await service.may("ben", "view", "plant:7"), await service.may("tom", "view", "plant:7")];
  service.setNow(before(date(40)));
  expect(await bens()).toEqual([true, true]);
  expect(await ok(service, "ben", "GET", cooperation)).toMatchObject({ review_by: date(40), expired: false });
  expect((await ok(service, "anna", "GET", share)).effective_until).toBe(date(40));

  service.setNow(at(date(40)));
  expect(await bens()).toEqual([false, false]);
  const shown = await ok(service, "anna", "GET", cooperation);
  expect(shown).toMatchObject({ status: "active", expired: true, review_by: date(40), reviewed_at: null });
  expect(shown.actions).toContain("review");
  expect((await ok(service, "ben", "GET", cooperation)).actions).not.toContain("delegate");
  const list = "/v1/organizations/sunward/cooperations?status=expired";
  expect((await ok(service, "anna", "GET", list)).items.map((one: { id: string }) => one.id)).toEqual([id]);
  const late = await service.as("ben", "PUT", `${share}/delegations/eva`, { role: "viewer" });
  expect(late.body).toMatchObject({ code: "cooperation_expired", expires_at: date(40), review_by: date(40) });
  const why = await service.admin("POST", "/v1/explain", {
    subject: { type: "user", id: "tom" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  });
  expect(why.body.paths[0].limits).toMatchObject([{ code: "cooperation_not_reviewed", review_by: date(40) }]);
  await healthy(service);
});

test("what is paused, waits for its answer or starts later is ended by its day too, and the earlier of two dates counts", async ({
  service,
}) => {
  const { cooperation } = await reviewed(service);
  await ok(service, "anna", "POST", `${cooperation}/pause`);
  service.setNow(day(40));
  await ok(service, "anna", "POST", `${cooperation}/resume`);
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  const offer = { organization: "brightfix", review_by: date(50), shares: [{ resource: "plant:8", role: "viewer" }] };
  const offered = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", offer);
  expect(offered.review_by).toBe(date(50));
  service.setNow(day(50));
  const { body } = await service.as("ben", "POST", `/v1/cooperations/${offered.id}/accept`);
  expect(body).toMatchObject({ code: "cooperation_expired", review_by: date(50) });
  // an expiry before the review is an expiry
  await ok(service, "anna", "PATCH", `/v1/cooperations/${offered.id}`, { review_by: date(90), expires_at: date(60) });
  await ok(service, "ben", "POST", `/v1/cooperations/${offered.id}/accept`);
  expect(await service.may("ben", "view", "plant:8")).toBe(true);
  service.setNow(day(60));
  expect(await service.may("ben", "view", "plant:8")).toBe(false);
  const expired = await service.as("ben", "PUT", `/v1/shares/${offered.shares[0].id}/delegations/eva`, {
    role: "viewer",
  });
  expect(expired.body).toMatchObject({ code: "cooperation_expired", expires_at: date(60) });
  expect(expired.body.review_by).toBeUndefined();
  await healthy(service);
});

test("a review confirms with a note that the initiator alone reads, and sets the day of the next", async ({
  service,
}) => {
  const { cooperation } = await reviewed(service);
  service.setNow(day(30));
  const reply = await service.as("anna", "POST", `${cooperation}/review`, {
    note: "Still needed.",
    review_by: date(400),
  });
  expect(reply.status).toBe(200);
  expect(reply.body).toMatchObject({ review_by: date(400), expired: false, effective_by: expect.any(String) });
  expect(reply.body.reviewed_at).toBe(day(30).toISOString().replace(".000", ""));
  expect(reply.headers.get("ETag")).toBe(reply.body.etag);
  expect(await newest(service, "anna", cooperation)).toMatchObject({
    action: "review",
    actor: "user:anna",
    reason: "Still needed.",
    before: { review_by: date(40) },
    after: { review_by: date(400), reviewed_by: "user:anna" },
  });
  expect((await newest(service, "ben", cooperation)).reason).toBeUndefined();
  service.setNow(day(41));
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  const { items } = await ok(
    service,
    "ben",
    "GET",
    "/v1/events?organization=brightfix&types=concordat.cooperation.reviewed",
  );
  expect(items).toHaveLength(1);
  await ok(service, "anna", "POST", `${cooperation}/review`, { note: "For good.", review_by: null });
  service.setNow(day(500));
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect((await ok(service, "anna", "GET", cooperation)).review_by).toBeNull();
  await healthy(service);
});

test("a review after the day has passed gives access again, as a later day by PATCH does", async ({ service }) => {
  const { cooperation } = await reviewed(service);
  service.setNow(day(50));
  const dry = await ok(service, "anna", "POST", `${cooperation}/review?dry_run=true`, {
    note: "x",
    review_by: date(60),
  });
  expect(dry.impact[0].gains.map(({ user }: { user: string }) => user)).toEqual(expect.arrayContaining(["ben", "tom"]));
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  await ok(service, "anna", "POST", `${cooperation}/review`, { note: "Late, and needed.", review_by: date(60) });
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  service.setNow(day(60));
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  await ok(service, "anna", "PATCH", cooperation, { review_by: date(70) });
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  await healthy(service);
});

test("what has expired is not confirmed by a review, nor is it said so; with a later expiry it can be again", async ({
  service,
}) => {
  const { cooperation } = await reviewed(service);
  await ok(service, "anna", "PATCH", cooperation, { expires_at: date(45) });
  const review = () => service.as("anna", "POST", `${cooperation}/review`, { note: "x", review_by: date(400) });
  const actions = async () => (await ok(service, "anna", "GET", cooperation)).actions;
  service.setNow(before(date(45)));
  expect(await actions()).toContain("review");
  service.setNow(at(date(45)));
  const written = (await service.deps.tupleStore.readAll()).length;
  const { status, body } = await review();
  expect([status, body.code, body.expires_at, body.review_by]).toEqual([
    409,
    "cooperation_expired",
    date(45),
    undefined,
  ]);
  expect(await actions()).not.toContain("review");
  expect((await service.deps.tupleStore.readAll()).length).toBe(written);
  await ok(service, "anna", "PATCH", cooperation, { expires_at: date(90) });
  expect(await service.may("tom", "view", "plant:7")).toBe(false);
  expect((await review()).status).toBe(200);
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
});

test("a review is refused to everybody else, on another day than one to come, and on what has ended", async ({
  service,
}) => {
  const { cooperation } = await reviewed(service);
  const review = (user: string, body: object) => service.as(user, "POST", `${cooperation}/review`, body);
  const good = { note: "Still needed.", review_by: date(400) };
  const written = (await service.deps.tupleStore.readAll()).length;
  for (const [user, status, code] of [
    ["ben", 403, "wrong_side"],
    ["otto", 403, "not_admin"],
    ["nobody", 404, "not_found"],
  ] as const) {
    const { status: is, body } = await review(user, good);
    expect([is, body.code], user).toEqual([status, code]);
  }
  for (const [body, pointer] of [
    [{ review_by: date(400) }, "/note"],
    [{ note: "", review_by: date(400) }, "/note"],
    [{ note: "two\nlines", review_by: date(400) }, "/note"],
    [{ note: "x", review_by: "soon" }, "/review_by"],
    [{ note: "x", review_by: date(400), expires_at: null }, "/expires_at"],
  ] as const) {
    const { body: reply } = await review("anna", body);
    expect([reply.code, reply.errors[0].pointer]).toEqual(["invalid_request", pointer]);
  }
  for (const body of [{ note: "x" }, { note: "x", review_by: date(-1) }]) {
    const { status, body: reply } = await review("anna", body);
    expect([status, reply.code, reply.member], JSON.stringify(body)).toEqual([422, "invalid_date", "review_by"]);
  }
  service.setNow(at(date(40)));
  // the day that has come is no next one
  expect((await review("anna", { note: "x", review_by: date(40) })).body.code).toBe("invalid_date");
  expect((await service.as("anna", "PATCH", cooperation, { review_by: date(39) })).body.member).toBe("review_by");
  expect((await service.deps.tupleStore.readAll()).length).toBe(written);
  await ok(service, "anna", "DELETE", cooperation);
  expect((await review("anna", good)).body).toMatchObject({ code: "wrong_status", cooperation_status: "ended" });
});

test("an invitation says by when the cooperation is to be reviewed, and not where it ends before", async ({
  service,
}) => {
  service.setNow(BEGIN);
  await seedWorld(service);
  const invite = async (email: string, dates: object) => {
    await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", { email, ...dates });
    return service.mails.at(-1)?.text;
  };
  const said = /is to be reviewed by .* If nobody does, it ends then\./;
  expect(await invite("ida@else.example", { expires_at: date(90), review_by: date(40) })).toMatch(said);
  expect(await invite("ivo@else.example", { expires_at: date(40), review_by: date(90) })).not.toMatch(said);
});

test("a start must lie before the day of the review", async ({ service }) => {
  service.setNow(BEGIN);
  await seedWorld(service);
  const invite = (dates: object) =>
    service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix", ...dates });
  const { body } = await invite({ starts_at: date(10), review_by: date(10) });
  expect(body).toMatchObject({ code: "invalid_date", member: "starts_at" });
  const { body: made } = await invite({ starts_at: date(10), review_by: date(11) });
  const path = `/v1/cooperations/${made.id}`;
  expect((await service.as("anna", "PATCH", path, { review_by: date(9) })).body.code).toBe("invalid_date");
  await ok(service, "anna", "PATCH", path, { review_by: date(9), starts_at: date(8) });
  // what a reply says can be sent back
  const { starts_at, review_by } = await ok(service, "anna", "GET", path);
  await ok(service, "anna", "PATCH", path, { starts_at, review_by });
});

test("shows who has access now and what has changed since the last review, to the initiator", async ({ service }) => {
  const { cooperation, share } = await reviewed(service);
  const first = await ok(service, "anna", "GET", `${cooperation}/review`);
  expect(first).toMatchObject({ review_by: date(40), ends_at: date(40), missed: false, last_review: null });
  expect(first.access.items.map(({ user }: { user: string }) => user)).toEqual(["ben", "tom"]);
  expect(first.changes.complete).toBe(true);
  expect(first.changes.items.map(({ action }: { action: string }) => action)).toEqual([
    "change_expiry",
    "delegate",
    "accept",
    "invite",
  ]);
  service.setNow(day(30));
  const note = "Tom leaves in March.";
  const headers = { "If-Match": first.etag };
  const done = await service.as("anna", "POST", `${cooperation}/review`, { note, review_by: date(90) }, { headers });
  expect(done.status).toBe(200);
  const stale = await service.as("anna", "POST", `${cooperation}/review`, { note, review_by: date(91) }, { headers });
  expect([stale.status, stale.body.code]).toEqual([412, "stale"]);
  await ok(service, "ben", "DELETE", `${share}/delegations/tom`);
  const second = await ok(service, "anna", "GET", `${cooperation}/review`);
  expect(second.last_review).toEqual({ at: done.body.reviewed_at, by: "user:anna", note });
  expect(second.changes.items.map(({ action }: { action: string }) => action)).toEqual(["revoke"]);
  expect(second.access.items.map(({ user }: { user: string }) => user)).toEqual(["ben"]);
  expect((await service.admin("GET", `${cooperation}/review`)).body.last_review.note).toBeNull();
  for (const [user, code] of [
    ["ben", "wrong_side"],
    ["otto", "not_admin"],
    ["nobody", "not_found"],
  ])
    expect((await service.as(`${user}`, "GET", `${cooperation}/review`)).body.code, user).toBe(code);
  service.setNow(day(91));
  expect(await ok(service, "anna", "GET", `${cooperation}/review`)).toMatchObject({
    missed: true,
    access: { items: [] },
  });
  await ok(service, "anna", "DELETE", cooperation);
  expect(await ok(service, "anna", "GET", `${cooperation}/review`)).toMatchObject({ missed: false, status: "ended" });
});

test("access is in pages, and of many changes the newest are shown", async ({ service }) => {
  const { cooperation, share } = await reviewed(service);
  for (let turn = 0; turn < 30; turn++) {
    await ok(service, "ben", "PUT", `${share}/delegations/eva`, { role: "viewer" });
    await ok(service, "ben", "DELETE", `${share}/delegations/eva`);
  }
  const first = await ok(service, "anna", "GET", `${cooperation}/review?limit=1`);
  expect([first.changes.items.length, first.changes.complete]).toEqual([50, false]);
  const second = await ok(service, "anna", "GET", `${cooperation}/review?limit=1&cursor=${first.access.next_cursor}`);
  expect([...first.access.items, ...second.access.items].map(({ user }) => user)).toEqual(["ben", "tom"]);
  expect(second.access.next_cursor).toBeNull();
  const { status, body } = await service.as("anna", "GET", `${cooperation}/review?cursor=bm8`);
  expect([status, body.errors[0].pointer]).toEqual([400, "query: cursor"]);
});

/** What was announced of a review, or of the end: the type and how many days before. */
async function announced({ admin }: Service) {
  const { body } = await admin("GET", "/v1/events?limit=200");
  return body.items
    .filter(({ data }: { data: { action: string } }) => ["expire", "remind"].includes(data.action))
    .map(({ type, data }: { type: string; data: { after: { days?: number } } }) =>
      [type.slice("concordat.cooperation.".length), data.after.days ?? 0].join(" "),
    );
}

test("a review is reminded of 30, 7 and 1 days before, and announced when it was missed, each once", async ({
  service,
}) => {
  await reviewed(service);
  const scheduler = schedulerOf(service);
  for (let days = 0; days <= 45; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announced(service)).toEqual(["review_due 30", "review_due 7", "review_due 1", "review_missed 0"]);
  await healthy(service);
});

test("what was reviewed in time is not announced as missed, and the next review is reminded of", async ({
  service,
}) => {
  const { cooperation } = await reviewed(service);
  const scheduler = schedulerOf(service);
  await scheduler.run();
  service.setNow(day(20));
  await ok(service, "anna", "POST", `${cooperation}/review`, { note: "Still needed.", review_by: date(60) });
  for (let days = 20; days <= 61; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announced(service)).toEqual(["review_due 30", "review_due 7", "review_due 1", "review_missed 0"]);
});

test("a review behind the end of the cooperation is neither reminded of nor missed, and one before it silences its reminders", async ({
  service,
}) => {
  service.setNow(BEGIN);
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/cooperations/${id}`;
  await ok(service, "anna", "PATCH", path, { expires_at: date(10), review_by: date(20) });
  const scheduler = schedulerOf(service);
  for (let days = 0; days <= 21; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect(await announced(service)).toEqual(["ending 7", "ending 1", "expired 0"]);
  await ok(service, "anna", "PATCH", path, { expires_at: date(50), review_by: date(40) });
  for (let days = 21; days <= 51; days++) {
    service.setNow(day(days));
    await scheduler.run();
  }
  expect((await announced(service)).slice(3)).toEqual(["review_due 7", "review_due 1", "review_missed 0", "expired 0"]);
});

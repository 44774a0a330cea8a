/**
 * A partner asks for more, and the initiator answers: both sides see what waits for an answer and nothing else of each
 * other, a yes is the change itself, and what was asked about and has changed since is not given.
 */
import { expect } from "vitest";
import { recordOf } from "../../../src/domain/records.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { ok } from "../../support/outcomes.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

const END = "2099-01-01T00:00:00Z";
const LATER = "2099-06-01T00:00:00Z";

/** The code of a refusal that changed nothing. */
async function refusal(service: Service, user: string, method: string, path: string, body?: object) {
  const before = await everything(service);
  const reply = await service.as(user, method, path, body);
  expect(await everything(service)).toEqual(before);
  return reply.body.code;
}

async function seed(service: Service) {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager", expires_at: END },
  ]);
  const asks = `/v1/cooperations/${id}/asks`;
  await ok(service, "anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: END });
  return { id, share: shares[0] ?? expect.fail("nothing is shared"), asks };
}

const healthy = async ({ deps: { tupleStore } }: Service) => expect(diagnose(await tupleStore.readAll())).toEqual([]);

test("an ask is seen by both sides and nobody else; a yes gives what it says", async ({ service }) => {
  const { id, share, asks } = await seed(service);
  const asked = await service.as("ben", "POST", asks, {
    share,
    role: "asset_manager",
    note: "we write the invoices",
  });
  expect([asked.status, asked.body]).toMatchObject([
    201,
    {
      n: 1,
      share,
      resource: "plant:7",
      name: "Hillside",
      role: "asset_manager",
      by: "user:ben",
      stale: false,
    },
  ]);
  for (const user of ["anna", "ben"])
    expect((await ok(service, user, "GET", asks)).items).toMatchObject([{ n: 1, note: "we write the invoices" }]);
  expect((await service.admin("GET", asks)).body.items).toHaveLength(1);
  for (const [user, read, ask, answer] of [
    ["otto", "not_admin", "wrong_side", "not_admin"],
    ["tom", "not_admin", "not_admin", "wrong_side"],
    ["zoe", "not_found", "not_found", "not_found"],
  ] as const) {
    expect((await service.as(user, "GET", asks)).body.code).toBe(read);
    expect(await refusal(service, user, "POST", asks, { share, role: "viewer", note: "x" })).toBe(ask);
    expect(await refusal(service, user, "POST", `${asks}/1/accept`)).toBe(answer);
  }
  for (const n of ["0", "01", "0x1", "1.0", "1e0", "%201"])
    expect(await refusal(service, "anna", "POST", `${asks}/${n}/accept`), n).toBe("invalid_request");
  for (const bad of ["", "a b", "x#y", "\u0007"])
    expect(await refusal(service, "ben", "POST", asks, { share: bad, role: "viewer", note: "x" })).toBe(
      "invalid_request",
    );
  expect(await refusal(service, "ben", "POST", asks, { share: "other", role: "viewer", note: "x" })).toBe("not_found");
  // who asks does not answer, and who answers does not ask
  expect(await refusal(service, "ben", "POST", `${asks}/1/accept`)).toBe("wrong_side");
  expect(await refusal(service, "ben", "POST", `${asks}/1/decline`)).toBe("wrong_side");
  expect(await refusal(service, "anna", "POST", `${asks}/1/withdraw`)).toBe("wrong_side");
  expect(await refusal(service, "anna", "POST", asks, { share, role: "viewer", note: "x" })).toBe("wrong_side");
  expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(false);

  const dry = await service.as("anna", "POST", `${asks}/1/accept?dry_run=true`);
  expect(dry.body.impact[0].gains).toMatchObject([{ user: "ben", permission: "can_manage_commercial" }]);
  expect((await ok(service, "anna", "GET", asks)).items).toHaveLength(1);
  const yes = await ok(service, "anna", "POST", `${asks}/1/accept`, { reason: "agreed by phone" });
  expect(yes.shares).toMatchObject([{ id: share, role: "asset_manager" }]);
  expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(true);
  expect((await ok(service, "ben", "GET", asks)).items).toEqual([]);
  const history = (await ok(service, "ben", "GET", `/v1/cooperations/${id}/history?limit=2`)).items;
  expect(history).toMatchObject([
    { action: "change_share", object: `share:${share}`, after: { role: "asset_manager", asked: 1 } },
    { action: "ask", object: `asks:${id}`, after: { n: 1, note: "we write the invoices" } },
  ]);
  expect(JSON.stringify(history)).not.toContain("agreed by phone");
  const types = (await ok(service, "ben", "GET", "/v1/events?organization=brightfix&limit=200")).items.map(
    ({ type }: { type: string }) => type,
  );
  expect(types.slice(-2)).toEqual(["concordat.ask.made", "concordat.share.changed"]);
  await healthy(service);
});

test("a later date is asked for and given, of a share and of the cooperation", async ({ service }) => {
  const { id, share, asks } = await seed(service);
  const ofShare = await ok(service, "ben", "POST", asks, {
    share,
    expires_at: LATER,
    note: "the repair takes longer",
  });
  const whole = await ok(service, "ben", "POST", asks, { expires_at: LATER, note: "all of it does" });
  await ok(service, "anna", "POST", `${asks}/${whole.n}/accept`);
  await ok(service, "anna", "POST", `${asks}/${ofShare.n}/accept`);
  expect(await ok(service, "ben", "GET", `/v1/cooperations/${id}`)).toMatchObject({
    expires_at: LATER,
    shares: [{ expires_at: LATER, role: "technical_manager" }],
  });
  await healthy(service);
});

test("a no and a withdrawal end an ask and change nothing else, and a number comes once", async ({ service }) => {
  const { share, asks } = await seed(service);
  const wanted = { share, role: "asset_manager", note: "invoices" };
  await ok(service, "ben", "POST", asks, wanted);
  expect((await ok(service, "ben", "POST", asks, { ...wanted, note: "again" })).n).toBe(1);
  const no = await ok(service, "anna", "POST", `${asks}/1/decline`, { reason: "not this year" });
  expect(no.shares[0].role).toBe("technical_manager");
  for (const answer of ["accept", "decline"])
    expect(await refusal(service, "anna", "POST", `${asks}/1/${answer}`)).toBe("not_found");
  expect((await ok(service, "ben", "POST", asks, wanted)).n).toBe(2);
  await ok(service, "ben", "POST", `${asks}/2/withdraw`);
  expect(await refusal(service, "ben", "POST", `${asks}/2/withdraw`)).toBe("not_found");
  expect((await ok(service, "anna", "GET", asks)).items).toEqual([]);
  await healthy(service);
});

test("what was asked about and has changed since is not given; it ends with its share and with the cooperation", async ({
  service,
}) => {
  const { id, share, asks } = await seed(service);
  await ok(service, "ben", "POST", asks, { share, role: "asset_manager", note: "invoices" });
  await ok(service, "ben", "POST", asks, { expires_at: LATER, note: "longer" });
  // what is delegated changes nothing of it
  await ok(service, "ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" });
  await ok(service, "anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" });
  expect((await ok(service, "ben", "GET", asks)).items).toMatchObject([
    { n: 1, stale: true },
    { n: 2, stale: false },
  ]);
  expect(await refusal(service, "anna", "POST", `${asks}/1/accept`)).toBe("ask_stale");
  await ok(service, "anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager" });
  expect((await ok(service, "anna", "GET", asks)).items[0].stale).toBe(false);
  await ok(service, "anna", "DELETE", `/v1/shares/${share}`);
  expect((await ok(service, "anna", "GET", asks)).items).toMatchObject([{ n: 2 }]);
  expect(await refusal(service, "anna", "POST", `${asks}/1/accept`)).toBe("not_found");
  await ok(service, "ben", "POST", `/v1/cooperations/${id}/leave`);
  for (const user of ["anna", "ben"]) expect((await ok(service, user, "GET", asks)).items).toEqual([]);
  expect(await refusal(service, "anna", "POST", `${asks}/2/accept`)).toBe("wrong_status");
  expect(await refusal(service, "ben", "POST", asks, { expires_at: LATER, note: "x" })).toBe("wrong_status");
  await service.settled();
  await healthy(service);
});

test("a yes is held to the policy of the moment, and the ask waits on", async ({ service }) => {
  const { share, asks } = await seed(service);
  await ok(service, "ben", "POST", asks, { share, role: "asset_manager", note: "invoices" });
  await ok(service, "anna", "PUT", "/v1/organizations/sunward/policy", { highest_role: "technical_manager" });
  expect(await refusal(service, "anna", "POST", `${asks}/1/accept`)).toBe("role_against_policy");
  expect((await ok(service, "anna", "GET", asks)).items).toHaveLength(1);
  await ok(service, "anna", "PUT", "/v1/organizations/sunward/policy", {});
  await ok(service, "anna", "POST", `${asks}/1/accept`);
});

test("two admins answer one ask at once: one of them does", async ({ service }) => {
  const { share, asks } = await seed(service);
  await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
  await ok(service, "ben", "POST", asks, { share, role: "asset_manager", note: "invoices" });
  const answers = await Promise.all([
    service.as("anna", "POST", `${asks}/1/accept`),
    service.as("otto", "POST", `${asks}/1/decline`),
    service.as("ben", "POST", `${asks}/1/withdraw`),
  ]);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === "not_found")).toHaveLength(2);
  await healthy(service);
});

test("asks of one cooperation are bounded, also by withdrawing and asking again", async ({ service }) => {
  service.setNow(new Date("2027-03-01T12:00:00Z"));
  const { share, asks } = await seed(service);
  const date = (day: number) => `2099-02-${String(day).padStart(2, "0")}T00:00:00Z`;
  const ask = (day: number) => service.as("ben", "POST", asks, { share, expires_at: date(day), note: "longer" });
  for (let day = 1; day <= 10; day++) expect((await ask(day)).status).toBe(201);
  const full = await ask(11);
  expect([full.status, full.body]).toMatchObject([429, { code: "too_many_asks", kind: "open", limit: 10 }]);
  for (let n = 1; n <= 10; n++) await ok(service, "ben", "POST", `${asks}/${n}/withdraw`);
  for (let n = 11; n <= 20; n++) {
    expect((await ask(n)).body.n).toBe(n);
    await ok(service, "ben", "POST", `${asks}/${n}/withdraw`);
  }
  const later = await ask(21);
  expect([later.status, later.body]).toMatchObject([429, { code: "too_many_asks", kind: "today", limit: 20 }]);
  expect(Number(later.headers.get("Retry-After"))).toBeGreaterThan(0);
});

test("the doctor finds what waits for an answer and is not what its history says", async ({ service }) => {
  const { id, share, asks } = await seed(service);
  await ok(service, "ben", "POST", asks, { share, role: "asset_manager", note: "invoices" });
  const { tupleStore } = service.deps;
  const object = `asks:${id}`;
  const [head] = await tupleStore.read({ object, relation: "head" });
  if (head === undefined) throw new Error("no head");
  const fields = recordOf(head);
  const found = async (open: string) => {
    await tupleStore.erase([{ user: head.user, relation: head.relation, object }]);
    const condition = { name: "record" as const, context: { fields: { ...fields, open } } };
    await tupleStore.write({ deletes: [], writes: [{ ...head, condition }] });
    return diagnose(await tupleStore.readAll());
  };
  const open = fields.open ?? "";
  expect(await found(open.replace('"note":"invoices"', '"note":"theirs"'))).toMatchObject([
    { kind: "history", object },
  ]);
  expect(await found(open.replace('"n":1', '"n":7'))).toMatchObject([{ kind: "history", object }]);
  expect(await found("[{")).toMatchObject([{ kind: "record", object }]);
  expect(await found(open)).toEqual([]);
});

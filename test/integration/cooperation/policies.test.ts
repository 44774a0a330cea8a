/**
 * The policy of an organization is held to what is set after it, on every path by which something can be set; what was
 * set before stays and is listed; and it ends with its organization.
 */
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { join, takeStep } from "../../../src/actions/cooperation.ts";
import { startCooperation, startShare } from "../../../src/actions/due.ts";
import { perform } from "../../../src/actions/run/perform.ts";
import { SCHEDULER } from "../../../src/domain/caller.ts";
import { issueToken } from "../../../src/domain/cooperation/invitation-token.ts";
import { isRefusal } from "../../../src/domain/result.ts";
import type { Reads } from "../../../src/ports.ts";
import { diagnose } from "../../../src/queries/doctor.ts";
import { anyId } from "../../support/ids.ts";
import { healthy, ok, refusal } from "../../support/outcomes.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, forgetInvitations, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const NOW = new Date("2027-03-01T12:00:00Z");
/** 30 days from then, and a second more. */
const LATEST = "2027-03-31T12:00:00Z";
const LATER = "2027-03-31T12:00:01Z";

const POLICY = "/v1/organizations/sunward/policy";
const OWN = "/v1/organizations/brightfix/policy";

async function seed(service: Service) {
  service.setNow(NOW);
  await seedWorld(service);
}

test("no cooperation is offered, and none gets a date, beyond the policy", async ({ service }) => {
  await seed(service);
  await ok(service, "anna", "PUT", POLICY, { cooperation_days_max: 30 });
  const offers = "/v1/organizations/sunward/cooperations";
  const invite = (expires_at?: string) => ({ organization: "brightfix", ...(expires_at && { expires_at }) });
  expect(await refusal(service, "anna", "POST", offers, invite(LATER))).toMatchObject({
    code: "date_against_policy",
    organization: "sunward",
    of: "cooperation",
    days_max: 30,
    latest: LATEST,
  });
  expect((await refusal(service, "anna", "POST", offers, invite())).code).toBe("date_against_policy");
  const { id } = await ok(service, "anna", "POST", offers, invite(LATEST));
  await ok(service, "ben", "POST", `/v1/cooperations/${id}/accept`);
  const patch = (body: object) => refusal(service, "anna", "PATCH", `/v1/cooperations/${id}`, body);
  expect((await patch({ expires_at: LATER })).code).toBe("date_against_policy");
  expect((await patch({ expires_at: null })).code).toBe("date_against_policy");
  // days pass, and the date may move with them
  service.setNow(new Date("2027-03-02T12:00:00Z"));
  await ok(service, "anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: LATER });
  await healthy(service);
});

test("no share is made or changed beyond the policy, be it its date or its role", async ({ service }) => {
  await seed(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  await ok(service, "anna", "PUT", POLICY, { share_days_max: 30, highest_role: "asset_manager" });
  const shareNow = (body: object) => refusal(service, "anna", "POST", `/v1/cooperations/${id}/shares`, body);
  const plant = { resource: "plant:8", role: "viewer" };
  expect((await shareNow(plant)).code).toBe("date_against_policy");
  expect((await shareNow({ ...plant, expires_at: LATER })).latest).toBe(LATEST);
  expect(await shareNow({ ...plant, role: "technical_manager", expires_at: LATEST })).toMatchObject({
    code: "role_against_policy",
    organization: "sunward",
    role: "technical_manager",
    may_share: ["viewer", "asset_manager"],
  });
  const change = (body: object) => refusal(service, "anna", "PATCH", `/v1/shares/${shares[0]}`, body);
  // counted from the start
  const made = await ok(service, "anna", "POST", `/v1/cooperations/${id}/shares`, {
    ...{ ...plant, starts_at: "2027-04-01T00:00:00Z", expires_at: "2027-05-01T00:00:00Z" },
  });
  const early = await refusal(service, "anna", "PATCH", `/v1/shares/${made.id}`, { starts_at: null });
  expect([early.code, early.latest]).toEqual(["date_against_policy", LATEST]);
  // less is free, and what gives more is held to the whole policy
  await ok(service, "anna", "PATCH", `/v1/shares/${shares[0]}`, { expires_at: LATEST });
  for (const expires_at of [LATER, null]) expect((await change({ expires_at })).code).toBe("role_against_policy");
  await ok(service, "anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "asset_manager" });
  expect((await change({ role: "technical_manager" })).code).toBe("role_against_policy");
  expect((await change({ expires_at: LATER })).code).toBe("date_against_policy");
  expect(
    (
      await refusal(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
        email: "ida@else.example",
        shares: [plant],
      })
    ).code,
  ).toBe("date_against_policy");
  await healthy(service);
});

test("a delegation is bounded by the owner's policy and by the partner's, also where it is a raw tuple", async ({
  service,
}) => {
  await seed(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/shares/${shares[0]}/delegations/tom`;
  for (const [by, policy, organization] of [
    ["anna", POLICY, "sunward"],
    ["ben", OWN, "brightfix"],
  ] as const) {
    await ok(service, by, "PUT", policy, { delegation_days_max: 30 });
    for (const dated of [{}, { expires_at: LATER }])
      expect(await refusal(service, "ben", "PUT", path, { role: "viewer", ...dated })).toMatchObject({
        code: "date_against_policy",
        organization,
      });
    const { storeId } = service.deps.engine.api;
    const raw = (expires_at?: string) => {
      const tuple = { user: "user:tom", relation: "delegated_viewer", object: `share:${shares[0]}` };
      const condition = expires_at && { name: "not_expired", context: { expires_at } };
      const body = { writes: { tuple_keys: [{ ...tuple, ...(condition && { condition }) }] } };
      return service.app.request(`/stores/${storeId}/write`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${KEYS.manage}`,
          "Acting-User": "user:ben",
          "Content-Type": "application/json",
        },
        body: JSON.stringify(body),
      });
    };
    const before = await everything(service);
    for (const refused of [await raw(), await raw(LATER)]) {
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(await refused.json())).toContain("date_against_policy");
    }
    expect(await everything(service)).toEqual(before);
    expect((await raw(LATEST)).status).toBe(200);
    await ok(service, "ben", "DELETE", path);
    await ok(service, "ben", "PUT", path, { role: "viewer", expires_at: LATEST });
    await ok(service, "ben", "DELETE", path);
    await ok(service, by, "PUT", policy, {});
  }
  await ok(service, "ben", "PUT", path, { role: "viewer" });
  await healthy(service);
});

test("who is denied is not invited, does not join and does not accept; by either side's policy", async ({
  service,
}) => {
  await seed(service);
  const offers = "/v1/organizations/sunward/cooperations";
  const invited = await ok(service, "anna", "POST", offers, { email: "ida@else.example" });
  const pending = await ok(service, "anna", "POST", offers, { organization: "brightfix" });
  const token = issueToken(service.deps.invitation.secret, anyId(invited.id), 1);
  const join = { token, organization: "brightfix" };
  await ok(service, "anna", "PUT", POLICY, {
    partners_denied: ["organization:brightfix", "domain:bad.example"],
  });
  expect((await refusal(service, "ben", "POST", "/v1/invitations/join", join)).code).toBe("partner_against_policy");
  expect((await refusal(service, "ben", "POST", `/v1/cooperations/${pending.id}/accept`)).organization).toBe("sunward");
  const again = await refusal(service, "anna", "POST", `/v1/cooperations/${pending.id}/resend`);
  expect(again.code).toBe("partner_against_policy");
  await forgetInvitations(service);
  for (const to of [{ email: "eve@bad.example" }, { email: "eve@south.bad.example" }])
    expect((await refusal(service, "anna", "POST", offers, to)).code).toBe("partner_against_policy");
  // an offer is accepted within the policy of that moment
  await ok(service, "anna", "PUT", POLICY, { cooperation_days_max: 30 });
  expect((await refusal(service, "ben", "POST", "/v1/invitations/join", join)).code).toBe("date_against_policy");
  const offer = `/v1/cooperations/${pending.id}/accept`;
  expect((await refusal(service, "ben", "POST", offer)).code).toBe("date_against_policy");
  // the partner's own policy
  await ok(service, "anna", "PUT", POLICY, {});
  await ok(service, "ben", "PUT", OWN, { partners_allowed: ["organization:else"] });
  expect((await refusal(service, "ben", "POST", "/v1/invitations/join", join)).organization).toBe("brightfix");
  await ok(service, "ben", "PUT", OWN, { partners_allowed: ["organization:else", "organization:sunward"] });
  await ok(service, "ben", "POST", "/v1/invitations/join", join);
  await ok(service, "ben", "POST", `/v1/cooperations/${pending.id}/accept`);
  await healthy(service);
});

test("what was set before the policy stays, starts on its date, and is listed to its admins page by page", async ({
  service,
}) => {
  await seed(service);
  const start = "2027-03-02T00:00:00Z";
  const one = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  await forgetInvitations(service);
  const two = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    ...{ email: "ida@else.example", starts_at: start },
    shares: [{ resource: "plant:8", role: "viewer", starts_at: start }],
  });
  await ok(service, "ben", "PUT", `/v1/shares/${one.shares[0]}/delegations/tom`, { role: "viewer" });
  const list = `${POLICY}/violations`;
  expect((await ok(service, "anna", "GET", list)).items).toEqual([]);
  await ok(service, "anna", "PUT", POLICY, {
    ...{ cooperation_days_max: 30, share_days_max: 30, delegation_days_max: 30, highest_role: "viewer" },
    partners_denied: ["organization:brightfix"],
  });
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  const codes = (
    items: { cooperation: string; violations: { code: string; share: string | null; user: string }[] }[],
  ) =>
    items.map(({ cooperation, violations }) => [
      cooperation,
      violations.map(({ code, share, user }) => [code, share !== null, user].join(" ")),
    ]);
  expect((await service.as("anna", "GET", `${list}?limit=21`)).body.code).toBe("invalid_request");
  const first = await ok(service, "anna", "GET", `${list}?limit=1`);
  const second = await ok(service, "anna", "GET", `${list}?limit=1&cursor=${first.next_cursor}`);
  expect(codes([...first.items, ...second.items])).toEqual([
    [
      one.id,
      [
        "partner_against_policy false ",
        "date_against_policy false ",
        "role_against_policy true ",
        "date_against_policy true ",
        "date_against_policy true tom",
      ],
    ],
    [two.id, ["date_against_policy false ", "date_against_policy true "]],
  ]);
  expect(codes((await service.admin("GET", list)).body.items)).toEqual(codes([...first.items, ...second.items]));
  // the partner's policy is another one, and lists what is its own
  expect((await ok(service, "ben", "GET", `${OWN}/violations`)).items).toEqual([]);
  await ok(service, "ben", "PUT", OWN, { dates_required: ["delegation", "share", "cooperation"] });
  expect(codes((await ok(service, "ben", "GET", `${OWN}/violations`)).items)).toEqual([
    [one.id, ["date_against_policy true tom"]],
  ]);
  // a date that comes sets nothing
  service.setNow(new Date(start));
  const share = (await ok(service, "anna", "GET", `/v1/cooperations/${two.id}`)).shares[0].id;
  for (const action of [startCooperation({ cooperation: anyId(two.id) }), startShare({ share })]) {
    const receipt = await perform<unknown, unknown, unknown, unknown>(
      service.deps,
      { caller: SCHEDULER, requestId: "due" },
      action,
    );
    expect(isRefusal(receipt) ? receipt.code : receipt.outcome).toBe("done");
  }
  // a pause is no date of an end
  await ok(service, "anna", "POST", `/v1/cooperations/${one.id}/pause`, { resume_at: "2028-01-01T00:00:00Z" });
  await ok(service, "anna", "POST", `/v1/cooperations/${one.id}/pause`, {
    ...{ resume_at: "2028-02-01T00:00:00Z", reason: "the winter is long" },
  });
  const [paused] = (await ok(service, "anna", "GET", `/v1/cooperations/${one.id}/history?limit=1`)).items;
  expect(paused).toMatchObject({ action: "change_expiry", reason: "the winter is long" });
  await ok(service, "anna", "POST", `/v1/cooperations/${one.id}/resume`);
  await healthy(service);
});

test("to a partner that is denied since nothing more is given, and what is there may be made less", async ({
  service,
}) => {
  await seed(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const [path, whole] = [`/v1/shares/${shares[0]}`, `/v1/cooperations/${id}`];
  const delegation = `${path}/delegations/tom`;
  await ok(service, "anna", "PATCH", path, { expires_at: LATEST });
  await ok(service, "anna", "PATCH", whole, { expires_at: LATEST });
  await ok(service, "ben", "PUT", delegation, { role: "viewer" });
  const { n } = await ok(service, "ben", "POST", `${whole}/asks`, { expires_at: LATER, note: "it takes longer" });
  for (const [by, policy, denied] of [
    ["anna", POLICY, "organization:brightfix"],
    ["ben", OWN, "organization:sunward"],
  ] as const) {
    await ok(service, by, "PUT", policy, { partners_denied: [denied] });
    const codeOf = async (user: string, method: string, to: string, body?: object) =>
      (await refusal(service, user, method, to, body)).code;
    expect(await codeOf("ben", "PUT", delegation, { role: "technical_manager" })).toBe("partner_against_policy");
    if (by === "anna") {
      const more = { resource: "plant:8", role: "viewer" };
      expect(await codeOf("anna", "POST", `${whole}/shares`, more)).toBe("partner_against_policy");
      expect(await codeOf("anna", "PATCH", path, { role: "asset_manager" })).toBe("partner_against_policy");
      expect(await codeOf("anna", "PATCH", path, { expires_at: null })).toBe("partner_against_policy");
      expect(await codeOf("anna", "PATCH", whole, { expires_at: LATER })).toBe("partner_against_policy");
      expect(await codeOf("anna", "POST", `${whole}/asks/${n}/accept`)).toBe("partner_against_policy");
    }
    await ok(service, by, "PUT", policy, {});
  }
  await ok(service, "anna", "PUT", POLICY, { partners_denied: ["organization:brightfix"] });
  await ok(service, "ben", "PUT", delegation, { role: "viewer", expires_at: LATEST });
  await ok(service, "anna", "PATCH", path, { role: "viewer", expires_at: "2027-03-20T00:00:00Z" });
  await ok(service, "anna", "POST", `${whole}/pause`);
  await ok(service, "anna", "POST", `${whole}/resume`);
  await ok(service, "ben", "DELETE", delegation);
  await ok(service, "anna", "DELETE", path);
  await healthy(service);
});

test("a role that was allowed before the policy is kept no longer, and a higher one needs the end that the policy asks for", async ({
  service,
}) => {
  await seed(service);
  const { shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager", expires_at: LATEST },
    { resource: "plant:8", role: "viewer" },
  ]);
  const [high, low] = shares.map((id) => `/v1/shares/${id}`);
  await ok(service, "anna", "PATCH", `${high}`, { step_down_at: "2027-03-10T00:00:00Z" });
  await ok(service, "anna", "PUT", POLICY, { highest_role: "viewer" });
  for (const longer of [{ step_down_at: null }, { step_down_at: "2027-03-11T00:00:00Z" }, { expires_at: LATER }])
    expect((await refusal(service, "anna", "PATCH", `${high}`, longer)).code).toBe("role_against_policy");
  await ok(service, "anna", "PATCH", `${high}`, { step_down_at: "2027-03-09T00:00:00Z" });
  await ok(service, "anna", "PUT", POLICY, { share_days_max: 30, delegation_days_max: 30 });
  const change = (body: object) => refusal(service, "anna", "PATCH", `${low}`, body);
  expect((await change({ role: "technical_manager" })).code).toBe("date_against_policy");
  await ok(service, "anna", "PATCH", `${low}`, { role: "technical_manager", expires_at: LATEST });
  await healthy(service);
});

test("a policy that is set while its organization joins is not overlooked", async ({ service }) => {
  await seed(service);
  const offers = "/v1/organizations/sunward/cooperations";
  const { id } = await ok(service, "anna", "POST", offers, { email: "ida@else.example" });
  const pending = await ok(service, "anna", "POST", offers, { organization: "brightfix" });
  const { tupleStore } = service.deps;
  const token = issueToken(service.deps.invitation.secret, anyId(id), 1);
  for (const action of [
    join({ token, organization: anyId("brightfix") }),
    takeStep({ cooperation: anyId(pending.id), step: "accept" }),
  ]) {
    const denied = Promise.withResolvers<void>();
    // the policy changes as soon as it was read; a head that is read beside it comes later
    const read: Reads["read"] = async (filter) => {
      if (filter.object === "organization:brightfix" && filter.relation === "head")
        await Promise.race([denied.promise, setTimeout(500)]);
      const tuples = await tupleStore.read(filter);
      if (filter.object === "policy:brightfix") {
        await ok(service, "ben", "PUT", OWN, { partners_denied: ["organization:sunward"] });
        denied.resolve();
      }
      return tuples;
    };
    const caller = { key: "manager", scopes: ["manage" as const], user: anyId("ben") };
    const deps = { ...service.deps, tupleStore: { ...tupleStore, read } };
    const receipt = await perform<unknown, unknown, unknown, unknown>(deps, { caller, requestId: "race" }, action);
    expect(isRefusal(receipt) ? receipt.code : receipt.outcome).toBe("partner_against_policy");
    await ok(service, "ben", "PUT", OWN, {});
  }
});

test("a policy is set by admins and services, with its ETag and its entry, and read by nobody else", async ({
  service,
}) => {
  await seed(service);
  const empty = await ok(service, "anna", "GET", POLICY);
  expect(empty).toMatchObject({ share_days_max: null, dates_required: [], partners_denied: [], etag: null });
  for (const [user, code] of [
    ["otto", "not_admin"],
    ["ben", "not_found"],
  ] as const)
    for (const [method, path, body] of [
      ["GET", POLICY],
      ["GET", `${POLICY}/violations`],
      ["PUT", POLICY, { share_days_max: 1 }],
    ] as const)
      expect((await service.as(user, method, path, body)).body.code, `${user} ${method} ${path}`).toBe(code);
  const set = await service.as("anna", "PUT", POLICY, { share_days_max: 90 }, { headers: { "If-None-Match": "*" } });
  expect([set.status, set.body.etag]).toEqual([200, '"1"']);
  const late = await service.as("anna", "PUT", POLICY, {}, { headers: { "If-None-Match": "*" } });
  expect(late.body.code).toBe("stale");
  const before = await everything(service);
  expect((await ok(service, "anna", "PUT", POLICY, { share_days_max: 90, highest_role: null })).etag).toBe('"1"');
  expect(await everything(service)).toEqual(before);
  const stale = await service.admin("PUT", POLICY, {}, { headers: { "If-Match": '"7"' } });
  expect(stale.body.code).toBe("stale");
  const cleared = await service.admin("PUT", POLICY, {}, { headers: { "If-Match": '"1"' } });
  expect([cleared.status, cleared.body.etag, cleared.body.share_days_max]).toEqual([200, '"2"', null]);
  const { items } = await ok(service, "anna", "GET", "/v1/organizations/sunward/history?limit=2");
  expect(items).toMatchObject([
    { action: "set_policy", object: "policy:sunward", before: { share_days_max: 90 }, after: {} },
    { action: "set_policy", object: "policy:sunward", before: {}, after: { share_days_max: 90 } },
  ]);
  const events = await ok(service, "anna", "GET", "/v1/events?organization=sunward&limit=200");
  expect(events.items.at(-1)).toMatchObject({ type: "concordat.organization.policy_set", subject: "policy:sunward" });
  expect((await service.admin("GET", "/v1/organizations/nowhere/policy")).status).toBe(404);
  expect((await service.admin("PUT", "/v1/organizations/nowhere/policy", { share_days_max: 1 })).status).toBe(404);
  await healthy(service);
});

test("an organization that is created under the id of a deleted one has no policy", async ({ service }) => {
  const { admin } = service;
  await seed(service);
  await admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  const path = "/v1/organizations/lumen/policy";
  await admin("PUT", path, { share_days_max: 1, partners_denied: ["organization:sunward"] });
  expect((await admin("DELETE", "/v1/organizations/lumen")).status).toBe(200);
  await healthy(service);
  expect((await admin("GET", path)).status).toBe(404);
  await admin("PUT", "/v1/organizations/lumen", { name: "Another Lumen" });
  expect((await admin("GET", path)).body).toMatchObject({ share_days_max: null, partners_denied: [], etag: '"2"' });
  const set = await admin("PUT", path, { highest_role: "viewer" });
  expect([set.status, set.body.etag]).toEqual([200, '"3"']);
  await healthy(service);
});

test("the doctor finds a policy that is not what its organization's history says", async ({ service }) => {
  await seed(service);
  await ok(service, "anna", "PUT", POLICY, { share_days_max: 90 });
  const { tupleStore } = service.deps;
  const [head] = await tupleStore.read({ object: "policy:sunward", relation: "head" });
  if (head === undefined) throw new Error("no head");
  const found = async (fields: Record<string, string>) => {
    const [is] = await tupleStore.read({ object: "policy:sunward", relation: "head" });
    if (is !== undefined) await tupleStore.erase([{ user: is.user, relation: is.relation, object: is.object }]);
    const condition = { name: "record" as const, context: { fields } };
    await tupleStore.write({ deletes: [], writes: [{ ...head, condition }] });
    return diagnose(await tupleStore.readAll());
  };
  const finding = { kind: "history", object: "policy:sunward" };
  expect(await found({ share_days_max: "900" })).toMatchObject([finding]);
  // as if its organization had been deleted: it would rule nothing
  expect(await found({ share_days_max: "90", deleted_at: "2027-01-01T00:00:00Z" })).toMatchObject([finding]);
  expect(await found({ share_days_max: "90" })).toEqual([]);
});

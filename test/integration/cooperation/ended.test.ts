/**
 * Ended is ended (law 15): what has ended is seen as it was at its end, by those who were
 * its sides, and an organization under a deleted id is none of them.
 */

import { generateKeyPairSync } from "node:crypto";
import { ulid } from "ulid";
import { expect } from "vitest";
import { repair } from "../../../src/actions/repair.ts";
import { signStore } from "../../../src/actions/sign-store.ts";
import { verifyPages } from "../../../src/domain/doctor/verify-pages.ts";
import { readHistoryKeys } from "../../../src/domain/history-keys.ts";
import { entryRef, fieldsOf, headKey, toFields } from "../../../src/domain/records.ts";
import { tuplesOfSides } from "../../../src/domain/state-tuples.ts";
import { EngineUnavailable } from "../../../src/faults.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor, isDamage } from "../../../src/queries/doctor.ts";
import { cooperationHead, organizationHead } from "../../../src/store/snapshot.ts";
import { put, repairDeps } from "../../support/damage.ts";
import { anyId } from "../../support/ids.ts";
import {
  cooperate,
  createService,
  forgetInvitations,
  type Reply,
  type Service,
  seedWorld,
  test,
} from "../../support/service.ts";

const ORG = "/v1/organizations";
const NEW_KEY = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const SHARE = { resource: "plant:7", role: "technical_manager" };

/** Sunward and Brightfix are called otherwise now and have other admins, and plant 7 another name. */
async function thingsChange({ admin }: Service): Promise<void> {
  for (const [organization, user] of [
    ["sunward", "nina"],
    ["brightfix", "nils"],
  ] as const) {
    await admin("PUT", `${ORG}/${organization}`, { name: `${organization} is new` });
    await admin("PUT", `${ORG}/${organization}/people/${user}`, {
      role: "admin",
      name: `${user} is new`,
      email: `${user}@new.example`,
    });
  }
  await admin("PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside is new" });
}

/** Everything that a cooperation is shown in, to one of its admins. */
async function seen(service: Service, user: string, organization: string, id: string): Promise<string> {
  const replies = [
    await service.as(user, "GET", `/v1/cooperations/${id}`),
    await service.as(user, "GET", `/v1/cooperations/${id}/history`),
    await service.as(user, "GET", `/v1/cooperations/${id}/shares`),
    await service.as(user, "GET", `${ORG}/${organization}/cooperations?status=ended`),
    await service.as(user, "GET", `${ORG}/${organization}/cooperations`),
    await service.as(user, "POST", `/v1/cooperations/${id}/${user === "anna" ? "pause" : "leave"}`),
  ];
  return JSON.stringify(replies.map(({ body }) => body));
}

/** Brightfix, without anything that binds it, is deleted, and another company gets its id, with rita as admin. */
async function another(service: Service): Promise<void> {
  for (const user of ["ben", "tom", "eva"])
    expect((await service.admin("DELETE", `${ORG}/brightfix/people/${user}`)).status).toBe(200);
  expect((await service.admin("DELETE", `${ORG}/brightfix`)).status).toBe(200);
  expect((await service.admin("PUT", `${ORG}/brightfix`, { name: "Another" })).status).toBe(201);
  expect(
    (await service.admin("PUT", `${ORG}/brightfix/people/rita`, { role: "admin", email: "rita@another.example" }))
      .status,
  ).toBe(201);
}

const ENDINGS: Record<string, (service: Service, id: string) => Promise<Reply>> = {
  left: (service, id) => service.as("ben", "POST", `/v1/cooperations/${id}/leave`),
  removed: (service, id) => service.as("anna", "DELETE", `/v1/cooperations/${id}`),
  declined: (service, id) => service.as("ben", "POST", `/v1/cooperations/${id}/decline`),
};

for (const [how, end] of Object.entries(ENDINGS))
  test(`a cooperation that was ${how} is shown to both sides as it was at its end, whatever happens to the other side`, async ({
    service,
  }) => {
    await seedWorld(service);
    const { body } = await service.as("anna", "POST", `${ORG}/sunward/cooperations`, {
      organization: "brightfix",
      shares: [SHARE],
    });
    const id: string = body.id;
    if (how !== "declined") await service.as("ben", "POST", `/v1/cooperations/${id}/accept`);
    // while it lives each side sees the other as it is
    await service.admin("PUT", `${ORG}/sunward/people/otto`, { role: "admin" });
    const living = await service.as("ben", "GET", `/v1/cooperations/${id}`);
    expect(living.body.contacts.initiator.map(({ user }: { user: string }) => user)).toEqual(["anna", "otto"]);
    const ended = await end(service, id);
    expect([ended.status, ended.body.contacts]).toEqual([200, { initiator: [], partner: [] }]);
    await service.settled();
    await thingsChange(service);
    for (const [user, organization] of [
      ["anna", "sunward"],
      ["ben", "brightfix"],
    ] as const) {
      const { body: shown } = await service.as(user, "GET", `/v1/cooperations/${id}`);
      expect(shown).toMatchObject({
        status: "ended",
        ended_as: how,
        initiator: { id: "sunward", name: "Sunward Energy" },
        partner: { id: "brightfix", name: "Brightfix Service" },
        contacts: { initiator: [], partner: [] },
        shares: [],
        shared_at_end: [{ resource: "plant:7", name: "Hillside", role: "technical_manager", expires_at: null }],
      });
      const all = await seen(service, user, organization, id);
      expect(all).toContain("Sunward Energy");
      expect(all).not.toMatch(/is new|new\.example/);
    }
    const file = await service.app.request(`/v1/export?format=fga.yaml&cooperation=${id}`, {
      headers: { Authorization: "Bearer admin-key-of-the-tests" },
    });
    expect(file.status).toBe(200);
    expect(await file.text()).not.toMatch(/user:(nina|nils|anna|ben)/);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

test("an organization under a deleted id has no part in the cooperations of the one before it", async ({ service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, [SHARE]);
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: "they went bankrupt" });
  await service.as("anna", "DELETE", `/v1/cooperations/${id}`);
  const open = await service.as("anna", "POST", `${ORG}/sunward/cooperations`, { organization: "brightfix" });
  expect((await service.as("ben", "GET", `/v1/cooperations/${id}`)).status).toBe(200);
  await another(service);
  await service.settled();
  for (const path of [`/v1/cooperations/${id}`, `/v1/cooperations/${id}/history`, `/v1/cooperations/${open.body.id}`])
    expect((await service.as("rita", "GET", path)).status, path).toBe(404);
  for (const query of ["", "?status=ended"]) {
    const list = await service.as("rita", "GET", `${ORG}/brightfix/cooperations${query}`);
    expect([list.status, list.body.items], query).toEqual([200, []]);
  }
  const history = (await service.as("rita", "GET", `${ORG}/brightfix/history?limit=1`)).body;
  expect(history.items).toMatchObject([{ action: "add_person", object: "user:rita" }]);
  const rest = (await service.as("rita", "GET", `${ORG}/brightfix/history?cursor=${history.next_cursor}`)).body;
  expect(rest).toMatchObject({ items: [{ action: "create" }], next_cursor: null });
  expect((await service.admin("GET", `${ORG}/brightfix/history`)).body.items.length).toBeGreaterThan(4);
  // nor by the engine
  const can = async (user: string, action: string) => {
    const [type, object] = ["cooperation", id];
    const question = { user: `user:${user}`, relation: `can_${action}`, object: `${type}:${object}` };
    return service.deps.engine.check(question, new Date());
  };
  expect([await can("rita", "view"), await can("rita", "answer"), await can("anna", "view")]).toEqual([
    false,
    false,
    true,
  ]);
  const explained = await service.admin("POST", "/v1/explain", {
    subject: { type: "user", id: "rita" },
    action: { name: "view" },
    resource: { type: "cooperation", id },
  });
  expect(explained.body.paths.flatMap(({ limits }: { limits: { code: string }[] }) => limits[0]?.code)).toContain(
    "cooperation_ended",
  );
  // the other side has it as it was, and nothing of the newcomer
  expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body).toMatchObject({
    partner: { id: "brightfix", name: "Brightfix Service" },
    contacts: { initiator: [], partner: [] },
  });
  expect(JSON.stringify((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body)).not.toContain("rita");
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

test("an organization under a deleted id cooperates like any other, also with the same partners", async ({
  service,
}) => {
  await seedWorld(service);
  const { id: before } = await cooperate(service, [SHARE]);
  await service.as("ben", "POST", `/v1/cooperations/${before}/leave`);
  await another(service);
  const invited = await service.as("anna", "POST", `${ORG}/sunward/cooperations`, {
    organization: "brightfix",
    shares: [SHARE],
  });
  const path = `/v1/cooperations/${invited.body.id}`;
  expect((await service.as("rita", "POST", `${path}/accept`)).body).toMatchObject({
    status: "active",
    partner: { name: "Another" },
  });
  expect(await service.may("rita", "manage_technical", "plant:7")).toBe(true);
  expect((await service.as("rita", "POST", `${path}/leave`)).status).toBe(200);
  expect((await service.as("rita", "GET", path)).body).toMatchObject({ status: "ended", ended_as: "left" });
  expect((await service.as("rita", "GET", `${ORG}/brightfix/cooperations?status=ended`)).body.items).toMatchObject([
    { id: invited.body.id },
  ]);
  await service.settled();
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

test("a deletion that fails after it declined offers is not reported as having written nothing", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/third", { name: "Third" });
  const { body } = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "third",
  });
  const write: TupleStore["write"] = async (all) => {
    if (all.deletes.some(({ object }) => object === "organization:third")) throw new EngineUnavailable("away");
    return tupleStore.write(all);
  };
  const failing = createService({ tupleStore: { ...tupleStore, write }, engine });
  const { status, body: problem } = await failing.admin("DELETE", "/v1/organizations/third");
  expect([status, problem.code]).toEqual([504, "outcome_unknown"]);
  expect((await service.as("anna", "GET", `/v1/cooperations/${body.id}`)).body.ended_as).toBe("declined");
  await failing.settled();
  expect((await service.admin("DELETE", "/v1/organizations/third")).status).toBe(200);
});

test("an organization that is deleted while it is invited leaves an offer that nobody can accept", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  for (const user of ["ben", "tom", "eva"]) await service.admin("DELETE", `${ORG}/brightfix/people/${user}`);
  let isDeleted = false;
  const rival = createService(
    {
      tupleStore: {
        ...tupleStore,
        // between what the invitation is decided on and its Write
        write: async (write) => {
          if (!isDeleted) {
            isDeleted = true;
            expect((await service.admin("DELETE", `${ORG}/brightfix`)).status).toBe(200);
          }
          return tupleStore.write(write);
        },
      },
      engine,
    },
    {},
  );
  const invited = await rival.as("anna", "POST", `${ORG}/sunward/cooperations`, {
    organization: "brightfix",
    shares: [SHARE],
  });
  expect([invited.status, isDeleted]).toEqual([201, true]);
  const path = `/v1/cooperations/${invited.body.id}`;
  await service.admin("PUT", `${ORG}/brightfix`, { name: "Another" });
  await service.admin("PUT", `${ORG}/brightfix/people/rita`, { role: "admin", email: "rita@another.example" });
  for (const step of ["accept", "decline"])
    expect((await service.as("rita", "POST", `${path}/${step}`)).body.code).toBe("not_found");
  expect((await service.as("anna", "GET", path)).body).toMatchObject({
    status: "pending",
    partner: { name: "brightfix" },
  });
  // nor does the newcomer get a mail about it
  service.setNow(new Date(Date.now() + 120_000));
  const resent = await service.as("anna", "POST", `${path}/resend`);
  expect([resent.status, resent.body.mail, service.mails]).toEqual([200, "none", []]);
  service.setNow(undefined);
  // the deleted organization is swept in the background
  await service.settled();
  expect(await doctor(tupleStore)).toEqual([]);
  // the newcomer may be invited for itself, and the old offer taken back
  expect((await service.as("anna", "POST", `${ORG}/sunward/cooperations`, { organization: "brightfix" })).status).toBe(
    201,
  );
  expect((await service.as("anna", "DELETE", path)).status).toBe(200);
  await service.settled();
  expect(await doctor(tupleStore)).toEqual([]);
});

test("a store that keeps ended cooperations among the live ones is read correctly, and migrated by reading", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, [SHARE]);
  await service.as("ben", "POST", `/v1/cooperations/${id}/leave`);
  await service.settled();
  // as the version before wrote it
  const asBefore = async () => {
    const { value } = await cooperationHead(tupleStore, id);
    if (value === undefined) throw new Error("no cooperation");
    const [present, former] = [tuplesOfSides(value, "present"), tuplesOfSides(value, "former")];
    expect(await tupleStore.write({ deletes: former, writes: present })).toBe("committed");
  };
  const isOver = async () => {
    const living = await tupleStore.read({ object: `cooperation:${id}`, relation: "partner" });
    const ended = await tupleStore.read({ object: `cooperation:${id}`, relation: "former_partner" });
    return [living.length, ended.length];
  };
  const list = async (user: string, organization: string, query: string) =>
    (await service.as(user, "GET", `${ORG}/${organization}/cooperations${query}`)).body.items.map(
      (item: { id: string }) => item.id,
    );
  await asBefore();
  expect(await list("anna", "sunward", "?status=ended")).toEqual([id]);
  expect(await list("ben", "brightfix", "?status=ended")).toEqual([id]);
  expect(await doctor(tupleStore)).toMatchObject([{ kind: "leftover" }, { kind: "leftover" }]);
  for (const look of [
    () => list("anna", "sunward", ""),
    () => list("ben", "brightfix", ""),
    () => service.as("ben", "GET", `${ORG}/brightfix/incoming-shares`),
  ]) {
    expect(await isOver()).toEqual([1, 0]);
    await look();
    await service.settled();
    expect(await isOver()).toEqual([0, 1]);
    expect(await list("anna", "sunward", "?status=ended")).toEqual([id]);
    await asBefore();
  }
});

test("a partner that joined by a token sees the history from then on, the initiator all of it", async ({ service }) => {
  await seedWorld(service);
  const { body } = await service.as("anna", "POST", `${ORG}/sunward/cooperations`, {
    email: "ida@else.example",
    shares: [SHARE, { resource: "plant:8", role: "viewer" }],
  });
  const withdrawn = body.shares.find(({ resource }: { resource: string }) => resource === "plant:8").id;
  await service.as("anna", "DELETE", `/v1/shares/${withdrawn}`);
  const [, token = ""] = /#token=(\S+)/.exec(service.mails.at(-1)?.text ?? "") ?? [];
  await service.as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" });
  await service.as("anna", "POST", `/v1/cooperations/${body.id}/pause`);
  const of = async (user: string) => (await service.as(user, "GET", `/v1/cooperations/${body.id}/history`)).body;
  const page = await of("ben");
  expect(page.items.map(({ action }: { action: string }) => action)).toEqual(["pause", "join"]);
  expect([page.next_cursor, JSON.stringify(page).includes("plant:8")]).toEqual([null, false]);
  // and can verify that nothing of what they may see is missing
  expect([page.head.first, (await of("anna")).head.first]).toEqual([3, 1]);
  expect(verifyPages([page], new Map()).problems).toEqual([expect.stringMatching(/no signature/)]);
  expect((await of("anna")).items.map(({ action }: { action: string }) => action)).toEqual([
    "pause",
    "join",
    "unshare",
    "invite",
  ]);
});

/** Writes the heads of these anew without what an older version does not know, as it does with every action. */
async function asOlderVersions(tupleStore: TupleStore, objects: string[]): Promise<void> {
  for (const object of objects) {
    const [head] = await tupleStore.read({ object, relation: "head" });
    if (head === undefined) expect.fail(`${object} has no head`);
    const known = Object.entries(fieldsOf(head)).filter(([name]) => !name.endsWith("incarnation"));
    const condition = { name: "record" as const, context: { fields: Object.fromEntries(known) } };
    await put(tupleStore, [head], [{ ...head, condition }]);
  }
}

for (const [how, mend] of Object.entries({
  "a repair": async (tupleStore: TupleStore) => (await repair(repairDeps(tupleStore))).left,
  // what is left to sweep without effect is no damage
  "signing what was there before": async (tupleStore: TupleStore) => {
    await signStore({ tupleStore, clock: () => new Date(), newId: ulid }, readHistoryKeys(NEW_KEY));
    return (await doctor(tupleStore)).filter(isDamage);
  },
}))
  test(`an organization that an older version created or wrote again is distinguished from the one before it by ${how}`, async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    const { id: theirs } = await cooperate(service, [SHARE]);
    await service.as("ben", "POST", `/v1/cooperations/${theirs}/leave`, { reason: "between us" });
    await another(service);
    await forgetInvitations(service);
    const { body } = await service.as("anna", "POST", `${ORG}/sunward/cooperations`, { organization: "brightfix" });
    const own = body.id;
    await service.as("rita", "POST", `/v1/cooperations/${own}/accept`);
    await service.as("rita", "POST", `/v1/cooperations/${own}/leave`);
    await service.settled();
    await asOlderVersions(tupleStore, ["organization:brightfix", `cooperation:${own}`]);
    const sees = async (user: string, id: string) =>
      (await service.as(user, "GET", `/v1/cooperations/${id}`)).status === 200;
    // what is to be mended
    expect(await sees("rita", theirs)).toBe(true);
    const found = (await doctor(tupleStore)).filter(({ kind }) => kind === "incarnation");
    expect(found.map(({ object, remedy }) => [object, remedy !== undefined])).toEqual([
      [`cooperation:${own}`, true],
      ["organization:brightfix", true],
    ]);

    expect(await mend(tupleStore)).toEqual([]);
    expect([await sees("rita", theirs), await sees("rita", own)]).toEqual([false, true]);
    expect([await sees("anna", theirs), await sees("anna", own)]).toEqual([true, true]);
    const listed = await service.as("rita", "GET", `${ORG}/brightfix/cooperations?status=ended`);
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([own]);
    expect((await service.admin("PUT", `${ORG}/brightfix`, { name: "Another still" })).status).toBe(200);
    expect(await sees("rita", theirs)).toBe(false);
  });

test("records of a store from before incarnations read as the first", async ({ service, tupleStore }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  await service.as("ben", "POST", `/v1/cooperations/${id}/leave`);
  // without what this version adds at the end
  const { n, hash, value } = await cooperationHead(tupleStore, id);
  const { initiator_name: _i, partner_name: _p, ...before } = value ?? {};
  const object = `cooperation:${id}`;
  const fields = toFields({ ...before, hash });
  await tupleStore.erase([headKey(object, n)]);
  await tupleStore.write({
    deletes: [],
    writes: [
      { user: entryRef(object, n), relation: "head", object, condition: { name: "record", context: { fields } } },
    ],
  });
  expect((await service.as("ben", "GET", `/v1/cooperations/${id}`)).body).toMatchObject({
    status: "ended",
    initiator: { id: "sunward", name: "sunward" },
    partner: { id: "brightfix", name: "brightfix" },
  });
  expect((await organizationHead(tupleStore, anyId("sunward"))).value?.incarnation).toBe(undefined);
  await forgetInvitations(service);
});

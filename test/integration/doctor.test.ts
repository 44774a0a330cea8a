/**
 * Doctor finds nothing in what the service wrote, and each kind of damage that a write
 * past the service can do. Every damage is done to the real store and undone again.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ulid } from "ulid";
import { describe, expect } from "vitest";
import { sweep } from "../../src/actions/sweep.ts";
import { FINDING_KINDS, type Finding } from "../../src/domain/finding.ts";
import { entryRef } from "../../src/domain/records.ts";
import { keyText, type Tuple, type TupleKey } from "../../src/domain/tuples.ts";
import { createClient } from "../../src/openfga/client.ts";
import { createRelationships } from "../../src/openfga/relationships.ts";
import { openStore } from "../../src/openfga/store.ts";
import type { Relationships } from "../../src/ports.ts";
import { doctor, isDamage } from "../../src/queries/doctor.ts";
import { connection, MODEL } from "../engine.ts";
import { cooperate, type Service, seedWorld, test } from "../service.ts";

const YEAR = new Date().getFullYear() + 1;
const date = (day: number) => `${YEAR}-06-${String(day).padStart(2, "0")}T12:00:00Z`;

type World = { cooperation: string; plant: string; portfolio: string; paused: string; gone: string };

/** A store in which everything has happened: every status, dates moved, people gone, things deleted and back. */
async function liveALot(service: Service): Promise<World> {
  const { as, admin } = service;
  const ok = async (call: Promise<{ status: number; body: { id?: string } }>) => {
    const reply = await call;
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
    return reply.body;
  };
  await seedWorld(service);
  const {
    id,
    shares: [plant = "", portfolio = ""],
  } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager" },
    { resource: "portfolio:north", role: "viewer", expires_at: date(3) },
  ]);
  await ok(as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: date(20) }));
  await ok(as("ben", "PUT", `/v1/shares/${plant}/delegations/tom`, { role: "technical_manager" }));
  await ok(as("ben", "PUT", `/v1/shares/${plant}/delegations/tom`, { role: "technical_manager", expires_at: date(5) }));
  await ok(as("ben", "PUT", `/v1/shares/${portfolio}/delegations/eva`, { role: "viewer" }));
  await ok(
    as("anna", "PATCH", `/v1/shares/${plant}`, { role: "asset_manager", expires_at: date(6), reason: "a year" }),
  );
  await ok(as("anna", "PATCH", `/v1/shares/${plant}`, { role: "technical_manager" }));
  await ok(as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }));
  await ok(as("anna", "PUT", "/v1/plants/8/roles/otto", { role: "asset_manager" }));
  await ok(admin("PUT", "/v1/organizations/brightfix", { name: "Brightfix" }));

  const gone = (await cooperate(service, [{ resource: "plant:8", role: "asset_manager" }])).id;
  await ok(as("anna", "DELETE", `/v1/cooperations/${gone}`));
  const paused = await cooperate(service, [{ resource: "plant:8", role: "asset_manager" }]);
  await ok(as("ben", "PUT", `/v1/shares/${paused.shares[0]}/delegations/eva`, { role: "asset_manager" }));
  await ok(as("anna", "POST", `/v1/cooperations/${paused.id}/pause`, {}));
  const shared = await ok(as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", role: "viewer" }));
  await ok(as("anna", "DELETE", `/v1/shares/${shared.id}`));
  await ok(as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: "new@elsewhere.example" }));

  // a person with everything leaves, and comes back with nothing
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lea", { role: "member", email: "lea@brightfix.example" }));
  await ok(as("ben", "PUT", `/v1/shares/${plant}/delegations/lea`, { role: "viewer" }));
  await ok(admin("DELETE", "/v1/organizations/brightfix/people/lea"));
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lea", { role: "external", email: "lea@home.example" }));
  // an organization and a plant that were, are not, and are again or of another
  await ok(admin("PUT", "/v1/organizations/brief", { name: "Brief" }));
  await ok(admin("PUT", "/v1/plants/9", { owner: "brief" }));
  await ok(admin("DELETE", "/v1/plants/9"));
  await ok(admin("DELETE", "/v1/organizations/brief"));
  await ok(admin("PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" }));
  await service.settled();
  return { cooperation: id, plant, portfolio, paused: paused.id, gone };
}

/** Takes these tuples away and puts those there, past the service; gives how to undo it. */
async function tamper(relationships: Relationships, deletes: Tuple[], writes: Tuple[]): Promise<() => Promise<void>> {
  const step = async (change: { deletes: TupleKey[]; writes: Tuple[] }) => {
    if (change.deletes.length + change.writes.length === 0) return;
    expect(await relationships.write(change)).toBe("committed");
  };
  // one Write may not name a key in both
  await step({ deletes, writes: [] });
  await step({ deletes: [], writes });
  return async () => {
    await step({ deletes: writes, writes: [] });
    await step({ deletes: [], writes: deletes });
  };
}

type Damage = [sentence: string, kind: Finding["kind"], object: string, deletes: Tuple[], writes: Tuple[]];

function damages(all: Tuple[], world: World): Damage[] {
  const one = (object: string, relation: string, user?: string): Tuple => {
    const found = all.filter(
      (tuple) => tuple.object === object && tuple.relation === relation && (user === undefined || tuple.user === user),
    );
    expect(found.length, `${object} ${relation} ${user ?? ""}`).toBeGreaterThan(0);
    return found.at(-1) as Tuple;
  };
  const fieldsOf = (tuple: Tuple) => (tuple.condition?.name === "record" ? tuple.condition.context.fields : {});
  const withFields = (tuple: Tuple, fields: Record<string, string>): Tuple => ({
    ...tuple,
    condition: { name: "record", context: { fields } },
  });
  const changed = (tuple: Tuple, change: Record<string, string>): [Tuple[], Tuple[]] => [
    [tuple],
    [withFields(tuple, { ...fieldsOf(tuple), ...change })],
  ];
  const without = (tuple: Tuple, field: string): [Tuple[], Tuple[]] => {
    const { [field]: _, ...rest } = fieldsOf(tuple);
    return [[tuple], [withFields(tuple, rest)]];
  };
  const bent = (tuple: Tuple, change: Record<string, unknown>) => {
    const common = JSON.parse(fieldsOf(tuple).common ?? "{}") as Record<string, unknown>;
    return changed(tuple, { common: JSON.stringify({ ...common, ...change }) });
  };
  const redated = (tuple: Tuple, expires_at: string): [Tuple[], Tuple[]] => [
    [tuple],
    [{ ...tuple, condition: { name: "not_expired", context: { expires_at } } }],
  ];
  const cooperation = `cooperation:${world.cooperation}`;
  const plant = `share:${world.plant}`;
  const portfolio = `share:${world.portfolio}`;
  const log = (n: number) => one(cooperation, "log", entryRef(cooperation, n));
  const last = all.filter((tuple) => tuple.object === cooperation && tuple.relation === "log").length;
  const head = one(cooperation, "head");
  const organization = one("organization:sunward", "head");
  const key = (user: string, relation: string, object: string): Tuple => ({ user, relation, object });
  const tom = all.filter(({ object, user }) => object === plant && user === "user:tom");
  const stranger = ulid();
  const reasoned = all.find((tuple) => tuple.object === cooperation && fieldsOf(tuple).initiator_only) as Tuple;
  const reason = JSON.stringify({ reason: "because", nonce: "n" });
  const email = all.find((tuple) => tuple.relation === "holder" && tuple.user === "user:tom") as Tuple;
  return [
    ["an entry with another fact", "history", cooperation, ...bent(log(2), { actor: "user:mallory" })],
    ["an entry with another time", "history", cooperation, ...bent(log(last), { at: "2020-01-01T00:00:00.000Z" })],
    ["an entry without its reason", "history", cooperation, ...without(reasoned, "initiator_only")],
    ["an entry with a reason that nobody gave", "history", cooperation, ...changed(log(2), { partner_only: reason })],
    ["an entry with another hash", "history", cooperation, ...changed(log(3), { hash: "ab".repeat(32) })],
    ["an entry that is gone from the middle", "history", cooperation, [log(3)], []],
    ["the newest entry gone", "history", cooperation, [log(last)], []],
    [
      "the first entry gone",
      "history",
      "organization:sunward",
      [one("organization:sunward", "log", entryRef("organization:sunward", 1))],
      [],
    ],
    ["an entry too many", "history", cooperation, [], [{ ...log(last), user: entryRef(cooperation, last + 1) }]],
    ["an entry of another object", "history", "organization:brief", [], [{ ...log(2), object: "organization:brief" }]],
    [
      "a whole history gone",
      "history",
      "organization:brief",
      all.filter((tuple) => tuple.object === "organization:brief" && tuple.relation === "log"),
      [],
    ],
    ["an entry without facts", "record", cooperation, ...without(log(4), "common")],
    ["a head of another hash", "history", cooperation, ...changed(head, { hash: "cd".repeat(32) })],
    ["a head gone", "history", cooperation, [head], []],
    ["a head of an older entry", "history", cooperation, [head], [{ ...head, user: entryRef(cooperation, last - 1) }]],
    ["two heads", "head", cooperation, [], [{ ...head, user: entryRef(cooperation, last + 7) }]],
    ["two heads of a share", "head", plant, [], [{ ...one(plant, "head"), user: entryRef(plant, 99) }]],
    [
      "a head that names another object's entry",
      "head",
      "user:tom",
      [one("user:tom", "head")],
      [{ ...one("user:tom", "head"), user: "entry:user.eva.1" }],
    ],
    ["a record that cannot be read", "record", cooperation, ...changed(head, { status: "merged" })],
    ["a record with a member of no kind", "record", plant, ...changed(one(plant, "head"), { colour: "red" })],
    ["a record of another object", "record", plant, ...changed(one(plant, "head"), { id: stranger })],
    [
      "a cooperation's record that its history does not know",
      "history",
      cooperation,
      ...changed(head, { created_by: "user:mallory" }),
    ],
    [
      "a share's record that its history does not know",
      "history",
      plant,
      ...changed(one(plant, "head"), { created_at: date(1) }),
    ],
    [
      "a plant's record that its owner's history does not know",
      "history",
      "plant:7",
      ...changed(one("plant:7", "head"), { name: "Mine" }),
    ],
    [
      "an organization's record that its history does not know",
      "history",
      "organization:sunward",
      ...changed(organization, { name: "Moonward" }),
    ],
    ["a counter that is one off", "count", cooperation, ...changed(head, { shares: "3" })],
    ["a cooperation not in force though active", "relation", cooperation, [one(cooperation, "in_force")], []],
    [
      "a cooperation in force though paused",
      "relation",
      `cooperation:${world.paused}`,
      [],
      [key("organization:brightfix", "in_force", `cooperation:${world.paused}`)],
    ],
    [
      "a cooperation in force though ended",
      "relation",
      `cooperation:${world.gone}`,
      [],
      [key("organization:brightfix", "in_force", `cooperation:${world.gone}`)],
    ],
    [
      "a cooperation in force until later than it says",
      "relation",
      cooperation,
      ...redated(one(cooperation, "in_force"), date(28)),
    ],
    [
      "both spellings of in force",
      "relation",
      cooperation,
      [],
      [key("organization:brightfix", "in_force", cooperation)],
    ],
    ["a cooperation without its initiator", "relation", cooperation, [one(cooperation, "initiator")], []],
    [
      "a cooperation with a second partner",
      "relation",
      cooperation,
      [],
      [key("organization:sunward", "partner", cooperation)],
    ],
    ["an organization without its twin", "relation", "twin:sunward", [one("twin:sunward", "organization")], []],
    [
      "the twin of a deleted organization",
      "relation",
      "twin:brief",
      [],
      [key("organization:brief", "organization", "twin:brief")],
    ],
    [
      "a twin of another",
      "relation",
      "twin:sunward",
      [],
      [key("organization:brightfix", "organization", "twin:sunward")],
    ],
    ["a share without its link", "relation", plant, [one(plant, "cooperation")], []],
    ["a share in two cooperations", "relation", plant, [], [key(`cooperation:${world.paused}`, "cooperation", plant)]],
    ["a share without a rung", "relation", "plant:7", [one("plant:7", "shared_technical_manager")], []],
    [
      "a share with a rung above its role",
      "relation",
      "portfolio:north",
      [],
      [key(`${portfolio}#technical_manager`, "shared_technical_manager", "portfolio:north")],
    ],
    [
      "a share in both spellings",
      "relation",
      "portfolio:north",
      [],
      [key(`${portfolio}#viewer_alt`, "shared_viewer", "portfolio:north")],
    ],
    [
      "a share that ends later than it says",
      "relation",
      "portfolio:north",
      ...redated(one("portfolio:north", "shared_viewer"), date(29)),
    ],
    ["a share on a second resource", "relation", "plant:9", [], [key(`${plant}#viewer`, "shared_viewer", "plant:9")]],
    [
      "the rung of a share that never was",
      "relation",
      "plant:7",
      [],
      [key(`share:${stranger}#viewer`, "shared_viewer", "plant:7")],
    ],
    ["two owners", "relation", "plant:7", [], [key("organization:brightfix", "owner", "plant:7")]],
    ["no owner", "relation", "plant:7", [one("plant:7", "owner")], []],
    [
      "another owner",
      "relation",
      "plant:7",
      [one("plant:7", "owner")],
      [key("organization:brightfix", "owner", "plant:7")],
    ],
    [
      "a plant in a portfolio that its record does not name",
      "relation",
      "plant:7",
      [],
      [key("portfolio:north", "portfolio", "plant:7")],
    ],
    ["a plant without its portfolio", "relation", "plant:8", [one("plant:8", "portfolio")], []],
    [
      "an admin who is no person",
      "person",
      "organization:sunward",
      [one("organization:sunward", "person", "user:anna")],
      [],
    ],
    [
      "a person without a role",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom")],
      [],
    ],
    [
      "a person of two roles",
      "person",
      "organization:brightfix",
      [],
      [key("user:tom", "admin", "organization:brightfix")],
    ],
    [
      "a role that was never given",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom")],
      [key("user:tom", "moderator", "organization:brightfix")],
    ],
    [
      "a person whom nobody took in",
      "person",
      "organization:brightfix",
      [],
      [key("user:mallory", "admin", "organization:brightfix"), key("user:mallory", "person", "organization:brightfix")],
    ],
    [
      "a person who is gone and never left",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom"), one("organization:brightfix", "person", "user:tom")],
      [],
    ],
    ["a person without a record", "person", "organization:sunward", [one("user:otto", "head")], []],
    ["a job role without a rung", "job_role", "plant:7", [one("plant:7", "viewer", "user:otto")], []],
    ["a job role of a stranger", "job_role", "plant:7", [], [key("user:tom", "viewer", "plant:7")]],
    ["a job role that nobody gave", "job_role", "plant:7", [], [key("user:anna", "viewer", "plant:7")]],
    [
      "a delegation without a rung",
      "delegation",
      plant,
      [tom.find((tuple) => tuple.relation.startsWith("delegated_viewer")) as Tuple],
      [],
    ],
    [
      "a delegation in both spellings",
      "delegation",
      portfolio,
      [],
      [key("user:eva", "delegated_viewer_alt", portfolio)],
    ],
    ["a delegation with two dates", "delegation", plant, ...redated(tom[0] as Tuple, date(25))],
    ["a delegation to a stranger", "delegation", plant, [], [key("user:otto", "delegated_viewer", plant)]],
    ["a delegation that nobody made", "delegation", plant, [], [key("user:eva", "delegated_viewer", plant)]],
    [
      "a delegation with a date that nobody set",
      "delegation",
      portfolio,
      ...redated(one(portfolio, "delegated_viewer", "user:eva"), date(26)),
    ],
    [
      "a delegation on a share that is not there",
      "delegation",
      `share:${stranger}`,
      [],
      [key("user:eva", "delegated_viewer", `share:${stranger}`)],
    ],
    ["an address without its holder", "relation", email.object, [email], []],
    ["an address with two holders", "relation", email.object, [], [{ ...email, user: "user:eva" }]],
    [
      "an address whose head names another",
      "email",
      email.object,
      ...changed(one(email.object, "head"), { holder: "eva" }),
    ],
    ["a person whose address nobody holds", "email", "user:tom", [one(email.object, "head"), email], []],
    [
      "a person whose record has another address",
      "email",
      "user:tom",
      ...changed(one("user:tom", "head"), { email: "tom@evil.example" }),
    ],
    ["a mark on what was never removed", "relation", plant, [], [key(plant, "pending", "sweep:all")]],
    ["a mark on a cooperation that goes on", "relation", cooperation, [], [key(cooperation, "pending", "sweep:all")]],
  ];
}

test("in a store that only the service wrote, whatever happened in it, doctor finds nothing", async ({
  service,
  relationships,
}) => {
  await liveALot(service);
  expect(await doctor(relationships)).toEqual([]);
});

test("each damage done past the service is found, of its kind and at its object, and undone it is gone", async ({
  service,
  relationships,
}) => {
  const world = await liveALot(service);
  const list = damages(await relationships.readAll(), world);
  for (const [sentence, kind, object, deletes, writes] of list) {
    const undo = await tamper(relationships, deletes, writes);
    const findings = await doctor(relationships);
    expect(findings, sentence).toContainEqual({ kind, object, detail: expect.any(String) });
    expect(findings.filter(isDamage).length, sentence).toBeGreaterThan(0);
    await undo();
  }
  expect(await doctor(relationships)).toEqual([]);
  const kinds = new Set<string>(list.map(([, kind]) => kind));
  expect([...kinds].sort()).toEqual(
    Object.keys(FINDING_KINDS)
      .filter((kind) => kind !== "leftover")
      .sort(),
  );
});

describe("what a removal left", () => {
  test("is told apart as long as a sweep is to come, in whole or cut off, and is gone after it", async ({
    service,
    relationships,
  }) => {
    service.deps.afterwards = () => {};
    const { as } = service;
    await seedWorld(service);
    const first = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const share = `/v1/shares/${first.shares[0]}`;
    await as("ben", "PUT", `${share}/delegations/tom`, { role: "technical_manager" });
    expect((await as("anna", "DELETE", share)).status).toBe(200);
    const second = await cooperate(service, [{ resource: "plant:8", role: "asset_manager" }]);
    await as("ben", "PUT", `/v1/shares/${second.shares[0]}/delegations/eva`, { role: "asset_manager" });
    expect((await as("ben", "POST", `/v1/cooperations/${second.id}/leave`, {})).status).toBe(200);
    const leftovers = [`cooperation:${second.id}`, `share:${first.shares[0]}`].map((object) => {
      return { kind: "leftover", object, detail: expect.any(String) };
    });
    expect(await doctor(relationships)).toEqual(leftovers);

    // a sweep that is cut off after each of its erasures
    for (let erasures = 1; erasures <= 5; erasures++) {
      let left = erasures;
      const cut: Relationships = {
        ...relationships,
        erase: async (keys) => {
          if (left-- <= 0) throw new Error("cut off");
          await relationships.erase(keys);
        },
      };
      await sweep({ relationships: cut, warn: () => {} });
      expect((await doctor(relationships)).filter(isDamage), `after ${erasures}`).toEqual([]);
    }
    await sweep({ relationships, warn: () => {} });
    expect(await doctor(relationships)).toEqual([]);
    const rest = (await relationships.readAll()).filter(({ object }) => object.startsWith("share:"));
    expect(rest.map(keyText)).toEqual([]);
  });

  test("is damage when no sweep is to come", async ({ service, relationships }) => {
    service.deps.afterwards = () => {};
    await seedWorld(service);
    const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    await service.as("anna", "DELETE", `/v1/shares/${shares[0]}`);
    const marks = await relationships.read({ object: "sweep:all", relation: "pending" });
    await relationships.erase(marks);
    const finding = { kind: "relation", object: `share:${shares[0]}`, detail: "was removed and no sweep is to come" };
    expect(await doctor(relationships)).toEqual([finding]);
  });
});

const script = fileURLToPath(new URL("../../scripts/doctor.ts", import.meta.url));

async function runDoctor(env: NodeJS.ProcessEnv): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [script], { env: { ...process.env, ...env } })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test("as a command it names damage one a line and fails, and fails too where there is no store to look at", async ({
  service,
  relationships,
  store,
}) => {
  await seedWorld(service);
  const { name = "" } = await createClient(connection()).getStore({ storeId: store.storeId });
  const at = (OPENFGA_STORE: string) => ({ OPENFGA_API_URL: connection().apiUrl, OPENFGA_STORE });
  expect(await runDoctor(at(name))).toMatchObject({ code: 0, stdout: "" });
  await relationships.write({
    deletes: [],
    writes: [{ user: "user:tom", relation: "admin", object: "organization:brightfix" }],
  });
  const found = await runDoctor(at(name));
  expect(found.code).toBe(1);
  expect(found.stdout).toMatch(/^person organization:brightfix: user:tom has 2 roles: admin, member\n$/);
  const missing = `no store ${ulid()}`;
  expect(await runDoctor(at(missing))).toMatchObject({ code: 1, stderr: expect.stringContaining(missing) });
  expect((await createClient(connection()).listStores({ name: missing })).stores).toEqual([]);
});

test("it looks at the embedded engine where that runs, and starts it where it does not", async ({ ownServer }) => {
  const { apiUrl, folder } = ownServer;
  const opened = await openStore({ apiUrl, store: "concordat", model: MODEL, allowPush: true });
  const holder: Tuple = { user: "user:tom", relation: "holder", object: "email:abc" };
  await createRelationships({ apiUrl, ...opened }).write({ deletes: [], writes: [holder] });
  const env = { OPENFGA_API_URL: "", OPENFGA_API_TOKEN: "", OPENFGA_STORE: "", CONCORDAT_FOLDER: folder };
  const line = "relation email:abc: holder user:tom stands unasked for\n";
  expect(await runDoctor(env)).toMatchObject({ code: 1, stdout: line });
  expect((await fetch(`${apiUrl}/healthz`)).ok).toBe(true);
  await ownServer.stop();
  expect(await runDoctor(env)).toMatchObject({ code: 1, stdout: line });
  const empty = { ...env, CONCORDAT_FOLDER: join(folder, "none") };
  expect(await runDoctor(empty)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("no engine") });
  expect(existsSync(empty.CONCORDAT_FOLDER)).toBe(false);
});

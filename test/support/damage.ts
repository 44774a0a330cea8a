/**
 * A store in which everything has happened, and every kind of damage that a write past
 * the service can do to it, each as the tuples to take away and to put there.
 */
import canonicalize from "canonicalize";
import { ulid } from "ulid";
import { expect } from "vitest";
import type { RepairDeps } from "../../src/actions/repair.ts";
import { resolveScopes } from "../../src/check/resolve-scopes.ts";
import type { CacheScope } from "../../src/domain/cache-scopes.ts";
import type { Finding } from "../../src/domain/doctor/finding.ts";
import { entryRef } from "../../src/domain/records.ts";
import { keyText, type Tuple, type TupleKey } from "../../src/domain/tuples.ts";
import type { TupleStore } from "../../src/ports.ts";
import { cooperate, type Service, seedWorld } from "./service.ts";

const YEAR = new Date().getFullYear() + 1;
const date = (day: number) => `${YEAR}-06-${String(day).padStart(2, "0")}T12:00:00Z`;

export type World = { cooperation: string; plant: string; portfolio: string; paused: string; gone: string };

/** A store in which everything has happened: every status, dates moved, people gone, things deleted and back. */
export async function liveALot(service: Service): Promise<World> {
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
  await ok(as("anna", "PATCH", `/v1/shares/${paused.shares[0]}`, { step_down_at: date(4) }));
  await ok(as("anna", "POST", `/v1/cooperations/${paused.id}/pause`, { resume_at: date(2) }));
  const shared = await ok(as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", role: "viewer" }));
  await ok(as("anna", "DELETE", `/v1/shares/${shared.id}`));
  await ok(as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: "new@elsewhere.example" }));

  // a person is suspended, one no longer, and one left as such
  const suspension = (user: string) => `/v1/organizations/brightfix/people/${user}/suspension`;
  await ok(as("ben", "PUT", suspension("eva"), {}));
  await ok(as("ben", "PUT", suspension("tom"), {}));
  await ok(as("ben", "DELETE", suspension("tom")));
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lou", { role: "member" }));
  await ok(as("ben", "PUT", suspension("lou"), {}));
  await ok(admin("DELETE", "/v1/organizations/brightfix/people/lou"));

  // a person with everything leaves, and comes back with nothing
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lea", { role: "member", email: "lea@brightfix.example" }));
  await ok(as("ben", "PUT", `/v1/shares/${plant}/delegations/lea`, { role: "viewer" }));
  await ok(admin("DELETE", "/v1/organizations/brightfix/people/lea"));
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lea", { role: "external", email: "lea@home.example" }));
  await ok(admin("PUT", "/v1/organizations/brightfix/people/lou", { role: "member" }));
  await ok(admin("DELETE", "/v1/organizations/brightfix/people/lou"));
  // so does one of the owner's, and a plant with a job role on it
  await ok(admin("PUT", "/v1/organizations/sunward/people/ida", { role: "member" }));
  await ok(as("anna", "PUT", "/v1/plants/8/roles/ida", { role: "viewer" }));
  await ok(admin("DELETE", "/v1/organizations/sunward/people/ida"));
  await ok(admin("PUT", "/v1/organizations/sunward/people/ida", { role: "member" }));
  await ok(admin("PUT", "/v1/plants/10", { owner: "sunward" }));
  await ok(as("anna", "PUT", "/v1/plants/10/roles/otto", { role: "viewer" }));
  await ok(admin("DELETE", "/v1/plants/10"));
  await ok(admin("PUT", "/v1/plants/10", { owner: "sunward" }));
  // an organization and a plant that were, are not, and are again or of another
  await ok(admin("PUT", "/v1/organizations/brief", { name: "Brief" }));
  await ok(admin("PUT", "/v1/plants/9", { owner: "brief" }));
  await ok(admin("DELETE", "/v1/plants/9"));
  await ok(admin("DELETE", "/v1/organizations/brief"));
  await ok(admin("PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" }));
  for (const method of ["PUT", "DELETE", "PUT"]) await ok(admin(method, "/v1/organizations/later", { name: "Later" }));
  await ok(admin("PUT", "/v1/plants/11", { owner: "later" }));
  await ok(admin("PUT", "/v1/plants/12", { owner: "sunward" }));
  const later = { resource: "plant:12", role: "asset_manager", starts_at: date(1), step_down_at: date(2) };
  await ok(as("anna", "POST", `/v1/cooperations/${id}/shares`, later));
  await service.settled();
  return { cooperation: id, plant, portfolio, paused: paused.id, gone };
}

/**
 * `repaired`: what a repair does about it. `whole`: nothing is left of it; `part`: what nobody gave is deleted, what is
 * missing stays missing; `no`: it is reported, and no tuple changes.
 */
export type Damage = [
  sentence: string,
  repaired: "whole" | "part" | "no",
  kind: Finding["kind"],
  object: string,
  deletes: Tuple[],
  writes: Tuple[],
];

/** Every damage, as what to take away and what to put there in the store of that world. */
export function damages(all: Tuple[], world: World): Damage[] {
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
  /** With the time of every question in its own context, which beats the one that is asked with. */
  const stopped = (tuple: Tuple): [Tuple[], Tuple[]] => {
    const context = { expires_at: date(1), ...tuple.condition?.context, current_time: "2020-01-01T00:00:00Z" };
    return [[tuple], [{ ...tuple, condition: { name: "not_expired", context } } as Tuple]];
  };
  const operatorOf = (user: string, object: string) =>
    ["viewer", "asset_manager", "technical_manager", "operator"].map((relation) => ({ user, relation, object }));
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
    ["an entry with another fact", "no", "history", cooperation, ...bent(log(2), { actor: "user:mallory" })],
    [
      "an entry with another time",
      "no",
      "history",
      cooperation,
      ...bent(log(last), { at: "2020-01-01T00:00:00.000Z" }),
    ],
    ["an entry without its reason", "no", "history", cooperation, ...without(reasoned, "initiator_only")],
    [
      "an entry with a reason that nobody gave",
      "no",
      "history",
      cooperation,
      ...changed(log(2), { partner_only: reason }),
    ],
    ["an entry with another hash", "no", "history", cooperation, ...changed(log(3), { hash: "ab".repeat(32) })],
    ["an entry that is missing in the middle", "no", "history", cooperation, [log(3)], []],
    ["the newest entry gone", "no", "history", cooperation, [log(last)], []],
    [
      "the first entry gone",
      "no",
      "history",
      "organization:sunward",
      [one("organization:sunward", "log", entryRef("organization:sunward", 1))],
      [],
    ],
    ["an entry too many", "no", "history", cooperation, [], [{ ...log(last), user: entryRef(cooperation, last + 1) }]],
    [
      "an entry of another object",
      "no",
      "history",
      "organization:brief",
      [],
      [{ ...log(2), object: "organization:brief" }],
    ],
    [
      "a whole history gone",
      "no",
      "history",
      "organization:brief",
      all.filter((tuple) => tuple.object === "organization:brief" && tuple.relation === "log"),
      [],
    ],
    ["an entry without facts", "no", "record", cooperation, ...without(log(4), "common")],
    ["a head of another hash", "no", "history", cooperation, ...changed(head, { hash: "cd".repeat(32) })],
    ["a head gone", "no", "history", cooperation, [head], []],
    [
      "a head of an older entry",
      "no",
      "history",
      cooperation,
      [head],
      [{ ...head, user: entryRef(cooperation, last - 1) }],
    ],
    ["two heads", "no", "head", cooperation, [], [{ ...head, user: entryRef(cooperation, last + 7) }]],
    ["two heads of a share", "no", "head", plant, [], [{ ...one(plant, "head"), user: entryRef(plant, 99) }]],
    [
      "a head that names another object's entry",
      "no",
      "head",
      "user:tom",
      [one("user:tom", "head")],
      [{ ...one("user:tom", "head"), user: "entry:user.eva.1" }],
    ],
    ["a record that cannot be read", "no", "record", cooperation, ...changed(head, { status: "merged" })],
    ["a record with a member of no kind", "no", "record", plant, ...changed(one(plant, "head"), { colour: "red" })],
    ["a record of another object", "no", "record", plant, ...changed(one(plant, "head"), { id: stranger })],
    [
      "a cooperation's record that its history does not know",
      "no",
      "history",
      cooperation,
      ...changed(head, { created_by: "user:mallory" }),
    ],
    [
      "a share's record that its history does not know",
      "no",
      "history",
      plant,
      ...changed(one(plant, "head"), { created_at: date(1) }),
    ],
    [
      "a plant's record that its owner's history does not know",
      "no",
      "history",
      "plant:7",
      ...changed(one("plant:7", "head"), { name: "Mine" }),
    ],
    [
      "an organization's record that its history does not know",
      "no",
      "history",
      "organization:sunward",
      ...changed(organization, { name: "Moonward" }),
    ],
    ["a counter that is one off", "no", "count", cooperation, ...changed(head, { shares: "4" })],
    ["a cooperation not in force though active", "no", "relation", cooperation, [one(cooperation, "in_force")], []],
    [
      "a cooperation in force though paused",
      "whole",
      "relation",
      `cooperation:${world.paused}`,
      [],
      [key("organization:brightfix", "in_force", `cooperation:${world.paused}`)],
    ],
    [
      "a cooperation in force though ended",
      "whole",
      "relation",
      `cooperation:${world.gone}`,
      [],
      [key("organization:brightfix", "in_force", `cooperation:${world.gone}`)],
    ],
    [
      "a cooperation in force until later than it says",
      "no",
      "relation",
      cooperation,
      ...redated(one(cooperation, "in_force"), date(28)),
    ],
    [
      "both spellings of in force",
      "whole",
      "relation",
      cooperation,
      [],
      [key("organization:brightfix", "in_force", cooperation)],
    ],
    ["a cooperation without its initiator", "no", "relation", cooperation, [one(cooperation, "initiator")], []],
    [
      "an ended cooperation without its partner",
      "no",
      "relation",
      `cooperation:${world.gone}`,
      [one(`cooperation:${world.gone}`, "former_partner")],
      [],
    ],
    [
      "a former partner of a cooperation that is live",
      "whole",
      "relation",
      cooperation,
      [],
      [key("organization:brightfix", "former_partner", cooperation)],
    ],
    [
      "a mark on an organization that was never deleted",
      "whole",
      "relation",
      "organization:sunward",
      [],
      [key("organization:sunward", "pending", "sweep:all")],
    ],
    [
      "a cooperation with a second partner",
      "whole",
      "relation",
      cooperation,
      [],
      [key("organization:sunward", "partner", cooperation)],
    ],
    ["an organization without its twin", "no", "relation", "twin:sunward", [one("twin:sunward", "organization")], []],
    [
      "the twin of a deleted organization",
      "whole",
      "relation",
      "twin:brief",
      [],
      [key("organization:brief", "organization", "twin:brief")],
    ],
    [
      "a twin of another",
      "whole",
      "relation",
      "twin:sunward",
      [],
      [key("organization:brightfix", "organization", "twin:sunward")],
    ],
    ["a share without its link", "no", "relation", plant, [one(plant, "cooperation")], []],
    [
      "a share in two cooperations",
      "whole",
      "relation",
      plant,
      [],
      [key(`cooperation:${world.paused}`, "cooperation", plant)],
    ],
    ["a share without a rung", "no", "relation", "plant:7", [one("plant:7", "shared_technical_manager")], []],
    [
      "a share with a rung above its role",
      "whole",
      "relation",
      "portfolio:north",
      [],
      [key(`${portfolio}#technical_manager`, "shared_technical_manager", "portfolio:north")],
    ],
    [
      "a share in both spellings",
      "whole",
      "relation",
      "portfolio:north",
      [],
      [key(`${portfolio}#viewer_alt`, "shared_viewer", "portfolio:north")],
    ],
    [
      "a share that ends later than it says",
      "no",
      "relation",
      "portfolio:north",
      ...redated(one("portfolio:north", "shared_viewer"), date(29)),
    ],
    [
      "a share that has not started and is not named so",
      "no",
      "relation",
      "plant:12",
      [one("plant:12", "upcoming")],
      [],
    ],
    [
      "a share that has started and is named as one that has not",
      "whole",
      "relation",
      "plant:7",
      [],
      [key(plant, "upcoming", "plant:7")],
    ],
    [
      "a share that is open before its start",
      "whole",
      "relation",
      "plant:12",
      [],
      [key(`${one("plant:12", "upcoming").user}#viewer`, "shared_viewer", "plant:12")],
    ],
    [
      "a share on a second resource",
      "whole",
      "relation",
      "plant:9",
      [],
      [key(`${plant}#viewer`, "shared_viewer", "plant:9")],
    ],
    [
      "the rung of a share that never was",
      "whole",
      "relation",
      "plant:7",
      [],
      [key(`share:${stranger}#viewer`, "shared_viewer", "plant:7")],
    ],
    ["two owners", "whole", "relation", "plant:7", [], [key("organization:brightfix", "owner", "plant:7")]],
    ["no owner", "no", "relation", "plant:7", [one("plant:7", "owner")], []],
    [
      "another owner",
      "part",
      "relation",
      "plant:7",
      [one("plant:7", "owner")],
      [key("organization:brightfix", "owner", "plant:7")],
    ],
    [
      "a plant in a portfolio that its record does not name",
      "whole",
      "relation",
      "plant:7",
      [],
      [key("portfolio:north", "portfolio", "plant:7")],
    ],
    ["a plant without its portfolio", "no", "relation", "plant:8", [one("plant:8", "portfolio")], []],
    [
      "an admin who is no person",
      "no",
      "person",
      "organization:sunward",
      [one("organization:sunward", "person", "user:anna")],
      [],
    ],
    [
      "a person without a role",
      "no",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom")],
      [],
    ],
    [
      "a person of two roles",
      "whole",
      "person",
      "organization:brightfix",
      [],
      [key("user:tom", "admin", "organization:brightfix")],
    ],
    [
      "a role that was never given",
      "part",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom")],
      [key("user:tom", "moderator", "organization:brightfix")],
    ],
    [
      "a person whom nobody took in",
      "whole",
      "person",
      "organization:brightfix",
      [],
      [key("user:mallory", "admin", "organization:brightfix"), key("user:mallory", "person", "organization:brightfix")],
    ],
    [
      "a person who is missing and never left",
      "no",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "member", "user:tom"), one("organization:brightfix", "person", "user:tom")],
      [],
    ],
    [
      "a suspension that is missing",
      "no",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "suspended", "user:eva")],
      [],
    ],
    [
      "a suspension that nobody lifted",
      "part",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "suspended", "user:eva")],
      [key("user:eva", "person", "organization:brightfix")],
    ],
    [
      "a suspension that was lifted",
      "no",
      "person",
      "organization:brightfix",
      [one("organization:brightfix", "person", "user:tom")],
      [key("user:tom", "suspended", "organization:brightfix")],
    ],
    [
      "a person who is suspended and is not",
      "whole",
      "person",
      "organization:brightfix",
      [],
      [key("user:tom", "suspended", "organization:brightfix")],
    ],
    ["a person without a record", "no", "person", "organization:sunward", [one("user:otto", "head")], []],
    ["a job role without a rung", "no", "job_role", "plant:7", [one("plant:7", "viewer", "user:otto")], []],
    ["a job role of a stranger", "whole", "job_role", "plant:7", [], [key("user:tom", "viewer", "plant:7")]],
    ["a job role that nobody gave", "whole", "job_role", "plant:7", [], [key("user:anna", "viewer", "plant:7")]],
    [
      "a delegation without a rung",
      "no",
      "delegation",
      plant,
      [tom.find((tuple) => tuple.relation.startsWith("delegated_viewer")) as Tuple],
      [],
    ],
    [
      "a delegation in both spellings",
      "whole",
      "delegation",
      portfolio,
      [],
      [key("user:eva", "delegated_viewer_alt", portfolio)],
    ],
    ["a delegation with two dates", "no", "delegation", plant, ...redated(tom[0] as Tuple, date(25))],
    ["a delegation to a stranger", "whole", "delegation", plant, [], [key("user:otto", "delegated_viewer", plant)]],
    ["a delegation that nobody made", "whole", "delegation", plant, [], [key("user:eva", "delegated_viewer", plant)]],
    [
      "a delegation with a date that nobody set",
      "no",
      "delegation",
      portfolio,
      ...redated(one(portfolio, "delegated_viewer", "user:eva"), date(26)),
    ],
    [
      "a delegation on a share that is not there",
      "whole",
      "delegation",
      `share:${stranger}`,
      [],
      [key("user:eva", "delegated_viewer", `share:${stranger}`)],
    ],
    ["an address without its holder", "no", "relation", email.object, [email], []],
    ["an address with two holders", "whole", "relation", email.object, [], [{ ...email, user: "user:eva" }]],
    [
      "an address whose head names another",
      "no",
      "email",
      email.object,
      ...changed(one(email.object, "head"), { holder: "eva" }),
    ],
    ["a person whose address nobody holds", "no", "email", "user:tom", [one(email.object, "head"), email], []],
    [
      "a person whose record has another address",
      "no",
      "email",
      "user:tom",
      ...changed(one("user:tom", "head"), { email: "tom@evil.example" }),
    ],
    [
      "an organization that does not say that another had its id",
      "whole",
      "incarnation",
      "organization:later",
      ...without(one("organization:later", "head"), "incarnation"),
    ],
    ["a mark on what was never removed", "whole", "relation", plant, [], [key(plant, "pending", "sweep:all")]],
    [
      "a mark on a cooperation that is live",
      "whole",
      "relation",
      cooperation,
      [],
      [key(cooperation, "pending", "sweep:all")],
    ],
    [
      "a mark where no sweep looks",
      "whole",
      "stray",
      "sweep:other",
      [],
      [key(`cooperation:${world.gone}`, "pending", "sweep:other")],
    ],
    ["a cooperation that never lapses", "no", "relation", cooperation, ...stopped(one(cooperation, "in_force"))],
    [
      "a share that never lapses",
      "no",
      "relation",
      "portfolio:north",
      ...stopped(one("portfolio:north", "shared_viewer")),
    ],
    ["a delegation that never lapses", "no", "delegation", plant, ...stopped(tom[0] as Tuple)],
    [
      "a plant of another owner than its shares'",
      "no",
      "relation",
      plant,
      ...changed(one("plant:7", "head"), { owner: "brightfix" }),
    ],
    ["an operator who is a stranger", "whole", "job_role", "plant:7", [], operatorOf("user:tom", "plant:7")],
    [
      "a job role with a rung too many",
      "whole",
      "job_role",
      "plant:8",
      [],
      [key("user:otto", "technical_manager", "plant:8")],
    ],
    [
      "a job role that went when its holder left, who is back",
      "whole",
      "job_role",
      "plant:8",
      [],
      [key("user:ida", "viewer", "plant:8")],
    ],
    [
      "a job role that went with its plant, which is back",
      "whole",
      "job_role",
      "plant:10",
      [],
      [key("user:otto", "viewer", "plant:10")],
    ],
    [
      "a delegation that went when its holder left, who is back",
      "no",
      "delegation",
      plant,
      [],
      [key("user:lea", "delegated_viewer", plant)],
    ],
    ["a plant without its record", "no", "head", "plant:7", [one("plant:7", "head")], []],
    ["a share without its record", "no", "head", plant, [one(plant, "head")], []],
    [
      "a cooperation of which nothing is left",
      "no",
      "head",
      `cooperation:${world.gone}`,
      all.filter((tuple) => tuple.object === `cooperation:${world.gone}`),
      [],
    ],
    ["a former person without a record", "no", "head", "user:lou", [one("user:lou", "head")], []],
    [
      "the record of somebody whom nobody took in",
      "no",
      "history",
      "user:mallory",
      [],
      [{ ...one("user:tom", "head"), user: entryRef("user:mallory", 1), object: "user:mallory" }],
    ],
    [
      "an owner of a plant that nobody registered",
      "whole",
      "relation",
      "plant:404",
      [],
      [key("organization:brightfix", "owner", "plant:404")],
    ],
    [
      "a person of an organization that never was",
      "whole",
      "person",
      "organization:nowhere",
      [],
      [key("user:tom", "admin", "organization:nowhere"), key("user:tom", "person", "organization:nowhere")],
    ],
    [
      "a stranger with a job role, taken in by nobody",
      "whole",
      "person",
      "organization:sunward",
      [],
      [
        key("user:eva", "member", "organization:sunward"),
        key("user:eva", "person", "organization:sunward"),
        ...operatorOf("user:eva", "plant:9"),
      ],
    ],
  ];
}

/** Takes these tuples away and puts those there, past the service; one Write may not name a key in both. */
export async function put(tupleStore: TupleStore, deletes: TupleKey[], writes: Tuple[]): Promise<void> {
  for (const change of [
    { deletes, writes: [] },
    { deletes: [], writes },
  ])
    if (change.deletes.length + change.writes.length > 0) expect(await tupleStore.write(change)).toBe("committed");
}

/** Tuples as text, to compare two moments. */
export const textsOf = (tuples: Tuple[]): string[] =>
  tuples.map((tuple) => `${keyText(tuple)} ${canonicalize(tuple.condition ?? {})}`).sort();

/** Makes a store hold these tuples and no other. */
export async function restore(tupleStore: TupleStore, wanted: Tuple[]): Promise<void> {
  const is = await tupleStore.readAll();
  const [had, has] = [new Set(textsOf(wanted)), new Set(textsOf(is))];
  const deletes = is.filter((tuple) => !had.has(textsOf([tuple])[0] ?? ""));
  await put(
    tupleStore,
    deletes,
    wanted.filter((tuple) => !has.has(textsOf([tuple])[0] ?? "")),
  );
}

/** What a repair needs on a store; it reports to `invalidated` what it invalidates. */
export function repairDeps(
  tupleStore: TupleStore,
  invalidated: (scopes: CacheScope[] | "all") => void = () => {},
): RepairDeps {
  return {
    tupleStore,
    scopesOf: (keys) => resolveScopes(tupleStore, keys),
    invalidate: async (scopes) => invalidated(scopes),
    clock: () => new Date(),
    newId: ulid,
    warn: () => {},
  };
}

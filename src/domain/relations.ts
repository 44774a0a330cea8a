/**
 * Every relation of model.fga that tuples are written in: how it is spelled, who may be
 * written in it, and what such a tuple says. Nothing else takes a relation's name apart.
 */
import type { Side } from "./history.ts";
import { splitRef } from "./ids.ts";
import {
  JOB_ROLES,
  type JobRole,
  ORGANIZATION_ROLES,
  type OrganizationRole,
  SHARED_ROLES,
  type SharedRole,
} from "./roles.ts";
import type { Tuple, TupleKey } from "./tuples.ts";

/** A dated fact has two spellings that mean the same: one Write cannot change a key's condition, so a new date moves to the other. */
export type Spelling = "plain" | "alt";

/** The spelling that a new date moves to. */
export const otherSpelling = (spelling: Spelling): Spelling => (spelling === "plain" ? "alt" : "plain");

const suffix = (spelling: Spelling) => (spelling === "alt" ? "_alt" : "");

/** The relation of a share that delegates a rung. */
export const delegatedRelation = (rung: JobRole, spelling: Spelling) => `delegated_${rung}${suffix(spelling)}`;

/** The relation of a resource in which a share gives a rung, and the users that are written in it. */
export const sharedRelation = (rung: JobRole) => `shared_${rung}`;
export const sharedUsers = (share: string, rung: SharedRole, spelling: Spelling) =>
  `${share}#${rung}${suffix(spelling)}`;

/** The relation of a resource that names the shares of it that have not started. */
export const UPCOMING = "upcoming";

/** The relation of a cooperation's side after its end. */
export const formerSide = (side: Side) => `former_${side}` as const;

/** The partner as `in_force` names it. */
export const partnerInForce = (organization: string, spelling: Spelling) =>
  `${spelling === "alt" ? "twin" : "organization"}:${organization}`;

/** A relation: what a tuple in it says, and the forms of user that may be written in it (formOf). */
export type Relation = { forms: readonly string[] } & (
  | {
      kind:
        | "head"
        | "log"
        | "holder"
        | "twin"
        | "person"
        | "suspended"
        | "in_force"
        | "cooperation"
        | "pending"
        | "due";
    }
  | { kind: "owner" | "portfolio" | "upcoming" }
  | { kind: "webhook_owner" | "version" | "preset_owner" }
  | { kind: "organization_role"; role: OrganizationRole }
  | { kind: "side" | "former_side"; side: Side }
  | { kind: "job_role"; rung: JobRole }
  | { kind: "shared"; rung: SharedRole }
  | { kind: "delegated"; rung: SharedRole; spelling: Spelling }
);

/** By type, then by relation. */
type Table<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;
type Relations = Table<Relation>[string];

const each = <T extends string>(items: readonly T[], relation: (item: T) => [name: string, Relation]): Relations =>
  Object.fromEntries(items.map(relation));
const dated = (...forms: string[]) => forms.flatMap((form) => [form, `${form} with not_expired`]);

const HEAD: Relation = { kind: "head", forms: ["entry with record"] };
const LOG: Relation = { kind: "log", forms: ["entry with record"] };
export const SIDES = ["initiator", "partner"] as const;

const RESOURCE: Relations = {
  owner: { kind: "owner", forms: ["organization"] },
  head: HEAD,
  ...each(JOB_ROLES, (rung) => [rung, { kind: "job_role", rung, forms: ["user"] }]),
  ...each(SHARED_ROLES, (rung) => {
    const forms = dated(sharedUsers("share", rung, "plain"), sharedUsers("share", rung, "alt"));
    return [sharedRelation(rung), { kind: "shared", rung, forms }];
  }),
  [UPCOMING]: { kind: "upcoming", forms: ["share"] },
};

const delegated = (spelling: Spelling) =>
  each(SHARED_ROLES, (rung) => [
    delegatedRelation(rung, spelling),
    { kind: "delegated", rung, spelling, forms: dated("user") },
  ]);

/** By type and name; the direct relations of model.fga, and no others. */
export const RELATIONS: Table<Relation> = {
  user: { head: HEAD },
  email: { holder: { kind: "holder", forms: ["user"] }, head: HEAD },
  organization: {
    ...each(ORGANIZATION_ROLES, (role) => [role, { kind: "organization_role", role, forms: ["user"] }]),
    person: { kind: "person", forms: ["user"] },
    suspended: { kind: "suspended", forms: ["user"] },
    head: HEAD,
    log: LOG,
  },
  twin: { organization: { kind: "twin", forms: ["organization"] } },
  cooperation: {
    ...each(SIDES, (side) => [side, { kind: "side", side, forms: ["organization"] }]),
    ...each(SIDES, (side) => [formerSide(side), { kind: "former_side", side, forms: ["organization"] }]),
    in_force: { kind: "in_force", forms: dated("organization", "twin") },
    head: HEAD,
    log: LOG,
  },
  share: {
    cooperation: { kind: "cooperation", forms: ["cooperation"] },
    head: HEAD,
    ...delegated("plain"),
    ...delegated("alt"),
  },
  invitation: { head: HEAD },
  asks: { head: HEAD },
  policy: { head: HEAD },
  receiver: { head: HEAD },
  schedule: { head: HEAD, due: { kind: "due", forms: ["schedule", "due with record"] } },
  due: { head: HEAD },
  webhook: {
    organization: { kind: "webhook_owner", forms: ["organization"] },
    version: { kind: "version", forms: ["entry"] },
    head: HEAD,
  },
  preset: { organization: { kind: "preset_owner", forms: ["organization"] }, head: HEAD },
  sweep: { pending: { kind: "pending", forms: ["cooperation", "share", "organization"] } },
  portfolio: RESOURCE,
  plant: { ...RESOURCE, portfolio: { kind: "portfolio", forms: ["portfolio"] } },
  entry: {},
};

/** What a table has for a tuple's type and relation. */
function inTable<T>(table: Table<T>, { object, relation }: Omit<TupleKey, "user">): T | undefined {
  const [type] = splitRef(object);
  // own members only: a relation may be called `toString`
  const relations = Object.hasOwn(table, type) ? table[type] : undefined;
  return relations && Object.hasOwn(relations, relation) ? relations[relation] : undefined;
}

/** The relation that a tuple is in; undefined where it is none of these. */
export const relationOfTuple = (tuple: Omit<TupleKey, "user">): Relation | undefined => inTable(RELATIONS, tuple);

/** The rung that a tuple delegates, and its spelling; undefined for any other tuple. */
export function delegatedBy(tuple: TupleKey): { rung: SharedRole; spelling: Spelling } | undefined {
  const relation = relationOfTuple(tuple);
  return relation?.kind === "delegated" ? relation : undefined;
}

/** The forms that may be written in each relation: what OpenFGA's type restrictions distinguish, whoever a tuple is about. */
export type Forms = Table<readonly string[]>;

/** A tuple's form as model.fga spells it: `user`, `user:*`, `share#viewer`, `organization with not_expired`. */
export function formOf({ user, condition }: Tuple): string {
  const [type, id] = splitRef(user);
  const hash = id.indexOf("#");
  const who = id === "*" ? `${type}:*` : hash < 0 ? type : `${type}${id.slice(hash)}`;
  return condition === undefined ? who : `${who} with ${condition.name}`;
}

/** Whether a tuple has a form of the table. */
export const fits = (forms: Forms, tuple: Tuple): boolean => inTable(forms, tuple)?.includes(formOf(tuple)) ?? false;

/** Every form of tuple that Concordat writes. */
export const WRITTEN: Forms = Object.fromEntries(
  Object.entries(RELATIONS).map(([type, relations]) => [
    type,
    Object.fromEntries(Object.entries(relations).map(([name, { forms }]) => [name, forms])),
  ]),
);

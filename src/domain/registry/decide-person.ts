/**
 * Decides who belongs to an organization, at which role, what leaves with them, and what
 * is forgotten of who belongs to none. Pure. Kept here because the model cannot: one role
 * each, one person an address, and a last admin who stays.
 */
import { hash } from "node:crypto";
import { StoreDamaged } from "../../faults.ts";
import type { PersonInput } from "../commands.ts";
import { newIdProblem, type OrganizationId, type UserId } from "../ids.ts";
import type { Person } from "../person-record.ts";
import { type Decision, type EntryFacts, type Plan, planned, same, type Touch, WRITE_TUPLES_MAX } from "../plan.ts";
import { type Precondition, refuseUnlessExpected, refuseUnlessOwn } from "../precondition.ts";
import type { Head, Organization } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import { isRefusal } from "../result.ts";
import type { OrganizationRole } from "../roles.ts";
import { tuplesOfEmail, tuplesOfPerson } from "../state-tuples.ts";
import { difference, keyOf, type TupleKey } from "../tuples.ts";

/** What a service writes into a person's record. */
export const PERSON_FIELDS = ["name", "email", "language"] as const;
/** What is erased of it: what follows from the others is erased with them. */
export const FORGOTTEN_FIELDS = [...PERSON_FIELDS, "mails"] as const;

/** `email:<hash>`: how an address is looked up without being in the graph. */
export const emailHash = (address: string): string => hash("sha256", address.trim().toLowerCase());

/** `other`: the person who holds it, where that is somebody else, and the organizations that they belong to. */
export type EmailHead = {
  address: string;
  head: Head<{ holder?: UserId | undefined }>;
  other?: { person: Head<Person>; organizations: OrganizationId[] } | undefined;
};

export type PersonState = {
  organization: OrganizationId;
  organizationHead: Head<Organization>;
  user: UserId;
  person: Head<Person>;
  role: OrganizationRole | undefined;
  isSuspended: boolean;
  /** Admins of the organization besides this person; counted for an admin who would be one no longer. */
  otherAdmins: number;
  /** Cooperations that it initiated and that have not ended, or that it is an accepted partner of; counted for the last admin alone. */
  liveCooperations: number;
  /** The heads of the addresses that are held and asked for, where there are any. */
  emails: EmailHead[];
  /** If-Match on a person names the organization's head, which every change of its people replaces. */
  expected?: Precondition | undefined;
};

/** `before` is the role held until now; undefined for who was taken in. */
export type PersonChanged = {
  before: OrganizationRole | undefined;
  role: OrganizationRole;
  isSuspended: boolean;
  person: Person;
};

const refuseIfMoved = ({ expected, organizationHead: { n }, role }: PersonState): Refusal | undefined =>
  refuseUnlessExpected(expected, { n, exists: role !== undefined });

const refuseLastAdmin = (state: PersonState): Refusal | undefined =>
  state.role === "admin" && state.otherAdmins === 0 && state.liveCooperations > 0
    ? { code: "last_admin", organization: state.organization }
    : undefined;

/** Takes somebody in as a person of an organization, gives another role, or changes the record. */
export function decidePerson(state: PersonState, input: PersonInput): Decision<PersonChanged> {
  const { organization, user, role, isSuspended } = state;
  const moved = refuseIfMoved(state);
  if (moved) return moved;
  // who is known already stays who they are
  const problem = state.person.n === 0 ? newIdProblem(user) : undefined;
  if (problem !== undefined) return { code: "id_not_allowed", id: user, problem };
  const before: Person = state.person.value ?? {};
  const after: Person = { ...before };
  for (const field of PERSON_FIELDS) if (input[field] !== undefined) after[field] = input[field] ?? undefined;
  // what is known of an address is not known of another one
  if (before.email !== after.email) after.mail_refused_at = undefined;
  const kept = PERSON_FIELDS.every((field) => before[field] === after[field]);
  if (kept && role === input.role) return same({ before: role, role, isSuspended, person: before });
  if (input.role !== "admin") {
    const refusal = refuseLastAdmin(state);
    if (refusal) return refusal;
  }
  const emails = decideEmail(state, before.email, after.email);
  if (isRefusal(emails)) return emails;
  const oldTuples = role === undefined ? [] : tuplesOfPerson(organization, user, role, isSuspended);
  const changes = difference(oldTuples, tuplesOfPerson(organization, user, input.role, isSuspended));
  // an address is nobody's business but the person's record; the history says who and which role
  const entry: EntryFacts = {
    action: role === undefined ? "add_person" : "change_person",
    object: `user:${user}`,
    before: role === undefined ? undefined : { role },
    after: { role: input.role },
  };
  const touches = [touchOwn(state, entry), ...emails.touches];
  // so that nobody who is taken in is forgotten, or loses the address, at the same moment
  if (!kept || role === undefined) touches.push({ head: state.person, record: after });
  return planned(
    {
      touches,
      deletes: [...changes.deletes, ...emails.deletes],
      writes: [...changes.writes, ...emails.writes],
    },
    { before: role, role: input.role, isSuspended, person: after },
  );
}

function decideEmail(state: PersonState, from: string | undefined, to: string | undefined): Plan | Refusal {
  const plan: Plan = { touches: [], deletes: [], writes: [] };
  if (from === to) return plan;
  const emailOf = (address: string) => {
    const found = state.emails.find((email) => email.address === address);
    if (found === undefined) throw new Error("the head of an address was not read");
    return found;
  };
  if (to !== undefined) {
    const { head, other } = emailOf(to);
    if (other !== undefined) {
      if (other.organizations.length > 0) return { code: "email_taken" };
      // who belongs nowhere keeps no address from a successor; the rest of the record is not the successor's business
      const { email, mail_refused_at, ...rest }: Person = other.person.value ?? {};
      plan.touches.push({ head: other.person, record: email === to ? rest : { email, mail_refused_at, ...rest } });
      plan.deletes.push(...tuplesOfEmail(emailHash(to), head.value?.holder));
    }
    plan.touches.push({ head, record: { holder: state.user } });
    plan.writes.push(...tuplesOfEmail(emailHash(to), state.user));
  }
  if (from !== undefined) {
    plan.touches.push({ head: emailOf(from).head, record: {} });
    plan.deletes.push(...tuplesOfEmail(emailHash(from), state.user));
  }
  return plan;
}

/** What a person holds through an organization: tuples that leave with them. */
export type Held = { jobRoles: TupleKey[]; delegations: TupleKey[] };

/**
 * Lets a person leave, with everything held through the organization. `first` is what
 * must be deleted before the Write where one Write cannot hold it all: then access
 * only shrinks, and the person is removed last (law 4).
 */
export function decideLeave(state: PersonState, held: Held): Decision<{ first: TupleKey[] }> {
  const { organization, user, role, isSuspended } = state;
  const moved = refuseIfMoved(state);
  if (moved) return moved;
  if (role === undefined) return same({ first: [] });
  const refusal = refuseLastAdmin(state);
  if (refusal) return refusal;
  const before = { role, job_role_tuples: held.jobRoles.length, delegation_tuples: held.delegations.length };
  const touches: Touch[] = [
    touchOwn(state, { action: "remove_person", object: `user:${user}`, before }),
    // so that no delegation or job role slips in between
    { head: state.person, record: state.person.value ?? {} },
  ];
  const deletes = tuplesOfPerson(organization, user, role, isSuspended).map(keyOf);
  // roles of four rungs before those of two and one: no batch ends in the midst of a role
  const taken = [...Map.groupBy([...held.jobRoles, ...held.delegations], (key) => key.object).values()]
    .sort((a, b) => b.length - a.length)
    .flat();
  const room = WRITE_TUPLES_MAX - deletes.length - 5;
  const first = taken.length > room ? taken : [];
  return planned({ touches, deletes: first.length > 0 ? deletes : [...deletes, ...taken], writes: [] }, { first });
}

/** What is forgotten of a person. `organizations` are those that the person belongs to, `email` the head of their address. */
export type ForgetState = {
  user: UserId;
  person: Head<Person>;
  organizations: OrganizationId[];
  email?: Head<{ holder?: UserId | undefined }> | undefined;
  expected?: Precondition | undefined;
};

/** `erased`: what the record held until now; `before` and `n`: its head's number until and from now. */
export type Forgotten = { user: UserId; erased: (typeof FORGOTTEN_FIELDS)[number][]; before: number; n: number };

/** Empties the record of somebody who belongs to no organization. Histories go on naming the id: they would not verify without it. */
export function decideForget(state: ForgetState): Decision<Forgotten> {
  const { user, person, organizations, email, expected } = state;
  const moved = refuseUnlessOwn(expected, person);
  if (moved) return moved;
  if (organizations.length > 0) return { code: "still_member", user, organizations };
  const erased = FORGOTTEN_FIELDS.filter((field) => person.value?.[field] !== undefined);
  if (erased.length === 0) return same({ user, erased, before: person.n, n: person.n });
  const isHeld = email?.value?.holder === user;
  const touches: Touch[] = [{ head: person, record: {} }, ...(isHeld ? [{ head: email, record: {} }] : [])];
  const deletes = isHeld ? tuplesOfEmail(email.object.slice("email:".length), user) : [];
  return planned({ touches, deletes, writes: [] }, { user, erased, before: person.n, n: person.n + 1 });
}

function touchOwn(state: PersonState, entry: Touch["entry"]): Touch {
  const { organizationHead: head } = state;
  if (head.value === undefined || entry === undefined) throw new StoreDamaged(head.object, "it has no record");
  return { head, record: head.value, entry };
}

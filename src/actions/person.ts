/**
 * Takes people into an organization, gives them roles, and lets them leave with all
 * they hold through it; forgets who belongs to none. A service with scope `admin` may do all
 * of it; an admin of the organization gives roles to those who belong to it already.
 */

import { userScope } from "../domain/cache-scopes.ts";
import { isService, needsService } from "../domain/caller.ts";
import type { PersonInput } from "../domain/commands.ts";
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { refuseUnlessAdmin } from "../domain/membership.ts";
import { alive } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import {
  decideForget,
  decideLeave,
  decidePerson,
  type EmailHead,
  emailHash,
  type ForgetState,
  type Forgotten,
  type Held,
  PERSON_FIELDS,
  type PersonChanged,
  type PersonState,
} from "../domain/registry/decide-person.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { TupleKey } from "../domain/tuples.ts";
import { actingAdminsOf, actingIn, membershipIn } from "../store/acting.ts";
import { delegationsThrough, jobRolesThrough, organizationIdsOf } from "../store/people.ts";
import { bondsOf, emailHead, inTurns, organizationHead, personHead, personIn } from "../store/snapshot.ts";
import type { Action, Reading } from "./run/action.ts";

type OfOrganization = { organization: OrganizationId; user: UserId };

const lockOrganization = ({ organizationHead: { object } }: PersonState) => object;

/** Puts a person into an organization at one role. */
export const putPerson = (input: PersonInput & OfOrganization): Action<PersonState, PersonChanged> => ({
  lock: lockOrganization,
  read: async (on) => {
    const service = isService(on.caller);
    const { organization, user, role, email } = input;
    if (!service && PERSON_FIELDS.some((field) => input[field] !== undefined))
      return needsService("to write a person's record");
    const refusal = await refuseUnlessManager(on, organization);
    if (refusal) return refusal;
    const state = await readPerson(on, { organization, user, email, stepsDown: role !== "admin" });
    if (isRefusal(state) || service || state.role !== undefined) return state;
    return needsService("to take somebody in");
  },
  decide: (state) => decidePerson(state, input),
  scopes: () => [userScope(input.user)],
});

/** Lets a person leave: by a service, an admin of the organization, or the person themself. */
export const removePerson = ({
  organization,
  user,
}: OfOrganization): Action<PersonState & { held: Held }, { first: TupleKey[] }> => ({
  lock: lockOrganization,
  read: async (on) => {
    const refusal = await refuseLeave(on, organization, user);
    if (refusal) return refusal;
    const state = await readPerson(on, { organization, user, stepsDown: true });
    if (isRefusal(state)) return state;
    const [jobRoles, delegations] = await Promise.all([
      jobRolesThrough(on.reads, organization, user),
      delegationsThrough(on.reads, organization, user),
    ]);
    const held: Held = {
      jobRoles: jobRoles.flatMap((role) => role.tuples),
      delegations: delegations.flatMap((one) => one.tuples),
    };
    return { ...state, held };
  },
  decide: (state) => decideLeave(state, state.held),
  scopes: () => [userScope(user)],
  first: (value) => value.first,
});

/** Empties the record of somebody who belongs to no organization. */
export const forgetPerson = ({ user }: { user: UserId }): Action<ForgetState, Forgotten> => ({
  lock: ({ person }) => person.object,
  read: async ({ reads, caller, expected }) => {
    if (!isService(caller)) return needsService("to forget people");
    const person = await personHead(reads, user);
    if (person.n === 0) return { code: "not_found", what: "person" };
    const address = person.value?.email;
    const email = address === undefined ? undefined : await emailHead(reads, emailHash(address));
    return { user, person, organizations: await organizationIdsOf(reads, user), email, expected };
  },
  decide: (state) => decideForget(state),
  // who belongs nowhere may do nothing
  scopes: () => [],
});

/**
 * Why the caller may not manage an organization, or undefined when they may. An admin who is suspended does not: whom they
 * made an admin would lift their suspension, and what they set would act in cooperations.
 */
export async function refuseUnlessManager(
  { reads, caller }: Reading,
  organization: OrganizationId,
): Promise<Refusal | undefined> {
  if (isService(caller)) return undefined;
  // before the caller's role: a reading is kept, and a head is read before the facts that it covers
  await organizationHead(reads, organization);
  return refuseUnlessAdmin(organization, await actingIn(reads, organization, caller));
}

/** Its own people may leave, suspended or not; a stranger does not learn that there is such an organization. */
async function refuseLeave(on: Reading, organization: OrganizationId, user: UserId): Promise<Refusal | undefined> {
  const { reads, caller } = on;
  if (caller.user !== user) return refuseUnlessManager(on, organization);
  await organizationHead(reads, organization);
  const membership = await membershipIn(reads, organization, caller);
  return membership === "none" ? refuseUnlessAdmin(organization, membership) : undefined;
}

/** Who it is about, the address asked for, and whether they would no longer be an admin. */
type Asked = { organization: OrganizationId; user: UserId; email?: string | null | undefined; stepsDown: boolean };

async function readPerson(
  { reads, expected }: Reading,
  { organization, user, email, stepsDown }: Asked,
): Promise<Result<PersonState>> {
  const [organizationNow, person] = await Promise.all([organizationHead(reads, organization), personHead(reads, user)]);
  if (alive(organizationNow) === undefined) return { code: "not_found", what: "organization" };
  const addresses = [...new Set([person.value?.email, email ?? undefined])].filter((one) => one !== undefined);
  const [found, emails] = await Promise.all([
    // every person has a record, so who has none is nobody's
    person.n === 0 ? undefined : personIn(reads, organization, user),
    inTurns(addresses, async (address): Promise<EmailHead> => {
      const head = await emailHead(reads, emailHash(address));
      const holder = head.value?.holder;
      if (holder === undefined || holder === user) return { address, head };
      const other = await personHead(reads, holder);
      return { address, head, other: { person: other, organizations: await organizationIdsOf(reads, holder) } };
    }),
  ]);
  const { role, isSuspended = false } = found ?? {};
  // only an admin who would be one no longer is kept back as the last, so only then is it worth counting:
  // an organization may have thousands, and an import asks for each of its people
  const isCounted = role === "admin" && stepsDown;
  const admins = isCounted ? await actingAdminsOf(reads, organization) : [];
  const otherAdmins = admins.filter((admin) => admin !== user).length;
  const liveCooperations = isCounted && otherAdmins === 0 ? await bondsOf(reads, organization) : 0;
  return {
    organization,
    organizationHead: organizationNow,
    user,
    person,
    role,
    isSuspended,
    otherAdmins,
    liveCooperations,
    emails,
    expected,
  };
}

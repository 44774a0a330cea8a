/**
 * Takes people into an organization, gives them roles, and lets them leave with all
 * they hold through it; forgets who belongs to none. A service with scope `admin` may do all
 * of it; an admin of the organization gives roles to those who belong to it already.
 */

import { userScope } from "../domain/cache-scopes.ts";
import { isService, needsService } from "../domain/caller.ts";
import type { PersonInput } from "../domain/commands.ts";
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
  type PersonChanged,
  type PersonState,
} from "../domain/registry/decide-person.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { refuseUnlessAdmin } from "../domain/standing.ts";
import { bondsOf } from "../store/bonds.ts";
import { adminsOf, delegationsThrough, jobRolesThrough, organizationIdsOf } from "../store/people.ts";
import { emailHead, inTurns, organizationHead, personHead, roleOf, standingIn } from "../store/snapshot.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./run/perform.ts";

/** Puts a person into an organization at one role. */
export async function putPerson(
  deps: ActionDeps,
  call: Call,
  organization: string,
  user: string,
  input: PersonInput,
): Promise<Result<Receipt<PersonChanged>>> {
  const service = isService(call.caller);
  if (!service && (input.email !== undefined || input.name !== undefined || input.language !== undefined))
    return needsService("to write a person's record");
  return perform(deps, call, {
    lock: `organization:${organization}`,
    read: async () => {
      const refusal = await refuseUnlessManager(deps, call, organization);
      if (refusal) return refusal;
      const stepsDown = input.role !== "admin";
      const state = await readPerson(deps, call, { organization, user, email: input.email, stepsDown });
      if (isRefusal(state) || service || state.role !== undefined) return state;
      return needsService("to take somebody in");
    },
    decide: (state: PersonState) => decidePerson(state, input),
    scopes: () => [userScope(user)],
  });
}

/** Lets a person leave: by a service, an admin of the organization, or the person themself. */
export async function removePerson(
  deps: ActionDeps,
  call: Call,
  organization: string,
  user: string,
): Promise<Result<Receipt<{ first: unknown[] }>>> {
  return perform(deps, call, {
    lock: `organization:${organization}`,
    read: async () => {
      const refusal = await refuseUnlessManager(deps, call, organization);
      // its own people may go; a stranger is not told that there is such an organization
      if (refusal && !(call.caller.user === user && refusal.code === "not_admin")) return refusal;
      const state = await readPerson(deps, call, { organization, user, stepsDown: true });
      if (isRefusal(state)) return state;
      const held: Held = {
        jobRoles: (await jobRolesThrough(deps.tupleStore, organization, user)).flatMap((role) => role.tuples),
        delegations: (await delegationsThrough(deps.tupleStore, organization, user)).flatMap((one) => one.tuples),
      };
      return { ...state, held };
    },
    decide: (state) => decideLeave(state, state.held),
    scopes: () => [userScope(user)],
    first: (value) => value.first,
  });
}

/** Empties the record of somebody who belongs to no organization. */
export async function forgetPerson(deps: ActionDeps, call: Call, user: string): Promise<Result<Receipt<Forgotten>>> {
  if (!isService(call.caller)) return needsService("to forget people");
  const { tupleStore } = deps;
  return perform(deps, call, {
    lock: `user:${user}`,
    read: async (): Promise<Result<ForgetState>> => {
      const person = await personHead(tupleStore, user);
      if (person.n === 0) return { code: "not_found", what: "person" };
      const address = person.value?.email;
      const email = address === undefined ? undefined : await emailHead(tupleStore, emailHash(address));
      const organizations = await organizationIdsOf(tupleStore, user);
      return { user, person, organizations, email, expected: call.expected };
    },
    decide: (state: ForgetState) => decideForget(state),
    // who belongs nowhere may do nothing
    scopes: () => [],
  });
}

/** Why the caller may not manage an organization, or undefined when they may. */
export async function refuseUnlessManager(
  deps: ActionDeps,
  call: Call,
  organization: string,
): Promise<Refusal | undefined> {
  if (isService(call.caller)) return undefined;
  return refuseUnlessAdmin(organization, await standingIn(deps.tupleStore, organization, call.caller));
}

/** Who it is about, the address asked for, and whether they would no longer be an admin. */
type Asked = { organization: string; user: string; email?: string | null | undefined; stepsDown: boolean };

async function readPerson(
  { tupleStore }: ActionDeps,
  call: Call,
  { organization, user, email, stepsDown }: Asked,
): Promise<Result<PersonState>> {
  const organizationNow = await organizationHead(tupleStore, organization);
  if (organizationNow.value === undefined || organizationNow.value.deleted_at !== undefined)
    return { code: "not_found", what: "organization" };
  const person = await personHead(tupleStore, user);
  // every person has a record, so who has none is nobody's
  const role = person.n === 0 ? undefined : await roleOf(tupleStore, organization, user);
  // only an admin who would be one no longer is kept back as the last, so only then is it worth counting:
  // an organization may have thousands, and an import asks for each of its people
  const isCounted = role === "admin" && stepsDown;
  const admins = isCounted ? await adminsOf(tupleStore, organization) : [];
  const otherAdmins = admins.filter((admin) => admin !== user).length;
  const addresses = [...new Set([person.value?.email, email ?? undefined])].filter((one) => one !== undefined);
  const emails = await inTurns(addresses, async (address): Promise<EmailHead> => {
    const head = await emailHead(tupleStore, emailHash(address));
    const holder = head.value?.holder;
    if (holder === undefined || holder === user) return { address, head };
    const other = await personHead(tupleStore, holder);
    return { address, head, other: { person: other, organizations: await organizationIdsOf(tupleStore, holder) } };
  });
  const liveCooperations = isCounted && otherAdmins === 0 ? await bondsOf(tupleStore, organization) : 0;
  return {
    organization,
    organizationHead: organizationNow,
    user,
    person,
    role,
    otherAdmins,
    liveCooperations,
    emails,
    expected: call.expected,
  };
}

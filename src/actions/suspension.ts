/**
 * Suspends people of an organization in every cooperation at once, and lifts that: by a service with scope `admin`, or an
 * admin of the organization who is not suspended, so that nobody lifts their own.
 */
import { userScope } from "../domain/cache-scopes.ts";
import { isService } from "../domain/caller.ts";
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { refuseUnlessAdmin } from "../domain/membership.ts";
import { alive } from "../domain/records.ts";
import {
  decideSuspension,
  type SuspensionChanged,
  type SuspensionInput,
  type SuspensionState,
} from "../domain/registry/decide-suspension.ts";
import { actingIn } from "../store/acting.ts";
import { wasLifted } from "../store/lifted.ts";
import { organizationHead, personIn } from "../store/snapshot.ts";
import type { Action } from "./run/action.ts";

type OfPerson = { organization: OrganizationId; user: UserId; unlessLiftedSince?: Date };

/** Suspends a person, or lifts that. `unlessLiftedSince`: nobody whose suspension was lifted then or later. */
export const setSuspension = ({
  organization,
  user,
  unlessLiftedSince: since,
  ...input
}: SuspensionInput & OfPerson): Action<SuspensionState, SuspensionChanged> => ({
  lock: ({ organizationHead: { object } }) => object,
  read: async ({ reads, caller, expected }) => {
    // before the facts that it covers
    const head = await organizationHead(reads, organization);
    const refusal = isService(caller)
      ? undefined
      : refuseUnlessAdmin(organization, await actingIn(reads, organization, caller));
    if (refusal) return refusal;
    if (alive(head) === undefined) return { code: "not_found", what: "organization" };
    const held = await personIn(reads, organization, user);
    const isAsked = since !== undefined && held?.isSuspended === false;
    const isLifted = isAsked && (await wasLifted(reads, organization, user, since));
    return { organization, organizationHead: head, user, held, isLifted, expected };
  },
  decide: (state) => decideSuspension(state, input),
  scopes: () => [userScope(user)],
});

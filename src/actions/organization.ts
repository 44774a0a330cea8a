/** Creates, renames and deletes organizations: for services with scope `admin`. */

import { isService, needsService } from "../domain/caller.ts";
import { endOfWebhooks, type WebhookState } from "../domain/events/decide-webhook.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { PolicyRecord } from "../domain/policy.ts";
import type { Head } from "../domain/records.ts";
import {
  decideDeleteOrganization,
  decideOrganization,
  type Holdings,
  type OrganizationChanged,
  type OrganizationState,
} from "../domain/registry/decide-organization.ts";
import { endOfPolicy } from "../domain/registry/decide-policy.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { sweepMark } from "../domain/state-tuples.ts";
import type { Reads } from "../ports.ts";
import { peopleOf } from "../store/people.ts";
import { policyHead } from "../store/policies.ts";
import { presetNamesOf } from "../store/presets.ts";
import { resourceRefsOf } from "../store/resources.ts";
import { bondsOf, cooperationIdsOf, inTurns, organizationHead } from "../store/snapshot.ts";
import { webhookIdsOf } from "../store/webhooks.ts";
import { declineOffer } from "./cooperation.ts";
import type { Action, ActionDeps, Call, Reading, Receipt } from "./run/action.ts";
import { afterWriting } from "./run/commit.ts";
import { perform, wouldDo } from "./run/perform.ts";
import { sweep, sweepOrganization } from "./sweep.ts";
import { readWebhook } from "./webhook.ts";

type Named = { organization: OrganizationId };

const lockOrganization = ({ head }: OrganizationState) => head.object;
/** An organization without people and resources is on nobody's path. */
const NO_SCOPES = () => [];

/** Creates an organization, or gives it another name. */
export const putOrganization = (input: Named & { name: string }): Action<OrganizationState, OrganizationChanged> => ({
  lock: lockOrganization,
  read: async (on) =>
    isService(on.caller) ? readOrganization(on, input.organization) : needsService("to keep organizations"),
  decide: (state) => decideOrganization(state, input),
  scopes: NO_SCOPES,
  after: async (deps, { before, organization }) => {
    // one that was deleted before deletions were marked left its sides behind
    if (before === undefined && organization.incarnation !== undefined)
      await sweepOrganization(deps, input.organization);
  },
});

/**
 * Deletes an organization without people, resources and cooperations that bind it. What it was offered and never
 * answered is declined first, each in a Write of its own: there may be any number of offers.
 */
export async function deleteOrganization(
  deps: ActionDeps,
  call: Call,
  { organization }: Named,
): Promise<Result<Receipt<undefined>>> {
  if (!isService(call.caller)) return needsService("to keep organizations");
  // of an earlier deletion: it is swept before there is another
  const marks = await deps.tupleStore.read(sweepMark(`organization:${organization}`));
  if (marks.length > 0) await sweep(deps);
  const deletion = deleteEmpty(organization);
  let isDeclined = false;
  try {
    const offers = (await wouldDo(deps, call, deletion))
      ? await cooperationIdsOf(deps.tupleStore, organization, "partner")
      : [];
    for (const cooperation of offers) {
      // the precondition is of the organization; all else holds for these too
      const receipt = await perform(deps, { ...call, expected: undefined }, declineOffer({ cooperation }));
      isDeclined ||= !isRefusal(receipt) && receipt.outcome === "done";
    }
    return await perform(deps, call, deletion);
  } catch (error) {
    throw isDeclined ? afterWriting(error) : error;
  }
}

type Deleted = OrganizationState & { holdings: Holdings; webhooks: WebhookState[]; policy: Head<PolicyRecord> };

const deleteEmpty = (id: OrganizationId): Action<Deleted, undefined> => ({
  lock: lockOrganization,
  read: async (on) => {
    const state = await readOrganization(on, id);
    if (state.head.n === 0) return { code: "not_found", what: "organization" };
    // its endpoints and its policy end with it, in the same Write
    const [ids, policy] = await Promise.all([webhookIdsOf(on.reads, id), policyHead(on.reads, id)]);
    const webhooks = await inTurns(ids, (one) => readWebhook(on.reads, one));
    return { ...state, holdings: await holdingsOf(on.reads, id), webhooks, policy };
  },
  decide: (state, stamp) => {
    const { touches, deletes } = endOfWebhooks(state.webhooks, stamp);
    const ends = { touches: [...touches, ...endOfPolicy(state.policy, stamp)], deletes };
    return decideDeleteOrganization(state, state.holdings, stamp, ends);
  },
  scopes: NO_SCOPES,
  after: (deps) => sweep(deps),
});

async function readOrganization({ reads, expected }: Reading, id: OrganizationId): Promise<OrganizationState> {
  return { id, head: await organizationHead(reads, id), expected };
}

async function holdingsOf(reads: Reads, id: OrganizationId): Promise<Holdings> {
  const people = (await peopleOf(reads, id)).length;
  const resources = (await resourceRefsOf(reads, id)).length;
  const presets = (await presetNamesOf(reads, id)).length;
  return { people, resources, cooperations: await bondsOf(reads, id), presets };
}

/** Creates, renames and deletes organizations: for services with scope `admin`. */
import { isService, needsService } from "../domain/caller.ts";
import {
  decideDeleteOrganization,
  decideOrganization,
  type Holdings,
  type OrganizationChanged,
  type OrganizationState,
} from "../domain/decide-organization.ts";
import type { Refusal } from "../domain/refusal.ts";
import { bondsOf } from "../queries/live.ts";
import { peopleOf } from "../queries/people.ts";
import { resourceRefsOf } from "../queries/resources.ts";
import { organizationHead } from "../queries/snapshot.ts";
import { type ActionDeps, type Call, perform, type Receipt } from "./perform.ts";

type Emptying = OrganizationState & { holdings: Holdings };

/** An organization without people and resources is on nobody's path. */
const NO_SCOPES = () => [];

export async function putOrganization(
  deps: ActionDeps,
  call: Call,
  id: string,
  input: { name: string },
): Promise<Receipt<OrganizationChanged> | Refusal> {
  if (!isService(call.caller)) return needsService("to keep organizations");
  return perform(deps, call, {
    order: `organization:${id}`,
    read: () => readOrganization(deps, call, id),
    decide: (state: OrganizationState) => decideOrganization(state, input),
    scopes: NO_SCOPES,
  });
}

/** Deletes an organization without people, resources and cooperations that have not ended. */
export async function deleteOrganization(
  deps: ActionDeps,
  call: Call,
  id: string,
): Promise<Receipt<undefined> | Refusal> {
  if (!isService(call.caller)) return needsService("to keep organizations");
  return perform(deps, call, {
    order: `organization:${id}`,
    read: async (): Promise<Emptying | Refusal> => {
      const state = await readOrganization(deps, call, id);
      if (state.head.n === 0) return { code: "not_found", what: "organization" };
      return { ...state, holdings: await holdingsOf(deps, id) };
    },
    decide: (state: Emptying, stamp) => decideDeleteOrganization(state, state.holdings, stamp),
    scopes: NO_SCOPES,
  });
}

async function readOrganization(deps: ActionDeps, call: Call, id: string): Promise<OrganizationState> {
  return { id, head: await organizationHead(deps.relationships, id), expected: call.expected };
}

async function holdingsOf({ relationships }: ActionDeps, id: string): Promise<Holdings> {
  const people = (await peopleOf(relationships, id)).length;
  const resources = (await resourceRefsOf(relationships, id)).length;
  const { live, open } = await bondsOf(relationships, id);
  return { people, resources, cooperations: live + open };
}

/** The share that somebody asks for, with the tuples and heads it takes: on its own, or in an invitation. Pure. */
import type { ShareInput } from "../commands.ts";
import { hasPassed, instant } from "../expiry.ts";
import type { ResourceRef } from "../ids.ts";
import type { Stamp, Touch } from "../plan.ts";
import { type Cooperation, type Head, NO_HASH, type Resource, type Share } from "../records.ts";
import type { Refusal } from "../refusal.ts";
import type { JobRole, SharedRole } from "../roles.ts";
import { tuplesOfShare } from "../state-tuples.ts";
import type { Tuple } from "../tuples.ts";

export type SharedResource = { ref: ResourceRef; head: Head<Resource> };

/** The role, when it may cross to a partner at all. */
export const crossing = (role: JobRole): SharedRole | Refusal =>
  role === "operator" ? { code: "operator_never_crosses" } : role;

/** The share that an input asks for, with the tuples and heads it takes, or why not. */
export function newShare(
  cooperation: Cooperation,
  resource: SharedResource,
  input: Omit<ShareInput, "reason">,
  id: string,
  stamp: Stamp,
): { share: Share; touches: Touch[]; writes: Tuple[] } | Refusal {
  const role = crossing(input.role);
  if (typeof role === "object") return role;
  const { ref, head } = resource;
  // another's resource and one that does not exist look the same: strangers' plants stay hidden
  if (head.value === undefined || head.value.deleted_at !== undefined || head.value.owner !== cooperation.initiator)
    return { code: "not_owner", organization: cooperation.initiator, resource: ref };
  if (hasPassed(input.expires_at, stamp.now)) return { code: "invalid_expiry", now: instant(stamp.now) };
  const share: Share = {
    id,
    cooperation: cooperation.id,
    resource: ref,
    role,
    expires_at: input.expires_at,
    spelling: "plain",
    created_at: instant(stamp.now),
  };
  const blank: Head<Share> = { object: `share:${id}`, n: 0, hash: NO_HASH, value: undefined };
  return {
    share,
    touches: [
      { head: blank, record: share },
      { head, record: head.value },
    ],
    writes: tuplesOfShare(share),
  };
}

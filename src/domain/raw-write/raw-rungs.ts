/**
 * What a change of raw tuples amounts to where a role is written in rungs: job roles, and
 * delegations with their date. The role's own tuple means the role: the rungs below it
 * are written and deleted with it. Pure.
 */
import type { Instant } from "../expiry.ts";
import type { Delegation } from "../records.ts";
import { delegatedBy, delegatedRelation } from "../relations.ts";
import { type JobRole, RUNGS, roleOfRungs, type SharedRole } from "../roles.ts";
import type { TupleKey } from "../tuples.ts";
import type { Asked, Leniency } from "./admit.ts";
import { effect, inSameRequest, left, NOTHING, type RawEffect, rejected } from "./raw-change.ts";
import type { ReadTuple } from "./raw-tuple.ts";

/** A job role on a resource, from the one held now. */
export function jobRoleBecomes(
  asked: Asked,
  held: JobRole | undefined,
  { onDuplicate, onMissing }: Leniency,
): RawEffect<JobRole> {
  const rungs: readonly string[] = held === undefined ? [] : RUNGS[held];
  const deletes = left(asked.deletes, ({ relation }) => !rungs.includes(relation), onMissing, "missing");
  if ("kind" in deletes) return deletes;
  return rungsBecome(
    asked,
    deletes,
    held,
    { held: rungs, rungOf: ({ relation }) => relation, relationOf: (role) => role },
    onDuplicate,
  );
}

/** The rungs held now, the rung of a tuple, and the relation of a role's own tuple. */
type Rungs = {
  held: readonly string[];
  rungOf: (tuple: ReadTuple) => string;
  relationOf: (role: JobRole) => string;
};

/** The role that the rungs amount to: deleting the role's own deletes all of them, writing it adds those below. */
function rungsBecome(
  asked: Asked,
  deletes: readonly ReadTuple[],
  held: JobRole | undefined,
  { held: rungs, rungOf, relationOf }: Rungs,
  onDuplicate: Leniency["onDuplicate"],
): RawEffect<JobRole> {
  const [part] = deletes;
  const taken = deletes.some((tuple) => rungOf(tuple) === held);
  if (part !== undefined && held !== undefined && !taken)
    return rejected(
      part,
      `belongs to ${held}, which ${part.user} holds: delete '${relationOf(held)}' to take that away, and write the lower role in the same request to leave it`,
    );
  const rest = taken ? [] : rungs;
  const writes = left(asked.writes, (tuple) => rest.includes(rungOf(tuple)), onDuplicate, "exists");
  if ("kind" in writes) return writes;
  const [first] = writes;
  if (first === undefined) return taken ? effect<JobRole>(undefined) : NOTHING;
  const all = [...rest, ...writes.map(rungOf)];
  const role = roleOfRungs(all) as JobRole;
  if (all.every((rung) => (RUNGS[role] as readonly string[]).includes(rung))) return effect(role);
  return held === undefined || taken
    ? rejected(first, "technical_manager and asset_manager are peers, and nobody holds two roles on one thing")
    : rejected(
        first,
        `${first.user} holds ${held}, and one role: ${inSameRequest(first, relationOf(held), first.user)}`,
      );
}

const rungOf = (tuple: TupleKey) => delegatedBy(tuple)?.rung ?? "";

/** A delegation on a share, from the one held now. The service chooses the spelling that is written. */
export function delegationBecomes(
  asked: Asked,
  held: Delegation | undefined,
  { onDuplicate, onMissing }: Leniency,
): RawEffect<{ role: SharedRole; expires_at: Instant | undefined }> {
  const rungs: readonly string[] = held === undefined ? [] : RUNGS[held.role];
  const relationOf = (role: JobRole) => delegatedRelation(role, held?.spelling ?? "plain");
  const isThere = (tuple: ReadTuple) =>
    rungs.includes(rungOf(tuple)) && delegatedBy(tuple)?.spelling === held?.spelling;
  const deletes = left(asked.deletes, (tuple) => !isThere(tuple), onMissing, "missing");
  if ("kind" in deletes) return deletes;
  const taken = deletes.some((tuple) => rungOf(tuple) === held?.role);
  const [first] = asked.writes;
  const dates = new Set(asked.writes.map(({ expires_at }) => expires_at));
  if (first !== undefined && dates.size > 1)
    return rejected(first, "a delegation ends on one date: give all its tuples the same");
  if (first !== undefined && held !== undefined && !taken && first.expires_at !== held.expires_at) {
    // OpenFGA's answer for one key with two conditions; the other spelling is another key
    const same = asked.writes.find(isThere);
    if (same !== undefined) return { kind: onDuplicate === "error" ? "exists" : "conflict", tuple: same };
    const until = held.expires_at === undefined ? "without an end" : `until ${held.expires_at}`;
    return rejected(
      first,
      `is delegated ${until}: ${inSameRequest(first, relationOf(held.role), first.user)} to change the date`,
    );
  }
  const change = rungsBecome(asked, deletes, held?.role, { held: rungs, rungOf, relationOf }, onDuplicate);
  if (change.kind !== "become") return change;
  return effect(change.to && { role: change.to as SharedRole, expires_at: first?.expires_at });
}

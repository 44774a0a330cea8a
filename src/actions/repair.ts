/**
 * Repairs what doctor finds, as far as that is safe: it deletes tuples that no record or history asks for, and has
 * what was removed swept. It never writes a tuple that gives access to a resource, writes nothing into a record but the number of an
 * incarnation that an older version left out, and adds to a history only the entry that says what it did.
 *
 * A service may run at the same time. Each repair is one Write that replaces the heads it depends on: where an action
 * was first, the Write is stale and the store is examined again.
 */

import type { CacheScope } from "../domain/cache-scopes.ts";
import { ownActor } from "../domain/caller.ts";
import { withoutAddress } from "../domain/cooperation/touch.ts";
import type { Finding, Remedy } from "../domain/doctor/finding.ts";
import type { VerifyingKeys } from "../domain/history-keys.ts";
import { type Stamp, type Touch, writeOf } from "../domain/plan.ts";
import { type Cooperation, fieldsOf, type Head, NO_HASH } from "../domain/records.ts";
import { sweepMark } from "../domain/state-tuples.ts";
import { keyText, type TupleKey } from "../domain/tuples.ts";
import type { Clock, TupleStore } from "../ports.ts";
import { doctor, findingText } from "../queries/doctor.ts";
import { sweep } from "./sweep.ts";

/** The actor of a repair in histories. */
const ACTOR = ownActor("doctor");

/** One repair may reveal what the next one deletes, such as a job role of somebody who is no person; there are never many. */
const ROUNDS_MAX = 8;

export type RepairDeps = {
  tupleStore: TupleStore;
  /** The scopes whose cached answers the tuples may change. */
  scopesOf: (keys: TupleKey[]) => Promise<CacheScope[] | "all">;
  /** Invalidates them after the repairs of a round. */
  invalidate: (scopes: CacheScope[] | "all") => Promise<unknown>;
  clock: Clock;
  newId: () => string;
  warn: (event: string, facts: object) => void;
  /** Heads are held to them where there are any. */
  keys?: VerifyingKeys | undefined;
};

/** `took`: the tuples that were deleted; none where a sweep deletes them, or a record was completed. `unknown`: the reply was lost, the repair may be committed. */
export type Repair = { finding: Finding; outcome: "done" | "unknown"; took: TupleKey[] };

/** Repairs until nothing more can be repaired; returns what was done, oldest first, and what is left. Throws EngineUnavailable. */
export async function repair(deps: RepairDeps): Promise<{ done: Repair[]; left: Finding[] }> {
  const done: Repair[] = [];
  for (let round = 1; ; round++) {
    const findings = await doctor(deps.tupleStore, deps.keys);
    // what is found again though it was repaired would only be repaired again
    const tried = new Set(done.map(({ finding }) => findingText(finding)));
    const due = findings.filter((finding) => finding.remedy !== undefined && !tried.has(findingText(finding)));
    if (due.length === 0 || round > ROUNDS_MAX) return { done, left: findings };
    done.push(...(await repairEach(deps, due)));
  }
}

async function repairEach(deps: RepairDeps, findings: Finding[]): Promise<Repair[]> {
  const repairs: Repair[] = [];
  /** Heads that an earlier repair of this round replaced. */
  const moved = new Map<string, Head<object>>();
  const taken = new Set<string>();
  const reached = new Set<CacheScope | "all">();
  try {
    for (const finding of findings) {
      const { remedy } = finding;
      if (remedy === undefined) continue;
      const took = "erase" in remedy ? remedy.erase.filter((key) => !taken.has(keyText(key))) : [];
      // an earlier repair of the round took all of it
      const isTaken = "erase" in remedy && took.length === 0;
      const outcome = isTaken
        ? "done"
        : "sweep" in remedy
          ? await mark(deps, remedy.sweep)
          : await replace(deps, remedy, took, moved, reached);
      if (outcome === "stale") continue;
      for (const key of took) taken.add(keyText(key));
      repairs.push({ finding, outcome, took });
    }
  } finally {
    // once: to invalidate all looks through all that is cached. Also where a later repair failed
    const scopes = [...reached].filter((scope) => scope !== "all");
    if (reached.size > 0) await deps.invalidate(reached.has("all") ? "all" : scopes);
  }
  // one sweep for all marks: it leaves what is marked and was never removed
  if (repairs.some(({ finding: { remedy } }) => remedy !== undefined && "sweep" in remedy)) await sweep(deps);
  return repairs;
}

/** Marks what was removed, so that a sweep deletes it; it may be marked already. */
async function mark({ tupleStore }: RepairDeps, removed: Parameters<typeof sweepMark>[0]) {
  const outcome = await tupleStore.write({ deletes: [], writes: [sweepMark(removed)] });
  return outcome === "unknown" ? outcome : "done";
}

/** One Write: the heads replaced, with what is restored in their records, and the tuples deleted. Adds to `reached` what is then to be invalidated. */
async function replace(
  deps: RepairDeps,
  remedy: Remedy,
  keys: TupleKey[],
  moved: Map<string, Head<object>>,
  reached: Set<CacheScope | "all">,
): Promise<"done" | "stale" | "unknown"> {
  const id = deps.newId();
  const stamp: Stamp = { id, requestId: id, now: deps.clock(), actor: ACTOR, nonce: id };
  const heads = remedy.heads.map((head) => moved.get(head.object) ?? head);
  const restored = "restore" in remedy ? remedy.restore : {};
  const touches = heads.map((head) => touchOf(head, "repair", { took: keys, restored }));
  const write = writeOf({ touches, deletes: keys, writes: [] }, stamp);
  const scopes = await scopesOf(deps, keys);
  const outcome = await deps.tupleStore.write(write);
  if (outcome === "stale") return outcome;
  for (const scope of scopes === "all" ? [scopes] : scopes) reached.add(scope);
  for (const { head, record } of touches) {
    const next = write.writes.find((tuple) => tuple.object === head.object && tuple.relation === "head");
    if (next) moved.set(head.object, { ...head, n: head.n + 1, hash: fieldsOf(next).hash ?? NO_HASH, value: record });
  }
  return outcome === "committed" ? "done" : outcome;
}

/** A head replaced by itself and what is restored in it; where the object keeps a history, with the entry that says what was done. */
export function touchOf(
  head: Head<object>,
  action: "repair" | "sign",
  { took = [], restored = {} }: { took?: TupleKey[]; restored?: Record<string, number> | undefined } = {},
): Touch {
  const was = head.value as Touch["record"];
  const record = { ...was, ...restored };
  if (!/^(organization|cooperation):/.test(head.object)) return { head, record };
  const shown = (value: Touch["record"]) =>
    head.object.startsWith("cooperation:") ? withoutAddress(value as unknown as Cooperation) : value;
  const before = took.length === 0 ? shown(was) : { ...shown(was), taken: took.map(keyText) };
  return { head, record, entry: { action, object: head.object, before, after: shown(record) } };
}

/** The scopes of tuples; of an owner or initiator too many also that of the other one, who has cached answers through it. */
async function scopesOf(deps: RepairDeps, keys: TupleKey[]): Promise<CacheScope[] | "all"> {
  const besides = keys
    .filter(({ relation }) => relation === "owner" || relation === "initiator")
    .map(({ relation, object }) => ({ user: object, relation, object }));
  return deps.scopesOf([...keys, ...besides]);
}

/**
 * OpenFGA's Write, guarded: raw tuples are admitted when they amount to actions, and go
 * through those actions' decisions, all in one Write. What a tuple means is decided on
 * what stands in the same reading as its action, so a race never writes another meaning.
 */

import { type CacheScope, ownerScope, userScope } from "../domain/cache-scopes.ts";
import { type Admission, admit, type Leniency, type RawChange } from "../domain/raw-write/admit.ts";
import { personBecomes, type RawEffect, type Rejected, resourceBecomes } from "../domain/raw-write/raw-change.ts";
import { delegationBecomes, jobRoleBecomes } from "../domain/raw-write/raw-rungs.ts";
import type { RawTuple } from "../domain/raw-write/raw-tuple.ts";
import type { Refusal } from "../domain/refusal.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { refuseUnlessSide } from "../domain/standing.ts";
import { jobRoleOf, organizationHead, resourceHead, roleOf } from "../store/snapshot.ts";
import { delegate, revoke } from "./delegation.ts";
import { putPerson, removePerson } from "./person.ts";
import { deleteResource, putResource, setJobRole } from "./resource.ts";
import type { ActionDeps, Call, Receipt } from "./run/perform.ts";
import { type BatchStep, performAll } from "./run/perform-all.ts";
import { cooperationOf, readShare } from "./share.ts";

export type TupleWrite = { writes: readonly RawTuple[]; deletes: readonly RawTuple[] } & Leniency;

/** `rejected` by what stands, `decided_against` by an action: the first of them. Nothing was written in any but `done`. */
export type TuplesWritten =
  | { kind: "done" }
  | Exclude<Admission, { kind: "admitted" }>
  | { kind: "rejected"; rejected: Rejected }
  | { kind: "decided_against"; refusal: Refusal; change: RawChange }
  | { kind: "too_large"; tuples: number; change: RawChange };

/** A change that what stands does not let through, told apart from an action's refusal by its code. */
type NotOnThis = { code: "rejected"; rejected: Rejected };

/** Writes and deletes tuples, all of them or none. Throws EngineUnavailable, Contended or OutcomeUnknown. */
export async function writeTuples(
  deps: ActionDeps,
  call: Call,
  { writes, deletes, ...leniency }: TupleWrite,
): Promise<TuplesWritten> {
  const admission = admit(writes, deletes, call.caller);
  if (admission.kind !== "admitted") return admission;
  const { changes } = admission;
  const batch = await performAll(
    deps,
    call,
    changes.map((change) => stepOf(change, leniency)),
  );
  if ("receipts" in batch) return { kind: "done" };
  const change = changes[batch.index];
  if (change === undefined) throw new Error("a step that is none of the changes");
  if (batch.kind === "too_large") return { kind: "too_large", tuples: batch.tuples, change };
  const { refusal } = batch;
  return refusal.code === "rejected"
    ? { kind: "rejected", rejected: refusal.rejected }
    : { kind: "decided_against", refusal, change };
}

type RawStep = BatchStep<unknown, Refusal | NotOnThis>;

function stepOf(change: RawChange, leniency: Leniency): RawStep {
  return (deps, call) => {
    switch (change.of) {
      case "person":
        return onPerson(deps, call, change, leniency);
      case "resource":
        return onResource(deps, call, change, leniency);
      case "job_role":
        return onJobRole(deps, call, change, leniency);
      case "delegation":
        return onDelegation(deps, call, change, leniency);
    }
  };
}

type Of<K extends RawChange["of"]> = Extract<RawChange, { of: K }>;

/** Acts where there is something to do. `scopes`: whose answers depend on what is told otherwise. */
async function carryOut<T>(
  { cache, clock }: ActionDeps,
  scopes: CacheScope[],
  change: RawEffect<T>,
  act: (to: T | undefined) => Promise<Result<Receipt<unknown>>>,
): Promise<Receipt<unknown> | Refusal | NotOnThis> {
  if (change.kind === "become") return act(change.to);
  // whoever is told that something stands is answered from after it
  await cache.release("", scopes);
  if (change.kind !== "nothing") return { code: "rejected", rejected: change };
  return { outcome: "same", value: undefined, effective_by: clock().toISOString() };
}

// Each reads the head of what it is about first, so that the action finds what was read here or all of it is read again.

async function onPerson(deps: ActionDeps, call: Call, { organization, user, asked }: Of<"person">, leniency: Leniency) {
  await organizationHead(deps.tupleStore, organization);
  const held = await roleOf(deps.tupleStore, organization, user);
  return carryOut(deps, [userScope(user)], personBecomes(asked, held, leniency), (role) =>
    role === undefined
      ? removePerson(deps, call, organization, user)
      : putPerson(deps, call, organization, user, { role }),
  );
}

async function onResource(deps: ActionDeps, call: Call, { ref, asked }: Of<"resource">, leniency: Leniency) {
  const { value } = await resourceHead(deps.tupleStore, ref);
  const held = value?.deleted_at === undefined ? value : undefined;
  const scopes = value === undefined ? [] : [ownerScope(value.owner)];
  return carryOut(deps, scopes, resourceBecomes(asked, held, leniency), (to) =>
    // a raw tuple says nothing of the name, so it stays
    to === undefined ? deleteResource(deps, call, ref) : putResource(deps, call, ref, { ...to, name: held?.name }),
  );
}

async function onJobRole(deps: ActionDeps, call: Call, { ref, user, asked }: Of<"job_role">, leniency: Leniency) {
  await resourceHead(deps.tupleStore, ref);
  const held = await jobRoleOf(deps.tupleStore, ref, user);
  return carryOut(deps, [userScope(user)], jobRoleBecomes(asked, held, leniency), (role) =>
    setJobRole(deps, call, ref, user, role),
  );
}

async function onDelegation(
  deps: ActionDeps,
  call: Call,
  { share, user, asked }: Of<"delegation">,
  leniency: Leniency,
) {
  const cooperation = await cooperationOf(deps, share);
  if (cooperation === undefined) return { code: "not_found", what: "share" } satisfies Refusal;
  const state = await readShare(deps, call, share, cooperation);
  if (isRefusal(state)) return state;
  // what stands is told to nobody who may not change it
  const refusal = refuseUnlessSide(state.standings, "partner", state.cooperation, "share");
  if (refusal) return refusal;
  if (state.share.removed_at !== undefined) return { code: "not_found", what: "share", gone: true } satisfies Refusal;
  const held = state.delegations.find((delegation) => delegation.user === user);
  return carryOut(deps, [userScope(user)], delegationBecomes(asked, held, leniency), (to) =>
    to === undefined ? revoke(deps, call, share, user, {}) : delegate(deps, call, share, user, to),
  );
}

/**
 * OpenFGA's Write, guarded: raw tuples are admitted when they mean actions, and those actions are decided and
 * committed in one Write. What a tuple means depends on the state that its action reads too, so a race never writes
 * another meaning.
 */

import { type CacheScope, ownerScope, userScope } from "../domain/cache-scopes.ts";
import { refuseUnlessSide } from "../domain/membership.ts";
import { same } from "../domain/plan.ts";
import { type Admission, admit, type Leniency, type RawChange } from "../domain/raw-write/admit.ts";
import { personBecomes, type RawEffect, type Rejected, resourceBecomes } from "../domain/raw-write/raw-change.ts";
import { delegationBecomes, jobRoleBecomes } from "../domain/raw-write/raw-rungs.ts";
import type { RawTuple } from "../domain/raw-write/raw-tuple.ts";
import { alive } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { jobRoleOf, organizationHead, resourceHead, roleOf } from "../store/snapshot.ts";
import { delegate, revoke } from "./delegation.ts";
import { putPerson, removePerson } from "./person.ts";
import { deleteResource, putResource, setJobRole } from "./resource.ts";
import type { Action, ActionDeps, Call, Reading } from "./run/action.ts";
import { performAll } from "./run/perform.ts";
import { readShare } from "./share.ts";

export type TupleWrite = { writes: readonly RawTuple[]; deletes: readonly RawTuple[] } & Leniency;

/** `rejected` by the state of the store, `decided_against` by an action: the first of them. Only `done` wrote something. */
export type TuplesWritten =
  | { kind: "done" }
  | Exclude<Admission, { kind: "admitted" }>
  | { kind: "rejected"; rejected: Rejected }
  | { kind: "decided_against"; refusal: Refusal; change: RawChange }
  | { kind: "too_large"; tuples: number; change: RawChange };

/** A change that the state of the store does not allow. */
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
  const batch = await performAll<unknown, NotOnThis>(
    deps,
    call,
    changes.map((change) => (on) => actionOf(on, change, leniency)),
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

type RawAction = Action<unknown, unknown, unknown, NotOnThis>;
type Of<K extends RawChange["of"]> = Extract<RawChange, { of: K }>;

function actionOf(on: Reading, change: RawChange, leniency: Leniency): Promise<Result<RawAction>> {
  switch (change.of) {
    case "person":
      return onPerson(on, change, leniency);
    case "resource":
      return onResource(on, change, leniency);
    case "job_role":
      return onJobRole(on, change, leniency);
    case "delegation":
      return onDelegation(on, change, leniency);
  }
}

/** The action where there is something to do. `scopes`: those whose answers depend on what the reply says otherwise. */
function toBecome<T>(effect: RawEffect<T>, scopes: CacheScope[], act: (to: T | undefined) => RawAction): RawAction {
  if (effect.kind === "become") return act(effect.to);
  return {
    read: async () => ({}),
    lock: () => "",
    decide: () => (effect.kind === "nothing" ? same(undefined) : { code: "rejected", rejected: effect }),
    scopes: () => scopes,
  };
}

// Each reads the head of what it is about first, so the action finds what was read here, or all of it is read again.

async function onPerson({ reads }: Reading, { organization, user, asked }: Of<"person">, leniency: Leniency) {
  await organizationHead(reads, organization);
  const held = await roleOf(reads, organization, user);
  return toBecome(personBecomes(asked, held, leniency), [userScope(user)], (role) =>
    role === undefined ? removePerson({ organization, user }) : putPerson({ organization, user, role }),
  );
}

async function onResource({ reads }: Reading, { ref: resource, asked }: Of<"resource">, leniency: Leniency) {
  const head = await resourceHead(reads, resource);
  const held = alive(head);
  const scopes = head.value === undefined ? [] : [ownerScope(head.value.owner)];
  return toBecome(resourceBecomes(asked, held, leniency), scopes, (to) =>
    // a raw tuple says nothing of the name, so it stays
    to === undefined ? deleteResource({ resource }) : putResource({ ...to, resource, name: held?.name }),
  );
}

async function onJobRole({ reads }: Reading, { ref: resource, user, asked }: Of<"job_role">, leniency: Leniency) {
  await resourceHead(reads, resource);
  const held = await jobRoleOf(reads, resource, user);
  return toBecome(jobRoleBecomes(asked, held, leniency), [userScope(user)], (role) =>
    setJobRole({ resource, user, role }),
  );
}

async function onDelegation(on: Reading, { share, user, asked }: Of<"delegation">, leniency: Leniency) {
  const state = await readShare(on, share);
  if (isRefusal(state)) return state;
  // only who may change it learns what is delegated
  const refusal = refuseUnlessSide(state.memberships, "partner", state.cooperation, "share");
  if (refusal) return refusal;
  if (state.share.removed_at !== undefined) return { code: "not_found", what: "share", gone: true } satisfies Refusal;
  const held = state.delegations.find((delegation) => delegation.user === user);
  return toBecome(delegationBecomes(asked, held, leniency), [userScope(user)], (to) =>
    to === undefined ? revoke({ share, user }) : delegate({ ...to, share, user }),
  );
}

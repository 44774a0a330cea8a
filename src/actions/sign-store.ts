/**
 * Signs what was in a store before its histories were signed: each head is replaced by itself, with an entry `sign`
 * where the object keeps a history, so that a history says since when it is signed. What doctor finds damaged is
 * reported and not signed: a signature would make it look valid. The incarnation of an organization under an id that
 * another had before, which older versions did not keep, is written into the record. Services may run at the same time.
 */

import { ownActor } from "../domain/caller.ts";
import { SCHEMAS } from "../domain/doctor/examine-records.ts";
import type { Finding } from "../domain/doctor/finding.ts";
import { type HistoryKeys, headSignature } from "../domain/history-keys.ts";
import { splitRef } from "../domain/ids.ts";
import { type Stamp, writeOf } from "../domain/plan.ts";
import { headFrom } from "../domain/records.ts";
import type { Clock, TupleStore } from "../ports.ts";
import { diagnose } from "../queries/doctor.ts";
import { touchOf } from "./repair.ts";
import { signHeads } from "./run/sign-heads.ts";

/** The actor in histories. */
const ACTOR = ownActor("sign");

/** Three tuples each, so they fit one Write. */
const TOGETHER_HEADS = 30;
/** The first round does nearly all; heads that an action replaced meanwhile are done one by one. */
const ROUNDS_MAX = 5;

/** How many heads were signed, and what was left unsigned because something is wrong with it. Throws EngineUnavailable. */
export async function signStore(
  { tupleStore, clock, newId }: { tupleStore: TupleStore; clock: Clock; newId: () => string },
  keys: HistoryKeys,
): Promise<{ signed: number; left: Finding[] }> {
  const signing = signHeads(tupleStore, keys, "allow");
  let signed = 0;
  for (let round = 1; ; round++) {
    const tuples = await tupleStore.readAll();
    const findings = diagnose(tuples);
    const wrong = findings.filter(({ kind }) => kind === "head" || kind === "record" || kind === "history");
    const lost = new Map<string, Record<string, number>>();
    for (const { object, remedy } of findings)
      if (remedy && "restore" in remedy) lost.set(object, { ...lost.get(object), ...remedy.restore });
    const damaged = new Set(wrong.map(({ object }) => object));
    const due = tuples.filter(
      (tuple) =>
        tuple.relation === "head" && !damaged.has(tuple.object) && headSignature(keys.verifying, tuple) === "missing",
    );
    if (due.length === 0 || round > ROUNDS_MAX) return { signed, left: wrong };
    const together = round === 1 ? TOGETHER_HEADS : 1;
    for (let start = 0; start < due.length; start += together) {
      const some = due.slice(start, start + together);
      const touches = some.flatMap((tuple) => {
        const schema = SCHEMAS[splitRef(tuple.object)[0]];
        return schema === undefined
          ? []
          : [touchOf(headFrom(tuple.object, [tuple], schema), "sign", { restored: lost.get(tuple.object) })];
      });
      const id = newId();
      const stamp: Stamp = { id, requestId: id, now: clock(), actor: ACTOR, nonce: id };
      const outcome = await signing.write(writeOf({ touches, deletes: [], writes: [] }, stamp));
      if (outcome === "committed") signed += some.length;
    }
  }
}

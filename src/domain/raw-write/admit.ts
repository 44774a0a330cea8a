/**
 * Sorts the tuples of one Write into the changes that they mean, or says of each what
 * is wrong with it. Tuples about the same thing are one change: a person's role and
 * `person`, the rungs of a job role. Pure; what a change amounts to is decided on what
 * is held now (raw-change.ts), and then by its action.
 */
import { type Caller, isService } from "../caller.ts";
import {
  type Meaning,
  type RawOperation,
  type RawTuple,
  type ReadTuple,
  readTuple,
  type UnreadTuple,
} from "./raw-tuple.ts";

/** Tuples to write and to delete that are about one thing. */
export type Asked = { writes: ReadTuple[]; deletes: ReadTuple[] };
export type RawChange = Meaning & { asked: Asked };

/** OpenFGA's two options: for a tuple to write that exists already, and for one to delete that does not. */
export type Leniency = { onDuplicate: "error" | "ignore"; onMissing: "error" | "ignore" };

/** What is wrong with one tuple: how it is written, or who wants to. */
export type RawProblem = { operation: RawOperation; tuple: RawTuple } & (
  | UnreadTuple
  | { kind: "needs_person" | "needs_service" }
);

/** `twice`: the key that a request names more than once. */
export type Admission =
  | { kind: "admitted"; changes: RawChange[] }
  | { kind: "twice"; tuple: RawTuple }
  | { kind: "refused"; problems: RawProblem[] };

/** The changes of a Write, in the order in which they can be made; or every problem there is. */
export function admit(writes: readonly RawTuple[], deletes: readonly RawTuple[], caller: Caller): Admission {
  const named = new Set<string>();
  for (const tuple of [...deletes, ...writes]) {
    const text = JSON.stringify([tuple.user, tuple.relation, tuple.object]);
    if (named.has(text)) return { kind: "twice", tuple };
    named.add(text);
  }
  const problems: RawProblem[] = [];
  const changes = new Map<string, RawChange>();
  const sort = (raw: RawTuple, operation: RawOperation) => {
    const read = readTuple(raw);
    if ("kind" in read) return void problems.push({ operation, tuple: raw, ...read });
    const { meaning, tuple } = read;
    const needs = missingCaller(meaning, caller);
    if (needs !== undefined) return void problems.push({ operation, tuple: raw, kind: needs });
    const key = JSON.stringify(meaning);
    const change = changes.get(key) ?? { ...meaning, asked: { writes: [], deletes: [] } };
    changes.set(key, change);
    change.asked[operation === "write" ? "writes" : "deletes"].push(tuple);
  };
  for (const tuple of writes) sort(tuple, "write");
  // a delete has no condition, and OpenFGA overlooks one
  for (const { user, relation, object } of deletes) sort({ user, relation, object }, "delete");
  if (problems.length > 0) return { kind: "refused", problems };
  return { kind: "admitted", changes: [...changes.values()].sort((a, b) => turnOf(a) - turnOf(b)) };
}

/** Who has to call instead: delegations are a person's to give, everything else a service's. */
function missingCaller({ of }: Meaning, caller: Caller): "needs_person" | "needs_service" | undefined {
  if (of === "delegation") return caller.user === undefined ? "needs_person" : undefined;
  return isService(caller) ? undefined : "needs_service";
}

/**
 * Roles are taken first and given last. People are added before others leave, so that an admin may be replaced;
 * portfolios are registered before plants, and deleted after them.
 */
function turnOf({ of, asked, ...change }: RawChange): number {
  const written = asked.writes.map(({ relation }) => relation);
  if (of === "job_role" || of === "delegation") return written.length > 0 ? 7 : 0;
  if (of === "person") return written.includes("admin") ? 1 : written.length > 0 ? 2 : 3;
  const isPortfolio = "ref" in change && change.ref.startsWith("portfolio:");
  return isPortfolio ? (written.length > 0 ? 4 : 6) : 5;
}

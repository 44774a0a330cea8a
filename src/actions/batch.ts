/**
 * Many shares or delegations of one cooperation in one request, each line by the action that its own request would be:
 * with the same checks and the same history. Lines are written in their order, as many in one Write as fit, so a line is
 * committed only after all before it; a line that is refused changes nothing and stops no other. With a key a line is
 * written once, however often the batch is sent while the cooperation remembers it.
 */
import { type BatchKind, type BatchMark, batchMarkOf } from "../domain/cooperation/batch-mark.ts";
import { instant } from "../domain/expiry.ts";
import type { CooperationId, UserId } from "../domain/ids.ts";
import { refuseUnlessSide } from "../domain/membership.ts";
import type { Cooperation } from "../domain/records.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import type { ReadFilter } from "../ports.ts";
import { membershipsIn } from "../store/acting.ts";
import { type KeptStore, keepReads } from "../store/kept-reads.ts";
import { cooperationHead } from "../store/snapshot.ts";
import { type LineDone, type LineStep, lineOf, sendingSide } from "./batch-line.ts";
import type { ActionDeps, Call } from "./run/action.ts";
import { patiently } from "./run/commit.ts";
import { performFirst, type StepOutcome } from "./run/perform-first.ts";
import { readListAhead, TOGETHER } from "./run/read-ahead.ts";
import { sweep } from "./sweep.ts";

/** How long lines are written before the rest of a batch is left to be sent again. */
const BATCH_MILLISECONDS_MAX = 30_000;

/** A batch that may begin: the cooperation, which organization sends it, and what was read, for its lines to go on with. */
export type BegunBatch = { cooperation: Cooperation; sender: string; kind: BatchKind; kept: KeptStore };

/** What a batch is: `steps` are its lines as actions, by when it was sent first; `identity` what it is recognized by. */
export type BatchOf = {
  identity?: Pick<BatchMark, "key" | "body"> | undefined;
  steps: (at: Date) => readonly LineStep[];
};

/**
 * What became of the lines that were reached, the first of all. `stopped`: why the others were not, a fault or a word.
 * `numbers`: of heads, as the batch leaves them.
 */
export type BatchDone = {
  outcomes: StepOutcome<LineDone>[];
  stopped?: unknown;
  numbers: ReadonlyMap<string, number>;
};

type BatchDeps = ActionDeps & { stopping: () => boolean };

/** What each batch needs first. Refused as a whole where the caller acts for neither side, or for the other one. */
export async function beginBatch(
  deps: Pick<ActionDeps, "tupleStore">,
  { caller }: Pick<Call, "caller">,
  id: CooperationId,
  kind: BatchKind,
): Promise<Result<BegunBatch>> {
  const kept = keepReads(deps.tupleStore);
  const { value: cooperation } = await cooperationHead(kept, id);
  if (cooperation === undefined) return { code: "not_found", what: "cooperation" };
  const memberships = await membershipsIn(kept, cooperation, caller);
  const refusal = refuseUnlessSide(memberships, sendingSide[kind], cooperation, "cooperation");
  return refusal ?? { cooperation, sender: cooperation[sendingSide[kind]] ?? "", kind, kept };
}

/**
 * Performs the lines of a batch. Refused as a whole where the key was used for other lines. Throws what stops it before
 * a line was written; later that is `stopped`.
 */
export async function performBatch(
  deps: BatchDeps,
  call: Call,
  { cooperation, kind, kept }: BegunBatch,
  { steps: stepsAt, identity }: BatchOf,
): Promise<Result<BatchDone>> {
  const begun = markOf(cooperation, kind, identity, deps.clock());
  if (isRefusal(begun)) return begun;
  const isKeyed = identity !== undefined;
  const settled = new Set<number>();
  const steps = stepsAt(new Date(begun.at)).map((step, line) =>
    lineOf(step, { cooperation: cooperation.id, kind, isKeyed, begun, settled, line }),
  );
  const done: BatchDone & { numbers: Map<string, number> } = { outcomes: [], numbers: new Map() };
  const { outcomes } = done;
  const stopAt = performance.now() + BATCH_MILLISECONDS_MAX;
  const ahead = { kept, stopping: () => stopping(deps, stopAt) };
  const isUnguarded = unguardedFor(call.caller.user);
  let isWritten = false;
  let swept = false;
  while (outcomes.length < steps.length) {
    const rest = steps.slice(outcomes.length);
    const perform = () => {
      kept.forget(isUnguarded);
      return performFirst(deps, call, rest, kept);
    };
    try {
      // all of them before the first Write; later only what had to be forgotten
      done.stopped = await readListAhead(deps, call, outcomes.length === 0 ? rest : rest.slice(0, TOGETHER), ahead);
      if (done.stopped !== undefined) break;
      const first = await (isWritten ? patiently(deps, "batching_again", perform) : perform());
      for (const [index, outcome] of first.outcomes.entries()) {
        // also one that only the engine refused
        if ("code" in outcome) settled.delete(outcomes.length + index);
        if ("code" in outcome || outcome.outcome !== "done") continue;
        isWritten = true;
        swept ||= outcome.value.share?.removed_at !== undefined;
      }
      outcomes.push(...first.outcomes);
      for (const [object, n] of first.numbers) done.numbers.set(object, n);
    } catch (error) {
      if (!isWritten) throw error;
      done.stopped = error;
      break;
    }
    if (outcomes.length < steps.length) done.stopped = stopping(deps, stopAt);
    if (done.stopped !== undefined) break;
  }
  if (swept) deps.inBackground(() => sweep(deps));
  return done;
}

/** The mark that a batch begins with: what the cooperation remembers of it, or one of nothing. */
function markOf(
  cooperation: Cooperation,
  kind: BatchKind,
  identity: BatchOf["identity"],
  now: Date,
): Result<BatchMark> {
  const { key = "", body = "" } = identity ?? {};
  const seen = identity && batchMarkOf(cooperation, kind, key);
  if (seen === undefined) return { at: instant(now), key, body, settled: 0n };
  return seen.body === body ? seen : { code: "idempotency_key_reused" };
}

/**
 * What is read again for each Write, because no head that the lines replace covers it: who acts, whether an organization
 * is there, and its policy.
 */
const unguardedFor =
  (acting: UserId | undefined) =>
  ({ object, relation, user }: ReadFilter): boolean =>
    user === `user:${acting}` ||
    object.startsWith("policy:") ||
    (object.startsWith("organization:") && relation === "head");

function stopping({ stopping: isStopping }: BatchDeps, stopAt: number): "shutting_down" | "deadline" | undefined {
  if (isStopping()) return "shutting_down";
  return performance.now() > stopAt ? "deadline" : undefined;
}

/**
 * `/v1/cooperations/{id}/shares/batch` and `/delegations/batch`: many lines in one request, with a result for each. An
 * organization and a person each have one batch at a time in this process, and there are few at once in all.
 */
import type { Context } from "hono";
import { type BatchOf, type BegunBatch, beginBatch, performBatch } from "../../actions/batch.ts";
import { lineOfDelegations, lineOfShares } from "../../actions/batch-line.ts";
import { DelegationBatchInput, ShareBatchInput } from "../../domain/bulk-commands.ts";
import { type BatchKind, batchIdentity } from "../../domain/cooperation/batch-mark.ts";
import { errorFacts } from "../../domain/error-facts.ts";
import type { CooperationId } from "../../domain/ids.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { Env } from "../env.ts";
import { fault, refused } from "../problem.ts";
import { type AskedLine, BatchView, batchViewOf, isStop } from "./batch-view.ts";
import { callOf, DryRunQuery, routesUnder, type V1App, type V1Deps } from "./route.ts";

/** Batches that a process performs at once: each has several reads at the engine all the time. */
const BATCHES_MAX = 4;

const define = routesUnder("Bulk");
const parts = {
  answers: "person",
  refuses: ["not_found", "not_admin", "suspended", "wrong_side", "idempotency_key_reused"],
  query: DryRunQuery,
  keyed: true,
  reply: BatchView,
  dryRun: BatchView,
} as const;
const shares = define.post("/cooperations/{id}/shares/batch", "Share, change and remove many at once", {
  ...parts,
  body: ShareBatchInput,
});
const delegations = define.post("/cooperations/{id}/delegations/batch", "Delegate and revoke many at once", {
  ...parts,
  body: DelegationBatchInput,
});

export const BATCH_OPERATIONS = [shares, delegations];

/** A batch as a request makes it; `body` is what it is recognized by beside its key. */
export type MadeBatch = Pick<BatchOf, "steps"> & { asked: readonly AskedLine[]; body: unknown };

/** Makes a batch once it has its turn. */
type Make = (begun: BegunBatch) => Promise<Result<MadeBatch>>;

/** Performs batches for requests and answers. All routes of a process share one. */
export function createBatches(deps: V1Deps) {
  const running = new Set<string>();
  let batches = 0;

  async function perform(c: Context<Env>, begun: BegunBatch, make: Make): Promise<Response> {
    const call = callOf(c);
    const made = await make(begun);
    if (isRefusal(made)) return refused(c, made);
    const { asked, body, steps } = made;
    const key = c.req.header("Idempotency-Key");
    const identity = key === undefined ? undefined : batchIdentity(call.caller.user ?? "", key, body);
    const done = await performBatch(deps, call, begun, { steps, identity });
    if (isRefusal(done)) return refused(c, done);
    const { stopped, outcomes } = done;
    const { requestId: request_id } = call;
    for (const [index, outcome] of outcomes.entries())
      if ("code" in outcome && outcome.code === "refused_by_engine")
        deps.warn("batch_line_refused", { request_id, line: index + 1, error: outcome.message });
    if (stopped !== undefined && !isStop(stopped))
      deps.warn("batch_stopped", { request_id, lines: outcomes.length, ...errorFacts(stopped) });
    return c.json(batchViewOf(asked, done, call.dryRun === true));
  }

  return async (c: Context<Env>, cooperation: CooperationId, kind: BatchKind, make: Make): Promise<Response> => {
    // before any turn: who may not act neither learns of a batch nor keeps one waiting
    const begun = await beginBatch(deps, callOf(c), cooperation, kind);
    if (isRefusal(begun)) return refused(c, begun);
    const turns = [`organization:${begun.sender}`, `user:${c.var.caller.user}`];
    const isTaken = turns.some((turn) => running.has(turn));
    if (isTaken || batches >= BATCHES_MAX) {
      c.header("Retry-After", "1");
      const detail = isTaken
        ? "Another batch of this organization or person is running. Send this one again when it is done."
        : "As many batches of others are running as this process takes. Send this one again when one is done.";
      return fault(c, "contended", { detail });
    }
    batches++;
    for (const turn of turns) running.add(turn);
    try {
      return await perform(c, begun, make);
    } finally {
      batches--;
      for (const turn of turns) running.delete(turn);
    }
  };
}
export type Batches = ReturnType<typeof createBatches>;

export function batchRoutes(app: V1App, batches: Batches) {
  app.openapi(shares, (c) => {
    const cooperation = c.req.valid("param").id;
    const { lines } = c.req.valid("json");
    const steps = () => lines.map((line) => lineOfShares(cooperation, line));
    return batches(c, cooperation, "shares", async () => ({ asked: lines, body: lines, steps }));
  });
  app.openapi(delegations, (c) => {
    const cooperation = c.req.valid("param").id;
    const { lines } = c.req.valid("json");
    const steps = () => lines.map(lineOfDelegations);
    return batches(c, cooperation, "delegations", async () => ({ asked: lines, body: lines, steps }));
  });
}

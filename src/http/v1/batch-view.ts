/** What the reply to a batch says: of each line what became of it, and why not all were reached. */
import { z } from "@hono/zod-openapi";
import type { BatchDone } from "../../actions/batch.ts";
import type { LineDone } from "../../actions/batch-line.ts";
import type { StepOutcome } from "../../actions/run/perform-first.ts";
import type { Share } from "../../domain/records.ts";
import { FAULTS, faultOf, ProblemView, problemOf, problemOfFault } from "../problem.ts";
import { Etag, SharedView } from "./views.ts";

const STOPS = {
  shutting_down: "The service is stopping. Send the batch again when it runs again.",
  deadline: "It took too long. Send the batch again: with its key it continues, without one it begins anew.",
} as const;

const SharedAs = SharedView.pick({ role: true, starts_at: true, expires_at: true, step_down_at: true });

const BatchLineView = z
  .strictObject({
    line: z.int().describe("From 1, in the order of the request."),
    action: z.enum(["share", "change_share", "unshare", "delegate", "revoke"]),
    outcome: z
      .enum(["done", "same", "refused", "not_reached"])
      .describe(
        "`same`: nothing to change. `not_reached`: `stopped` says why. It is not written, unless `stopped.code` is `outcome_unknown`: then it may be.",
      ),
    repeated: z
      .boolean()
      .describe(
        "It was done, or was so already, when the batch was sent before with its key: it was not looked at again.",
      ),
    share: z
      .string()
      .nullable()
      .describe(
        "null where there is none, or none yet. Where it is `repeated`, `share`, `etag` and `is` are as they are now, also where others have shared the resource since.",
      ),
    resource: z.string().nullable(),
    user: z.string().nullable().describe("Who holds the delegation."),
    etag: Etag.nullable().describe("The share's, as the batch leaves it."),
    is: SharedAs.nullable().describe("How it is shared after this line; null for a delegation, and where it is not."),
    was: SharedAs.nullable().describe("How it was shared, where this line changed it."),
    problem: ProblemView.optional().describe("Why it was refused: as the line's own request would be."),
  })
  .openapi("BatchLine");

export const BatchView = z
  .strictObject({
    dry_run: z.boolean(),
    lines: z.array(BatchLineView),
    done: z.int(),
    same: z.int(),
    refused: z.int(),
    not_reached: z.int(),
    stopped: z
      .strictObject({
        code: z.string().describe("As in a problem, or `deadline` or `shutting_down`."),
        detail: z.string(),
      })
      .nullable()
      .describe("Why not all lines were reached: send the batch again."),
    effective_by: z.iso.datetime().nullable().describe("A check that begins then answers from after all that is done."),
  })
  .openapi("Batch");
type BatchView = z.infer<typeof BatchView>;
type LineView = BatchView["lines"][number];

/** What a reply says of a line beside its outcome, from the request. */
export type AskedLine = Pick<LineView, "action"> & { share?: string; resource?: string; user?: string };

/** Whether what stopped a batch is no fault. */
export const isStop = (stopped: unknown): stopped is keyof typeof STOPS =>
  typeof stopped === "string" && stopped in STOPS;

function stopOf(stopped: unknown): BatchView["stopped"] {
  if (stopped === undefined) return null;
  if (isStop(stopped)) return { code: stopped, detail: STOPS[stopped] };
  const code = faultOf(stopped);
  return { code, detail: `${FAULTS[code][1]}. Send the batch again: what is written stays.` };
}

/** The reply. */
export function batchViewOf(
  asked: readonly AskedLine[],
  { outcomes, stopped, numbers }: BatchDone,
  isDry: boolean,
): BatchView {
  const lines = asked.map((line, index) => lineView(index + 1, line, outcomes[index], isDry ? undefined : numbers));
  const count = (outcome: LineView["outcome"]) => lines.filter((line) => line.outcome === outcome).length;
  const moments = outcomes.flatMap((one) => ("code" in one ? [] : [one.effective_by]));
  return {
    dry_run: isDry,
    lines,
    done: count("done"),
    same: count("same"),
    refused: count("refused"),
    not_reached: count("not_reached"),
    stopped: stopOf(stopped),
    effective_by: moments.sort().at(-1) ?? null,
  };
}

/** `numbers`: undefined where nothing was written. */
function lineView(
  line: number,
  { action, share: of, resource, user }: AskedLine,
  outcome: StepOutcome<LineDone> | undefined,
  numbers: ReadonlyMap<string, number> | undefined,
): LineView {
  const said = { line, action, share: of ?? null, resource: resource ?? null, user: user ?? null };
  const without = { repeated: false, etag: null, is: null, was: null };
  if (outcome === undefined) return { ...said, outcome: "not_reached", ...without };
  if ("code" in outcome) {
    const problem = outcome.code === "refused_by_engine" ? problemOfFault("internal") : problemOf(outcome);
    return { ...said, outcome: "refused", ...without, problem };
  }
  const { repeated, share: found, was } = outcome.value;
  const isChanged = outcome.would === "done" && was !== undefined;
  // what would be made has no id yet
  const share = of ?? (numbers === undefined && outcome.would === "done" ? undefined : found?.id);
  const n = share === undefined ? undefined : numbers?.get(`share:${share}`);
  return {
    ...said,
    // a preset changes what is shared already
    action: isChanged && action === "share" ? "change_share" : action,
    outcome: repeated ? "done" : outcome.would,
    repeated,
    share: share ?? null,
    resource: resource ?? found?.resource ?? null,
    etag: n === undefined || n === 0 ? null : `"${n}"`,
    is: user === undefined && found?.removed_at === undefined ? sharedAs(found) : null,
    was: isChanged ? sharedAs(was) : null,
  };
}

function sharedAs(share: Share | undefined): LineView["is"] {
  if (share === undefined) return null;
  const { role, starts_at = null, expires_at = null, step_down_at = null } = share;
  return { role, starts_at, expires_at, step_down_at };
}

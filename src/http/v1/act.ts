/**
 * Performs an action for a request and answers: with the refusal, with what it would mean (a dry run), or with the
 * whole new state. The reply is made of the receipt alone, so it shows this action's result and its ETag, whatever
 * others have changed since, and no read can fail once the Write is committed.
 */

import type { Context } from "hono";
import type { Action, Receipt } from "../../actions/run/action.ts";
import { perform } from "../../actions/run/perform.ts";
import type { Access, Impact } from "../../domain/cooperation/impact.ts";
import type { Cooperation } from "../../domain/records.ts";
import { isRefusal } from "../../domain/result.ts";
import type { Reads } from "../../ports.ts";
import { cooperationDetails } from "../../queries/views/cooperations.ts";
import { impactOfChange, type PlannedChange } from "../../queries/views/impact.ts";
import { readerOf } from "../../queries/views/reader.ts";
import { cooperationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import { callOf, stated, type V1Deps } from "./route.ts";

type Replying<T, A> = {
  /** Reads the new state, from the store as it is after the Write. */
  show: (value: T, reads: Reads) => Promise<object | undefined>;
  /** Whether something new is there now: then it is 201. */
  creates?: (value: T) => boolean;
  /** Where it is found. */
  location?: (value: T) => string;
  /** More members of the reply. */
  members?: (receipt: Receipt<T, A>) => Promise<object>;
  /** What a dry run answers. */
  impact?: (value: T) => Promise<Response>;
};

export async function act<S, T, A>(
  c: Context<Env>,
  deps: V1Deps,
  action: Action<S, T, A>,
  { show, creates, location, members, impact }: Replying<T, A>,
): Promise<Response> {
  const receipt = await perform(deps, callOf(c), action, show);
  if (isRefusal(receipt)) return refused(c, receipt);
  const { outcome, value } = receipt;
  if (outcome === "dry_run" && impact) return impact(value);
  if (location) c.header("Location", location(value));
  const view = { ...(await receipt.shown), ...(await members?.(receipt)) };
  return stated(c, view, receipt.effective_by, outcome === "done" && creates?.(value) ? 201 : 200);
}

/** Shows a cooperation to whoever changed it. */
export const cooperationFor =
  ({ var: { caller } }: Context<Env>, { clock }: V1Deps) =>
  async ({ cooperation }: { cooperation: Cooperation }, reads: Reads) => {
    const { n } = await cooperationHead(reads, cooperation.id);
    return cooperationDetails(reads, cooperation, n, await readerOf(reads, cooperation, caller), clock());
  };

/** Answers a dry run with its impacts; dates that are not set are null. */
export function dryRun(c: Context<Env>, impacts: (Impact & { cooperation: string })[]): Response {
  const row = ({ until, ...access }: Access) => ({ ...access, until: until ?? null });
  return c.json({
    dry_run: true,
    impact: impacts.map(({ cooperation, gains, loses, redated }) => ({
      cooperation,
      gains: gains.map(row),
      loses: loses.map(row),
      redated: redated.map(({ was_until, ...access }) => ({ ...row(access), was_until: was_until ?? null })),
    })),
  });
}

/** Answers a dry run with the impact of one change on its own cooperation. */
export async function dryRunOf(c: Context<Env>, deps: V1Deps, change: PlannedChange): Promise<Response> {
  const impact = await impactOfChange(deps.tupleStore, change, deps.clock());
  return dryRun(c, [{ cooperation: change.cooperation.id, ...impact }]);
}

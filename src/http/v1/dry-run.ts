/** The reply to a dry run: what it would mean, for each cooperation it would mean anything to. */
import type { Context } from "hono";
import type { Access, Impact } from "../../domain/cooperation/impact.ts";
import { impactOfChange, type PlannedChange } from "../../queries/views/impact.ts";
import type { Env } from "../env.ts";
import type { V1Deps } from "./route.ts";

/** Answers with impacts; dates that are not set are null. */
export function dryRun(c: Context<Env>, impacts: (Impact & { cooperation: string })[]) {
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

/** Answers with the impact of one change on its own cooperation. */
export async function dryRunOf(c: Context<Env>, deps: Pick<V1Deps, "tupleStore" | "clock">, change: PlannedChange) {
  const impact = await impactOfChange(deps.tupleStore, change, deps.clock());
  return dryRun(c, [{ cooperation: change.cooperation.id, ...impact }]);
}

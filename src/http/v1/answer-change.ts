/** The reply to every change of a cooperation: a refusal, what it would mean, or the whole new state. */

import type { Context } from "hono";
import type { Receipt } from "../../actions/run/perform.ts";
import type { Cooperation } from "../../domain/records.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { isRefusal } from "../../domain/result.ts";
import { cooperationDetails } from "../../queries/views/cooperations.ts";
import { readerOf } from "../../queries/views/reader.ts";
import { cooperationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import { dryRunOf } from "./dry-run.ts";
import { stated, type V1Deps } from "./route.ts";

/** `members` stand in the reply beside the cooperation, as it is now for whoever changed it. */
export async function answerChange(
  c: Context<Env>,
  { tupleStore, clock }: V1Deps,
  receipt: Receipt<{ cooperation: Cooperation }> | Refusal,
  members: object = {},
  status: 200 | 201 = 200,
) {
  if (isRefusal(receipt)) return refused(c, receipt);
  const { cooperation } = receipt.value;
  if (receipt.outcome === "dry_run") return dryRunOf(c, { tupleStore, clock }, { cooperation });
  const { value = cooperation, n } = await cooperationHead(tupleStore, cooperation.id);
  const reader = await readerOf(tupleStore, value, c.var.caller);
  const view = await cooperationDetails(tupleStore, value, n, reader, clock());
  return stated(c, { ...view, ...members }, receipt.effective_by, status);
}

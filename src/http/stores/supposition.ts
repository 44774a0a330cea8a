/**
 * A question may suppose another time than now, and tuples that nobody wrote: to look
 * ahead, never to decide by. Who may only check is refused, so that no service decides
 * by what its own caller slipped in.
 */
import type { Context } from "hono";
import { type Members, supposition } from "../../check/asked.ts";
import type { Env } from "../env.ts";
import { openFgaError } from "./error.ts";

/** The 403 for a caller without scope `admin` whose questions suppose something. */
export function refuseSupposition(c: Context<Env>, items: readonly Members[]): Response | undefined {
  if (c.var.caller.scopes.includes("admin")) return undefined;
  const supposed = items.map(supposition).find((one) => one !== undefined);
  if (supposed === undefined) return undefined;
  const message = `${supposed} needs a key with scope admin. Leave it out: dates are compared with the present.`;
  return openFgaError(c, 403, "forbidden", message);
}

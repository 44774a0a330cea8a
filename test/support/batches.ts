/** Batches for tests: sent, and the steps of a property test as batches of one line. */
import { expect } from "vitest";
import type { Asked, World } from "./oracle-refusals.ts";
import type { CallOptions, Reply, Service } from "./service.ts";
import { requestOf } from "./steps.ts";

// tests read what they expect to be there; what is not fails the test
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Line = any;

export type SentBatch = {
  to: string;
  kind?: "shares" | "delegations";
  lines: readonly object[];
  key?: string;
  dry?: boolean;
};

/** Sends a batch of sunward's shares (anna), or of brightfix's delegations (ben), and gives its results. */
export async function sendBatch(
  service: Pick<Service, "as">,
  { to, kind = "shares", lines, key, dry = false }: SentBatch,
  by = kind === "shares" ? "anna" : "ben",
): Promise<Reply> {
  const options: CallOptions = key === undefined ? {} : { headers: { "Idempotency-Key": key } };
  const path = `/v1/cooperations/${to}/${kind}/batch${dry ? "?dry_run=true" : ""}`;
  return service.as(by, "POST", path, { lines }, options);
}

/** The same where it is answered: the outcomes of its lines, `refused` as the code of the problem. */
export async function outcomesOf(...sent: Parameters<typeof sendBatch>): Promise<string[]> {
  const { status, body } = await sendBatch(...sent);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.lines.map(outcomeOfLine);
}

export const outcomeOfLine = ({ outcome, problem, repeated }: Line): string =>
  outcome === "refused" ? problem.code : repeated ? `${outcome} before` : outcome;

const LINES: readonly string[] = ["share", "change_share", "unshare", "delegate", "revoke"];

/** A step as a batch of one line; undefined where it is no line of any. */
export function batchOf(world: World, step: Asked, secret: string): { path: string; line: object } | undefined {
  if (!LINES.includes(step.do)) return undefined;
  const { body } = requestOf(step, secret);
  const share = "share" in step ? step.share : undefined;
  const cooperation =
    "cooperation" in step
      ? step.cooperation
      : world.cooperations.find(({ shares }) => shares.some(({ id }) => id === share))?.id;
  if (cooperation === undefined) return undefined;
  const user = "user" in step ? { user: step.user } : {};
  const kind = ["delegate", "revoke"].includes(step.do) ? "delegations" : "shares";
  const line = { action: step.do, ...(share !== undefined && { share }), ...user, ...body };
  return { path: `/v1/cooperations/${cooperation}/${kind}/batch`, line };
}

/** What its own request would have been answered with, as far as a property test looks at it. */
export function asSingle({ status, body, headers }: Reply): Reply {
  if (status >= 400) return { status, body, headers };
  const [line] = body.lines as Line[];
  if (line.outcome === "refused") return { status: line.problem.status, body: line.problem, headers };
  return { status: 200, body: { id: line.share }, headers };
}

/**
 * What a caller expects of the thing that they change (RFC 9110 §13.1.1, §13.1.2), and the refusal where it is
 * different. An ETag is the number of a head; where a thing has none of its own (a person, a delegation, a job role)
 * it is that of what holds it, and `any` still means the thing itself.
 */
import { alive, type Head } from "./records.ts";
import type { Refusal } from "./refusal.ts";

/** `match`: one of these must be current. `none`: none of these may be. `any`: every version. */
export type Precondition = { match?: "any" | readonly number[]; none?: "any" | readonly number[] };

/** The number in the ETag, and whether the thing exists. */
export type CurrentVersion = { n: number; exists: boolean };

/** The refusal where things are not as the caller expects; undefined where they are, or nothing was expected. */
export function refuseUnlessExpected(expected: Precondition | undefined, found: CurrentVersion): Refusal | undefined {
  const { match, none } = expected ?? {};
  const isOf = (named: "any" | readonly number[]) => (named === "any" ? found.exists : named.includes(found.n));
  const holds = (match === undefined || isOf(match)) && (none === undefined || !isOf(none));
  return holds ? undefined : { code: "stale", current: found.n, exists: found.exists };
}

/** The same for a thing with a head of its own, which has no ETag once it is deleted. */
export function refuseUnlessOwn(expected: Precondition | undefined, head: Head<object>): Refusal | undefined {
  const exists = alive(head) !== undefined;
  return refuseUnlessExpected(expected, { n: exists ? head.n : 0, exists });
}

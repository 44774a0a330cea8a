/** A fact: one user, permission, resource, answer, key and purpose, with how often; and which answers are of the same. */
import type { AnsweredAccess, Checked } from "../check/checker.ts";
import type { AccessPath, Question } from "../ports.ts";
import type { Verdict } from "./classify.ts";

/** How long an answer that is not cached counts as the same as the last (law 13). */
const SAME_MILLISECONDS = 10_000;

/** A user's facts in a group, the oldest first. */
export type ByUser = { user: string; facts: Set<Fact> };
/**
 * Those who share the facts of a table: each with its facts and those that wait for their verdict, the oldest first, and
 * with the users who share them. `heavy`: a user that had more than their share.
 */
export type Group = {
  name: string;
  table: Table;
  facts: Set<Fact>;
  waiting: Set<Fact>;
  parts: Map<string, ByUser>;
  heavy: ByUser | undefined;
};
/** `turns`: the groups that have waiting facts. `heavy`: a group that had more than its share. */
export type Table = {
  groups: Map<string, Group>;
  turns: Set<Group>;
  facts: number;
  max: number;
  heavy: Group | undefined;
};

/** `count` accesses, the first by request `requestId`, that no line has yet. Instants are milliseconds since the epoch. */
export type Fact = {
  readonly id: string;
  readonly group: Group;
  readonly question: Question;
  readonly allowed: boolean;
  readonly key: string;
  readonly purpose: string | undefined;
  readonly owner: string | undefined;
  readonly userToken: string | undefined;
  readonly ownerToken: string | undefined;
  readonly madeAt: number;
  path: AccessPath | undefined;
  count: number;
  first: number;
  last: number;
  requestId: string;
  /** Undefined as long as nobody has looked. */
  verdict: Verdict | undefined;
  /** Whether it is to be written now; else at the end of its minute. */
  due: boolean;
};

/** The fact that an access is the first of. */
export function factOf(
  { question, checked, key, purpose, requestId }: AnsweredAccess,
  id: string,
  group: Group,
  now: number,
): Fact {
  const { allowed, owner, accessPath: path, userToken, ownerToken } = checked;
  return {
    ...{ id, group, question, allowed, key, purpose: purpose || undefined, owner, userToken, ownerToken, path },
    ...{ madeAt: now, count: 1, first: now, last: now, requestId, verdict: undefined, due: true },
  };
}

const samePath = (a: AccessPath, b: AccessPath): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && a.share === b.share);

/** Whether an answer is the fact's: by the same path, under the same tokens, or without either a moment later. */
export function isOf(fact: Fact, { accessPath, userToken, ownerToken }: Checked, now: number): boolean {
  if (accessPath !== undefined && fact.path !== undefined) return samePath(fact.path, accessPath);
  if (userToken !== undefined || fact.userToken !== undefined)
    return userToken === fact.userToken && ownerToken === fact.ownerToken;
  return now - fact.madeAt < SAME_MILLISECONDS;
}

/**
 * What a cooperation remembers of batches that were sent with an idempotency key: which of their lines are settled. It
 * is in the cooperation's own record, which each line replaces, so a line and the memory of it are one Write; and it is
 * of the newest few of each kind alone, so it stays small. Pure.
 */
import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Plan } from "../plan.ts";
import type { Cooperation } from "../records.ts";

/** What the lines of a batch are about. */
export type BatchKind = "shares" | "delegations";

/**
 * `key` and `body` are digests. `at`: when it was sent first. `settled`: a bit for each line, from 0, that was written,
 * or was so already before one that was written.
 */
export type BatchMark = { at: string; key: string; body: string; settled: bigint };

/** How many batches of a kind a cooperation remembers; each takes about 120 bytes of its record. */
const REMEMBERED_MAX = 8;

/** 128 bits: nobody finds another key, or other lines, of the same digest. */
const DIGEST_LENGTH = 22;
const digest = (...parts: string[]): string =>
  hash("sha256", JSON.stringify(parts), "base64url").slice(0, DIGEST_LENGTH);

/** What a batch is recognized by: the key of this user, and what it says. */
export const batchIdentity = (user: string, key: string, body: unknown) => ({
  key: digest(user, key),
  body: digest(canonicalize(body) ?? ""),
});

const fieldOf = (kind: BatchKind) => `${kind}_batch` as const;
const FORM = /^([^/]+)\/([\w-]+)\/([\w-]+)\/([0-9a-f]+)$/;

/** The batches that a cooperation remembers, the newest first. */
function marksOf(cooperation: Cooperation, kind: BatchKind): BatchMark[] {
  const texts = (cooperation[fieldOf(kind)] ?? "").split(" ");
  return texts.flatMap((text) => {
    const [, at, key, body, settled] = FORM.exec(text) ?? [];
    if (at === undefined || key === undefined || body === undefined || settled === undefined) return [];
    return [{ at, key, body, settled: BigInt(`0x${settled}`) }];
  });
}

/** What a cooperation remembers of the batch that was sent with this key. */
export const batchMarkOf = (cooperation: Cooperation, kind: BatchKind, key: string): BatchMark | undefined =>
  marksOf(cooperation, kind).find((mark) => mark.key === key);

const bitOf = (line: number) => 1n << BigInt(line);

/** Whether a line was settled when the batch was sent before. */
export const isSettled = ({ settled }: BatchMark, line: number): boolean => (settled & bitOf(line)) !== 0n;

/** The mark once these lines are settled. */
export const withSettled = (mark: BatchMark, lines: Iterable<number>): BatchMark => ({
  ...mark,
  settled: [...lines].reduce((settled, line) => settled | bitOf(line), mark.settled),
});

/** The same plan, by which the cooperation remembers the batch as its newest. */
export function rememberBatch(plan: Plan, cooperation: Cooperation, kind: BatchKind, mark: BatchMark): Plan {
  const others = marksOf(cooperation, kind).filter(({ key }) => key !== mark.key);
  const text = [mark, ...others].slice(0, REMEMBERED_MAX).map(textOf).join(" ");
  return {
    ...plan,
    touches: plan.touches.map((touch) =>
      touch.head.object === `cooperation:${cooperation.id}`
        ? { ...touch, record: { ...touch.record, [fieldOf(kind)]: text } }
        : touch,
    ),
  };
}

const textOf = ({ at, key, body, settled }: BatchMark) => [at, key, body, settled.toString(16)].join("/");

/**
 * Verifies a history from the replies that showed it, by the public keys alone (law 14): every entry from the first
 * that the reader may see to the one that the newest page's head names, each by its own facts, its link, and the signature under the last.
 */
import { z } from "zod";
import { chainHash, hashOf } from "../history.ts";
import { chainSignature, signatureProblem, type VerifyingKeys } from "../history-keys.ts";
import { NO_HASH } from "../records.ts";

const VisibleEntry = z.looseObject({
  n: z.int(),
  reason: z.string().optional(),
  proof: z.looseObject({
    previous: z.string(),
    hash: z.string(),
    common: z.string(),
    initiator_only: z.string(),
    partner_only: z.string(),
    nonce: z.string().optional(),
  }),
});
type VisibleEntry = z.infer<typeof VisibleEntry>;

/** A reply of `GET …/history`, without its cursor. */
const HistoryPage = z.looseObject({
  items: z.array(VisibleEntry),
  head: z.object({
    object: z.string(),
    n: z.int(),
    hash: z.string(),
    signature: z.string().nullable(),
    first: z.int().min(1).default(1),
  }),
});

/** What some pages of one history came to; `first` is where it begins for who read it. `problems` is empty when every entry and the signature hold. */
export type VerifiedPages = { object: string; first: number; entries: number; problems: string[] };

/** Verifies pages in any order, against the head of the newest. Throws an Error for anything that is not such a page. */
export function verifyPages(json: unknown[], keys: VerifyingKeys): VerifiedPages {
  const parsed = z.array(HistoryPage).min(1).safeParse(json);
  if (!parsed.success) throw new Error(`no pages of a history: ${z.prettifyError(parsed.error)}`);
  const [first, ...others] = parsed.data.toSorted((a, b) => b.head.n - a.head.n);
  if (first === undefined) throw new Error("no pages of a history");
  const { head } = first;
  if (others.some((page) => page.head.object !== head.object)) throw new Error("pages of several histories");
  const byNumber = new Map(parsed.data.flatMap(({ items }) => items.map((entry) => [entry.n, entry] as const)));
  const begin = Math.min(...parsed.data.map((page) => page.head.first));
  const problems = begin > head.n ? [`none of the ${head.n} entries is shown`] : [];
  let previous = NO_HASH;
  for (let n = begin; n <= head.n; n++) {
    const entry = byNumber.get(n);
    if (entry === undefined) {
      problems.push(`entry ${n} is not there`);
      continue;
    }
    problems.push(...problemsOf(entry, byNumber.has(n - 1) || n === 1 ? previous : undefined));
    previous = entry.proof.hash;
  }
  if (byNumber.has(head.n) && previous !== head.hash) problems.push(`the head's hash is not that of entry ${head.n}`);
  const problem = signatureProblem(chainSignature(keys, head, head.signature ?? undefined));
  if (problem !== undefined) problems.push(`${problem} (entry ${head.n})`);
  return { object: head.object, first: begin, entries: byNumber.size, problems };
}

/** What is wrong with an entry as one side sees it: the other side's part is there only as its hash. */
function problemsOf({ proof, reason, ...common }: VisibleEntry, previous: string | undefined): string[] {
  const { nonce } = proof;
  const own = reason === undefined ? undefined : hashOf({ reason, nonce });
  const hash = chainHash(proof.previous, hashOf(common), proof.initiator_only, proof.partner_only);
  return [
    ...(previous !== undefined && proof.previous !== previous
      ? [`entry ${common.n} does not follow the one before it`]
      : []),
    ...(hash !== proof.hash ? [`entry ${common.n} was changed after it was written`] : []),
    ...(own !== undefined && own !== proof.initiator_only && own !== proof.partner_only
      ? [`entry ${common.n} has another reason than was written`]
      : []),
  ];
}

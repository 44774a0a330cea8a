/**
 * Resolves a question by the model as the engine does, reading the tuples that it needs: every branch, also those that
 * fail. It follows any model, and stops at a bound.
 */
import type { Branch } from "../../domain/explain/explanation.ts";
import { isAllowed, partsOf, type Restriction, type Rewrite, type Rewrites } from "../../domain/explain/rewrite.ts";
import type { Tuple } from "../../domain/tuples.ts";
import type { Question, ReadFilter, TupleStore } from "../../ports.ts";

/** Reads for one tree. Each share takes up to six. */
export const READS_MAX = 500;

/** Relations that are resolved: tuples that are read only once may be on many branches. */
const LOOKS_MAX = 5000;

/** The tree of a question; `complete` is false when a branch is `unseen`. Throws EngineUnavailable. */
export async function walk(
  reads: Pick<TupleStore, "readSome">,
  rewrites: Rewrites,
  { user, relation, object }: Question,
): Promise<{ tree: Branch; complete: boolean }> {
  const known = new Map<string, Tuple[]>();
  let count = 0;
  let looks = 0;
  let complete = true;

  /** The tuples that match; undefined where the bound is reached. */
  async function tuplesOf(filter: ReadFilter): Promise<Tuple[] | undefined> {
    const key = JSON.stringify([filter.object, filter.relation, filter.user]);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (count >= READS_MAX) return undefined;
    count += 1;
    const { tuples, complete: all } = await reads.readSome(filter, READS_MAX);
    complete &&= all;
    known.set(key, tuples);
    return tuples;
  }

  function unseen(of: string, at: string): Branch {
    complete = false;
    return { kind: "unseen", object: at, relation: of };
  }

  /** `path`: the relations it came through, which lead nowhere new. */
  async function branchOf(of: string, at: string, path: readonly string[]): Promise<Branch> {
    const rewrite = rewrites.get(partsOf(at).type)?.get(of);
    if (rewrite === undefined) throw new Error(`the model has no ${of} on ${at}`);
    const here = `${at}#${of}`;
    if (path.includes(here)) return { kind: "missing", object: at, relations: [of] };
    looks += 1;
    return looks > LOOKS_MAX ? unseen(of, at) : byRewrite(rewrite, of, at, [...path, here]);
  }

  async function byRewrite(rewrite: Rewrite, of: string, at: string, path: readonly string[]): Promise<Branch> {
    switch (rewrite.kind) {
      case "direct":
        return direct(rewrite.users, of, at, path);
      case "relation":
        return branchOf(rewrite.relation, at, path);
      case "from":
        return from(rewrite, of, at, path);
      case "union":
        return { kind: "any", of: await inOrder(rewrite.of, (one) => byRewrite(one, of, at, path)) };
      case "intersection":
        return { kind: "all", of: await inOrder(rewrite.of, (one) => byRewrite(one, of, at, path)) };
      case "difference": {
        const base = await byRewrite(rewrite.base, of, at, path);
        return { kind: "all", of: [base, { kind: "none", of: await byRewrite(rewrite.subtract, of, at, path) }] };
      }
    }
  }

  async function direct(
    users: readonly Restriction[],
    of: string,
    at: string,
    path: readonly string[],
  ): Promise<Branch> {
    const { type } = partsOf(user);
    const everybody = `${type}:*`;
    // the members of a userset are found by resolving it, so all usersets are read
    const filters: ReadFilter[] = users.some((one) => one.relation !== undefined)
      ? [{ object: at, relation: of }]
      : [user, ...(users.some((one) => one.wildcard) ? [everybody] : [])].map((one) => ({
          object: at,
          relation: of,
          user: one,
        }));
    const found = await inOrder(filters, tuplesOf);
    if (found.includes(undefined)) return unseen(of, at);
    const branches: Branch[] = [];
    for (const tuple of found.flatMap((some) => some ?? [])) {
      if (!isAllowed(tuple, users)) continue;
      const { object: set, relation: members } = partsOf(tuple.user);
      if (tuple.user === user || tuple.user === everybody) branches.push({ kind: "tuple", tuple });
      else if (members !== undefined) branches.push({ kind: "tuple", tuple, next: await branchOf(members, set, path) });
    }
    return branches.length === 0 ? { kind: "missing", object: at, relations: [of] } : { kind: "any", of: branches };
  }

  async function from(
    { tupleset, relation: wanted }: Extract<Rewrite, { kind: "from" }>,
    of: string,
    at: string,
    path: readonly string[],
  ): Promise<Branch> {
    const link = rewrites.get(partsOf(at).type)?.get(tupleset);
    const tuples = await tuplesOf({ object: at, relation: tupleset });
    if (tuples === undefined) return unseen(of, at);
    const users = link?.kind === "direct" ? link.users : [];
    // a linked type may lack the relation; the engine passes those over
    const linked = tuples.filter(
      (tuple) => isAllowed(tuple, users) && rewrites.get(partsOf(tuple.user).type)?.has(wanted),
    );
    if (linked.length === 0) return { kind: "missing", object: at, relations: [tupleset] };
    const follow = async (tuple: Tuple): Promise<Branch> => {
      return { kind: "tuple", tuple, next: await branchOf(wanted, tuple.user, path) };
    };
    return { kind: "any", of: await inOrder(linked, follow) };
  }

  const tree = await branchOf(relation, object, []);
  return { tree, complete };
}

/** One after the other: a tree is read for one reader, and must not crowd out the checks. */
async function inOrder<T, R>(items: readonly T[], look: (item: T) => Promise<R>): Promise<R[]> {
  const found: R[] = [];
  for (const item of items) found.push(await look(item));
  return found;
}

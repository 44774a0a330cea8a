/**
 * Why a question is answered as it is, as a tree over tuples. Pure: what holds, until
 * when, and what of a tree is worth reading. An allowed tree keeps the branches that
 * hold; a denied one the paths that come near, which end in what is missing or over.
 */
import { earliest, hasPassed, type Instant } from "../expiry.ts";
import { expiryOf, type Tuple } from "../tuples.ts";
import { nameOf, sentenceOf } from "./sentence.ts";

/**
 * `tuple`: one that exists, and where its user is not the one asked about, what follows from there.
 * `missing`: no tuple in these relations of the object that names or leads to the user. `unseen`: the reading stopped before.
 */
export type Branch =
  | { kind: "tuple"; tuple: Tuple; next?: Branch | undefined }
  | { kind: "any" | "all"; of: Branch[] }
  | { kind: "none"; of: Branch }
  | { kind: "missing"; object: string; relations: string[] }
  | { kind: "unseen"; object: string; relation: string };

/** Whether a branch holds at an instant. */
export function holds(branch: Branch, at: Date): boolean {
  switch (branch.kind) {
    case "tuple":
      return !hasPassed(expiryOf(branch.tuple), at) && (branch.next === undefined || holds(branch.next, at));
    case "any":
      return branch.of.some((one) => holds(one, at));
    case "all":
      return branch.of.every((one) => holds(one, at));
    case "none":
      return !holds(branch.of, at);
    case "missing":
    case "unseen":
      return false;
  }
}

/** When a branch that holds ends by itself: undefined for never. Of branches beside each other the last counts, of a chain the first. */
export function endOf(branch: Branch, at: Date): Instant | undefined {
  switch (branch.kind) {
    case "tuple":
      return earliest(expiryOf(branch.tuple), branch.next && endOf(branch.next, at));
    case "all":
      return earliest(...branch.of.map((one) => endOf(one, at)));
    case "any": {
      const ends = branch.of.filter((one) => holds(one, at)).map((one) => endOf(one, at));
      return ends.includes(undefined) ? undefined : ends.sort().at(-1);
    }
    case "none":
    case "missing":
    case "unseen":
      return undefined;
  }
}

/** The part of a tree that says why it holds or does not, for the user asked about (`user:tom`). */
export function pruned(branch: Branch, user: string, at: Date): Branch {
  switch (branch.kind) {
    case "tuple":
      return branch.next === undefined ? branch : { ...branch, next: pruned(branch.next, user, at) };
    case "none":
      return { kind: "none", of: pruned(branch.of, user, at) };
    case "all":
    case "any": {
      const kept = branch.kind === "all" ? branch.of : relevant(branch.of, user, at);
      return joined(
        branch.kind,
        kept.map((one) => pruned(one, user, at)),
      );
    }
    case "missing":
    case "unseen":
      return branch;
  }
}

/** Of some branches those that hold; else those that name the user; else those that lead somewhere; else all, as one that is missing. */
function relevant(branches: Branch[], user: string, at: Date): Branch[] {
  const choices = [
    branches.filter((one) => holds(one, at)),
    branches.filter((one) => names(one, user)),
    branches.filter(leads),
  ];
  return choices.find((some) => some.length > 0) ?? branches;
}

/** One branch instead of a list of one, no list in a list of its kind, and what is missing of one object said once. */
function joined(kind: "any" | "all", branches: Branch[]): Branch {
  const flat = branches.flatMap((one) => (one.kind === kind ? one.of : [one]));
  const missing = flat.filter((one) => one.kind === "missing");
  const [first] = missing;
  const isOneMiss = kind === "any" && first !== undefined && missing.length === flat.length;
  if (isOneMiss && missing.every(({ object }) => object === first.object))
    return { ...first, relations: [...new Set(missing.flatMap(({ relations }) => relations))] };
  return flat.length === 1 && flat[0] !== undefined ? flat[0] : { kind, of: flat };
}

/** The branches that one is made of. */
function partsOfBranch(branch: Branch): readonly Branch[] {
  if (branch.kind === "tuple") return branch.next === undefined ? [] : [branch.next];
  return "of" in branch ? [branch.of].flat() : [];
}

function names(branch: Branch, user: string): boolean {
  const isNamed = branch.kind === "tuple" && branch.tuple.user === user;
  return isNamed || partsOfBranch(branch).some((one) => names(one, user));
}

function leads(branch: Branch): boolean {
  return branch.kind === "any" || branch.kind === "all" ? branch.of.some(leads) : branch.kind !== "missing";
}

/** The sentences of the tuples that a branch holds by, one path of them. */
export function sentencesOf(branch: Branch, at: Date): string[] {
  switch (branch.kind) {
    case "tuple":
      return [sentenceOf(branch.tuple, at), ...(branch.next ? sentencesOf(branch.next, at) : [])];
    case "any": {
      const first = branch.of.find((one) => holds(one, at));
      return first ? sentencesOf(first, at) : [];
    }
    case "all":
      return branch.of.flatMap((one) => sentencesOf(one, at));
    case "none":
    case "missing":
    case "unseen":
      return [];
  }
}

/** What a branch is, in one sentence. */
export function wordsOf(branch: Branch, user: string, at: Date): string {
  switch (branch.kind) {
    case "tuple":
      return sentenceOf(branch.tuple, at);
    case "any":
      return "one of these is enough";
    case "all":
      return "all of these are needed";
    case "none":
      return "this must not be so";
    case "missing":
      return `nothing in ${listed(branch.relations)} of ${nameOf(branch.object)} leads to ${nameOf(user)}`;
    case "unseen":
      return `${branch.relation} of ${nameOf(branch.object)} was not looked at: there is too much to read`;
  }
}

const listed = (words: string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

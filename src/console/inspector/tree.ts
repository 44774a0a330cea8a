/** An explanation as `/v1/explain` answers it: as steps of a picture, and as the tuples that it rests on. Pure. */
import { to } from "../path.ts";
import type { WhyStep } from "./draw-why.ts";
import type { Graph, GraphEdge, GraphNode } from "./graph.ts";

type TupleKey = { user: string; relation: string; object: string };

/** A branch of the tree, as the API has it. */
export type ShownBranch = {
  holds: boolean;
  says: string;
  tuple?: TupleKey;
  expires_at?: string;
  expired?: boolean;
  next?: ShownBranch;
  any_of?: ShownBranch[];
  all_of?: ShownBranch[];
  none_of?: ShownBranch[];
};

/** The reply of `/v1/explain`. */
export type ShownExplanation = {
  decision: boolean;
  reason: string;
  at: string;
  until: string | null;
  paths: { through: string; limits: { code: string; says: string }[] }[];
  complete: boolean;
  tree: ShownBranch | null;
};

/** The words of the picture's own boxes. */
export type StepWords = {
  anyOf: string;
  allOf: string;
  noneOf: string;
  until(at: string): string;
  ended(at: string): string;
};

type Said = {
  until(date: string): string;
  ended(date: string): string;
  why: Pick<StepWords, "anyOf" | "allOf" | "noneOf">;
};

/** The words of a picture from those of the inspector: dates by their day. */
export const stepWords = ({ until, ended, why }: Said): StepWords => ({
  ...why,
  until: (at) => until(at.slice(0, 10)),
  ended: (at) => ended(at.slice(0, 10)),
});

/** The page of an object, or of the object that a userset is of. */
export const objectHref = (ref: string) => to`/console/inspector/objects/${ref.split("#", 1)[0] ?? ""}`;

const kindOf = ({ holds }: ShownBranch): string => (holds ? "yes" : "no");

function lineOf({ tuple, expires_at, expired }: ShownBranch, words: StepWords): string {
  const date = expires_at === undefined ? "" : expired ? words.ended(expires_at) : words.until(expires_at);
  return [tuple?.relation, date].filter(Boolean).join(", ");
}

/** The steps behind a branch: of a tuple its user and what follows from there; where one of several is enough, each of them. */
export function stepsOf(branch: ShownBranch, words: StepWords): WhyStep[] {
  const kind = kindOf(branch);
  const { tuple, next, any_of, all_of, none_of, says } = branch;
  const all = (of: ShownBranch[]) => of.flatMap((one) => stepsOf(one, words));
  const joint = (label: string, of: ShownBranch[]): WhyStep => ({
    label,
    line: "",
    kind: `${kind} joint`,
    next: all(of),
  });
  if (tuple !== undefined) {
    const { user } = tuple;
    const following = next === undefined ? [] : stepsOf(next, words);
    return [{ label: user, line: lineOf(branch, words), kind, detail: says, href: objectHref(user), next: following }];
  }
  if (any_of !== undefined) return all(any_of);
  if (all_of !== undefined) return [joint(words.allOf, all_of)];
  if (none_of !== undefined) return [joint(words.noneOf, none_of)];
  return [{ label: says, line: "", kind: `${kind} missing`, detail: says, next: [] }];
}

/** The whole answer: what was asked about, and what leads from there. */
export function firstStep(
  { decision, tree }: ShownExplanation,
  { resource, permission }: { resource: string; permission: string },
  words: StepWords,
): WhyStep {
  return {
    label: resource,
    line: "",
    kind: decision ? "yes" : "no",
    detail: `${permission}: ${resource}`,
    href: objectHref(resource),
    next: tree === null ? [] : stepsOf(tree, words),
  };
}

/** The branches that hold, each with those behind it: what a yes rests on. */
function heldTuples(branch: ShownBranch): ShownBranch[] {
  if (!branch.holds) return [];
  const inside = [branch.next, ...(branch.any_of ?? []), ...(branch.all_of ?? [])].filter((one) => one !== undefined);
  return [...(branch.tuple === undefined ? [] : [branch]), ...inside.flatMap(heldTuples)];
}

/** The tuples of several answers as one graph, from the people to what they reach; `start` is drawn as what was asked about. */
export function accessGraph(answers: readonly ShownExplanation[], start: string, words: StepWords): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const node = (ref: string): string => {
    // a share's rungs are one share
    const id = ref.split("#", 1)[0] ?? ref;
    const type = id.slice(0, id.indexOf(":"));
    nodes.set(id, { id, label: id, kind: id === start ? `type-${type} start` : `type-${type}`, href: objectHref(id) });
    return id;
  };
  for (const { tree } of answers)
    for (const branch of tree === null ? [] : heldTuples(tree))
      if (branch.tuple !== undefined) {
        const [from, to] = [node(branch.tuple.user), node(branch.tuple.object)];
        edges.push({ from, to, label: lineOf(branch, words), kind: "yes" });
      }
  return { nodes: [...nodes.values()], edges };
}

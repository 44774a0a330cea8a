/**
 * The model in force as a graph and as rows: what each relation is made of. All types with what is written between them; or
 * one type with its relations, and what they read of other types. Pure.
 */
import { type Restriction, type Rewrite, type Rewrites, restrictionsOf } from "../../domain/explain/rewrite.ts";
import { to, withQuery } from "../path.ts";
import type { Graph, GraphEdge, GraphNode } from "./graph.ts";

/** A relation in the words of the modelling language. */
export type RelationRow = { type: string; relation: string; definition: string; isPermission: boolean };

/** What only lets an object carry its record and history: no access depends on it. */
const BOOKKEEPING = ["head", "log"];

const isPermission = (relation: string) => relation.startsWith("can_");

const typeHref = (type: string) => withQuery(to`/console/inspector/model`, { type });

const relationsOf = (rewrites: Rewrites, type: string) =>
  [...(rewrites.get(type) ?? [])].filter(([relation]) => !BOOKKEEPING.includes(relation));

/** Every relation of a type, or of all types. */
export function relationRows(rewrites: Rewrites, type?: string): RelationRow[] {
  const types = type === undefined ? [...rewrites.keys()] : [type];
  return types.flatMap((one) =>
    [...(rewrites.get(one) ?? [])].map(([relation, rewrite]) => ({
      type: one,
      relation,
      definition: definitionOf(rewrite),
      isPermission: isPermission(relation),
    })),
  );
}

const restrictionText = ({ type, relation, wildcard, condition }: Restriction): string => {
  const who = relation === undefined ? `${type}${wildcard ? ":*" : ""}` : `${type}#${relation}`;
  return condition === undefined ? who : `${who} with ${condition}`;
};

function definitionOf(rewrite: Rewrite): string {
  const nested = (one: Rewrite) =>
    ["union", "intersection", "difference"].includes(one.kind) ? `(${definitionOf(one)})` : definitionOf(one);
  switch (rewrite.kind) {
    case "direct":
      return `[${rewrite.users.map(restrictionText).join(", ")}]`;
    case "relation":
      return rewrite.relation;
    case "from":
      return `${rewrite.relation} from ${rewrite.tupleset}`;
    case "union":
      return rewrite.of.map(nested).join(" or ");
    case "intersection":
      return rewrite.of.map(nested).join(" and ");
    case "difference":
      return `${nested(rewrite.base)} but not ${nested(rewrite.subtract)}`;
  }
}

/** The types, and between them the relations that tuples are written in: from the object's type to the user's. */
export function typesGraph(rewrites: Rewrites): Graph {
  const edges = [...rewrites.keys()].flatMap((type) =>
    relationsOf(rewrites, type).flatMap(([relation, rewrite]) =>
      restrictionsOf(rewrite).map((one): GraphEdge => ({ from: type, to: one.type, label: relation, kind: "direct" })),
    ),
  );
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = [...rewrites.keys()]
    .filter((type) => linked.has(type))
    .map((type): GraphNode => ({ id: type, label: type, kind: "type", href: typeHref(type) }));
  return { nodes, edges };
}

/** A type's relations and what each is made of, down to what they read of others and who is written in them. */
export function relationsGraph(rewrites: Rewrites, type: string): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const own = (relation: string): string => {
    const id = `${type}#${relation}`;
    const kind = isPermission(relation) ? "permission" : "relation";
    nodes.set(id, { id, label: relation, kind });
    return id;
  };
  const other = (of: string, relation?: string): string => {
    const id = relation === undefined ? of : `${of}#${relation}`;
    if (!nodes.has(id)) nodes.set(id, { id, label: id, kind: "type", href: typeHref(of) });
    return id;
  };
  function add(from: string, rewrite: Rewrite): void {
    switch (rewrite.kind) {
      case "direct":
        for (const { type: of, relation, condition } of rewrite.users)
          edges.push({
            from,
            to: other(of, relation),
            label: condition === undefined ? "" : condition,
            kind: "direct",
          });
        return;
      case "relation":
        edges.push({ from, to: own(rewrite.relation), label: "", kind: "computed" });
        return;
      case "from":
        for (const one of restrictionsOf(rewrites.get(type)?.get(rewrite.tupleset)))
          if (rewrites.get(one.type)?.has(rewrite.relation))
            edges.push({
              from,
              to: other(one.type, rewrite.relation),
              label: `from ${rewrite.tupleset}`,
              kind: "from",
            });
        return;
      case "union":
      case "intersection":
        for (const one of rewrite.of) add(from, one);
        return;
      case "difference":
        add(from, rewrite.base);
        add(from, rewrite.subtract);
    }
  }
  for (const [relation, rewrite] of relationsOf(rewrites, type)) add(own(relation), rewrite);
  return { nodes: [...nodes.values()], edges };
}

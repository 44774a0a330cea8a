/**
 * A graph, and where its nodes and lines lie. No name of anybody is in what Graphviz reads: nodes are numbered and have a
 * size, labels are as long as the text that is drawn there later. Pure.
 */
import type { Href } from "../path.ts";
import { fitted, textWidth } from "../svg.ts";

/** `kind` is a class of the stylesheet. `detail` is shown when it is pointed at. */
export type GraphNode = { id: string; label: string; kind: string; detail?: string; href?: Href };
export type GraphEdge = { from: string; to: string; label: string; kind: string };
export type Graph = { nodes: readonly GraphNode[]; edges: readonly GraphEdge[] };

/** More nodes are a picture in which nobody finds anything, and take Graphviz seconds. */
export const NODES_MAX = 150;
/** More lines are as many times slower. */
const EDGES_MAX = 400;

type Point = { x: number; y: number };
type PlacedNode = GraphNode & Point & { width: number; height: number };
/** `whole`: its label where not all of it fits. */
type PlacedEdge = GraphEdge & { whole: string; points: Point[]; at?: Point | undefined };
export type Placed = { width: number; height: number; nodes: PlacedNode[]; edges: PlacedEdge[] };

const NODE_HEIGHT = 26;
const NODE_MARGIN = 18;
const NODE_WIDTH_MAX = 370;
const LABEL_ROOM = 320;
/** A label is drawn smaller than other text; so much of it is as wide as a letter that Graphviz measures it with. */
const LABEL_LETTER = 6.5;
/** Graphviz measures in inches, of 72 points each; a point is drawn as a pixel. */
const INCH = 72;

/** Whether it can be drawn. */
export const isDrawable = ({ nodes, edges }: Graph): boolean =>
  nodes.length > 0 && nodes.length <= NODES_MAX && mergedEdges(edges).length <= EDGES_MAX;

/** One line for all edges from a node to another, with all their labels. */
function mergedEdges(edges: readonly GraphEdge[]): GraphEdge[] {
  const groups = Map.groupBy(edges, ({ from, to, kind }) => JSON.stringify([from, to, kind]));
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const labels = [...new Set(same.map(({ label }) => label))].filter((label) => label !== "");
    return [{ ...first, label: labels.join(", ") }];
  });
}

const numbersOf = (nodes: readonly GraphNode[]) => new Map(nodes.map(({ id }, n) => [id, n]));

/** The edges whose ends are nodes of the graph, as they are drawn. */
function linesOf({ nodes, edges }: Graph) {
  const numbers = numbersOf(nodes);
  return mergedEdges(edges).flatMap((edge) => {
    const [from, to] = [numbers.get(edge.from), numbers.get(edge.to)];
    return from === undefined || to === undefined ? [] : [{ edge, from, to }];
  });
}

const nodeWidth = (label: string) => Math.min(NODE_WIDTH_MAX, textWidth(label) + NODE_MARGIN);

/** The graph for Graphviz, as DOT. */
export function dotOf(graph: Graph): string {
  const nodes = graph.nodes.map(
    ({ label }, n) => `n${n} [width=${(nodeWidth(label) / INCH).toFixed(3)} height=${(NODE_HEIGHT / INCH).toFixed(3)}]`,
  );
  const edges = linesOf(graph).map(({ edge, from, to }) => {
    const length = Math.ceil(Math.min(LABEL_ROOM, textWidth(edge.label)) / LABEL_LETTER);
    return `n${from} -> n${to}${length === 0 ? "" : ` [label="${"x".repeat(length)}"]`}`;
  });
  return [
    "digraph {",
    "rankdir=LR nodesep=0.15 ranksep=0.35",
    'node [shape=box fixedsize=true label=""]',
    "edge [dir=none fontsize=11]",
    ...nodes,
    ...edges,
    "}",
  ].join("\n");
}

/**
 * The graph with its places, from what Graphviz answers in its format `plain`. Its lines are in the order of the nodes
 * and edges that were asked for, or name them. Throws on anything else: then it is another format.
 */
export function placedOf(graph: Graph, plain: string): Placed {
  const lines = plain.split("\n").map((line) => line.split(" "));
  const [, , inches = "", high = ""] = lines.find(([what]) => what === "graph") ?? [];
  const [width, height] = [Number(inches) * INCH, Number(high) * INCH];
  // its origin is below
  const point = (x: string | undefined, y: string | undefined): Point => ({
    x: Number(x) * INCH,
    y: height - Number(y) * INCH,
  });
  const nodes = lines.flatMap(([what, name = "", x, y, w]) => {
    const node = what === "node" ? graph.nodes[Number(name.slice(1))] : undefined;
    if (node === undefined) return [];
    const wide = Number(w) * INCH;
    return [
      { ...node, label: fitted(node.label, wide - NODE_MARGIN / 2), ...point(x, y), width: wide, height: NODE_HEIGHT },
    ];
  });
  if (!(width > 0 && height > 0) || nodes.length !== graph.nodes.length)
    throw new Error("Graphviz answered in a format that is not known");
  const waiting = Map.groupBy(linesOf(graph), ({ from, to }) => `n${from} n${to}`);
  const edges = lines.flatMap(([what, from, to, count = "0", ...rest]) => {
    const edge = what === "edge" ? waiting.get(`${from} ${to}`)?.shift()?.edge : undefined;
    if (edge === undefined) return [];
    const points = Array.from({ length: Number(count) }, (_, n) => point(rest[2 * n], rest[2 * n + 1]));
    const behind = rest.slice(2 * Number(count));
    // with a label: its text and place, then style and colour; without: style and colour alone
    const at = behind.length >= 5 ? point(behind[1], behind[2]) : undefined;
    return [{ ...edge, label: fitted(edge.label, LABEL_ROOM), whole: edge.label, points, at }];
  });
  return { width, height, nodes, edges };
}

/** Graphs: what Graphviz reads has no name of anybody in it, and what it answers is drawn with the names as text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawGraph } from "../../../../src/console/inspector/draw-graph.ts";
import { dotOf, type Graph, isDrawable, NODES_MAX, placedOf } from "../../../../src/console/inspector/graph.ts";

const graphOf = (labels: readonly string[], edges: Graph["edges"] = []): Graph => ({
  nodes: labels.map((label) => ({ id: label, label, kind: "plant" })),
  edges,
});

const edge = (from: string, to: string, label = "owner") => ({ from, to, label, kind: "yes" });

/** Every line that there may be. */
const DOT_LINE =
  /^(digraph \{|\}|rankdir=LR nodesep=0\.15 ranksep=0\.35|node \[shape=box fixedsize=true label=""\]|edge \[dir=none fontsize=11\]|n\d+ \[width=\d+\.\d{3} height=\d+\.\d{3}\]|n\d+ -> n\d+( \[label="x+"\])?)$/;

describe("a graph for Graphviz", () => {
  test("has sizes and numbers in it, and no name, whatever the names are", () => {
    const name = fc.oneof(
      fc.constantFrom('"]; malicious [URL="javascript:alert(1)"]', "\\N\\l", "<b>x</b>", "a -> b", "}\ndigraph {"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 5 }), name, (labels, label) => {
        const dot = dotOf(graphOf(labels, [edge(labels[0] ?? "", labels[1] ?? "", label)]));
        for (const line of dot.split("\n")) expect(line).toMatch(DOT_LINE);
      }),
    );
  });

  test("has one line for all edges between two nodes, and none to a node that is not there", () => {
    const graph = graphOf(["a", "b"], [edge("a", "b", "viewer"), edge("a", "b", "operator"), edge("a", "gone")]);
    expect(dotOf(graph).match(/->/g)).toHaveLength(1);
  });

  test("is drawn up to the limit, and not beyond it", () => {
    const many = (count: number) => graphOf(Array.from({ length: count }, (_, n) => `plant:${n}`));
    expect(isDrawable(many(NODES_MAX))).toBe(true);
    expect(isDrawable(many(NODES_MAX + 1))).toBe(false);
    expect(isDrawable(many(0))).toBe(false);
  });
});

const PLAIN = `graph 1 5 2
node n0 1 1.5 1.2 0.361 "" solid box black lightgrey
node n1 4 0.5 1.2 0.361 "" solid box black lightgrey
edge n0 n1 4 1.6 1.5 2 1.4 3 0.6 3.4 0.5 xxxxxxxxxxxxxxx 2.5 1.1 solid black
edge n1 n1 4 4 0.6 4 0.8 4.2 0.8 4.2 0.6 solid black
stop
`;

describe("a graph with its places", () => {
  const hostile = `<script>alert("1")</script>`;
  const graph = graphOf(
    [hostile, "b"],
    [edge(hostile, "b", "viewer"), edge(hostile, "b", "owner"), edge("b", "b", "")],
  );

  test("has each node and line where Graphviz puts it, from the top", () => {
    const placed = placedOf(graph, PLAIN);
    expect(placed).toMatchObject({ width: 360, height: 144 });
    expect(placed.nodes[0]).toMatchObject({ id: hostile, x: 72, y: 36 });
    expect(placed.edges).toEqual([
      expect.objectContaining({ label: "viewer, owner", at: { x: 180, y: expect.closeTo(64.8) } }),
      expect.objectContaining({ from: "b", to: "b", at: undefined }),
    ]);
    expect(placed.edges[0]?.points).toHaveLength(4);
  });

  test("is drawn with names as text", () => {
    const drawn = String(drawGraph(placedOf(graph, PLAIN), { id: "g", title: "A graph" }));
    expect(drawn).not.toContain("<script");
    expect(drawn).toContain("&lt;script&gt;");
    expect(drawn.match(/<path d="M[\d -]+C[\d -]+" marker-end="url\(#g-arrow\)">/g)).toHaveLength(2);
  });

  test("an answer in another format is an error, not a picture", () => {
    expect(() => placedOf(graph, "<svg/>")).toThrow("format");
  });
});

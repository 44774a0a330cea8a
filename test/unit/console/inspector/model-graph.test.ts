/** The model as graphs and rows: complete, small enough to be drawn, and in the words of the modelling language. */
import { transformer } from "@openfga/syntax-transformer";
import { describe, expect, test } from "vitest";
import { isDrawable } from "../../../../src/console/inspector/graph.ts";
import { relationRows, relationsGraph, typesGraph } from "../../../../src/console/inspector/model-graph.ts";
import { rewritesOf } from "../../../../src/openfga/rewrites.ts";
import { MODEL } from "../../../support/model.ts";

const rewrites = rewritesOf(transformer.transformDSLToJSONObject(MODEL));

describe("the model", () => {
  test("can be drawn: all types, and each type with its relations", () => {
    expect(isDrawable(typesGraph(rewrites))).toBe(true);
    const drawable = [...rewrites.keys()].filter((type) => isDrawable(relationsGraph(rewrites, type)));
    // what has only a head and a log has nothing to draw
    expect(drawable).toEqual(
      expect.arrayContaining(["organization", "twin", "cooperation", "share", "portfolio", "plant"]),
    );
    for (const type of rewrites.keys()) expect(relationsGraph(rewrites, type).nodes.length).toBeLessThan(60);
  });

  test("has a line between two types for each relation that may be written between them", () => {
    const { nodes, edges } = typesGraph(rewrites);
    expect(edges).toContainEqual({ from: "plant", to: "share", label: "shared_viewer", kind: "direct" });
    expect(edges.filter(({ label }) => label === "head")).toEqual([]);
    const ids = nodes.map(({ id }) => id);
    for (const { from, to } of edges) expect(ids).toEqual(expect.arrayContaining([from, to]));
  });

  test("says of a relation whom it is written for, what it is computed from, and what it reads through another object", () => {
    const { nodes, edges } = relationsGraph(rewrites, "plant");
    expect(nodes).toContainEqual({ id: "plant#can_view", label: "can_view", kind: "permission" });
    expect(edges).toEqual(
      expect.arrayContaining([
        { from: "plant#can_view", to: "plant#viewer", label: "", kind: "computed" },
        { from: "plant#can_view", to: "portfolio#reach_viewer", label: "from portfolio", kind: "from" },
        { from: "plant#can_share", to: "organization#acting_admin", label: "from owner", kind: "from" },
        { from: "plant#shared_viewer", to: "share#viewer", label: "not_expired", kind: "direct" },
      ]),
    );
  });

  test("has a row for every relation, written as the modelling language writes it", () => {
    const rows = relationRows(rewrites);
    expect(rows).toHaveLength(MODEL.match(/^ {4}define /gm)?.length ?? 0);
    const line = ({ relation, definition }: (typeof rows)[number]) => `    define ${relation}: ${definition}`;
    for (const row of rows) expect(MODEL.split("\n")).toContain(line(row));
    expect(relationRows(rewrites, "twin").map(({ relation }) => relation)).toEqual(["organization", "admin", "person"]);
  });
});

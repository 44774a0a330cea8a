/** The other pictures of the inspector: an answer as steps, answers as a graph, and the last minutes as charts. */
import { describe, expect, test } from "vitest";
import { drawWhy, isDrawableWhy, type WhyStep } from "../../../../src/console/inspector/draw-why.ts";
import { createSamples, ratesOf, sampleOf } from "../../../../src/console/inspector/samples.ts";
import { drawSparkline } from "../../../../src/console/inspector/sparkline.ts";
import {
  accessGraph,
  firstStep,
  type ShownBranch,
  type ShownExplanation,
} from "../../../../src/console/inspector/tree.ts";

const WORDS = {
  anyOf: "one of",
  allOf: "all of",
  noneOf: "not",
  until: (at: string) => `until ${at}`,
  ended: (at: string) => `ended ${at}`,
};

const tuple = (user: string, relation: string, object: string, more: Partial<ShownBranch> = {}): ShownBranch => ({
  holds: true,
  says: `${user} is ${relation} of ${object}`,
  tuple: { user, relation, object },
  ...more,
});
const answer = (tree: ShownBranch | null, decision = tree?.holds ?? false): ShownExplanation => ({
  decision,
  reason: "",
  at: "2027-01-01T00:00:00.000Z",
  until: null,
  paths: [],
  complete: true,
  tree,
});

const shared = tuple("share:S1#viewer", "shared_viewer", "plant:7", {
  expires_at: "2027-06-30T00:00:00Z",
  expired: false,
  next: {
    holds: true,
    says: "all of these are needed",
    all_of: [
      tuple("cooperation:C1", "cooperation", "share:S1", {
        next: tuple("user:tom", "person", "organization:brightfix"),
      }),
      tuple("user:tom", "delegated_viewer", "share:S1"),
    ],
  },
});
const asked = { resource: "plant:7", permission: "can_view" };

describe("an answer as steps", () => {
  test("leads from what is asked about to the person, with relations and dates on the lines", () => {
    const first = firstStep(answer(shared), asked, WORDS);
    expect(first).toMatchObject({
      label: "plant:7",
      kind: "yes",
      next: [
        {
          label: "share:S1#viewer",
          line: "shared_viewer, until 2027-06-30T00:00:00Z",
          href: "/console/inspector/objects/share%3AS1",
          next: [
            { label: "all of", next: [{ label: "cooperation:C1" }, { label: "user:tom", line: "delegated_viewer" }] },
          ],
        },
      ],
    });
  });

  test("ends in what is missing, and in what is over", () => {
    const tree: ShownBranch = {
      holds: false,
      says: "one of these is enough",
      any_of: [
        tuple("user:tom", "viewer", "plant:7", { holds: false, expires_at: "2026-01-01T00:00:00Z", expired: true }),
        { holds: false, says: "nothing in operator leads to tom" },
      ],
    };
    expect(firstStep(answer(tree), asked, WORDS).next).toMatchObject([
      { kind: "no", line: "viewer, ended 2026-01-01T00:00:00Z" },
      { kind: "no missing", label: "nothing in operator leads to tom" },
    ]);
  });

  test("is drawn in columns, a row for each end, with names as text", () => {
    const hostile = tuple(`user:"><script>`, "viewer", "plant:7");
    const drawn = String(drawWhy(firstStep(answer(hostile), asked, WORDS), { id: "w", title: "Why" }));
    expect(drawn).not.toContain("<script");
    expect(drawn.match(/<rect x="(\d+)" y="8"/g)).toEqual(['<rect x="8" y="8"', '<rect x="348" y="8"']);
    const rows = String(drawWhy(firstStep(answer(shared), asked, WORDS), { id: "w", title: "Why" }));
    expect(rows.match(/<rect/g)).toHaveLength(6);
  });

  test("is drawn up to forty ends", () => {
    const step = (next: WhyStep[]): WhyStep => ({ label: "x", line: "", kind: "yes", next });
    const many = (count: number) => step(Array.from({ length: count }, () => step([])));
    expect([isDrawableWhy(many(40)), isDrawableWhy(many(41))]).toEqual([true, false]);
  });
});

describe("answers as one graph", () => {
  test("has each object once, and the tuples that a yes rests on; a no adds none", () => {
    const denied = answer({
      holds: false,
      says: "no",
      any_of: [tuple("user:eva", "viewer", "plant:7", { holds: false })],
    });
    const graph = accessGraph([answer(shared), answer(shared), denied], "plant:7", WORDS);
    expect(graph.nodes.map(({ id, kind }) => [id, kind])).toEqual([
      ["share:S1", "type-share"],
      ["plant:7", "type-plant start"],
      ["cooperation:C1", "type-cooperation"],
      ["user:tom", "type-user"],
      ["organization:brightfix", "type-organization"],
    ]);
    expect(graph.edges.filter(({ from }) => from === "user:eva")).toEqual([]);
    expect(graph.edges).toContainEqual({ from: "user:tom", to: "share:S1", label: "delegated_viewer", kind: "yes" });
  });
});

const counts = (hits: number, lag?: number) => [
  {
    name: "concordat_check_duration_seconds",
    help: "",
    type: "histogram",
    aggregator: "sum",
    values: [
      { metricName: "concordat_check_duration_seconds_count", labels: { source: "hit" }, value: hits },
      { metricName: "concordat_check_duration_seconds_count", labels: { source: "miss" }, value: 1 },
      { metricName: "concordat_check_duration_seconds_sum", labels: { source: "hit" }, value: hits / 1000 },
    ],
  },
  {
    name: "concordat_events_lag_seconds",
    help: "",
    type: "gauge",
    aggregator: "min",
    values:
      lag === undefined
        ? []
        : [
            { labels: { receiver: "erp" }, value: lag },
            { labels: { receiver: "crm" }, value: 1 },
          ],
  },
];

describe("the last minutes", () => {
  test("a sample has each number by its name and labels, and of lags the largest; what is not there is no zero", () => {
    expect(sampleOf(counts(7, 3), 1000)).toMatchObject({ at: 1000, hits: 7, misses: 1, seconds: 0.007, events_lag: 3 });
    expect(sampleOf(counts(7), 1000)).toMatchObject({ events_lag: undefined, unstored: undefined });
  });

  test("no more samples are kept than a quarter of an hour has, and none of metrics that cannot be read", async () => {
    let now = 0;
    const samples = createSamples(
      async () => (now === 5 ? Promise.reject(new Error("closed")) : counts(now)),
      () => new Date(now),
    );
    for (now = 1; now <= 100; now++) await samples.take();
    expect(samples.all()).toHaveLength(90);
    expect(samples.all()[0]?.at).toBe(11);
  });

  test("a count is shown as its growth a second, and not where it began anew", () => {
    const all = [counts(100), counts(150), counts(10)].map((one, n) => sampleOf(one, n * 10_000));
    expect(ratesOf(all, ({ hits }) => hits)).toEqual([
      { at: 10_000, value: 5 },
      { at: 20_000, value: undefined },
    ]);
  });

  test("a chart has a line from the least to the newest reading, with a gap where nothing was known", () => {
    const values = [1, 2, undefined, 4];
    const drawn = String(
      drawSparkline(
        values.map((value, at) => ({ at, value })),
        { id: "s", title: "Checks", from: 0, to: 3 },
      ),
    );
    expect(drawn.match(/<polyline/g)).toHaveLength(2);
    expect(drawn).toContain('role="img"');
    expect(String(drawSparkline([], { id: "s", title: "Checks", from: 0, to: 3 }))).not.toContain("NaN");
  });
});

/** The generated parts of the documents against the code. */
import { readFileSync } from "node:fs";
import { Counter } from "prom-client";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Generated, generated, wantedText } from "../../scripts/reference/all.ts";
import { differenceOf, filled } from "../../scripts/reference/blocks.ts";
import { configurationTable } from "../../scripts/reference/configuration.ts";
import { denialReasonsTable, denialsTable, errorsTable } from "../../scripts/reference/errors.ts";
import { layersDiagram } from "../../scripts/reference/layers.ts";
import { lifecycleDiagram, lifecycleTable } from "../../scripts/reference/lifecycle.ts";
import { metricsTable } from "../../scripts/reference/metrics.ts";
import { DENIALS } from "../../src/check/question.ts";
import { VARIABLES } from "../../src/config-variables.ts";
import { LIFECYCLE } from "../../src/domain/cooperation/lifecycle.ts";
import { DENIAL_REASONS } from "../../src/domain/explain/denial-reason.ts";
import { FAULTS } from "../../src/http/problem.ts";
import { REFUSALS } from "../../src/http/refusals.ts";
import { createMetrics } from "../../src/metrics.ts";
import { PAGES, textOf } from "../support/pages.ts";

const root = new URL("../../", import.meta.url);
const FILES = generated();

/** How a generated file differs from what it should be, with some blocks changed. */
function verdict(file: string, changed: Record<string, string> = {}): string[] {
  const current = readFileSync(new URL(file, root), "utf8");
  const content = FILES[file] as Generated;
  return differenceOf(
    current,
    wantedText(file, current, typeof content === "string" ? content : { ...content, ...changed }),
  );
}

const THREATS = readFileSync(new URL("docs/threat-model.md", root), "utf8");

test("every answer in the threat model names an existing test", () => {
  const rows = THREATS.split("\n").filter((line) => line.startsWith("| to ") || line.startsWith("| scope "));
  const named = [...THREATS.matchAll(/\]\(\.\.\/(test\/[^)]+)\): "([^"]+)"/g)];
  expect(named.length).toBeGreaterThanOrEqual(rows.length);
  for (const row of rows) expect(row, "a row without a test").toMatch(/\]\(\.\.\/test\/[^)]+\): "/);
  for (const [, file = "", name = ""] of named)
    expect(readFileSync(new URL(file, root), "utf8"), name).toContain(`"${name}"`);
});

describe("generated blocks", () => {
  test.for(Object.keys(FILES))("%s says what the code decides by", (file) => {
    expect(verdict(file)).toEqual([]);
  });

  test("every page with a generated block is among the generated files", () => {
    const pages = PAGES.filter((page) => textOf(page).includes("<!-- generated: "));
    expect(pages.filter((page) => !Object.hasOwn(FILES, page))).toEqual([]);
  });

  test("a cell, an error, a variable, a denial or a metric that changes makes the check fail and is named", () => {
    const { registry } = createMetrics(() => new Date());
    new Counter({ name: "concordat_pots_total", help: "Pots.", labelNames: ["of"], registers: [registry] });
    const pause = { ...LIFECYCLE.pause, pending: "paused" as const };
    const changed = [
      [
        "docs/reference/lifecycle.md",
        { lifecycle: lifecycleTable({ ...LIFECYCLE, pause }), diagram: lifecycleDiagram({ ...LIFECYCLE, pause }) },
        "pending --> paused: pause",
      ],
      [
        "docs/reference/errors.md",
        { errors: errorsTable({ ...REFUSALS, too_late: [409, "Too late", "Come earlier."] }, FAULTS) },
        "| 409 | `too_late` | Too late | Come earlier. |",
      ],
      [
        "docs/reference/configuration.md",
        { configuration: configurationTable({ ...VARIABLES, COLOUR: z.string().default("green").describe("Of it.") }) },
        "| `COLOUR` | `green` | Of it. |",
      ],
      [
        "docs/reference/errors.md",
        { denials: denialsTable({ ...DENIALS, unknown_mood: "There is no such mood." }) },
        "| `unknown_mood` | There is no such mood. |",
      ],
      [
        "docs/reference/denial-reasons.md",
        {
          "denial-reasons": denialReasonsTable({
            ...DENIAL_REASONS,
            too_early: { meaning: "It is early.", advice: "Wait." },
          }),
        },
        "| `too_early` | It is early. | Wait. |",
      ],
      [
        "docs/reference/metrics.md",
        { metrics: metricsTable(registry) },
        "| `concordat_pots_total` | counter | `of` | Pots. |",
      ],
    ] as const;
    for (const [file, blocks, text] of changed) {
      const lines = verdict(file, blocks);
      expect(
        lines.some((line) => line.startsWith("+ ") && line.includes(text)),
        text,
      ).toBe(true);
    }
  });

  test("a line that the code no longer produces makes the check fail too", () => {
    const { stale: _, ...fewer } = REFUSALS;
    const lines = verdict("docs/reference/errors.md", { errors: errorsTable(fewer, FAULTS) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^- .*`stale`/);
  });

  test("a block without a generator, a missing block and a repeated block are refused", () => {
    const block = (name: string) => `<!-- generated: ${name} -->\n<!-- /generated -->\n`;
    expect(filled(block("one"), { one: "text" })).toBe("<!-- generated: one -->\ntext\n<!-- /generated -->\n");
    expect(() => filled(block("two"), {})).toThrow("unknown: two");
    expect(() => filled("", { one: "text" })).toThrow("missing: one");
    expect(() => filled(block("one") + block("one"), { one: "text" })).toThrow("twice: one");
  });

  test("every problem and every variable has exactly one line", () => {
    const errors = textOf("docs/reference/errors.md");
    for (const name of [...Object.keys(REFUSALS), ...Object.keys(FAULTS)])
      expect(errors.split(`| \`${name}\` |`), name).toHaveLength(2);
    const configuration = textOf("docs/reference/configuration.md");
    for (const name of Object.keys(VARIABLES)) expect(configuration.split(`| \`${name}\` |`), name).toHaveLength(2);
  });
});

test("the diagram of the layers leaves out what other arrows imply, and refuses a circle", () => {
  const edges = (...pairs: [from: string, ...to: string[]][]) =>
    new Map(pairs.map(([from, ...to]) => [from, new Set(to)]));
  const diagram = layersDiagram(edges(["http", "actions", "domain"], ["actions", "domain"]));
  expect(diagram.match(/ --> /g)).toHaveLength(2);
  expect(diagram).toContain("http --> actions");
  expect(diagram).toContain("actions --> domain");
  expect(() => layersDiagram(edges(["http", "actions", "domain"], ["actions", "http"]))).toThrow("in a circle: ");
});

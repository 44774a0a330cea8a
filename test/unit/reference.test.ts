/** The README against the code: what is printed from it, what it links to, and which commands it names. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { blocks } from "../../scripts/reference/all.ts";
import { differenceOf, filled } from "../../scripts/reference/blocks.ts";
import { configurationTable } from "../../scripts/reference/configuration.ts";
import { denialsTable, errorsTable } from "../../scripts/reference/errors.ts";
import { lifecycleDiagram, lifecycleTable } from "../../scripts/reference/lifecycle.ts";
import { DENIALS } from "../../src/check/question.ts";
import { VARIABLES } from "../../src/config.ts";
import { LIFECYCLE } from "../../src/domain/cooperation/lifecycle.ts";
import { REFUSALS } from "../../src/domain/refusal.ts";
import { FAULTS } from "../../src/http/problem.ts";

const root = new URL("../../", import.meta.url);
const README = readFileSync(new URL("README.md", root), "utf8");
const verdict = (changed: Record<string, string>) => differenceOf(README, filled(README, { ...blocks(), ...changed }));

const THREATS = readFileSync(new URL("docs/threat-model.md", root), "utf8");

test("every answer in the threat model names a test that is there, and every link of the page leads somewhere", () => {
  const rows = THREATS.split("\n").filter((line) => line.startsWith("| to ") || line.startsWith("| scope "));
  const named = [...THREATS.matchAll(/\]\(\.\.\/(test\/[^)]+)\): "([^"]+)"/g)];
  expect(named.length).toBeGreaterThanOrEqual(rows.length);
  for (const row of rows) expect(row, "a row without a test").toMatch(/\]\(\.\.\/test\/[^)]+\): "/);
  for (const [, file = "", name = ""] of named)
    expect(readFileSync(new URL(file, root), "utf8"), name).toContain(`"${name}"`);
  for (const [, path = ""] of THREATS.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
    expect(existsSync(new URL(path, new URL("docs/", root))), path).toBe(true);
});

describe("generated blocks", () => {
  test("the README says what the code decides by", () => {
    expect(verdict({})).toEqual([]);
  });

  test("a cell, an error, a variable or a denial that changes makes the check fail and is named", () => {
    const pause = { ...LIFECYCLE.pause, pending: "paused" as const };
    const changed = {
      lifecycle: [lifecycleTable({ ...LIFECYCLE, pause }), lifecycleDiagram({ ...LIFECYCLE, pause })].join("\n\n"),
      errors: errorsTable({ ...REFUSALS, too_late: [409, "Too late", "Come earlier."] }, FAULTS),
      configuration: configurationTable({ ...VARIABLES, COLOUR: z.string().default("green").describe("Of it.") }),
      denials: denialsTable({ ...DENIALS, unknown_mood: "There is no such mood." }),
    };
    const said = {
      lifecycle: "pending --> paused: pause",
      errors: "| 409 | `too_late` | Too late | Come earlier. |",
      configuration: "| `COLOUR` | `green` | Of it. |",
      denials: "| `unknown_mood` | There is no such mood. |",
    };
    for (const [block, text] of Object.entries(changed)) {
      const lines = verdict({ [block]: text });
      expect(
        lines.some((line) => line.startsWith("+ ") && line.includes(said[block as keyof typeof said])),
        block,
      ).toBe(true);
    }
  });

  test("a line that the code no longer says makes the check fail too", () => {
    const { stale: _, ...fewer } = REFUSALS;
    const lines = verdict({ errors: errorsTable(fewer, FAULTS) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^- .*`stale`/);
  });

  test("a block that nothing fills, one that is left out and one that stands twice are refused", () => {
    const block = (name: string) => `<!-- generated: ${name} -->\n<!-- /generated -->\n`;
    expect(filled(block("one"), { one: "text" })).toBe("<!-- generated: one -->\ntext\n<!-- /generated -->\n");
    expect(() => filled(block("two"), {})).toThrow("unknown: two");
    expect(() => filled("", { one: "text" })).toThrow("missing: one");
    expect(() => filled(block("one") + block("one"), { one: "text" })).toThrow("twice: one");
  });

  test("every problem and every variable has exactly one line", () => {
    for (const name of [...Object.keys(REFUSALS), ...Object.keys(FAULTS)])
      expect(README.split(`| \`${name}\` |`), name).toHaveLength(2);
    for (const name of Object.keys(VARIABLES)) expect(README.split(`| \`${name}\` |`), name).toHaveLength(2);
  });
});

describe("links and commands", () => {
  const anchors = [...README.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

  test("every relative link leads to a file, every anchor to a heading", () => {
    const targets = [...README.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
    const local = targets.filter((target) => !/^https?:/.test(target));
    expect(local.length).toBeGreaterThan(5);
    const broken = local.filter((target) =>
      target.startsWith("#") ? !anchors.includes(target.slice(1)) : !existsSync(new URL(target, root)),
    );
    expect(broken).toEqual([]);
  });

  test("every npm command it names exists, and leads to a file", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = [...README.matchAll(/npm (?:run )?(start|test|(?<=run )[a-z-]+)/g)].map((match) => match[1] ?? "");
    expect(new Set(named).size).toBeGreaterThan(5);
    for (const name of new Set(named)) {
      const file = /(?:^| )node (\S+)/.exec(scripts[name] ?? "")?.[1];
      expect(file && existsSync(new URL(file, root)), name).toBe(true);
    }
  });
});

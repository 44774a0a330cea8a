/** The pages against the repository and each other: where links lead, which commands and codes they name. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { FAULTS } from "../../src/http/problem.ts";
import { REFUSALS } from "../../src/http/refusals.ts";
import { anchorsIn, linksIn, PAGES, textOf } from "../support/pages.ts";

const root = new URL("../../", import.meta.url);
const LEVELS = ["info", "warn", "error"];
const isExternal = (target: string) => /^[a-z]+:/.test(target);

/** What a link on a page leads to: a path from the root and an anchor. */
function targetOf(page: string, link: string): [path: string, anchor: string | undefined] {
  const [path = "", anchor] = link.split("#");
  return [path === "" ? page : posix.normalize(posix.join(posix.dirname(page), path)), anchor];
}

/** The links of a page that lead nowhere. */
function broken(page: string, text: string): string[] {
  return linksIn(text).filter((link) => {
    if (isExternal(link)) return !/^(https:\/\/|mailto:)/.test(link) || !URL.canParse(link);
    const [path, anchor] = targetOf(page, link);
    if (path.startsWith("..") || !existsSync(new URL(path, root))) return true;
    return anchor !== undefined && !(path.endsWith(".md") && anchorsIn(textOf(path)).includes(anchor));
  });
}

describe("links", () => {
  test.for(PAGES)("every link of %s leads to a file and a heading", (page) => {
    expect(broken(page, textOf(page))).toEqual([]);
  });

  test("a missing file, a missing heading, a path outside of the repository and an odd URL are found", () => {
    const links = ["#run-it", "docs/cache.md", "docs/cache.md#the-cache", "bench/results.json", "https://openfga.dev"];
    const wrong = ["#nowhere", "docs/none.md", "docs/cache.md#none", "../shared", "http://openfga.dev", "bench/#none"];
    const page = [...links, ...wrong].map((link) => `[a](${link})`).join(" ");
    expect(broken("README.md", `${page}\n\n\`\`\`\n[code](none.md)\n\`\`\``)).toEqual(wrong);
  });

  test("every page below docs can be reached from the README", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached)
      for (const link of linksIn(textOf(page)).filter((target) => !isExternal(target))) {
        const [path] = targetOf(page, link);
        if (path.endsWith(".md")) reached.add(path);
      }
    expect(PAGES.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });
});

test("every npm command that a page names exists, and leads to a file", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = PAGES.flatMap((page) => [
    ...textOf(page).matchAll(/npm (?:run )?(start|test|(?<=run )[a-z][a-z:-]*)/g),
  ]).map((match) => match[1] ?? "");
  expect(new Set(named).size).toBeGreaterThan(5);
  for (const name of new Set(named)) {
    const file = /(?:^| )node (\S+)/.exec(scripts[name] ?? "")?.[1];
    expect(file && existsSync(new URL(file, root)), name).toBe(true);
  }
});

test("the troubleshooting page has one section for every error code, and none for another", () => {
  const sections = [...textOf("docs/troubleshooting.md").matchAll(/^#### `([a-z_]+)`$/gm)].map(([, code]) => code);
  expect(sections.toSorted()).toEqual([...Object.keys(REFUSALS), ...Object.keys(FAULTS)].toSorted());
});

test("the page of operations has every event of the log at level warn or above, and none that is not logged", () => {
  const source = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(new URL(`src/${path}`, root), "utf8"));
  const calls = source.flatMap((text) => [
    ...text.matchAll(
      /\b(?:warn|log\("(?:warn|error)",|log\(\w+ === undefined \? "info" : "warn",|createRecurring)\W*"([a-z_]+)"/g,
    ),
  ]);
  const events = new Set(calls.map(([, event = ""]) => event).filter((event) => !LEVELS.includes(event)));
  expect(events.size).toBeGreaterThan(12);
  const [, rows = ""] = /^\| `event` \|.*\n([\s\S]*?)\n\n/m.exec(textOf("docs/operations.md")) ?? [];
  const listed = [...rows.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z_]+)`/g)].map(([, event = ""]) => event),
  );
  expect([...events].filter((event) => !listed.includes(event) && !Object.hasOwn(FAULTS, event))).toEqual([]);
  const words = source.join("\n");
  expect(listed.filter((event) => !words.includes(`"${event}"`) && event !== "denied")).toEqual([]);
});

test("every decision is numbered in a row and has context, decision and consequences", () => {
  const pages = PAGES.filter((page) => /^docs\/decisions\/\d/.test(page)).toSorted();
  expect(pages.map((page) => Number(posix.basename(page).slice(0, 4)))).toEqual(pages.map((_, index) => index + 1));
  for (const page of pages) {
    const headings = [...textOf(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings, page).toEqual(["Context", "Decision", "Consequences"]);
  }
});

test("every file that the architecture names is there", () => {
  const page = textOf("docs/architecture.md");
  const diagrams = [...page.matchAll(/(?:participant \w+ as |<br\/>)([a-z0-9/-]+\.ts)/g)].map(
    ([, file]) => `src/${file}`,
  );
  const named = [...page.matchAll(/`((?:src|scripts|test)\/[a-z0-9/.-]+)`/g)].map(([, file = ""]) => file);
  expect(diagrams.length).toBeGreaterThan(10);
  expect(named.length).toBeGreaterThan(40);
  expect([...diagrams, ...named].filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});

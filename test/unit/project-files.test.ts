/** The project's other files agree with the source: what CI runs, and which Node is needed. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const WORKFLOW = read(".github/workflows/ci.yml");
const PACKAGE = JSON.parse(read("package.json"));

test("the workflow runs what CI runs, on the services that the project is tried with", () => {
  expect(WORKFLOW).toContain("- run: .ci/run\n");
  expect(existsSync(new URL(".ci/run", root))).toBe(true);
  const image = /image: (postgres:\S+)/.exec(WORKFLOW)?.[1];
  expect(read("docker-compose.yml")).toContain(`image: ${image}\n`);
  const nodes = /node: \[(.*)\]/.exec(WORKFLOW)?.[1]?.split(", ") ?? [];
  expect(nodes).toContain(PACKAGE.devDependencies.node.split(".")[0]);
});

test("the workflow's cache of built tools depends on files that are there, and its actions are pinned to a commit", () => {
  const files = [...(/hashFiles\((.*)\)/.exec(WORKFLOW)?.[1] ?? "").matchAll(/'([^']+)'/g)].map(
    ([, file = ""]) => file,
  );
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect(read(file), file).toMatch(/VERSION|version:/);
  const uses = [...WORKFLOW.matchAll(/uses: (.*)/g)].map(([, what = ""]) => what);
  expect(uses.length).toBeGreaterThan(2);
  for (const what of uses) expect(what).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d/);
});

test("the Node that package.json asks for strips types, and is the one that the packages of the service need", () => {
  /** `>=22.19` as 22019; undefined for what names no least version. */
  const least = (range = "") => {
    const [, major, minor] = /^>= ?(\d+)(?:\.(\d+))?(?:\.[\dx]+)?$/.exec(range) ?? [];
    return major === undefined ? undefined : Number(major) * 1000 + Number(minor ?? 0);
  };
  const { packages } = JSON.parse(read("package-lock.json"));
  const needs = Object.entries<{ dev?: true; engines?: { node?: string } }>(packages).flatMap(
    ([name, { dev, engines }]) => (name === "" || dev ? [] : (least(engines?.node) ?? [])),
  );
  expect(needs.length).toBeGreaterThan(20);
  const stripsTypesByDefault = 22_018;
  expect(least(PACKAGE.engines.node)).toBe(Math.max(stripsTypesByDefault, ...needs));
});

/** Which OpenFGA is taken, and that it is always said. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test as base, expect } from "vitest";
import { findServer, OPENFGA_VERSION } from "../../../src/openfga/server/find-server.ts";
import { ownFolder } from "../../support/own-folder.ts";

type World = { folder: string; env: NodeJS.ProcessEnv; find: () => ReturnType<typeof findServer>; said: string[] };

/** An empty PATH and an empty cache, and what was said on screen. */
const test = base.extend<{ world: World }>({
  world: async ({ task: _ }, use) => {
    const folder = ownFolder();
    const env = { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache") };
    mkdirSync(env.PATH);
    mkdirSync(join(env.XDG_CACHE_HOME, "concordat", "bin"), { recursive: true });
    const said: string[] = [];
    const find = () => findServer(env, { line: (text) => said.push(text), counter: () => {} });
    await use({ folder, env, find, said });
  },
});

function script(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("an external engine is used first", async ({ world }) => {
  script(join(world.folder, "bin", "openfga"), `echo 'OpenFGA version \`v${OPENFGA_VERSION}\` build'`);
  world.env.OPENFGA_API_URL = "http://engine.example:8080";
  expect(await world.find()).toEqual({ kind: "external", apiUrl: "http://engine.example:8080" });
  expect(world.said).toEqual([expect.stringContaining("http://engine.example:8080")]);
});

test("the right version on PATH is used before the cache, another version is named and skipped", async ({ world }) => {
  const path = join(world.folder, "bin", "openfga");
  const cached = join(world.folder, "cache", "concordat", "bin", `openfga-${OPENFGA_VERSION}`);
  script(cached, "exit 0");
  script(path, `echo 'OpenFGA version \`v${OPENFGA_VERSION}\` build' >&2`);
  expect(await world.find()).toEqual({ kind: "binary", path });
  script(path, "echo 'OpenFGA version `v1.18.0` build' >&2");
  expect(await world.find()).toEqual({ kind: "binary", path: cached });
  script(path, "echo 'OpenFGA version `dev` build' >&2");
  expect(await world.find()).toEqual({ kind: "binary", path: cached });
  expect(world.said).toEqual([
    expect.stringContaining(path),
    expect.stringMatching(/is 1\.18\.0, not 1\.22\.1, and is not used/),
    expect.stringContaining(cached),
    expect.stringMatching(/does not say its version, not 1\.22\.1, and is not used/),
    expect.stringContaining(cached),
  ]);
});

test("a binary built by Go reports dev, and the version is read from its build information", async ({ world }) => {
  const real = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
  if (real.kind !== "binary") throw new Error(`needs an OpenFGA binary to look into, and found: ${real.kind}`);
  const path = join(world.folder, "bin", "openfga");
  symlinkSync(real.path, path);
  expect(await world.find()).toEqual({ kind: "binary", path });
});

test("a failed build is reported and leaves nothing in the cache, and without Docker the error names every attempt", async ({
  world,
}) => {
  await expect(world.find()).rejects.toThrow(/no go on PATH[\s\S]*docker/);
  script(join(world.folder, "bin", "go"), "echo 'go: no such module' >&2; exit 1");
  await expect(world.find()).rejects.toThrow(/go: no such module/);
  expect(world.said.at(-1)).toMatch(/could not be built/);
  await expect(world.find()).rejects.toThrow(); // nothing half-built is found the next time
});

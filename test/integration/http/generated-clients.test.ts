/** What others make of the document: Redocly finds nothing to warn of, and two generators make clients that compile. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FOLDER, generators, run } from "../../support/generators.ts";

const BIN = fileURLToPath(new URL("../../../node_modules/.bin/", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../../openapi.json", import.meta.url));
/** Redocly sends no report of it. */
const QUIET = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

const COMPILED = {
  compilerOptions: {
    target: "ES2024",
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    noEmit: true,
    strict: true,
    types: [],
    allowImportingTsExtensions: true,
  },
  files: ["use.ts"],
};

async function lint(path: string) {
  const { stdout } = await run(join(BIN, "redocly"), ["lint", path, "--format=json"], { env: QUIET });
  return JSON.parse(stdout);
}

test("Redocly's recommended rules find nothing, and would", async () => {
  expect((await lint(DOCUMENT)).totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  const folder = mkdtempSync(join(tmpdir(), "concordat-lint-"));
  try {
    const path = join(folder, "openapi.json");
    const get = { responses: { 200: { description: "Found." } } };
    writeFileSync(
      path,
      JSON.stringify({ openapi: "3.1.0", info: { title: "x", version: "1" }, paths: { "/x": { get } } }),
    );
    await expect(lint(path).catch((error) => JSON.parse(error.stdout))).resolves.toMatchObject({
      totals: { warnings: expect.toSatisfy((count: number) => count > 0) },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("openapi-typescript and @hey-api/openapi-ts make clients that compile, with the problems of an operation as types", async () => {
  const installed = join(await generators(), "node_modules", ".bin");
  const folder = mkdtempSync(join(tmpdir(), "concordat-clients-"));
  try {
    cpSync(join(FOLDER, "use.ts"), join(folder, "use.ts"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(COMPILED));
    await run(join(installed, "openapi-typescript"), [DOCUMENT, "-o", join(folder, "types.ts")], { cwd: folder });
    const plugins = ["-p", "@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"];
    await run(join(installed, "openapi-ts"), ["-i", DOCUMENT, "-o", join(folder, "sdk"), ...plugins], { cwd: folder });
    await expect(run(join(BIN, "tsc"), ["-p", folder]).catch(({ stdout }) => stdout)).resolves.toMatchObject({
      stdout: "",
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

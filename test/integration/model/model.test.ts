/** The model's own tests, which OpenFGA's command line runs in an engine of its own. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { findFga } from "../../../scripts/fga-cli.ts";

test("the model answers every question of test/integration/model/model.fga.yaml as it says", () => {
  const fga = findFga(process.env);
  if (fga === undefined) throw new Error("The fga command line is missing; `npm test` builds it.");
  const file = new URL("model.fga.yaml", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(fga, ["model", "test", "--tests", file], { encoding: "utf8" });
  // fga prints its summary as an error.
  console.log(`${stdout}${stderr}`.trim());
  expect(status, "fga model test failed; its output is above").toBe(0);
  // A file with no tests in it passes too.
  expect(stdout + stderr).toMatch(/^Checks ([1-9]\d*)\/\1 passing$/m);
});

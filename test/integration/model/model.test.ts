/** The model's own tests, which OpenFGA's command line runs in an engine of its own. */
import { expect, test } from "vitest";
import { runFga } from "../../support/fga.ts";

test("the model answers every question of test/integration/model/model.fga.yaml as it says", async () => {
  const file = new URL("model.fga.yaml", import.meta.url).pathname;
  const { code, stdout, stderr } = await runFga(["model", "test", "--tests", file]);
  // fga prints its summary as an error.
  console.log(`${stdout}${stderr}`.trim());
  expect(code, "fga model test failed; its output is above").toBe(0);
  // A file with no tests in it passes too.
  expect(stdout + stderr).toMatch(/^Checks ([1-9]\d*)\/\1 passing$/m);
});

/** `npm run verify` on files of the access log. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jwkSetOf } from "../../../src/domain/history-keys.ts";
import { KEYS, threeFiles } from "../../support/access-log-files.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { runScript } from "../../support/program.ts";

test("npm run verify says which kind of file it was given, verifies all of a folder, and exits with 1 where something is wrong", async () => {
  const { folder, files } = await threeFiles();
  const keys = join(ownFolder(), "keys.json");
  writeFileSync(keys, JSON.stringify(jwkSetOf(KEYS)));
  const paths = files.map(({ name }) => join(folder, name));
  const good = await runScript("verify", [...paths, "--keys", keys], {});
  expect([good.code, good.stdout]).toEqual([0, ""]);
  expect(good.stderr).toContain("The access log: 3 files, 9 lines, 15 accesses, 0 gaps, all of it holds.");
  const unsigned = await runScript("verify", paths, {});
  expect([unsigned.code, unsigned.stderr]).toEqual([
    0,
    expect.stringContaining("nothing is wrong, but not all of it is proved: 0 of 9 lines, 0 of 3 files."),
  ]);
  const [first = ""] = paths;
  writeFileSync(first, files[0]?.text.replace("tom", "eva") ?? "");
  const bad = await runScript("verify", [...paths, "--keys", keys], {});
  expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining("line 2: its user or salt was changed")]);
  const mixed = await runScript("verify", [...paths, keys, "--keys", keys], {});
  expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringContaining("is no file of the access log")]);
});

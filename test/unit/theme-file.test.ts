/** The file of a theme and its logo, as the configuration reads them: what cannot be used is said, and nothing is read elsewhere. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { themeFile } from "../../src/config-forms.ts";
import { ownFolder } from "../support/own-folder.ts";

const LOGO = "<svg xmlns='http://www.w3.org/2000/svg'/>";

/** The theme in a folder with these files. */
function read(files: Record<string, string>) {
  const folder = ownFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return themeFile.safeParse(join(folder, "theme.json"));
}

const problemOf = (files: Record<string, string>) => read(files).error?.issues.map(({ message }) => message);

test("a theme is read with its logo, whose type is known by its name", () => {
  const theme = read({ "theme.json": `{"name":"Sunward","logo":"sun.svg"}`, "sun.svg": LOGO }).data;
  expect(theme?.name).toBe("Sunward");
  expect(theme?.logo?.type).toBe("image/svg+xml");
  expect(Buffer.from(theme?.logo?.bytes ?? []).toString()).toBe(LOGO);
  expect(read({ "theme.json": "{}" }).data?.logo).toBeUndefined();
});

test("a file that is missing, a logo that is missing, too large or elsewhere, and a theme nobody could read are refused", () => {
  const theme = (logo: string) => JSON.stringify({ logo });
  expect(problemOf({})).toEqual(["cannot be read (ENOENT)"]);
  expect(problemOf({ "theme.json": theme("sun.svg") })).toEqual(["cannot be read (ENOENT)"]);
  expect(problemOf({ "theme.json": theme("sun.png"), "sun.png": "x".repeat(100_001) })).toEqual([
    "logo must have at most 100000 bytes",
  ]);
  expect(problemOf({ "theme.json": theme("../sun.png") })?.[0]).toMatch(/^logo must be the name of a/);
  expect(problemOf({ "theme.json": `{"colours":{"ink":["#ffffff","#000000"]}}` })?.[0]).toMatch(
    /^ink on ground in light/,
  );
});

/** Chromium for the tests of pages, and what axe finds in one. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { AxeResults } from "axe-core";
import { chromium, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** CHROMIUM_PATH, or a Chromium on PATH; undefined where there is none. */
export const browserPath = (): string | undefined => {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) =>
    ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)),
  );
  return [process.env.CHROMIUM_PATH, ...found].find((path) => path !== undefined && existsSync(path));
};

export const launch = (executablePath: string) =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** What axe calls critical or serious, each with its places. */
export async function findings(page: Page): Promise<{ rule: string; places: string[] }[]> {
  const { violations } = (await page.evaluate(`${AXE}; axe.run(document)`)) as AxeResults;
  return violations
    .filter(({ impact }) => impact === "critical" || impact === "serious")
    .map(({ id, nodes }) => ({ rule: id, places: nodes.map(({ target }) => target.join(" ")) }));
}

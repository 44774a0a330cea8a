/** Chromium for the tests of pages: one for each file, a context for each person, and what axe finds. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The rules of WCAG 2.2 at level AA, and those before it that it contains. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** A slow machine is slow, not wrong. */
const PATIENCE = 60_000;

/** CHROMIUM_PATH, or a Chromium on PATH; undefined where there is none. */
export const browserPath = (): string | undefined => {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) =>
    ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)),
  );
  return [process.env.CHROMIUM_PATH, ...found].find((path) => path !== undefined && existsSync(path));
};

export const launch = (executablePath: string) =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--lang=en-US"] });

let launched: Promise<Browser> | undefined;

/** The browser of this test file, started once and ended with the file. Skips the test where there is none; CI counts that as a failure. */
export async function browserFor(skip: (why: string) => never): Promise<Browser> {
  const path = browserPath();
  if (path === undefined) {
    console.log("No page was opened: no Chromium is on PATH, and CHROMIUM_PATH names none.");
    return skip("no Chromium");
  }
  launched ??= launch(path);
  return launched;
}

/** Ends the browser of this file: to be called when its tests are done. */
export async function endBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = undefined;
}

/** A refusal is a page with its status, which Chromium reports like a failure. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/**
 * A page in a context of its own, as another person's browser. When the test ends it must have had no error of a script or
 * of the console, which is where violations of the policy appear, and no request to a host but `url` and `hosts`.
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  hosts: readonly string[] = [],
): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, locale: "en-GB", timezoneId: "UTC", ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const problems = problemsOf(page, [url, ...hosts]);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "fail") await keepSight(page);
    await context.close();
    expect(problems).toEqual([]);
  });
  return page;
}

/** Keeps what was seen when a test failed. */
async function keepSight(page: Page): Promise<void> {
  const path = join(tmpdir(), "concordat-console", `failed-${Date.now()}.png`);
  await page.screenshot({ path, fullPage: true }).catch(() => {});
  console.log(`seen when it failed, at ${page.url()}: ${path}`);
}

/** What a page does that none of ours may, as it does it. `hosts`: the beginnings of the addresses that it may ask for. */
export function problemsOf(page: Page, hosts: readonly string[]): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const shown = page.frames().map((frame) => frame.url());
    const isRefusedPage = REFUSED.test(message.text()) && shown.includes(message.location().url);
    if (!isRefusedPage) problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const asked = request.url();
    if (!/^(data|blob|about):/.test(asked) && !hosts.some((host) => asked.startsWith(`${host}/`))) problems.push(asked);
  });
  return problems;
}

type Finding = { rule: string; places: string[] };
const findingsIn = ({ violations }: AxeResults, matters: (impact: string | null | undefined) => boolean): Finding[] =>
  violations
    .filter(({ impact }) => matters(impact))
    .map(({ id, nodes }) => ({ rule: id, places: nodes.map(({ target }) => target.join(" ")) }));

/** What axe calls critical or serious, each with its places. */
export async function findings(page: Page): Promise<Finding[]> {
  const results = (await page.evaluate(`${AXE}; axe.run(document)`)) as AxeResults;
  return findingsIn(results, (impact) => impact === "critical" || impact === "serious");
}

/** Everything in a page that axe finds against WCAG 2.2 AA, whatever its impact. */
export async function wcagFindings(page: Page, only?: readonly string[]): Promise<Finding[]> {
  const run = only === undefined ? { type: "tag", values: WCAG } : { type: "rule", values: only };
  const options = JSON.stringify({ runOnly: run, resultTypes: ["violations"] });
  const results = (await page.evaluate(`${AXE}; axe.run(document, ${options})`)) as AxeResults;
  return findingsIn(results, () => true);
}

/** Whether a page can be scrolled sideways. */
export const isTooWide = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth") as Promise<boolean>;

/** The whole page as a picture, so many times smaller: drawn so by the browser, which is faster than to reduce it here. */
export async function smallPicture(page: Page, reduction: number): Promise<Buffer> {
  const [width, height] = (await page.evaluate(
    "[document.documentElement.clientWidth, document.documentElement.scrollHeight]",
  )) as [number, number];
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "png",
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale: 1 / reduction },
  });
  await session.detach();
  return Buffer.from(data, "base64");
}

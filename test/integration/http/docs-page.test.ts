/**
 * `/docs` in a browser: collapsed at first, without a script error or a request to elsewhere, and nothing in it that axe
 * calls critical or serious and that is ours to mend. Needs Chromium: CHROMIUM_PATH, or one on PATH.
 */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserPath, findings, launch } from "../../support/browser.ts";
import { listen } from "../../support/listening.ts";
import { test } from "../../support/service.ts";

/** Of the viewer itself: links within the button that opens an operation, and a button that is called otherwise than it reads. */
const VIEWERS: Record<string, RegExp> = {
  "nested-interactive": /\.opblock-summary-control$/,
  "label-content-name-mismatch": /^button\[type="submit"\]$/,
};

/** What axe finds that matters, each with the places that are not the viewer's own. */
const oursToMend = async (page: Page) =>
  (await findings(page))
    .map(({ rule, places }) => ({ rule, places: places.filter((place) => !VIEWERS[rule]?.test(place)) }))
    .filter(({ places }) => places.length > 0);

test("the viewer is collapsed, works from its own origin, and axe finds nothing in it that is ours to mend", async ({
  service,
  skip,
}) => {
  const executablePath = browserPath();
  if (executablePath === undefined) {
    console.log("/docs was not opened: no Chromium is on PATH, and CHROMIUM_PATH names none.");
    return skip("no Chromium");
  }
  const { url, close } = await listen(service);
  const browser = await launch(executablePath);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) problems.push(request.url());
    });
    await page.goto(`${url}/docs`);
    await page.waitForSelector(".opblock-tag");
    expect(await page.locator(".opblock-tag-section .opblock").count()).toBe(0);
    // the viewer lists webhooks, each of them collapsed
    expect(await page.locator(".opblock.is-open").count()).toBe(0);
    expect(await oursToMend(page), "collapsed").toEqual([]);
    await page.click("#operations-tag-Delegations");
    await page.click("#operations-Delegations-putSharesDelegationsByUser .opblock-summary-control");
    await page.waitForSelector(".opblock-body .microlight");
    expect(await oursToMend(page), "an operation").toEqual([]);
    await page.click(".btn.authorize");
    await page.waitForSelector(".modal-ux");
    expect(await oursToMend(page), "the key").toEqual([]);
    expect(problems).toEqual([]);
    // that it would find something: a field that nobody names
    await page.evaluate(`document.getElementById("ui").prepend(document.createElement("input"))`);
    expect(await oursToMend(page)).toContainEqual({ rule: "label", places: [expect.any(String)] });
  } finally {
    await browser.close();
    await close();
  }
});

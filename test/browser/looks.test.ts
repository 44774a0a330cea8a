/**
 * Every page of the console, light and dark, on a wide and on a narrow screen: axe finds nothing against WCAG 2.2 AA,
 * nothing is wider than the screen, and it looks as in test/golden/console, but for the machine's fonts.
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { browserFor, endBrowser, isTooWide, openPage, smallPicture, wcagFindings } from "../support/browser.ts";
import { seedCooperations, test } from "../support/console.ts";
import { CONSOLE_PAGES } from "../support/console-pages.ts";
import { signIn } from "../support/console-person.ts";
import { difference, keep, keptPicture, REDUCTION } from "../support/picture.ts";

const GOLDEN = new URL("../golden/console/", import.meta.url);
const SCHEMES = ["light", "dark"] as const;
const WIDTHS = { wide: 1280, narrow: 360 } as const;
/**
 * Where the fonts are those of the kept pictures, few words may differ: dates of the engine. Elsewhere only what changes most
 * of a page is found, as the wrong colours or a lost style sheet are: other fonts were seen to change up to 0.42 of one.
 */
const DIFFERENCE_MAX = { sameFonts: 0.06, otherFonts: 0.43 };
const FONTS = new URL("fonts.png", GOLDEN);

/** The pictures in the documents, each of a page; they are taken when the golden ones are. */
const DOCUMENTED: Record<string, { page: string; scheme: (typeof SCHEMES)[number] }> = {
  "console-cooperations": { page: "cooperations", scheme: "light" },
  "console-cooperation": { page: "cooperation", scheme: "dark" },
  "console-permissions": { page: "permissions", scheme: "light" },
  "inspector-why": { page: "inspector-why", scheme: "light" },
  "inspector-reach": { page: "inspector-reach", scheme: "dark" },
  "inspector-timeline": { page: "inspector-timeline", scheme: "light" },
};
const isUpdate = process.env.UPDATE_GOLDEN === "1";

/** A text in the fonts of the console, which looks the same where they are the same. */
async function textIn(page: Page): Promise<Buffer> {
  await page.setContent(
    `<p style="font: 16px system-ui, sans-serif">Hamburgefonstiv 0123456789</p><pre>Hamburgefonstiv</pre>`,
  );
  return smallPicture(page, 1);
}

/** How far a page may be from its kept picture on this machine. */
async function differenceMax(page: Page): Promise<number> {
  const text = await textIn(page);
  if (isUpdate) keep(FONTS, text);
  return keptPicture(FONTS)?.equals(text) ? DIFFERENCE_MAX.sameFonts : DIFFERENCE_MAX.otherFonts;
}

/** What depends on colours alone: everything else is the same in light and in dark. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** What is wrong with a page as it is seen now. */
async function problemsOf(page: Page, name: string, most: number, isKept = isUpdate): Promise<string[]> {
  const problems: string[] = [];
  for (const [width, pixels] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width: pixels, height: 800 });
    if (await isTooWide(page)) problems.push(`${name} is wider than a screen of ${pixels} pixels`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const at = `${name}-${width}-${colorScheme}`;
      const found = await wcagFindings(page, colorScheme === "light" ? undefined : OF_COLOURS);
      for (const { rule, places } of found) problems.push(`${at}: ${rule} at ${places.join(", ")}`);
      const picture = await smallPicture(page, REDUCTION);
      const seen = pathToFileURL(join(tmpdir(), "concordat-console", `${at}.png`));
      if (isKept) {
        keep(new URL(`${at}.png`, GOLDEN), picture);
        keep(seen, await page.screenshot({ fullPage: true }));
      }
      const kept = keptPicture(new URL(`${at}.png`, GOLDEN));
      const far = kept === undefined ? 1 : difference(kept, picture);
      if (far <= most) continue;
      keep(seen, await page.screenshot({ fullPage: true }));
      problems.push(`${at} looks otherwise by ${far.toFixed(2)}: see ${seen.pathname}; UPDATE_GOLDEN=1 keeps it`);
    }
  }
  return problems;
}

/** Takes the pictures of the documents that show this page. */
async function document(page: Page, name: string): Promise<void> {
  for (const [file, { page: shown, scheme }] of Object.entries(DOCUMENTED)) {
    if (shown !== name) continue;
    await page.setViewportSize({ width: 1120, height: 760 });
    await page.emulateMedia({ colorScheme: scheme });
    keep(new URL(`../../docs/${file}.png`, import.meta.url), await page.screenshot({ animations: "disabled" }));
  }
}

afterAll(endBrowser);

test("every page is readable for everybody, fits every screen and looks as it was looked at", {
  timeout: 600_000,
}, async ({ console: own, skip }) => {
  const browser = await browserFor(skip);
  const world = await seedCooperations(own);
  const most = await differenceMax(await openPage(browser, own.url));
  const problems: string[] = [];
  const people = new Map<string | undefined, Page>();
  for (const [name, { by, path }] of Object.entries(CONSOLE_PAGES)) {
    const page = people.get(by) ?? (await openPage(browser, own.url));
    if (!people.has(by) && by !== undefined) await signIn(page, new RegExp(by));
    people.set(by, page);
    const reply = await page.goto(path(world));
    const status = reply?.status() ?? 0;
    // a page that says that the service failed looks well, and is none to keep
    if (status < 200 || status >= 500) {
      problems.push(`${name} answers ${status}`);
      continue;
    }
    problems.push(...(await problemsOf(page, name, most)));
    if (isUpdate) await document(page, name);
  }
  expect(problems).toEqual([]);

  // that each would find something: a field nobody names, a line that does not break, a dark page for a light one
  const { by, path } = CONSOLE_PAGES.cooperations as (typeof CONSOLE_PAGES)[string];
  const page = people.get(by) as Page;
  await page.goto(path(world));
  await page.evaluate(`document.querySelector(":root").style.colorScheme = "dark";
    document.body.append(document.createElement("input"), "x".repeat(5000));
    document.body.style.overflowWrap = "normal"`);
  const found = (await problemsOf(page, "cooperations", most, false)).join("\n");
  expect(found).toMatch(/wide-light: label/);
  expect(found).toMatch(/wider than a screen of 360/);
  expect(found).toMatch(/wide-light looks otherwise/);
  expect(found).toMatch(/narrow-light looks otherwise/);
});

test("every page has its pictures, and none is kept of a page that is not there", () => {
  const expected = Object.keys(CONSOLE_PAGES).flatMap((name) =>
    Object.keys(WIDTHS).flatMap((width) => SCHEMES.map((scheme) => `${name}-${width}-${scheme}.png`)),
  );
  expect(readdirSync(GOLDEN).toSorted()).toEqual([...expected, "fonts.png"].toSorted());
});

/** Routes that are no page to look at. */
const NO_PAGES = /\/assets\/|\/callback$|\/begin|logo|theme|\/file$/;

test("every route of a page has a row in the table of pages", async ({ console: own }) => {
  const world = await seedCooperations(own);
  const paths = Object.values(CONSOLE_PAGES).map(({ path }) => path(world).split("?")[0] ?? "");
  const routes = own.service.app.routes.filter(
    ({ method, path }) =>
      method === "GET" && path.startsWith("/console") && !path.includes("*") && !NO_PAGES.test(path),
  );
  expect(routes.length).toBeGreaterThan(10);
  const isOf = (route: string) => {
    const pattern = new RegExp(`^${route.replaceAll(/\/:\w+(\{[^}]*\})?/g, "/[^/]+").replace(/\/$/, "")}/?$`);
    return (path: string) => pattern.test(path);
  };
  const without = new Set(routes.map(({ path }) => path).filter((route) => !paths.some(isOf(route))));
  expect([...without]).toEqual([]);
});

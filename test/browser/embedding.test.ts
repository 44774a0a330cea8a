/**
 * The two host applications of docs/embedding.md, run as they are printed there: one frames the console, which is signed
 * in on its own site and nowhere else; one has pages of its own. And a theme, which colours the console and runs nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { themeFile } from "../../src/config-forms.ts";
import { sharedPort } from "../../src/serve.ts";
import { browserFor, endBrowser, isTooWide, openPage, problemsOf, wcagFindings } from "../support/browser.ts";
import { type Console, seedCooperations, seedPeople, startConsole, test } from "../support/console.ts";
import { signIn } from "../support/console-person.ts";
import { ownFolder } from "../support/own-folder.ts";
import { textOf } from "../support/pages.ts";
import { start } from "../support/program.ts";
import { KEYS } from "../support/service.ts";

const DOCUMENT = textOf("docs/embedding.md");
const HOSTS = new Map(
  [...DOCUMENT.matchAll(/^```js\n\/\/ (\S+\.mjs)\n([\s\S]*?)^```$/gm)].map(([, name = "", code = ""]) => [name, code]),
);

/** Starts a host application of the document. */
async function startHost(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = join(ownFolder(), name);
  writeFileSync(file, HOSTS.get(name) ?? "");
  const [, url = ""] = await start(process.execPath, [file], { env }).printed(/^(http:\/\/\S+)$/m);
  return url;
}

const framed = (page: Page) => page.frameLocator("iframe");

/** A console with cooperations, and a host that frames it under this name; `isListed`: the console lists the host's origin. */
async function framing(base: Parameters<typeof startConsole>[0], name: string, isListed: boolean) {
  const port = await sharedPort({ HOST: "127.0.0.1", PORT: 0 });
  const host = `http://${name}:${port}`;
  const own = await startConsole(base, { frameAncestors: isListed ? [host] : undefined });
  await seedPeople(own.service);
  const world = await seedCooperations(own);
  await startHost("host-that-embeds.mjs", { CONCORDAT: own.url, PORT: String(port) });
  return { own, host, world };
}

afterAll(endBrowser);

test("framed by a page of its own site the console is signed in, acts, and has no header; nor have the pages it leads to", async ({
  tupleStore,
  engine,
  skip,
}) => {
  const browser = await browserFor(skip);
  const { own, host, world } = await framing({ tupleStore, engine }, "127.0.0.1", true);
  const page = await openPage(browser, own.url, {}, [host]);
  await signIn(page, /^Anna Berg/);
  expect(await page.getByRole("navigation", { name: "Main navigation" }).count()).toBe(1);
  await page.goto(host);
  const frame = framed(page);
  const link = frame.getByRole("link", { name: "Brightfix Service" }).first();
  await link.waitFor();
  expect(await frame.getByRole("banner").count()).toBe(0);
  expect(await isTooWide(page)).toBe(false);
  expect(await wcagFindings(page)).toEqual([]);
  await link.click();
  await frame.getByRole("heading", { level: 1 }).waitFor();
  expect(await frame.getByRole("banner").count()).toBe(0);
  // a form in the frame is one of the console's own
  const status = async () => (await own.service.as("anna", "GET", `/v1/cooperations/${world.active}`)).body.status;
  await page.evaluate(
    `document.querySelector("iframe").src = "${own.url}/console/cooperations/${world.active}/pause?organization=sunward&embed=1"`,
  );
  await frame.getByRole("button", { name: /pause/i }).click();
  await expect.poll(status).toBe("paused");
  await own.end();
});

test("framed by a page of another site nobody is signed in, and the sign-in opens in a window of its own", async ({
  tupleStore,
  engine,
  skip,
}) => {
  const browser = await browserFor(skip);
  const { own, host } = await framing({ tupleStore, engine }, "localhost", true);
  const page = await openPage(browser, own.url, {}, [host]);
  await signIn(page, /^Anna Berg/);
  await page.goto(host);
  const link = framed(page).getByRole("link", { name: "Open a window" });
  await link.waitFor();
  expect(await framed(page).getByText("Brightfix").count()).toBe(0);
  const [opened] = await Promise.all([page.waitForEvent("popup"), link.click()]);
  await opened.getByRole("link", { name: "Brightfix Service" }).first().waitFor();
  await own.end();
});

test("a page that is not listed frames nothing of the console", async ({ tupleStore, engine, skip }) => {
  const browser = await browserFor(skip);
  const { own, host } = await framing({ tupleStore, engine }, "127.0.0.1", false);
  const context = await browser.newContext({ baseURL: own.url });
  const page = await context.newPage();
  const problems = problemsOf(page, [own.url, host]);
  await signIn(page, /^Anna Berg/);
  await page.goto(host);
  await expect.poll(() => problems.join("\n")).toMatch(/frame-ancestors 'none'/);
  expect(await framed(page).getByText("Brightfix").count()).toBe(0);
  await context.close();
  await own.end();
});

test("a host with pages of its own lists, pauses and resumes by the API, and says why something is refused", async ({
  console: own,
  skip,
}) => {
  const browser = await browserFor(skip);
  const { active } = await seedCooperations(own);
  const host = await startHost("host-with-own-pages.mjs", { CONCORDAT: own.url, KEY: KEYS.manage, PORT: "0" });
  const [page, stale] = [await openPage(browser, host), await openPage(browser, host)];
  await page.goto("/");
  await stale.goto("/");
  const row = (of: Page) => of.getByRole("row").filter({ hasText: "Brightfix Service" });
  await row(page).getByRole("button", { name: "pause" }).click();
  await row(page).getByRole("button", { name: "resume" }).waitFor();
  expect((await own.service.as("anna", "GET", `/v1/cooperations/${active}`)).body.status).toBe("paused");
  await row(stale).getByRole("button", { name: "pause" }).click();
  await stale.getByText(/changed/i).waitFor();
  await row(stale).getByRole("button", { name: "resume" }).click();
  await row(stale).getByRole("button", { name: "pause" }).waitFor();
  expect((await own.service.as("anna", "GET", `/v1/cooperations/${active}`)).body.status).toBe("active");
});

/** A logo that would run something, if anything let it. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><script>document.documentElement.setAttribute("planted", "")</script>
<circle cx="16" cy="16" r="14" fill="#e07a00"/></svg>`;

async function themed(base: Parameters<typeof startConsole>[0]): Promise<Console> {
  const folder = ownFolder();
  mkdirSync(folder, { recursive: true });
  const [, theme = ""] = /^```json\n(\{\n {2}"name"[\s\S]*?)^```$/m.exec(DOCUMENT) ?? [];
  writeFileSync(join(folder, "theme.json"), theme);
  writeFileSync(join(folder, "sunward.svg"), LOGO);
  const own = await startConsole(base, { theme: themeFile.parse(join(folder, "theme.json")) });
  await seedPeople(own.service);
  return own;
}

test("the theme of the document colours the console in light and in dark, names it and shows its logo, which runs nothing", async ({
  tupleStore,
  engine,
  skip,
}) => {
  const browser = await browserFor(skip);
  const own = await themed({ tupleStore, engine });
  const page = await openPage(browser, own.url);
  await signIn(page, /^Anna Berg/);
  expect(await page.title()).toMatch(/ · Sunward Energy$/);
  const accent = () =>
    page.evaluate(
      `getComputedStyle(document.querySelector(".top nav a:not([aria-current])")).color`,
    ) as Promise<string>;
  for (const [colorScheme, colour] of [
    ["light", "rgb(138, 61, 0)"],
    ["dark", "rgb(255, 179, 122)"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await accent()).toBe(colour);
    expect(await wcagFindings(page)).toEqual([]);
  }
  expect(await page.evaluate(`document.querySelector(".logo").naturalWidth`)).toBe(32);
  const logo = await page.request.get("/console/logo");
  expect(logo.headers()["content-type"]).toBe("image/svg+xml");
  expect(logo.headers()["content-security-policy"]).toMatch(/^default-src 'none'/);
  const context = await browser.newContext();
  const opened = await context.newPage();
  await opened.goto(`${own.url}/console/logo`);
  expect(await opened.evaluate(`document.documentElement.hasAttribute("planted")`)).toBe(false);
  await context.close();
  await own.end();
});

/**
 * The golden mails in a browser, light and dark, on a screen 360 pixels wide: nothing is cut or wider than the screen,
 * nothing is loaded, and axe finds nothing critical or serious. Needs Chromium: CHROMIUM_PATH, or one on PATH.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LANGUAGES } from "../../../src/domain/language.ts";
import { browserPath, findings, launch } from "../../support/browser.ts";
import { mailsIn } from "../../support/mail.ts";

const GOLDEN = new URL("../../golden/mails/", import.meta.url);
const SCHEMES = ["light", "dark"] as const;
const WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

test("every mail fits a narrow screen and loads nothing, and axe finds nothing in it, in light and in dark", async ({
  skip,
}) => {
  const executablePath = browserPath();
  if (executablePath === undefined) {
    console.log("The mails were not opened: no Chromium is on PATH, and CHROMIUM_PATH names none.");
    return skip("no Chromium");
  }
  const browser = await launch(executablePath);
  try {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    page.setDefaultTimeout(120_000);
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    const grounds = new Set<unknown>();
    for (const language of LANGUAGES)
      for (const kind of Object.keys(mailsIn(language))) {
        await page.setContent(readFileSync(new URL(`${language}/${kind}.html`, GOLDEN), "utf8"));
        expect(await page.evaluate(WIDE), `${language}/${kind}`).toBe(false);
        // one with all parts and one with few, for the colours and the structure of all
        if (!["invitation", "notice-again", "news"].includes(kind)) continue;
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          grounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
          expect(await findings(page), `${language}/${kind}, ${colorScheme}`).toEqual([]);
        }
      }
    expect(requests).toEqual([]);
    expect(grounds.size).toBe(SCHEMES.length);
    // that each would find something
    await page.evaluate('document.body.style.color = "#777"; document.querySelector("p").style.width = "400px"');
    expect(await page.evaluate(WIDE)).toBe(true);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate('document.body.style.color = "#444"');
    expect(await findings(page)).toContainEqual({ rule: "color-contrast", places: expect.any(Array) });
    await page.setContent('<img src="http://localhost:9/pixel" alt="">', { waitUntil: "commit" });
    await expect.poll(() => requests).toEqual(["http://localhost:9/pixel"]);
  } finally {
    await browser.close();
  }
});

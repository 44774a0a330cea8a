#!/usr/bin/env node
/**
 * Draws four of the golden mails beside each other, in light and in dark, as docs/mails.md shows them. Run it when their look
 * changes: `node scripts/picture-mails.ts`, with a Chromium at CHROMIUM_PATH or /usr/bin/chromium.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const SHOWN = ["de/invitation", "en/notice", "fr/news-daily", "pl/news-ending"];
const WIDTH = 360;
const HEIGHT = 760;

const root = new URL("../", import.meta.url);
const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  for (const colorScheme of ["light", "dark"] as const) {
    const viewport = { width: SHOWN.length * (WIDTH + 8) - 8, height: HEIGHT };
    const page = await browser.newPage({ colorScheme, viewport });
    await page.setContent(
      `<body style="margin:0;display:flex;gap:8px;background:#888">${SHOWN.map(() => `<iframe style="border:0;width:${WIDTH}px;height:${HEIGHT}px"></iframe>`).join("")}`,
    );
    for (const [index, frame] of page.frames().slice(1).entries())
      await frame.setContent(readFileSync(new URL(`test/golden/mails/${SHOWN[index]}.html`, root), "utf8"));
    await page.screenshot({ path: fileURLToPath(new URL(`docs/mails-${colorScheme}.png`, root)) });
  }
} finally {
  await browser.close();
}

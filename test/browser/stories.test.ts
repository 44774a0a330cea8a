/**
 * The product's two pages as stories, by owner and partner in two browsers at once: with a pointer, by the keyboard
 * alone, and with JavaScript off. What one side does counts for the other side's next click.
 */
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { browserFor, endBrowser, openPage, wcagFindings } from "../support/browser.ts";
import { type Console, test } from "../support/console.ts";
import { byKeyboard, byPointer, type Person, signIn } from "../support/console-person.ts";
import { type Cast, playCreating, playRestrictions } from "../support/console-stories.ts";

/** Somebody who clicks, and looks at each page as somebody would who sees little of it. */
function readingAll(page: Page): Person {
  const person = byPointer(page);
  return {
    ...person,
    press: async (...what) => {
      await person.press(...what);
      expect(await wcagFindings(page), `${page.url()} after ${what}`).toEqual([]);
    },
  };
}

const HOWS: { how: string; person: (page: Page) => Person; options?: BrowserContextOptions }[] = [
  { how: "with a pointer", person: readingAll },
  { how: "by the keyboard alone", person: byKeyboard },
  { how: "with JavaScript off", person: byPointer, options: { javaScriptEnabled: false } },
];

const CAST = { owner: /^Anna Berg/, colleague: /^Otto Lind/, partner: /^Ben Okafor/, member: /^Tom Reyes/ };

/** Each with a browser of their own, signed in by the list of the sample people. */
async function castFor(own: Console, { person, options }: (typeof HOWS)[number], skip: (why: string) => never) {
  const browser = await browserFor(skip);
  const cast: Partial<Cast> = {};
  for (const [name, button] of Object.entries(CAST)) {
    const page = await openPage(browser, own.url, options);
    await signIn(page, button);
    cast[name as keyof Cast] = person(page);
  }
  return cast as Cast;
}

afterAll(endBrowser);

test.for(HOWS)("Creating Cooperations is played $how", async (how, { console: own, skip }) => {
  await playCreating(await castFor(own, how, skip), own);
});

test.for(HOWS)("Cooperation Permission Restrictions are played $how", async (how, { console: own, skip }) => {
  const { as } = own.service;
  const { body } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" });
  expect((await as("ben", "POST", `/v1/cooperations/${body.id}/accept`)).status).toBe(200);
  await playRestrictions(await castFor(own, how, skip), own);
});

/**
 * An organization with a thousand cooperations: its list is a page of a hundred kilobytes at most, also in its longest
 * rows, and every cooperation is reached from it. How long the first paint takes is printed.
 */
import { afterAll, expect } from "vitest";
import { browserFor, endBrowser, openPage } from "../support/browser.ts";
import { seedPeople, startConsole, test } from "../support/console.ts";
import { signIn } from "../support/console-person.ts";
import { SAMPLE_LINK } from "../support/console-service.ts";
import { createVisitor } from "../support/console-visitor.ts";
import { hrefsIn } from "../support/html.ts";

const COUNT = 1000;
const BYTES_MAX = 100_000;
const LIMITS = { openMax: 2 * COUNT, dailyMax: 2 * COUNT, declinedDays: 3 };

afterAll(endBrowser);

test("a list of a thousand cooperations is a small page, and each is reached from it", async ({
  tupleStore,
  engine,
  skip,
}) => {
  const browser = await browserFor(skip);
  const invitation = { secret: "a secret for the tests alone, 32+", url: "https://app.example/join", ttlDays: 14 };
  const own = await startConsole({ tupleStore, engine }, {}, { invitation: { ...invitation, limits: LIMITS } });
  const { as } = own.service;
  await seedPeople(own.service);
  const label = (n: number) => `a-person-with-a-long-name-${n}@the-partner-with-the-longest-name-of-all-${n}.example`;
  for (let n = 0; n < COUNT; n += 1) {
    const { status } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: label(n) });
    expect(status).toBe(201);
  }

  const page = await openPage(browser, own.url);
  await signIn(page, /^Anna Berg/);
  const sizes: number[] = [];
  const paints: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    const reply = await page.goto("/console/organizations/sunward/cooperations");
    sizes.push((await reply?.body())?.length ?? 0);
    // a function: the page's Content-Security-Policy refuses a text that is evaluated again
    const paint = await page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    );
    paints.push(Math.round(await paint.jsonValue()));
  }
  console.log(`a list of ${COUNT} cooperations: ${sizes[0]} bytes, first paint after ${paints.join(", ")} ms`);
  expect(Math.max(...sizes)).toBeLessThan(BYTES_MAX);
  expect(sizes[0]).toBeGreaterThan(5000);

  const visitor = createVisitor(own.service);
  const { forms } = await visitor.get(SAMPLE_LINK);
  const [form] = forms.filter(({ action }) => action.endsWith("/try-as"));
  if (form === undefined) throw new Error("nobody can sign in");
  await visitor.send(form, { person: "anna" });
  const found = new Set<string>();
  let next: string | undefined = "/console/organizations/sunward/cooperations";
  for (let pages = 0; next !== undefined; pages += 1) {
    expect(pages).toBeLessThan(COUNT);
    const { html, text } = await visitor.get(next);
    expect(text.length).toBeLessThan(BYTES_MAX);
    const hrefs = hrefsIn(html);
    for (const href of hrefs) {
      const [, id] = /^\/console\/cooperations\/(\w+)/.exec(href) ?? [];
      if (id !== undefined) found.add(id);
    }
    next = hrefs.find((href) => /cursor=|after=/.test(href));
  }
  expect(found.size).toBe(COUNT);
  await own.end();
});

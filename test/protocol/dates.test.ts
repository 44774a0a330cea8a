/** Law 7 holds with the agreed rules for dates, and with any of them left out it does not. */
import { expect, test } from "vitest";
import { AGREED_RULES, type DateRules, tryDates } from "./dates.ts";

test("no permission is answered as allowed at or after its date, and no entry is used after its TTL, however the clocks differ", () => {
  const { cases, wrong } = tryDates(AGREED_RULES);
  console.log(`dates: ${cases} cases`);
  expect(cases).toBeGreaterThan(1000);
  expect(wrong).toBeUndefined();
});

test.each<[string, Partial<DateRules>, string]>([
  ["a hit that does not look at valid_until", { hitComparesValidUntil: false }, "a hit says yes after the date"],
  ["a question for now only", { asks: "for now" }, "a hit says yes after the date"],
  ["a yes that ends kept for as long as any other", { yesThatEnds: "the TTL" }, "a hit says yes after the date"],
  ["a yes for now only that joiners get", { joinersGet: "every answer" }, "a joiner gets yes after the date"],
  ["an entry whose TTL counts from the store", { entryEnds: "TTL after the store" }, "a hit after the TTL"],
])("a broken rule is detected: %s", (_, change, what) => {
  expect(tryDates({ ...AGREED_RULES, ...change }).wrong?.what).toBe(what);
});

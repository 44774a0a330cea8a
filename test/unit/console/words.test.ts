/** The languages of the console: which one a browser gets, and that each says all that English says. */
import { expect, test } from "vitest";
import { preferredLanguage, WORDS } from "../../../src/console/words.ts";

test("a browser gets the language that it likes best of those there are, and else English", () => {
  expect(preferredLanguage("de-AT,de;q=0.9,en;q=0.8")).toBe("de");
  expect(preferredLanguage("fr, en;q=0.5, de;q=0.7")).toBe("de");
  expect(preferredLanguage("en-GB, de;q=0.9")).toBe("en");
  for (const text of [undefined, "", "fr", "*", "de;q=0", ";;;,,", "DE;q=x"])
    expect(["en", "de"]).toContain(preferredLanguage(text));
  expect(preferredLanguage("de;q=0")).toBe("en");
});

/** The places of all texts, and which of them are functions. */
function placesIn(words: object, at = ""): string[] {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === "object" ? placesIn(value, `${at}/${name}`) : [`${at}/${name} ${typeof value}`],
  );
}

test("no language lacks a text, has one more, or one that is empty", () => {
  const english = placesIn(WORDS.en).sort();
  expect(placesIn(WORDS.de).sort()).toEqual(english);
  for (const words of Object.values(WORDS)) expect(JSON.stringify(words)).not.toMatch(/:""/);
});

/** Text has one spelling, no two things have the same one, and what is not seen has no effect. */
import { domainToUnicode } from "node:url";
import { describe, expect, it } from "vitest";
import { OrganizationInput } from "../../../src/domain/commands.ts";
import { Email } from "../../../src/domain/email.ts";
import { newIdProblem } from "../../../src/domain/ids.ts";
import { emailHash } from "../../../src/domain/registry/decide-person.ts";
import { fold, isFoundIn } from "../../../src/domain/search-folding.ts";
import { shownName } from "../../../src/domain/text.ts";

/** Every character that Unicode has assigned. */
const CHARACTERS = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => !/[\p{Cn}\p{Co}]/u.test(character));

describe("a name", () => {
  const parse = (name: string) => OrganizationInput.safeParse({ name });

  it("is kept in NFC and without white space at its ends", () => {
    expect(parse("  Cafe\u0301 ").data).toEqual({ name: "Café" });
    expect(parse("Café").data).toEqual({ name: "Café" });
  });

  it("holds no control character", () => {
    for (const character of CHARACTERS)
      if (/\p{Cc}/u.test(character)) expect(parse(`a${character}b`).success, JSON.stringify(character)).toBe(false);
    expect(parse("a\u00a0b").success).toBe(true);
  });

  it.each(["\u200b", "\u202e", "\u00ad\u2060", "\u3164", "\u0301", "\u200b \u200b"])(
    "%j has no visible character, and is refused",
    (name) => {
      expect(parse(name).success).toBe(false);
      expect(parse(`a${name}`).success).toBe(true);
    },
  );

  it("is shown on one line, and neither reverses nor hides the text beside it", () => {
    const bent = "Sun\u202eward\u2066\u200b\u00ad\ufeff\nof\u2028Sun\u{e0041}";
    expect(shownName(bent)).toBe("Sun ward of Sun");
    for (const character of CHARACTERS)
      if (/(?![\u200c\u200d])\p{Cf}|[\p{Cc}\p{Zl}\p{Zp}]/u.test(character))
        expect(shownName(`a${character}`), JSON.stringify(character)).toBe("a");
    for (const name of ["Café", "太陽", "👩‍🔧 Solar", "نما‌یش", "שמש"]) expect(shownName(name)).toBe(name);
  });
});

describe("the id of something new", () => {
  it.each(["anna", "jürgen", "日本", "👍", "a|b@c", "аnna"])("may be %j", (id) => {
    expect(newIdProblem(id)).toBeUndefined();
  });

  it.each([
    "anna\u200b",
    "\u202eanna",
    "an\u2060na",
    "a\u00adnna",
    "\ufeffanna",
    "👩‍🔧",
    "anna\ufe0f",
    "anna\u3164",
    "a\u{e0061}",
  ])("is not %j, which looks like another", (id) => {
    expect(newIdProblem(id)).toMatch(/not seen/);
  });

  it("is in NFC; the problem names the one that is, so that it can be sent", () => {
    expect(newIdProblem("ju\u0308rgen")).toContain(encodeURIComponent("jürgen"));
    expect(newIdProblem("\u212a")).toContain("K");
  });
});

describe("an e-mail address", () => {
  const canonical = (text: string) => Email.safeParse(text).data;

  it.each([
    ["ida@partner.example", "ida@partner.example"],
    [" Ida@Partner.Example ", "ida@partner.example"],
    ["info@xn--e1afmkfd.xn--p1ai", "info@xn--e1afmkfd.xn--p1ai"],
    ["info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"],
    ["max@müller.example", "max@xn--mller-kva.example"],
    ["max@mu\u0308ller.example", "max@xn--mller-kva.example"],
    ["max@MÜLLER.example", "max@xn--mller-kva.example"],
    ["max@XN--MLLER-KVA.example", "max@xn--mller-kva.example"],
    ["a&b@x.example", "a&b@x.example"],
    ["a/b@x.example", "a/b@x.example"],
    ["a=b@x.example", "a=b@x.example"],
    ["a!b@x.example", "a!b@x.example"],
    ["o'neil+tag.x_y-z@sub.x.example", "o'neil+tag.x_y-z@sub.x.example"],
  ])("%j is %j", (text, address) => {
    expect(canonical(text)).toBe(address);
    expect(canonical(address)).toBe(address);
    // what nodemailer and DNS take
    expect(address).toMatch(/^[\x21-\x7e]+$/);
  });

  it.each([
    ..."x@sub-.example x@-sub.example x@ü-.example x@localhost x@1.2.3.4 x@[1.2.3.4] x@0x7f.1 x@x x@a_b.example".split(
      " ",
    ),
    ...'a..b@x.example .a@x.example a.@x.example @x.example x@ x x@@y.example "x"@y.example <x@y.example>'.split(" "),
    ...[
      "x y@a.example",
      "x@a.example.",
      "a@b.example,c@d.example",
      "ü@x.example",
      "x\u0000@a.example",
      "x@a\u0000.example",
    ],
    `${"x".repeat(65)}@${"y".repeat(190)}.example`,
    `x@${"ü".repeat(63)}.example`,
  ])("%j is refused", (text) => {
    expect(canonical(text)).toBeUndefined();
  });

  it("is refused when it only looks like another, or is folded to it", () => {
    // collected, since an expectation for each takes minutes
    const wrong: string[] = [];
    for (const character of CHARACTERS) {
      if ((character.codePointAt(0) ?? 0) < 0x80) continue;
      if (canonical(`${character}@x.example`) !== undefined) wrong.push(`local ${character}`);
      const address = canonical(`x@a${character}.example`);
      if (address === undefined) continue;
      // but for case, the domain shows the character that was sent
      const shown = domainToUnicode(address.slice(2)).slice(0, -".example".length);
      const same = [character, character.toLowerCase()].map((one) => `a${one}`.normalize("NFC"));
      if (!same.includes(shown)) wrong.push(`domain ${character}`);
    }
    expect(wrong).toEqual([]);
    expect(canonical("x@aü.example")).toBeDefined();
    for (const text of [
      "\u212a@x.example",
      "x@\u212aelvin.example",
      "x@ｋelvin.example",
      "x@ﬁx.example",
      "x@a\u00adb.example",
    ])
      expect(canonical(text), text).toBeUndefined();
  }, 180_000);

  it("that was accepted by an older version keeps its spelling and its hash", () => {
    for (const text of [
      "Ida@Partner.example",
      "a.b+c_d-e'f@x-y.Sub.example",
      "x@xn--mller-kva.example",
      "9@9.example",
    ]) {
      const before = text.trim().toLowerCase();
      expect(canonical(text)).toBe(before);
      expect(emailHash(canonical(text) ?? "")).toBe(emailHash(before));
    }
    expect(emailHash("anna@sunward.example")).toMatch(/^0ba79b65fb19c7d5/);
  });
});

describe("a search text", () => {
  it.each([
    ["Κόσμος", "κοσ"],
    ["Κόσμος", "ΚΌΣΜΟΣ"],
    ["Σισμανόγλειο", "σις"],
    ["ΣΙΣΜΑΝΟΓΛΕΙΟ 2", "Σισ"],
    ["Łódź", "lodz"],
    ["lodz", "ŁÓDŹ"],
    ["Ørsted", "orsted"],
    ["Đakovo", "dakovo"],
    ["Straße", "STRASSE"],
    ["STRAẞE", "straße"],
    ["İstanbul", "istanbul"],
    ["Isparta", "ısparta"],
    ["Hügel-9", " hugel"],
    ["Side  North", "side north "],
    ["Sun\u00adward", "sunward"],
    ["eclair", "E\u0301clair"],
  ])("%j is found by %j", (text, sought) => {
    expect(isFoundIn(sought, [text])).toBe(true);
  });

  it("is found within one text, not across two", () => {
    expect(isFoundIn("side s14", ["Hillside", "s14"])).toBe(false);
    expect(isFoundIn("hillside s14", ["Hillside", undefined, "s14"])).toBe(false);
    expect(isFoundIn(" ", ["x"])).toBe(true);
  });

  it("folds each letter the same in upper case, lower case, composed and decomposed, and when folded twice", () => {
    const wrong: string[] = [];
    for (const letter of CHARACTERS) {
      const folded = fold(letter);
      if (fold(folded) !== folded) wrong.push(`twice ${letter}`);
      if (!/\p{L}/u.test(letter)) continue;
      const same = [letter.toUpperCase(), letter.toLowerCase(), letter.normalize("NFD"), letter.normalize("NFKC")];
      if (same.some((one) => fold(one) !== folded)) wrong.push(letter);
    }
    expect(wrong).toEqual([]);
  }, 180_000);

  it("folds Latin letters as ICU does", () => {
    const { compare } = new Intl.Collator("en", { sensitivity: "base" });
    const plain = [..."abcdefghijklmnopqrstuvwxyz", "ae", "oe", "ss"];
    const isDot = (letter: string) => "Ŀŀ".includes(letter);
    for (let code = 0xc0; code < 0x250; code++) {
      const letter = String.fromCodePoint(code);
      const base = /\p{L}/u.test(letter) && !isDot(letter) && plain.find((one) => compare(letter, one) === 0);
      if (base) expect(fold(letter), letter).toBe(base);
    }
  });
});

/** The user of a line: proved while it is there, and taken out without breaking what seals the line. */
import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AccessLine } from "../../../src/domain/access-log/lines.ts";
import {
  erasedText,
  monthOf,
  pseudonymOf,
  pseudonymProblem,
  sealedText,
} from "../../../src/domain/access-log/pseudonym.ts";
import { hashOfLines, signSeal } from "../../../src/domain/access-log/seal.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { KEYS, lineOf, NOON, threeFiles } from "../../support/access-log-files.ts";

const [JUNE, JULY] = [createSecretKey(Buffer.alloc(32, 6)), createSecretKey(Buffer.alloc(32, 7))];

describe("a pseudonym", () => {
  test("is the same for a user in a month, and another one for another user or month", () => {
    const { user_hash: hash } = pseudonymOf(JUNE, "tom");
    expect(pseudonymOf(JUNE, "tom").user_hash).toBe(hash);
    expect(pseudonymOf(JUNE, "ben").user_hash).not.toBe(hash);
    expect(pseudonymOf(JULY, "tom").user_hash).not.toBe(hash);
    expect([monthOf("2027-06-30T23:59:59.999Z"), monthOf("2027-07-01T00:00:00.000Z")]).toEqual(["2027-06", "2027-07"]);
  });
});

describe("an erased line", () => {
  test.each(["tom", "zoë 🌻", 'with "quotes" and \\'])("of %s says nothing of its user but the hash", (user) => {
    const text = lineOf(user);
    const erased = erasedText(text) ?? "";
    const { user: _, salt: __, ...rest } = JSON.parse(text);
    expect(JSON.parse(erased)).toEqual(rest);
    // whoever reads by places in the file finds every line where it was
    expect(Buffer.byteLength(erased)).toBe(Buffer.byteLength(text));
    expect(sealedText(erased)).toBe(sealedText(text));
    expect(erasedText(erased)).toBeUndefined();
  });

  test("is none where the line would not verify any more, nor of what is no access", () => {
    const { user_hash: _, salt: __, ...line } = JSON.parse(lineOf("tom"));
    const gap = JSON.stringify({ kind: "gap", reason: "full", from: "", to: "", lost: 1 });
    for (const text of [JSON.stringify(line), gap, "no JSON", "null"]) {
      expect(erasedText(text)).toBeUndefined();
      expect(sealedText(text)).toBe(text);
    }
  });

  test("has nothing wrong, unlike one that lost its user or its salt alone", () => {
    const line: AccessLine = JSON.parse(lineOf("tom"));
    expect(pseudonymProblem(line)).toBeUndefined();
    expect(pseudonymProblem(JSON.parse(erasedText(lineOf("tom")) ?? ""))).toBeUndefined();
    for (const lost of [{ user: undefined }, { salt: undefined }, { user_hash: undefined }])
      expect(pseudonymProblem({ ...line, ...lost })).toMatch(/was changed/);
  });
});

describe("the verification", () => {
  test("holds before and after every line of a user is erased, and counts them", async () => {
    const { files } = await threeFiles();
    const erase = (text: string) =>
      text
        .split("\n")
        .map((line) => (line.includes('"user":"tom"') ? erasedText(line) : line))
        .join("\n");
    const erased = files.map(({ name, text }) => ({ name, text: erase(text) }));
    expect(erased.some(({ text }) => text.includes("tom"))).toBe(false);
    const before = verifyFiles(files, { keys: KEYS.verifying });
    const after = verifyFiles(erased, { keys: KEYS.verifying });
    expect([before.problems, before.erased, before.notes]).toEqual([[], 0, []]);
    expect([after.problems, after.erased]).toEqual([[], 3]);
    expect(after.notes).toEqual([expect.stringContaining("3 lines have no user any more")]);
    expect([after.proved, after.accesses]).toEqual([before.proved, before.accesses]);
  });

  test("finds another change of an erased line", async () => {
    const { files } = await threeFiles();
    const changed = files.map(({ name, text }) => {
      const line = text.split("\n")[1] ?? "";
      return { name, text: text.replace(line, (erasedText(line) ?? "").replace("can_view", "can_edit")) };
    });
    expect(verifyFiles(changed, { keys: KEYS.verifying }).problems.join()).toMatch(/lines 2 to 3 was changed/);
  });

  test("reads files of format 1, whose lines have no hash of their user: they hold, and none is erased unseen", () => {
    const at = new Date(NOON).toISOString();
    const writer = "01J00000000000000000000000";
    const file = `access-20270601T12Z-${writer}-000001.ndjson`;
    const { user_hash: _, salt: __, ...line } = JSON.parse(lineOf("tom"));
    const { user: ___, ...nobody } = line;
    const fileWith = (written: object, sealed: object, format = 1) => {
      const control = { writer, file, at };
      const begin = { kind: "begin", n: 0, format, ...control, part: 1, store: "store", follows: [] };
      const previous = hashOfLines([JSON.stringify(begin)]);
      const sha256 = hashOfLines([JSON.stringify(sealed)]);
      const batch = { kind: "batch", writer, n: 1, lines: 1, sha256, previous, through: at };
      const seal = signSeal(KEYS, {
        ...{ kind: "seal", ...control, n: 2, lines: 1, previous: hashOfLines([JSON.stringify(batch)]) },
      });
      return { name: file, text: [begin, written, batch, seal].map((one) => `${JSON.stringify(one)}\n`).join("") };
    };
    const problemsOf = (...of: Parameters<typeof fileWith>) =>
      verifyFiles([fileWith(...of)], { keys: KEYS.verifying }).problems.join();
    expect(problemsOf(line, line)).toBe("");
    expect(problemsOf(nobody, line)).toMatch(/one of the lines 2 to 2 was changed/);
    // and none of format 2 has a user that nothing proves
    expect(problemsOf(line, line, 2)).toMatch(/its user or salt was changed/);
  });
});

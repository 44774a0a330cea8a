/** What may be an id, and that refusals are all that happens: nothing is rewritten. */
import { describe, expect, it } from "vitest";
import { revoke } from "../../../src/actions/delegation.ts";
import { ownerScope, userScope } from "../../../src/domain/cache-scopes.ts";
import {
  ID_BYTES_MAX,
  Id,
  idOf,
  idOfType,
  idProblem,
  OrganizationId,
  PortfolioId,
  ResourceRefInput,
  ShareId,
  splitRef,
  UserId,
} from "../../../src/domain/ids.ts";
import { type Delegation, entryNumber, entryRef } from "../../../src/domain/records.ts";

const code = (text: string) => `U+${text.codePointAt(0)?.toString(16).padStart(4, "0")}`;

const FORBIDDEN = [
  ...":#*",
  ..." \t\n\v\f\r",
  "\u0000",
  "\u0001",
  "\u001f",
  "\u007f",
  "\u0080",
  "\u0085",
  "\u009f",
  "\u00a0",
  "\u1680",
  "\u2000",
  "\u200a",
  "\u2028",
  "\u2029",
  "\u202f",
  "\u205f",
  "\u3000",
  "\ufeff",
];

describe("an id", () => {
  it.each([
    "7",
    "ann@sun.example",
    "a|b",
    "a/b",
    "a.b",
    "...",
    "-",
    "_",
    "%00",
    "Ünïcödé",
    "太陽",
    "☀️",
    "👩‍🔧",
    `!"$&'()+,-./;<=>?@[\\]^_\`{|}~`,
    "__proto__",
  ])("may be %j, unchanged", (id) => {
    expect(idProblem(id)).toBeUndefined();
    expect(Id.parse(id)).toBe(id);
  });

  it.each(FORBIDDEN.map((character) => [code(character), character]))(
    "may hold no %s, at any place",
    (_, character) => {
      for (const id of [character, `${character}a`, `a${character}b`, `a${character}`]) {
        expect(idProblem(id)).toMatch(/must not contain/);
        expect(Id.safeParse(id).success).toBe(false);
      }
    },
  );

  it.each([
    ["nothing", "", /empty/],
    ["this folder", ".", /\. or \.\./],
    ["the folder above", "..", /\. or \.\./],
    ["a high surrogate alone", "a\ud83d", /well-formed/],
    ["a low surrogate alone", "\ude00a", /well-formed/],
    ["surrogates in the wrong order", "\ude00\ud83d", /well-formed/],
  ])("may not be %s", (_, id, problem) => {
    expect(idProblem(id)).toMatch(problem);
    expect(Id.safeParse(id).success).toBe(false);
  });

  it.each([
    ["one byte", "a", 200],
    ["two bytes", "ü", 100],
    ["three bytes", "太", 66],
    ["four bytes", "👍", 50],
  ])("is measured in UTF-8: characters of %s", (_, character, times) => {
    expect(Buffer.byteLength(character) * times).toBeGreaterThan(ID_BYTES_MAX - Buffer.byteLength(character));
    expect(idProblem(character.repeat(times))).toBeUndefined();
    expect(idProblem(character.repeat(times + 1))).toMatch(/at most 200 bytes/);
    expect(idProblem(`${character.repeat(times - 1)}${"a".repeat(Buffer.byteLength(character) + 3)}`)).toMatch(/200/);
  });
});

describe("a reference", () => {
  it("is split at its first colon, and has no id without one", () => {
    expect(splitRef("plant:7")).toEqual(["plant", "7"]);
    expect(splitRef("share:s#viewer")).toEqual(["share", "s#viewer"]);
    expect(splitRef("plant")).toEqual(["plant", ""]);
    expect(idOf("user:ann@sun.example")).toBe("ann@sun.example");
  });

  it.each(["plant:7", "portfolio:north", "plant:a/b", `plant:${"a".repeat(200)}`])("%s names a resource", (ref) => {
    expect(ResourceRefInput.parse(ref)).toBe(ref);
  });

  it.each([
    "7",
    "plant",
    "plant:",
    ":7",
    "Plant:7",
    "share:7",
    "organization:7",
    "plant:7:8",
    "plant:7#viewer",
    "plant:*",
    "plant: 7",
    " plant:7",
    "plant:..",
    `plant:${"a".repeat(201)}`,
  ])("%j names none", (ref) => {
    expect(ResourceRefInput.safeParse(ref).success).toBe(false);
  });

  it.each(["7", "a.b", "a.1", "1.2.3"])("to an entry of an object with the id %s gives its number back", (id) => {
    expect(entryNumber(entryRef(`organization:${id}`, 12))).toBe(12);
  });

  it("to an entry is one for every object and number", () => {
    const refs = ["a", "a.1", "a.1.1"].flatMap((id) => [1, 11, 111].map((n) => entryRef(`plant:${id}`, n)));
    expect(new Set(refs).size).toBe(refs.length);
    expect(entryRef("plant:a", 1)).not.toBe(entryRef("portfolio:a", 1));
  });
});

describe("an id of one kind", () => {
  const user = UserId.parse("anna");
  const share = ShareId.parse("01JD8ZT4Q5K3M9W2X7Y6V0B1CD");
  const organization = OrganizationId.parse("sunward");

  it("is taken where its own kind is asked for, and is the text that it was parsed from", () => {
    const delegation = { share, user } satisfies Pick<Delegation, "share" | "user">;
    expect(delegation).toEqual({ share: "01JD8ZT4Q5K3M9W2X7Y6V0B1CD", user: "anna" });
    expect(userScope(user)).toBe("user:anna");
    expect(idOfType("organization", "organization:sunward")).toBe(organization);
  });

  it("does not compile where another kind, a reference or a mere text is", () => {
    // @ts-expect-error a share is no user, and a user no share
    ({ share: user, user: share }) satisfies Pick<Delegation, "share" | "user">;
    // @ts-expect-error an organization is no user
    expect(userScope(organization)).toBe("user:sunward");
    // @ts-expect-error a reference is no id
    expect(userScope("user:anna")).toBe("user:user:anna");
    // @ts-expect-error a mere text is no id before it was parsed
    expect(ownerScope("sunward")).toBe("organization:sunward");
    // @ts-expect-error an action takes ids of its own kinds
    expect(revoke({ share: organization, user })).toHaveProperty("decide");
  });

  it("is refused by its schema where OpenFGA could not hold it", () => {
    for (const kind of [UserId, OrganizationId, PortfolioId])
      expect([kind.safeParse("anna").success, kind.safeParse("user:anna").success]).toEqual([true, false]);
  });
});

/** Addresses of the console: no value becomes another place, and no text from a browser leads elsewhere. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { v1Path } from "../../../src/console/api.ts";
import { hrefFrom, to, withFragment, withQuery } from "../../../src/console/path.ts";

const ORIGIN = "https://concordat.example";

test("each value is one part of the path, whatever it holds", () => {
  expect(to`/console/cooperations/${"01X"}/shares/${7}`).toBe("/console/cooperations/01X/shares/7");
  const hostile = [
    "a/b",
    "../..",
    "?x=1",
    "#x",
    "//evil.example",
    "\\evil",
    'x"><script>',
    "javascript:x",
    "ä €",
    "%2f",
  ];
  for (const value of hostile) {
    const { pathname, search, hash, origin } = new URL(to`/console/objects/${value}/x`, ORIGIN);
    expect([origin, search, hash]).toEqual([ORIGIN, "", ""]);
    const [, , , part = "", last] = pathname.split("/");
    expect([decodeURIComponent(part), last]).toEqual([value, "x"]);
  }
});

test("any text is kept inside its part, and can be read back from it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (value, query) => {
      const href = withQuery(to`/console/objects/${value}/x`, { q: query });
      const { pathname, searchParams, origin } = new URL(href, ORIGIN);
      expect(origin).toBe(ORIGIN);
      expect(pathname.split("/")).toHaveLength(5);
      if (value.isWellFormed() && value !== "." && value !== "..")
        expect(decodeURIComponent(pathname.split("/")[3] ?? "")).toBe(value);
      expect(searchParams.get("q") ?? "").toBe(query.toWellFormed());
    }),
  );
});

test("steps are no part of a path", () => {
  for (const value of [".", ".."]) expect(to`/console/${value}/x`).toBe("/console/%EF%BF%BD/x");
});

test("a query is added to one that is there, and what is empty is left out", () => {
  const list = withQuery(to`/console/organizations/${"a"}/cooperations`, {
    search: "ä&b",
    status: undefined,
    page: "",
  });
  expect(list).toBe("/console/organizations/a/cooperations?search=%C3%A4%26b");
  expect(withQuery(list, { cursor: 1 })).toBe(`${list}&cursor=1`);
  expect(withFragment(list, "a b")).toBe(`${list}#a%20b`);
});

describe("an address from a browser", () => {
  test("is one if it is the console's", () => {
    for (const text of ["/console", "/console?choose=1", "/console/organizations/a%20b/x?y=1&z=%2F"])
      expect(hrefFrom(text)).toBe(text);
    expect(hrefFrom("/console/a/../b")).toBe("/console/b");
  });

  test.each([
    ...[
      "",
      "https://evil.example/console",
      "//evil.example/console",
      "/\\evil.example",
      "/console\\..\\..\\",
      "console",
    ],
    ...["/consoles", "/console/../v1/me", "/console/%2e%2e/%2e%2e/x", "/console/\n/x", "javascript:alert(1)"],
    ...["/console//evil.example", "/v1/me", " /console", "/console/ü"],
  ])("is none otherwise: %s", (text) => {
    expect(hrefFrom(text)).toBeUndefined();
  });

  test("is none where there is none", () => {
    expect(hrefFrom(undefined)).toBeUndefined();
  });
});

test("a value of a path of the API is one part of it, also one that browsers and servers take for a step", () => {
  expect(v1Path`/v1/shares/${"a/../b"}`).toBe("/v1/shares/a%2F..%2Fb");
  for (const step of [".", ".."]) {
    const { pathname } = new URL(v1Path`/v1/shares/${step}/x`, "https://concordat.example");
    expect(pathname).toBe("/v1/shares/%EF%BF%BD/x");
  }
});

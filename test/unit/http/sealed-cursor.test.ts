/** Cursors that show nothing of their place, and are only taken back for the list and query that they were made for. */
import { expect, test } from "vitest";
import { fileCursor, readFileCursor, WRITERS_AT_ONCE } from "../../../src/access-log/file-cursor.ts";
import { sealedCursors } from "../../../src/http/sealed-cursor.ts";
import { writerNo } from "../../support/written-log.ts";

/** The longest cursor that a route of the access log takes. */
const CURSOR_MAX = 6000;
const QUERY = ["list", { user: "tom" }];
const cursors = sealedCursors("a secret");

/** A place in the files of so many writers, of which each was read down to that byte. */
const placeOf = (writers: number, end: number) => {
  const places = Array.from({ length: writers }, (_, n) => ({ writer: writerNo(writers - n), part: 1, end }));
  return fileCursor({ hour: "20270601T12", lowest: writerNo(1), places });
};

test("two places of other lengths have cursors of one length, each is given back as it was, and one that takes more blocks is longer", () => {
  const places = ["x", placeOf(1, 9), placeOf(1, 60_000_000), placeOf(9, 60_000_000)];
  const sealed = places.map((place) => cursors.seal(QUERY, place));
  expect(new Set(places.map(({ length }) => length)).size).toBe(places.length);
  expect(new Set(sealed.map(({ length }) => length)).size).toBe(1);
  expect(sealed.map((cursor) => cursors.open(QUERY, cursor))).toEqual(places);
  const longer = placeOf(WRITERS_AT_ONCE, 9);
  expect(cursors.seal(QUERY, longer).length).toBeGreaterThan(sealed[0]?.length ?? 0);
});

test("the longest place of files has a cursor that the routes take, and is read from it", () => {
  const place = placeOf(WRITERS_AT_ONCE, Number.MAX_SAFE_INTEGER);
  const cursor = cursors.seal(QUERY, place);
  expect(cursor.length).toBeLessThan(CURSOR_MAX);
  expect(readFileCursor(cursors.open(QUERY, cursor) ?? "")?.places).toHaveLength(WRITERS_AT_ONCE);
});

test("a cursor of another query or secret, or one that was changed, has no place", () => {
  const cursor = cursors.seal(QUERY, "a place");
  expect(cursors.open(QUERY, cursor)).toBe("a place");
  expect(cursors.open(["list", { user: "eva" }], cursor)).toBeUndefined();
  expect(sealedCursors("another secret").open(QUERY, cursor)).toBeUndefined();
  for (const changed of [cursor.slice(4), cursor.slice(0, -4), `${cursor}AAAA`, ""])
    expect(cursors.open(QUERY, changed)).toBeUndefined();
});

/** Lines of CSV: read back as they were, and opened by a spreadsheet as text. */
import { expect, test } from "vitest";
import { csvLine } from "../../../src/http/csv.ts";

test.for(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uFF1D1", "\u200B=1"])(
  "a cell that a spreadsheet would take for a formula is text (%j)",
  (cell) => {
    const line = csvLine([cell]);
    expect(line).toMatch(/^"?'/);
    expect(line).toContain(cell);
  },
);

test.for([
  ["Fix;=cmd|' /C calc'!A0;x", "Fix;'=cmd|' /C calc'!A0;x"],
  ["a; +1", "a;' +1"],
  ["=1;;@x", "'=1;;'@x"],
  ['a;"=1', '"a;\'""=1"'],
  ["a,b;-1", '"a,b;\'-1"'],
])("nor does a semicolon begin one, at which spreadsheets of many countries divide cells (%j)", ([cell, line]) => {
  expect(csvLine([cell])).toBe(`${line}\r\n`);
});

test("a cell that is no formula stays as it is, and an empty one is empty", () => {
  expect(csvLine(["plant:7", "a=b", "a;b; c", "2027-01-01T00:00:00Z", null, undefined, ""])).toBe(
    "plant:7,a=b,a;b; c,2027-01-01T00:00:00Z,,,\r\n",
  );
});

test("a cell with a comma, a quote or the end of a line is quoted, and so never ends its cell or line", () => {
  expect(csvLine(["a,b", 'say "x"', "two\r\nlines"])).toBe('"a,b","say ""x""","two\r\nlines"\r\n');
  expect(csvLine(['=cmd|"/c calc"!A1,x'])).toBe('"\'=cmd|""/c calc""!A1,x"\r\n');
});

/** JSON from outside is read so that no two readers understand it differently: against the plain parser, and by name. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "../../../src/domain/read-json.ts";

const read = (text: string) => readJson(new TextEncoder().encode(text));

test("every JSON value is read as the plain parser reads it, however it is spaced", () => {
  const spaced = fc.tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"));
  fc.assert(
    fc.property(spaced, ([value, space]) => {
      const text = JSON.stringify(value, undefined, space);
      expect(read(text)).toEqual({ kind: "json", json: JSON.parse(text) });
    }),
    { numRuns: 500 },
  );
});

test("a repeated member is found at any depth, with its pointer", () => {
  const names = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(names, fc.string(), fc.boolean(), (path, filler, inList) => {
      const name = JSON.stringify(path.at(-1));
      const twice = `{${name}:${JSON.stringify(filler)},"\\u0000":[1],${name}:{"a:b":":"}}`;
      const text = path
        .slice(0, -1)
        .reduceRight((inner, one) => `{${JSON.stringify(one)}:${inList ? `[0, ${inner}]` : inner}}`, twice);
      const pointer = path.map((one, n) => {
        const escaped = one.replaceAll("~", "~0").replaceAll("/", "~1");
        return `/${escaped}${inList && n < path.length - 1 ? "/1" : ""}`;
      });
      expect(read(text)).toEqual({ kind: "wrong", wrong: { pointer: pointer.join(""), detail: "is named twice" } });
    }),
    { numRuns: 300 },
  );
});

test.for([
  ['{"a":1,"a":1}', "/a"],
  ['{"a":1,"\\u0061":2}', "/a"],
  ['{"a":{"b":1,"c":2},"a":{"b":1,"c":2}}', "/a"],
  ['[{"x":[{"y":":","y":0}]}]', "/0/x/0/y"],
  ['{"__proto__":1,"__proto__":2}', "/__proto__"],
  ['{"":1,"":2}', "/"],
  ['{"a:b":":","c":":","a:b":1}', "/a:b"],
] as const)("%s has a repeated member at %s", ([text, pointer]) => {
  expect(read(text)).toEqual({ kind: "wrong", wrong: { pointer, detail: "is named twice" } });
});

test.for([
  '{"a":"a","b":{"a":"a"}}',
  '[{"a":1},{"a":1}]',
  '{"a":":\\":","A":"{\\"a\\":1,\\"a\\":2}"}',
  '{"a":[":",":"]}',
  "7",
  '":"',
])("%s has no repeated member", (text) => {
  expect(read(text)).toEqual({ kind: "json", json: JSON.parse(text) });
});

test.for([
  ["1e999", "", "must be a smaller number"],
  ['{"a":[1,-1e999]}', "/a/1", "must be a smaller number"],
  ["[".repeat(101) + "]".repeat(101), "/0", "must not be nested deeper than 100 levels"],
  [`{"a":${"[".repeat(100)}${"]".repeat(100)}}`, "/a", "must not be nested deeper than 100 levels"],
  ['{"a":'.repeat(60_000), "", "must be JSON in UTF-8"],
  ["", "", "must be JSON in UTF-8"],
  ["{'a':1}", "", "must be JSON in UTF-8"],
] as const)("what parsers read differently is refused with its pointer: %#", ([text, pointer, detail]) => {
  expect(read(text)).toEqual({ kind: "wrong", wrong: { pointer, detail } });
});

test("a hundred levels are read, and a body of colons or members takes time linear in its length", () => {
  const deep = "[".repeat(100) + "]".repeat(100);
  expect(read(deep)).toEqual({ kind: "json", json: JSON.parse(deep) });
  const colons = JSON.stringify({ a: ":".repeat(250_000) });
  expect(read(colons)).toEqual({ kind: "json", json: JSON.parse(colons) });
  const members = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`m${n}`, ":"])));
  expect(read(members)).toEqual({ kind: "json", json: JSON.parse(members) });
});

test("bytes that are no UTF-8 give no value", () => {
  expect(readJson(Buffer.from('{"a":"\xff"}', "latin1"))).toEqual({
    kind: "wrong",
    wrong: { pointer: "", detail: "must be JSON in UTF-8" },
  });
});

/** How `If-Match` and `If-None-Match` are read (RFC 9110 §13.1.1, §13.1.2). */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { preconditionOf } from "../../../src/http/precondition.ts";

test.each<[headers: Record<string, string>, expected: object | undefined]>([
  [{}, undefined],
  [{ "If-Match": "*" }, { match: "any" }],
  [{ "If-Match": ' "1" , "22" ' }, { match: [1, 22] }],
  [{ "If-Match": '"1",W/"2","x","03","",' }, { match: [1] }],
  [{ "If-None-Match": 'W/"2", "3"' }, { none: [2, 3] }],
  // what is no list of ETags is met by nothing
  ...["", "1", '"1" "2"', '"1', "*, *", '*,"1"', 'w/"1"', '"1";'].map((text): [Record<string, string>, object] => [
    { "If-Match": text },
    { match: [] },
  ]),
  [{ "If-None-Match": "garbage" }, { none: "any" }],
])("the header %j is parsed to %j", async (headers, expected) => {
  const app = new Hono().get("/", (c) => c.json([preconditionOf(c)]));
  const [read] = (await (await app.request("/", { headers })).json()) as [unknown];
  expect(read ?? undefined).toEqual(expected);
});

/** Endpoints as an operator writes them: what is taken, and that nothing secret is in what is refused. */
import { describe, expect, test } from "vitest";
import { allowedFor, endpointProblems, readEndpoints } from "../../../../src/domain/events/endpoints.ts";
import { readSecret } from "../../../../src/domain/events/signature.ts";

const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const one = (more: object) =>
  JSON.stringify([{ name: "erp", url: "https://erp.example/hook", secrets: [SECRET], ...more }]);
const problemOf = (text: string) => {
  const read = readEndpoints(text);
  return "problem" in read ? read.problem : undefined;
};

describe("endpoints", () => {
  test("are read with their secrets as bytes", () => {
    const read = readEndpoints(one({ types: ["concordat.cooperation.paused"] }));
    expect(read).toMatchObject({ endpoints: [{ name: "erp", secrets: [Buffer.alloc(24, 7)] }] });
  });

  test.each([
    ["nonsense", /JSON list/],
    ["[]", /at least one/],
    [one({ name: "a.b" }), /entry 0.name: must be 1 to 40/],
    [one({ url: "erp.example" }), /entry 0.url: must be a URL/],
    [one({ url: "ftp://erp.example" }), /must begin with https/],
    [one({ url: "https://u:p@erp.example" }), /no user and no password/],
    [one({ secrets: ["whsec_c2hvcnQ="] }), /whsec_ and 24 to 64 bytes/],
    [one({ secrets: [SECRET, SECRET, SECRET] }), /at most two/],
    [one({ types: ["concordat.nothing"] }), /no type of event/],
    [one({ retries: 3 }), /retries/],
    [`[${one({}).slice(1, -1)},${one({}).slice(1, -1)}]`, /names erp twice/],
  ])("such as %s are refused without their secrets", (text, problem) => {
    expect(problemOf(text)).toMatch(problem);
    expect(problemOf(text)).not.toMatch(/whsec_c|BwcH|u:p/);
  });

  test("need https, port 443 and a signature, unless something else is allowed", () => {
    const problems = (more: object, allowed: readonly ("http" | "ports")[] = [], hasKey = false) => {
      const read = readEndpoints(one(more));
      return "endpoints" in read ? endpointProblems(read.endpoints, allowed, hasKey) : ["unread"];
    };
    expect(problems({})).toEqual([]);
    expect(problems({ url: "https://erp.example:443/hook" })).toEqual([]);
    expect(problems({ url: "http://erp.example/" })).toHaveLength(1);
    expect(problems({ url: "http://erp.example:8080/" })).toHaveLength(2);
    expect(problems({ url: "http://erp.example:8080/" }, ["http", "ports"])).toEqual([]);
    expect(problems({ secrets: [] })).toHaveLength(1);
    expect(problems({ secrets: [] }, [], true)).toEqual([]);
  });
});

test("what is allowed counts for organizations only where the operator says so, and saying so in vain is refused", () => {
  expect(allowedFor(["http", "ports", "private"], true)).toEqual([]);
  expect(allowedFor(["http", "ports", "private"], false)).toEqual(["http", "ports", "private"]);
  expect(allowedFor(["http", "private", "organizations-private"], true)).toContain("http");
  expect(endpointProblems([], ["organizations-private"], true)).toEqual([expect.stringMatching(/add private too/)]);
  expect(endpointProblems([], ["private", "organizations-private"], true)).toEqual([]);
});

test("a secret is whsec_ and 24 to 64 bytes in base64, and nothing else", () => {
  expect(readSecret(SECRET)).toEqual(Buffer.alloc(24, 7));
  const encoded = (length: number) => `whsec_${Buffer.alloc(length).toString("base64")}`;
  expect(readSecret(encoded(64))?.length).toBe(64);
  for (const text of [encoded(23), encoded(65), SECRET.slice("whsec_".length), `${SECRET}!`, "whsec_", ""])
    expect(readSecret(text)).toBeUndefined();
});

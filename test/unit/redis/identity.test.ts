/** A server is known by its run id; whatever shows two of them on one connection is a proxy, and is refused for a while. */
import { expect, test } from "vitest";
import { createIdentity } from "../../../src/redis/identity.ts";

const info = (run: string, { role = "master", replication = "one" } = {}) =>
  `# Server\r\nrun_id:${run}\r\n# Replication\r\nrole:${role}\r\nmaster_replid:${replication}\r\n`;
const both = (run: string) => [info(run), info(run)];
const named = { epoch: expect.any(String), run: expect.any(String) };
const refused = { problem: expect.stringContaining("several servers") };

test("a server has one epoch for as long as its run id and its replication id stay", () => {
  const identify = createIdentity();
  const first = identify(1, both("a"));
  expect(first).toEqual(named);
  expect(identify(1, both("a"))).toEqual(first);
  const promoted = identify(1, [info("a", { replication: "two" }), info("a", { replication: "two" })]);
  expect(promoted).toEqual(named);
  expect(promoted).not.toEqual(first);
});

test("another server is another epoch on a connection of its own, and refused on the same one, also when it answers alone", () => {
  const identify = createIdentity();
  expect(identify(1, both("a"))).toEqual(named);
  expect(identify(2, both("b"))).toEqual(named);
  expect(identify(2, both("a"))).toEqual(refused);
  for (const connection of [2, 3]) expect(identify(connection, both("a"))).toEqual(refused);
});

test("INFO and a script that two servers answer are refused", () => {
  expect(createIdentity()(1, [info("a"), info("b")])).toEqual(refused);
});

test("no master, no run id, and no text are refused, each with its reason", () => {
  const problems: [unknown, RegExp][] = [
    [info("a", { role: "slave" }), /no master/],
    ["# Server\r\nredis_version:7\r\n", /no run_id/],
    [undefined, /another shape/],
  ];
  for (const [said, problem] of problems)
    expect(createIdentity()(1, [said, info("a")])).toEqual({ problem: expect.stringMatching(problem) });
  expect(createIdentity()(1, [])).toEqual({ problem: expect.stringContaining("nothing") });
});

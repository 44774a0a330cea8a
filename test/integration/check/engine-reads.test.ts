/**
 * What a question costs the engine may only fall: the reads of its datastore, by kind of
 * question, are held to golden/engine-reads.txt.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findServer } from "../../../src/openfga/server/find-server.ts";
import { type EngineReads, measureEngineReads, printEngineReads } from "../../support/engine-reads.ts";
import { MODEL } from "../../support/model.ts";

const GOLDEN = new URL("../../golden/engine-reads.txt", import.meta.url);

const HEADING = `Reads of the datastore that OpenFGA needs for one can_view: the median, on one processor
(test/support/engine-reads.ts). 1 and 3 are the shares on the path; of three partners the one who needs most.
Compared by test/integration/check/engine-reads.test.ts; UPDATE_GOLDEN=1 takes in what fell, never what rose.`;

/** The table in such a text; the prose before it has no two spaces in a row. */
function parseEngineReads(text: string): EngineReads {
  const [heading = [], ...rows] = text
    .split("\n")
    .map((line) => line.split(/ {2,}/))
    .filter((cells) => cells.length > 1);
  const rowOf = (cells: string[]) => new Map(cells.map((cell, n) => [heading[n + 1] ?? "", Number(cell)]));
  return new Map(rows.map(([kind = "", ...cells]) => [kind, rowOf(cells)]));
}

/** The cells of `is` that `better` holds of, each with what it was. A cell that was not there before is neither. */
function changed(was: EngineReads, is: EngineReads, better: (is: number, was: number) => boolean): string[] {
  return [...is].flatMap(([kind, row]) =>
    [...row].flatMap(([target, reads]) => {
      const before = was.get(kind)?.get(target);
      return before !== undefined && better(reads, before) ? [`${kind}, ${target}: ${before} → ${reads}`] : [];
    }),
  );
}

/** The lower of both, cell by cell. */
function lower(was: EngineReads, is: EngineReads): EngineReads {
  const cell = (kind: string, target: string, reads: number) => Math.min(reads, was.get(kind)?.get(target) ?? reads);
  return new Map(
    [...is].map(([kind, row]) => [
      kind,
      new Map([...row].map(([target, reads]) => [target, cell(kind, target, reads)])),
    ]),
  );
}

test("no kind of question costs the engine more reads than golden/engine-reads.txt says", async ({ skip }) => {
  const found = await findServer({ ...process.env, OPENFGA_API_URL: "" }, { line: () => {}, counter: () => {} });
  if (found.kind !== "binary") return skip("a container's scheduler is not ours to bind to one processor");
  const reads = await measureEngineReads(found.path, MODEL);
  const golden = parseEngineReads(readFileSync(GOLDEN, "utf8"));
  if (process.env.UPDATE_GOLDEN === "1")
    writeFileSync(GOLDEN, `${HEADING}\n\n${printEngineReads(lower(golden, reads))}\n`);
  const fell = changed(golden, reads, (is, was) => is < was);
  if (fell.length > 0) console.log(`Fewer reads; UPDATE_GOLDEN=1 keeps them:\n${fell.join("\n")}`);
  expect(changed(golden, reads, (is, was) => is > was)).toEqual([]);
  const kept = parseEngineReads(readFileSync(GOLDEN, "utf8"));
  expect([...kept].map(([kind, row]) => [kind, [...row.keys()]])).toEqual(
    [...reads].map(([kind, row]) => [kind, [...row.keys()]]),
  );
});

test("a printed table is parsed to the same table, and an increase in it is detected", () => {
  const reads: EngineReads = new Map([
    [
      "delegate",
      new Map([
        ["plant, 1", 13],
        ["portfolio, 3", 9],
      ]),
    ],
    [
      "stranger",
      new Map([
        ["plant, 1", 7],
        ["portfolio, 3", 31],
      ]),
    ],
  ]);
  const golden = parseEngineReads(`Heading.\n\n${printEngineReads(reads)}\n`);
  expect(golden).toEqual(reads);
  const risen = new Map(reads).set(
    "stranger",
    new Map([
      ["plant, 1", 8],
      ["portfolio, 3", 30],
    ]),
  );
  expect(changed(golden, risen, (is, was) => is > was)).toEqual(["stranger, plant, 1: 7 → 8"]);
  expect(lower(golden, risen).get("stranger")).toEqual(
    new Map([
      ["plant, 1", 7],
      ["portfolio, 3", 30],
    ]),
  );
});

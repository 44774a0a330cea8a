/**
 * Who may do what, asked of the real engine in every situation: compared with the file
 * that people have read (golden/permissions.txt), and held to the design's laws, which
 * no approval changes.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test as base, describe, expect } from "vitest";
import { cellsOf, type Measured, measure } from "../../../scripts/permissions/measure.ts";
import { SITUATIONS } from "../../../scripts/permissions/situations.ts";
import { splitRef } from "../../../src/domain/ids.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { createEngine } from "../../../src/openfga/engine.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import { connection } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { LAWS, type Law } from "../../support/permissions/laws.ts";
import { print } from "../../support/permissions/matrix.ts";

const GOLDEN = new URL("../../golden/permissions.txt", import.meta.url);

/** Measured once for all tests here: it takes tens of thousands of questions. */
const test = base.extend<{ all: Measured[] }>({
  all: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the parameter which fixtures this one needs
    async ({}, use) => {
      const name = `permissions ${randomUUID()}`;
      const store = await openStore({ ...connection(), store: name, model: MODEL, allowPush: false });
      const opened = { ...connection(), ...store };
      const engine = createEngine({ ...opened, timeoutMilliseconds: 30_000, connections: 10 });
      await use(await measure(SITUATIONS, engine, createTupleStore(opened)));
      await engine.close();
      await createClient(connection()).deleteStore({ storeId: store.storeId });
    },
    { scope: "file" },
  ],
});

/** The same measurement with one answer turned round. Throws when nobody was asked that. */
function turned(all: readonly Measured[], [title, ...cell]: Law["brokenBy"]): Measured[] {
  const key = cell.join(" | ");
  if (!all.some(({ situation, answers }) => situation.title === title && answers.has(key)))
    throw new Error(`nobody was asked "${key}" in "${title}"`);
  return all.map((measured) =>
    measured.situation.title === title
      ? { ...measured, answers: new Map(measured.answers).set(key, !measured.answers.get(key)) }
      : measured,
  );
}

/** What differs between two printed matrices, under the title of its situation. */
function changes(before: string, after: string): string[] {
  const blocks = (text: string) => new Map(text.split(/^(?=== )/m).map((block) => [block.split("\n")[0] ?? "", block]));
  const [was, is] = [blocks(before), blocks(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((title) => {
    const [old, now] = [was.get(title)?.split("\n") ?? [], is.get(title)?.split("\n") ?? []];
    const gone = old.filter((line) => !now.includes(line)).map((line) => `-${line}`);
    const come = now.filter((line) => !old.includes(line)).map((line) => `+${line}`);
    return gone.length + come.length === 0 ? [] : [title, ...gone, ...come];
  });
}

test("every answer equals golden/permissions.txt", ({ all }) => {
  const printed = print(all);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, printed);
  const golden = readFileSync(GOLDEN, "utf8");
  const message = "the answers changed; when that is meant, UPDATE_GOLDEN=1 writes the file";
  expect(changes(golden, printed).join("\n"), message).toBe("");
  // lines that only changed their places
  expect(printed, message).toBe(golden);
});

test("every permission of the model is asked for, of every actor, in every situation", ({ all }) => {
  expect(all.map(({ situation }) => situation)).toEqual(SITUATIONS);
  for (const measured of all) {
    const asked = new Set(
      cellsOf(measured).map(({ target, permission }) => `${splitRef(target.ref)[0]} ${permission}`),
    );
    const known = [...measured.permissions].flatMap(([type, names]) => names.map((name) => `${type} ${name}`));
    expect([...asked].sort()).toEqual(known.sort());
    expect(measured.answers.size).toBe(cellsOf(measured).length);
  }
});

test("no two situations have one title, and no two people in one a name", ({ all }) => {
  expect(new Set(SITUATIONS.map(({ title }) => title)).size).toBe(SITUATIONS.length);
  for (const { actors } of all) expect(new Set(actors.map(({ user }) => user)).size).toBe(actors.length);
});

describe.each(Object.entries(LAWS))("%s", (_, { breaks, brokenBy }) => {
  test("holds for every answer of the table", ({ all }) => {
    expect(breaks(all)).toEqual([]);
  });

  test("is broken by a wrong answer", ({ all }) => {
    expect(breaks(turned(all, brokenBy))).not.toEqual([]);
  });
});

/** The access log read back from files: each line once, newest first, whatever happens to the files meanwhile. */
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eraseInFiles } from "../../../src/access-log/erase-files.ts";
import { keepMark } from "../../../src/access-log/erasure-marks.ts";
import { createFileReader } from "../../../src/access-log/file-reader.ts";
import type { AccessFilter, AccessLogReader } from "../../../src/access-log/reader.ts";
import type { AccessLine, GapLine } from "../../../src/domain/access-log/lines.ts";
import { lineOf, NOON, writerOn } from "../../support/access-log-files.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { accessAt, gapAt, pathOf, type WrittenFile, writerNo, writeTo } from "../../support/written-log.ts";

const HOUR = 3_600_000;
const ALL: AccessFilter = { own: true };

/** All pages, each of so many lines at most. */
async function readAll(reader: AccessLogReader, filter: AccessFilter = ALL, limit = 7, after?: string) {
  const found: (AccessLine | GapLine)[] = [];
  const sizes: number[] = [];
  for (let next = after; ; ) {
    const page = await reader.page(filter, limit, next);
    if (page === undefined) throw new Error("the reader does not know its own cursor");
    found.push(...page.lines);
    sizes.push(page.lines.length);
    if (page.next === undefined) return { found, sizes };
    next = page.next;
  }
}

const usersIn = async (reader: AccessLogReader, filter: AccessFilter = ALL, limit = 7) =>
  (await readAll(reader, filter, limit)).found.map((line) => (line.kind === "gap" ? "a gap" : line.user));

/** Lines one behind the other, a second each. */
const seconds = (from: number, count: number, changes: object = {}) =>
  Array.from({ length: count }, (_, n) => accessAt(from + n * 1000, changes));

describe("a person who is erased", () => {
  const line = (user: string) => JSON.parse(lineOf(user)) as AccessLine;

  test("is shown in no line from the mark on, also of a file that is being written, and found by no filter; others are", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON, isOpen: true }, [line("tom"), line("ben")]);
    const reader = createFileReader({ folder });
    expect(await usersIn(reader)).toEqual(["ben", "tom"]);
    await keepMark(folder, "erase", { user: "tom", at: new Date(NOON).toISOString() });
    expect(await usersIn(reader)).toEqual(["ben", undefined]);
    expect(await usersIn(reader, { ...ALL, user: "tom" })).toEqual([]);
    expect((await reader.lastUsed(["c1"])).used.map(({ user }) => user)).toEqual(["ben"]);
    const { found } = await readAll(reader);
    expect(found.map((one) => [one.kind === "access" && one.salt === undefined])).toEqual([[false], [true]]);
  });

  test("leaves every line where a cursor finds it", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, [line("ann"), line("tom"), line("ben")]);
    writeTo(folder, { at: NOON }, `${JSON.stringify({ kind: "seal" })}\n`);
    const reader = createFileReader({ folder });
    const first = await reader.page(ALL, 1);
    const marks = [{ user: "tom", at: new Date(NOON).toISOString(), name: "", text: "" }];
    await eraseInFiles(folder, { marks, isOld: () => false }, async () => Date.now());
    expect(first?.lines).toMatchObject([{ user: "ben" }]);
    const rest = await readAll(reader, ALL, 1, first?.next);
    expect(rest.found.map((one) => one.kind === "access" && one.user)).toEqual([undefined, "ann"]);
  });
});

describe("paging", () => {
  const files = fc.uniqueArray(
    fc.record({
      hour: fc.nat(2),
      writer: fc.nat(3),
      part: fc.integer({ min: 1, max: 2 }),
      lines: fc.array(fc.nat(1700), { maxLength: 400, size: "max" }),
      isLong: fc.boolean(),
    }),
    { selector: ({ hour, writer, part }) => `${hour} ${writer} ${part}`, maxLength: 8 },
  );

  test("gives every line once, in the same order as the sorted whole, at every size of a page and of its effort", async () => {
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300_000 }),
        async (all, limit, bytes) => {
          const folder = ownFolder();
          const written: { line: AccessLine; writer: string }[] = [];
          const inOrder = all.toSorted((a, b) => a.hour - b.hour || a.writer - b.writer || a.part - b.part);
          for (const [no, { hour, writer, part, lines, isLong }] of inOrder.entries()) {
            // the second part is of the second half of the hour
            const at = NOON + hour * HOUR + (part - 1) * 1_800_000;
            const made = lines
              .toSorted((a, b) => a - b)
              .map((second, n) =>
                accessAt(at + second * 1000, { user: `${no}-${n}`, ...(isLong && { purpose: "ü".repeat(200) }) }),
              );
            writeTo(folder, { at, writer, part, isOpen: no % 2 === 0 }, made);
            written.push(...made.map((line) => ({ line, writer: writerNo(writer) })));
          }
          const expected = written
            .reverse()
            .toSorted((a, b) =>
              `${b.line.last} ${b.writer}` > `${a.line.last} ${a.writer}`
                ? 1
                : `${b.line.last} ${b.writer}` < `${a.line.last} ${a.writer}`
                  ? -1
                  : 0,
            )
            .map(({ line }) => line);
          const reader = createFileReader({ folder, effort: { bytes, milliseconds: 60_000 } });
          const { found, sizes } = await readAll(reader, ALL, limit);
          expect(found).toEqual(expected);
          expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test("reads more writers of an hour than it merges at once, each line once", async () => {
    const folder = ownFolder();
    for (let writer = 0; writer < 75; writer++)
      writeTo(folder, { at: NOON, writer }, seconds(NOON, 3, { user: `of ${writer}` }));
    const { found, sizes } = await readAll(createFileReader({ folder }), ALL, 10);
    expect(found).toHaveLength(225);
    expect(new Set(found.map((line) => (line.kind === "access" ? `${line.user} ${line.last}` : ""))).size).toBe(225);
    expect(sizes.length).toBeGreaterThan(20);
  });

  test("costs of the first page what is read of the tails", async () => {
    const folder = ownFolder();
    // sparse: whoever reads it from the beginning reads a gigabyte
    writeTo(folder, { at: NOON }, seconds(NOON, 3));
    truncateSync(pathOf(folder, { at: NOON }), 2 ** 30);
    writeTo(folder, { at: NOON }, `\n${JSON.stringify(accessAt(NOON, { user: "the last" }))}\n`);
    const page = await createFileReader({ folder }).page(ALL, 1);
    expect(page?.lines).toMatchObject([{ user: "the last" }]);
    expect(page?.next).toEqual(expect.any(String));
  });

  test("ends a page that costs too much with what it found, also nothing, and the next one continues", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, seconds(NOON, 3, { user: "rare" }));
    writeTo(folder, { at: NOON }, seconds(NOON + 10_000, 1500));
    const reader = createFileReader({ folder, effort: { bytes: 1, milliseconds: 60_000 } });
    const { found, sizes } = await readAll(reader, { own: true, user: "rare" }, 50);
    expect(found).toHaveLength(3);
    expect(sizes.length).toBeGreaterThan(3);
    expect(sizes[0]).toBe(0);
    const usual = await createFileReader({ folder }).page({ own: true, user: "rare" }, 50);
    expect(usual).toMatchObject({ lines: [{}, {}, {}], next: undefined });
  });

  test("is empty where there is no file, and no folder", async () => {
    const nothing = { lines: [], next: undefined };
    expect(await createFileReader({ folder: ownFolder() }).page(ALL, 10)).toEqual(nothing);
    expect(await createFileReader({ folder: join(ownFolder(), "none") }).page(ALL, 10)).toEqual(nothing);
  });

  test("fails where the log cannot be read, and not with a page of less", async () => {
    const file = join(ownFolder(), "file");
    writeFileSync(file, "");
    await expect(createFileReader({ folder: file }).page(ALL, 10)).rejects.toMatchObject({ code: "audit_unavailable" });
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, seconds(NOON, 1));
    mkdirSync(pathOf(folder, { at: NOON, writer: 2 }));
    await expect(createFileReader({ folder }).page(ALL, 10)).rejects.toMatchObject({ code: "audit_unavailable" });
  });
});

describe("files that change between two pages", () => {
  const open: WrittenFile = { at: NOON, isOpen: true };
  /** Twenty lines of two writers in two hours, and the first page of four. */
  async function begun() {
    const folder = ownFolder();
    writeTo(folder, { at: NOON - HOUR }, seconds(NOON - HOUR, 5, { user: "before" }));
    writeTo(folder, { ...open, writer: 2 }, seconds(NOON, 5, { user: "second" }));
    writeTo(folder, open, seconds(NOON, 10, { user: "first" }));
    const reader = createFileReader({ folder });
    const page = await reader.page(ALL, 4);
    const rest = async () => [...(page?.lines ?? []), ...(await readAll(reader, ALL, 4, page?.next)).found];
    return { folder, rest };
  }
  const counts = (lines: (AccessLine | GapLine)[]) =>
    Object.fromEntries(
      [...Map.groupBy(lines, (line) => (line.kind === "access" ? line.user : ""))].map(([user, of]) => [
        user,
        new Set(of.map((line) => JSON.stringify(line))).size === of.length ? of.length : "twice",
      ]),
    );
  const whole = { first: 10, second: 5, before: 5 };

  test.for<[what: string, change: (folder: string) => void, expected?: object]>([
    ["nothing", () => {}],
    ["more is appended", (folder) => writeTo(folder, open, seconds(NOON + 60_000, 30, { user: "later" }))],
    ["a file ends", (folder) => renameSync(pathOf(folder, open), pathOf(folder, { at: NOON }))],
    [
      "another part begins",
      (folder) => writeTo(folder, { ...open, part: 2 }, seconds(NOON + 60_000, 3, { user: "later" })),
    ],
    ["another writer begins", (folder) => writeTo(folder, { ...open, writer: 3 }, seconds(NOON, 3, { user: "later" }))],
    [
      "another hour begins",
      (folder) => writeTo(folder, { at: NOON + HOUR }, seconds(NOON + HOUR, 3, { user: "later" })),
    ],
    ["a file is deleted", (folder) => rmSync(pathOf(folder, { at: NOON - HOUR })), { first: 10, second: 5 }],
    [
      "one that is being read is deleted",
      (folder) => rmSync(pathOf(folder, { ...open, writer: 2 })),
      { first: 10, before: 5 },
    ],
  ])("%s: no line is given twice, and none is left out that was there", async ([, change, expected = whole]) => {
    const { folder, rest } = await begun();
    change(folder);
    expect(counts(await rest())).toEqual(expected);
  });
});

describe("lines", () => {
  test("that were not written whole are none, at the end and where a process was killed", async () => {
    const folder = ownFolder();
    const [whole = "", torn = ""] = ["whole", "torn"].map((user) => JSON.stringify(accessAt(NOON, { user })));
    writeTo(folder, { at: NOON }, `${whole}\n${torn.slice(0, -1)}`);
    writeTo(folder, { at: NOON, part: 2 }, torn.slice(0, 40));
    writeTo(folder, { at: NOON, part: 3, isOpen: true }, `${whole}\n${torn}`);
    const reader = createFileReader({ folder });
    expect(await usersIn(reader)).toEqual(["whole", "whole"]);
    writeTo(folder, { at: NOON, part: 3, isOpen: true }, "\n");
    expect(await usersIn(reader)).toEqual(["torn", "whole", "whole"]);
  });

  test("that are none of the log's are passed over, however long they are", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, seconds(NOON, 2));
    for (const other of [
      "no JSON\n",
      "\n\n",
      '{"kind":"access"}\n',
      `${"x".repeat(3_000_000)}\n`,
      `${"y".repeat(200_000)}\n`,
    ])
      writeTo(folder, { at: NOON }, other);
    writeTo(folder, { at: NOON }, seconds(NOON + 10_000, 2));
    writeFileSync(join(folder, "access-other.ndjson"), `${JSON.stringify(accessAt(NOON, { user: "of no file" }))}\n`);
    expect(await usersIn(createFileReader({ folder }))).toEqual(["tom", "tom", "tom", "tom"]);
    const { found } = await readAll(createFileReader({ folder, effort: { bytes: 1, milliseconds: 60_000 } }), ALL, 1);
    expect(found).toHaveLength(4);
  });

  test("of files as processes write and seal them are read, whole and in order", async () => {
    const folder = ownFolder();
    const { sink, write, pass } = writerOn(folder, { fileBytesMax: 2000 });
    for (let n = 0; n < 12; n++) {
      await write(lineOf(`user ${n}`));
      pass(1_000_000);
    }
    const reader = createFileReader({ folder });
    const expected = Array.from({ length: 12 }, (_, n) => `user ${11 - n}`);
    expect(await usersIn(reader, ALL, 5)).toEqual(expected);
    await sink.close();
    expect(await usersIn(reader, ALL, 5)).toEqual(expected);
  });
});

describe("a filter", () => {
  const { cooperation: _, share: __, ...own } = { ...accessAt(NOON), path: "own" } as Record<string, unknown>;
  delete own.partner;
  const LINES: Record<string, object> = {
    usual: accessAt(NOON + 1000),
    "of ben": accessAt(NOON + 2000, { user: "ben" }),
    "of another cooperation": accessAt(NOON + 3000, { cooperation: "c2" }),
    "of another plant": accessAt(NOON + 4000, { resource: "plant:70" }),
    "to manage": accessAt(NOON + 5000, { permission: "can_manage_technical" }),
    "a no": accessAt(NOON + 6000, { decision: false, reasons: ["cooperation_paused"] }),
    "of others": accessAt(NOON + 7000, { initiator: "brightfix", partner: "lumen" }),
    own: { ...own, first: new Date(NOON + 8000).toISOString(), last: new Date(NOON + 8000).toISOString() },
    "with its words in another place": accessAt(NOON + 9000, {
      ...{ user: "eva", purpose: '"user":"ben","decision":false,"cooperation":"c2"', caller: 'x","user":"ben' },
    }),
  };
  const epoch = new Date(0);

  test.for<[filter: Partial<AccessFilter>, expected: string[]]>([
    [{}, Object.keys(LINES)],
    [{ own: false }, Object.keys(LINES).filter((name) => name !== "own")],
    [{ user: "ben" }, ["of ben"]],
    [{ user: "be" }, []],
    [{ cooperation: "c2" }, ["of another cooperation"]],
    [{ resource: "plant:70" }, ["of another plant"]],
    [{ permission: "can_manage_technical" }, ["to manage"]],
    [{ decision: false }, ["a no"]],
    [{ decision: true, user: "ben" }, ["of ben"]],
    [{ from: new Date(NOON + 5000), to: new Date(NOON + 7000) }, ["to manage", "a no"]],
    [{ of: [{ side: "initiator", organization: "brightfix" as never, since: epoch }] }, ["of others"]],
    [{ of: [{ side: "partner", organization: "lumen" as never, since: epoch }] }, ["of others"]],
    [{ of: [{ side: "partner", organization: "sunward" as never, since: epoch }] }, []],
    [
      { of: [{ side: "initiator", organization: "sunward" as never, since: new Date(NOON + 6000) }] },
      ["a no", "own", "with its words in another place"],
    ],
    [{ of: [] }, []],
  ])("%j gives what matches all of it, and nothing else", async ([filter, expected]) => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, Object.values(LINES));
    const { found } = await readAll(createFileReader({ folder }), { own: true, ...filter }, 3);
    const names = found.map((line) => Object.keys(LINES).find((name) => isDeepStrictEqual({ ...LINES[name] }, line)));
    expect(names.reverse()).toEqual(expected);
  });

  test("gives gaps by their time alone, those that overlap it", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, [gapAt(NOON - 5 * HOUR, NOON), accessAt(NOON)]);
    const reader = createFileReader({ folder });
    const nobody = { user: "nobody", of: [], own: false };
    expect(await usersIn(reader, nobody)).toEqual(["a gap"]);
    const between = (from: number, to: number) => ({ ...nobody, from: new Date(from), to: new Date(to) });
    expect(await usersIn(reader, between(NOON - 3 * HOUR, NOON - 2 * HOUR))).toEqual(["a gap"]);
    expect(await usersIn(reader, between(NOON - 7 * HOUR, NOON - 6 * HOUR))).toEqual([]);
    expect(await usersIn(reader, between(NOON + 1, NOON + HOUR))).toEqual([]);
  });

  test("ends with the hour in which nothing is so new", async () => {
    const folder = ownFolder();
    for (let hour = 0; hour < 5; hour++)
      writeTo(folder, { at: NOON - hour * HOUR }, [accessAt(NOON - hour * HOUR, { user: `${hour} before` })]);
    // what is older is not even opened
    rmSync(pathOf(folder, { at: NOON - 4 * HOUR }));
    mkdirSync(pathOf(folder, { at: NOON - 4 * HOUR }));
    const reader = createFileReader({ folder });
    expect(await usersIn(reader, { own: true, from: new Date(NOON - HOUR) })).toEqual(["0 before", "1 before"]);
    await expect(usersIn(reader)).rejects.toMatchObject({ code: "audit_unavailable" });
  });
});

describe("a cursor of somebody else's making", () => {
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [hour, writer] = ["20270601T12", writerNo(1)];

  test.for<[what: string, text: string]>([
    ["no text", ""],
    ["no JSON", "xx"],
    ["something else", cursor({})],
    ["an hour that is a path", cursor(["../../etc/p", writer, []])],
    ["an hour that is none", cursor(["20271301T12", writer, []])],
    ["a writer that is a path", cursor([hour, writer, [["../../../../../../etc/passw", 1, 9]]])],
    ["a writer that is too short", cursor([hour, writer, [["A", 1, 9]]])],
    ["a part that is none", cursor([hour, writer, [[writer, 0, 9]]])],
    ["a part that is a text", cursor([hour, writer, [[writer, "1/../1", 9]]])],
    ["a place before the file", cursor([hour, writer, [[writer, 1, -1]]])],
    ["a place that is no number", cursor([hour, writer, [[writer, 1, 1.5]]])],
    [
      "the same file again",
      cursor([
        hour,
        writer,
        [
          [writer, 1, 9],
          [writer, 1, 9],
        ],
      ]),
    ],
    ["a file that is read later", cursor([hour, writerNo(2), [[writer, 1, 9]]])],
    ["too many files", cursor([hour, writerNo(0), Array.from({ length: 40 }, (_, n) => [writerNo(40 - n), 1, 9])])],
    ["too long a text", cursor([hour, writer, [[writer, 1, 9]]]).padEnd(5000, "A")],
  ])("is none where it has %s", async ([, text]) => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, seconds(NOON, 3));
    expect(await createFileReader({ folder }).page(ALL, 10, text)).toBeUndefined();
  });

  test("gives whole lines of the log's own files from any place, and nothing of others", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON }, seconds(NOON, 5));
    const reader = createFileReader({ folder });
    const size = readFileSync(pathOf(folder, { at: NOON })).length;
    for (let end = 0; end <= size + 10; end++) {
      const page = await reader.page(ALL, 100, cursor([hour, writer, [[writer, 1, end]]]));
      for (const line of page?.lines ?? []) expect(line).toMatchObject({ kind: "access", user: "tom" });
      expect(page?.lines.length).toBeLessThanOrEqual(5);
    }
    const other = await reader.page(ALL, 100, cursor([hour, writer, [[writerNo(9), 1, 9]]]));
    expect(other).toEqual({ lines: [], next: undefined });
    const far = await reader.page(ALL, 100, cursor(["20990101T00", writer, []]));
    expect(far?.lines).toHaveLength(5);
  });
});

describe("what was last used", () => {
  test("is the newest yes of each user and share of the cooperations that are named, and of no other", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON - HOUR }, [accessAt(NOON - HOUR, { user: "eva" }), accessAt(NOON - HOUR)]);
    writeTo(folder, { at: NOON }, [
      ...seconds(NOON, 3),
      accessAt(NOON + 4000, { share: "s2" }),
      accessAt(NOON + 5000, { decision: false, reasons: ["share_expired"] }),
      accessAt(NOON + 6000, { cooperation: "c2" }),
      gapAt(NOON, NOON + 1000),
    ]);
    const reader = createFileReader({ folder });
    const usedIn = async (...cooperations: string[]) => {
      const { used, since } = await reader.lastUsed(cooperations);
      expect(since).toBeUndefined();
      return used.toSorted((a, b) => a.at.getTime() - b.at.getTime());
    };
    const ofFirst = [
      { cooperation: "c1", share: "s1", user: "eva", at: new Date(NOON - HOUR) },
      { cooperation: "c1", share: "s1", user: "tom", at: new Date(NOON + 2000) },
      { cooperation: "c1", share: "s2", user: "tom", at: new Date(NOON + 4000) },
    ];
    const ofSecond = { cooperation: "c2", share: "s1", user: "tom", at: new Date(NOON + 6000) };
    expect(await usedIn("c1")).toEqual(ofFirst);
    expect(await usedIn("c3", "c2", "c1")).toEqual([...ofFirst, ofSecond]);
    expect(await usedIn("c2", "c3")).toEqual([ofSecond]);
    expect(await usedIn("c3")).toEqual([]);
  });

  test("says how far back it looked where it did not read all: what is as new is found", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON - 2 * HOUR }, [accessAt(NOON - 2 * HOUR, { user: "long ago" })]);
    writeTo(folder, { at: NOON }, seconds(NOON, 3000));
    const reader = createFileReader({ folder, effort: { bytes: 1, milliseconds: 60_000 } });
    const { used, since } = await reader.lastUsed(["c1"]);
    expect(used).toEqual([{ cooperation: "c1", share: "s1", user: "tom", at: new Date(NOON + 2_999_000) }]);
    expect(since?.getTime()).toBeGreaterThan(NOON);
    expect(since?.getTime()).toBeLessThan(NOON + 3_000_000);
    // one pass, however many are asked about
    expect(await reader.lastUsed(["c1", "c2", "c3"])).toEqual({ used, since });
  });

  test("is found behind any number of lines of others, also for several cooperations", async () => {
    const folder = ownFolder();
    writeTo(folder, { at: NOON - HOUR }, [accessAt(NOON - HOUR), accessAt(NOON - HOUR, { cooperation: "c2" })]);
    writeTo(folder, { at: NOON }, seconds(NOON, 5000, { cooperation: "c3" }));
    const reader = createFileReader({ folder, effort: { bytes: 1e9, milliseconds: 60_000 } });
    const { used, since } = await reader.lastUsed(["c1", "c2"]);
    expect(used.map(({ cooperation }) => cooperation).toSorted()).toEqual(["c1", "c2"]);
    expect(since).toBeUndefined();
  });
});

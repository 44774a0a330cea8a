/** Files of the access log: what is in them whatever happens to them, and what their verification finds. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ulid } from "ulid";
import { describe, expect, test } from "vitest";
import { newestSeals } from "../../../src/access-log/folder.ts";
import { keptSealsOf, SEALS, sealsOf } from "../../../src/domain/access-log/seal.ts";
import type { LogFile } from "../../../src/domain/access-log/verify-file.ts";
import { isLogFile, verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { readHistoryKeys } from "../../../src/domain/history-keys.ts";
import { filesOf, linesIn } from "../../support/access-log.ts";
import { KEYS, lineOf, NOON, newKey, threeFiles, writerOn } from "../../support/access-log-files.ts";
import { ownFolder } from "../../support/own-folder.ts";

const verified = (files: readonly LogFile[], keys = KEYS.verifying) => verifyFiles(files, { keys });
const problemsOf = (files: readonly LogFile[]) => verified(files).problems.join("\n");
/** The members of a line that say who it was. */
const pseudonymIn = (text: string, user: string) =>
  new RegExp(`"user":"${user}","user_hash":"[^"]*","salt":"[^"]*"`).exec(text)?.[0] ?? "";
const changed = (files: readonly LogFile[], n: number, change: (text: string) => string) =>
  files.map((file, index) => (index === n ? { ...file, text: change(file.text) } : file));

describe("files as they were written", () => {
  test("are one an hour, sealed, in order, and all of them holds", async () => {
    const { files } = await threeFiles();
    expect(files.map(({ name }) => name.slice(0, 19))).toEqual([
      "access-20270601T12Z",
      "access-20270601T13Z",
      "access-20270601T14Z",
    ]);
    expect(files.every(({ text }) => isLogFile(text))).toBe(true);
    const whole = { files: 3, lines: 9 };
    expect(verified(files)).toEqual({
      ...whole,
      proved: whole,
      erased: 0,
      accesses: 15,
      gaps: [],
      problems: [],
      notes: [],
    });
  });

  test("belong to their user alone", async () => {
    const folder = ownFolder();
    const { write } = writerOn(folder);
    await write(lineOf("tom"));
    const [file] = filesOf(folder);
    expect(statSync(join(folder, file?.name ?? "")).mode & 0o777).toBe(0o600);
  });

  test("end at their size too, and each names the one before", async () => {
    const folder = ownFolder();
    const { sink, write } = writerOn(folder, { fileBytesMax: 1000 });
    for (let n = 0; n < 5; n++) await write(lineOf("tom"), lineOf("ben"));
    await sink.close();
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(3);
    expect(problemsOf(files)).toBe("");
  });

  test("are none where nothing was accessed", async () => {
    const folder = ownFolder();
    const { sink, write, pass } = writerOn(folder);
    await write();
    pass(7_200_000);
    await write();
    await sink.close();
    expect(filesOf(folder)).toEqual([]);
  });

  test("of several writers name every end that no other names", async () => {
    const folder = ownFolder();
    for (const user of ["tom", "ben"]) {
      const { sink, write } = writerOn(folder);
      await write(lineOf(user));
      await sink.close();
    }
    const { sink, write, pass } = writerOn(folder);
    pass(3_600_000);
    await write(lineOf("ann"));
    await sink.close();
    const files = filesOf(folder);
    expect(problemsOf(files)).toBe("");
    // the last of a writer that was removed is missed by the next writer
    expect(problemsOf(files.slice(0, 1).concat(files.slice(2)))).toMatch(/is named by .* and was not given/);
  });

  test("are deleted once all in them is older than is kept, and what is left holds", async () => {
    const hoursIn = async (days?: number) => {
      const folder = ownFolder();
      const { write, pass, sink } = writerOn(folder, days === undefined ? {} : { days });
      const killed = `access-20270501T12Z-${ulid()}-000001.ndjson.open`;
      writeFileSync(join(folder, killed), "");
      for (let hour = 0; hour < 28; hour++) {
        await write(lineOf("tom"));
        pass(3_600_000);
      }
      await sink.close();
      const files = filesOf(folder).filter(({ name }) => !name.startsWith(killed.slice(0, 19)));
      expect(problemsOf(files)).toBe("");
      return files.map(({ name }) => name.slice(7, 18));
    };
    const kept = await hoursIn(1);
    expect([kept.at(0), kept.at(-1), kept.length]).toEqual(["20270601T14", "20270602T15", 26]);
    expect(await hoursIn()).toHaveLength(28);
  });

  test("begin anew each hour also where nothing was accessed before", async () => {
    const folder = ownFolder();
    const { write, pass } = writerOn(folder);
    await write();
    pass(3_600_000);
    await write(lineOf("tom"));
    expect(filesOf(folder).map(({ name }) => [name.slice(0, 19), name.slice(-18)])).toEqual([
      ["access-20270601T13Z", "000001.ndjson.open"],
    ]);
  });

  test("of a writer that was killed often do not keep the seals of others out of what the store keeps", async () => {
    const { folder, files } = await threeFiles();
    for (const n of [1, 2, 3]) {
      const name = `access-20270601T15Z-${ulid()}-00000${n}.ndjson`;
      writeFileSync(join(folder, name), files[0]?.text.split("\n").slice(0, 4).join("\n") ?? "");
    }
    expect((await newestSeals(folder, 2)).map(({ file }) => file)).toEqual([files[2]?.name]);
  });

  test("of very many writers are named once all the same, though the first line is long then", async () => {
    const folder = ownFolder();
    for (let n = 0; n < 50; n++) {
      const { sink, write } = writerOn(folder);
      // none of them sees the others
      await write(lineOf("tom"));
      await sink.close();
      for (const { name } of filesOf(folder))
        if (name.startsWith("access-")) renameSync(join(folder, name), join(folder, `${n}-${name}`));
    }
    for (const { name } of filesOf(folder)) renameSync(join(folder, name), join(folder, name.replace(/^\d+-/, "")));
    for (const follows of [50, 1]) {
      const { sink, write } = writerOn(folder);
      await write(lineOf("ann"));
      const begin = JSON.parse(filesOf(folder).at(-1)?.text.split("\n")[0] ?? "");
      expect(begin.follows).toHaveLength(follows);
      await sink.close();
    }
    expect(problemsOf(filesOf(folder))).toBe("");
  });

  test("that the store names are proved by it", async () => {
    const { folder, files } = await threeFiles();
    const seals = await newestSeals(folder);
    const fields = sealsOf(new Date(NOON), seals);
    const kept = keptSealsOf({
      ...{ user: "entry:schedule.access-log.4", relation: "head", object: SEALS },
      condition: { name: "record", context: { fields } },
    });
    expect(verifyFiles(files, { keys: KEYS.verifying, kept }).problems).toEqual([]);
    const without = verifyFiles(files.slice(0, 2), { keys: KEYS.verifying, kept });
    expect(without.problems).toEqual([expect.stringMatching(/is named by the store \(day 4\) and was not given/)]);
    const written = await threeFiles();
    const others = written.files.map(({ text }, n) => ({ name: files[n]?.name ?? "", text }));
    expect(verifyFiles(others, { keys: KEYS.verifying, kept }).problems.join()).toMatch(
      /does not end as the store \(day 4\) says/,
    );
  });
});

describe("a file that was tampered with", () => {
  test.each<[what: string, change: (text: string) => string, finds: RegExp]>([
    ["a changed user", (text) => text.replace('"user":"ben"', '"user":"eva"'), /line 3: its user or salt was changed/],
    ["a changed salt", (text) => text.replace('"salt":"', '"salt":"a'), /line 2: its user or salt was changed/],
    [
      "a user of another line",
      (text) => text.replace(pseudonymIn(text, "ben"), pseudonymIn(text, "tom")),
      /one of the lines 2 to 3 was changed/,
    ],
    [
      "a member twice",
      (text) => text.replace('"count":3', '"count":1,"count":3'),
      /one of the lines 2 to 3 was changed/,
    ],
    ["spaces", (text) => text.replace("}\n", "} \n").replace("}\n", "} \n"), /was changed/],
    ["a changed count", (text) => text.replace('"count":3', '"count":1'), /one of the lines 2 to 3 was changed/],
    [
      "a missing line",
      (text) => text.replace(`${lineOf("tom")}\n`, ""),
      /1 lines are before line 3, and 2 were written/,
    ],
    [
      "a line more",
      (text) => text.replace(lineOf("tom"), `${lineOf("tom")}\n${lineOf("tom")}`),
      /3 lines are before line 5/,
    ],
    [
      "a missing batch",
      (text) => text.replace(/.*of hour 1.*\n.*\n/, ""),
      /the record before line 5 was changed or left out/,
    ],
    ["a line behind its seal", (text) => `${text}${lineOf("eva")}\n`, /line 8 is behind its seal/],
    ["a missing beginning", (text) => text.replace(/^.*\n/, ""), /its beginning is missing/],
    ["a line that is none", (text) => text.replace(lineOf("tom"), "{}"), /line 2 cannot be read/],
    ["an end that was cut off", (text) => text.split("\n").slice(0, 4).join("\n").concat("\n"), /does not end as/],
    [
      "a seal of its own",
      (text) => text.replace(/"at":"[^"]*","signature"/, '"at":"2027-01-01T00:00:00.000Z","signature"'),
      /its seal is not the one that was signed/,
    ],
    [
      "no signature",
      (text) => text.replace(/"signature":"[^"]*"/, '"signature":null'),
      /its seal carries no signature/,
    ],
  ])("by %s is named", async (_, change, finds) => {
    const { files } = await threeFiles();
    const tampered = changed(files, 1, change);
    expect(tampered[1]?.text).not.toBe(files[1]?.text);
    expect(problemsOf(tampered)).toMatch(finds);
  });

  test("by the removal of a whole file is seen", async () => {
    const { files } = await threeFiles();
    const [first, , last] = files;
    if (first === undefined || last === undefined) throw new Error("no files");
    expect(problemsOf([first, last])).toMatch(/is named by .* and was not given/);
    // what was deleted by its age is older than all that is there
    expect(verified(files.slice(1))).toMatchObject({ problems: [], notes: [expect.stringMatching(/was not given/)] });
  });

  test("by somebody with another key is named", async () => {
    const { files } = await threeFiles();
    const other = readHistoryKeys(newKey()).verifying;
    expect(verified(files, other).problems.join()).toMatch(/signed with a key that is none of these/);
    const { problems, notes } = verifyFiles(files, {});
    expect([problems, notes.length]).toEqual([[], 3]);
    // nothing is wrong, and nothing is proved
    expect(verifyFiles(files, {}).proved).toEqual({ files: 0, lines: 0 });
  });

  test("by another name is named", async () => {
    const { files } = await threeFiles();
    const [first] = files;
    const renamed = { name: first?.name.replace("T12Z", "T09Z") ?? "", text: first?.text ?? "" };
    expect(problemsOf([renamed])).toMatch(/it was written as access-20270601T12Z/);
  });
});

describe("what nobody signed", () => {
  /** A folder that somebody without the key wrote: `users` in a file of each, the last with a gap that names the others. */
  async function forged(...users: string[]): Promise<LogFile[]> {
    const folder = ownFolder();
    for (const user of users) {
      await writerOn(folder, { keys: undefined }).write(lineOf(user));
      await sleep(150);
    }
    await writerOn(folder, { keys: undefined, abandonedMilliseconds: 100 }).write(lineOf("eva"));
    return filesOf(folder);
  }

  test("is not proved by its name: of a file that is being written the verification says that nothing proves it", async () => {
    const { folder, files } = await threeFiles();
    const { write, pass } = writerOn(folder, { keys: undefined });
    pass(7_200_000);
    await write(lineOf("eva"));
    const all = filesOf(folder);
    expect(all).toHaveLength(4);
    const { problems, proved, lines, notes } = verified(all);
    expect([problems, proved, lines]).toEqual([[], { files: 3, lines: 9 }, 10]);
    expect(notes).toEqual([expect.stringMatching(/is still being written, .*: nothing proves its lines yet/)]);
    // a sealed one that was cut and named so is old where another record is newer
    const cut = files[0]?.text.split("\n").slice(0, 4).join("\n").concat("\n") ?? "";
    const old = [{ name: `${files[0]?.name}.open`, text: cut }, ...files.slice(2)];
    expect(problemsOf(old)).toMatch(/T12Z.* ends without a seal: .*nothing that is signed says which/);
    expect(verified(files.slice(0, 1).map(({ name }) => ({ name: `${name}.open`, text: cut }))).proved.lines).toBe(0);
  });

  test("is not proved by others that nobody signed, however many name it", async () => {
    const all = await forged("tom", "ben");
    expect(all.map(({ name }) => name.endsWith(".open"))).toEqual([false, false, true]);
    const { problems, proved, gaps } = verified(all);
    expect(gaps).toHaveLength(2);
    expect(proved).toEqual({ files: 0, lines: 0 });
    expect(problems).toHaveLength(2);
    expect(problems.join()).toMatch(/ends without a seal/);
  });

  test("is not all of it, also where no line is left", async () => {
    const folder = ownFolder();
    await writerOn(folder, { keys: undefined }).write();
    expect(verified(filesOf(folder))).toMatchObject({ files: 1, lines: 0, proved: { files: 0, lines: 0 } });
  });
});

describe("a process that was killed", () => {
  const SOON = { abandonedMilliseconds: 100 };

  /** Leaves its file as it is, and waits until nobody can take it for one that is being written. */
  async function killed(folder: string, ...lines: string[]): Promise<string> {
    await writerOn(folder).write(...lines);
    await sleep(SOON.abandonedMilliseconds + 50);
    return filesOf(folder).find(({ name }) => name.endsWith(".open"))?.name ?? "";
  }

  test("leaves a gap from when everything was written, which the next writer writes once", async () => {
    const folder = ownFolder();
    const open = await killed(folder, lineOf("tom"));
    const { sink, write, pass } = writerOn(folder, SOON);
    const file = open.replace(".open", "");
    pass(60_000);
    expect(await write(lineOf("ben"))).toMatchObject([
      { reason: "killed", file, lost: null, from: "2027-06-01T12:00:00.000Z", to: "2027-06-01T12:01:00.000Z" },
    ]);
    pass(60_000);
    expect(await write()).toEqual([]);
    await sink.close();
    const files = filesOf(folder);
    expect(files.map(({ name }) => name.endsWith(".open"))).toEqual([false, false]);
    expect(verified(files)).toMatchObject({
      ...{ lines: 3, accesses: 2, problems: [] },
      ...{
        gaps: [{ reason: "killed" }],
        notes: [expect.stringMatching(/ends without a seal, where its process was killed/)],
      },
    });
  });

  test("cannot be pretended: a file whose end was cut off does not end as the gap says", async () => {
    const folder = ownFolder();
    await killed(folder, lineOf("tom"));
    const { sink, write } = writerOn(folder, SOON);
    await write(lineOf("ben"));
    await sink.close();
    const cut = filesOf(folder).map(({ name, text }) => {
      return text.includes("tom") ? { name, text: `${text.split("\n")[0]}\n` } : { name, text };
    });
    expect(problemsOf(cut)).toMatch(/does not end as/);
  });

  test("is said of a single file as what it is: it ends without a seal", async () => {
    const { files } = await threeFiles();
    const [file] = changed(files, 0, (text) => text.split("\n").slice(0, 4).join("\n").concat('\n{"kind":"acc'));
    expect(file && problemsOf([file])).toMatch(/ends without a seal: .*its last 1 lines are in no batch/);
    const open = file && { ...file, name: `${file.name}.open` };
    expect(open && verified([open])).toMatchObject({
      problems: [],
      notes: [expect.stringMatching(/is still being written/)],
    });
  });

  test("behind its seal leaves no gap: nothing is missing, and the file gets its name", async () => {
    const folder = ownFolder();
    const { sink, write } = writerOn(folder);
    await write(lineOf("tom"));
    await sink.close();
    const [sealed] = filesOf(folder);
    renameSync(join(folder, sealed?.name ?? ""), join(folder, `${sealed?.name}.open`));
    await sleep(SOON.abandonedMilliseconds + 50);
    const next = writerOn(folder, SOON);
    expect(await next.write(lineOf("ben"))).toEqual([]);
    await next.sink.close();
    expect(filesOf(folder).map(({ name }) => name.endsWith(".open"))).toEqual([false, false]);
    expect(verified(filesOf(folder))).toMatchObject({ proved: { files: 2, lines: 2 }, problems: [], notes: [] });
  });

  test("is not said of one that writes nothing for long and lives", async () => {
    const folder = ownFolder();
    const living = writerOn(folder);
    const { write, pass } = writerOn(folder, { abandonedMilliseconds: 1000 });
    await living.write(lineOf("tom"));
    for (let turn = 0; turn < 4; turn++) {
      await sleep(400);
      pass(60_000);
      await living.write();
      expect(await write()).toEqual([]);
    }
  });
});

describe("a file that cannot be written", () => {
  test("because it was deleted leaves a gap with what was in it, and the next one begins", async () => {
    const folder = ownFolder();
    const { sink, write } = writerOn(folder);
    await write(lineOf("tom", 5), lineOf("ben", 2));
    for (const { name } of filesOf(folder)) rmSync(join(folder, name));
    const gaps = await write(lineOf("ann"));
    expect(gaps).toMatchObject([{ reason: "removed", lost: 7 }]);
    const from = "2027-06-01T11:59:00.000Z";
    expect(gaps).toMatchObject([{ from: "2027-06-01T12:00:00.000Z" }]);
    // what was said to be missing is missing in it too
    const other = ownFolder();
    const writer = writerOn(other);
    const full = { kind: "gap", reason: "full", from, to: from, lost: 30 };
    await writer.write(JSON.stringify(full), lineOf("tom"));
    for (const { name } of filesOf(other)) rmSync(join(other, name));
    expect(await writer.write()).toMatchObject([{ reason: "removed", lost: 31, from }]);
    await sink.close();
    expect(linesIn(folder)).toMatchObject([{ kind: "gap", reason: "removed" }, { user: "ann" }]);
    expect(verified(filesOf(folder)).notes).toEqual([expect.stringMatching(/was not given/)]);
  });

  test("because its folder is no folder is written again when it is one", async () => {
    const folder = join(ownFolder(), "log");
    const { sink, write } = writerOn(folder);
    writeFileSync(folder, "");
    await expect(write(lineOf("tom"))).rejects.toThrow();
    rmSync(folder);
    mkdirSync(folder);
    await write(lineOf("tom"));
    await sink.close();
    expect(problemsOf(filesOf(folder))).toBe("");
  });

  test("that another process took for abandoned is sealed, so that nothing of it needs a gap, and the next one begins", async () => {
    const folder = ownFolder();
    const { sink, write, pass } = writerOn(folder);
    await write(lineOf("tom"));
    const open = filesOf(folder)[0]?.name ?? "";
    renameSync(join(folder, open), join(folder, open.replace(".open", "")));
    for (const user of ["ben", "ann"]) {
      pass(11_000);
      expect(await write(lineOf(user))).toEqual([]);
    }
    await sink.close();
    expect(existsSync(join(folder, open))).toBe(false);
    expect(verified(filesOf(folder))).toMatchObject({ lines: 3, proved: { files: 2, lines: 3 }, problems: [] });
  });

  test("under its name when a batch is on the disk has the batch once, and the failure is said", async () => {
    const folder = ownFolder();
    await writerOn(folder).write(lineOf("tom"));
    await sleep(150);
    const open = filesOf(folder)[0]?.name ?? "";
    const { sink, clock } = writerOn(folder, { abandonedMilliseconds: 100 });
    const gaps = await sink.tend(clock());
    expect(gaps).toHaveLength(1);
    // a folder that is not empty has its name
    mkdirSync(join(folder, open.replace(".open", ""), "something"), { recursive: true });
    await sink.write({ lines: [lineOf("ben")], through: clock() });
    await expect(sink.tend(clock())).rejects.toThrow();
    rmSync(join(folder, open.replace(".open", "")), { recursive: true });
    expect(await sink.tend(clock())).toEqual([]);
    await sink.write({ lines: [lineOf("ann")], through: clock() });
    await sink.close();
    const files = filesOf(folder);
    expect(files.map(({ name }) => name.endsWith(".open"))).toEqual([false, false]);
    expect(files[1]?.text.match(/"ben"/g)).toHaveLength(1);
  });
});

/** People who are taken out of the files of the access log: what is left verifies, whatever happens meanwhile. */
import { readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { eraseInFiles } from "../../../src/access-log/erase-files.ts";
import { createErasure } from "../../../src/access-log/erasure.ts";
import { isErasedBy, keepMark, marksIn } from "../../../src/access-log/erasure-marks.ts";
import { createMonthKeys, deleteOldKeys } from "../../../src/access-log/month-keys.ts";
import { verifyFiles } from "../../../src/domain/access-log/verify-files.ts";
import { AuditUnavailable } from "../../../src/faults.ts";
import { filesOf, linesIn } from "../../support/access-log.ts";
import { KEYS, lineOf, NOON, threeFiles, writerOn } from "../../support/access-log-files.ts";
import { ownFolder } from "../../support/own-folder.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The erasure on a folder, with a clock that the test turns, which begins when the three files have ended. */
function erasureOn(folder: string, options: { days?: number; forgotten?: string[]; staleMilliseconds?: number } = {}) {
  let now = NOON + 3 * HOUR;
  const warn = vi.fn();
  const { days, forgotten = [], ...rest } = options;
  const isForgotten = async (user: string) => forgotten.includes(user);
  const erasure = createErasure({ folder, clock: () => new Date(now), days, isForgotten, warn, ...rest });
  const tend = async () => {
    await erasure.tend();
    expect(warn).not.toHaveBeenCalled();
  };
  return {
    ...erasure,
    tend,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

/** The keys of months as bytes. */
const keysOf = (folder: string | undefined) => {
  const keys = createMonthKeys(folder);
  return (month: string) => keys(month).export();
};
const problemsIn = (folder: string) => verifyFiles(filesOf(folder), { keys: KEYS.verifying }).problems;
const textIn = (folder: string) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
const hidden = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("."));
const usersIn = (folder: string) =>
  linesIn(folder).map((line) => (line.kind === "access" ? (line.user ?? "nobody") : line.kind));

/** Users in a folder whose lines have spaces behind them, too. */
const usersOf = (folder: string) =>
  filesOf(folder)
    .flatMap(({ text }) => text.split("\n").filter((line) => /^\{"kind":"access".*\} *$/.test(line)))
    .map((line) => JSON.parse(line).user ?? "nobody");

describe("a person who is erased", () => {
  test("is in no line of the files that have ended, others still are, and all of it holds before and after", async () => {
    const { folder, files } = await threeFiles();
    expect(problemsIn(folder)).toEqual([]);
    const { announce, erase, tend } = erasureOn(folder);
    await announce("tom");
    await erase("tom");
    await tend();
    expect(usersOf(folder)).toEqual([
      "nobody",
      "ben",
      "of hour 0",
      "nobody",
      "ben",
      "of hour 1",
      "nobody",
      "ben",
      "of hour 2",
    ]);
    expect(problemsIn(folder)).toEqual([]);
    // no line is moved: a reader continues where it was
    const sizes = (all: { text: string }[]) => all.map(({ text }) => text.split("\n").map((line) => line.length));
    expect(sizes(filesOf(folder))).toEqual(sizes(files));
    for (const { name } of files) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(files.some(({ text }) => text.includes('"user":"tom"'))).toBe(true);
  });

  test("is hidden in what is still being written, and taken out when that has ended", async () => {
    const folder = ownFolder();
    const writer = writerOn(folder);
    await writer.write(lineOf("tom"));
    const { erase, tend, pass } = erasureOn(folder);
    await erase("tom");
    await tend();
    expect(usersOf(folder)).toEqual(["tom"]);
    const marks = await marksIn(folder, "erase");
    const [line] = linesIn(folder);
    if (line?.kind !== "access") throw new Error("no line");
    expect([isErasedBy(marks, line), isErasedBy(marks, { ...line, user: "ben" })]).toEqual([true, false]);
    await writer.sink.close();
    pass(HOUR);
    await tend();
    expect(usersOf(folder)).toEqual(["nobody"]);
    expect(problemsIn(folder)).toEqual([]);
  });

  test("keeps what somebody of the same id does later", async () => {
    const folder = ownFolder();
    const { erase, tend } = erasureOn(folder);
    await erase("tom");
    const { write, sink } = writerOn(folder);
    await write(lineOf("tom"), lineOf("tom", 1, new Date(NOON + 4 * HOUR).toISOString()));
    await sink.close();
    await tend();
    expect(usersOf(folder)).toEqual(["nobody", "tom"]);
  });

  test("is nowhere in the folder a day later, when no line can come any more", async () => {
    const { folder } = await threeFiles();
    const { announce, erase, tend, pass } = erasureOn(folder);
    await announce("tom");
    await erase("tom");
    await tend();
    expect(textIn(folder)).toContain("tom");
    pass(DAY + 2 * HOUR);
    await tend();
    expect(textIn(folder)).not.toContain("tom");
    expect(hidden(folder)).toEqual([]);
  });

  test("is not announced where that cannot be kept: then nobody is erased in the store; what was announced is tried again", async () => {
    const warn = vi.fn();
    const isForgotten = async () => false;
    const clock = () => new Date(NOON);
    const folder = join(ownFolder(), "none");
    const { announce, erase, tend } = createErasure({ folder, clock, days: undefined, isForgotten, warn });
    await expect(announce("tom")).rejects.toThrow(AuditUnavailable);
    await erase("tom");
    await tend();
    expect(warn.mock.calls).toEqual(
      Array(2).fill(["access_log_not_erased", expect.objectContaining({ code: "ENOENT" })]),
    );
    // and nothing that is logged names anybody
    expect(JSON.stringify(warn.mock.calls)).not.toContain("tom");
  });

  test("stays marked while a file from before is being written", async () => {
    const folder = ownFolder();
    const { write, sink } = writerOn(folder);
    await write(lineOf("tom"));
    const { erase, tend, pass } = erasureOn(folder);
    await erase("tom");
    await tend();
    pass(3 * DAY);
    await tend();
    expect(await marksIn(folder, "erase")).toHaveLength(1);
    await sink.close();
    pass(HOUR);
    await tend();
    pass(HOUR);
    await tend();
    expect([usersOf(folder), await marksIn(folder, "erase")]).toEqual([["nobody"], []]);
  });
});

describe("a process that is killed", () => {
  test("between what it announced and its answer leaves it to the store: who was erased there is erased, and nobody else", async () => {
    const { folder } = await threeFiles();
    const killed = erasureOn(folder);
    await killed.announce("tom");
    await killed.announce("ben");
    await killed.tend();
    const { tend, pass } = erasureOn(folder, { forgotten: ["tom"] });
    await tend();
    // it may be answered in a moment
    expect(usersOf(folder)).toContain("tom");
    pass(60_000);
    await tend();
    expect([usersOf(folder).includes("tom"), usersOf(folder).includes("ben")]).toEqual([false, true]);
    expect(await marksIn(folder, "asked")).toEqual([]);
  });

  test("while it replaces a file leaves the file as it was, and another process does it again", async () => {
    const { folder, files } = await threeFiles();
    await keepMark(folder, "erase", { user: "tom", at: new Date(NOON + 3 * HOUR).toISOString() });
    // its lock, and half of a file
    writeFileSync(join(folder, ".access-erasing"), "");
    writeFileSync(join(folder, ".access-new-01J00000000000000000000000"), files[0]?.text.slice(0, 300) ?? "");
    const { tend } = erasureOn(folder, { staleMilliseconds: 0 });
    // it sees the lock, takes it away, and has it
    for (let n = 0; n < 3; n++) await tend();
    expect(usersOf(folder)).not.toContain("tom");
    expect(problemsIn(folder)).toEqual([]);
    expect(hidden(folder)).toEqual([expect.stringMatching(/^\.access-erase-/)]);
  });

  test("and left its file without a seal has it replaced only when nobody can be asleep in it any more", async () => {
    const folder = ownFolder();
    const { write } = writerOn(folder);
    await write(lineOf("tom"));
    const [open] = filesOf(folder);
    const ended = join(folder, open?.name.replace(".open", "") ?? "");
    renameSync(join(folder, open?.name ?? ""), ended);
    writeFileSync(ended, `${readFileSync(ended, "utf8")}{"kind":"access","user":"to`);
    const marks = [{ user: "tom", at: new Date(NOON + HOUR).toISOString(), name: "", text: "" }];
    const wanted = { marks, isOld: () => false };
    const { ctimeMs } = statSync(ended);
    const soon = await eraseInFiles(folder, wanted, async () => ctimeMs + 60_000);
    expect([usersOf(folder), soon]).toEqual([["tom"], { oldestHour: "20270601T12", since: ctimeMs }]);
    const late = await eraseInFiles(folder, wanted, async () => ctimeMs + HOUR);
    expect([usersOf(folder), late.oldestHour]).toEqual([["nobody"], undefined]);
    // what was not written whole is nobody's any more
    expect(readFileSync(ended, "utf8")).not.toContain('"to');
  });
});

describe("several processes", () => {
  test("erase each its person in the same files, and none brings back what another one erased", async () => {
    const { folder } = await threeFiles();
    const at = new Date(NOON + 3 * HOUR).toISOString();
    const one = (user: string) =>
      eraseInFiles(folder, { marks: [{ user, at, name: "", text: "" }], isOld: () => false }, async () => Date.now());
    // without a lock
    await Promise.all(["tom", "ben", "of hour 0", "of hour 1", "of hour 2"].map(one));
    expect(new Set(usersOf(folder))).toEqual(new Set(["nobody"]));
    expect(problemsIn(folder)).toEqual([]);
  });

  test("that replace a file in the same moment, so that one brings a person back, have it erased an hour later", async () => {
    const { folder, files } = await threeFiles();
    const { erase, tend, pass } = erasureOn(folder);
    await erase("tom");
    await tend();
    expect(usersOf(folder)).not.toContain("tom");
    const [{ name, text } = { name: "", text: "" }] = files;
    writeFileSync(join(folder, "late"), text);
    renameSync(join(folder, "late"), join(folder, name));
    expect(usersOf(folder)).toContain("tom");
    pass(HOUR);
    await tend();
    expect(usersOf(folder)).not.toContain("tom");
  });

  test("have one that does it, and who comes meanwhile is done as well", async () => {
    const { folder } = await threeFiles();
    const [first, second] = [erasureOn(folder), erasureOn(folder)];
    await first.erase("tom");
    const passing = first.tend();
    await second.erase("ben");
    await Promise.all([passing, second.tend()]);
    await first.tend();
    expect(usersOf(folder).filter((user) => user === "tom" || user === "ben")).toEqual([]);
    expect((await marksIn(folder, "erase")).every(({ lookedAt }) => lookedAt !== undefined)).toBe(true);
  });

  test("leave a lock to who holds it", async () => {
    const { folder } = await threeFiles();
    writeFileSync(join(folder, ".access-erasing"), "");
    const { erase, tend } = erasureOn(folder);
    await erase("tom");
    for (let n = 0; n < 3; n++) await tend();
    expect(usersOf(folder)).toContain("tom");
    unlinkSync(join(folder, ".access-erasing"));
    await tend();
    expect(usersOf(folder)).not.toContain("tom");
  });

  test("make one key of a month", () => {
    const folder = ownFolder();
    const [one, other] = [keysOf(folder), keysOf(folder)];
    expect(one("2027-06")).toEqual(other("2027-06"));
    expect(one("2027-06")).not.toEqual(one("2027-07"));
    expect(statSync(join(folder, ".access-key-2027-06")).mode & 0o777).toBe(0o600);
    expect(hidden(folder)).toEqual([".access-key-2027-06", ".access-key-2027-07"]);
  });
});

describe("all people, after so many days", () => {
  test("are in no line that is older, and in every one that is not", async () => {
    const { folder } = await threeFiles();
    const { tend, pass } = erasureOn(folder, { days: 2 });
    // until 14:00 of the day
    pass(2 * DAY - 1);
    await tend();
    expect(usersOf(folder).slice(0, 3)).toEqual(["nobody", "nobody", "nobody"]);
    expect(usersOf(folder).slice(3)).toEqual(["tom", "ben", "of hour 1", "tom", "ben", "of hour 2"]);
    pass(2 * HOUR);
    await tend();
    expect(new Set(usersOf(folder))).toEqual(new Set(["nobody"]));
    expect(problemsIn(folder)).toEqual([]);
    expect(usersIn(folder)).toEqual([]);
  });

  test("stay where no number of days is set", async () => {
    const { folder, files } = await threeFiles();
    const { tend, pass } = erasureOn(folder);
    pass(1000 * DAY);
    await tend();
    expect(filesOf(folder)).toEqual(files);
  });

  test("are not passed over in a file that ends late", async () => {
    const folder = ownFolder();
    const { write, sink } = writerOn(folder);
    await write(lineOf("tom"));
    const { tend, pass } = erasureOn(folder, { days: 1 });
    pass(3 * DAY);
    await tend();
    expect(usersOf(folder)).toEqual(["tom"]);
    await sink.close();
    pass(HOUR);
    await tend();
    expect(usersOf(folder)).toEqual(["nobody"]);
  });
});

describe("the key of a month", () => {
  test("is deleted a day after the month, and no sooner", async () => {
    const folder = ownFolder();
    const keys = keysOf(folder);
    const june = keys("2027-06");
    keys("2027-07");
    await deleteOldKeys(folder, new Date("2027-07-01T23:59:59Z"));
    expect(hidden(folder)).toEqual([".access-key-2027-06", ".access-key-2027-07"]);
    await deleteOldKeys(folder, new Date("2027-07-02T00:00:00Z"));
    expect(hidden(folder)).toEqual([".access-key-2027-07"]);
    expect(keysOf(folder)("2027-06")).not.toEqual(june);
  });

  test("is one of the process alone where it cannot be kept, or what is kept can be guessed", () => {
    const folder = ownFolder();
    writeFileSync(join(folder, ".access-key-2027-06"), "short");
    for (const where of [folder, join(folder, "none"), undefined]) {
      const keys = keysOf(where);
      expect(keys("2027-06")).toHaveLength(32);
      expect(keys("2027-06")).toEqual(keys("2027-06"));
      expect(keysOf(where)("2027-06")).not.toEqual(keys("2027-06"));
    }
  });
});

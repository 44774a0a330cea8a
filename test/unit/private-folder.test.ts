/** What the product keeps on disk is closed to other users, or it is not kept there. */
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FolderNotPrivate } from "../../src/faults.ts";
import { makePrivate } from "../../src/private-folder.ts";
import { ownFolder } from "../support/own-folder.ts";

const NOBODY = 65534;

function newFolder(mode: number): string {
  const folder = ownFolder();
  chmodSync(folder, mode);
  return folder;
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

test("a missing folder and its parents are created for their user alone", () => {
  const folder = join(newFolder(0o755), "a", "b");
  makePrivate(folder);
  expect([modeOf(folder), modeOf(join(folder, ".."))]).toEqual(["700", "700"]);
});

test.each([0o755, 0o775, 0o777, 0o750, 0o705, 0o2770])(
  "a folder of mode %o and the files in it are closed to others",
  (mode) => {
    const folder = newFolder(mode);
    const outside = newFolder(0o755);
    writeFileSync(join(folder, "openfga.db"), "kept", { mode: 0o644 });
    writeFileSync(join(folder, "script"), "kept", { mode: 0o755 });
    mkdirSync(join(folder, "mail"), { mode: 0o755 });
    symlinkSync(outside, join(folder, "elsewhere"));
    makePrivate(folder);
    const modes = [folder, ...["openfga.db", "script", "mail"].map((name) => join(folder, name))].map(modeOf);
    expect(modes).toEqual(["700", "600", "700", "700"]);
    expect(modeOf(outside), "a link is not followed").toBe("755");
  },
);

test("a folder that others use too is refused and left as it is", () => {
  const sticky = newFolder(0o1777);
  expect(() => makePrivate(sticky)).toThrow(FolderNotPrivate);
  expect(modeOf(sticky)).toBe("1777");
  const home = newFolder(0o755);
  const before = process.env.HOME;
  process.env.HOME = join(home, "user");
  onTestFinished(() => {
    process.env.HOME = before;
  });
  expect(() => makePrivate(home)).toThrow(/a folder of its own/);
  expect(modeOf(home)).toBe("755");
  // nothing is to be closed here, so it may be taken
  chmodSync(home, 0o700);
  makePrivate(home);
});

test("a folder that this user cannot close is refused, and the error says what to do", () => {
  const isRoot = process.getuid?.() === 0;
  const folder = isRoot ? newFolder(0o777) : "/etc";
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    expect(() => makePrivate(folder)).toThrow(/cannot be closed to them .*set CONCORDAT_FOLDER to a new folder/);
    expect(existsSync(folder)).toBe(true);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

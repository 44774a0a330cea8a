/** An entry on a page counts as verified only where it matches its hash and the entry before it. */
import { expect, test } from "vitest";
import { type Entry, isVerified } from "../../../src/console/entries.ts";
import { type Common, sealEntry, visibleTo } from "../../../src/domain/history.ts";

const common = (n: number): Common => ({
  ...{ n, id: `e${n}`, at: "2027-03-10T09:00:00Z", actor: "user:anna", action: "change_share", request_id: `r${n}` },
  ...{ object: "share:s1", before: { role: "viewer" }, after: { role: "technical_manager" } },
});
const first = sealEntry("0".repeat(64), common(1), { side: "initiator", part: { reason: "Why", nonce: "n" } });
const second = sealEntry(first.hash, common(2));
const shown = (entry: typeof first, side?: "initiator" | "partner") => visibleTo(entry, side) as Entry;

test("an entry as it was written is verified, by either side, alone and with the one before it", () => {
  for (const side of ["initiator", "partner", undefined] as const) {
    expect(isVerified(shown(first, side), undefined)).toBe(true);
    expect(isVerified(shown(second, side), shown(first, side))).toBe(true);
  }
});

test("whatever is changed of it is seen", () => {
  const entry = shown(second, "initiator");
  const { proof } = entry;
  const changed: Entry[] = [
    { ...entry, actor: "user:otto" },
    { ...entry, after: { role: "viewer" } },
    { ...entry, n: 3 },
    { ...entry, proof: { ...proof, hash: "0".repeat(64) } },
    { ...entry, proof: { ...proof, previous: "0".repeat(64) } },
    { ...entry, proof: { ...proof, initiator_only: "0".repeat(64) } },
    { ...entry, proof: { ...proof, common: "0".repeat(64) } },
  ];
  for (const one of changed) expect(isVerified(one, undefined), JSON.stringify(one)).toBe(false);
});

test("an entry that is not chained to the one before it is not verified, nor is one behind a gap", () => {
  const other = sealEntry("1".repeat(64), common(1));
  expect(isVerified(shown(second), shown(other))).toBe(false);
  const third = sealEntry(first.hash, common(3));
  expect(isVerified(shown(third), shown(first))).toBe(false);
  expect(isVerified(shown(third), undefined)).toBe(true);
});

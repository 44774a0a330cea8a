/**
 * What proves that a file of the access log is as it was written. Every batch of lines is followed by a record with their
 * hash and the hash of the record before; the last record, the seal, is signed with the key of the histories; the first
 * record of the next file names the seal. So a line that was changed, left out or added, and a file that was removed, is
 * seen. A hash is the SHA-256 of the bytes of lines without the last line end, in hexadecimal; since format 2 of lines
 * without their user (pseudonym.ts).
 */
import { hash } from "node:crypto";
import { z } from "zod";
import { type HistoryKeys, type SignatureState, signatureOf, stateOf, type VerifyingKeys } from "../history-keys.ts";
import { entryNumber, fieldsOf } from "../records.ts";
import type { Tuple } from "../tuples.ts";

/** The last control record of a file: the hash of its seal, or of the last batch where it has none. */
const FileEnd = z.strictObject({ file: z.string(), hash: z.string() });
export type FileEnd = z.infer<typeof FileEnd>;

const control = { writer: z.string(), n: z.int().min(0) };

/** The first of a file. `part` numbers the files of one process, `writer`. `follows`: the ends of files that nothing else names. */
export const BeginRecord = z.strictObject({
  kind: z.literal("begin"),
  ...control,
  format: z.literal([1, 2]),
  file: z.string(),
  part: z.int().min(1),
  store: z.string(),
  at: z.iso.datetime(),
  follows: z.array(FileEnd),
});
/** Behind `lines` lines, whose hash is `sha256`. `through`: every access before it is written. */
export const BatchRecord = z.strictObject({
  kind: z.literal("batch"),
  ...control,
  lines: z.int().min(0),
  sha256: z.string(),
  previous: z.string(),
  through: z.iso.datetime(),
});
/** The end of a file. `lines`: all of it. `signature` is null where the service has no key. */
export const SealRecord = z.strictObject({
  kind: z.literal("seal"),
  ...control,
  file: z.string(),
  lines: z.int().min(0),
  previous: z.string(),
  at: z.iso.datetime(),
  signature: z.string().nullable(),
});
export type BeginRecord = z.infer<typeof BeginRecord>;
export type BatchRecord = z.infer<typeof BatchRecord>;
export type SealRecord = z.infer<typeof SealRecord>;

export const ControlRecord = z.discriminatedUnion("kind", [BeginRecord, BatchRecord, SealRecord]);
export type ControlRecord = z.infer<typeof ControlRecord>;

/** The hash of some lines, or of one record, as they are written. */
export const hashOfLines = (lines: readonly string[]): string => hash("sha256", lines.join("\n"));

const messageOf = ({ signature: _, ...seal }: SealRecord) => ({ signs: "concordat access log", ...seal });

/** The seal with its signature, where there is a key. */
export function signSeal(keys: HistoryKeys | undefined, seal: Omit<SealRecord, "signature">): SealRecord {
  const plain: SealRecord = { ...seal, signature: null };
  return keys === undefined ? plain : { ...plain, signature: signatureOf(keys, messageOf(plain)) };
}

/** What the signature of a seal is worth. */
export function sealSignature(keys: VerifyingKeys, seal: SealRecord): SignatureState {
  return stateOf(keys, messageOf(seal), seal.signature ?? undefined);
}

/** Where the store keeps the newest seals: its head is replaced once a day, and signed as every head is. */
export const SEALS = "schedule:access-log";

/** The day's record: when it was kept, and the seals as JSON. */
export const SealsRecord = z.object({ sealed_at: z.iso.datetime(), seals: z.string() });
export type Seals = z.infer<typeof SealsRecord>;

/** What the store says was sealed. */
export type KeptSeals = { day: number; at: string; seals: FileEnd[] };

/** It as the head's record. */
export const sealsOf = (at: Date, seals: readonly FileEnd[]): Seals => ({
  sealed_at: at.toISOString(),
  seals: JSON.stringify(seals),
});

/** The seals that a head keeps. Throws an Error where it keeps none. */
export function keptSealsOf(head: Tuple): KeptSeals {
  const { sealed_at: at, seals } = SealsRecord.parse(fieldsOf(head));
  return { day: entryNumber(head.user), at, seals: z.array(FileEnd).parse(JSON.parse(seals)) };
}

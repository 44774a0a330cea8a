/** One file of the access log: what is wrong in it by itself, and what it and others are to be compared with. Pure. */
import { z } from "zod";
import type { SignatureState, VerifyingKeys } from "../history-keys.ts";
import { AccessLine, GapLine } from "./lines.ts";
import type { Naming } from "./proved-lines.ts";
import { pseudonymProblem, sealedText } from "./pseudonym.ts";
import { ControlRecord, hashOfLines, type SealRecord, sealSignature } from "./seal.ts";

/** A file by its name, without a folder. */
export type LogFile = { name: string; text: string };

/**
 * `problems` is empty where nothing is wrong; `notes` are what is not proved, and no sign that anything was changed.
 * `proved`: of so many files every line, and so many lines in all. Only where that is all of them all of it holds. `erased`: so many
 * lines have no user any more.
 */
export type VerifiedLog = {
  files: number;
  lines: number;
  proved: { files: number; lines: number };
  erased: number;
  accesses: number;
  gaps: GapLine[];
  problems: string[];
  notes: string[];
};

/** A file, and what it says of others. */
export type FileRead = {
  file: string;
  /** The hashes of its control records, each with how many lines are under it; and the last of them. */
  records: ReadonlyMap<string, number>;
  end: string;
  state: "sealed" | "unsealed" | "open";
  isSigned: boolean;
  lines: number;
  /** Lines behind the last batch, also one that is torn. */
  loose: number;
  names: Naming[];
  /** When it was begun, and the newest instant in its records. */
  begun: number;
  newest: number;
};

const Line = z.union([AccessLine, GapLine, ControlRecord]);
const OPEN = /\.open$/;

const SIGNATURES: Record<Exclude<SignatureState, "valid">, string> = {
  missing: "its seal carries no signature",
  invalid: "its seal is not the one that was signed",
  unknown_key: "its seal is signed with a key that is none of these",
};

/** Verifies one file by itself, adds what it finds to `all`, and says what others are to be compared with. */
export function verifyFile({ name, text }: LogFile, keys: VerifyingKeys | undefined, all: VerifiedLog): FileRead {
  const file = name.replace(OPEN, "");
  const problem = (what: string) => void all.problems.push(`${file}: ${what}`);
  const lines = text.split("\n");
  // what is behind the last line end is a line that was not written whole
  const torn = lines.pop() ?? "";
  const names: Naming[] = [];
  const records = new Map<string, number>();
  let previous = "";
  let n = 0;
  let written = 0;
  let count = 0;
  let begun = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  let isSigned = false;
  let batch: string[] = [];
  let isSealed = false;
  let format = 2;

  function control(record: ControlRecord, line: string, at: number): void {
    if (record.kind === "begin") {
      if (at !== 1) problem(`line ${at} begins another file`);
      if (record.file !== file) problem(`it was written as ${record.file}`);
      names.push(...record.follows.map((end) => ({ by: file, ...end, behind: 0 })));
      begun = Date.parse(record.at);
      format = record.format;
    } else {
      if (record.previous !== previous) problem(`the record before line ${at} was changed or left out`);
      if (record.n !== n) problem(`line ${at} is record ${record.n}, and record ${n} was to follow`);
    }
    if (record.kind === "batch") {
      const { lines: counted, sha256 } = record;
      if (counted !== batch.length) problem(`${batch.length} lines are before line ${at}, and ${counted} were written`);
      else if (sha256 !== hashOfLines(batch)) problem(`one of the lines ${at - counted} to ${at - 1} was changed`);
      written += counted;
      batch = [];
    }
    if (record.kind === "seal") {
      isSealed = true;
      const { lines: counted } = record;
      if (counted !== written) problem(`its seal is behind ${counted} lines, and its records count ${written}`);
      if (record.file !== file) problem(`its seal is that of ${record.file}`);
      if (batch.length > 0) problem(`${batch.length} lines before its seal are in no batch`);
      checkSignature(record);
    }
    previous = hashOfLines([line]);
    records.set(previous, count);
    newest = Math.max(newest, Date.parse(record.kind === "batch" ? record.through : record.at));
    n = record.n + 1;
  }

  function checkSignature(seal: SealRecord): void {
    if (keys === undefined)
      return void all.notes.push(`${file}: no keys were given, so its signature was not verified`);
    const state = sealSignature(keys, seal);
    isSigned = state === "valid";
    if (state !== "valid") problem(SIGNATURES[state]);
  }

  function ofAccess(parsed: AccessLine | GapLine | undefined, line: string, at: number): void {
    batch.push(format === 1 ? line : sealedText(line));
    count++;
    all.lines++;
    if (parsed?.kind === "access") {
      all.accesses += parsed.count;
      if (parsed.user === undefined) all.erased++;
      const changed = format === 1 ? undefined : pseudonymProblem(parsed);
      if (changed !== undefined) problem(`line ${at}: ${changed}`);
    }
    if (parsed?.kind !== "gap") return;
    all.gaps.push(parsed);
    if (parsed.reason === "killed" && parsed.file !== undefined)
      names.push({ by: file, file: parsed.file, hash: parsed.hash, soFar: true, behind: count });
  }

  for (const [index, line] of lines.entries()) {
    const at = index + 1;
    const parsed = parse(line);
    if (isSealed) problem(`line ${at} is behind its seal`);
    else if (parsed === undefined) problem(`line ${at} cannot be read`);
    else if (at === 1 && parsed.kind !== "begin") problem("its beginning is missing");
    if (isSealed) continue;
    if (parsed === undefined || parsed.kind === "access" || parsed.kind === "gap") ofAccess(parsed, line, at);
    else control(parsed, line, at);
  }
  if (isSealed && torn !== "") problem("something is behind its seal");
  const loose = batch.length + (torn === "" ? 0 : 1);
  const state = isSealed ? "sealed" : OPEN.test(name) ? "open" : "unsealed";
  // a torn piece counts as a line in `loose` alone
  const lineCount = count + (torn === "" ? 0 : 1);
  return { file, records, end: previous, state, isSigned, lines: lineCount, loose, names, begun, newest };
}

function parse(line: string): z.infer<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

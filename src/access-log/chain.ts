/**
 * The control records among the lines: they are made here one after the other, each with the hash of the one before. A
 * record counts only when it was written, so each function gives the state of the chain behind it. Pure.
 */
import { sealedText } from "../domain/access-log/pseudonym.ts";
import {
  type BatchRecord,
  type BeginRecord,
  type ControlRecord,
  hashOfLines,
  type SealRecord,
  signSeal,
} from "../domain/access-log/seal.ts";
import type { HistoryKeys } from "../domain/history-keys.ts";
import type { LogBatch } from "./sink.ts";

/** Behind record `n - 1`, whose hash is `previous`, and so many lines. */
export type Chain = { writer: string; n: number; previous: string; lines: number };

/** What is written, with its last line end, the record in it, and the chain behind it. */
type Written = { text: string; record: string; chain: Chain };

const behind = (chain: Omit<Chain, "previous">, lines: readonly string[], record: ControlRecord): Written => {
  const line = JSON.stringify(record);
  const text = `${[...lines, line].join("\n")}\n`;
  return { text, record: line, chain: { ...chain, previous: hashOfLines([line]) } };
};

/** The first record of a file. */
export function beginOf(of: Pick<BeginRecord, "writer" | "file" | "part" | "store" | "follows">, at: Date): Written {
  const record: BeginRecord = { kind: "begin", n: 0, format: 2, ...of, at: at.toISOString() };
  return behind({ writer: of.writer, n: 1, lines: 0 }, [], record);
}

/** Lines with their record. */
export function batchOf({ writer, n, previous, lines: before }: Chain, { lines, through }: LogBatch): Written {
  const counted = { lines: lines.length, sha256: hashOfLines(lines.map(sealedText)) };
  const record: BatchRecord = { kind: "batch", writer, n, ...counted, previous, through: through.toISOString() };
  return behind({ writer, n: n + 1, lines: before + lines.length }, lines, record);
}

/** The end of a file. */
export function sealOf({ writer, n, previous, lines }: Chain, file: string, at: Date, keys?: HistoryKeys): Written {
  const seal: Omit<SealRecord, "signature"> = { kind: "seal", writer, n, file, lines, previous, at: at.toISOString() };
  return behind({ writer, n: n + 1, lines }, [], signSeal(keys, seal));
}

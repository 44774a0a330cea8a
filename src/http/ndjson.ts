/**
 * Newline-delimited JSON, in and out. A body of any length is read line by line and never held; a line that is too long
 * is skipped and reported. A reply is generated while it is read, so a slow reader slows its source.
 */
import type { Context } from "hono";
import { streamed } from "./streamed.ts";

export const NDJSON = "application/x-ndjson";

/** More than any valid line: ids, a name, an address and a reason. */
const LINE_BYTES_MAX = 64 * 1024;

const NEWLINE = 10;

/** A line without its end, by its number from 1; `undefined` for one that is too long. */
export type RawLine = { line: number; bytes: Uint8Array | undefined };

// blanks, a carriage return, and a byte order mark at the beginning of the file
const BLANK = /^(\xef\xbb\xbf)?[ \t\r]*$/;

/** The lines of a body as they arrive, several at a time; blank ones are omitted and counted. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine[]> {
  let line = 1;
  let begun: Uint8Array[] = [];
  let length = 0;
  const end = (): RawLine[] => {
    const bytes = length > LINE_BYTES_MAX ? undefined : Buffer.concat(begun);
    const found = bytes !== undefined && BLANK.test(bytes.toString("latin1")) ? [] : [{ line, bytes }];
    line++;
    begun = [];
    length = 0;
    return found;
  };
  const add = (part: Uint8Array) => {
    length += part.byteLength;
    // a line that is too long already is only counted
    if (length <= LINE_BYTES_MAX) begun.push(part);
  };
  for await (const chunk of body) {
    const lines: RawLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      lines.push(...end());
      from = at + 1;
    }
    // copied: a chunk must not be kept alive for the beginning of a line
    if (from < chunk.byteLength) add(chunk.slice(from));
    if (lines.length > 0) yield lines;
  }
  const last = end();
  if (last.length > 0) yield last;
}

/** A reply of one JSON value a line, each generated when the one before was read. `onEnd` is called after the last, or when the reader disconnects. */
export function ndjson(c: Context, values: AsyncGenerator<object>, onEnd = () => {}): Response {
  return streamed(c, lined(values), { "Content-Type": NDJSON }, onEnd);
}

async function* lined(values: AsyncGenerator<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

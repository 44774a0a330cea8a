/**
 * How far the files of an hour were read, as the text that the next page begins with. It comes back from a caller, so it
 * is looked at hard: what it names are files of the log, by their pattern, and never anything else.
 */
import { z } from "zod";
import type { Place } from "./read-back.ts";

/** Writers of one hour that are merged. There are more only where processes are started again and again. */
export const WRITERS_AT_ONCE = 32;
/** More than so many places take. */
const TEXT_MAX = 4000;

/** `places`: what is left of the files that are being read. `lowest`: the writers of the hour that come before it are read next. */
export type FilePosition = { hour: string; lowest: string; places: Place[] };

const Writer = z.string().regex(/^[0-9A-Z]{26}$/);
const Position = z.tuple([
  z.string().regex(/^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])$/),
  Writer,
  z.array(z.tuple([Writer, z.int().min(1).max(999_999), z.int().min(0)])).max(WRITERS_AT_ONCE),
]);

export const fileCursor = ({ hour, lowest, places }: FilePosition): string =>
  Buffer.from(JSON.stringify([hour, lowest, places.map(({ writer, part, end }) => [writer, part, end])])).toString(
    "base64url",
  );

/** Undefined for a text that is none. */
export function readFileCursor(text: string): FilePosition | undefined {
  if (text.length > TEXT_MAX) return undefined;
  const { data } = Position.safeParse(jsonOf(Buffer.from(text, "base64url").toString()));
  if (data === undefined) return undefined;
  const [hour, lowest, left] = data;
  const places = left.map(([writer, part, end]) => ({ writer, part, end }));
  // each once, in the order in which they are read
  const isInOrder = places.every(({ writer }, at) => writer >= lowest && writer < (places[at - 1]?.writer ?? "~"));
  return isInOrder ? { hour, lowest, places } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

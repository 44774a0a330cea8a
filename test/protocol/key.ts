/** A state as a short string: the same for equal states, another for different ones. */
import type { GuessPart, Reader, ReaderAt, Redis, State, Writer, WriterAt } from "./state.ts";

const READER_AT: Record<ReaderAt, string> = {
  idle: "i",
  looking: "l",
  guessing: "g",
  filling: "f",
  asking: "a",
  "half asked": "h",
  joined: "j",
  "owner's token": "o",
  "checked again": "c",
};

const PART_READ: Record<GuessPart, string> = { owner: "n", incarnation: "i" };

const WRITER_AT: Record<WriterAt, string> = {
  idle: "i",
  "only leased": "l",
  leased: "b",
  sent: "s",
  "outcome unknown": "u",
  committed: "c",
  invalidated: "a",
  refused: "f",
  replied: "r",
  gone: "g",
};

const WRITE: Record<Writer["write"], string> = { "not sent": "n", "in flight": "u", committed: "s" };

/** A character each, with room for -1. */
const characters = (...numbers: number[]): string => {
  let text = "";
  for (const number of numbers) text += String.fromCharCode(number + 1);
  return text;
};

export function keyOfReader(reader: Reader): string {
  const { at, owed, guess, tokens, ownerRead, partRead, remembers, answer, youngerThan, tooOld } = reader;
  if (at === "idle") return READER_AT.idle;
  const held = tokens ? characters(tokens.user, tokens.owner) : "  ";
  const known = characters(owed, guess.owner, guess.incarnation, answer ?? -1, youngerThan);
  return `${READER_AT[at]}${held}${known}${ownerRead ? "r" : partRead ? PART_READ[partRead] : ""}${remembers ? "m" : ""}${tooOld ? "o" : ""}`;
}

function keyOfStore({ tokens, entry }: Pick<Redis, "tokens" | "entry">): string {
  const held = characters(...tokens);
  if (!entry) return held;
  const rest = characters(entry.answer, entry.owner, entry.tokens.user, entry.tokens.owner, entry.youngerThan);
  return `${held}${rest}${entry.forged ? "f" : ""}`;
}

export function keyOf(state: State): string {
  const { redis, engine, writers, readers, confirmed, effective, late, repeated, shown } = state;
  const remembered = confirmed ? characters(confirmed.owner, confirmed.token, confirmed.youngerThan) : "";
  const done = characters(effective, late, repeated, shown, ...redis.leases, ...engine.log);
  const writing = writers.map(({ at, write }) => WRITER_AT[at] + WRITE[write]).join("");
  const saved = redis.saved ? keyOfStore(redis.saved) : "";
  return `${done}/${writing}/${keyOfStore(redis)}/${readers.map(keyOfReader).join("/")}/${saved}/${remembered}`;
}

/**
 * Cache entries as Redis holds them: each under its key and, with a secret, sealed. An entry that the service did not
 * seal counts as missing; it is counted, and a warning says that somebody else writes to Redis.
 */
import type { CacheEntry, Meter, Question } from "../ports.ts";
import { decodeEntry, encodeEntry, entryKey, RUN_LENGTH, sealedKey } from "./cache-keys.ts";
import { createSeal, SEAL_LENGTH } from "./seal.ts";

const WARN_EVERY_MILLISECONDS = 60_000;

type Options = {
  modelId: string;
  /** Seals entries, so that nobody else can make one; entries under another secret are not found. */
  secret?: string | undefined;
  meter: Pick<Meter, "cacheForged">;
  warn: (event: string, facts: object) => void;
};

/** Where a text was found: its key, the server's run, and the user's current token. */
type Found = { key: string; run: string; userToken: string | undefined };

export type Entries = {
  keyOf(question: Question): string;
  textOf(key: string, entry: CacheEntry): string;
  /** The entry in a text; undefined for a text that is none, and for an entry that would be used and was not sealed by us. */
  entryIn(text: string, found: Found): CacheEntry | undefined;
};

export function createEntries({ modelId, secret, meter, warn }: Options): Entries {
  if (secret === undefined)
    return {
      keyOf: (question) => entryKey(modelId, question),
      textOf: (_, entry) => encodeEntry(entry),
      entryIn: (text, { run }) => decodeEntry(text, run),
    };
  const seal = createSeal(secret, modelId);
  const forged = { unsaid: 0, saidAt: Number.NEGATIVE_INFINITY };

  function warnForged(): void {
    meter.cacheForged();
    forged.unsaid++;
    const now = performance.now();
    if (now - forged.saidAt < WARN_EVERY_MILLISECONDS) return;
    warn("cache_entry_forged", { entries: forged.unsaid });
    Object.assign(forged, { unsaid: 0, saidAt: now });
  }

  return {
    keyOf: (question) => sealedKey(seal.name, question),

    textOf(key, entry) {
      const value = encodeEntry(entry);
      // both tokens are of one run
      return seal.of(key, value, entry.userToken.slice(0, RUN_LENGTH)) + value;
    },

    entryIn(text, { key, run, userToken }) {
      const value = text.slice(SEAL_LENGTH);
      const entry = decodeEntry(value, run);
      // not current, so nobody answers with it; an entry of another run of the server is no forgery
      if (entry !== undefined && entry.userToken !== userToken) return entry;
      if (entry !== undefined && seal.isOf(text.slice(0, SEAL_LENGTH), key, value, run)) return entry;
      warnForged();
      return undefined;
    },
  };
}

/**
 * Cache entries as Redis holds them: each under its key and, with a secret, sealed. An entry that the service did not
 * seal counts as missing; it is counted, and a warning says that somebody else writes to Redis.
 */
import type { CacheEntry, Meter, Question } from "../ports.ts";
import { decodeEntry, encodeEntry, entryKey, sealedKey } from "./cache-keys.ts";
import { EPOCH_LENGTH } from "./epoch.ts";
import { createSeal, SEAL_LENGTH } from "./seal.ts";

const WARN_EVERY_MILLISECONDS = 60_000;

type Options = {
  storeId: string;
  modelId: string;
  /** Seals entries, so that nobody else can make one; entries under another secret are not found. */
  secret?: string | undefined;
  meter: Pick<Meter, "cacheForged">;
  warn: (event: string, facts: object) => void;
};

/** Where a text was found: its key, the server's epoch, and the user's current token. */
type Found = { key: string; epoch: string; userToken: string | undefined };

export type Entries = {
  keyOf(question: Question): string;
  textOf(key: string, entry: CacheEntry): string;
  /** The entry in a text; undefined for a text that is none, and for an entry that would be used and was not sealed by us. */
  entryIn(text: string, found: Found): CacheEntry | undefined;
};

export function createEntries({ storeId, modelId, secret, meter, warn }: Options): Entries {
  if (secret === undefined)
    return {
      keyOf: (question) => entryKey(storeId, modelId, question),
      textOf: (_, entry) => encodeEntry(entry),
      entryIn: (text, { epoch }) => decodeEntry(text, epoch),
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
    keyOf: (question) => sealedKey(storeId, seal.name, question),

    textOf(key, entry) {
      const value = encodeEntry(entry);
      // both tokens are of one epoch
      return seal.of(key, value, entry.userToken.slice(0, EPOCH_LENGTH)) + value;
    },

    entryIn(text, { key, epoch, userToken }) {
      const value = text.slice(SEAL_LENGTH);
      const entry = decodeEntry(value, epoch);
      // not current, so nobody answers with it; an entry of another epoch is no forgery
      if (entry !== undefined && entry.userToken !== userToken) return entry;
      if (entry !== undefined && seal.isOf(text.slice(0, SEAL_LENGTH), key, value, epoch)) return entry;
      warnForged();
      return undefined;
    },
  };
}

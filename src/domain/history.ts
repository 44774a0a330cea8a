/**
 * The history of an object: entries numbered without gaps and chained by hash, so
 * that each side can verify the whole chain from what it may see (law 14).
 * hash = SHA-256(previous ‖ H(common) ‖ H(initiator only) ‖ H(partner only)), with
 * H(x) = SHA-256 of the canonical JSON of x (RFC 8785), hashes as raw bytes inside
 * and as hexadecimal outside.
 */
import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { StoreDamaged } from "../faults.ts";
import { isObject } from "./json.ts";
import { entryNumber, fieldsOf, toFields } from "./records.ts";
import type { Tuple } from "./tuples.ts";

/** The two sides of a cooperation. In an organization's own history its own part is the initiator's. */
export type Side = "initiator" | "partner";

/** What both sides may see of an entry. `before` and `after` are the changed object as records. */
export type Common = {
  n: number;
  id: string;
  at: string;
  actor: string;
  action: string;
  request_id: string;
  object: string;
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
};

/** What one side alone may see. The nonce keeps the other side from guessing the reason by its hash. */
export type Private = { reason: string; nonce: string };

/** A whole entry, as the store has it. */
export type HistoryEntry = {
  common: Common;
  initiator_only?: Private | undefined;
  partner_only?: Private | undefined;
  previous: string;
  hash: string;
};

/** An entry as one side sees it: the other side's part is there only as its hash. */
export type VisibleEntry = Common & {
  reason?: string;
  proof: {
    previous: string;
    hash: string;
    common: string;
    initiator_only: string;
    partner_only: string;
    nonce?: string;
  };
};

/** H(x): SHA-256 of the canonical JSON; of the empty object where there is nothing. Hexadecimal. */
export function hashOf(part: object | undefined): string {
  return hash("sha256", canonicalize(part ?? {}) ?? "");
}

/** The hash that chains an entry to the one before it. All hashes hexadecimal. */
export function chainHash(previous: string, common: string, initiatorOnly: string, partnerOnly: string): string {
  const parts = [previous, common, initiatorOnly, partnerOnly].map((hex) => Buffer.from(hex, "hex"));
  return hash("sha256", Buffer.concat(parts));
}

/** Seals an entry behind the one whose hash is `previous`. */
export function sealEntry(previous: string, common: Common, own?: { side: Side; part: Private }): HistoryEntry {
  // undefined members go, so that what is hashed is what a reader gets
  const plain = JSON.parse(JSON.stringify(common)) as Common;
  const initiatorOnly = own?.side === "initiator" ? own.part : undefined;
  const partnerOnly = own?.side === "partner" ? own.part : undefined;
  return {
    common: plain,
    initiator_only: initiatorOnly,
    partner_only: partnerOnly,
    previous,
    hash: chainHash(previous, hashOf(plain), hashOf(initiatorOnly), hashOf(partnerOnly)),
  };
}

// JSON escapes control characters up to U+001F, OpenFGA refuses those from U+007F too: escaped, they say the same
const escaped = (text: string) => text.replace(/[\x7f-\x9f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
const json = (part: object | undefined) => (part === undefined ? undefined : escaped(canonicalize(part) ?? ""));

/** The fields of an entry that only one side may see, and what is sealed in the record of an endpoint. */
const PRIVATE = ["initiator_only", "partner_only", "sealed"] as const;

/**
 * String fields without what only one side, or nobody, may see: of each private part its hash, under a name of its own,
 * so that the chain can be verified all the same. Fields of anything else stay as they are.
 */
export function withoutPrivate(fields: unknown): unknown {
  if (typeof fields !== "object" || fields === null) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (!PRIVATE.some((one) => one === name)) return [name, value];
      // the text is canonical already
      return [`${name}_hash`, hash("sha256", String(value))];
    }),
  );
}

/** An entry as the string fields of the condition `record`. */
export function entryFields(entry: HistoryEntry): Record<string, string> {
  return toFields({
    common: json(entry.common),
    initiator_only: json(entry.initiator_only),
    partner_only: json(entry.partner_only),
    previous: entry.previous,
    hash: entry.hash,
  });
}

/** The entry that rides on a `log` tuple. Throws StoreDamaged when its fields cannot be read. */
export function entryFrom(tuple: Tuple): HistoryEntry {
  const fields = fieldsOf(tuple);
  const part = <T>(name: string): T | undefined => {
    const text = fields[name];
    try {
      return text === undefined ? undefined : (JSON.parse(text) as T);
    } catch {
      throw new StoreDamaged(tuple.user, `its ${name} cannot be read`);
    }
  };
  const common = part<Common>("common");
  const isWhole =
    isObject(common) &&
    Number.isSafeInteger(common.n) &&
    [common.at, common.action, common.object].every((text) => typeof text === "string");
  if (!isWhole) throw new StoreDamaged(tuple.user, "it has no facts");
  return {
    common,
    initiator_only: part<Private>("initiator_only"),
    partner_only: part<Private>("partner_only"),
    previous: fields.previous ?? "",
    hash: fields.hash ?? "",
  };
}

/** The entries among some tuples, oldest first. `unreadable` gets what cannot be read; without it StoreDamaged is thrown. */
export function entriesFrom(
  tuples: readonly Tuple[],
  unreadable?: (log: Tuple, damage: StoreDamaged) => void,
): HistoryEntry[] {
  const logs = tuples.filter((tuple) => tuple.relation === "log");
  return logs
    .sort((a, b) => entryNumber(a.user) - entryNumber(b.user))
    .flatMap((log) => {
      try {
        return [entryFrom(log)];
      } catch (error) {
        if (unreadable === undefined || !(error instanceof StoreDamaged)) throw error;
        unreadable(log, error);
        return [];
      }
    });
}

/** What one side may see of an entry, with what it needs to verify it. No side sees no private part. */
export function visibleTo(entry: HistoryEntry, side: Side | undefined): VisibleEntry {
  const own = side === "initiator" ? entry.initiator_only : side === "partner" ? entry.partner_only : undefined;
  return {
    ...entry.common,
    ...(own && { reason: own.reason }),
    proof: {
      previous: entry.previous,
      hash: entry.hash,
      common: hashOf(entry.common),
      initiator_only: hashOf(entry.initiator_only),
      partner_only: hashOf(entry.partner_only),
      ...(own && { nonce: own.nonce }),
    },
  };
}

/**
 * What is wrong with a chain of entries, oldest first: gaps, bent links, wrong hashes,
 * and a head that does not name the last. Empty when it holds.
 */
export function chainProblems(entries: HistoryEntry[], head: { n: number; hash: string }, noHash: string): string[] {
  const problems: string[] = [];
  let previous = noHash;
  entries.forEach((entry, index) => {
    const n = index + 1;
    if (entry.common.n !== n) problems.push(`entry ${entry.common.n} is where ${n} should be`);
    if (entry.previous !== previous) problems.push(`entry ${entry.common.n} does not follow the one before it`);
    const parts = [entry.common, entry.initiator_only, entry.partner_only].map(hashOf) as [string, string, string];
    if (entry.hash !== chainHash(entry.previous, ...parts))
      problems.push(`entry ${entry.common.n} was changed after it was written`);
    previous = entry.hash;
  });
  if (head.n !== entries.length) problems.push(`the head names entry ${head.n}, the log has ${entries.length}`);
  else if (head.hash !== previous) problems.push("the head's hash is not that of the last entry");
  return problems;
}

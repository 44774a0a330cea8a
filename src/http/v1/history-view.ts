/** What a history and its verification look like, for the OpenAPI document; the tests hold every reply to these. */
import { z } from "@hono/zod-openapi";

const Instant = z.iso.datetime();
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const EntryView = z
  .strictObject({
    n: z.int(),
    id: z.string(),
    at: Instant,
    actor: z.string(),
    action: z.string(),
    request_id: z.string(),
    object: z.string(),
    before: z.record(z.string(), z.unknown()).optional(),
    after: z.record(z.string(), z.unknown()).optional(),
    reason: z.string().optional().describe("Only your own side's."),
    proof: z.strictObject({
      previous: Hash,
      hash: Hash,
      common: Hash,
      initiator_only: Hash,
      partner_only: Hash,
      nonce: z.string().optional(),
    }),
  })
  .openapi("Entry");

const ChainEnd = {
  object: z.string(),
  n: z.int(),
  hash: Hash,
  signature: z.string().nullable().describe("Key id and Ed25519 signature; null where it was not signed."),
};

/** A page of a history, with where the whole of it ends. */
export const HistoryView = z.strictObject({
  items: z.array(EntryView),
  next_cursor: z.string().nullable().describe("null at the end."),
  head: z.strictObject({
    ...ChainEnd,
    first: z.int().describe("The first entry that the reader may see: 1, or the one with which they came to it."),
  }),
});

export const VerifiedView = z
  .strictObject({
    ...ChainEnd,
    holds: z.boolean(),
    signed: z.enum(["valid", "missing", "invalid", "unknown_key", "unchecked"]),
    problems: z.array(z.string()).describe("What does not hold, and at which entry."),
  })
  .openapi("VerifiedHistory");

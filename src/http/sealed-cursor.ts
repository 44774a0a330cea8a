/**
 * Cursors whose place is not for the caller: it would show what others do, as places in a log of all organizations do. A
 * cursor is encrypted (AES-256-GCM), bound to its list and query: none is made or changed by anybody else. Nor does its
 * length show more of the place than how many blocks it takes.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** What a place is filled up to a multiple of, with blanks. */
const BLOCK = 1024;

export type SealedCursors = {
  /** `query` is all that the list depends on. The place does not end in a blank. */
  seal(query: unknown, place: string): string;
  /** The place; undefined for a cursor of another list or query, or of another secret. */
  open(query: unknown, cursor: string): string | undefined;
};

export function sealedCursors(secret: string): SealedCursors {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "concordat sealed cursors", KEY_BYTES));
  const boundTo = (query: unknown) => Buffer.from(JSON.stringify(query));
  return {
    seal(query, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(boundTo(query));
      const filled = place.padEnd(Math.ceil(place.length / BLOCK) * BLOCK);
      const text = Buffer.concat([cipher.update(filled), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
    },
    open(query, cursor) {
      const bytes = Buffer.from(cursor, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      try {
        const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(boundTo(query))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()])
          .toString()
          .trimEnd();
      } catch {
        return undefined;
      }
    },
  };
}

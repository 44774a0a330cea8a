/**
 * Texts that nobody without a secret can read, make or change (AES-256-GCM). What was sealed for one thing opens for no
 * other, and a seal for one purpose says nothing about one for another.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export type TextSeal = {
  /** Another text each time: an initialization vector is never used for two contents. */
  seal(of: readonly string[], content: string): string;
  /** Undefined for what was sealed with another key, or for something else. */
  open(of: readonly string[], sealed: string | undefined): string | undefined;
};

/** The seal of a secret for one purpose. */
export function createTextSeal(secret: string, purpose: string): TextSeal {
  const key = Buffer.from(hkdfSync("sha256", secret, "", purpose, KEY_BYTES));
  const boundTo = (of: readonly string[]) => Buffer.from(JSON.stringify(of));
  return {
    seal(of, content) {
      // drawn here: what is tried again is sealed again, maybe with another content
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(boundTo(of));
      const text = Buffer.concat([cipher.update(content), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
    },
    open(of, sealed = "") {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      try {
        const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(boundTo(of))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
  };
}

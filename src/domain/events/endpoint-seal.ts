/**
 * What nobody is to read in the store: an endpoint's URL, which may hold a token, and its secrets, encrypted with a key
 * that is not in the store (AES-256-GCM). What was sealed for one endpoint opens for no other, and cannot be changed: who
 * can write to the store can neither read a secret nor send events elsewhere under one.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

const EndpointSecrets = z.strictObject({
  url: z.string(),
  secret: z.string(),
  previous: z.array(z.strictObject({ secret: z.string(), until: z.string() })).optional(),
});
/** `previous`: the secrets before, newest first, with which deliveries are signed too, each until then. */
export type EndpointSecrets = z.infer<typeof EndpointSecrets>;

/** `of`: the endpoint, and the receiver that it is. */
export type EndpointSeal = {
  /** Another text each time: an initialization vector is never used for two contents. */
  seal(of: readonly string[], content: EndpointSecrets): string;
  /** Undefined for what was sealed with another key, or of another endpoint. */
  open(of: readonly string[], sealed: string | undefined): EndpointSecrets | undefined;
};

export function createEndpointSeal(secret: string): EndpointSeal {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "concordat webhook endpoints", KEY_BYTES));
  const boundTo = (of: readonly string[]) => Buffer.from(JSON.stringify(of));
  return {
    seal(of, content) {
      // drawn here: an action that is tried again seals again, maybe with another date
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(boundTo(of));
      const text = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
    },
    open(of, sealed = "") {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      try {
        const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(boundTo(of))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        const text = Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()]);
        return EndpointSecrets.parse(JSON.parse(text.toString()));
      } catch {
        return undefined;
      }
    },
  };
}

/** What an endpoint's secrets are sealed for. */
export const sealedFor = (object: string, receiver: string): readonly string[] => [object, receiver];

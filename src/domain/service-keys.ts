/**
 * The keys that services call with. Keys are compared by their SHA-256 in constant
 * time, every one of them on every call, so that time tells nothing about any key.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { SCOPES, type Scope } from "./caller.ts";

const Named = {
  name: z.string().regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _ . or -"),
  scopes: z.array(z.enum(SCOPES)).min(1),
};

/** One key: in clear, or as the SHA-256 of it in hexadecimal. */
export const ServiceKeyInput = z.union([
  z.strictObject({
    ...Named,
    key: z.string().regex(/^[\x21-\x7e]{16,}$/, "must be at least 16 characters, none of them white space"),
  }),
  z.strictObject({ ...Named, sha256: z.string().regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits") }),
]);

export type ServiceKey = { name: string; scopes: readonly Scope[]; digest: Buffer };

const digestOf = (key: string) => hash("sha256", key, "buffer");

/** A key as it is kept while the service runs: never in clear. */
export function toServiceKey(input: z.infer<typeof ServiceKeyInput>): ServiceKey {
  const digest = "key" in input ? digestOf(input.key) : Buffer.from(input.sha256, "hex");
  return { name: input.name, scopes: input.scopes, digest };
}

/** The key that was presented, or undefined. */
export function findKey(keys: readonly ServiceKey[], presented: string): ServiceKey | undefined {
  const digest = digestOf(presented);
  let found: ServiceKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found ??= key;
  return found;
}

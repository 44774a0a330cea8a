/**
 * The keys that services call with. Keys are compared by their SHA-256 in constant
 * time, every one of them on every call, so that the time taken reveals nothing about any key. A
 * key may be bound to some types, permissions and organizations, and end at a date.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type Bounds, isOwnService, type KeyScope, SCOPES } from "./caller.ts";
import { InstantInput } from "./expiry.ts";
import { OrganizationId } from "./ids.ts";

/** A name has two keys, the old and the new one, while it is rotated. */
const KEYS_OF_A_NAME_MAX = 2;

const listOf = <T extends z.ZodType>(item: T) => z.array(item).min(1).optional();

/** One key: in clear, or as the SHA-256 of it in hexadecimal. */
const ServiceKeyInput = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, _ . or -")
      .refine((name) => !isOwnService(name), "is the name of a service of Concordat's own"),
    scopes: z.array(z.enum(SCOPES)).min(1),
    key: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, "must be at least 16 characters, none of them white space")
      .optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits")
      .optional(),
    types: listOf(z.string().regex(/^[a-z][a-z_]*$/, "must be a type of the model, `plant`")),
    permissions: listOf(z.string().regex(/^can_[a-z_]+$/, "must be a permission of the model, `can_view`")),
    organizations: listOf(OrganizationId),
    not_after: InstantInput.optional(),
  })
  .refine(({ key, sha256 }) => (key === undefined) !== (sha256 === undefined), "must have either key or sha256");

/** `notAfter` in milliseconds since the epoch. */
export type ServiceKey = {
  name: string;
  scopes: readonly KeyScope[];
  digest: Buffer;
  bounds?: Bounds;
  notAfter?: number;
};

/** Which key a request presents; undefined for one that is not ours, or is over. */
export type FindKey = (presented: string) => ServiceKey | undefined;

const digestOf = (key: string) => hash("sha256", key, "buffer");

/** A key as it is kept while the service runs: never in clear. */
export function toServiceKey(input: z.input<typeof ServiceKeyInput>): ServiceKey {
  const { name, scopes, types, permissions, organizations, not_after } = input;
  const digest = input.key === undefined ? Buffer.from(input.sha256 ?? "", "hex") : digestOf(input.key);
  const bounds = {
    ...(types && { types }),
    ...(permissions && { permissions }),
    ...(organizations && { organizations }),
  };
  return {
    name,
    scopes,
    digest,
    ...(Object.keys(bounds).length > 0 && { bounds }),
    ...(not_after !== undefined && { notAfter: Date.parse(not_after) }),
  };
}

/** The keys that a text lists, or what is wrong with it: never with a value in it. */
export function readServiceKeys(text: string): { keys: readonly ServiceKey[] } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "must be a JSON list of {name, scopes, key} or {name, scopes, sha256}" };
  }
  const parsed = z.array(ServiceKeyInput).min(1).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    // without a place it is about the list itself
    if (!issue?.path.length) return { problem: "must be a JSON list with at least one key" };
    return { problem: `entry ${issue.path.join(".")}: ${issue.message}` };
  }
  const keys = parsed.data.map(toServiceKey);
  const tooMany = keys.find(({ name }) => keys.filter((key) => key.name === name).length > KEYS_OF_A_NAME_MAX);
  if (tooMany !== undefined)
    return { problem: `names ${tooMany.name} more than twice; two keys are enough to change one for another` };
  const twice = keys.find((key) => keys.some((other) => other !== key && other.digest.equals(key.digest)));
  return twice === undefined ? { keys } : { problem: `has the key of ${twice.name} twice` };
}

/** The key that was presented, or undefined; `at` is asked for only where a key has an end. */
export function findKey(keys: readonly ServiceKey[], presented: string, at: () => Date): ServiceKey | undefined {
  const digest = digestOf(presented);
  let found: ServiceKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found ??= key;
  return found?.notAfter === undefined || at().getTime() < found.notAfter ? found : undefined;
}

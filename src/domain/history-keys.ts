/**
 * Signatures on heads (law 14): Ed25519 with a key that is not in the store. `signature` covers the object, the
 * number of its newest entry and every other field of the head; `chain_signature`, where the object keeps a
 * history, only what its readers see of the head: object, number and hash. What is signed is canonical JSON
 * (RFC 8785) with the purpose in it, so that no signature passes for one of the other kind or of another object.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import { entryNumber, fieldsOf } from "./records.ts";
import type { Tuple } from "./tuples.ts";

/** The keys that verify, by their ids (RFC 7638 thumbprints). */
export type VerifyingKeys = ReadonlyMap<string, KeyObject>;

/** The one key that signs, every private one, and all that verify; itself among both. */
export type HistoryKeys = {
  kid: string;
  signing: KeyObject;
  privates: readonly KeyObject[];
  verifying: VerifyingKeys;
};

/** A public key as RFC 8037 has it. */
const Jwk = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() });
export const JwkSet = z.object({ keys: z.array(Jwk) });

const PEM_BLOCK = /-----BEGIN (PRIVATE|PUBLIC) KEY-----[^-]+-----END \1 KEY-----/g;

const jwkOf = (key: KeyObject) => {
  const { x = "" } = key.export({ format: "jwk" });
  return { crv: "Ed25519", kty: "OKP", x } as const;
};

/** The thumbprint of RFC 7638. */
const kidOf = (key: KeyObject): string => hash("sha256", canonicalize(jwkOf(key)) ?? "", "base64url");

/**
 * Reads the keys of a PEM file: the first, a private one, signs; those behind it, private or public, only verify.
 * Throws an Error that says what is wrong and nothing of a key.
 */
export function readHistoryKeys(pem: string): HistoryKeys {
  const blocks = [...pem.matchAll(PEM_BLOCK)];
  if (blocks[0]?.[1] !== "PRIVATE") throw new Error("must begin with an Ed25519 private key in PEM (PKCS #8)");
  const keys = blocks.map(([text]) => publicOf(text));
  if (keys.some((key) => key?.asymmetricKeyType !== "ed25519")) throw new Error("must hold Ed25519 keys alone");
  const verifying = new Map(keys.flatMap((key) => (key === undefined ? [] : [[kidOf(key), key] as const])));
  const [kid = ""] = verifying.keys();
  const privates = blocks.flatMap(([text, kind]) => (kind === "PRIVATE" ? [createPrivateKey(text)] : []));
  return { kid, signing: createPrivateKey(blocks[0][0]), privates, verifying };
}

function publicOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** The public keys as a JWK set (RFC 7517). */
export function jwkSetOf(keys: HistoryKeys | undefined) {
  const all = [...(keys?.verifying ?? [])];
  return { keys: all.map(([kid, key]) => ({ ...jwkOf(key), kid, alg: "EdDSA" as const, use: "sig" as const })) };
}

/** The keys of a JWK set. Throws an Error for one that is none. */
export function keysOfJwkSet(json: unknown): VerifyingKeys {
  const parsed = JwkSet.safeParse(json);
  if (!parsed.success) throw new Error("is no JWK set of Ed25519 keys");
  const keys = parsed.data.keys.map((jwk) => createPublicKey({ format: "jwk", key: jwk }));
  return new Map(keys.map((key) => [kidOf(key), key]));
}

/** What `chain_signature` covers. */
export type SignedHead = { object: string; n: number; hash: string };

const chainMessage = (head: SignedHead) => ({
  signs: "concordat history",
  object: head.object,
  n: head.n,
  hash: head.hash,
});

function headMessage(tuple: Tuple) {
  const { signature: _, ...fields } = fieldsOf(tuple);
  return { signs: "concordat head", object: tuple.object, n: entryNumber(tuple.user), fields };
}

const bytesOf = (message: object) => Buffer.from(canonicalize(message) ?? "");

/** The signature on a message, which says in itself what is signed. */
export const signatureOf = ({ kid, signing }: HistoryKeys, message: object): string =>
  `${kid}.${sign(null, bytesOf(message), signing).toString("base64url")}`;

/** A head with its signatures. The same head always gets the same: Ed25519 draws nothing. */
export function signHead(keys: HistoryKeys, tuple: Tuple): Tuple {
  const { signature: _, chain_signature: __, ...record } = fieldsOf(tuple);
  const { object } = tuple;
  const n = entryNumber(tuple.user);
  const chain = record.hash === undefined ? undefined : chainMessage({ object, n, hash: record.hash });
  const fields = { ...record, ...(chain && { chain_signature: signatureOf(keys, chain) }) };
  const whole: Tuple = { ...tuple, condition: { name: "record", context: { fields } } };
  const signature = signatureOf(keys, headMessage(whole));
  return { ...tuple, condition: { name: "record", context: { fields: { ...fields, signature } } } };
}

/** What a signature is worth. `unknown_key`: it names a key that is none of ours. */
export type SignatureState = "valid" | "missing" | "invalid" | "unknown_key";

/** What a signature on a message is worth. */
export function stateOf(keys: VerifyingKeys, message: object, signature: string | undefined): SignatureState {
  if (signature === undefined) return "missing";
  const [kid = "", bytes = ""] = signature.split(".");
  const key = keys.get(kid);
  if (key === undefined) return "unknown_key";
  return verify(null, bytesOf(message), key, Buffer.from(bytes, "base64url")) ? "valid" : "invalid";
}

/** What the signature on a whole head is worth; it covers the chain's signature as well. */
export function headSignature(keys: VerifyingKeys, tuple: Tuple): SignatureState {
  return stateOf(keys, headMessage(tuple), fieldsOf(tuple).signature);
}

/** What the signature under a history is worth. */
export function chainSignature(keys: VerifyingKeys, head: SignedHead, signature: string | undefined): SignatureState {
  return stateOf(keys, chainMessage(head), signature);
}

const PROBLEMS = {
  valid: undefined,
  missing: "its head carries no signature: it was written past the service, or by a process without the key",
  invalid: "its head is not the one that was signed: the record or the history was rewritten past the service",
  unknown_key: "its head is signed with a key that is none of this service's",
} as const satisfies Record<SignatureState, string | undefined>;

/** Why a head is not to be trusted, as a sentence without its end; undefined when it is. */
export const signatureProblem = (state: SignatureState): string | undefined => PROBLEMS[state];

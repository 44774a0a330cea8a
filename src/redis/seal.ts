/**
 * Proof that the service wrote an entry: a seal is a MAC of 128 bits over the entry's key, its value and both its
 * tokens. Somebody with write access to Redis can neither make a decision, nor change one, nor move it to another
 * question or model.
 */
import { hash } from "node:crypto";

/** 128 bits in base64url. */
export const SEAL_LENGTH = 22;
const NAME_LENGTH = 8;

export type Seal = {
  /** Names secret and model in a key: entries under another secret are never found, so the secret can change at any time. */
  readonly name: string;
  /** `epoch` is what both tokens begin with; their randoms are in the value. */
  of(key: string, value: string, epoch: string): string;
  isOf(seal: string, key: string, value: string, epoch: string): boolean;
};

/**
 * The MAC is SHA-512/256 over a first block made of the secret, and the text. Of the state behind it only a part is
 * ever shown, so nobody can extend the text, and it is as good a MAC as HMAC (Bellare, Bernstein, Tessaro: AMAC,
 * EUROCRYPT 2016) at 40 % of the time: 1 µs, at some 50 µs that a hit takes in all.
 */
export function createSeal(secret: string, modelId: string): Seal {
  // 128 characters: a block of SHA-512
  const block = hash("sha512", secret, "hex");
  const mac = (text: string, length: number) => hash("sha512-256", block + text, "base64url").slice(0, length);
  // neither epoch nor value has a line break in it, and the key is the rest
  const sealOf = (key: string, value: string, epoch: string) => mac(`${epoch}\n${value}\n${key}`, SEAL_LENGTH);
  return {
    name: mac(`name\n${modelId}`, NAME_LENGTH),
    of: sealOf,
    isOf: (seal, key, value, epoch) => isSame(seal, sealOf(key, value, epoch)),
  };
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let n = 0; n < a.length; n++) difference |= a.charCodeAt(n) ^ b.charCodeAt(n);
  return difference === 0;
}

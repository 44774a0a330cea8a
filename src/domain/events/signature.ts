/**
 * What an endpoint needs to know that a delivery is ours and is new (Standard Webhooks 1.0.0): an HMAC under each of
 * its secrets (`v1`), two while one is exchanged for another, and an Ed25519 signature (`v1a`) under each of the
 * service's keys, for which a receiver needs no secret. All of them cover id, timestamp and the body's own bytes.
 */
import { createHmac, type KeyObject, sign } from "node:crypto";

const PREFIX = "whsec_";
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

/** The bytes of `whsec_<base64>`; undefined for what is none of 24 to 64 bytes. */
export function readSecret(text: string): Buffer | undefined {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : "";
  const bytes = Buffer.from(encoded, "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === encoded.replace(/=+$/, "");
  return isWhole && bytes.length >= SECRET_BYTES_MIN && bytes.length <= SECRET_BYTES_MAX ? bytes : undefined;
}

export type Signers = { secrets: readonly Buffer[]; keys?: readonly KeyObject[] | undefined };

/** The three headers of a delivery at that moment. */
export function signedHeaders(
  id: string,
  now: Date,
  body: string,
  { secrets, keys = [] }: Signers,
): Record<string, string> {
  const timestamp = `${Math.floor(now.getTime() / 1000)}`;
  const content = `${id}.${timestamp}.${body}`;
  const signatures = [
    ...keys.map((key) => `v1a,${sign(null, Buffer.from(content), key).toString("base64")}`),
    ...secrets.map((secret) => `v1,${createHmac("sha256", secret).update(content).digest("base64")}`),
  ];
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

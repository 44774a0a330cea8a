/**
 * The one reader of bodies. Nothing reads one before the caller is known, more of it than
 * may be is never held, and what breaks off is the caller's doing. Each API words what is
 * refused here in its own form.
 */
import type { Context } from "hono";
import { BodyBroken } from "../faults.ts";
import { readJson, type Wrong } from "./json.ts";

/** 256 KiB: a batch of 1000 evaluations fits, and reading one never hurts. */
export const BODY_BYTES_MAX = 256 * 1024;

/** Why a body is not taken, as a code of the problems. */
export type Unread =
  | { code: "body_too_large"; detail?: never; errors?: never }
  | { code: "unsupported_media_type"; detail: string; errors?: never }
  | { code: "invalid_request"; detail?: never; errors: [Wrong] };

/** Whether the body says it is JSON, in whatever charset it names: it is read as UTF-8. */
export function isJson(c: Context): boolean {
  const type = c.req.header("Content-Type");
  return type === "application/json" || mediaTypeOf(type) === "application/json";
}

/** The media type without its parameters. */
export const mediaTypeOf = (contentType: string | undefined) => contentType?.split(";", 1)[0]?.trim().toLowerCase();

/** Why a body that is compressed is not taken (RFC 9110 §12.5.3: the reply says what is). */
export function refuseEncoding(c: Context): Extract<Unread, { code: "unsupported_media_type" }> | undefined {
  const encoding = c.req.header("Content-Encoding");
  if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return undefined;
  c.header("Accept-Encoding", "identity");
  return { code: "unsupported_media_type", detail: "Send the body as it is, without Content-Encoding." };
}

/** The bytes of the body, or why they are not taken. Throws BodyBroken. */
export async function readBytes(
  c: Context,
): Promise<{ bytes: ArrayBuffer; unread?: never } | { bytes?: never; unread: Unread }> {
  const unread = refuseEncoding(c);
  if (unread !== undefined) return { unread };
  const length = c.req.header("Content-Length");
  // a body without a length is counted as it comes
  const fits = length === undefined ? await holdBody(c) : Number(length) <= BODY_BYTES_MAX;
  return fits ? { bytes: await wholeBody(c) } : { unread: { code: "body_too_large" } };
}

/** The bytes of a body whose length and encoding were looked at already. Throws BodyBroken. */
export async function wholeBody(c: Context): Promise<ArrayBuffer> {
  try {
    return await c.req.arrayBuffer();
  } catch (error) {
    throw new BodyBroken("the body broke off", { cause: error });
  }
}

/** What the bytes of a body say, or why they say nothing. */
export function parseBody(bytes: ArrayBuffer): { json: unknown; unread?: never } | { json?: never; unread: Unread } {
  const read = readJson(bytes);
  return read.wrong === undefined ? read : { unread: { code: "invalid_request", errors: [read.wrong] } };
}

/** Takes a body in, for those who read it afterwards; false when it is too large. */
async function holdBody(c: Context): Promise<boolean> {
  const { body } = c.req.raw;
  if (body === null) return true;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.byteLength;
      if (length > BODY_BYTES_MAX) return false;
      chunks.push(next.value);
    }
  } catch (error) {
    throw new BodyBroken("the body broke off", { cause: error });
  }
  c.req.raw = new Request(c.req.raw, { body: Buffer.concat(chunks) });
  return true;
}

/**
 * The one reader of bodies. No body is read before the caller is authenticated, no more than the maximum is held in
 * memory, and a body that breaks off is the caller's failure. Each API words these refusals in its own form; those of
 * `/v1` are JSON in UTF-8, or refused before a route is called: a wrong content type would read as an empty body.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { readJson, type Wrong } from "../domain/read-json.ts";
import { BodyBroken } from "../faults.ts";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";

/** A batch of 1000 evaluations fits. */
export const BODY_BYTES_MAX = 256 * 1024;

/** Why a body is refused, as a code of the problems. */
export type Unread = {
  kind: "unread";
  code: "body_too_large" | "unsupported_media_type" | "invalid_request";
  detail?: string;
  errors?: [Wrong];
};

/** Whether a content type is JSON. A charset is ignored: JSON is read as UTF-8. */
export const isJson = (contentType: string | undefined): boolean =>
  contentType === "application/json" || mediaTypeOf(contentType) === "application/json";

/** The media type without its parameters. */
export const mediaTypeOf = (contentType: string | undefined) => contentType?.split(";", 1)[0]?.trim().toLowerCase();

/** Why a compressed body is refused, or undefined (RFC 9110 §12.5.3: the reply names what is accepted). */
export function refuseEncoding(c: Context): Unread | undefined {
  const encoding = c.req.header("Content-Encoding");
  if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return undefined;
  c.header("Accept-Encoding", "identity");
  return {
    kind: "unread",
    code: "unsupported_media_type",
    detail: "Send the body as it is, without Content-Encoding.",
  };
}

/** The bytes of the body, or why they are refused. Throws BodyBroken. */
export async function readBytes(c: Context): Promise<{ kind: "bytes"; bytes: ArrayBuffer } | Unread> {
  const unread = refuseEncoding(c);
  if (unread !== undefined) return unread;
  const length = c.req.header("Content-Length");
  // a body without a length is counted while it is read
  const fits = length === undefined ? await holdBody(c) : Number(length) <= BODY_BYTES_MAX;
  return fits ? { kind: "bytes", bytes: await wholeBody(c) } : { kind: "unread", code: "body_too_large" };
}

/** The bytes of a body whose length and encoding were checked before. Throws BodyBroken. */
async function wholeBody(c: Context): Promise<ArrayBuffer> {
  try {
    return await c.req.arrayBuffer();
  } catch (error) {
    throw new BodyBroken("the body broke off", { cause: error });
  }
}

/** The JSON in the bytes of a body, or why they are refused. */
export function parseBody(bytes: ArrayBuffer): { kind: "json"; json: unknown } | Unread {
  const read = readJson(bytes);
  return read.kind === "json" ? read : { kind: "unread", code: "invalid_request", errors: [read.wrong] };
}

/** Holds a body without a length in memory, to be read later; false when it is too large. */
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

/** Refuses a body that is not unambiguous JSON, and a path with a broken escape. */
export const guardRequest = createMiddleware<Env>(async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return fault(c, "invalid_request", { errors: [{ pointer: "path", detail: "has a broken escape" }] });
  }
  // an import's route reads its body line by line, whatever its length
  const isImport = c.req.method === "POST" && c.req.path === "/v1/import";
  if (["GET", "HEAD", "DELETE"].includes(c.req.method) || isImport) return next();
  const read = await readBytes(c);
  if (read.kind === "unread") return fault(c, read.code, read);
  if (read.bytes.byteLength === 0) {
    // for a POST the path may suffice; a PUT or PATCH without a body changes nothing
    if (c.req.method !== "POST")
      return fault(c, "invalid_request", { errors: [{ pointer: "", detail: "is missing" }] });
    // some clients send a content type without a body
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: "POST", headers, signal: c.req.raw.signal });
    return next();
  }
  if (!isJson(c.req.header("Content-Type"))) return fault(c, "unsupported_media_type");
  const parsed = parseBody(read.bytes);
  return parsed.kind === "json" ? next() : fault(c, parsed.code, parsed);
});

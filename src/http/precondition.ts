/**
 * `If-Match` and `If-None-Match` (RFC 9110 §13.1), read only here. A route either passes them to its action or refuses
 * them: an overlooked precondition is an overwritten change. Reading routes take no notice
 * of `If-None-Match`: an ETag is that of the head, and a view shows more than its head.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Precondition } from "../domain/precondition.ts";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";

const MATCH = "If-Match";
const NONE = "If-None-Match";

// an entity-tag; a tag may contain commas, and a list empty elements (RFC 9110 §8.8.3, §5.6.1)
const LIST = /^(?:\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,|$)|\s*,)+\s*$/;
const TAGS = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** The numbers of the ETags in a list. One that is none of ours names nothing, and a weak one nothing where `strong`. */
function numbersIn(list: string, strong: boolean): number[] {
  if (!LIST.test(list)) return [];
  return [...list.matchAll(TAGS)].flatMap(([, weak, tag = ""]) =>
    (strong && weak !== undefined) || !/^[1-9]\d{0,14}$/.test(tag) ? [] : [Number(tag)],
  );
}

const named = (header: string | undefined, strong: boolean) =>
  header === undefined ? undefined : header.trim() === "*" ? ("any" as const) : numbersIn(header, strong);

/** What the request's headers expect. What is no list of ETags matches nothing, so a condition on it fails closed. */
export function preconditionOf(c: Context): Precondition | undefined {
  const match = named(c.req.header(MATCH), true);
  const header = c.req.header(NONE);
  const none = named(header, false);
  if (match === undefined && none === undefined) return undefined;
  // nothing but a list of ETags or `*` can be known not to match
  const isList = header === undefined || header.trim() === "*" || LIST.test(header);
  return { ...(match && { match }), ...(none && { none: isList ? none : "any" }) };
}

/** The preconditions of a request that this route would overlook. */
export function overlooked(c: Context): string[] {
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  return [MATCH, ...(isRead ? [] : [NONE])].filter((name) => c.req.header(name) !== undefined);
}

/** For routes that honour none. */
export const refusePreconditions = createMiddleware<Env>(async (c, next) => {
  const names = overlooked(c);
  if (names.length === 0) return next();
  const errors = names.map((name) => ({ pointer: `header: ${name}`, detail: "is not honoured here: leave it out" }));
  return fault(c, "invalid_request", { errors });
});

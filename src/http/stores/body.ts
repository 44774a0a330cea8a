/**
 * Bodies under `/stores`: one JSON object in UTF-8, whatever the content type says,
 * and nothing at all is `{}`, as OpenFGA has it. What a second reader could understand
 * otherwise than the first (a member named twice, a number that is none) is refused,
 * since what we decide by is sent on anew.
 */
import type { Context } from "hono";
import { isMembers, type Members } from "../../check/asked.ts";
import { openFgaError } from "./error.ts";

/** Deeper than any question, and shallow enough for every reader on the way. */
const NESTING_MAX = 100;

// in JSON a string is a member's name exactly where a colon follows
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The body, or the 400 to answer. */
export async function readMembers(
  c: Context,
): Promise<{ body: Members; refusal?: never } | { body?: never; refusal: Response }> {
  const invalid = (message: string) => ({ refusal: openFgaError(c, 400, "validation_error", message) });
  let text: string;
  let json: unknown;
  try {
    text = utf8.decode(await c.req.arrayBuffer());
    json = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return invalid("malformed JSON: the body must be one JSON object in UTF-8");
  }
  if (!isMembers(json)) return invalid("the body must be a JSON object");
  const found = measure(json, 1);
  if (found === undefined) return invalid(`the body is nested deeper than ${NESTING_MAX} levels`);
  if (!found.finite) return invalid("a number in the body is too large");
  const named = [...text.matchAll(STRINGS)].filter(([, colon]) => colon !== undefined).length;
  return named === found.members ? { body: json } : invalid("duplicate field: an object names a member twice");
}

/** How many members there are at all levels, and whether every number is one; undefined when it is too deep. */
function measure(value: unknown, depth: number): { members: number; finite: boolean } | undefined {
  if (typeof value === "number") return { members: 0, finite: Number.isFinite(value) };
  if (typeof value !== "object" || value === null) return { members: 0, finite: true };
  if (depth > NESTING_MAX) return undefined;
  const parts = Object.values(value);
  let members = Array.isArray(value) ? 0 : parts.length;
  let finite = true;
  for (const part of parts) {
    const found = measure(part, depth + 1);
    if (found === undefined) return undefined;
    members += found.members;
    finite &&= found.finite;
  }
  return { members, finite };
}

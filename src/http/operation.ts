/**
 * What the API's document says of a route beside its schemas: who is answered, and which
 * refusals are its own. It is data, so the document and the list of routes are made without
 * a service. `test/support/reply-schemas.ts` holds every reply to it.
 */
import type { RouteConfig, z } from "@hono/zod-openapi";
import { type ProblemCode, ProblemView } from "./problem.ts";

/**
 * `person`: with scope `manage` and `Acting-User`. `service`: with scope `admin` and without. `either` of the two.
 * `anyone`: with one of the two scopes, for nobody in particular. `checker`: with scope `check` or `admin`. `nobody`:
 * without a key.
 */
export type Answered = "person" | "service" | "either" | "anyone" | "checker" | "nobody";

/** `refuses` leaves out what every route of its kind answers: a missing key, a body that cannot be read, an engine that is away. */
export type Documented = { answers: Answered; refuses: readonly ProblemCode[] };

/** A route as data. */
export type Operation = RouteConfig & Documented;

/** A reply as the document has it, typed without its content, so that handlers may answer with plain responses. */
export function described(description: string, schema: z.ZodType, ...types: string[]): { description: string } {
  const names = types.length === 0 ? ["application/json"] : types;
  return Object.assign({ description }, { content: Object.fromEntries(names.map((type) => [type, { schema }])) });
}

/** Every problem of a route. */
export const PROBLEM = described("A problem.", ProblemView, "application/problem+json");

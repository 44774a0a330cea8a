/**
 * `POST /ssf/events`: security events that issuers push (Shared Signals, RFC 8935). Who sends is known by the event's
 * signature, and by a bearer where one is configured. An event that is valid is answered with 202 whether it means anything
 * here or not; one that is not, with RFC 8935's own errors.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type EventDeps, takeEvents } from "../actions/take-events.ts";
import { EVENT_ERRORS, type EventReader, type EventRefused } from "../domain/security-events.ts";
import { mediaTypeOf, readBytes } from "./body.ts";
import type { Env } from "./env.ts";
import { type Documented, described } from "./operation.ts";

const SET = "application/secevent+jwt";

const Refused = z.strictObject({ err: z.enum(EVENT_ERRORS), description: z.string() }).openapi("EventRefused");

const push = createRoute({
  tags: ["Identity"],
  method: "post" as const,
  security: [],
  ...({ answers: "nobody", refuses: [] } satisfies Documented),
  operationId: "postSsfEvents",
  path: "/ssf/events",
  summary: "Take a security event of an issuer (Shared Signals, RFC 8935)",
  request: { body: { content: { [SET]: { schema: z.string().describe("A SET (RFC 8417) as a compact JWS.") } } } },
  responses: {
    202: { description: "Taken." },
    400: described("Refused; nothing was done.", Refused),
    503: { description: "It could not be done, or not be shared with every replica. Send it again after Retry-After." },
  },
});

export const SECURITY_EVENT_OPERATIONS = [push];

/** `readEvent` is missing where no issuer is trusted: then every event is refused. */
export function securityEventRoutes(deps: EventDeps & { readEvent?: EventReader | undefined }) {
  const app = new OpenAPIHono<Env>();
  app.post(push.path, async (c) => {
    const refused = ({ err, description }: EventRefused) =>
      c.json({ err, description }, 400, { "Content-Language": "en" });
    if (mediaTypeOf(c.req.header("Content-Type")) !== SET)
      return refused({ err: "invalid_request", description: `Send Content-Type: ${SET}.` });
    const read = await readBytes(c);
    if (read.kind === "unread") return refused({ err: "invalid_request", description: "Its body cannot be read." });
    const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    const event = await deps.readEvent?.(Buffer.from(read.bytes).toString("latin1").trim(), bearer);
    if (event === undefined)
      return refused({ err: "invalid_issuer", description: "No issuer's events are taken here." });
    if ("err" in event) return refused(event);
    const outcome = await takeEvents(deps, { ...event, requestId: c.var.requestId });
    if (outcome === "taken") return c.body(null, 202);
    return c.body(null, 503, { "Retry-After": "1" });
  });
  return app;
}

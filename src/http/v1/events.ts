/**
 * `GET /v1/events`: what happened, in the order in which it was recorded, as a list or as a stream. A reader keeps the
 * cursor of what it has read and asks again behind it, also after a restart of either side. A request reads a bounded
 * part of the log, so a page may have few items and still be followed by more.
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isService } from "../../domain/caller.ts";
import { cloudEvent } from "../../domain/events/cloud-event.ts";
import { EVENT_TYPES, type EventType, eventTypeOf } from "../../domain/events/event-types.ts";
import { OrganizationId } from "../../domain/ids.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import type { StoreDamaged } from "../../faults.ts";
import { type Look, lookAtEvents } from "../../queries/events.ts";
import { type EventPlace, eventsBehind, placeFrom, placeText, type ReadLog, sharedLog } from "../../store/events.ts";
import { inTurns } from "../../store/snapshot.ts";
import { createEventStreams, EVENT_STREAM } from "../event-stream.ts";
import { type Documented, PROBLEM } from "../operation.ts";
import { PAGE_DEFAULT, PAGE_MAX } from "../page.ts";
import { refusePreconditions } from "../precondition.ts";
import { fault, refused } from "../problem.ts";
import { EventView } from "./event-view.ts";
import type { V1App, V1Deps } from "./route.ts";

/** Of the log, a hundred changes each, for one request. */
const PAGES_MAX = 20;
/** How long streams share what the end of the log was. A list is read anew: who has just acted finds it. */
const SHARE_MILLISECONDS = 500;
/** A date-time may be ahead of our clock by as much: it may be another one's "now". */
const AHEAD_MILLISECONDS = 5000;
/** A place with as many marks as it may have is shorter. */
export const PLACE_LENGTH_MAX = 6000;

const TYPES = EVENT_TYPES.map(({ type }) => type) as [EventType, ...EventType[]];
const Types = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(TYPES)));

const EventsQuery = z.strictObject({
  after: z
    .string()
    .max(PLACE_LENGTH_MAX)
    .optional()
    .describe("`next_cursor` of an earlier reply, or a date-time (RFC 3339) to begin at. Default: the beginning."),
  types: Types.optional().describe("Only these types, with commas between them. Default: all."),
  organization: OrganizationId.optional().describe("Only what this organization may see; required for an acting user."),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});

const EventsPage = z
  .strictObject({
    items: z.array(EventView),
    next_cursor: z.string().describe("Where the next request continues. It is always there."),
    more: z.boolean().describe("Whether the next request finds more at once. If not, ask again after a while."),
  })
  .openapi("Events");

const get = createRoute({
  method: "get",
  middleware: [refusePreconditions] as const,
  path: "/events",
  operationId: "getEvents",
  tags: ["Events"],
  summary: "Read what happened, in order, as a list or as a stream of server-sent events",
  ...({ answers: "either", refuses: ["not_found", "not_admin", "suspended", "rate_limited"] } satisfies Documented),
  request: { query: EventsQuery },
  responses: {
    200: {
      description: "The next events. As `text/event-stream` each is the `data` of an event of its type.",
      content: { "application/json": { schema: EventsPage }, [EVENT_STREAM]: { schema: z.string() } },
    },
    default: PROBLEM,
  },
});

export const EVENT_OPERATIONS = [get];

const wrong = (c: Context, parameter: string, detail: string) =>
  fault(c, "invalid_request", { errors: [{ pointer: `query: ${parameter}`, detail }] });
export const NO_PLACE = "is no cursor of this service, and no date-time in the past";

export function eventRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock, warn, publicUrl } = deps;
  const shared = sharedLog(tupleStore.changesPage, SHARE_MILLISECONDS);
  const streams = createEventStreams(deps.stopping, warn);

  const damaged = (history: string, { what }: StoreDamaged) => warn("event_damaged", { history, what });

  /** The next events that a reader sees. Undefined for a place that the log does not have, and for who may see no more. */
  async function read(
    readLog: ReadLog,
    place: EventPlace,
    look: () => Promise<Result<Look>>,
    { types, limit }: Pick<z.output<typeof EventsQuery>, "types" | "limit">,
  ) {
    const found = await eventsBehind(readLog, place, {
      secret: deps.invitation.secret,
      max: limit,
      pagesMax: PAGES_MAX,
      damaged,
    });
    if (found === undefined) return undefined;
    const events = found.events.filter(({ history, entry }) => {
      const type = eventTypeOf(history, entry.common.action, entry.common.after);
      return types === undefined || types.some((one) => one === type);
    });
    // a stream that waits asks the store for nothing but the log
    const looks = events.length > 0 ? await look() : async () => undefined;
    if (isRefusal(looks)) return undefined;
    const seen = await inTurns(events, looks);
    const items = events.flatMap((event, at) => {
      const as = seen[at];
      return as === undefined ? [] : [cloudEvent(event, publicUrl, as.side)];
    });
    return { items, place: found.place, more: found.more };
  }

  app.openapi(get, async (c) => {
    const query = c.req.valid("query");
    const { after, organization } = query;
    const { caller } = c.var;
    if (organization === undefined && !isService(caller)) return wrong(c, "organization", "is missing");
    const isStream = (c.req.header("Accept") ?? "").includes(EVENT_STREAM);
    const from = (isStream ? c.req.header("Last-Event-ID") : undefined) ?? after;
    const place = placeOf(from, clock());
    if (place === undefined) return wrong(c, "after", NO_PLACE);
    const look = () => lookAtEvents(tupleStore, caller, organization, damaged);
    const looks = await look();
    if (isRefusal(looks)) return refused(c, looks);
    const first = await read(tupleStore.changesPage, place, async () => looks, query);
    if (first === undefined) return wrong(c, "after", NO_PLACE);
    if (!isStream) return c.json({ items: first.items, next_cursor: placeText(first.place), more: first.more });
    const readers = { caller: `${caller.key} ${caller.user ?? ""}`, organization };
    return streams.open(c, readers, first, (behind) =>
      // looked at anew: who is no admin any more reads no further
      read(shared, behind, look, query),
    );
  });
}

/** The place that a request begins at; undefined for a text that names none, and for an instant that is still to come. */
export function placeOf(after: string | undefined, now: Date): EventPlace | undefined {
  if (after === undefined) return { from: "", seen: [] };
  const instant = z.iso.datetime({ offset: true }).safeParse(after);
  const place = instant.success ? { from: new Date(instant.data), seen: [] } : placeFrom(after);
  const isAhead = place?.from instanceof Date && place.from.getTime() > now.getTime() + AHEAD_MILLISECONDS;
  return isAhead ? undefined : place;
}

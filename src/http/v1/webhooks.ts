/** `/v1/webhooks`: how the configured endpoints are, for services; and one of them continued from where it is to be. */
import { z } from "@hono/zod-openapi";
import { isService, needsService } from "../../domain/caller.ts";
import { type Endpoint, nameOfReceiver } from "../../domain/events/endpoints.ts";
import { DeliveryRecord, type Receiver } from "../../domain/records.ts";
import { deliveriesOf, keepReceiver, receiverHead } from "../../events/receivers.ts";
import { Contended, EngineRefused } from "../../faults.ts";
import { type EventPlace, placeFrom, placeText } from "../../store/events.ts";
import { inTurns } from "../../store/snapshot.ts";
import { fault, refused } from "../problem.ts";
import { NO_PLACE, PLACE_LENGTH_MAX, placeOf } from "./events.ts";
import { notFound, routesUnder, type V1App, type V1Deps } from "./route.ts";

const define = routesUnder("Events");

const WebhookView = z
  .strictObject({
    name: z.string(),
    types: z.array(z.string()).nullable().describe("null: all of them."),
    state: z.enum(["new", "ok", "failing", "disabled"]),
    place: z.string().nullable().describe("Everything before it was delivered; a cursor of `GET /v1/events`."),
    failing_since: z.iso.datetime().nullable(),
    disabled_at: z.iso.datetime().nullable(),
    why: z.string().nullable().describe("Of the last failure."),
    deliveries: z.array(DeliveryRecord).describe("The last ten, newest first, some seconds late."),
  })
  .openapi("Webhook");

const list = define.get("/webhooks", "List the endpoints that events are delivered to (scope admin)", {
  answers: "service",
  refuses: [],
  reply: z.strictObject({ items: z.array(WebhookView) }),
});
const resume = define.post("/webhooks/{name}/resume", "Enable an endpoint, and deliver from a place on (scope admin)", {
  answers: "service",
  refuses: ["not_found"],
  query: z.object({
    after: z
      .string()
      .max(PLACE_LENGTH_MAX)
      .optional()
      .describe("A cursor of `GET /v1/events`, or a date-time. Default: where it was."),
  }),
  reply: WebhookView,
});

export const WEBHOOK_OPERATIONS = [list, resume];

function viewOf({ name, types }: Endpoint, value: Receiver | undefined) {
  const { place, failing_since, disabled_at, why } = value ?? {};
  const failing = failing_since === undefined ? ("ok" as const) : ("failing" as const);
  return {
    name,
    types: types === undefined ? null : [...types],
    state: value === undefined ? ("new" as const) : disabled_at === undefined ? failing : ("disabled" as const),
    place: place ?? null,
    failing_since: failing_since ?? null,
    disabled_at: disabled_at ?? null,
    why: why ?? null,
    deliveries: deliveriesOf(value).reverse(),
  };
}

export function webhookRoutes(app: V1App, { tupleStore, clock, webhooks = [] }: V1Deps) {
  const headOf = ({ name }: Endpoint) => receiverHead(tupleStore, nameOfReceiver(name));

  app.openapi(list, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to see where events are delivered"));
    return c.json({ items: await inTurns(webhooks, async (one) => viewOf(one, (await headOf(one)).value)) });
  });
  app.openapi(resume, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to have events delivered"));
    const endpoint = webhooks.find(({ name }) => name === c.req.valid("param").name);
    if (endpoint === undefined) return notFound(c, "webhook");
    const { after } = c.req.valid("query");
    const head = await headOf(endpoint);
    // one that is new begins by itself
    if (after === undefined && head.value === undefined) return c.json(viewOf(endpoint, undefined));
    const place = after === undefined ? placeFrom(head.value?.place ?? "") : placeOf(after, clock());
    if (place === undefined || (await isUnknown(place)))
      return fault(c, "invalid_request", { errors: [{ pointer: "query: after", detail: NO_PLACE }] });
    const { deliveries } = head.value ?? {};
    const kept = await keepReceiver(tupleStore, head, { place: placeText(place), deliveries });
    // the relay keeps a place every few seconds
    if (kept === undefined) throw new Contended("the endpoint's place was kept by others meanwhile");
    return c.json(viewOf(endpoint, kept.value));
  });

  async function isUnknown({ from }: EventPlace): Promise<boolean> {
    try {
      await tupleStore.changesPage(from);
      return false;
    } catch (error) {
      if (error instanceof EngineRefused) return true;
      throw error;
    }
  }
}

/**
 * `/v1/webhooks`: how the endpoints of the services are, the configured ones and those added here; and one of them
 * continued from where it is to be. `/v1/organizations/{org}/webhooks`: the same for those that an organization added.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isService, needsService } from "../../domain/caller.ts";
import { type Endpoint, nameOfReceiver } from "../../domain/events/endpoints.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import { keepReceiver, receiverHead } from "../../events/receivers.ts";
import { Contended } from "../../faults.ts";
import { placeFrom, placeText } from "../../store/events.ts";
import { inTurns } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { fault, refused } from "../problem.ts";
import { addedWebhooks, isUnknownPlace, RotateInput, WebhookInput } from "./added-webhooks.ts";
import { NO_PLACE, PLACE_LENGTH_MAX, placeOf } from "./events.ts";
import { notFound, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { Effective, withMembers } from "./views.ts";
import { configuredView, WebhookView } from "./webhook-view.ts";

const define = routesUnder("Events");

const ListView = z.strictObject({ items: z.array(WebhookView) });
const Once = z.string().describe("`whsec_` and base64, shown this once.");
const PutView = withMembers(WebhookView, { secret: Once.optional(), ...Effective }).openapi("ChangedWebhook");
const RotatedView = withMembers(WebhookView, { secret: Once, ...Effective }).openapi("RotatedWebhook");
const RemovedView = z.strictObject(Effective);
const AfterQuery = z.object({
  after: z
    .string()
    .max(PLACE_LENGTH_MAX)
    .optional()
    .describe("A cursor of `GET /v1/events`, or a date-time. Default: where it was."),
});

const service = { answers: "service" } as const;
const of = "/webhooks/{name}";
const list = define.get("/webhooks", "List the services' endpoints that events are delivered to (scope admin)", {
  ...service,
  refuses: [],
  reply: ListView,
});
const get = define.get(of, "Get an endpoint (scope admin)", { ...service, refuses: ["not_found"], reply: WebhookView });
const put = define.put(of, "Add an endpoint, or change its URL or types (scope admin)", {
  ...service,
  refuses: ["webhooks_off", "too_many_webhooks"],
  body: WebhookInput,
  reply: PutView,
});
const remove = define.delete(of, "Remove an endpoint and its secrets (scope admin)", {
  ...service,
  refuses: ["not_found"],
  reply: RemovedView,
});
const rotate = define.post("/webhooks/{name}/rotate", "Give an endpoint a new secret (scope admin)", {
  ...service,
  refuses: ["not_found", "webhooks_off", "webhook_sealed"],
  body: RotateInput,
  bodyOptional: true,
  reply: RotatedView,
});
const resume = define.post("/webhooks/{name}/resume", "Enable an endpoint, and deliver from a place on (scope admin)", {
  ...service,
  refuses: ["not_found", "webhooks_off"],
  query: AfterQuery,
  reply: WebhookView,
});

const either = { answers: "either" } as const;
const ofOrganization = "/organizations/{org}/webhooks/{name}";
const READS = ["not_found", "not_admin", "suspended"] as const;
const WRITES = [...READS, "webhooks_off"] as const;
const listOwn = define.get("/organizations/{org}/webhooks", "List an organization's endpoints", {
  ...either,
  refuses: READS,
  reply: ListView,
});
const getOwn = define.get(ofOrganization, "Get an organization's endpoint", {
  ...either,
  refuses: READS,
  reply: WebhookView,
});
const putOwn = define.put(ofOrganization, "Add an endpoint for an organization's events, or change it", {
  ...either,
  refuses: [...WRITES, "too_many_webhooks"],
  body: WebhookInput,
  reply: PutView,
});
const removeOwn = define.delete(ofOrganization, "Remove an organization's endpoint and its secrets", {
  ...either,
  refuses: READS,
  reply: RemovedView,
});
const rotateOwn = define.post(
  "/organizations/{org}/webhooks/{name}/rotate",
  "Give an organization's endpoint a new secret",
  { ...either, refuses: [...WRITES, "webhook_sealed"], body: RotateInput, bodyOptional: true, reply: RotatedView },
);
const resumeOwn = define.post(
  "/organizations/{org}/webhooks/{name}/resume",
  "Enable an organization's endpoint, and deliver from a place on",
  { ...either, refuses: [...WRITES, "resumed_recently"], query: AfterQuery, reply: WebhookView },
);

export const WEBHOOK_OPERATIONS = [
  ...[list, get, put, remove, rotate, resume],
  ...[listOwn, getOwn, putOwn, removeOwn, rotateOwn, resumeOwn],
];

export function webhookRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock, webhooks = [] } = deps;
  const added = addedWebhooks(deps);
  const headOf = ({ name }: Endpoint) => receiverHead(tupleStore, nameOfReceiver(name));
  const configured = (name: string) => webhooks.find((one) => one.name === name);

  app.openapi(list, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to see where events are delivered"));
    const [items, more] = await Promise.all([
      inTurns(webhooks, async (one) => configuredView(one, (await headOf(one)).value)),
      added.list(undefined),
    ]);
    return c.json({ items: [...items, ...more] });
  });
  app.openapi(get, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to see where events are delivered"));
    const { name } = c.req.valid("param");
    const one = configured(name);
    return one === undefined ? added.get(c, { name }) : c.json(configuredView(one, (await headOf(one)).value));
  });
  app.openapi(put, async (c) => {
    const { name } = c.req.valid("param");
    return configured(name) === undefined ? added.put(c, { name }, c.req.valid("json")) : isConfigured(c);
  });
  // also one whose name the configuration has taken since: nothing else removes it
  app.openapi(remove, (c) => added.remove(c, c.req.valid("param")));
  app.openapi(rotate, (c) => {
    const { name } = c.req.valid("param");
    if (isService(c.var.caller) && configured(name) !== undefined) return isConfigured(c);
    return added.rotate(c, { name }, RotateInput.parse(c.req.valid("json") ?? {}));
  });
  app.openapi(resume, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to have events delivered"));
    const { name } = c.req.valid("param");
    const { after } = c.req.valid("query");
    const endpoint = configured(name);
    if (endpoint === undefined)
      return (await added.find({ name })) === undefined ? notFound(c, "webhook") : added.resume(c, { name }, after);
    const head = await headOf(endpoint);
    // one that is new begins by itself
    if (after === undefined && head.value === undefined) return c.json(configuredView(endpoint, undefined));
    const place = after === undefined ? placeFrom(head.value?.place ?? "") : placeOf(after, clock());
    if (place === undefined || (await isUnknownPlace(deps, place)))
      return fault(c, "invalid_request", { errors: [{ pointer: "query: after", detail: NO_PLACE }] });
    const { deliveries } = head.value ?? {};
    const kept = await keepReceiver(tupleStore, head, { place: placeText(place), deliveries });
    // the relay keeps a place every few seconds
    if (kept === undefined) throw new Contended("the endpoint's place was kept by others meanwhile");
    return c.json(configuredView(endpoint, kept.value));
  });

  app.openapi(listOwn, async (c) => {
    const { org } = c.req.valid("param");
    const refusal = await added.refuseReader(c, org);
    return refusal ? refused(c, refusal) : c.json({ items: await added.list(org) });
  });
  app.openapi(getOwn, (c) => added.get(c, idOf(c.req.valid("param"))));
  app.openapi(putOwn, (c) => added.put(c, idOf(c.req.valid("param")), c.req.valid("json")));
  app.openapi(removeOwn, (c) => added.remove(c, idOf(c.req.valid("param"))));
  app.openapi(rotateOwn, (c) =>
    added.rotate(c, idOf(c.req.valid("param")), RotateInput.parse(c.req.valid("json") ?? {})),
  );
  app.openapi(resumeOwn, (c) => added.resume(c, idOf(c.req.valid("param")), c.req.valid("query").after));
}

function isConfigured(c: Context<Env>) {
  const errors = [{ pointer: "param: name", detail: "is an endpoint of WEBHOOKS, which the configuration changes" }];
  return fault(c, "invalid_request", { errors });
}

const idOf = ({ org, name }: { org: OrganizationId; name: string }) => ({ organization: org, name });

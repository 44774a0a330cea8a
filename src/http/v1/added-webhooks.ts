/**
 * What can be done with endpoints that are added by API, the same for those of the services and of an organization. A
 * secret is made here and shown once, in the reply that it is made for.
 */
import { randomBytes } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { perform } from "../../actions/run/perform.ts";
import { putWebhook, removeWebhook, resumeWebhook, rotateWebhookSecret } from "../../actions/webhook.ts";
import { isService } from "../../domain/caller.ts";
import type { EndpointSeal } from "../../domain/events/endpoint-seal.ts";
import { type AddedWebhooks, EventTypes } from "../../domain/events/endpoints.ts";
import { type Webhook, type WebhookId, webhookObject } from "../../domain/events/webhook-record.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { alive } from "../../domain/records.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { isRefusal, type Result } from "../../domain/result.ts";
import { EngineRefused } from "../../faults.ts";
import type { Reads } from "../../ports.ts";
import { actingIn } from "../../store/acting.ts";
import { type EventPlace, placeOfNow, placeText } from "../../store/events.ts";
import { inTurns } from "../../store/snapshot.ts";
import { placeOfWebhook, webhookHead, webhookIdsOf } from "../../store/webhooks.ts";
import type { Env } from "../env.ts";
import { fault, refused } from "../problem.ts";
import { act } from "./act.ts";
import { NO_PLACE, placeOf } from "./events.ts";
import { callOf, notFound, type V1Deps } from "./route.ts";
import { addedView } from "./webhook-view.ts";

const SECRET_BYTES = 32;
const URL_LENGTH_MAX = 2000;
const DAY_SECONDS = 86_400;

export const WebhookInput = z
  .strictObject({
    url: z
      .url()
      .max(URL_LENGTH_MAX)
      .describe("https, port 443, a public address, unless WEBHOOKS_ALLOW permits others."),
    types: EventTypes.nullable()
      .transform((types) => types ?? undefined)
      .optional()
      .describe("Of events that it gets. Left out: all."),
  })
  .meta({ example: { url: "https://erp.example/concordat", types: ["concordat.cooperation.paused"] } });
type WebhookInput = z.infer<typeof WebhookInput>;

export const RotateInput = z.strictObject({
  keep_seconds: z
    .int()
    .min(0)
    .max(7 * DAY_SECONDS)
    .default(DAY_SECONDS)
    .describe("How long deliveries are signed with the secret before too."),
});
type RotateInput = z.infer<typeof RotateInput>;

/** Asks the store and answers, for the routes of both. */
export function addedWebhooks(deps: V1Deps) {
  const { tupleStore, clock, addedWebhooks: adding } = deps;

  const view = async (id: WebhookId, at: { webhook: Webhook; n: number }, reads: Reads) =>
    addedView(id, at, (await placeOfWebhook(reads, at.webhook)).value, { adding, now: clock() });

  async function find(id: WebhookId) {
    const head = await webhookHead(tupleStore, webhookObject(id));
    const webhook = alive(head);
    return webhook && view(id, { webhook, n: head.n }, tupleStore);
  }

  /** Why the caller may not see an organization's endpoints. */
  async function refuseReader(c: Context<Env>, organization: OrganizationId | undefined): Promise<Refusal | undefined> {
    if (organization === undefined || isService(c.var.caller)) return undefined;
    return refuseUnlessAdmin(organization, await actingIn(tupleStore, organization, c.var.caller));
  }

  function offered({ organization }: WebhookId): Result<AddedWebhooks> {
    if (adding === undefined) return { code: "webhooks_off", needs: "WEBHOOKS_SECRET" };
    if (organization !== undefined && !adding.byOrganizations)
      return { code: "webhooks_off", needs: "WEBHOOKS_BY_ORGANIZATIONS=on" };
    return adding;
  }

  const newSealing = (seal: EndpointSeal) => ({
    seal,
    secret: `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`,
  });

  const wrong = (c: Context<Env>, pointer: string, detail: string) =>
    fault(c, "invalid_request", { errors: [{ pointer, detail }] });

  return {
    /** The views of all of an owner's, by name. */
    list: async (organization: OrganizationId | undefined) => {
      const found = await inTurns(await webhookIdsOf(tupleStore, organization), find);
      return found.filter((one) => one !== undefined);
    },
    find,
    refuseReader,

    async put(c: Context<Env>, id: WebhookId, { url: text, types }: WebhookInput): Promise<Response> {
      const by = offered(id);
      if (isRefusal(by)) return refused(c, by);
      const url = new URL(text);
      const problem = url.hash === "" ? by.urlProblem(url, id.organization !== undefined) : "must have no fragment";
      if (problem !== undefined) return wrong(c, "/url", problem);
      const place = placeText(await placeOfNow(tupleStore.changesPage, clock()));
      const action = putWebhook({ ...id, ...newSealing(by.seal), url: url.href, types, place });
      return act(c, deps, action, {
        show: (at, reads) => view(id, at, reads),
        creates: ({ before }) => before === undefined,
        members: async ({ value: { secret } }) => ({ ...(secret !== undefined && { secret }) }),
      });
    },

    async rotate(c: Context<Env>, id: WebhookId, { keep_seconds }: RotateInput): Promise<Response> {
      const by = offered(id);
      if (isRefusal(by)) return refused(c, by);
      return act(c, deps, rotateWebhookSecret({ ...id, ...newSealing(by.seal), keepSeconds: keep_seconds }), {
        show: (at, reads) => view(id, at, reads),
        members: async ({ value: { secret } }) => ({ secret }),
      });
    },

    async remove(c: Context<Env>, id: WebhookId): Promise<Response> {
      return act(c, deps, removeWebhook(id), { show: async () => ({}) });
    },

    async resume(c: Context<Env>, id: WebhookId, after: string | undefined): Promise<Response> {
      const by = offered(id);
      if (isRefusal(by)) return refused(c, by);
      const place = after === undefined ? undefined : placeOf(after, clock());
      if (after !== undefined && (place === undefined || (await isUnknownPlace(deps, place))))
        return wrong(c, "query: after", NO_PLACE);
      const text = place && placeText(place);
      const receipt = await perform(deps, callOf(c), resumeWebhook({ ...id, place: text }));
      if (isRefusal(receipt)) return refused(c, receipt);
      const found = await find(id);
      return found === undefined ? notFound(c, "webhook") : c.json(found);
    },

    /** One endpoint, with its ETag. */
    async get(c: Context<Env>, id: WebhookId): Promise<Response> {
      const refusal = await refuseReader(c, id.organization);
      if (refusal) return refused(c, refusal);
      const found = await find(id);
      if (found === undefined) return notFound(c, "webhook");
      c.header("ETag", found.etag);
      return c.json(found);
    },
  };
}

/** Whether the engine does not know a place. Throws EngineUnavailable. */
export async function isUnknownPlace(
  { tupleStore }: Pick<V1Deps, "tupleStore">,
  { from }: EventPlace,
): Promise<boolean> {
  try {
    await tupleStore.changesPage(from);
    return false;
  } catch (error) {
    if (error instanceof EngineRefused) return true;
    throw error;
  }
}

/** The relay to endpoints that are added by API, on a test's service; every address is allowed. It ends with the test. */
import { onTestFinished } from "vitest";
import { perform } from "../../src/actions/run/perform.ts";
import { disableWebhook } from "../../src/actions/webhook.ts";
import type { Allowance } from "../../src/domain/events/endpoints.ts";
import { relayAdded } from "../../src/events/relay-added.ts";
import { createAddedSinks } from "../../src/webhooks/added-webhooks.ts";
import type { Service } from "./service.ts";

export const ALL_ALLOWED: readonly Allowance[] = ["http", "ports", "private", "organizations-private"];

type Options = {
  allowed?: readonly Allowance[];
  byOrganizations?: boolean;
  leads?: () => Promise<boolean>;
  /** Called before an endpoint is read. */
  beforeRead?: (object: string) => void;
};

export function startAddedRelay(
  { deps }: Service,
  { allowed = ALL_ALLOWED, byOrganizations = true, leads = async () => true, beforeRead = () => {} }: Options = {},
) {
  const { tupleStore, clock, addedWebhooks } = deps;
  if (addedWebhooks === undefined) throw new Error("the service adds no endpoints");
  const stopped = new AbortController();
  const warnings: Record<string, unknown>[] = [];
  const counted: string[] = [];
  const ended: string[] = [];
  const warn = (event: string, facts: object) => void warnings.push({ event, ...facts });
  const sinkOf = createAddedSinks({
    reads: tupleStore,
    seal: addedWebhooks.seal,
    allowed,
    byOrganizations,
    options: { source: "https://concordat.example", clock },
    disable: async (input) => {
      const caller = { key: "concordat", scopes: ["admin" as const] };
      await perform(deps, { caller, requestId: "relay" }, disableWebhook(input));
    },
    damaged: (object, { what }) => warn("event_damaged", { history: object, what }),
    warn,
  });
  const running = relayAdded(
    async (object) => {
      beforeRead(object);
      return sinkOf(object);
    },
    {
      readLog: tupleStore.changesPage,
      store: tupleStore,
      secret: "a secret for the tests alone, 32+",
      leads,
      clock,
      meter: {
        eventDelivered: (name) => void counted.push(name),
        eventsDeliveredTo: (name, at) => void (at === undefined && ended.push(name)),
      },
      warn,
      random: () => 0,
    },
    stopped.signal,
  );
  const stop = async () => {
    stopped.abort();
    await running;
  };
  onTestFinished(stop);
  /** `ended`: names of endpoints whose delay is not measured any more. */
  return { stop, warnings, counted, ended };
}

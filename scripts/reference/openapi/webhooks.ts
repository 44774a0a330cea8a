/** The events in the document, under `webhooks`: each type of the table with what it says and an example of its entry. */
import { actorOf, ownActor, SCHEDULER } from "../../../src/domain/caller.ts";
import { ACTION_NAMES, LIFECYCLE } from "../../../src/domain/cooperation/lifecycle.ts";
import { cloudEvent } from "../../../src/domain/events/cloud-event.ts";
import { EVENT_TYPES, type EventType } from "../../../src/domain/events/event-types.ts";
import { sealEntry } from "../../../src/domain/history.ts";
import { NO_HASH } from "../../../src/domain/records.ts";
import type { Json } from "./describe.ts";
import { cooperation, EXAMPLES, sunward } from "./event-examples.ts";
import { SAMPLE } from "./world.ts";

const CLOUD_EVENT_JSON = "application/cloudevents+json";

/** What the service does by itself. */
const BY_SCHEDULER: readonly string[] = ACTION_NAMES.filter((action) => LIFECYCLE[action].by === "scheduler");

/** What else it does by itself, or on an operator's command, and as whom. */
const BY_SERVICES = { disable_webhook: "concordat", repair: "doctor", sign: "sign" } as const;

function actorIn(action: string): string {
  const own = Object.entries(BY_SERVICES).find(([name]) => name === action);
  if (own) return ownActor(own[1]);
  return BY_SCHEDULER.includes(action) ? actorOf(SCHEDULER) : "user:anna";
}

/** The example of one type, as it is delivered. */
function exampleEvent(type: EventType): object {
  const kind = EVENT_TYPES.find((one) => one.type === type);
  if (kind === undefined) throw new Error(`${type} is no event`);
  const entry = sealEntry(NO_HASH, {
    n: 1,
    id: SAMPLE.next,
    at: "2026-01-05T09:00:00.000Z",
    actor: actorIn(kind.action),
    action: kind.action,
    request_id: "req-1",
    ...(EXAMPLES[type] as { object: string }),
  });
  return cloudEvent(
    { history: kind.history === "cooperation" ? cooperation : sunward, entry },
    "https://concordat.example",
  );
}

/** A stream with one event. */
export function exampleStream(): string {
  const type = "concordat.cooperation.paused";
  return `retry: 5000\n\nevent: ${type}\ndata: ${JSON.stringify(exampleEvent(type))}\nid: <the cursor behind it>\n\n`;
}

/** `webhooks` of the document. */
export function webhooksOf(): Json {
  return Object.fromEntries(
    EVENT_TYPES.map(({ type, says }) => [
      type,
      {
        post: {
          operationId: `event${type.replace(/(?:^|[._])(.)/g, (_, letter: string) => letter.toUpperCase())}`,
          summary: says,
          tags: ["Events"],
          security: [],
          requestBody: {
            required: true,
            content: {
              [CLOUD_EVENT_JSON]: { schema: { $ref: "#/components/schemas/Event" }, example: exampleEvent(type) },
            },
          },
          responses: {
            "2XX": {
              description: "Received. Any other answer is sent again later, or ends the delivery; see docs/events.md.",
            },
          },
        },
      },
    ]),
  );
}

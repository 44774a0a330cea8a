/** A scheduler of a test's own on a service: ticked by hand, by the service's clock, and what it announced. */
import { expect } from "vitest";
import { createScheduler, type SchedulerDeps } from "../../src/schedule/scheduler.ts";
import type { Service } from "./service.ts";

export const DAY_MILLISECONDS = 86_400_000;

/** A scheduler that looks at the store as another replica would. */
export function schedulerOf({ deps }: Service, changes: Partial<SchedulerDeps> = {}) {
  const logged: { event: string }[] = [];
  let doneTo: number | undefined;
  const scheduler = createScheduler({
    readLog: deps.tupleStore.changesPage,
    store: deps.tupleStore,
    actions: deps,
    settings: { invitationDays: deps.invitation.ttlDays },
    secret: deps.invitation.secret,
    meter: {
      scheduledTo: (at) => {
        doneTo = at;
      },
    },
    log: (_, event, facts) => logged.push({ event, ...facts }),
    ...changes,
  });
  return {
    ...scheduler,
    logged,
    events: () => logged.map(({ event }) => event),
    doneTo: () => doneTo,
    /** Until nothing is left to do now. */
    async run() {
      while ((await scheduler.tick()).more);
    },
  };
}

/** What was announced so far, in the order of the log: the event, how many days before, the date, and of whom. */
export async function announcedBy({ admin }: Service): Promise<[string, ...unknown[]][]> {
  const announced: [string, ...unknown[]][] = [];
  for (let after = "", more = true; more; ) {
    const { status, body } = await admin("GET", `/v1/events?limit=200${after}`);
    expect(status).toBe(200);
    for (const { type, data } of body.items) {
      if (data.action !== "expire" && data.action !== "remind") continue;
      expect(data.actor).toBe("service:scheduler");
      const { days, expires_at, user } = data.after;
      announced.push([type.slice("concordat.".length), ...[days, expires_at, user].filter((one) => one !== undefined)]);
    }
    [after, more] = [`&after=${body.next_cursor}`, body.more];
  }
  return announced;
}

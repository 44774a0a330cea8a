/** A scheduler of a test's own on a service: ticked by hand, by the service's clock, and what it announced. */
import { expect } from "vitest";
import { createScheduler, type SchedulerDeps } from "../../src/schedule/scheduler.ts";
import { cooperate, type Service, seedWorld } from "./service.ts";

export const DAY_MILLISECONDS = 86_400_000;
export const BEGIN = new Date("2027-01-10T08:00:30Z");
/** So many days from the beginning, and a minute more: what is due then has come. */
export const day = (days: number) => new Date(BEGIN.getTime() + days * DAY_MILLISECONDS + 60_000);
/** A date so many days from the beginning. */
export const date = (days: number) =>
  `${new Date(BEGIN.getTime() + days * DAY_MILLISECONDS).toISOString().slice(0, 19)}Z`;

/** A cooperation with a share and a delegation, each with its date or without. */
export async function dated(
  service: Service,
  { cooperation, share, delegation }: { cooperation?: string; share?: string; delegation?: string },
) {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager", ...(share && { expires_at: share }) },
  ]);
  const paths = { cooperation: `/v1/cooperations/${id}`, share: `/v1/shares/${shares[0]}` };
  if (delegation !== undefined) {
    const body = { role: "viewer", expires_at: delegation };
    expect((await service.as("ben", "PUT", `${paths.share}/delegations/tom`, body)).status).toBe(201);
  }
  if (cooperation !== undefined) await redate(service, paths.cooperation, cooperation);
  return { ...paths, id };
}

export const redate = async (service: Service, path: string, expires_at: string | null) =>
  expect((await service.as("anna", "PATCH", path, { expires_at })).status).toBe(200);

/** A service whose clock is stopped at the beginning. */
export function at(service: Service, now = BEGIN): Service {
  service.setNow(now);
  return service;
}

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

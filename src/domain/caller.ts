/**
 * Who calls: a service by its key, and where it says so the person it acts for. A call
 * that names a person is that person's call: scope `admin` does not widen it.
 */

import type { UserId } from "./ids.ts";
import type { Refusal } from "./refusal.ts";

/** `check` asks, `manage` acts for a person, `admin` keeps organizations, people and resources and reads all. */
export const SCOPES = ["check", "manage", "admin"] as const;
export type KeyScope = (typeof SCOPES)[number];

/** What a key is bound to: the types of what it names, the permissions it asks about, the organizations whose things and people those are. What is not there binds nothing. */
export type Bounds = {
  types?: readonly string[];
  permissions?: readonly string[];
  organizations?: readonly string[];
};

/** `user` is the acting user's id, without `user:`. */
export type Caller = {
  key: string;
  scopes: readonly KeyScope[];
  user?: UserId | undefined;
  bounds?: Bounds | undefined;
};

/** What a request presents, a key or a token: who calls, and with a person's token the only person that it acts for. */
export type Presented = {
  name: string;
  scopes: readonly KeyScope[];
  bounds?: Bounds;
  user?: UserId;
};

/** What acts in histories as `service:…` without a key: no key may be named like one of them. */
const OWN_SERVICES = ["doctor", "sign", "scheduler", "concordat", "console"] as const;

/** The name of what the console asks, as that of a key: in the log, and for limits. */
export const CONSOLE_CALLER = "console" satisfies (typeof OWN_SERVICES)[number];

/** How the history names a service of our own. */
export const ownActor = (name: (typeof OWN_SERVICES)[number]): string => `service:${name}`;

/** The service itself, when a date has come. It acts for nobody, and no request comes from it. */
export const SCHEDULER: Caller = { key: "scheduler", scopes: [] };

/** Why somebody else may not do what the service does on a date. */
export function refuseUnlessScheduler({ key, user }: Caller): Refusal | undefined {
  if (user === undefined && key === SCHEDULER.key) return undefined;
  return { code: "insufficient_scope", needs: "the service's own scheduler: no key may do this" };
}

/** Whether a key of that name would be taken for a service of our own. */
export const isOwnService = (name: string): boolean => OWN_SERVICES.some((own) => own === name.toLowerCase());

/** How the history names a caller: the person, or the service that acted for none. */
export function actorOf(caller: Caller): string {
  return caller.user === undefined ? `service:${caller.key}` : `user:${caller.user}`;
}

/** Whether the call is a service's own, with scope `admin`. */
export function isService(caller: Caller): boolean {
  return caller.user === undefined && caller.scopes.includes("admin");
}

/** The refusal of a call that only a service may make for nobody in particular. */
export function needsService(purpose: string): Refusal {
  return { code: "insufficient_scope", needs: `scope admin and no acting user, ${purpose}` };
}

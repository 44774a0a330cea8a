/**
 * Who calls: a service by its key, and where it says so the person it acts for. A call
 * that names a person is that person's call: scope `admin` does not widen it.
 */

import type { Refusal } from "./refusal.ts";

/** `check` asks, `manage` acts for a person, `admin` keeps organizations, people and resources and reads all. */
export const SCOPES = ["check", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** `user` is the acting user's id, without `user:`. */
export type Caller = { key: string; scopes: readonly Scope[]; user?: string | undefined };

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

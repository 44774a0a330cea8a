/**
 * What each scope is for, by what is read or done and not by the path: the endpoints of
 * AuthZEN, of OpenFGA's API and of `/v1` all follow this table, from which
 * docs/reference/scopes.md is printed.
 */
import type { KeyScope } from "./caller.ts";

/** The question in words, the endpoints that answer it, and the scopes of which one suffices. */
export const NEEDS = {
  permission: {
    asks: "Whether a `user:` has a permission (`can_*`), who has it, and on what, as of now",
    endpoints: [
      "`/access/v1/*`",
      "`/stores/{id}/check`",
      "`batch-check`",
      "`list-objects`",
      "`streamed-list-objects`",
      "`list-users`",
    ],
    scopes: ["check", "admin"],
  },
  store: {
    asks: "Which store there is",
    endpoints: ["`GET /stores`", "`GET /stores/{id}`"],
    scopes: ["check", "admin"],
  },
  inside: {
    asks: "Anything else of OpenFGA: other relations and users, another time, tuples that are supposed or written, changes, models",
    endpoints: ["all of `/stores`"],
    scopes: ["admin"],
  },
  tuples: {
    asks: "Tuples written that mean an action: a service's own, or with `Acting-User` a person's",
    endpoints: ["`/stores/{id}/write`"],
    scopes: ["admin", "manage"],
  },
  person: {
    asks: "What a person sees and does, whom `Acting-User` names",
    endpoints: ["`/v1/*`"],
    scopes: ["manage"],
  },
  service: {
    asks: "Organizations, people, resources; every read; explanations, inspection, import, export, doctor; for nobody in particular",
    endpoints: ["`/v1/*`"],
    scopes: ["admin"],
  },
} as const satisfies Record<string, { asks: string; endpoints: readonly string[]; scopes: readonly KeyScope[] }>;

/** Whether a key with these scopes may ask that. */
export function suffices(scopes: readonly KeyScope[], need: keyof typeof NEEDS): boolean {
  return NEEDS[need].scopes.some((scope) => scopes.includes(scope));
}

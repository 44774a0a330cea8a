/**
 * What each scope is for, by what is learnt or done and not by the path that it is asked
 * on: the doors of AuthZEN, of OpenFGA's API and of `/v1` go by this one table, from which
 * docs/reference/scopes.md is printed.
 */
import type { KeyScope } from "./caller.ts";

/** `asks` in words, the doors it is asked at, and the scopes of which one suffices. */
export const NEEDS = {
  permission: {
    asks: "Whether a `user:` has a permission (`can_*`), who has it, and on what, as of now",
    doors: [
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
    doors: ["`GET /stores`", "`GET /stores/{id}`"],
    scopes: ["check", "admin"],
  },
  inside: {
    asks: "Anything else of OpenFGA: other relations and users, another time, tuples that are supposed or written, changes, models",
    doors: ["all of `/stores`"],
    scopes: ["admin"],
  },
  tuples: {
    asks: "Tuples written that mean an action: a service's own, or with `Acting-User` a person's",
    doors: ["`/stores/{id}/write`"],
    scopes: ["admin", "manage"],
  },
  person: {
    asks: "What a person sees and does, whom `Acting-User` names",
    doors: ["`/v1/*`"],
    scopes: ["manage"],
  },
  service: {
    asks: "Organizations, people, resources; every read; explanations, inspection, import, export, doctor; for nobody in particular",
    doors: ["`/v1/*`"],
    scopes: ["admin"],
  },
} as const satisfies Record<string, { asks: string; doors: readonly string[]; scopes: readonly KeyScope[] }>;

/** Whether a key with these scopes may ask that. */
export function suffices(scopes: readonly KeyScope[], need: keyof typeof NEEDS): boolean {
  return NEEDS[need].scopes.some((scope) => scopes.includes(scope));
}

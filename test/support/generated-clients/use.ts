/** What a client that was generated from the document can say, and no more: it compiles where the document has the types. */

import { evaluate, putSharesDelegationsByUser } from "./sdk/index.ts";
import type { components, operations } from "./types.ts";

/** A check. */
export async function mayView(user: string, plant: string): Promise<boolean> {
  const { data } = await evaluate({
    body: { subject: { type: "user", id: user }, action: { name: "view" }, resource: { type: "plant", id: plant } },
    throwOnError: true,
  });
  return data.decision;
}

/** A delegation as the partner's admin, on the state that was read; or the roles that may be given instead. */
export async function delegate(share: string, etag: string) {
  const { data, error } = await putSharesDelegationsByUser({
    path: { id: share, user: "tom" },
    headers: { "Acting-User": "user:ben", "If-Match": etag },
    body: { role: "technical_manager" },
  });
  if (error?.code === "role_above_cap") return error.may_grant;
  return data;
}

type Refused = operations["putSharesDelegationsByUser"]["responses"][422]["content"]["application/problem+json"];

/** A code that the operation does not answer is no case of it. */
export function adviceOn(problem: Refused): string {
  switch (problem.code) {
    case "role_above_cap":
      return problem.may_grant.join(" or ");
    case "not_own_person":
      return problem.organization;
    // @ts-expect-error only an invitation is answered with it
    case "already_invited":
      return "";
    default:
      return problem.title;
  }
}

/** A question of OpenFGA's API is typed too. */
export const question: components["schemas"]["TupleKey"] = {
  user: "user:tom",
  relation: "can_view",
  object: "plant:7",
};

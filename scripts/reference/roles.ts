/** Roles and caps: what each role carries, and what a share at each role may be delegated at. */
import {
  delegable,
  JOB_ROLES,
  ORGANIZATION_ROLES,
  PERMISSION_OF,
  RUNGS,
  SHARED_ROLES,
} from "../../src/domain/roles.ts";
import { code, table } from "./blocks.ts";

const list = (words: readonly string[]) => words.map(code).join(", ");

/** The job roles, highest first, with their rungs and permissions. */
export function rolesTable(): string {
  const rows = JOB_ROLES.map((role) => [
    code(role),
    list(RUNGS[role]),
    list(RUNGS[role].map((rung) => PERMISSION_OF[rung])),
    SHARED_ROLES.some((shared) => shared === role) ? "yes" : "never",
  ]);
  const organization = `An organization's people hold one organization role each: ${list(ORGANIZATION_ROLES)}.`;
  return `${table(["job role", "rungs it is written as", "permissions", "may be shared"], rows)}\n\n${organization}`;
}

/** What the partner's admins may delegate, by the role that a resource is shared at. */
export function capsTable(): string {
  const rows = SHARED_ROLES.map((cap) => [
    code(cap),
    list(delegable(cap)),
    list(JOB_ROLES.filter((role) => !delegable(cap).some((allowed) => allowed === role))),
  ]);
  return table(["shared at", "may be delegated at", "never"], rows);
}

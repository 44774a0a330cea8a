/**
 * What a change of raw tuples amounts to, given what is held now: people and resources here,
 * roles written in rungs in raw-rungs.ts. A role's tuple means the role, and what belongs
 * to it is written and deleted with it; another role is deleted in the same request. Pure.
 */

import { idOfType } from "../ids.ts";
import type { Resource } from "../records.ts";
import { ORGANIZATION_ROLES, type OrganizationRole } from "../roles.ts";
import type { TupleKey } from "../tuples.ts";
import type { Asked, Leniency } from "./admit.ts";
import type { ReadTuple } from "./raw-tuple.ts";

/** `nothing`: all of it is so already, and that is ignored. `become` undefined: it is deleted. */
export type RawEffect<T> = { kind: "nothing" } | { kind: "become"; to: T | undefined } | Rejected;

/** `exists`, `missing`, `conflict` (another condition): OpenFGA's own. `refused`: with what to do. */
export type Rejected =
  | { kind: "exists" | "missing" | "conflict"; tuple: TupleKey }
  | { kind: "refused"; tuple: TupleKey; problem: string };

export const NOTHING = { kind: "nothing" } as const;
export const effect = <T>(to: T | undefined): RawEffect<T> => ({ kind: "become", to });
export const rejected = (tuple: TupleKey, problem: string): Rejected => ({ kind: "refused", tuple, problem });
export const inSameRequest = ({ object }: TupleKey, relation: string, user: string) =>
  `delete '${object}#${relation}@${user}' in the same request`;

/** The tuples that change something, or the first that changes nothing where OpenFGA's option makes that an error. */
export function left(
  tuples: readonly ReadTuple[],
  isIdle: (tuple: ReadTuple) => boolean,
  option: "error" | "ignore",
  kind: "exists" | "missing",
): ReadTuple[] | Rejected {
  const idle = tuples.find(isIdle);
  if (idle !== undefined && option === "error") return { kind, tuple: idle };
  return tuples.filter((tuple) => !isIdle(tuple));
}

/** A person of an organization, from the role held now. */
export function personBecomes(
  asked: Asked,
  held: OrganizationRole | undefined,
  { onDuplicate, onMissing }: Leniency,
): RawEffect<OrganizationRole> {
  const isThere = (relation: string) => held !== undefined && (relation === held || relation === "person");
  const deletes = left(asked.deletes, ({ relation }) => !isThere(relation), onMissing, "missing");
  if ("kind" in deletes) return deletes;
  const leaves = deletes.some(({ relation }) => relation !== "person");
  const withoutPerson = deletes.find(({ relation }) => relation === "person");
  if (withoutPerson !== undefined && !leaves)
    return rejected(withoutPerson, `person belongs to the role: delete '${held}', and the person leaves`);

  const stays = (relation: string) => (relation === "person" ? held !== undefined : relation === held && !leaves);
  const writes = left(asked.writes, ({ relation }) => stays(relation), onDuplicate, "exists");
  if ("kind" in writes) return writes;
  const [role, other] = writes.filter(({ relation }) => relation !== "person");
  if (other !== undefined) return rejected(other, "a person holds one role in an organization: write one of them");
  const person = asked.writes.find(({ relation }) => relation === "person");
  if (role === undefined) {
    if (person !== undefined && (leaves || held === undefined))
      return rejected(person, `person comes with the role: write one of ${ORGANIZATION_ROLES.join(", ")}`);
    return leaves ? effect<OrganizationRole>(undefined) : NOTHING;
  }
  const unwanted = asked.deletes.find(({ relation }) => relation === "person");
  if (unwanted !== undefined) return rejected(unwanted, "person stays as long as there is a role: leave it out");
  if (held !== undefined && !leaves)
    return rejected(role, `${role.user} is ${held}, and holds one role: ${inSameRequest(role, held, role.user)}`);
  return effect(role.relation as OrganizationRole);
}

/** A resource's owner and a plant's portfolio, from those it has now. */
export function resourceBecomes(
  asked: Asked,
  held: Pick<Resource, "owner" | "portfolio"> | undefined,
  { onDuplicate, onMissing }: Leniency,
): RawEffect<Pick<Resource, "owner" | "portfolio">> {
  const isThere = ({ relation, user }: ReadTuple) => held !== undefined && user === userOf(relation, held);
  const deletes = left(asked.deletes, (tuple) => !isThere(tuple), onMissing, "missing");
  if ("kind" in deletes) return deletes;
  const isDeleted = deletes.some(({ relation }) => relation === "owner");
  const leaves = deletes.find(({ relation }) => relation === "portfolio");
  const [anyWrite] = asked.writes;
  if (isDeleted && anyWrite !== undefined)
    return rejected(anyWrite, "an owner never changes: unregister in one request, register in the next");
  if (isDeleted) return effect<Resource>(undefined);

  const writes = left(asked.writes, isThere, onDuplicate, "exists");
  if ("kind" in writes) return writes;
  const [owner, secondOwner] = writes.filter(({ relation }) => relation === "owner");
  const [portfolio, secondPortfolio] = writes.filter(({ relation }) => relation === "portfolio");
  if (secondOwner !== undefined) return rejected(secondOwner, "a resource has exactly one owner");
  if (secondPortfolio !== undefined) return rejected(secondPortfolio, "a plant lies in one portfolio");
  if (owner !== undefined && held !== undefined)
    return rejected(owner, `is organization:${held.owner}'s, and an owner never changes: unregister it first`);
  if (portfolio !== undefined && held === undefined && owner === undefined)
    return rejected(portfolio, "is not registered: write its owner in the same request");
  if (portfolio !== undefined && held?.portfolio !== undefined && leaves === undefined)
    return rejected(
      portfolio,
      `lies in another: ${inSameRequest(portfolio, "portfolio", `portfolio:${held.portfolio}`)}`,
    );
  if (owner === undefined && portfolio === undefined && leaves === undefined) return NOTHING;
  return effect({
    owner: held?.owner ?? idOfType("organization", owner?.user ?? ""),
    portfolio: portfolio ? idOfType("portfolio", portfolio.user) : leaves === undefined ? held?.portfolio : undefined,
  });
}

const userOf = (relation: string, { owner, portfolio }: Pick<Resource, "owner" | "portfolio">) =>
  relation === "owner" ? `organization:${owner}` : `portfolio:${portfolio}`;

/**
 * A store's organizations with their policies, people and who of them is suspended, resources and job roles as lines for an import: kind after kind, within a kind by
 * organization and id. The store is read while the lines are sent, so a concurrent Write may be in them or not.
 */

import { idOf, idOfType, type OrganizationId, type ResourceType } from "../../domain/ids.ts";
import { policyIn } from "../../domain/policy.ts";
import { alive } from "../../domain/records.ts";
import type { ImportLine } from "../../domain/registry/import-line.ts";
import type { Reads, TupleStore } from "../../ports.ts";
import { suspendedIn } from "../../store/acting.ts";
import { peopleOf } from "../../store/people.ts";
import { policyHead } from "../../store/policies.ts";
import { jobRolesFrom, resourceRefsOf } from "../../store/resources.ts";
import { inTurns, organizationHead, personHead, resourceHead } from "../../store/snapshot.ts";

/** A store that can be read from one end to the other. */
export type WholeStore = Pick<TupleStore, "pages">;

/** Portfolios first: a plant's line names its own. */
const TYPES: readonly ResourceType[] = ["portfolio", "plant"];

/** Objects that are read for one block of lines. */
const AT_ONCE = 64;

/** The sorted ids of all organizations. OpenFGA cannot list a type, so the whole store is read, page by page. */
export async function organizationIds({ pages }: WholeStore): Promise<OrganizationId[]> {
  const ids: OrganizationId[] = [];
  for await (const tuples of pages())
    for (const { object, relation } of tuples)
      if (relation === "organization" && object.startsWith("twin:")) ids.push(idOfType("organization", object));
  return [...new Set(ids)].sort();
}

/** The lines of these organizations. Keeps the ids of one organization's people or resources at a time. Throws EngineUnavailable. */
export async function* exportLines(reads: Reads, organizations: OrganizationId[]): AsyncGenerator<ImportLine> {
  yield* each(organizations, async (id) => {
    const organization = alive(await organizationHead(reads, id));
    return organization === undefined ? [] : [{ kind: "organization", id, name: organization.name }];
  });
  yield* each(organizations, async (organization) => {
    const policy = policyIn(await policyHead(reads, organization));
    const rules = Object.entries(policy).filter(([, rule]) =>
      Array.isArray(rule) ? rule.length > 0 : rule !== undefined,
    );
    return rules.length === 0 ? [] : [lineOf({ kind: "policy", organization, ...Object.fromEntries(rules) })];
  });
  for (const organization of organizations)
    yield* each(await peopleOf(reads, organization), async ({ user, role }) => {
      const { name, email, language } = (await personHead(reads, user)).value ?? {};
      return [lineOf({ kind: "person", organization, user, role, name, email, language })];
    });
  for (const organization of organizations)
    yield* each([...(await suspendedIn(reads, organization))].sort(), async (user) => [
      { kind: "suspension", organization, user },
    ]);
  for (const type of TYPES)
    for (const organization of organizations)
      yield* each(await resourceRefsOf(reads, organization, [type]), async (ref) => {
        const resource = alive(await resourceHead(reads, ref));
        if (resource === undefined) return [];
        const { owner, name, portfolio } = resource;
        return [lineOf({ kind: type, id: idOf(ref), owner, name, ...(portfolio !== undefined && { portfolio }) })];
      });
  for (const type of TYPES)
    for (const organization of organizations)
      yield* each(await resourceRefsOf(reads, organization, [type]), async (resource) => {
        const held = jobRolesFrom(await reads.read({ object: resource }));
        return held.map(({ user, role }) => ({ kind: "job_role", resource, user, role }));
      });
}

async function* each<T>(items: readonly T[], linesOf: (item: T) => Promise<ImportLine[]>): AsyncGenerator<ImportLine> {
  for (let start = 0; start < items.length; start += AT_ONCE)
    yield* (await inTurns(items.slice(start, start + AT_ONCE), linesOf)).flat();
}

/** A line without its undefined members. */
function lineOf(line: Record<string, unknown>): ImportLine {
  return Object.fromEntries(Object.entries(line).filter(([, value]) => value !== undefined)) as ImportLine;
}

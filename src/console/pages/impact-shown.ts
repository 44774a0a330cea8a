/** What a step means for whom: the dry run of `/v1` as a part of a page, with the names of who has access or would have it. */
import { html } from "hono/html";
import { v1Path } from "../api.ts";
import type { ConsoleContext, Visit } from "../context.ts";
import { type DryRun, impactList } from "../impact.ts";
import { type Names, named, namesOfCooperation } from "../names.ts";
import type { Html } from "../parts.ts";
import type { SeenBy, ShownCooperation } from "./cooperation-shown.ts";

/** Who and what is behind them is named by id. */
const NAMES_MAX = 200;

/** Names of a cooperation's people and resources. Who would have access by accepting are the reader's own people. */
export async function knownNames(c: ConsoleContext, cooperation: ShownCooperation, seen: SeenBy): Promise<Names> {
  const { id, status } = cooperation;
  const own = seen.side === "partner" && status === "pending" ? seen.organization : undefined;
  const path = own ? v1Path`/v1/organizations/${own.id}/people` : v1Path`/v1/cooperations/${id}/people`;
  type Named = { user: string; name: string | null };
  const [people, plants] = await Promise.all([
    c.var.console.api.get<{ items: Named[] }>(path, { limit: NAMES_MAX }),
    ownPlants(c, cooperation, seen),
  ]);
  const names = namesOfCooperation(cooperation, people.ok ? people.value.items : []);
  return { ...names, resource: (ref) => plants.get(ref) ?? names.resource(ref) };
}

/** The names of an initiator's own plants, which a shared portfolio may hold. */
async function ownPlants(c: ConsoleContext, { shares }: ShownCooperation, { side, organization }: SeenBy) {
  const isNeeded = side === "initiator" && shares.some(({ resource }) => resource.startsWith("portfolio:"));
  if (!isNeeded || organization === undefined) return new Map<string, string>();
  type Plant = { resource: string; name: string | null };
  const path = v1Path`/v1/organizations/${organization.id}/resources`;
  const found = await c.var.console.api.get<{ items: Plant[] }>(path, { limit: NAMES_MAX, type: "plant" });
  const plants = found.ok ? found.value.items : [];
  return new Map(
    plants.map(({ resource, name }) => [resource, named(resource.slice(resource.indexOf(":") + 1), name)]),
  );
}

/** What a dry run says. */
export const impactShown = (visit: Visit, { impact }: DryRun, names: Names): Html =>
  html`<section aria-labelledby="impact"><h2 id="impact">${visit.words.cooperations.acting.impact}</h2>
${impactList(impact, visit, names)}</section>`;

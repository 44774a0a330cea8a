/** The cooperation that an address names, as the API shows it to who looks, and the addresses of its pages. */
import type { Problem } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import type { Names } from "../names.ts";
import { problemPage } from "../page.ts";
import { type Href, withQuery } from "../path.ts";
import { getCooperation, pageOfCooperation, partnerName, type ShownCooperation, seenBy } from "./cooperation-shown.ts";
import { knownNames } from "./impact-shown.ts";

export type Opened = {
  id: string;
  /** Whose page it is. */
  organization: string | undefined;
  cooperation: ShownCooperation;
  /** Its ETag, which is the number of its newest history entry too. */
  etag: string | undefined;
  names: Names;
  /** Whether they look at it for the organization that shares. */
  isInitiator: boolean;
  /** What the other side is called. */
  other: string;
  /** The page of the cooperation itself. */
  home: Href;
  /** The same address with the organization in its query that the page is about. */
  at: (href: Href) => Href;
};

/** The cooperation, or the page that says why not. */
export async function openCooperation(c: ConsoleContext): Promise<Opened | Response> {
  const id = c.req.param("id") ?? "";
  const found = await getCooperation(c, id);
  if (!found.ok) return problemPage(c, found);
  const { value: cooperation, etag } = found;
  const seen = seenBy(c, cooperation);
  const organization = seen.organization?.id;
  return {
    ...{ id, organization, cooperation, etag },
    names: await knownNames(c, cooperation, seen),
    isInitiator: seen.side === "initiator",
    other: partnerName(c.var.visit, cooperation, seen.side),
    home: pageOfCooperation(id, organization),
    at: (href) => withQuery(href, { organization }),
  };
}

/** What is wrong with a field of a form, by the API. */
export function fieldError(problem: Problem | undefined, name: string): string | undefined {
  if (problem === undefined) return undefined;
  const wrong = problem.errors?.find(({ pointer }) => pointer === `/${name}`);
  return wrong?.detail ?? (problem.member === name ? problem.detail : undefined);
}

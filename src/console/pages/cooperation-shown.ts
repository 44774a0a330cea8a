/**
 * Cooperations as pages name them: who is on the other side, in which status, with which date next, and on which side the
 * reader is. A name is text of somebody else's: it is set apart from what is beside it.
 */
import { html } from "hono/html";
import type { z } from "zod";
import type { Side } from "../../domain/history.ts";
import { shownName } from "../../domain/text.ts";
import type { CooperationItem, CooperationView } from "../../http/v1/views.ts";
import { type ApiAnswer, v1Path } from "../api.ts";
import type { ConsoleContext, OwnOrganization, Visit } from "../context.ts";
import { named } from "../names.ts";
import { dateText, type Html } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";

export type ShownItem = z.infer<typeof CooperationItem>;
export type ShownCooperation = z.infer<typeof CooperationView>;

/** A cooperation as one of the person's organizations sees it. */
export type SeenBy = { side: Side; organization: OwnOrganization | undefined };

/**
 * On which side the page's organization is, else the first of the person's that is in the cooperation, admins before
 * others. The page is about that organization from then on. Who belongs to neither sees it as its initiator's services do.
 */
export function seenBy(c: ConsoleContext, { initiator, partner }: Pick<ShownItem, "initiator" | "partner">): SeenBy {
  const { console: signedIn } = c.var;
  const { organizations } = signedIn;
  const named = organizations.filter(({ id }) => id === c.req.query("organization"));
  const byRole = organizations.toSorted((one, other) => Number(other.role === "admin") - Number(one.role === "admin"));
  const organization = [...named, ...byRole].find(({ id }) => id === initiator.id || id === partner?.id);
  if (organization !== undefined) signedIn.current = organization;
  return {
    side: organization !== undefined && organization.id !== initiator.id ? "partner" : "initiator",
    organization,
  };
}

/** A cooperation for a page, with its ETag. */
export const getCooperation = (c: ConsoleContext, id: string): Promise<ApiAnswer<ShownCooperation>> =>
  c.var.console.api.get(v1Path`/v1/cooperations/${id}`);

/** A page of a cooperation, or what is behind its address, as an organization sees it. */
export function pageOfCooperation(id: string, organization: string | undefined, behind?: string, n?: number): Href {
  const own = behind === undefined ? to`/console/cooperations/${id}` : to`/console/cooperations/${id}/${behind}`;
  return withQuery(n === undefined || behind === undefined ? own : to`/console/cooperations/${id}/${behind}/${n}`, {
    organization,
  });
}

/** The name of the other side within a sentence; of somebody who has no organization yet, the invited address. */
export function partnerName({ words }: Visit, item: Pick<ShownItem, "initiator" | "partner" | "label">, side: Side) {
  const name = side === "partner" ? item.initiator.name : (item.partner?.name ?? item.label);
  return shownName(name ?? words.cooperations.unknownPartner);
}

/** The word for its status that counts for a reader: a date that has passed comes before the rest, a start before "active". */
export function statusShown({ status, expired, starts_at }: ShownItem) {
  if (status === "ended") return "ended";
  if (expired) return "expired";
  return status === "active" && starts_at !== null ? "planned" : status;
}

const DATES = ["starts_at", "expires_at", "review_by", "resume_at"] as const;

/** The next of its dates that is still to come, in words; of one that is over, when that was. */
export function nextDate(visit: Visit, item: ShownItem, now: Date): Html {
  const { cooperations } = visit.words;
  if (item.ended_at !== null) return html`${cooperations.facts.ended_at} ${dateText(visit, item.ended_at)}`;
  const dates = DATES.flatMap((name) => (item[name] === null ? [] : [{ name, at: item[name] }]));
  const isToCome = ({ at }: { at: string }) => Date.parse(at) > now.getTime();
  const [next] = dates.filter(isToCome).sort((one, other) => (one.at < other.at ? -1 : 1));
  if (item.expired) {
    const [end] = dates.filter(({ name, at }) => name !== "starts_at" && name !== "resume_at" && !isToCome({ at }));
    return html`${cooperations.expiredAt} ${end && dateText(visit, end.at)}`;
  }
  return next === undefined
    ? html`${cooperations.noDate}`
    : html`${cooperations.next[next.name]} ${dateText(visit, next.at)}`;
}

/** A resource by its name, or its id where it has none: `Hillside (Plant)`. */
export function resourceShown({ words }: Visit, resource: string, name?: string | null): Html {
  const [type = "", id = ""] = [resource.slice(0, resource.indexOf(":")), resource.slice(resource.indexOf(":") + 1)];
  const kind = type === "plant" || type === "portfolio" ? words.frame.resource[type] : type;
  return html`<bdi>${shownName(name ?? id)}</bdi> <span class="hint">(${kind})</span>`;
}

/** A person by name with their id, or by their id alone. */
export const personShown = (user: string, name: string | null): Html =>
  html`<bdi>${shownName(named(user, name))}</bdi>`;

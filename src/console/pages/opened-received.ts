/** A share that came in, as the API shows it to an admin of the organization in the address, and the people it can be delegated to. */
import { html } from "hono/html";
import type { z } from "zod";
import type { PersonView } from "../../http/v1/views.ts";
import { v1Path } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import { type Names, namesOfCooperation, resourceName } from "../names.ts";
import { problemPage, sentencePage } from "../page.ts";
import { badge, dateText, type Html } from "../parts.ts";
import { type Href, to, withQuery } from "../path.ts";
import type { ShownCooperation } from "./cooperation-shown.ts";
import type { ShownShare } from "./permission-parts.ts";

type Person = z.infer<typeof PersonView>;
type People = { items: Person[]; next_cursor: string | null };

/** As many as a list has at most. */
const LIST_MAX = 200;
/** As many as a search shows. */
const FOUND_MAX = 20;

export type Received = {
  organization: string;
  /** Of the cooperation. */
  id: string;
  cooperation: ShownCooperation;
  etag: string | undefined;
  share: ShownShare;
  /** What the resource is called. */
  name: string;
  names: Names;
  /** The organization's people, as many as one list has; `isWhole`: whether these are all. */
  people: readonly Person[];
  isWhole: boolean;
};

/** The share in the address, or the page that says why not. */
export async function openReceived(c: ConsoleContext): Promise<Received | Response> {
  const { api, organization } = c.var.console;
  const found = await api.get<ShownShare>(v1Path`/v1/shares/${c.req.param("share") ?? ""}`);
  if (!found.ok) return problemPage(c, found);
  const share = found.value;
  const id = share.cooperation;
  const [of, people] = await Promise.all([
    api.get<ShownCooperation>(v1Path`/v1/cooperations/${id}`),
    api.get<People>(v1Path`/v1/organizations/${organization.id}/people`, { limit: LIST_MAX }),
  ]);
  if (!of.ok) return problemPage(c, of);
  if (!people.ok) return problemPage(c, people);
  // what another organization of theirs received is not this one's
  if (of.value.partner?.id !== organization.id) return sentencePage(c, c.var.visit.words.frame.problem.notFound, 404);
  return {
    organization: organization.id,
    ...{ id, share, cooperation: of.value, etag: of.etag },
    name: resourceName(share.resource, share.name),
    names: namesOfCooperation(of.value, people.value.items),
    people: people.value.items,
    isWhole: people.value.next_cursor === null,
  };
}

export const receivedHref = ({ organization, share }: Pick<Received, "organization" | "share">): Href =>
  to`/console/organizations/${organization}/received/${share.id}`;

/** People to choose from. */
export type PeopleFound = { search: string; isWhole: boolean; found: readonly Person[]; isCut: boolean };

/** All of the organization's people where they are few; else what the address searches for. Admins have access without it. */
export async function peopleFor(c: ConsoleContext, { organization, people, isWhole }: Received): Promise<PeopleFound> {
  const others = (some: readonly Person[]) => some.filter(({ role }) => role !== "admin");
  if (isWhole) return { search: "", isWhole, found: others(people), isCut: false };
  const search = (c.req.query("search") ?? "").slice(0, 200);
  if (search === "") return { search, isWhole, found: [], isCut: false };
  const path = v1Path`/v1/organizations/${organization}/people`;
  const answer = await c.var.console.api.get<People>(path, { search, limit: FOUND_MAX });
  const found = answer.ok ? answer.value : { items: [], next_cursor: null };
  return { search, isWhole, found: others(found.items), isCut: found.next_cursor !== null };
}

/** From whom it came, at which role, until when. */
export function shareFacts(c: ConsoleContext, { share, cooperation, organization }: Received): Html {
  const { words } = c.var.console;
  const { share: say } = words.received;
  const role = words.frame.role[share.role];
  const until = share.effective_until;
  const own = withQuery(to`/console/cooperations/${cooperation.id}`, { organization });
  return html`<dl class="facts">
<dt>${say.owner}</dt><dd><bdi>${cooperation.initiator.name}</bdi></dd>
<dt>${say.role}</dt><dd>${role}<br><span class="hint">${words.permissions.allows[share.role]}</span></dd>
${share.starts_at !== null && html`<dt>${say.starts}</dt><dd>${dateText(c.var.visit, share.starts_at)}</dd>`}
<dt>${say.until}</dt><dd>${until === null ? words.frame.never : dateText(c.var.visit, until)}</dd>
${share.step_down_at !== null && html`<dt>${say.stepsDown}</dt><dd>${dateText(c.var.visit, share.step_down_at)}</dd>`}
<dt>${say.cooperation}</dt><dd>${badge(c.var.visit, share.expired ? "expired" : cooperation.status)} <a href="${own}">${say.cooperation}</a></dd>
</dl>
<p>${say.admins} ${share.role === "viewer" ? say.capViewer : say.cap(role)}</p>`;
}

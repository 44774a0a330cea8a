/** For people of an organization who are no admins of it: what it takes, and whom to ask. */
import { html } from "hono/html";
import { shownName } from "../../domain/text.ts";
import { v1Path } from "../api.ts";
import type { ConsoleContext } from "../context.ts";
import { page, problemPage } from "../page.ts";
import { personShown } from "./cooperation-shown.ts";

type Person = { user: string; role: string; name: string | null };

/** The page instead of one for admins. */
export async function notAdminPage(c: ConsoleContext): Promise<Response> {
  const { api, organization, words } = c.var.console;
  const { cooperations, frame } = words;
  const people = await api.get<{ items: Person[] }>(v1Path`/v1/organizations/${organization.id}/people`, {
    limit: 200,
  });
  if (!people.ok) return problemPage(c, people);
  const admins = people.value.items.filter(({ role }) => role === "admin");
  const role = organization.role === null ? frame.none : frame.organizationRole[organization.role];
  const body = [
    html`<p>${cooperations.notAdmin(role, shownName(organization.name))}</p>`,
    html`<p>${cooperations.askAdmins}</p><ul class="plain">${admins.map(({ user, name }) => html`<li>${personShown(user, name)}</li>`)}</ul>`,
  ];
  return page(c, { title: cooperations.title, nav: "cooperations", body, status: 403 });
}

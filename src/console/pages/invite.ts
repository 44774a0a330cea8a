/**
 * `/console/organizations/{org}/invite`: a partner is invited by the address of one of its people. A known organization is
 * shown to be confirmed first. Behind it is the page on which something is shared.
 */
import { html } from "hono/html";
import { LANGUAGES } from "../../domain/language.ts";
import { shownName } from "../../domain/text.ts";
import { type Problem, v1Path } from "../api.ts";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { flash, page } from "../page.ts";
import {
  button,
  type Content,
  dateField,
  field,
  type Html,
  hidden,
  instantFrom,
  linkButton,
  radios,
  select,
} from "../parts.ts";
import { type Href, to } from "../path.ts";
import { pageOfCooperation } from "./cooperation-shown.ts";
import { notAdminPage } from "./not-admin.ts";
import { refusalShown } from "./refusal-shown.ts";

type Named = { id: string; name: string };
/** What is answered: a cooperation, or who has to be confirmed. */
type Invited = { outcome?: undefined; id: string } | { outcome: "confirm"; organizations: Named[] };

const FIELDS = ["email", "language", "starts_at", "expires_at", "review_by", "reason"] as const;
type Filled = Partial<Record<(typeof FIELDS)[number], string>>;

export function invitePages(app: ConsoleApp): void {
  app.get("/organizations/:org/invite", (c) =>
    c.var.console.organization.role === "admin" ? invitePage(c, {}) : notAdminPage(c),
  );
  app.post("/organizations/:org/invite", async (c) => {
    const { api, organization, words } = c.var.console;
    const form = await c.req.parseBody<Record<string, string>>();
    const filled: Filled = Object.fromEntries(FIELDS.map((name) => [name, form[name]?.trim() ?? ""]));
    const confirmed = form.confirm_organization || undefined;
    const path = v1Path`/v1/organizations/${organization.id}/cooperations`;
    const invited = await api.send<Invited>("POST", path, {
      email: filled.email,
      ...(filled.language && { language: filled.language }),
      ...(confirmed && { confirm_organization: confirmed }),
      starts_at: instantFrom(filled.starts_at),
      expires_at: instantFrom(filled.expires_at),
      review_by: instantFrom(filled.review_by),
      ...(filled.reason && { reason: filled.reason }),
    });
    if (!invited.ok) return invitePage(c, filled, invited.problem);
    if (invited.value.outcome === "confirm") return confirmPage(c, filled, invited.value.organizations);
    const { done, created } = words.cooperations.invitation;
    return flash(c, pageOfCooperation(invited.value.id, organization.id, "permissions"), confirmed ? created : done);
  });
}

const inviteHref = (c: ConsoleContext): Href => to`/console/organizations/${c.var.console.organization.id}/invite`;

function invitePage(c: ConsoleContext, filled: Filled, problem?: Problem): Promise<Response> {
  const { organization, words, language } = c.var.console;
  const { form, invitation, languages, acting } = words.cooperations;
  const wrong = (name: string) => problem?.errors?.some(({ pointer }) => pointer === `/${name}`);
  const isEmailWrong = wrong("email");
  const options = LANGUAGES.map((value) => ({ value, text: languages[value] }));
  const isDated = problem?.code.startsWith("date_") || problem?.code.startsWith("invalid_") ? !isEmailWrong : false;
  const known = typeof problem?.cooperation === "string" ? problem.cooperation : undefined;
  const open = known && html`<p><a href="${pageOfCooperation(known, organization.id)}">${invitation.open}</a></p>`;
  const body: Content[] = [
    problem && !isEmailWrong && refusalShown(c.var.visit, problem, open || undefined),
    html`<p>${invitation.intro}</p>`,
    html`<form class="stack" method="post" action="${inviteHref(c)}">
${field({ label: form.email, name: "email", type: "email", value: filled.email, required: true, maxlength: 320, autocomplete: "off", error: isEmailWrong ? acting.invalid.email : undefined })}
${select({ label: form.language, name: "language", value: filled.language ?? language, options })}
<details${isDated && " open"}><summary>${form.more}</summary>
${dateField({ label: form.startsAt, name: "starts_at", value: instantFrom(filled.starts_at), hint: form.startsAtHint })}
${dateField({ label: form.expires, name: "expires_at", value: instantFrom(filled.expires_at), hint: form.expiresHint })}
${dateField({ label: form.reviewBy, name: "review_by", value: instantFrom(filled.review_by), hint: form.reviewByHint })}
${field({ label: form.reason, name: "reason", value: filled.reason, hint: form.reasonHint })}</details>
<div class="actions">${button({ text: form.send })}${cancel(c)}</div></form>`,
  ];
  return page(c, { title: invitation.title, nav: "cooperations", body: whole(body), status: problem?.status ?? 200 });
}

/** Nothing was written yet: the same is sent again with the organization that is meant. */
function confirmPage(c: ConsoleContext, filled: Filled, organizations: readonly Named[]): Promise<Response> {
  const { words } = c.var.console;
  const { invitation } = words.cooperations;
  const [first, second] = organizations;
  const name = ({ id, name: own }: Named) => `${shownName(own)} (${id})`;
  const choice =
    second === undefined
      ? html`<p><strong dir="auto">${first && shownName(first.name)}</strong></p>${hidden("confirm_organization", first?.id)}`
      : radios({
          label: invitation.choose,
          name: "confirm_organization",
          required: true,
          options: organizations.map((one) => ({ value: one.id, text: name(one) })),
        });
  const body = html`<p>${invitation.confirm(shownName(filled.email ?? ""))}</p>
<form class="stack" method="post" action="${inviteHref(c)}">
${FIELDS.map((one) => hidden(one, filled[one]))}${choice}
<p>${invitation.confirmed}</p>
<div class="actions">${button({ text: invitation.create })}${linkButton(inviteHref(c), { text: invitation.other, kind: "quiet" })}</div></form>`;
  return page(c, { title: invitation.confirmTitle, nav: "cooperations", body });
}

const whole = (body: readonly Content[]): Html[] => body.map((one) => html`${one}`);

const cancel = (c: ConsoleContext): Html =>
  linkButton(to`/console/organizations/${c.var.console.organization.id}/cooperations`, {
    text: c.var.visit.words.frame.cancel,
    kind: "quiet",
  });

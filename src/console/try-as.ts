/**
 * Signing in as one of the sample people, without a password: only where the service was started to be tried
 * (`npm start`) and its sample is in the store, for who reaches it by a name of this machine and has the link that was
 * printed there. Whoever else reaches the port, by a proxy or as another user of the machine, is nobody.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { html } from "hono/html";
import { UserId } from "../domain/ids.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps, SamplePerson, TryAs } from "./context.ts";
import { keepSampleSecret, presentedSampleSecret } from "./cookies.ts";
import { sentencePage } from "./page.ts";
import { button, type Html, hidden } from "./parts.ts";
import { hrefFrom, to } from "./path.ts";
import { isLoopback } from "./security.ts";
import { beginSession } from "./session.ts";

/** What the form sends for the engineer; no id of a person has a space. */
const ENGINEER = "an engineer";

/** The sample for this request; none where the service is reached under another name, which a hostile page can make its own. */
function offeredTo(c: ConsoleContext, { tryAs, publicUrl }: ConsoleDeps): TryAs | undefined {
  return tryAs?.isThere() && isLoopback(publicUrl) && isLoopback(c.req.url) ? tryAs : undefined;
}

/** In the same time for every text. */
const isSecret = ({ secret }: TryAs, presented: string | undefined): boolean =>
  timingSafeEqual(hash("sha256", secret, "buffer"), hash("sha256", presented ?? "", "buffer"));

/** Has the browser keep the secret of the printed link, so that it is in no further address; whether it was that one. */
export function keepSecret(c: ConsoleContext, deps: ConsoleDeps): boolean {
  const token = c.req.query("token");
  const sample = token === undefined ? undefined : offeredTo(c, deps);
  if (token === undefined || sample === undefined || !isSecret(sample, token)) return false;
  keepSampleSecret(c, token);
  return true;
}

/** The people to try as for this request; undefined where there is no sample, `locked` for who has not opened its link. */
export function sampleFor(c: ConsoleContext, deps: ConsoleDeps): readonly SamplePerson[] | "locked" | undefined {
  const sample = offeredTo(c, deps);
  if (sample === undefined) return undefined;
  return isSecret(sample, presentedSampleSecret(c)) ? sample.people : "locked";
}

/** The list of the sample people, each with a button. */
export function sampleList(c: ConsoleContext, people: readonly SamplePerson[]): Html {
  const { signin } = c.var.visit.words;
  const text = ({ user, name, organization = "" }: SamplePerson) =>
    user === undefined ? signin.asEngineer : signin.as(name, organization);
  return html`<section aria-labelledby="sample"><h2 id="sample">${signin.sample}</h2>
<p class="hint">${signin.sampleHint}</p>
<form method="post" action="${to`/console/try-as`}">${hidden("to", hrefFrom(c.req.query("to")))}
<ul class="choices">${people.map(
    (one) => html`<li>${button({ text: text(one), kind: "quiet", name: "person", value: one.user ?? ENGINEER })}</li>`,
  )}</ul></form></section>`;
}

/** `POST /console/try-as`. */
export function tryAsRoutes(app: ConsoleApp, deps: ConsoleDeps): void {
  app.post("/try-as", async (c) => {
    const { person, to: wanted } = await c.req.parseBody();
    const { words } = c.var.visit;
    const people = sampleFor(c, deps) ?? "locked";
    const found = people === "locked" ? undefined : people.find(({ user }) => (user ?? ENGINEER) === person);
    if (found === undefined) return sentencePage(c, words.frame.problem.notFound, 404);
    const user = found.user === undefined ? undefined : UserId.parse(found.user);
    const scopes = user === undefined ? (["check", "admin"] as const) : (["manage"] as const);
    await beginSession(
      c,
      deps,
      { name: user === undefined ? words.signin.engineer : found.name, user, scopes },
      "sample",
    );
    const start = user === undefined ? to`/console/inspector` : to`/console`;
    return c.redirect((typeof wanted === "string" && hrefFrom(wanted)) || start, 303);
  });
}

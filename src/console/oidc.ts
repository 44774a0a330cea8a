/**
 * Signing in by OpenID Connect. What a sign-in begins with, its browser alone brings back, sealed, in a cookie: an answer
 * counts once, within ten minutes, and in the browser that asked. Beginning one keeps nothing on the server, so that
 * anybody may.
 */
import { html } from "hono/html";
import { z } from "zod";
import type { PendingSignIn, SignInProvider } from "../domain/sign-in-providers.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "./context.ts";
import { forgetSignIn, keepSignIn, presentedSignIn } from "./cookies.ts";
import { sentencePage } from "./page.ts";
import { type Html, linkButton } from "./parts.ts";
import { hrefFrom, to, withQuery } from "./path.ts";
import { beginSession } from "./session.ts";

const PENDING_MILLISECONDS = 600_000;
const SEALED_FOR = ["sign-in"];

const Pending = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  to: z.string().optional(),
  at: z.number(),
});
type Pending = PendingSignIn & { to?: string | undefined; at: number };

/** A link to each provider. A link, because browsers send no form of ours to another origin. */
export function providerList(c: ConsoleContext, providers: readonly SignInProvider[]): Html {
  const { signin } = c.var.visit.words;
  const wanted = hrefFrom(c.req.query("to"));
  const link = ({ name, label }: SignInProvider) =>
    linkButton(withQuery(to`/console/sign-in/${name}`, { to: wanted }), { text: signin.by(label) });
  return html`<ul class="choices">${providers.map((one) => html`<li>${link(one)}</li>`)}</ul>`;
}

/** `GET /console/sign-in/{provider}` and `GET /console/callback`. */
export function oidcRoutes(app: ConsoleApp, deps: ConsoleDeps): void {
  const { signIn, sessions, clock } = deps;
  if (signIn === undefined) return;
  const { providers, seal } = signIn;
  const read = (sealed: string | undefined): Pending | undefined => {
    const text = seal.open(SEALED_FOR, sealed);
    const pending = text === undefined ? undefined : Pending.safeParse(JSON.parse(text)).data;
    const isYoung = pending !== undefined && Math.abs(clock().getTime() - pending.at) < PENDING_MILLISECONDS;
    return isYoung ? pending : undefined;
  };

  app.get("/sign-in/:provider", async (c, next) => {
    const provider = providers.find(({ name }) => name === c.req.param("provider"));
    if (provider === undefined) return next();
    const { url, pending } = await provider.start();
    const wanted: Pending = { ...pending, to: hrefFrom(c.req.query("to")), at: clock().getTime() };
    keepSignIn(c, seal.seal(SEALED_FOR, JSON.stringify(wanted)), PENDING_MILLISECONDS / 1000);
    return c.redirect(url, 303);
  });

  app.get("/callback", async (c) => {
    const pending = read(presentedSignIn(c));
    forgetSignIn(c);
    const provider = providers.find(({ name }) => name === pending?.provider);
    if (pending === undefined || provider === undefined) return refuse(c, deps, "is of no sign-in that was begun here");
    const name = `state ${pending.state}`;
    if (await sessions.wasUsed(name)) return refuse(c, deps, "was used before", provider);
    const found = await provider.finish(new URL(c.req.url).searchParams, pending);
    if ("problem" in found) return refuse(c, deps, found.problem, provider);
    // only now, when somebody has signed in: whoever cannot fills nothing here
    if (!(await sessions.once(name, PENDING_MILLISECONDS))) return refuse(c, deps, "was used before", provider);
    await beginSession(c, deps, found, provider.name);
    return c.redirect(hrefFrom(pending.to) ?? to`/console`, 303);
  });
}

function refuse(c: ConsoleContext, { log }: ConsoleDeps, why: string, provider?: SignInProvider): Promise<Response> {
  log("warn", "sign_in_refused", {
    request_id: c.var.requestId,
    provider: provider?.name,
    problem: `The answer ${why}.`,
  });
  const { signin } = c.var.visit.words;
  return sentencePage(c, signin.refused, 403, html`<a href="${to`/console/sign-in`}">${signin.again}</a>`);
}

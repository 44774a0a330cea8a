/** Signing in and out: the page that offers what is configured, and the end of a session. */
import { html } from "hono/html";
import type { ConsoleApp, ConsoleDeps } from "./context.ts";
import { providerList } from "./oidc.ts";
import { flash, page } from "./page.ts";
import { hrefFrom, to, withQuery } from "./path.ts";
import { endSession, findSession } from "./session.ts";
import { keepSecret, sampleFor, sampleList } from "./try-as.ts";

/** `/console/sign-in` and `/console/sign-out`, for who has no session. */
export function signInRoutes(app: ConsoleApp, deps: ConsoleDeps): void {
  app.get("/sign-in", async (c) => {
    const { words } = c.var.visit;
    const wanted = hrefFrom(c.req.query("to"));
    if (keepSecret(c, deps)) return c.redirect(withQuery(to`/console/sign-in`, { to: wanted }), 303);
    if ((await findSession(c, deps)) !== undefined) return c.redirect(wanted ?? to`/console`, 303);
    const { providers } = deps.signIn ?? { providers: [] };
    const people = sampleFor(c, deps);
    const body = [
      ...(providers.length > 0 ? [providerList(c, providers)] : []),
      ...(people === "locked" ? [html`<p>${words.signin.locked}</p>`] : people ? [sampleList(c, people)] : []),
      ...(providers.length === 0 && people === undefined ? [html`<p>${words.signin.none}</p>`] : []),
    ];
    return page(c, { title: words.signin.title, body });
  });
  app.post("/sign-out", async (c) => {
    await endSession(c, deps);
    return flash(c, to`/console/sign-in`, c.var.visit.words.signin.signedOut);
  });
}

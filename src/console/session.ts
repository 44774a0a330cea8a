/**
 * Who a request of the console comes from: the session that its cookie names, while it has not ended. With it come the
 * API as that person, and the organization in the address if it is one of theirs.
 */
import type { MiddlewareHandler } from "hono";
import { html } from "hono/html";
import { CONSOLE_CALLER, type Presented } from "../domain/caller.ts";
import { hasEnded, lastsFor, type Session } from "../domain/sessions.ts";
import { pageApi, type Sent } from "./api.ts";
import type { ConsoleContext, ConsoleDeps, ConsoleEnv, OwnOrganization, SignedIn } from "./context.ts";
import { cookieNames, forgetSession, giveSession, presentedKept, presentedSession } from "./cookies.ts";
import { problemPage, sentencePage } from "./page.ts";
import { type Href, hrefFrom, to, withQuery } from "./path.ts";
import { themeOfPages } from "./theme.ts";
import { isConsoleLanguage, preferredLanguage, WORDS } from "./words.ts";

/** A session's use is noted this often. */
const SEEN_EVERY_MILLISECONDS = 60_000;

/** Sets what every page needs, signed in or not. */
export function visit({
  publicUrl,
  theme: own,
}: Pick<ConsoleDeps, "publicUrl" | "theme">): MiddlewareHandler<ConsoleEnv> {
  const secure = new URL(publicUrl).protocol === "https:";
  const cookies = cookieNames(publicUrl);
  const theme = own && themeOfPages(own);
  return async (c, next) => {
    const { flash, language: chosen } = presentedKept(c, cookies);
    const language = isConsoleLanguage(chosen) ? chosen : preferredLanguage(c.req.header("Accept-Language"));
    c.set("visit", { language, words: WORDS[language], flash, embedded: isEmbedded(c), secure, cookies, theme });
    await next();
  };
}

/** Whether a page is inside another one: where its address says so, and where the browser does. So no link has to carry it along. */
const isEmbedded = (c: ConsoleContext): boolean =>
  c.req.query("embed") === "1" || c.req.header("Sec-Fetch-Dest") === "iframe";

/** The session of a request, whose use is noted; undefined without one that lasts. Throws SessionsUnavailable. */
export async function findSession(c: ConsoleContext, deps: ConsoleDeps): Promise<Session | undefined> {
  const digest = presentedSession(c);
  const session = digest === undefined ? undefined : await deps.sessions.find(digest);
  if (digest === undefined || session === undefined) return undefined;
  const now = deps.clock().getTime();
  if (hasEnded(session, now, deps.limits)) {
    await deps.sessions.end(digest);
    return undefined;
  }
  if (now - session.seenAt < SEEN_EVERY_MILLISECONDS) return session;
  const seen = { ...session, seenAt: now };
  await deps.sessions.keep(digest, seen, lastsFor(seen, now, deps.limits));
  return seen;
}

/** Begins a session under a new id; the one that the browser had ends. Throws SessionsUnavailable. */
export async function beginSession(
  c: ConsoleContext,
  { sessions, clock, limits, log }: ConsoleDeps,
  who: Omit<Session, "openedAt" | "seenAt">,
  provider: string,
): Promise<void> {
  const before = presentedSession(c);
  if (before !== undefined) await sessions.end(before);
  const now = clock().getTime();
  const session = { ...who, openedAt: now, seenAt: now };
  const digest = giveSession(c);
  await sessions.open(digest, session, lastsFor(session, now, limits));
  log("info", "signed_in", { request_id: c.var.requestId, provider, scopes: who.scopes, session: nameInLog(digest) });
}

/** How the log names a session: too short to be a digest that somebody could end or look for, and long enough to follow. */
export const nameInLog = (digest = ""): string => digest.slice(0, 8);

/** Ends the browser's session on all replicas. Throws SessionsUnavailable, and the session lasts then. */
export async function endSession(c: ConsoleContext, { sessions }: ConsoleDeps): Promise<void> {
  const digest = presentedSession(c);
  if (digest !== undefined) await sessions.end(digest);
  forgetSession(c);
}

/** Requires a session. Without one a page leads to the sign-in and back, and a form is refused. */
export function requireSession(deps: ConsoleDeps): MiddlewareHandler<ConsoleEnv> {
  return async (c, next) => {
    const session = await findSession(c, deps);
    if (session === undefined) return signInFirst(c);
    const signedIn = await withOrganizations(c, deps, session);
    if (signedIn instanceof Response) return signedIn;
    c.set("console", signedIn);
    return next();
  };
}

function signInFirst(c: ConsoleContext): Response | Promise<Response> {
  const signIn = withQuery(to`/console/sign-in`, { to: wanted(c) });
  const { embedded, words } = c.var.visit;
  // a provider's page is rarely allowed in a frame, and there the browser may keep no cookie
  if (embedded) return sentencePage(c, words.frame.framed, 401, windowLink(signIn, words.frame.openWindow));
  if (["GET", "HEAD"].includes(c.req.method)) return c.redirect(signIn, 303);
  return sentencePage(c, words.frame.problem.expired, 401);
}

const windowLink = (href: Href, text: string) => html`<a href="${href}" target="_blank" rel="noopener">${text}</a>`;

/** The address that was asked for, to come back to it. */
const wanted = (c: ConsoleContext) => {
  const { pathname, search } = new URL(c.req.url);
  return hrefFrom(`${pathname}${search}`);
};

async function withOrganizations(
  c: ConsoleContext,
  { fetch, publicUrl }: ConsoleDeps,
  session: Session,
): Promise<SignedIn | Response> {
  const requests: Sent[] = [];
  const asking = { fetch, publicUrl, requestId: c.var.requestId, signal: c.req.raw.signal };
  const asEngineer: Presented = { name: CONSOLE_CALLER, scopes: ["check", "admin"], ...boundsOf(session) };
  const inspect = session.scopes.includes("admin")
    ? pageApi({ ...asking, presented: asEngineer, requests })
    : undefined;
  const person = session.user === undefined ? undefined : personOf(session, session.user);
  const api = person === undefined ? inspect : pageApi({ ...asking, presented: person, requests });
  if (api === undefined) throw new Error("a session has neither a person nor scope admin");
  const found = person && (await pageApi({ ...asking, presented: person, requests: [] }).get<Me>("/v1/me"));
  if (found !== undefined && !found.ok) return problemPage(c, found);
  const organizations = found?.value.organizations ?? [];
  const named = organizationNamed(c);
  const current = organizations.find(({ id }) => id === (named ?? id));
  if (named !== undefined && current === undefined)
    return sentencePage(c, c.var.visit.words.frame.problem.notFound, 404);
  return {
    ...c.var.visit,
    ...{ session, api, inspect, organizations, current },
    get organization() {
      if (current === undefined) throw new Error("the address has no organization");
      return current;
    },
  };
}

type Me = { organizations: OwnOrganization[] };

const boundsOf = ({ bounds }: Session) => bounds && { bounds };

const personOf = (session: Session, user: NonNullable<Session["user"]>): Presented => ({
  name: CONSOLE_CALLER,
  scopes: ["manage"],
  user,
  ...boundsOf(session),
});

/** The organization that an address names, in its path or else in its query. */
function organizationNamed(c: ConsoleContext): string | undefined {
  const [, segment] = /^\/console\/organizations\/([^/?]+)/.exec(c.req.path) ?? [];
  if (segment === undefined) return c.req.query("organization");
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

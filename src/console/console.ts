/**
 * The console: pages for people and engineers, mounted at `/console`. What it shows and does are requests to `/v1` as who
 * signed in. It is signed in to by a cookie that no other part of the service reads.
 */
import { Hono } from "hono";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { errorFacts } from "../domain/error-facts.ts";
import { Fault } from "../faults.ts";
import { assetRoutes } from "./assets.ts";
import { backchannelRoute } from "./backchannel.ts";
import type { ConsoleApp, ConsoleDeps, ConsoleEnv } from "./context.ts";
import { keepLanguage } from "./cookies.ts";
import { inspectorPages } from "./inspector/inspector.ts";
import { oidcRoutes } from "./oidc.ts";
import { page, sentencePage } from "./page.ts";
import { accessLogPages } from "./pages/access-log.ts";
import { cooperationStepPages } from "./pages/act-on-cooperation.ts";
import { answerAskPages } from "./pages/answer-ask.ts";
import { askPages } from "./pages/ask-pages.ts";
import { cooperationPages } from "./pages/cooperation.ts";
import { cooperationListPages } from "./pages/cooperations.ts";
import { historyPages } from "./pages/history.ts";
import { invitePages } from "./pages/invite.ts";
import { manyPages } from "./pages/many.ts";
import { permissionPages } from "./pages/permission.ts";
import { permissionsPages } from "./pages/permissions.ts";
import { presetsPages } from "./pages/presets.ts";
import { receivedPages } from "./pages/received.ts";
import { receivedSharePages } from "./pages/received-share.ts";
import { reviewPages } from "./pages/review.ts";
import { waitingPages } from "./pages/waiting.ts";
import { hrefFrom, to } from "./path.ts";
import { guardForms } from "./security.ts";
import { requireSession, visit } from "./session.ts";
import { signInRoutes } from "./sign-in.ts";
import { themeRoutes } from "./theme.ts";
import { tryAsRoutes } from "./try-as.ts";
import { isConsoleLanguage } from "./words.ts";

/** The console without its headers, which the app sets. */
export function consoleRoutes(deps: ConsoleDeps): ConsoleApp {
  const app: ConsoleApp = new Hono<ConsoleEnv>();
  app.use(visit(deps));
  guardForms(app, deps);
  assetRoutes(app);
  themeRoutes(app, deps.theme);
  signInRoutes(app, deps);
  oidcRoutes(app, deps);
  tryAsRoutes(app, deps);
  backchannelRoute(app, deps);
  languageRoute(app);

  app.use(requireSession(deps));
  startPage(app);
  // pages are added here, a line each
  cooperationListPages(app, deps);
  invitePages(app);
  cooperationPages(app);
  cooperationStepPages(app);
  answerAskPages(app);
  waitingPages(app, deps);
  permissionsPages(app);
  manyPages(app);
  presetsPages(app);
  permissionPages(app);
  receivedPages(app);
  receivedSharePages(app);
  askPages(app);
  historyPages(app);
  accessLogPages(app);
  reviewPages(app);
  inspectorPages(app, deps);

  app.all("*", (c) => sentencePage(c, c.var.visit.words.frame.problem.notFound, 404));
  app.onError((error, c) => {
    const { problem } = c.var.visit.words.frame;
    if (error instanceof HTTPException && error.status < 500)
      return sentencePage(c, error.status === 413 ? problem.tooLarge : problem.foreign, error.status);
    deps.log("error", error instanceof Fault ? error.code : "internal", {
      request_id: c.var.requestId,
      ...errorFacts(error),
    });
    if (!(error instanceof Fault)) return sentencePage(c, problem.internal, 500);
    c.header("Retry-After", "1");
    return sentencePage(c, problem.unavailable, 503);
  });
  return app;
}

/** `/console`: the organization that the person belongs to, or the choice of one. */
function startPage(app: ConsoleApp): void {
  app.get("/", async (c) => {
    const { words, organizations, inspect } = c.var.console;
    const [first, second] = organizations;
    if (first === undefined && inspect !== undefined) return c.redirect(to`/console/inspector`, 303);
    const isChoice = second !== undefined || c.req.query("choose") !== undefined;
    if (first !== undefined && !isChoice) return c.redirect(to`/console/organizations/${first.id}/cooperations`, 303);
    const choice = organizations.map(
      ({ id, name, role }) =>
        html`<li><a href="${to`/console/organizations/${id}/cooperations`}" dir="auto">${name}</a> <span class="hint">${role && words.frame.organizationRole[role]}</span></li>`,
    );
    const body =
      first === undefined ? html`<p>${words.frame.noOrganization}</p>` : html`<ul class="choices">${choice}</ul>`;
    return page(c, { title: words.frame.chooseOrganization, body });
  });
}

/** `POST /console/language`: keeps the language that somebody chose. */
function languageRoute(app: ConsoleApp): void {
  app.post("/language", async (c) => {
    const { language, to: wanted } = await c.req.parseBody();
    if (typeof language === "string" && isConsoleLanguage(language)) keepLanguage(c, language);
    return c.redirect((typeof wanted === "string" && hrefFrom(wanted)) || to`/console`, 303);
  });
}

/** Every page as a whole document: its head, the navigation, what the request before says, its content, what it asked of the API. */
import { html } from "hono/html";
import { type ApiAnswer, curlOf } from "./api.ts";
import { assetHref } from "./assets.ts";
import type { ConsoleContext, SignedIn } from "./context.ts";
import { forgetFlash, keepFlash } from "./cookies.ts";
import { type Content, type Html, problemBox } from "./parts.ts";
import { type Href, to } from "./path.ts";
import { CONSOLE_LANGUAGES, WORDS } from "./words.ts";

export type Nav = "cooperations" | "received" | "waiting" | "inspector";

/** `nav`: the entry of the navigation that the page belongs to. */
export type PageParts = { title: string; nav?: Nav | undefined; body: Content; status?: number };

/** The page as a reply. */
export async function page(c: ConsoleContext, { title, nav, body, status = 200 }: PageParts): Promise<Response> {
  const { language, words, flash, embedded, theme } = c.var.visit;
  const signedIn = c.var.console as SignedIn | undefined;
  const { frame } = words;
  if (flash !== undefined) forgetFlash(c);
  const document = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${theme?.name ?? frame.product}</title>
<link rel="stylesheet" href="${assetHref("console.css")}">${
    theme &&
    html`
<link rel="stylesheet" href="${theme.css}">`
  }
</head>
<body>
<a class="skip" href="#content">${frame.skip}</a>
${!embedded && headerOf(c, signedIn, nav)}
<main id="content" tabindex="-1">
<h1>${title}</h1>
${flash !== undefined && html`<div class="notice" data-kind="done" role="status"><p>${flash}</p></div>`}
${body}
</main>
${signedIn !== undefined && signedIn.api.requests.length > 0 && asCurl(signedIn)}
${!embedded && footerOf(c)}
</body>
</html>`;
  return c.html(await document, status as 200);
}

function headerOf(c: ConsoleContext, signedIn: SignedIn | undefined, nav: Nav | undefined): Html {
  const { theme, words } = c.var.visit;
  const { frame } = words;
  const logo = theme?.logo && html`<img class="logo" src="${theme.logo}" alt="" height="32">`;
  const brand = html`<a class="brand" href="${to`/console`}">${logo}<span>${theme?.name ?? frame.product}</span></a>`;
  if (signedIn === undefined) return html`<header class="top">${brand}</header>`;
  const { session, organizations } = signedIn;
  const current = signedIn.current ?? organizations[0];
  const entry = (name: Nav, href: Href) =>
    html`<li><a href="${href}"${nav === name && html` aria-current="page"`}>${frame.nav[name]}</a></li>`;
  const entries = [
    ...(current === undefined
      ? []
      : [
          entry("cooperations", to`/console/organizations/${current.id}/cooperations`),
          entry("received", to`/console/organizations/${current.id}/received`),
          entry("waiting", to`/console/organizations/${current.id}/waiting`),
        ]),
    ...(session.scopes.includes("admin") ? [entry("inspector", to`/console/inspector`)] : []),
  ];
  return html`<header class="top">${brand}
<nav aria-label="${frame.navigation}"><ul>${entries}</ul></nav>
<div class="who">
${current !== undefined && html`<span class="organization" dir="auto">${current.name}</span>`}
${organizations.length > 1 && html`<a href="${to`/console?choose=1`}">${frame.change}</a>`}
<span class="person">${frame.signedInAs(session.name)}</span>
<form method="post" action="${to`/console/sign-out`}"><button class="quiet">${frame.signOut}</button></form>
</div></header>`;
}

function asCurl({ api, words }: SignedIn): Html {
  return html`<details class="requests"><summary>${words.frame.asCurl}</summary>
<p class="hint">${words.frame.asCurlHint}</p>
${api.requests.map((sent) => html`<pre tabindex="0"><code>${curlOf(sent)}</code></pre>`)}</details>`;
}

function footerOf(c: ConsoleContext): Html {
  const { language, words } = c.var.visit;
  const others = CONSOLE_LANGUAGES.filter((one) => one !== language);
  return html`<footer class="bottom"><form method="post" action="${to`/console/language`}">
<span>${words.frame.languageLabel}: ${words.frame.language}</span>
<input type="hidden" name="to" value="${c.req.url.slice(new URL(c.req.url).origin.length)}">
${others.map((one) => html`<button class="quiet" name="language" value="${one}" lang="${one}">${WORDS[one].frame.language}</button>`)}
</form></footer>`;
}

/** A page for what the API refused, with its status. */
export function problemPage(c: ConsoleContext, answer: Extract<ApiAnswer<unknown>, { ok: false }>): Promise<Response> {
  const { words } = c.var.visit;
  const body = [
    problemBox(c.var.visit, answer.problem),
    html`<p><a href="${to`/console`}">${words.frame.problem.back}</a></p>`,
  ];
  return page(c, { title: answer.problem.title, body, status: answer.status });
}

/** A page that says a sentence, and how to get back to the start. */
export function sentencePage(c: ConsoleContext, sentence: string, status: number, link?: Html): Promise<Response> {
  const { words } = c.var.visit;
  const back = link ?? html`<a href="${to`/console`}">${words.frame.problem.back}</a>`;
  return page(c, { title: words.frame.problem.heading, body: html`<p>${sentence}</p><p>${back}</p>`, status });
}

/** Redirects to a page (303) that says this once: what was done. */
export function flash(c: ConsoleContext, href: Href, text: string): Response {
  keepFlash(c, text);
  return c.redirect(href, 303);
}

/** `/console/inspector`: what the pages of the inspector show. */
import { html } from "hono/html";
import type { ConsoleApp } from "../context.ts";
import { inspecting, inspectorPage, PAGES } from "./shell.ts";

export function startPages(app: ConsoleApp): void {
  app.get("/inspector", (c) => {
    const { words } = inspecting(c);
    const names = Object.keys(words.says) as (keyof typeof words.says)[];
    const entry = (name: (typeof names)[number]) =>
      html`<div><dt><a href="${PAGES[name]}">${words.pages[name]}</a></dt><dd>${words.says[name]}</dd></div>`;
    const body = html`<p>${words.intro}</p><dl class="overview">${names.map(entry)}</dl>`;
    return inspectorPage(c, { name: "start", title: words.heading, body });
  });
}

/** `/console/inspector/findings`: what is wrong in the store, when somebody asks: doctor reads all of it, twice. */
import { html } from "hono/html";
import type { ConsoleApp, ConsoleContext } from "../context.ts";
import { button, dateText, empty, type Html, table } from "../parts.ts";
import { inspecting, inspectorPage, objectLink, PAGES, refusedPage, sentence } from "./shell.ts";

type Finding = { kind: string; object: string; detail: string; repair: boolean };
type Doctor = { began_at: string; damaged: number; findings: Finding[] };

/** Rows on the page: who has more has one cause, mostly. */
const ROWS_MAX = 200;

export function findingPages(app: ConsoleApp): void {
  app.get("/inspector/findings", (c) => inspectorPage(c, { ...partsOf(c), body: formOf(c) }));
  // by a form of the console alone: no link of another site has the whole store read
  app.post("/inspector/findings", async (c) => {
    const { api, words } = inspecting(c);
    const { findings: says, columns } = words;
    const [parts, form] = [partsOf(c), formOf(c)];
    const found = await api.get<Doctor>("/v1/doctor");
    if (!found.ok) return refusedPage(c, found);
    const { began_at, damaged, findings } = found.value;
    const rows = findings
      .slice(0, ROWS_MAX)
      .map(({ kind, object, detail, repair }) => [
        objectLink(object),
        html`<code>${kind}</code>`,
        sentence(detail),
        repair ? says.repairs : says.byHand,
      ]);
    const head = [columns.object, columns.kind, columns.detail, columns.repair];
    const result =
      findings.length === 0 ? empty(says.none) : table({ caption: says.caption(findings.length, damaged), head, rows });
    const hint = findings.some(({ repair }) => repair) && html`<p class="hint"><code>${says.repair}</code></p>`;
    const body = html`${form}${result}${hint}
${findings.length > ROWS_MAX && html`<p>${words.incomplete}</p>`}
<p class="hint">${says.began} ${dateText(c.var.visit, began_at)}</p>`;
    return inspectorPage(c, { ...parts, body });
  });
}

const partsOf = (c: ConsoleContext) => ({
  name: "findings" as const,
  title: inspecting(c).words.findings.title,
  fga: [],
});

function formOf(c: ConsoleContext): Html {
  const { findings: says } = inspecting(c).words;
  return html`<form method="post" action="${PAGES.findings}"><p>${says.intro}</p>${button({ text: says.run })}</form>`;
}

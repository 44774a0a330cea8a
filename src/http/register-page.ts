/**
 * The register as a page to print: whole by itself, without a script and with nothing from elsewhere; everything in it is
 * escaped. It is sent in parts, so a register of any length is one page.
 */
import { createHash } from "node:crypto";
import { html } from "hono/html";
import type { Language } from "../domain/language.ts";
import type { RIGHT_STATES } from "../domain/register/rights.ts";
import type { SharedRole } from "../domain/roles.ts";
import { shownName } from "../domain/text.ts";

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#111;background:#fff}
h1{font-size:1.4rem}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}
td:last-child{overflow-wrap:anywhere}
thead{display:table-header-group}
tr{break-inside:avoid}
@media print{body{margin:0;font-size:9pt}@page{size:landscape;margin:1cm}}`;

/** Of the page: nothing but its own style. */
export const PAGE_CSP = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The languages that the page has. */
export const PAGE_LANGUAGES = ["en", "de"] as const satisfies readonly Language[];
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

type Words = {
  title: Record<"given" | "held", (organization: string) => string>;
  at: (instant: string) => string;
  columns: readonly string[];
  heldAs: Record<"admin" | "delegate", (organization: string) => string>;
  state: Record<(typeof RIGHT_STATES)[number], string>;
  unused: (since: string) => string;
  role: Record<SharedRole, string>;
  none: string;
  count: (rights: number) => string;
  notShown: string;
};

const WORDS: Record<PageLanguage, Words> = {
  en: {
    title: {
      given: (organization) => `Rights of others on what ${organization} shares`,
      held: (organization) => `Rights of ${organization}'s people on what is shared with it`,
    },
    at: (instant) => `As of ${instant}`,
    columns: [
      "Person",
      "Organization",
      "Owner",
      "Resource",
      "Role",
      "Effective",
      "Held as",
      "State",
      "Since",
      "Until",
      "Last used",
      "Decided by",
      "Cooperation",
    ],
    heldAs: { admin: (organization) => `admin of ${organization}`, delegate: () => "delegation" },
    state: { active: "active", suspended: "suspended: the cooperation is paused" },
    unused: (since) => `not since ${since}`,
    role: { viewer: "Viewer", technical_manager: "Technical Manager", asset_manager: "Asset Manager" },
    none: "Nobody.",
    count: (rights) => `Rights: ${rights}`,
    notShown:
      "Names are those of today. A right on a portfolio reaches the plants in it; which those were at that instant is in its owner's history. When a right was used is shown for now alone.",
  },
  de: {
    title: {
      given: (organization) => `Rechte anderer an dem, was ${organization} freigibt`,
      held: (organization) => `Rechte der Personen von ${organization} an dem, was ihr freigegeben ist`,
    },
    at: (instant) => `Zeitpunkt: ${instant}`,
    columns: [
      "Person",
      "Organisation",
      "Eigentümer",
      "Ressource",
      "Rolle",
      "Wirksam",
      "Erteilt als",
      "Zustand",
      "Seit",
      "Bis",
      "Zuletzt benutzt",
      "Entschieden von",
      "Kooperation",
    ],
    heldAs: { admin: (organization) => `Admin von ${organization}`, delegate: () => "Delegation" },
    state: { active: "aktiv", suspended: "ruht: die Kooperation ist pausiert" },
    unused: (since) => `nicht seit ${since}`,
    role: { viewer: "Betrachter", technical_manager: "Technischer Manager", asset_manager: "Asset-Manager" },
    none: "Niemand.",
    count: (rights) => `Rechte: ${rights}`,
    notShown:
      "Namen sind die von heute. Ein Recht an einem Portfolio reicht bis zu den Anlagen darin; welche das zu diesem Zeitpunkt waren, steht in der Historie des Eigentümers. Wann ein Recht benutzt wurde, steht nur in der Liste von jetzt.",
  },
};

/** A row of the page. */
export type PageRow = {
  user: string;
  organization: { id: string; name: string };
  owner: { id: string; name: string };
  resource: string;
  role: SharedRole;
  effective_role: SharedRole;
  held_as: "admin" | "delegate";
  state: (typeof RIGHT_STATES)[number];
  since: string;
  until: string | null;
  steps_down_at: string | null;
  last_used: string | null;
  used_since: string | null;
  by: string | null;
  cooperation: string;
};

/** What is above the rows. `isPast`: it is said what is not shown as it was at that instant. */
type Heading = { direction: "given" | "held"; organization: { id: string; name: string }; at: string; isPast: boolean };

const named = ({ id, name }: { id: string; name: string }) => (name === id ? id : `${shownName(name)} (${id})`);

/** The page in parts. Throws what reading the rows throws. */
export async function* registerPage(
  language: PageLanguage,
  { direction, organization, at, isPast }: Heading,
  rows: AsyncIterable<readonly PageRow[]>,
): AsyncGenerator<string> {
  const words = WORDS[language];
  const title = words.title[direction](named(organization));
  // by itself: the policy has its hash, so it is not escaped
  yield `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><style>${STYLE}</style>`;
  const note = isPast ? html`<p>${words.notShown}</p>` : "";
  yield `${await html`<title>${title}</title></head><body><main><h1>${title}</h1><p>${words.at(at)}</p>${note}
<table><thead><tr>${words.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>`}`;
  let count = 0;
  for await (const some of rows) {
    count += some.length;
    for (const row of some) yield `${await rowOf(words, row)}\n`;
  }
  yield `${await html`</tbody></table><p>${count === 0 ? words.none : words.count(count)}</p></main></body></html>`}\n`;
}

function rowOf(words: Words, row: PageRow) {
  const until = [
    row.until ?? "",
    ...(row.steps_down_at === null ? [] : [`${words.role.viewer}: ${row.steps_down_at}`]),
  ];
  const cells = [
    row.user,
    named(row.organization),
    named(row.owner),
    row.resource,
    words.role[row.role],
    words.role[row.effective_role],
    words.heldAs[row.held_as](row.organization.id),
    words.state[row.state],
    row.since,
    until.filter((one) => one !== "").join("; "),
    row.last_used ?? (row.used_since === null ? "" : words.unused(row.used_since)),
    row.by ?? "",
    row.cooperation,
  ];
  return html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
}

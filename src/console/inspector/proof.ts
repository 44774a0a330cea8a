/** Whether a history holds, as the API verified it: its chain, and the signature on its head. */
import { html } from "hono/html";
import type { ConsoleContext } from "../context.ts";
import type { Html } from "../parts.ts";
import { inspecting } from "./shell.ts";

/** The reply of `…/history/verify`. */
export type VerifiedReply = { n: number; holds: boolean; signed: string; problems: string[] };

/** What was verified, in a sentence for each part; and what does not hold. */
export function proofOf(c: ConsoleContext, { n, holds, signed, problems }: VerifiedReply): Html {
  const { timeline } = inspecting(c).words;
  const list = html`<p>${timeline.broken}</p><ul lang="en">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`;
  return html`<h2>${timeline.history}</h2><div class="notice" data-kind="${holds ? "done" : "problem"}" data-holds="${String(holds)}">
${holds ? html`<p>${timeline.holds(n)}</p>` : list}<p>${timeline.signed[signed] ?? signed}</p></div>`;
}

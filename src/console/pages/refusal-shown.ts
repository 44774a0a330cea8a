/** Why something was refused: in the page's own words where it has some for the code, else in those of the API. */
import { html } from "hono/html";
import type { Problem } from "../api.ts";
import type { Visit } from "../context.ts";
import { type Html, problemBox } from "../parts.ts";

/** The notice; `more` is what leads on from it. */
export function refusalShown(visit: Visit, problem: Problem, more?: Html): Html {
  const { frame } = visit.words;
  const text = refusalText(visit, problem);
  if (text === undefined) return problemBox(visit, problem);
  // what the API says has the details, such as the latest date that a policy allows
  const isDetailed = Object.hasOwn(visit.words.permissions.refusals, problem.code) && problem.detail !== undefined;
  return html`<div class="notice" data-kind="problem" role="alert"><h2>${frame.problem.heading}</h2>
<p>${text}</p>${isDetailed && html`<p class="hint" lang="en">${problem.detail}</p>`}${more}
<p class="hint">${frame.problem.code} <code>${problem.code}</code></p></div>`;
}

/** Why something was refused, in the page's own words; undefined where it has none for the code. */
export function refusalText(
  { words }: Pick<Visit, "words">,
  { code, retry_after_seconds }: { code: string; retry_after_seconds?: unknown },
): string | undefined {
  const { refusals } = words.cooperations.acting;
  if (!Object.hasOwn(refusals, code)) return words.permissions.refusals[code];
  return refusals[code as keyof typeof refusals](typeof retry_after_seconds === "number" ? retry_after_seconds : 0);
}

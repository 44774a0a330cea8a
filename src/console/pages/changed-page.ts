/**
 * What is shown in place of a change that came too late: somebody else was first, and nothing was overwritten. It says what
 * they did, and has the form again with what is so now, to decide anew.
 */
import { html } from "hono/html";
import type { ConsoleContext } from "../context.ts";
import type { Names } from "../names.ts";
import { type Nav, page } from "../page.ts";
import type { Content } from "../parts.ts";
import { changedMeanwhile } from "./changed-meanwhile.ts";

type ChangedParts = {
  nav: Nav;
  cooperation: string;
  /** The cooperation's ETag when the form was made: the number of its newest entry then. */
  seen: string | undefined;
  /** Only what happened to this share. */
  share?: string | undefined;
  names: Names;
  /** What they wanted, which is not done. */
  wanted?: Content;
  /** The form, as it is now. */
  form: Content;
};

/** The page with status 412. */
export async function changedPage(c: ConsoleContext, parts: ChangedParts): Promise<Response> {
  const { cooperation, seen = "", share, names, nav, wanted, form } = parts;
  const { changed } = c.var.console.words.permissions;
  const body = html`${await changedMeanwhile(c, cooperation, seen, names, share)}
${wanted !== undefined && html`<div><p>${changed.wanted}</p>${wanted}</div>`}
<h2>${changed.anew}</h2>
${form}`;
  return page(c, { title: changed.title, nav, body, status: 412 });
}

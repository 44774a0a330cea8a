/** Tuples as OpenFGA's Read gives them, as rows: who, in which relation of what, until when, and whether it is in force. */
import { html } from "hono/html";
import type { ConsoleContext } from "../context.ts";
import { dateText, empty, type Html, table } from "../parts.ts";
import { inspecting, objectLink, untilCell } from "./shell.ts";

/** OpenFGA's most. */
export const TUPLE_PAGE = 100;

type Key = {
  user: string;
  relation: string;
  object: string;
  condition?: { name: string; context?: { expires_at?: string } } | null;
};
/** openfga.v1 ReadResponse. */
export type ReadPage = { tuples: { key: Key; timestamp: string }[]; continuation_token: string };

/** The table; or that there is none. */
export function tupleTable(c: ConsoleContext, caption: string, tuples: ReadPage["tuples"], now: Date): Html {
  const { words } = inspecting(c);
  if (tuples.length === 0) return empty(words.tuples.none);
  const { user, relation, object, until, state, written } = words.columns;
  const rows = tuples.map(({ key, timestamp }) => {
    const date = key.condition?.context?.expires_at;
    const isOver = date !== undefined && Date.parse(date) <= now.getTime();
    return [
      objectLink(key.object),
      html`<code>${key.relation}</code>`,
      key.user.startsWith("entry:") ? html`<bdi>${key.user}</bdi>` : objectLink(key.user),
      untilCell(c, date),
      isOver ? words.object.over : words.object.inForce,
      dateText(c.var.visit, timestamp),
    ];
  });
  return table({ caption, head: [object, relation, user, until, state, written], rows });
}

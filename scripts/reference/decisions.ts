/** The index of the decisions, from the titles of their pages. */
import { readdirSync, readFileSync } from "node:fs";
import { table } from "./blocks.ts";

const folder = new URL("../../docs/decisions/", import.meta.url);

/** A row for each page `NNNN-title.md`. Throws for a page without a title in its first line. */
export function decisionsIndex(): string {
  const pages = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name));
  const rows = pages.sort().map((name) => {
    const title = /^# (.+)\n/.exec(readFileSync(new URL(name, folder), "utf8"))?.[1];
    if (title === undefined) throw new Error(`docs/decisions/${name} has no title`);
    return [name.slice(0, 4), `[${title}](${name})`];
  });
  return table(["number", "decision"], rows);
}

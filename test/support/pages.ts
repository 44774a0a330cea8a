/** The written pages of the project: those in the root and all below docs/. */
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

/** Their paths, seen from the root. */
export const PAGES: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(new URL("docs/", root), { recursive: true, encoding: "utf8" }).map((path) => `docs/${path}`),
].filter((path) => path.endsWith(".md"));

export const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** A page without its blocks of code, in which nothing is a link or a heading. */
const proseOf = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "`code`");

/** The targets of all links and pictures of a page. */
export const linksIn = (text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");

/** The anchors that a page's headings make, by the rule of GitHub. */
export function anchorsIn(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm);
  const seen = new Map<string, number>();
  return [...headings].map(([, heading = ""]) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/**
 * From one template to a mail's text and its HTML: both are made of the same blocks, so they hold the same facts. The
 * HTML loads nothing and follows nobody: no picture, no script, no font; its only links are those of the blocks. All
 * text is escaped here, and nowhere else.
 */
import type { Language } from "../domain/language.ts";
import type { Mail } from "../ports.ts";

/** A part of a mail. A note is what belongs to the mail and not to its news, shown smaller. */
export type Block =
  | { kind: "paragraph" | "note"; text: string }
  | { kind: "list"; heading: string; items: readonly string[] }
  | { kind: "link"; label: string; url: string };

/** What a template makes. `id`: see Mail. */
type Draft = Pick<Mail, "to" | "id" | "subject" | "unsubscribe"> & { language: Language; blocks: readonly Block[] };

/** The mail of a template. */
export function composeMail({ to, id, subject, language, blocks, unsubscribe }: Draft): Mail {
  const text = `${blocks.map(textOf).join("\n\n")}\n`;
  const html = page(language, subject, blocks.map(htmlOf).join("\n"));
  return { to, id, subject, language, text, html, ...(unsubscribe !== undefined && { unsubscribe }) };
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "list":
      return [block.heading, ...block.items.map((item) => `- ${item}`)].join("\n");
    case "link":
      return `${block.label}\n${block.url}`;
    default:
      return block.text;
  }
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case "list":
      return `<p>${escaped(block.heading)}</p>\n<ul>\n${block.items.map((item) => `<li>${escaped(item)}</li>`).join("\n")}\n</ul>`;
    case "link":
      return `<p><a class="action" href="${escaped(block.url)}">${escaped(block.label)}</a></p>`;
    case "note":
      return `<p class="note">${escaped(block.text)}</p>`;
    default:
      return `<p>${escaped(block.text)}</p>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);

// a program that drops the style shows headings, lists and links as its own
const STYLE = `:root { color-scheme: light dark; }
body { margin: 0; background: #fff; color: #1b1f24; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere; }
ul { padding-left: 1.25rem; }
.action { display: inline-block; padding: .625rem 1.25rem; border-radius: .375rem; background: #0b5a8a; color: #fff; font-weight: 600; text-decoration: none; }
.note { color: #4a525b; font-size: .875rem; }
@media (prefers-color-scheme: dark) {
body { background: #15191e; color: #e6e9ed; }
.action { background: #8fd0ff; color: #06263a; }
.note { color: #b3bcc6; }
}`;

// some programs drop <html> and <body>: the language is said once more on what they keep
const page = (language: Language, title: string, content: string) => `<!doctype html>
<html lang="${language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main lang="${language}" dir="ltr">
${content}
</main>
</body>
</html>
`;

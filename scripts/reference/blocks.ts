/**
 * Generated text in pages, text in and text out: a block is what is between `<!-- generated: name -->` and
 * `<!-- /generated -->`. Nothing outside of the blocks changes.
 */

const BLOCK = /(<!-- generated: ([a-z-]+) -->\n)([\s\S]*?)(<!-- \/generated -->)/g;

/** The page with its blocks filled. Throws when it has an unknown block, the same block twice, or lacks one. */
export function filled(page: string, blocks: Readonly<Record<string, string>>): string {
  const asked = [...page.matchAll(BLOCK)].map((match) => match[2] ?? "");
  const unknown = asked.filter((name) => !Object.hasOwn(blocks, name));
  const twice = asked.filter((name, index) => asked.indexOf(name) !== index);
  const missing = Object.keys(blocks).filter((name) => !asked.includes(name));
  const wrong = { unknown, twice, missing };
  for (const [what, names] of Object.entries(wrong))
    if (names.length > 0) throw new Error(`blocks ${what}: ${names.join(", ")}`);
  return page.replace(BLOCK, (_, begin: string, name: string, __, end: string) => `${begin}${blocks[name]}\n${end}`);
}

/** The lines that only one of two texts has, in their order: `-` the current ones, `+` the wanted ones. Empty when the texts are equal. */
export function differenceOf(current: string, wanted: string): string[] {
  if (current === wanted) return [];
  const [old, next] = [current.split("\n"), wanted.split("\n")];
  const only = (these: string[], those: string[], sign: string) => {
    const others = new Set(those);
    return these.flatMap((line, index) => (others.has(line) ? [] : [`${sign} ${index + 1}: ${line}`]));
  };
  const lines = [...only(old, next, "-"), ...only(next, old, "+")];
  return lines.length > 0 ? lines : ["the same lines in another order or number"];
}

/** A Markdown table; a bar within a cell does not end it. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A word as code. */
export const code = (word: string): string => `\`${word}\``;

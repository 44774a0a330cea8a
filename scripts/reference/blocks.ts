/**
 * The README's generated blocks as text in, text out: a block is what stands between
 * `<!-- generated: name -->` and `<!-- /generated -->`. Nothing outside of them is touched.
 */

const BLOCK = /(<!-- generated: ([a-z-]+) -->\n)([\s\S]*?)(<!-- \/generated -->)/g;

/** The readme with its blocks filled. Throws when it asks for an unknown block, twice for one, or leaves one out. */
export function filled(readme: string, blocks: Readonly<Record<string, string>>): string {
  const asked = [...readme.matchAll(BLOCK)].map((match) => match[2] ?? "");
  const unknown = asked.filter((name) => !Object.hasOwn(blocks, name));
  const twice = asked.filter((name, index) => asked.indexOf(name) !== index);
  const missing = Object.keys(blocks).filter((name) => !asked.includes(name));
  const wrong = { unknown, twice, missing };
  for (const [what, names] of Object.entries(wrong))
    if (names.length > 0) throw new Error(`README.md: blocks ${what}: ${names.join(", ")}`);
  return readme.replace(BLOCK, (_, begin: string, name: string, __, end: string) => `${begin}${blocks[name]}\n${end}`);
}

/** The lines that only one of two readmes has, in their order: `-` what stands there, `+` what should. Empty when they are the same. */
export function differenceOf(standing: string, wanted: string): string[] {
  if (standing === wanted) return [];
  const [old, next] = [standing.split("\n"), wanted.split("\n")];
  const only = (these: string[], those: string[], sign: string) => {
    const others = new Set(those);
    return these.flatMap((line, index) => (others.has(line) ? [] : [`${sign} ${index + 1}: ${line}`]));
  };
  const lines = [...only(old, next, "-"), ...only(next, old, "+")];
  return lines.length > 0 ? lines : ["the same lines stand in another order or number"];
}

/** A Markdown table; a bar within a cell does not end it. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A word as code. */
export const code = (word: string): string => `\`${word}\``;

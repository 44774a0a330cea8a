/** The table of the keys in Redis, printed from the grammar that makes them. */
import type { GRAMMAR } from "../../src/redis/key-grammar.ts";

export function cacheKeysTable(grammar: typeof GRAMMAR): string {
  const rows = Object.entries(grammar).map(([key, { is, fields, value, ends }]) => {
    const parts = Object.entries(fields).map(([name, says]) => `${name}: ${says}`);
    return `| \`${key}\` | ${is}. ${parts.join("; ")} | ${value} | ${ends} |`;
  });
  return ["| key | what it is | value | ends |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

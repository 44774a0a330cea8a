/** The environment variables with their defaults, from the schemas that read them. */
import type { z } from "zod";
import { code, table } from "./blocks.ts";

/** Where the pages are, seen from the page that the table is printed into. */
const PAGES = "../";

/** Each variable as it is spelled in the environment. A schema without a description throws: nobody would know what it is for. */
export function configurationTable(variables: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(variables).map(([name, schema]) => {
    if (schema.description === undefined) throw new Error(`${name} has no description`);
    const description = schema.description.replaceAll(/docs\/([a-z-]+\.md)/g, `[$1](${PAGES}$1)`);
    const byDefault = defaultOf(schema);
    return [code(name), byDefault && code(byDefault), description];
  });
  return table(["variable", "default", "what it is for"], rows);
}

/** The value of an unset variable as the environment spells it; empty where there is none. */
export function defaultOf(schema: z.ZodType): string {
  const read = schema.safeParse(undefined);
  if (!read.success || read.data === undefined) return "";
  if (typeof read.data === "boolean") return read.data ? "on" : "off";
  return String(read.data);
}

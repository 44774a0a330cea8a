/**
 * Prints what the code decides by into the marked blocks of README.md, and the API's document into
 * openapi.json: `npm run reference` writes them; with `--check` nothing is written and a difference fails.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { blocks, openApiFile } from "./reference/all.ts";
import { differenceOf, filled } from "./reference/blocks.ts";

const FILES: Record<string, (standing: string) => string> = {
  "README.md": (standing) => filled(standing, blocks()),
  "openapi.json": openApiFile,
};

for (const [name, print] of Object.entries(FILES)) {
  const path = new URL(`../${name}`, import.meta.url);
  const standing = readFileSync(path, "utf8");
  const wanted = print(standing);
  const difference = differenceOf(standing, wanted);
  if (!process.argv.includes("--check")) {
    if (difference.length > 0) writeFileSync(path, wanted);
    console.log(difference.length > 0 ? `${name} is up to date now.` : `${name} was up to date.`);
  } else if (difference.length > 0) {
    console.error(`${name} differs from the code; \`npm run reference\` writes it anew.\n${difference.join("\n")}`);
    process.exitCode = 1;
  }
}

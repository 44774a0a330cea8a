/**
 * Prints what the code decides by into the marked blocks of README.md: `npm run
 * reference` writes them; with `--check` nothing is written and a difference fails.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { blocks } from "./reference/all.ts";
import { differenceOf, filled } from "./reference/blocks.ts";

const path = new URL("../README.md", import.meta.url);
const standing = readFileSync(path, "utf8");
const wanted = filled(standing, blocks());
const difference = differenceOf(standing, wanted);

if (!process.argv.includes("--check")) {
  if (difference.length > 0) writeFileSync(path, wanted);
  console.log(difference.length > 0 ? "README.md is up to date now." : "README.md was up to date.");
} else if (difference.length > 0) {
  console.error(`README.md differs from the code; \`npm run reference\` writes it anew.\n${difference.join("\n")}`);
  process.exitCode = 1;
}

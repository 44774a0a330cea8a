/**
 * Prints what the code decides by into the documents: `npm run reference` writes them; with `--check` nothing is
 * written and a difference fails.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generated, wantedText } from "./reference/all.ts";
import { differenceOf } from "./reference/blocks.ts";

const isCheck = process.argv.includes("--check");
const root = new URL("../", import.meta.url);

for (const [file, content] of Object.entries(generated())) {
  const path = fileURLToPath(new URL(file, root));
  const current = existsSync(path) ? readFileSync(path, "utf8") : "";
  const wanted = wantedText(file, current, content);
  const difference = differenceOf(current, wanted);
  if (difference.length === 0) continue;
  if (isCheck) {
    console.error(`${file} differs from the code; \`npm run reference\` writes it anew.\n${difference.join("\n")}`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, wanted);
    console.log(`${file} was updated.`);
  }
}

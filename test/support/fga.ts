/** OpenFGA's own command line, which `npm test` builds where it is not on PATH. */
import { findFga } from "../../scripts/fga-cli.ts";
import { ownFolder } from "./own-folder.ts";
import { run } from "./program.ts";

/** Runs it to its end, under a home folder that is empty. Throws where there is none. */
export function runFga(args: readonly string[]): ReturnType<typeof run> {
  const fga = findFga(process.env);
  if (fga === undefined) throw new Error("The fga command line is missing; `npm test` builds it.");
  return run(fga, args, { env: { HOME: ownFolder() } });
}

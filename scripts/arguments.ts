/** The arguments of a command: `--help` says how it is called, and so does the message for an argument that it has not. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * The options and positionals of the process, as `parseArgs` gives them. `--help` prints the usage and ends the command
 * with 0; an unknown option or a wrong value is named on the error output, with the usage, and ends it with 2.
 */
export function argumentsOrExit<T extends ParseArgsConfig>(usage: string, config: T) {
  if (process.argv.slice(2).includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

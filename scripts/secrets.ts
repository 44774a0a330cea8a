/** The environment of a command, with the secrets that are in files (`OPENFGA_API_TOKEN_FILE` and so on). */
import { withSecretFiles } from "../src/secret-files.ts";

/** The process's own. Where one of the files cannot be used it says why and ends the command with `code`. */
export function secretsOrExit(code: number): NodeJS.ProcessEnv {
  const { env, problems, warnings } = withSecretFiles(process.env);
  for (const line of [...problems, ...warnings]) console.error(line);
  if (problems.length > 0) process.exit(code);
  return env;
}

/**
 * Secrets from files: `NAME_FILE` names the file that holds what `NAME` would. A
 * problem and a warning name the variable and the file, never what is in it.
 */
import { readFileSync, statSync } from "node:fs";

/** The variables whose value is never shown and may be in a file of its own. */
export const SECRETS = [
  "SERVICE_KEYS",
  "OPENFGA_API_TOKEN",
  "REDIS_URL",
  "CACHE_SECRET",
  "INVITATION_SECRET",
  "SMTP_URL",
  "ACCESS_LOG",
  "WEBHOOKS",
  "WEBHOOKS_SECRET",
  "CONSOLE_OIDC",
  "CONCORDAT_KEY",
] as const;

/** Writable by the group, or accessible to everybody: such users could read the secret or replace it. */
const TOO_OPEN = 0o027;

export type SecretFiles = { env: NodeJS.ProcessEnv; problems: string[]; warnings: string[] };

/** The environment with the secrets from files, and the problems of those files. An empty variable counts as unset. */
export function withSecretFiles(env: NodeJS.ProcessEnv): SecretFiles {
  const read: SecretFiles = { env: { ...env }, problems: [], warnings: [] };
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) read.problems.push(`${name}_FILE: ${name} is set too; set one of the two`);
    else
      try {
        const text = readSecretFile(path);
        if (text === "") read.problems.push(`${name}_FILE: ${path} is empty`);
        read.env[name] = text;
        if (isTooOpen(path))
          read.warnings.push(`${name}_FILE: others than its owner may read or write ${path}; chmod 600 it`);
      } catch (error) {
        read.problems.push(`${name}_FILE: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
      }
  }
  return read;
}

/** The text of a file without the line end that editors put there. */
function readSecretFile(path: string): string {
  return readFileSync(path, "utf8").replace(/[\r\n]+$/, "");
}

// Windows has no modes
const isTooOpen = (path: string) => process.platform !== "win32" && (statSync(path).mode & TOO_OPEN) !== 0;

/**
 * The keys and secret that `npm start` runs with: made at the first start and kept in files that only their owner reads,
 * so that the documented commands work as pasted, also after a restart.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePrivate } from "../private-folder.ts";

/**
 * `key`: the service's key in clear, where it was made here. `consoleSecret`: what the sample people of the console are tried
 * by, on a store of this machine and with a key that was made here. `signedMark`: where histories are signed with a key that
 * was made here, the file whose existence says that earlier histories of the store have been signed.
 */
export type Started = { env: NodeJS.ProcessEnv; key?: string; consoleSecret?: string; signedMark?: string };

/** The environment with the variables that `npm start` adds where they are not set. */
export function withStartKeys(env: NodeJS.ProcessEnv, folder: string): Started {
  makePrivate(folder);
  const set = present(env);
  // where it may be reached from elsewhere, that is the operator's to switch on
  const isHere = !("PUBLIC_URL" in set) && [undefined, "127.0.0.1", "localhost"].includes(set.HOST);
  const given = { ACCESS_LOG: "file", ...(isHere && { CONSOLE: "on" }), ...set };
  const added = isGiven(set, "INVITATION_SECRET")
    ? given
    : { INVITATION_SECRET: kept(folder, "invitation-secret", random), ...given };
  // services on a store elsewhere must all sign with one key, so none of them makes its own
  const signs = !env.HISTORY_KEY_FILE && !env.OPENFGA_API_URL;
  if (signs) kept(folder, "history-key", ed25519);
  const history = signs ? { HISTORY_KEY_FILE: join(folder, "history-key") } : {};
  const marked = signs ? { signedMark: join(folder, "history-signed") } : {};
  if (isGiven(set, "SERVICE_KEYS")) return { env: { ...added, ...history }, ...marked };
  const key = kept(folder, "key", random);
  const keys = [{ name: "npm-start", scopes: ["check", "manage", "admin"], key }];
  const secret = env.OPENFGA_API_URL ? {} : { consoleSecret: kept(folder, "console-secret", random) };
  const own = { SERVICE_KEYS: JSON.stringify(keys), HOST: "127.0.0.1" };
  return { env: { ...added, ...history, ...own }, key, ...secret, ...marked };
}

const present = (env: NodeJS.ProcessEnv) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));

const isGiven = (env: NodeJS.ProcessEnv, name: string) => name in env || `${name}_FILE` in env;

const random = () => randomBytes(24).toString("base64url");

const ed25519 = () => generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();

function kept(folder: string, name: string, make: () => string): string {
  const path = join(folder, name);
  try {
    // `wx`: of two that start at once, one makes it and both read the same
    writeFileSync(path, make(), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(path, "utf8").trim();
}

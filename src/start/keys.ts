/**
 * The key and secret that `npm start` runs with: made once, kept in files that only
 * their owner reads, so that the README's commands work as pasted and go on working.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The environment with what `npm start` adds where nothing is set, and the key in clear where it was made here. */
export function withStartKeys(env: NodeJS.ProcessEnv, folder: string): { env: NodeJS.ProcessEnv; key?: string } {
  const set = present(env);
  const added = isGiven(set, "INVITATION_SECRET")
    ? set
    : { INVITATION_SECRET: kept(folder, "invitation-secret"), ...set };
  if (isGiven(set, "SERVICE_KEYS")) return { env: added };
  const key = kept(folder, "key");
  const keys = [{ name: "npm-start", scopes: ["check", "manage", "admin"], key }];
  return { env: { ...added, SERVICE_KEYS: JSON.stringify(keys), HOST: "127.0.0.1" }, key };
}

const present = (env: NodeJS.ProcessEnv) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));

const isGiven = (env: NodeJS.ProcessEnv, name: string) => name in env || `${name}_FILE` in env;

function kept(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  try {
    // `wx`: of two that start at once, one makes it and both read the same
    writeFileSync(path, randomBytes(24).toString("base64url"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(path, "utf8").trim();
}

/**
 * The service keys in use: those of the configuration; a file of keys can be read again while the service runs. A file
 * that is not valid changes nothing.
 */
import { type Config, rereadServiceKeys } from "./config.ts";
import { unknownBounds } from "./domain/key-bounds.ts";
import { type FindKey, findKey, type ServiceKey } from "./domain/service-keys.ts";
import { ConfigurationError } from "./faults.ts";
import type { Log } from "./log.ts";
import type { Clock, Engine } from "./ports.ts";

/** `readAgain` exists where the keys come from a file; the log has its result. */
export type KeyRing = { find: FindKey; readAgain?: () => void };

type Options = {
  config: Pick<Config, "SERVICE_KEYS" | "SERVICE_KEYS_FILE">;
  permissions: Engine["permissions"];
  clock: Clock;
  log: Log;
};

/** Throws ConfigurationError when a key is bound to a type or permission that the model does not have. */
export function createKeyRing({ config, permissions, clock, log }: Options): KeyRing {
  let keys = held(config.SERVICE_KEYS, permissions);
  const path = config.SERVICE_KEYS_FILE;
  const find: FindKey = (presented) => findKey(keys, presented, clock);
  if (path === undefined) return { find };
  return {
    find,
    readAgain() {
      try {
        const read = rereadServiceKeys(path);
        keys = held(read.keys, permissions);
        log("info", "keys_read", { keys: keys.map(({ name }) => name) });
        for (const warning of read.warnings) log("warn", "configuration", { warning });
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        log("error", "keys_not_read", { problem: error.message, kept: keys.map(({ name }) => name) });
      }
    },
  };
}

function held(keys: readonly ServiceKey[], permissions: Engine["permissions"]): readonly ServiceKey[] {
  const problems = unknownBounds(keys, permissions);
  if (problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  return keys;
}

/**
 * The keys in use: those of the configuration, and where they stand in a file, what it
 * says when it is read again. A file that cannot be used changes nothing.
 */
import { type Config, rereadServiceKeys } from "./config.ts";
import { unknownBounds } from "./domain/key-bounds.ts";
import { type FindKey, findKey, type ServiceKey } from "./domain/service-keys.ts";
import { ConfigurationError } from "./faults.ts";
import type { Log } from "./log.ts";
import type { Clock, Engine } from "./ports.ts";

/** `readAgain` is there where the keys stand in a file; the log says what came of it. */
export type KeyRing = { find: FindKey; readAgain?: () => void };

type Options = {
  config: Pick<Config, "SERVICE_KEYS" | "SERVICE_KEYS_FILE">;
  permissions: Engine["permissions"];
  clock: Clock;
  log: Log;
};

/** Throws ConfigurationError where a key is bound to what the model does not have: it would be refused everything. */
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

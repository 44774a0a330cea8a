/** For how long the access log is kept: what the configuration takes, and why it refuses the rest. */
import { expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";

const SECRETS = {
  SERVICE_KEYS: '[{"name":"app","scopes":["check"],"key":"a-key-of-the-tests-1"}]',
  INVITATION_SECRET: "x".repeat(32),
};
const POSTGRES = "postgres://u:p@h/log";

test.each<[env: Record<string, string>, days: number | undefined, ownDays: number | undefined]>([
  [{ ACCESS_LOG: "file" }, undefined, undefined],
  [{ ACCESS_LOG: "file", ACCESS_LOG_DAYS: "365" }, 365, undefined],
  [{ ACCESS_LOG: POSTGRES, ACCESS_LOG_DAYS: "90", ACCESS_LOG_OWN_DAYS: "90" }, 90, 90],
  [{ ACCESS_LOG: POSTGRES, ACCESS_LOG_OWN_DAYS: "30" }, undefined, 30],
  [{ ACCESS_LOG: "off", ACCESS_LOG_DAYS: "90", ACCESS_LOG_OWN_DAYS: "30" }, 90, 30],
])("%j is taken", (env, days, ownDays) => {
  const config = readConfig({ ...SECRETS, ...env });
  expect([config.ACCESS_LOG_DAYS, config.ACCESS_LOG_OWN_DAYS]).toEqual([days, ownDays]);
});

test.each<[env: Record<string, string>, problem: RegExp]>([
  [{ ACCESS_LOG: "file", ACCESS_LOG_OWN_DAYS: "30" }, /^ACCESS_LOG_OWN_DAYS: needs ACCESS_LOG in PostgreSQL/],
  [{ ACCESS_LOG: "stdout", ACCESS_LOG_DAYS: "30" }, /^ACCESS_LOG_DAYS: needs ACCESS_LOG in files or PostgreSQL/],
  [{ ACCESS_LOG: "https://h/", ACCESS_LOG_DAYS: "30" }, /^ACCESS_LOG_DAYS: needs ACCESS_LOG in files or PostgreSQL/],
  [{ ACCESS_LOG: POSTGRES, ACCESS_LOG_DAYS: "30", ACCESS_LOG_OWN_DAYS: "31" }, /^ACCESS_LOG_OWN_DAYS: must be at most/],
  [{ ACCESS_LOG: POSTGRES, ACCESS_LOG_DAYS: "0" }, /^ACCESS_LOG_DAYS: /],
])("%j is refused, by the variable's name", (env, problem) => {
  expect(() => readConfig({ ...SECRETS, ...env })).toThrow(problem);
});

/** Every generated block of the README by its name, each printed from the value that the service runs on, or from what was measured. */
import { readFileSync } from "node:fs";
import type { Results } from "../../bench/results.ts";
import { createApp } from "../../src/app.ts";
import { DENIALS } from "../../src/check/question.ts";
import { VARIABLES } from "../../src/config.ts";
import { LIFECYCLE } from "../../src/domain/cooperation/lifecycle.ts";
import { NEEDS } from "../../src/domain/key-scopes.ts";
import { REFUSALS } from "../../src/domain/refusal.ts";
import { openApiDocument } from "../../src/http/docs.ts";
import { FAULTS } from "../../src/http/problem.ts";
import { GRAMMAR } from "../../src/redis/cache-keys.ts";
import { sampleCommands } from "../../src/start/sample.ts";
import { cacheKeysTable } from "./cache-keys.ts";
import { configurationTable } from "./configuration.ts";
import { denialsTable, errorsTable } from "./errors.ts";
import { expiredSentence, lifecycleDiagram, lifecycleTable } from "./lifecycle.ts";
import { capsTable, rolesTable } from "./roles.ts";
import { routesTable } from "./routes.ts";
import { scopesTable } from "./scopes.ts";
import { speedBlock } from "./speed.ts";

const HOST = VARIABLES.HOST.parse(undefined);
const PORT = VARIABLES.PORT.parse(undefined);
const FOLDER = VARIABLES.CONCORDAT_FOLDER.parse(undefined);
const URL_AT_START = `http://${HOST}:${PORT}`;

/** The blocks as they should stand now. */
export function blocks(): Record<string, string> {
  return {
    "quick-start": `\`\`\`sh\n${sampleCommands(URL_AT_START, FOLDER)}\n\`\`\``,
    roles: rolesTable(),
    caps: capsTable(),
    lifecycle: [lifecycleTable(LIFECYCLE), expiredSentence(), lifecycleDiagram(LIFECYCLE)].join("\n\n"),
    denials: denialsTable(DENIALS),
    routes: routesTable(openApiDocument(undriven(), URL_AT_START)),
    errors: errorsTable(REFUSALS, FAULTS),
    scopes: scopesTable(NEEDS),
    "cache-keys": cacheKeysTable(GRAMMAR),
    configuration: configurationTable(VARIABLES),
    speed: speedBlock(measured()),
  };
}

const measured = (): Results => JSON.parse(readFileSync(new URL("../../bench/results.json", import.meta.url), "utf8"));

/** The service as a value that is only looked at: whatever a request would need throws when it is touched. */
function undriven() {
  const never = (): never => {
    throw new Error("the reference asks nothing");
  };
  const engine = {
    check: never,
    batchCheck: never,
    expand: never,
    listObjects: never,
    listUsers: never,
    ready: never,
    time: never,
  };
  return createApp({
    relationships: {
      read: never,
      readSome: never,
      readAll: never,
      pages: never,
      write: never,
      changes: never,
      erase: never,
    },
    checker: { check: never, checkAll: never },
    cache: { begin: never, end: never },
    ttlMilliseconds: 0,
    importIdleMilliseconds: 0,
    metricsText: never,
    engine: {
      ...engine,
      api: { storeId: "", modelId: "", ask: never, stream: never },
      permissions: new Map(),
      rewrites: new Map(),
    },
    mailer: { send: never },
    clock: never,
    order: never,
    repeats: { invalidate: never },
    newId: never,
    newNonce: never,
    afterwards: never,
    warn: never,
    log: never,
    stopping: never,
    findKey: never,
    notices: never,
    publicUrl: URL_AT_START,
    discloseOrganizations: true,
    invitation: { secret: "", url: URL_AT_START, ttlDays: 1, limits: { openMax: 1, dailyMax: 1, declinedDays: 1 } },
  });
}

/** Every generated block of the README by its name, each printed from the value that the service runs on, or from what was measured. */
import { readFileSync } from "node:fs";
import type { Results } from "../../bench/results.ts";
import { DENIALS } from "../../src/check/question.ts";
import { VARIABLES } from "../../src/config.ts";
import { LIFECYCLE } from "../../src/domain/cooperation/lifecycle.ts";
import { NEEDS } from "../../src/domain/key-scopes.ts";
import { REFUSALS } from "../../src/domain/refusal.ts";
import { FAULTS } from "../../src/http/problem.ts";
import { GRAMMAR } from "../../src/redis/cache-keys.ts";
import { sampleCommands } from "../../src/start/sample.ts";
import { cacheKeysTable } from "./cache-keys.ts";
import { configurationTable } from "./configuration.ts";
import { denialsTable, errorsTable } from "./errors.ts";
import { expiredSentence, lifecycleDiagram, lifecycleTable } from "./lifecycle.ts";
import { openApiDocument } from "./openapi/document.ts";
import { OPERATIONS } from "./openapi/operations.ts";
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
    routes: routesTable(OPERATIONS),
    errors: errorsTable(REFUSALS, FAULTS),
    scopes: scopesTable(NEEDS),
    "cache-keys": cacheKeysTable(GRAMMAR),
    configuration: configurationTable(VARIABLES),
    speed: speedBlock(measured()),
  };
}

/** The API's document as a file. */
export const openApiFile = (): string => `${JSON.stringify(openApiDocument(URL_AT_START), null, 2)}\n`;

const measured = (): Results => JSON.parse(readFileSync(new URL("../../bench/results.json", import.meta.url), "utf8"));

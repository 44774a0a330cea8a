/**
 * Everything that is generated in the repository, by file: each text is printed from the value that the service runs on,
 * or from what was measured. Add a file or a block here; `npm run reference` writes it and `-- --check` compares it.
 */
import { readFileSync } from "node:fs";
import { operatorsPicture, usersPicture } from "../../bench/picture.ts";
import type { Results } from "../../bench/results.ts";
import { DENIALS } from "../../src/check/question.ts";
import { VARIABLES } from "../../src/config-variables.ts";
import { GAP_REASONS, RECORDED_DENIALS } from "../../src/domain/access-log/lines.ts";
import { LIFECYCLE } from "../../src/domain/cooperation/lifecycle.ts";
import { FINDING_KINDS } from "../../src/domain/doctor/finding.ts";
import { DENIAL_REASONS } from "../../src/domain/explain/denial-reason.ts";
import { NEEDS } from "../../src/domain/key-scopes.ts";
import { FAULTS } from "../../src/http/problem.ts";
import { REFUSALS } from "../../src/http/refusals.ts";
import { createMetrics, createSupervisorMetrics } from "../../src/metrics.ts";
import { GRAMMAR } from "../../src/redis/key-grammar.ts";
import { sampleCommands } from "../../src/start/sample.ts";
import { filled } from "./blocks.ts";
import { cacheKeysTable } from "./cache-keys.ts";
import { capacityBlock } from "./capacity.ts";
import { configurationTable } from "./configuration.ts";
import { decisionsIndex } from "./decisions.ts";
import { envExample } from "./env-example.ts";
import {
  denialReasonsTable,
  denialsTable,
  errorsTable,
  findingsTable,
  gapsTable,
  recordedDenialsTable,
} from "./errors.ts";
import { layersDiagram, layersTable } from "./layers.ts";
import { expiredSentence, lifecycleDiagram, lifecycleTable } from "./lifecycle.ts";
import { metricsTable } from "./metrics.ts";
import { openApiDocument } from "./openapi/document.ts";
import { OPERATIONS } from "./openapi/operations.ts";
import { capsTable, rolesTable } from "./roles.ts";
import { routesTable } from "./routes.ts";
import { scopesTable } from "./scopes.ts";
import { speedBlock, speedSummary } from "./speed.ts";

const HOST = VARIABLES.HOST.parse(undefined);
const PORT = VARIABLES.PORT.parse(undefined);
const FOLDER = VARIABLES.CONCORDAT_FOLDER.parse(undefined);
const URL_AT_START = `http://${HOST}:${PORT}`;
const now = () => new Date();

/** A text is a whole file; a record has the blocks of a page whose other text is written by hand. */
export type Generated = string | Readonly<Record<string, string>>;

/** Every generated file and page, as they should be now. */
export function generated(): Record<string, Generated> {
  const results = measured();
  return {
    ".env.example": envExample(VARIABLES, textOf("docker-compose.yml")),
    "bench/results-operators.svg": operatorsPicture(results.runs),
    "bench/results-users.svg": usersPicture(results.runs),
    "README.md": {
      "quick-start": `\`\`\`sh\n${sampleCommands(URL_AT_START, FOLDER)}\n\`\`\``,
      "speed-summary": speedSummary(results),
    },
    "docs/access-log.md": {
      "recorded-denials": recordedDenialsTable(RECORDED_DENIALS, DENIAL_REASONS),
      "gap-reasons": gapsTable(GAP_REASONS),
    },
    "docs/architecture.md": { layers: layersDiagram(), parts: layersTable() },
    "docs/benchmarks.md": { speed: speedBlock(results) },
    "docs/capacity.md": { capacity: capacityBlock(results) },
    "docs/decisions/README.md": { decisions: decisionsIndex() },
    "docs/reference/cache-keys.md": { "cache-keys": cacheKeysTable(GRAMMAR) },
    "docs/reference/configuration.md": { configuration: configurationTable(VARIABLES) },
    "docs/reference/denial-reasons.md": { "denial-reasons": denialReasonsTable(DENIAL_REASONS) },
    "docs/reference/errors.md": { errors: errorsTable(REFUSALS, FAULTS), denials: denialsTable(DENIALS) },
    "docs/reference/findings.md": { findings: findingsTable(FINDING_KINDS) },
    "docs/reference/lifecycle.md": {
      lifecycle: lifecycleTable(LIFECYCLE),
      expired: expiredSentence(),
      diagram: lifecycleDiagram(LIFECYCLE),
    },
    "docs/reference/metrics.md": {
      metrics: metricsTable(createMetrics(now).registry, createSupervisorMetrics(now, () => 0).registry),
    },
    "docs/reference/roles.md": { roles: rolesTable(), caps: capsTable() },
    "docs/reference/routes.md": { routes: routesTable(OPERATIONS) },
    "openapi.json": `${JSON.stringify(openApiDocument(URL_AT_START), null, 2)}\n`,
    "docs/reference/scopes.md": { scopes: scopesTable(NEEDS) },
  };
}

/** A file as it should be, from its current text. Throws, with the file's name, when a page and its blocks do not match. */
export function wantedText(file: string, current: string, content: Generated): string {
  if (typeof content === "string") return content;
  try {
    return filled(current, content);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const measured = (): Results => JSON.parse(textOf("bench/results.json"));

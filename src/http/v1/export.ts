/** `/v1/export`: what an import takes back, and one cooperation as a file for OpenFGA's command line. */
import { readFile } from "node:fs/promises";
import { createRoute, z } from "@hono/zod-openapi";
import { isService, needsService } from "../../domain/caller.ts";
import { CooperationId } from "../../domain/ids.ts";
import { ANSWERS_MAX, exportCooperation } from "../../queries/export/export-cooperation.ts";
import { exportLines, organizationIds } from "../../queries/export/export-lines.ts";
import { NDJSON, ndjson } from "../ndjson.ts";
import { type Documented, described, PROBLEM } from "../operation.ts";
import { refusePreconditions } from "../precondition.ts";
import { fault, refused } from "../problem.ts";
import { notFound, type V1App, type V1Deps } from "./route.ts";

/** RFC 9512. */
const YAML = "application/yaml";

const get = createRoute({
  method: "get",
  middleware: [refusePreconditions] as const,
  path: "/export",
  operationId: "getExport",
  tags: ["Bulk"],
  summary: "Export organizations, people, resources and job roles, or one cooperation as `fga.yaml` (scope admin)",
  ...({ answers: "service", refuses: ["not_found"] } satisfies Documented),
  request: {
    query: z.strictObject({
      format: z.enum(["ndjson", "fga.yaml"]).default("ndjson"),
      cooperation: CooperationId.optional().describe("The cooperation to export, with `format=fga.yaml`."),
    }),
  },
  responses: {
    200: described(
      "Newline-delimited JSON, each line an ImportLine; or model, tuples and assertions for `fga model test`.",
      z.string(),
      NDJSON,
      YAML,
    ),
    default: PROBLEM,
  },
});

export const EXPORT_OPERATIONS = [get];

const wrongQuery = (detail: string) => ({ errors: [{ pointer: "query: cooperation", detail }] });

export function exportRoutes(app: V1App, deps: V1Deps) {
  app.openapi(get, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to export"));
    const { format, cooperation } = c.req.valid("query");
    if (format === "fga.yaml") {
      if (cooperation === undefined) return fault(c, "invalid_request", wrongQuery("is missing"));
      // the pinned model is this file's, or the service would not have started
      const model = await readFile(new URL("../../../model.fga", import.meta.url), "utf8");
      const file = await exportCooperation(deps, cooperation, model, deps.clock);
      if (file === undefined) return notFound(c, "cooperation");
      if (typeof file === "number")
        return fault(c, "invalid_request", wrongQuery(`has ${file} answers to give; a file takes ${ANSWERS_MAX}`));
      return c.body(file, 200, { "Content-Type": YAML });
    }
    if (cooperation !== undefined) return fault(c, "invalid_request", wrongQuery("is only for format=fga.yaml"));
    // before the reply begins: when the engine does not answer, the reply is a problem then and not a file that ends too soon
    const organizations = await organizationIds(deps.tupleStore);
    return ndjson(c, exportLines(deps.tupleStore, organizations));
  });
}

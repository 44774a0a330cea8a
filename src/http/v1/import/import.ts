/** `/v1/import`: a body of lines, read and answered as they are done. */
import { createRoute, z } from "@hono/zod-openapi";
import { refuseImport } from "../../../actions/import-lines.ts";
import { mediaTypeOf, refuseEncoding } from "../../body.ts";
import { allowLongRunning } from "../../long-running.ts";
import { NDJSON, ndjson } from "../../ndjson.ts";
import { type Documented, described, PROBLEM } from "../../operation.ts";
import { refusePreconditions } from "../../precondition.ts";
import { fault, refused } from "../../problem.ts";
import type { V1App, V1Deps } from "../route.ts";
import { importBody } from "./body.ts";
import { importEvents } from "./events.ts";

const post = createRoute({
  method: "post",
  path: "/import",
  operationId: "postImport",
  middleware: [refusePreconditions] as const,
  tags: ["Bulk"],
  summary: "Import organizations, people, resources and job roles (scope admin)",
  ...({ answers: "service", refuses: ["unsupported_media_type", "contended"] } satisfies Documented),
  request: {
    query: z.strictObject({
      from: z
        .string()
        .regex(/^[1-9]\d{0,9}$/, "must be the number of a line")
        .transform(Number)
        .optional()
        .openapi({ type: "integer", minimum: 1 })
        .describe("The line to begin with; those before it are skipped."),
    }),
    body: {
      required: true,
      description: "Newline-delimited JSON; each line is an ImportLine of at most 64 KiB.",
      content: { [NDJSON]: { schema: z.string() } },
    },
  },
  responses: {
    200: described(
      "Newline-delimited JSON, sent as the lines are done; each line is an ImportEvent.",
      z.string(),
      NDJSON,
    ),
    default: PROBLEM,
  },
});

export const IMPORT_OPERATIONS = [post];

export function importRoutes(app: V1App, deps: V1Deps) {
  // one at a time: two would only take turns
  let isRunning = false;
  app.openapi(post, (c) => {
    const { caller, requestId } = c.var;
    const call = { caller, requestId };
    const refusal = refuseImport(call);
    if (refusal) return refused(c, refusal);
    const encoded = refuseEncoding(c);
    if (encoded !== undefined) return fault(c, encoded.code, encoded);
    if (mediaTypeOf(c.req.header("Content-Type")) !== NDJSON)
      return fault(c, "unsupported_media_type", { detail: `Send \`Content-Type: ${NDJSON}\`.` });
    if (isRunning) {
      c.header("Retry-After", "10");
      return fault(c, "contended", { detail: "Another import is running in this process; it takes one at a time." });
    }
    isRunning = true;
    const hurry = allowLongRunning(c);
    const from = c.req.valid("query").from ?? 1;
    const lines = importBody(c.req.raw.body, from, deps.importIdleMilliseconds);
    return ndjson(c, importEvents(deps, call, lines, from), () => {
      isRunning = false;
      hurry();
    });
  });
}

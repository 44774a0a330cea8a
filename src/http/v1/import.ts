/** `/v1/import`: many lines at once, and what became of each as they are done. */
import { createRoute, z } from "@hono/zod-openapi";
import { importLines, type LineOutcome, refuseImport } from "../../actions/import-lines.ts";
import { ImportLine, type LineError, type NumberedLine } from "../../domain/import-line.ts";
import { dataOf, detailOf, type RefusalCode } from "../../domain/refusal.ts";
import { linesOf, NDJSON, ndjson, parseLine } from "../ndjson.ts";
import { FAULTS, fault, faultOf, ProblemView, refused } from "../problem.ts";
import { errorsOf, type V1Deps, v1 } from "./route.ts";

/** How often progress is told while nothing is refused. */
const PROGRESS_MILLISECONDS = 250;

const Counts = {
  line: z.int().describe("All lines up to this one are done: they stand, stood already, or were refused."),
  read: z.int().describe("Lines read by this request; empty ones do not count."),
  done: z.int(),
  same: z.int().describe("Stood already."),
  refused: z.int(),
  effective_by: z.string().nullable().describe("A check that begins then answers from after all that is done."),
};
const Refused = z
  .object({
    event: z.literal("refused"),
    line: z.int(),
    code: z.string().describe("As in a problem; `invalid_request` for a line that cannot be read."),
    detail: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .loose();
const ImportEvent = z.discriminatedUnion("event", [
  Refused,
  z.strictObject({ event: z.literal("done"), ...Counts }),
  z.strictObject({ event: z.literal("end"), ...Counts }),
  z.strictObject({
    event: z.literal("stopped"),
    ...Counts,
    code: z.string(),
    detail: z.string(),
    from: z.int().describe("The line to go on from: send the same file with `?from=` it."),
  }),
]);
export type ImportEvent = z.infer<typeof ImportEvent>;

const post = createRoute({
  method: "post",
  path: "/import",
  operationId: "postImport",
  tags: ["Bulk"],
  summary: "Load organizations, people, resources and job roles, a line each (scope admin)",
  request: {
    query: z.strictObject({
      from: z
        .string()
        .regex(/^[1-9]\d{0,9}$/, "must be the number of a line")
        .transform(Number)
        .optional()
        .openapi({ type: "integer", minimum: 1 })
        .describe("The line to begin with; those before it are passed over."),
    }),
    body: {
      required: true,
      description: "Newline-delimited JSON; each line is an ImportLine of at most 64 KiB.",
      content: { [NDJSON]: { schema: z.string() } },
    },
  },
  responses: {
    200: {
      description: "Newline-delimited JSON, while it goes; each line is an ImportEvent.",
      content: { [NDJSON]: { schema: z.string() } },
    } as { description: string },
    default: { description: "A problem.", content: { "application/problem+json": { schema: ProblemView } } } as {
      description: string;
    },
  },
});

export function importRoutes(deps: V1Deps) {
  const app = v1();
  app.openAPIRegistry.register("ImportLine", ImportLine);
  app.openAPIRegistry.register("ImportEvent", ImportEvent);
  // one at a time: two would only take turns, and each keeps lines in memory
  let isRunning = false;
  app.openapi(post, (c) => {
    const { caller, requestId } = c.var;
    const call = { caller, requestId };
    const refusal = refuseImport(call);
    if (refusal) return refused(c, refusal);
    if (c.req.header("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase() !== NDJSON)
      return fault(c, "unsupported_media_type", { detail: `Send \`Content-Type: ${NDJSON}\`.` });
    if (isRunning) {
      c.header("Retry-After", "10");
      return fault(c, "contended", { detail: "Another import is under way here; one is taken at a time." });
    }
    isRunning = true;
    const events = eventsOf(deps, call, c.req.raw.body, c.req.valid("query").from ?? 1);
    return ndjson(c, events, () => {
      isRunning = false;
    });
  });
  return app;
}

/** The sender went away before the end of the body. */
class BodyBroken extends Error {
  override readonly name = "BodyBroken";
}

async function* eventsOf(
  deps: V1Deps,
  call: Parameters<typeof importLines>[1],
  body: ReadableStream<Uint8Array> | null,
  from: number,
): AsyncGenerator<ImportEvent> {
  const counts = { line: from - 1, read: 0, done: 0, same: 0, refused: 0, effective_by: null as string | null };
  let toldAt = performance.now();
  try {
    for await (const outcomes of importLines(deps, call, numbered(body, from))) {
      for (const outcome of outcomes) {
        counts.read++;
        counts.line = outcome.line;
        if (outcome.outcome === "done" || outcome.outcome === "same") {
          counts[outcome.outcome]++;
          if (outcome.effective_by > (counts.effective_by ?? "")) counts.effective_by = outcome.effective_by;
        } else counts.refused++;
      }
      yield* outcomes.flatMap(refusedEvent);
      if (deps.stopping()) return yield stopped("shutting_down", "The service is stopping. Go on when it is back.");
      if (performance.now() - toldAt < PROGRESS_MILLISECONDS) continue;
      toldAt = performance.now();
      yield { event: "done", ...counts };
    }
    yield { event: "end", ...counts };
  } catch (error) {
    if (error instanceof BodyBroken) return;
    const code = faultOf(error as Error);
    deps.warn("import_stopped", {
      request_id: call.requestId,
      line: counts.line,
      error: String((error as Error).stack),
    });
    yield stopped(code, code === "internal" ? FAULTS[code][2] : `${FAULTS[code][1]}. Go on from the line in \`from\`.`);
  }

  function stopped(code: string, detail: string): ImportEvent {
    return { event: "stopped", ...counts, code, detail, from: counts.line + 1 };
  }
}

function refusedEvent(outcome: LineOutcome): ImportEvent[] {
  if (outcome.outcome === "invalid") {
    const { line, errors } = outcome;
    return [{ event: "refused", line, code: "invalid_request", errors }];
  }
  if (outcome.outcome !== "refused") return [];
  const { line, refusal } = outcome;
  const code: RefusalCode = refusal.code;
  return [{ event: "refused", line, code, detail: detailOf(refusal), ...dataOf(refusal) }];
}

/** The lines of a body from one on, held to their schema. */
async function* numbered(body: ReadableStream<Uint8Array> | null, from: number): AsyncGenerator<NumberedLine[]> {
  for await (const lines of linesOf(unbroken(body)))
    yield lines
      .filter(({ line }) => line >= from)
      .map(({ line, bytes }) => {
        const says = bytes && readLine(bytes);
        if (says === undefined) return { line, errors: [{ pointer: "", detail: "is longer than 64 KiB" }] };
        return "errors" in says ? { line, errors: says.errors } : { line, says };
      });
}

function readLine(bytes: Uint8Array): ImportLine | { errors: LineError[] } {
  let json: unknown;
  try {
    json = parseLine(bytes);
  } catch {
    return { errors: [{ pointer: "", detail: "must be JSON in UTF-8" }] };
  }
  const parsed = ImportLine.safeParse(json);
  return parsed.success ? parsed.data : { errors: errorsOf(parsed.error, "json") };
}

async function* unbroken(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) for await (const chunk of body) yield chunk;
  } catch (error) {
    throw new BodyBroken("the sender went away", { cause: error });
  }
}

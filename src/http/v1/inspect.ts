/** `GET /v1/inspect/{object}`: the tuples of any object in the store, each with a sentence. For services. */
import { z } from "@hono/zod-openapi";
import { isService, needsService } from "../../domain/caller.ts";
import { idProblem, splitRef } from "../../domain/ids.ts";
import { inspect } from "../../queries/views/inspect.ts";
import { fault, refused } from "../problem.ts";
import { notFound, routesUnder, type V1App, type V1Deps } from "./route.ts";

const DescribedTuple = z
  .strictObject({
    tuple: z.strictObject({ user: z.string(), relation: z.string(), object: z.string() }),
    says: z.string(),
    expires_at: z.iso.datetime().optional(),
    expired: z.boolean().optional(),
    record: z.record(z.string(), z.unknown()).optional().describe("Of a head: the record that it carries."),
  })
  .openapi("DescribedTuple");

const define = routesUnder("Inspection");

const get = define.get("/inspect/{object}", "List the tuples of an object, each with a sentence (scope admin)", {
  answers: "service",
  refuses: ["not_found"],
  reply: z
    .strictObject({
      object: z.string(),
      as_object: z.array(DescribedTuple).describe("Tuples of which it is the object, without its history entries."),
      as_user: z.array(DescribedTuple).describe("Tuples of which it is the user."),
      cut: z
        .array(z.strictObject({ object: z.string(), relation: z.string().optional(), user: z.string().optional() }))
        .describe("Reads that found more than 100 tuples; the first 100 of each are shown."),
      history: z.string().nullable().describe("The path of its history."),
    })
    .openapi("Inspection"),
});

export const INSPECT_OPERATIONS = [get];

/** Types with a history, as their routes name them. */
const HISTORIES = new Map([
  ["cooperation", "cooperations"],
  ["organization", "organizations"],
]);

export function inspectRoutes(app: V1App, deps: V1Deps) {
  app.openapi(get, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to inspect the store"));
    const { object } = c.req.valid("param");
    const [type, id] = splitRef(object);
    const types = [...deps.engine.rewrites.keys()];
    const problem = types.includes(type) ? idProblem(id) : `must be <type>:<id>, of the types ${types.join(", ")}`;
    if (problem !== undefined)
      return fault(c, "invalid_request", { errors: [{ pointer: "param: object", detail: problem }] });
    const found = await inspect(deps.tupleStore, deps.engine.rewrites, object, deps.clock());
    if (found.as_object.length + found.as_user.length === 0) return notFound(c, object);
    const list = HISTORIES.get(type);
    const history = list === undefined ? null : `/v1/${list}/${encodeURIComponent(id)}/history`;
    return c.json({ object, ...found, history });
  });
}

/**
 * `/v1/cooperations/{id}/asks`: the partner asks for another role on a share or for a later date, and the initiator
 * answers. A yes does what was asked for, as the initiator's own request would.
 */
import { z } from "@hono/zod-openapi";
import { acceptAsk, ask, endAsk } from "../../actions/ask.ts";
import { ReasonInput } from "../../domain/commands.ts";
import { AskInput } from "../../domain/cooperation/asks.ts";
import { isRefusal } from "../../domain/result.ts";
import { SHARED_ROLES } from "../../domain/roles.ts";
import { askView, askViews } from "../../queries/views/asks.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import { refused } from "../problem.ts";
import { act, cooperationFor, dryRunOf } from "./act.ts";
import { DryRunQuery, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { ChangedCooperation, Effective, withMembers } from "./views.ts";

const define = routesUnder("Cooperations");
const path = "/cooperations/{id}/asks";

const Instant = z.iso.datetime();
export const AskView = z
  .strictObject({
    n: z.int().describe("Its number in the cooperation."),
    share: z.string().nullable().describe("null: it is about the cooperation's date."),
    resource: z.string().nullable(),
    name: z.string().nullable(),
    role: z.enum(SHARED_ROLES).nullable(),
    expires_at: Instant.nullable(),
    note: z.string(),
    by: z.string(),
    at: Instant,
    stale: z.boolean().describe("The role or the date that it was about is another one by now: a yes is refused."),
  })
  .openapi("Ask");

const MadeView = withMembers(AskView, Effective).openapi("MadeAsk");

const AGAINST_POLICY = ["date_against_policy", "role_against_policy", "partner_against_policy"] as const;
const ofSide = ["not_found", "not_admin", "suspended", "wrong_side", "wrong_status"] as const;

const list = define.get(path, "List what the partner asks for", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  reply: z.strictObject({ items: z.array(AskView) }),
});
const create = define.post(path, "Ask for another role on a share, or for a later date", {
  answers: "person",
  refuses: [...ofSide, "operator_never_crosses", "invalid_expiry", "nothing_to_ask", "too_many_asks"],
  body: AskInput,
  reply: MadeView,
  created: MadeView,
});
const accept = define.post(`${path}/{n}/accept`, "Do what the partner asks for", {
  answers: "person",
  refuses: [...ofSide, "ask_stale", "invalid_expiry", "invalid_date", ...AGAINST_POLICY],
  query: DryRunQuery,
  body: ReasonInput,
  bodyOptional: true,
  reply: ChangedCooperation,
});
const decline = define.post(`${path}/{n}/decline`, "Say no to what the partner asks for", {
  answers: "person",
  refuses: ofSide,
  body: ReasonInput,
  bodyOptional: true,
  reply: ChangedCooperation,
});
const withdraw = define.post(`${path}/{n}/withdraw`, "Take back what was asked for", {
  answers: "person",
  refuses: ofSide,
  body: ReasonInput,
  bodyOptional: true,
  reply: ChangedCooperation,
});

export const ASK_OPERATIONS = [list, create, accept, decline, withdraw];

export function askRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock } = deps;
  app.openapi(list, async (c) => {
    const found = await findCooperation(tupleStore, c.req.valid("param").id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    return c.json({ items: await askViews(tupleStore, found.cooperation, clock()) });
  });
  app.openapi(create, (c) =>
    act(c, deps, ask({ ...c.req.valid("json"), cooperation: c.req.valid("param").id }), {
      show: ({ ask: made }, reads) => askView(reads, made, false),
      creates: () => true,
    }),
  );
  app.openapi(accept, (c) => {
    const { id: cooperation, n } = c.req.valid("param");
    return act(c, deps, acceptAsk({ ...c.req.valid("json"), cooperation, n }), {
      show: cooperationFor(c, deps),
      impact: (value) => dryRunOf(c, deps, value),
    });
  });
  app.openapi(decline, (c) => {
    const { id: cooperation, n } = c.req.valid("param");
    return act(c, deps, endAsk({ ...c.req.valid("json"), cooperation, n }, "decline_ask"), {
      show: cooperationFor(c, deps),
    });
  });
  app.openapi(withdraw, (c) => {
    const { id: cooperation, n } = c.req.valid("param");
    return act(c, deps, endAsk({ ...c.req.valid("json"), cooperation, n }, "withdraw_ask"), {
      show: cooperationFor(c, deps),
    });
  });
}

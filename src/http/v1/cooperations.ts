/** `/v1/cooperations` and an organization's list of them: inviting, seeing, and the steps of the lifecycle. */

import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { changeDates, resend, takeStep } from "../../actions/cooperation.ts";
import { invite } from "../../actions/invite.ts";
import { mailState } from "../../actions/letters.ts";
import { perform } from "../../actions/run/perform.ts";
import { ChangeCooperationInput, InviteInput, PauseInput, ReasonInput } from "../../domain/commands.ts";
import type { LifecycleStep } from "../../domain/cooperation/decide-cooperation.ts";
import type { Cooperation } from "../../domain/records.ts";
import type { RefusalCode } from "../../domain/refusal.ts";
import { isRefusal } from "../../domain/result.ts";
import { cooperationDetails } from "../../queries/views/cooperations.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import type { Env } from "../env.ts";
import { refused } from "../problem.ts";
import { act, cooperationFor, dryRunOf } from "./act.ts";
import { callOf, DeleteQuery, DryRunQuery, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { ChangedCooperation, CooperationView, MailedCooperation, Named } from "./views.ts";

const define = routesUnder("Cooperations");
const path = "/cooperations/{id}";
/** Why somebody may not act for the side that the action is of, or not now. */
const ofSide = ["not_found", "not_admin", "suspended", "wrong_side", "wrong_status"] as const;

const Confirm = z.strictObject({
  outcome: z.literal("confirm"),
  organizations: z.array(Named),
});
const create = define.post("/organizations/{org}/cooperations", "Invite a partner", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "own_organization",
    "already_invited",
    "confirmation_stale",
    "operator_never_crosses",
    "not_owner",
    "invalid_expiry",
    "invalid_date",
    "date_against_policy",
    "role_against_policy",
    "partner_against_policy",
    "cool_down",
    "too_many_invitations",
  ],
  query: DryRunQuery,
  body: InviteInput,
  reply: Confirm,
  created: MailedCooperation,
});
const get = define.get(path, "Get a cooperation", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended"],
  reply: CooperationView,
});
const patch = define.patch(path, "Set or clear a cooperation's dates", {
  answers: "person",
  refuses: [...ofSide, "invalid_expiry", "invalid_date", "date_against_policy", "partner_against_policy"],
  query: DryRunQuery,
  body: ChangeCooperationInput,
  reply: ChangedCooperation,
});
const remove = define.delete(path, "Remove a cooperation", {
  answers: "person",
  refuses: ofSide,
  query: DeleteQuery,
  reply: ChangedCooperation,
});
const STEPS = {
  accept: "Accept a pending cooperation",
  decline: "Decline a pending cooperation",
  pause: "Pause a cooperation",
  resume: "Resume a paused cooperation",
  leave: "Leave a cooperation as its partner",
} as const satisfies Partial<Record<LifecycleStep, string>>;

/** What else they refuse. */
const MORE: { [S in keyof typeof STEPS]?: readonly RefusalCode[] } = {
  accept: ["cooperation_expired", "partner_against_policy", "date_against_policy"],
  pause: ["invalid_date"],
};

const stepOf = (step: keyof typeof STEPS) =>
  define.post(`${path}/${step}`, STEPS[step], {
    answers: "person",
    refuses: [...ofSide, ...(MORE[step] ?? [])],
    bodyOptional: true,
    conditional: true,
    query: DryRunQuery,
    body: step === "pause" ? PauseInput : ReasonInput,
    reply: ChangedCooperation,
  });
const steps = (Object.keys(STEPS) as (keyof typeof STEPS)[]).map((step) => ({ step, operation: stepOf(step) }));
const again = define.post(`${path}/resend`, "Resend the invitation or the notice", {
  answers: "person",
  refuses: [...ofSide, "cool_down", "partner_against_policy"],
  query: DryRunQuery,
  body: ReasonInput,
  bodyOptional: true,
  conditional: true,
  reply: MailedCooperation,
});

export const COOPERATION_OPERATIONS = [create, get, patch, remove, ...steps.map(({ operation }) => operation), again];

export function cooperationRoutes(app: V1App, deps: V1Deps) {
  /** The cooperation as it then is, or what that would mean. */
  const replying = (c: Context<Env>) => ({
    impact: (value: { cooperation: Cooperation }) => dryRunOf(c, deps, value),
    show: cooperationFor(c, deps),
  });
  app.openapi(create, async (c) => {
    const { show, impact } = replying(c);
    const action = invite({ ...c.req.valid("json"), initiator: c.req.valid("param").org });
    const receipt = await perform(deps, callOf(c), action, async (value, reads) =>
      "confirm" in value ? {} : show(value, reads),
    );
    if (isRefusal(receipt)) return refused(c, receipt);
    const { outcome, value, effective_by } = receipt;
    if ("confirm" in value) return c.json({ outcome: "confirm", organizations: value.confirm });
    if (outcome === "dry_run") return impact(value);
    c.header("Location", `/v1/cooperations/${value.cooperation.id}`);
    return stated(c, { ...(await receipt.shown), mail: await mailState(deps, receipt) }, effective_by, 201);
  });
  app.openapi(get, async (c) => {
    const found = await findCooperation(deps.tupleStore, c.req.valid("param").id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const { cooperation, n, reader } = found;
    return stated(c, await cooperationDetails(deps.tupleStore, cooperation, n, reader, deps.clock()));
  });
  app.openapi(patch, (c) => {
    const action = changeDates({ ...c.req.valid("json"), cooperation: c.req.valid("param").id });
    return act(c, deps, action, replying(c));
  });
  app.openapi(remove, (c) => {
    const { reason } = c.req.valid("query");
    return act(c, deps, takeStep({ cooperation: c.req.valid("param").id, step: "remove", reason }), replying(c));
  });
  for (const { step, operation } of steps)
    app.openapi(operation, (c) => {
      const action = takeStep({ ...c.req.valid("json"), cooperation: c.req.valid("param").id, step });
      return act(c, deps, action, replying(c));
    });
  app.openapi(again, (c) => {
    const action = resend({ ...c.req.valid("json"), cooperation: c.req.valid("param").id });
    return act(c, deps, action, {
      ...replying(c),
      members: async (receipt) => ({ mail: await mailState(deps, receipt) }),
    });
  });
}

/** `/v1/cooperations` and an organization's list of them: inviting, seeing, and the steps of the lifecycle. */

import { z } from "@hono/zod-openapi";
import { changeExpiry, type LifecycleStep, resend, takeStep } from "../../actions/cooperation.ts";
import { invite } from "../../actions/invite.ts";
import { ChangeCooperationInput, InviteInput, ReasonInput } from "../../domain/commands.ts";
import { isRefusal } from "../../domain/result.ts";
import { cooperationDetails } from "../../queries/views/cooperations.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import { refused } from "../problem.ts";
import { answerChange } from "./answer-change.ts";
import { callOf, DeleteQuery, DryRunQuery, organizationParam, route, ulidParam, type V1Deps, v1 } from "./route.ts";
import { ChangedCooperation, CooperationView, DryRunView, MailedCooperation } from "./views.ts";

const tag = "Cooperations";
const path = "/cooperations/{id}";
/** Why somebody may not act for the side that the action is of, or not now. */
const ofSide = ["not_found", "not_admin", "wrong_side", "wrong_status"] as const;
const changed = z.union([ChangedCooperation, DryRunView]);

const Confirm = z.strictObject({
  outcome: z.literal("confirm"),
  organizations: z.array(z.strictObject({ id: z.string(), name: z.string() })),
});
const create = route({
  method: "post",
  path: "/organizations/{org}/cooperations",
  tag,
  summary: "Invite a partner",
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "own_organization",
    "already_invited",
    "confirmation_stale",
    "operator_never_crosses",
    "not_owner",
    "invalid_expiry",
    "cool_down",
    "too_many_invitations",
  ],
  params: organizationParam,
  query: DryRunQuery,
  body: InviteInput,
  creates: true,
  reply: z.union([MailedCooperation, Confirm, DryRunView]),
});
const get = route({
  method: "get",
  path,
  tag,
  summary: "A cooperation, for the admins of either side",
  answers: "either",
  refuses: ["not_found", "not_admin"],
  params: ulidParam,
  reply: CooperationView,
});
const patch = route({
  method: "patch",
  path,
  tag,
  summary: "Set the expiry of the whole cooperation, or clear it with null",
  answers: "person",
  refuses: [...ofSide, "invalid_expiry"],
  params: ulidParam,
  query: DryRunQuery,
  body: ChangeCooperationInput,
  reply: changed,
});
const remove = route({
  method: "delete",
  path,
  tag,
  summary: "Remove the cooperation: the partner loses everything at once",
  answers: "person",
  refuses: ofSide,
  params: ulidParam,
  query: DeleteQuery,
  reply: changed,
});
const STEPS = {
  accept: "Accept: from pending to active",
  decline: "Decline what was proposed",
  pause: "Block all access through it",
  resume: "Let access through again",
  leave: "Leave, as the partner",
} as const satisfies Partial<Record<LifecycleStep, string>>;

const stepOf = (step: keyof typeof STEPS) =>
  route({
    method: "post",
    path: `${path}/${step}`,
    tag,
    summary: STEPS[step],
    answers: "person",
    refuses: step === "accept" ? [...ofSide, "cooperation_expired"] : ofSide,
    bodyOptional: true,
    conditional: true,
    params: ulidParam,
    query: DryRunQuery,
    body: ReasonInput,
    reply: changed,
  });
const steps = (Object.keys(STEPS) as (keyof typeof STEPS)[]).map((step) => ({ step, operation: stepOf(step) }));
const again = route({
  method: "post",
  path: `${path}/resend`,
  tag,
  summary: "Send the invitation or the notice again",
  answers: "person",
  refuses: [...ofSide, "cool_down"],
  params: ulidParam,
  query: DryRunQuery,
  body: ReasonInput,
  bodyOptional: true,
  conditional: true,
  reply: z.union([MailedCooperation, DryRunView]),
});

export const COOPERATION_OPERATIONS = [create, get, patch, remove, ...steps.map(({ operation }) => operation), again];

export function cooperationRoutes(deps: V1Deps) {
  const app = v1();
  app.openapi(create, async (c) => {
    const { org } = c.req.valid("param");
    const { dry_run } = c.req.valid("query");
    const receipt = await invite(deps, callOf(c, dry_run), org, c.req.valid("json"));
    if (isRefusal(receipt)) return refused(c, receipt);
    if (receipt.outcome === "confirm") return c.json(receipt);
    if (receipt.outcome !== "dry_run") c.header("Location", `/v1/cooperations/${receipt.value.cooperation.id}`);
    return answerChange(c, deps, receipt, { mail: receipt.mail }, 201);
  });
  app.openapi(get, async (c) => {
    const found = await findCooperation(deps.tupleStore, c.req.valid("param").id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    c.header("ETag", `"${found.n}"`);
    const { cooperation, n, reader } = found;
    return c.json(await cooperationDetails(deps.tupleStore, cooperation, n, reader, deps.clock()));
  });
  app.openapi(patch, async (c) => {
    const { dry_run } = c.req.valid("query");
    const receipt = await changeExpiry(deps, callOf(c, dry_run), c.req.valid("param").id, c.req.valid("json"));
    return answerChange(c, deps, receipt);
  });
  app.openapi(remove, async (c) => {
    const { dry_run, reason } = c.req.valid("query");
    const receipt = await takeStep(deps, callOf(c, dry_run), c.req.valid("param").id, "remove", { reason });
    return answerChange(c, deps, receipt);
  });
  for (const { step, operation } of steps)
    app.openapi(operation, async (c) => {
      const { dry_run } = c.req.valid("query");
      const receipt = await takeStep(deps, callOf(c, dry_run), c.req.valid("param").id, step, c.req.valid("json"));
      return answerChange(c, deps, receipt);
    });
  app.openapi(again, async (c) => {
    const { dry_run } = c.req.valid("query");
    const receipt = await resend(deps, callOf(c, dry_run), c.req.valid("param").id, c.req.valid("json"));
    return isRefusal(receipt) ? refused(c, receipt) : answerChange(c, deps, receipt, { mail: receipt.mail });
  });
  return app;
}

/** `/v1/invitations`: what an invitation's token offers, and joining by it. */

import { z } from "@hono/zod-openapi";
import { join } from "../../actions/cooperation.ts";
import { previewInvitation } from "../../actions/preview.ts";
import { JoinInput, PreviewInput } from "../../domain/commands.ts";
import { isRefusal } from "../../domain/result.ts";
import { SHARED_ROLES } from "../../domain/roles.ts";
import { requirePerson } from "../caller.ts";
import { refused } from "../problem.ts";
import { act, cooperationFor, dryRunOf } from "./act.ts";
import { DryRunQuery, route, type V1Deps, v1 } from "./route.ts";
import { ChangedCooperation } from "./views.ts";

const tag = "Invitations";

const preview = route({
  method: "post",
  path: "/invitations/preview",
  tag,
  summary: "Preview an invitation by its token (no acting user)",
  answers: "anyone",
  refuses: ["invalid_invitation", "invitation_expired"],
  body: PreviewInput,
  reply: z.strictObject({
    initiator: z.strictObject({ id: z.string(), name: z.string() }),
    status: z.string(),
    expires_at: z.string().nullable(),
    shares: z.array(
      z.strictObject({
        resource: z.string(),
        name: z.string().nullable(),
        role: z.enum(SHARED_ROLES),
        expires_at: z.string().nullable(),
      }),
    ),
  }),
});
const joining = route({
  method: "post",
  path: "/invitations/join",
  tag,
  summary: "Join a cooperation with an invitation token",
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "wrong_status",
    "cooperation_expired",
    "own_organization",
    "invalid_invitation",
    "invitation_expired",
  ],
  query: DryRunQuery,
  body: JoinInput,
  reply: ChangedCooperation,
});

export const INVITATION_OPERATIONS = [preview, joining];

export function invitationRoutes(deps: V1Deps) {
  const app = v1();
  app.use("/invitations/join", requirePerson);
  app.openapi(preview, async (c) => {
    const found = await previewInvitation(deps, c.req.valid("json").token);
    return isRefusal(found) ? refused(c, found) : c.json(found);
  });
  app.openapi(joining, (c) =>
    act(c, deps, join(c.req.valid("json")), {
      dryRun: c.req.valid("query").dry_run,
      impact: (value) => dryRunOf(c, deps, value),
      show: cooperationFor(c, deps),
    }),
  );
  return app;
}

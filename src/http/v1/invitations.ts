/** `/v1/invitations`: what an invitation's token offers, and joining by it. */

import { z } from "@hono/zod-openapi";
import { join } from "../../actions/cooperation.ts";
import { previewInvitation } from "../../actions/preview.ts";
import { JoinInput, PreviewInput } from "../../domain/commands.ts";
import { isRefusal } from "../../domain/result.ts";
import { refused } from "../problem.ts";
import { act, cooperationFor, dryRunOf } from "./act.ts";
import { DryRunQuery, routesUnder, type V1App, type V1Deps } from "./route.ts";
import { ChangedCooperation, Named, SharedView } from "./views.ts";

const define = routesUnder("Invitations");

const preview = define.post("/invitations/preview", "Preview an invitation by its token (no acting user)", {
  answers: "anyone",
  refuses: ["invalid_invitation", "invitation_expired"],
  body: PreviewInput,
  reply: z.strictObject({
    initiator: Named,
    status: z.string(),
    starts_at: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
    review_by: z.iso.datetime().nullable(),
    shares: z.array(SharedView),
  }),
});
const joining = define.post("/invitations/join", "Join a cooperation with an invitation token", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "wrong_status",
    "cooperation_expired",
    "own_organization",
    "partner_against_policy",
    "date_against_policy",
    "invalid_invitation",
    "invitation_expired",
  ],
  query: DryRunQuery,
  body: JoinInput,
  reply: ChangedCooperation,
});

export const INVITATION_OPERATIONS = [preview, joining];

export function invitationRoutes(app: V1App, deps: V1Deps) {
  app.openapi(preview, async (c) => {
    const found = await previewInvitation(deps, c.req.valid("json").token);
    return isRefusal(found) ? refused(c, found) : c.json(found);
  });
  app.openapi(joining, (c) =>
    act(c, deps, join(c.req.valid("json")), {
      impact: (value) => dryRunOf(c, deps, value),
      show: cooperationFor(c, deps),
    }),
  );
}

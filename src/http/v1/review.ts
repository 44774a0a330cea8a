/** `/v1/cooperations/{id}/review`: what an admin of the initiator looks at before they confirm a cooperation, and the confirmation. */
import { z } from "@hono/zod-openapi";
import { review } from "../../actions/cooperation.ts";
import { isService } from "../../domain/caller.ts";
import { ReviewInput } from "../../domain/commands.ts";
import { refuseUnlessSide } from "../../domain/membership.ts";
import { STATUSES } from "../../domain/records.ts";
import { keyOfRight } from "../../domain/register/rights.ts";
import { isRefusal } from "../../domain/result.ts";
import { CHANGES_SHOWN_MAX, reviewOf } from "../../queries/register/review.ts";
import { findCooperation } from "../../queries/views/reader.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act, cooperationFor, dryRunOf } from "./act.ts";
import { EntryView } from "./history.ts";
import { RightView } from "./register.ts";
import { rightViews } from "./register-forms.ts";
import { DryRunQuery, listed, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { ChangedCooperation, Etag, listOf } from "./views.ts";

const define = routesUnder("Cooperations");
const path = "/cooperations/{id}/review";

const Instant = z.iso.datetime();
const ReviewView = z
  .strictObject({
    cooperation: z.string(),
    status: z.enum(STATUSES),
    review_by: Instant.nullable(),
    ends_at: Instant.nullable().describe("The earlier of `expires_at` and `review_by`."),
    missed: z.boolean().describe("Whether it has ended because nobody reviewed it."),
    last_review: z
      .strictObject({
        at: Instant,
        by: z.string(),
        note: z.string().nullable().describe("Only for the initiator's admins."),
      })
      .nullable(),
    access: listOf(RightView).describe("Who has access through it now."),
    changes: z
      .strictObject({
        items: z.array(EntryView),
        complete: z.boolean().describe(`Whether those are all; at most ${CHANGES_SHOWN_MAX} are shown.`),
      })
      .describe("What happened since the last review, newest first."),
    etag: Etag,
  })
  .openapi("Review");

const get = define.get(path, "See what a review is about: who has access, and what changed since the last", {
  answers: "either",
  refuses: ["not_found", "not_admin", "suspended", "wrong_side", "audit_unavailable"],
  query: PageQuery,
  reply: ReviewView,
});
const post = define.post(path, "Review a cooperation: confirm it, and set the day of the next review", {
  answers: "person",
  refuses: [
    "not_found",
    "not_admin",
    "suspended",
    "wrong_side",
    "wrong_status",
    "cooperation_expired",
    "invalid_date",
    "date_against_policy",
    "partner_against_policy",
  ],
  query: DryRunQuery,
  body: ReviewInput,
  conditional: true,
  reply: ChangedCooperation,
});

export const REVIEW_OPERATIONS = [get, post];

export function reviewRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore, clock, register, accessLogReader } = deps;
  app.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    const found = await findCooperation(tupleStore, id, c.var.caller);
    if (isRefusal(found)) return refused(c, found);
    const { cooperation, n, reader } = found;
    const refusal = isService(c.var.caller)
      ? undefined
      : refuseUnlessSide(reader.memberships, "initiator", cooperation, "cooperation");
    if (refusal) return refused(c, refusal);
    const now = clock();
    const side = reader.service ? undefined : "initiator";
    const [review, rights] = await Promise.all([
      reviewOf(tupleStore, cooperation, side, now),
      register.ofCooperation(cooperation, side, { instant: undefined, now }),
    ]);
    const views = await rightViews(rights, accessLogReader);
    const byKey = new Map(rights.map((right, index) => [keyOfRight(right), views[index]]));
    const access = await pageOf([...byKey.keys()], ["review", id], c.req.valid("query"), async (key) => byKey.get(key));
    if (access === undefined) return listed(c, undefined);
    return stated(c, { ...review, access, etag: `"${n}"` });
  });
  app.openapi(post, (c) => {
    const action = review({ ...c.req.valid("json"), cooperation: c.req.valid("param").id });
    return act(c, deps, action, {
      impact: (value) => dryRunOf(c, deps, value),
      show: cooperationFor(c, deps),
    });
  });
}

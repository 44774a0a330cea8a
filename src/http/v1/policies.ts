/**
 * `/v1/organizations/{org}/policy`: what the organization's admins may set in its cooperations, and what was set before
 * and would not be allowed now.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { setPolicy } from "../../actions/policy.ts";
import { isService } from "../../domain/caller.ts";
import { idOfType, type OrganizationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { BOUNDED_THINGS, PolicyInput, policyIn } from "../../domain/policy.ts";
import { isSide } from "../../domain/records.ts";
import type { PolicySet } from "../../domain/registry/decide-policy.ts";
import { SIDES } from "../../domain/relations.ts";
import { SHARED_ROLES } from "../../domain/roles.ts";
import { violationsIn } from "../../queries/views/policy-violations.ts";
import { actingIn } from "../../store/acting.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { policyHead, policyOf } from "../../store/policies.ts";
import { cooperationHead, organizationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { PageQuery, pageOfTuples } from "../page.ts";
import { refused } from "../problem.ts";
import { detailOf } from "../refusal-detail.ts";
import { act } from "./act.ts";
import { listed, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag, listOf, withMembers } from "./views.ts";

const define = routesUnder("Organizations");
const path = "/organizations/{org}/policy";
const READS = ["not_found", "not_admin", "suspended"] as const;

const Max = z.int().nullable();
const PolicyView = z
  .strictObject({
    cooperation_days_max: Max,
    share_days_max: Max,
    delegation_days_max: Max,
    review_months_max: Max,
    dates_required: z.array(z.enum(BOUNDED_THINGS)),
    highest_role: z.enum(SHARED_ROLES).nullable(),
    partners_allowed: z.array(z.string()),
    partners_denied: z.array(z.string()),
    etag: Etag.nullable().describe("The policy's own; null where none was ever set."),
  })
  .openapi("Policy");

const VIOLATION_CODES = ["date_against_policy", "role_against_policy", "partner_against_policy"] as const;
const ViolationsView = z
  .strictObject({
    cooperation: z.string(),
    side: z.enum(SIDES).describe("The organization's."),
    violations: z.array(
      z.strictObject({
        code: z.enum(VIOLATION_CODES).describe("What the same would be refused with now."),
        detail: z.string(),
        share: z.string().nullable(),
        resource: z.string().nullable(),
        user: z.string().nullable().describe("To whom it is delegated."),
      }),
    ),
    complete: z.boolean().describe("false: the first hundred are shown."),
  })
  .openapi("PolicyViolations");

/** Of each cooperation all shares are looked at: a page has few. */
const COOPERATIONS_MAX = 20;
const ViolationsQuery = PageQuery.extend({
  limit: z.coerce.number().int().min(1).max(COOPERATIONS_MAX).default(COOPERATIONS_MAX),
});

const get = define.get(path, "Get an organization's policy", {
  answers: "either",
  refuses: READS,
  reply: PolicyView,
});
const put = define.put(path, "Set an organization's policy", {
  answers: "either",
  refuses: READS,
  body: PolicyInput,
  reply: withMembers(PolicyView, Effective),
  created: null,
});
const violations = define.get(`${path}/violations`, "List what a policy would not allow now", {
  answers: "either",
  refuses: READS,
  query: ViolationsQuery,
  reply: listOf(ViolationsView),
});

export const POLICY_OPERATIONS = [get, put, violations];

function viewOf({ policy, n }: PolicySet): z.infer<typeof PolicyView> {
  const { dates_required, partners_allowed, partners_denied } = policy;
  return {
    cooperation_days_max: policy.cooperation_days_max ?? null,
    share_days_max: policy.share_days_max ?? null,
    delegation_days_max: policy.delegation_days_max ?? null,
    review_months_max: policy.review_months_max ?? null,
    dates_required,
    highest_role: policy.highest_role ?? null,
    partners_allowed,
    partners_denied,
    etag: n === 0 ? null : `"${n}"`,
  };
}

export function policyRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore } = deps;

  /** Why the caller may not see an organization's policy: its admins and services do. */
  async function refuseReader({ var: { caller } }: Context<Env>, organization: OrganizationId) {
    if (isService(caller)) return undefined;
    return refuseUnlessAdmin(organization, await actingIn(tupleStore, organization, caller));
  }

  app.openapi(get, async (c) => {
    const { org } = c.req.valid("param");
    const [refusal, head] = await Promise.all([refuseReader(c, org), policyHead(tupleStore, org)]);
    return refusal ? refused(c, refusal) : stated(c, viewOf({ policy: policyIn(head), n: head.n }));
  });
  app.openapi(put, (c) => {
    const { org: organization } = c.req.valid("param");
    return act(c, deps, setPolicy({ organization, policy: c.req.valid("json") }), { show: async (set) => viewOf(set) });
  });
  app.openapi(violations, async (c) => {
    const reads = memoizedReads(tupleStore);
    const { org } = c.req.valid("param");
    const [refusal, policy, { value: organization }] = await Promise.all([
      refuseReader(c, org),
      policyOf(reads, org),
      organizationHead(reads, org),
    ]);
    if (refusal) return refused(c, refusal);
    const filters = SIDES.map((side) => ({ object: "cooperation:", relation: side, user: `organization:${org}` }));
    const page = await pageOfTuples(deps, filters, ["policy-violations", org], c.req.valid("query"), async (tuple) => {
      const { value } = await cooperationHead(reads, idOfType("cooperation", tuple.object));
      const side = SIDES.find((one) => one === tuple.relation);
      // ended ones that older versions left in the list of the living, and sides of who had the id before
      if (value === undefined || value.status === "ended" || side === undefined) return undefined;
      if (!isSide(value, side, organization)) return undefined;
      const found = await violationsIn(reads, policy, value, side, deps.clock());
      if (found.violations.length === 0) return undefined;
      const rows = found.violations.map(({ refusal: unwanted, share, resource, user }) => ({
        code: unwanted.code,
        detail: detailOf(unwanted),
        share: share ?? null,
        resource: resource ?? null,
        user: user ?? null,
      }));
      return { cooperation: value.id, side, violations: rows, complete: found.complete };
    });
    return listed(c, page);
  });
}

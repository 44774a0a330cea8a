/** All of `/v1`, and what holds for many routes at once. */
import { createMiddleware } from "hono/factory";
import { isService } from "../../domain/caller.ts";
import { OrganizationId } from "../../domain/ids.ts";
import { createDirectory } from "../../queries/directory.ts";
import { createRegister } from "../../queries/register/register.ts";
import { organizationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import type { Operation } from "../operation.ts";
import { ACCESS_LOG_OPERATIONS, accessLogRoutes } from "./access-log.ts";
import { ASK_OPERATIONS, askRoutes } from "./asks.ts";
import { BATCH_OPERATIONS, batchRoutes, createBatches } from "./batches.ts";
import { withinKey } from "./bounds.ts";
import { COOPERATION_LIST_OPERATIONS, cooperationListRoutes } from "./cooperation-list.ts";
import { COOPERATION_OPERATIONS, cooperationRoutes } from "./cooperations.ts";
import { DELEGATION_OPERATIONS, delegationRoutes } from "./delegations.ts";
import { DOCTOR_OPERATIONS, doctorRoutes } from "./doctor.ts";
import { EVENT_OPERATIONS, eventRoutes } from "./events.ts";
import { EXPLAIN_OPERATIONS, explainRoutes } from "./explain.ts";
import { EXPORT_OPERATIONS, exportRoutes } from "./export.ts";
import { HISTORY_OPERATIONS, historyRoutes } from "./history.ts";
import { HOLDER_OPERATIONS, holderRoutes } from "./holders.ts";
import { IMPORT_OPERATIONS, importRoutes } from "./import/import.ts";
import { INSPECT_OPERATIONS, inspectRoutes } from "./inspect.ts";
import { INVITATION_OPERATIONS, invitationRoutes } from "./invitations.ts";
import { JOB_ROLE_OPERATIONS, jobRoleRoutes } from "./job-roles.ts";
import { NOTIFICATION_OPERATIONS, notificationRoutes } from "./notifications.ts";
import { ORGANIZATION_OPERATIONS, organizationRoutes } from "./organizations.ts";
import { PEOPLE_OPERATIONS, peopleRoutes } from "./people.ts";
import { POLICY_OPERATIONS, policyRoutes } from "./policies.ts";
import { PRESET_OPERATIONS, presetRoutes } from "./presets.ts";
import { REGISTER_OPERATIONS, registerRoutes } from "./register.ts";
import { RESOURCE_OPERATIONS, resourceRoutes } from "./resources.ts";
import { REVIEW_OPERATIONS, reviewRoutes } from "./review.ts";
import { notFound, type V1App, type V1Deps, v1 } from "./route.ts";
import { SHARE_OPERATIONS, shareRoutes } from "./shares.ts";
import { SUSPENSION_OPERATIONS, suspensionRoutes } from "./suspensions.ts";
import { WAITING_OPERATIONS, waitingRoutes } from "./waiting.ts";
import { WEBHOOK_OPERATIONS, webhookRoutes } from "./webhooks.ts";

/** What `/v1` has, in the order in which a reader of the document meets it: operations as data, and what adds them to an app. */
const PARTS: [operations: Operation[], add: (app: V1App, deps: V1Deps) => void][] = [
  [ORGANIZATION_OPERATIONS, organizationRoutes],
  [POLICY_OPERATIONS, policyRoutes],
  [PEOPLE_OPERATIONS, peopleRoutes],
  [SUSPENSION_OPERATIONS, suspensionRoutes],
  [NOTIFICATION_OPERATIONS, notificationRoutes],
  [RESOURCE_OPERATIONS, resourceRoutes],
  [JOB_ROLE_OPERATIONS, jobRoleRoutes],
  [COOPERATION_OPERATIONS, cooperationRoutes],
  [COOPERATION_LIST_OPERATIONS, cooperationListRoutes],
  [WAITING_OPERATIONS, waitingRoutes],
  [HOLDER_OPERATIONS, holderRoutes],
  [ASK_OPERATIONS, askRoutes],
  [INVITATION_OPERATIONS, invitationRoutes],
  [SHARE_OPERATIONS, shareRoutes],
  [DELEGATION_OPERATIONS, delegationRoutes],
  [REVIEW_OPERATIONS, reviewRoutes],
  [REGISTER_OPERATIONS, registerRoutes],
  [ACCESS_LOG_OPERATIONS, accessLogRoutes],
  [[...BATCH_OPERATIONS, ...PRESET_OPERATIONS], manyRoutes],
  [HISTORY_OPERATIONS, historyRoutes],
  [EVENT_OPERATIONS, eventRoutes],
  [WEBHOOK_OPERATIONS, webhookRoutes],
  [DOCTOR_OPERATIONS, doctorRoutes],
  [INSPECT_OPERATIONS, inspectRoutes],
  [EXPLAIN_OPERATIONS, explainRoutes],
  [IMPORT_OPERATIONS, importRoutes],
  [EXPORT_OPERATIONS, exportRoutes],
];

export const V1_OPERATIONS = PARTS.flatMap(([operations]) => operations);

/** Batches and presets, whose batches take turns with the others. */
function manyRoutes(app: V1App, deps: V1Deps) {
  const batches = createBatches(deps);
  batchRoutes(app, batches);
  presetRoutes(app, deps, batches);
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** What cannot be the id of a cooperation or share is not found, and the store is not asked for it. */
const foundByUlid = (what: string) =>
  createMiddleware<Env>(async (c, next) => (ULID.test(c.req.param("id") ?? "") ? next() : notFound(c, what)));

/** What an organization lists. Its history stays when it is deleted, and is not among them. */
const LISTS = [
  ...["people", "resources", "cooperations", "incoming-shares", "webhooks", "presets", "waiting"],
  ...["policy", "policy/violations"],
].map((list) => `/organizations/:org/${list}`);

const isRead = (method: string) => method === "GET" || method === "HEAD";

/** A service sees every organization there is; one that is not there has no lists, not even empty ones. */
const ofOrganization = (deps: V1Deps) =>
  createMiddleware<Env>(async (c, next) => {
    const { data: org } = OrganizationId.safeParse(c.req.param("org"));
    if (!isRead(c.req.method) || !isService(c.var.caller) || org === undefined) return next();
    const { value } = await organizationHead(deps.tupleStore, org);
    return value === undefined || value.deleted_at !== undefined ? notFound(c, "organization") : next();
  });

/** The routes without authentication: the app has authenticated the caller before. */
export function v1Routes(parts: Omit<V1Deps, "directory" | "register">) {
  const deps = { ...parts, directory: createDirectory(parts), register: createRegister(parts) };
  const app = v1();
  app.use(withinKey(deps));
  app.use("/cooperations/:id/*", foundByUlid("cooperation"));
  app.use("/shares/:id/*", foundByUlid("share"));
  for (const path of LISTS) app.use(path, ofOrganization(deps));
  for (const [, add] of PARTS) add(app, deps);
  return app;
}

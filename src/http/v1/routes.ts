/** All of `/v1`, and what holds for many routes at once. */
import { createMiddleware } from "hono/factory";
import { isService } from "../../domain/caller.ts";
import { idProblem } from "../../domain/ids.ts";
import { organizationHead } from "../../store/snapshot.ts";
import type { Env } from "../env.ts";
import { withinKey } from "./bounds.ts";
import { cooperationListRoutes } from "./cooperation-list.ts";
import { cooperationRoutes } from "./cooperations.ts";
import { delegationRoutes } from "./delegations.ts";
import { doctorRoutes } from "./doctor.ts";
import { explainRoutes } from "./explain.ts";
import { exportRoutes } from "./export.ts";
import { historyRoutes } from "./history.ts";
import { importRoutes } from "./import/import.ts";
import { inspectRoutes } from "./inspect.ts";
import { invitationRoutes } from "./invitations.ts";
import { jobRoleRoutes } from "./job-roles.ts";
import { organizationRoutes } from "./organizations.ts";
import { peopleRoutes } from "./people.ts";
import { resourceRoutes } from "./resources.ts";
import { notFound, type V1Deps, v1 } from "./route.ts";
import { shareRoutes } from "./shares.ts";

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** What cannot be the id of a cooperation or share is not found, and the store is not asked for it. */
const foundByUlid = (what: string) =>
  createMiddleware<Env>(async (c, next) => (ULID.test(c.req.param("id") ?? "") ? next() : notFound(c, what)));

/** What an organization lists. Its history stays when it is deleted, and is not among them. */
const LISTS = ["people", "resources", "cooperations", "incoming-shares"].map((list) => `/organizations/:org/${list}`);

const isRead = (method: string) => method === "GET" || method === "HEAD";

/** A service sees every organization there is; one that is not there has no lists, not even empty ones. */
const ofOrganization = (deps: V1Deps) =>
  createMiddleware<Env>(async (c, next) => {
    const org = c.req.param("org") ?? "";
    if (!isRead(c.req.method) || !isService(c.var.caller) || idProblem(org) !== undefined) return next();
    const { value } = await organizationHead(deps.tupleStore, org);
    return value === undefined || value.deleted_at !== undefined ? notFound(c, "organization") : next();
  });

/** The routes without authentication: the app has authenticated the caller before. */
export function v1Routes(deps: V1Deps) {
  const app = v1();
  app.use(withinKey(deps));
  app.use("/cooperations/:id/*", foundByUlid("cooperation"));
  app.use("/shares/:id/*", foundByUlid("share"));
  for (const path of LISTS) app.use(path, ofOrganization(deps));
  for (const addRoutes of [
    organizationRoutes,
    peopleRoutes,
    resourceRoutes,
    jobRoleRoutes,
    cooperationRoutes,
    cooperationListRoutes,
    invitationRoutes,
    shareRoutes,
    delegationRoutes,
    historyRoutes,
    doctorRoutes,
    inspectRoutes,
    explainRoutes,
    importRoutes,
    exportRoutes,
  ])
    addRoutes(app, deps);
  return app;
}

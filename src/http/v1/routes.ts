/** All of `/v1`. */
import { cooperationListRoutes } from "./cooperation-list.ts";
import { cooperationRoutes } from "./cooperations.ts";
import { delegationRoutes } from "./delegations.ts";
import { historyRoutes } from "./history.ts";
import { invitationRoutes } from "./invitations.ts";
import { jobRoleRoutes } from "./job-roles.ts";
import { organizationRoutes } from "./organizations.ts";
import { peopleRoutes } from "./people.ts";
import { resourceRoutes } from "./resources.ts";
import { type V1Deps, v1 } from "./route.ts";
import { shareRoutes } from "./shares.ts";

/** The routes without authentication: the app around them has settled who calls. */
export function v1Routes(deps: V1Deps) {
  const app = v1();
  for (const routes of [
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
  ])
    app.route("/", routes(deps));
  return app;
}

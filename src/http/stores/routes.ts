/**
 * `/stores/…`: OpenFGA's own HTTP API on the one store, for its CLI, its SDKs and other clients of it. The app that
 * mounts it sets request ids, bounds bodies and answers exceptions.
 */
import { Hono } from "hono";
import type { ActionDeps } from "../../actions/run/action.ts";
import type { Callers } from "../caller.ts";
import type { Env } from "../env.ts";
import { limitRequests, type RateLimiting } from "../rate-limit.ts";
import { authenticateService } from "./caller.ts";
import { checkRoutes } from "./checks.ts";
import { openFgaError } from "./error.ts";
import { listRoutes } from "./lists.ts";
import type { StoresDeps } from "./pass.ts";
import { storeRoutes } from "./stores.ts";
import { tupleRoutes } from "./tuples.ts";
import { writeRoutes } from "./write.ts";

/**
 * What else OpenFGA's API has: answered by name with 501, and with what to use instead. The SDKs do not try a 501 again.
 * Method, path, OpenFGA's name for it, and what to use.
 */
export const NOT_OFFERED = [
  [
    "post",
    "/stores",
    "CreateStore",
    "Concordat keeps one store, named by OPENFGA_STORE, and creates it when it starts.",
  ],
  ["patch", "/stores/{store_id}", "UpdateStore", "The store is named by OPENFGA_STORE."],
  ["delete", "/stores/{store_id}", "DeleteStore", "Stop Concordat and delete it at OpenFGA."],
  [
    "post",
    "/stores/{store_id}/authorization-models",
    "WriteAuthorizationModel",
    "The model belongs to the version of Concordat: npm run push-model writes it.",
  ],
  [
    "put",
    "/stores/{store_id}/assertions/{authorization_model_id}",
    "WriteAssertions",
    "Test the model with fga model test, as test/integration/model/model.fga.yaml does.",
  ],
] as const;

/** All routes, to mount at `/`. Throws EngineUnavailable, Overloaded. */
export function storesRoutes(deps: StoresDeps & ActionDeps & Callers & { rate?: RateLimiting | undefined }): Hono<Env> {
  const app = new Hono<Env>();
  app.use("/stores/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  app.use("/stores/*", authenticateService(deps), limitRequests(deps.rate));
  app.use("/stores/:store_id/*", async (c, next) =>
    c.req.param("store_id") === deps.engine.api.storeId
      ? next()
      : openFgaError(c, 404, "store_id_not_found", "Store ID not found"),
  );
  storeRoutes(app, deps);
  tupleRoutes(app, deps);
  checkRoutes(app, deps);
  listRoutes(app, deps);
  writeRoutes(app, deps);
  for (const [method, path, name, instead] of NOT_OFFERED)
    app.on(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ":$1"), (c) =>
      openFgaError(c, 501, "unimplemented", `${name} is not offered here. ${instead}`),
    );
  return app;
}

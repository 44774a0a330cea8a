/**
 * `/stores/…`: OpenFGA's own HTTP API on the one store, for its CLI, its SDKs and other clients of it. The app that
 * mounts it sets request ids, bounds bodies and answers exceptions.
 */
import { Hono } from "hono";
import type { ActionDeps } from "../../actions/run/action.ts";
import type { FindKey } from "../../domain/service-keys.ts";
import type { Env } from "../env.ts";
import { limitRequests, type RateLimiting } from "../rate-limit.ts";
import { batchCheckRoutes } from "./batch-check.ts";
import { authenticateService } from "./caller.ts";
import { checkRoutes } from "./check.ts";
import { openFgaError } from "./error.ts";
import { listRoutes } from "./lists.ts";
import { notOfferedRoutes } from "./not-offered.ts";
import type { StoresDeps } from "./pass.ts";
import { storeRoutes } from "./stores.ts";
import { tupleRoutes } from "./tuples.ts";
import { writeRoutes } from "./write.ts";

/** All routes, to mount at `/`. Throws EngineUnavailable, Overloaded. */
export function storesRoutes(
  deps: StoresDeps & ActionDeps & { findKey: FindKey; rate?: RateLimiting | undefined },
): Hono<Env> {
  const app = new Hono<Env>();
  app.use("/stores/*", async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  app.use("/stores/*", authenticateService(deps.findKey), limitRequests(deps.rate));
  app.use("/stores/:store_id/*", async (c, next) =>
    c.req.param("store_id") === deps.engine.api.storeId
      ? next()
      : openFgaError(c, 404, "store_id_not_found", "Store ID not found"),
  );
  app.route("/", storeRoutes(deps));
  app.route("/", tupleRoutes(deps));
  app.route("/", checkRoutes(deps));
  app.route("/", batchCheckRoutes(deps));
  app.route("/", listRoutes(deps));
  app.route("/", writeRoutes(deps));
  app.route("/", notOfferedRoutes());
  return app;
}

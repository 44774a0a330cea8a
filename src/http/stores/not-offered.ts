/** What else OpenFGA's API has: answered by name with 501, and with what to use instead. The SDKs do not try a 501 again. */
import { Hono } from "hono";
import type { Env } from "../env.ts";
import { openFgaError } from "./error.ts";

/** Method, path, OpenFGA's name for it, and what to use. */
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

export function notOfferedRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  for (const [method, path, name, instead] of NOT_OFFERED)
    app.on(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ":$1"), (c) =>
      openFgaError(c, 501, "unimplemented", `${name} is not offered here. ${instead}`),
    );
  return app;
}

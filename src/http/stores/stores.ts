/**
 * `GET /stores`, `GET /stores/{store_id}` and its models (openfga.v1 ListStores,
 * GetStore, ReadAuthorizationModels, ReadAuthorizationModel, ReadAssertions): the one
 * store, and the one model that answers.
 */
import type { Context, Hono } from "hono";
import { outsideAll } from "../../domain/key-bounds.ts";
import type { Env } from "../env.ts";
import { invalid, openFgaError, outsideKey } from "./error.ts";
import { answer, isOtherModel, modelNotFound, pass, type StoresDeps } from "./pass.ts";

/** openfga.v1 ListStoresRequest.page_size, ReadAuthorizationModelsRequest.page_size. */
const PAGE_SIZE_MAX = 100;

export function storeRoutes(app: Hono<Env>, deps: StoresDeps): void {
  const { api } = deps.engine;
  const store = (c: Context) => api.ask({ method: "GET", path: "" }, c.req.raw.signal);

  app.get("/stores", async (c) => {
    const refusal = refusePage(c, "ListStoresRequest");
    if (refusal !== undefined) return refusal;
    const reply = await store(c);
    if (reply.status !== 200) return answer(c, reply);
    const only = JSON.parse(reply.body);
    const name = c.req.query("name") ?? "";
    return c.json({ stores: name === "" || name === only.name ? [only] : [], continuation_token: "" });
  });

  app.get("/stores/:store_id", async (c) => answer(c, await store(c)));

  app.get("/stores/:store_id/authorization-models", async (c) => {
    const refusal = refusePage(c, "ReadAuthorizationModelsRequest");
    if (refusal !== undefined) return refusal;
    const reply = await api.ask({ method: "GET", path: `/authorization-models/${api.modelId}` }, c.req.raw.signal);
    if (reply.status !== 200) return answer(c, reply);
    return c.json({ authorization_models: [JSON.parse(reply.body).authorization_model], continuation_token: "" });
  });

  for (const [path, param] of [
    ["/authorization-models", "id"],
    ["/assertions", "authorization_model_id"],
  ] as const)
    app.get(`/stores/:store_id${path}/:${param}`, (c) => {
      // assertions name users and objects of anybody
      const outside = path === "/assertions" ? outsideAll(c.var.caller.bounds) : undefined;
      if (outside !== undefined) return outsideKey(c, outside);
      const model = c.req.param(param);
      if (isOtherModel(model, api.modelId)) return modelNotFound(c, model);
      return pass(c, deps, { method: "GET", path: `${path}/${encodeURIComponent(model)}` });
    });
}

/** The 400 for a page that OpenFGA would not give; there is one page, so no token leads to another. */
function refusePage(c: Context, request: string): Response | undefined {
  const { page_size: size, continuation_token: token } = c.req.query();
  if (size !== undefined && !/^[+-]?\d+$/.test(size))
    return invalid(c, 'parsing field "page_size": not a whole number');
  if (size !== undefined && (Number(size) < 1 || Number(size) > PAGE_SIZE_MAX)) {
    const message = `invalid ${request}.PageSize: value must be inside range [1, ${PAGE_SIZE_MAX}]`;
    return openFgaError(c, 400, "page_size_invalid", message);
  }
  if (token !== undefined && token !== "")
    return openFgaError(c, 400, "invalid_continuation_token", "Invalid continuation token");
  return undefined;
}

/** The parameters of the paths under `/v1`, by the segment before each: one schema for a handler and for the document. */
import { z } from "@hono/zod-openapi";
import { AskNumber } from "../../domain/cooperation/asks.ts";
import { EndpointName } from "../../domain/events/endpoints.ts";
import { CooperationId, Id, OrganizationId, ShareId, UserId } from "../../domain/ids.ts";
import { PresetName } from "../../domain/preset-record.ts";

const user = UserId.meta({ example: "anna" });
const resource = Id.meta({ example: "7" });
/** The parameters of paths, each with the segment before it. */
const PARAMS = {
  "organizations/{org}": OrganizationId.meta({ example: "sunward" }),
  "people/{user}": user,
  "roles/{user}": user,
  "delegations/{user}": user,
  "plants/{id}": resource,
  "portfolios/{id}": resource,
  // these have ULIDs; any other id is answered as one that is not found
  "cooperations/{id}": CooperationId,
  "shares/{id}": ShareId,
  "asks/{n}": AskNumber,
  "webhooks/{name}": EndpointName.meta({ example: "erp" }),
  "presets/{name}": PresetName.meta({ example: "summer" }),
  "inspect/{object}": z.string().max(300).meta({ example: "plant:7" }),
};
type Params = typeof PARAMS;

type LastSegment<Path> = Path extends `${string}/${infer Rest}` ? LastSegment<Rest> : Path;
type ParamOf<Segments> = Segments extends keyof Params ? Params[Segments] : never;
type ParamsIn<Path> = Path extends `${infer Before}/{${infer Name}}${infer Rest}`
  ? { [N in Name]: ParamOf<`${LastSegment<Before>}/{${N}}`> } & ParamsIn<Rest>
  : object;

/** The parameters of a path, as its handler gets them. */
export function paramsOf<Path extends string>(path: Path) {
  const named = [...path.matchAll(/[\w-]+\/\{(\w+)\}/g)].map(([segments, name]) => [
    name,
    PARAMS[segments as keyof Params],
  ]);
  return z.object(Object.fromEntries(named) as ParamsIn<Path>);
}

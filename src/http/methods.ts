/** A method that a path does not have is a 405 that names those it has; OPTIONS is answered with these. */
import type { Context, Hono } from "hono";
import type { Env } from "./env.ts";
import { fault } from "./problem.ts";
import { isOpenFga, openFgaFault } from "./stores/error.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The reply to a method that the path does not have; undefined where the path has it or is unknown. Handlers mounted by
 * `use` or `all` are no routes.
 */
export function refuseMethod(app: Hono<Env>): (c: Context<Env>) => Response | undefined {
  const takes = (method: string, path: string) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
  return (c) => {
    const { method, path } = c.req;
    if (takes(method === "HEAD" ? "GET" : method, path)) return undefined;
    const taken = METHODS.filter((one) => takes(one, path));
    if (taken.length === 0) return undefined;
    c.header("Allow", [...taken, ...(taken.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", "));
    if (method === "OPTIONS") return c.body(null, 204);
    return (isOpenFga(c) ? openFgaFault : fault)(c, "method_not_allowed");
  };
}

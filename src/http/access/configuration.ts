/**
 * `GET /.well-known/authzen-configuration` (AuthZEN 1.0 §9): the URLs of the endpoints. They come from the configured
 * public URL, never from the request: a forged `Host` must not direct callers to another server's decisions.
 */
import { Hono } from "hono";

const WELL_KNOWN = "/.well-known/authzen-configuration";

/** The endpoints change with a release at most. */
const CACHE_CONTROL = "public, max-age=3600";

/** AuthZEN requires https; with an http URL, as on a loopback, the document has what is configured all the same. */
export function configurationRoutes(publicUrl: string): Hono {
  const base = publicUrl.replace(/\/$/, "");
  const configuration = {
    policy_decision_point: publicUrl,
    access_evaluation_endpoint: `${base}/access/v1/evaluation`,
    access_evaluations_endpoint: `${base}/access/v1/evaluations`,
    search_subject_endpoint: `${base}/access/v1/search/subject`,
    search_resource_endpoint: `${base}/access/v1/search/resource`,
    search_action_endpoint: `${base}/access/v1/search/action`,
  };
  // the well-known part is between host and path: https://h/a is described at https://h/.well-known/…/a
  const path = new URL(base).pathname.replace(/\/$/, "");
  const app = new Hono();
  for (const location of new Set([WELL_KNOWN, WELL_KNOWN + path])) {
    app.get(location, (c) => c.json(configuration, 200, { "Cache-Control": CACHE_CONTROL }));
  }
  return app;
}

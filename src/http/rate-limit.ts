/**
 * Rate limits (draft-ietf-httpapi-ratelimit-headers-11): a request counts for its key,
 * its acting user and the organization in its path, and is a 429 when one of them is at
 * its limit. It counts once it is known who calls; for the organization only what was
 * not refused, since anybody may name one. A dry run counts as what it tries.
 *
 * A missing or wrong key is not counted: to refuse it takes one hash and a comparison a
 * key, less than any count would, and behind a proxy all callers have one address.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Counted, countedFor, type Kind, type RateLimits, WINDOW_SECONDS } from "../domain/rate-limits.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { Env } from "./env.ts";
import { refused } from "./problem.ts";
import { detailOf } from "./refusals.ts";
import { isOpenFga, openFgaError } from "./stores/error.ts";

type Taken = { allowed: boolean; remaining: number; resetSeconds: number };

/** The limits, who counts, and who is told of a 429. */
export type RateLimiting = {
  limits: RateLimits;
  limiter: {
    take(policy: string, subject: string): Promise<Taken | undefined>;
    giveBack(policy: string, subject: string): void;
  };
  limited: (policy: string) => void;
};

/** Whether a check is counted for anything: if not, the way that most of them take knows nothing of limits. */
export const areChecksLimited = (rate: RateLimiting | undefined): boolean =>
  rate !== undefined && Object.keys(rate.limits.checks).length > 0;

/** For behind the authentication; without limits it does nothing. */
export const limitRequests = (rate: RateLimiting | undefined) =>
  createMiddleware<Env>(async (c, next) => {
    const counted = rate === undefined ? [] : countedOf(c, rate);
    if (rate === undefined || counted.length === 0) return next();
    const taken: (Counted & Taken)[] = [];
    for (const one of counted) {
      const found = await rate.limiter.take(one.name, one.subject);
      if (found === undefined) continue;
      taken.push({ ...one, ...found });
      // what one subject is refused counts for no other
      if (!found.allowed) break;
    }
    describe(c, taken);
    // what is refused counts for who sent it alone: it may be a stranger's, whatever it is refused for
    const giveBack = () => {
      for (const { of, name, subject } of taken) if (of === "organization") rate.limiter.giveBack(name, subject);
    };
    const reached = taken.find(({ allowed }) => !allowed);
    if (reached !== undefined) {
      giveBack();
      rate.limited(reached.name);
      return tooMany(c, { code: "rate_limited", limit: reached.name, retry_after_seconds: reached.resetSeconds });
    }
    await next();
    // again: a reply that was made anew, an error say, must carry them too
    describe(c, taken);
    if (c.res.status >= 400 && c.res.status < 500) giveBack();
  });

function countedOf(c: Context<Env>, { limits }: RateLimiting): Counted[] {
  const { key, user } = c.var.caller;
  return countedFor(limits, kindsOf(c.req.method, c.req.path), { key, user, organization: organizationIn(c.req.path) });
}

/** What a request is counted as. */
function kindsOf(method: string, path: string): Kind[] {
  if (/^\/access\/v1\/evaluations?$/.test(path) || /^\/stores\/[^/]+\/(batch-)?check$/.test(path)) return ["checks"];
  if (/^\/access\/v1\/search\//.test(path) || /^\/stores\/[^/]+\/((streamed-)?list-\w+|expand)$/.test(path))
    return ["searches"];
  if (/^\/v1\/explain$/.test(path)) return ["searches"];
  if (path.startsWith("/stores")) return path.endsWith("/write") ? ["writes"] : ["reads"];
  if (method === "GET" || method === "HEAD" || path === "/v1/invitations/preview") return ["reads"];
  const invites = /^\/v1\/organizations\/[^/]+\/cooperations$|^\/v1\/cooperations\/[^/]+\/resend$/.test(path);
  return method === "POST" && invites ? ["invitations", "writes"] : ["writes"];
}

function organizationIn(path: string): string | undefined {
  const [, segment] = /^\/v1\/organizations\/([^/]+)/.exec(path) ?? [];
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    // broken escapes are refused behind this, and name nobody
    return undefined;
  }
}

/** Both fields are lists of structured fields (RFC 9651); a name here is a plain string. */
function describe(c: Context, taken: readonly (Counted & Taken)[]): void {
  const list = (one: (counted: Counted & Taken) => string) => taken.map(one).join(", ");
  c.header(
    "RateLimit-Policy",
    list(({ name, limit }) => `"${name}";q=${limit};w=${WINDOW_SECONDS}`),
  );
  c.header(
    "RateLimit",
    list(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`),
  );
}

function tooMany(c: Context, refusal: Extract<Refusal, { code: "rate_limited" }>): Response {
  if (!isOpenFga(c)) return refused(c, refusal);
  c.header("Retry-After", String(refusal.retry_after_seconds));
  return openFgaError(c, 429, "resource_exhausted", detailOf(refusal));
}

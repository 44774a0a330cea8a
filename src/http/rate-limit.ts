/**
 * Rate limits (draft-ietf-httpapi-ratelimit-headers-11): a request counts for its key, its acting user and the
 * organization in its path, and is a 429 when one of them is at its limit. It counts after authentication; for the
 * organization only when it was not refused, since any path may name one. A dry run counts like the real request.
 *
 * A missing or wrong key is not counted: its refusal costs one hash and a comparison with each key, less than a count,
 * and behind a proxy all callers have one address. A token that is refused may cost a signature: identity/tokens.ts
 * bounds how many are verified at a time.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { CONSOLE_CALLER } from "../domain/caller.ts";
import { type Counted, countedFor, type Kind, type RateLimits, WINDOW_SECONDS } from "../domain/rate-limits.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { RateLimiter, Taken } from "../ports.ts";
import type { Env } from "./env.ts";
import { refused } from "./problem.ts";
import { detailOf } from "./refusal-detail.ts";
import { isOpenFga, openFgaError } from "./stores/error.ts";

/** The limits, the counter, and what is called for each 429. */
export type RateLimiting = {
  limits: RateLimits;
  limiter: Pick<RateLimiter, "take" | "giveBack">;
  limited: (policy: string) => void;
};

/** Whether checks are counted; the route of plain evaluations does not count. */
export const areChecksLimited = (rate: RateLimiting | undefined): boolean =>
  rate !== undefined && Object.keys(rate.limits.checks).length > 0;

/** To use after authentication; without limits it does nothing. */
export const limitRequests = (rate: RateLimiting | undefined) =>
  createMiddleware<Env>(async (c, next) => {
    const counted = rate === undefined ? [] : countedOf(c, rate);
    if (rate === undefined || counted.length === 0) return next();
    const taken: (Counted & Taken)[] = [];
    for (const one of counted) {
      const found = await rate.limiter.take(one.name, one.subject);
      if (found === undefined) continue;
      taken.push({ ...one, ...found });
      // a request that one subject is refused does not count for the next
      if (!found.allowed) break;
    }
    describe(c, taken);
    // a refused request counts for its sender alone: it may be a stranger's to the organization
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
    // again, because a reply that was made anew, such as an error, needs them too
    describe(c, taken);
    if (c.res.status >= 400 && c.res.status < 500) giveBack();
  });

function countedOf(c: Context<Env>, { limits }: RateLimiting): Counted[] {
  const { key, user } = c.var.caller;
  // people of the console share no key: of many organizations none may use up what the others have
  const ofKey = key === CONSOLE_CALLER && user !== undefined ? undefined : key;
  const subjects = { key: ofKey, user, organization: organizationIn(c.req.path) };
  return countedFor(limits, kindsOf(c.req.method, c.req.path), subjects);
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
    // a broken escape is refused later, and names no organization
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

/** People of the console are callers of their own: none of them uses up what the others have. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { type Caller, CONSOLE_CALLER } from "../../../src/domain/caller.ts";
import { UserId } from "../../../src/domain/ids.ts";
import { answerFor, callerNow } from "../../../src/http/caller.ts";
import type { Env } from "../../../src/http/env.ts";
import { limitRequests } from "../../../src/http/rate-limit.ts";

const user = UserId.parse("anna");

/** What a request of this caller counts for. */
async function countedFor(caller: Caller): Promise<string[]> {
  const taken: string[] = [];
  const every = { key: 1, user: 1, organization: 1 };
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    c.set("caller", caller);
    await next();
  });
  const limiter = {
    take: async (name: string, subject: string) => {
      taken.push(`${name} ${subject}`);
      return { allowed: true, remaining: 1, resetSeconds: 1 };
    },
    giveBack: () => {},
  };
  const limits = { checks: every, searches: every, reads: every, writes: every, invitations: every };
  app.use(limitRequests({ limits, limiter, limited: () => {} }));
  app.get("*", (c) => c.text(""));
  await app.request("/v1/organizations/sunward");
  return taken;
}

test("a request of a person at the console counts for the person and the organization, and for no key", async () => {
  expect(await countedFor({ key: CONSOLE_CALLER, scopes: ["manage"], user })).toEqual([
    "reads-user anna",
    "reads-organization sunward",
  ]);
  // an engineer is nobody's person, and a service's key counts as ever
  expect(await countedFor({ key: CONSOLE_CALLER, scopes: ["admin"] })).toContain("reads-key console");
  expect(await countedFor({ key: "portal", scopes: ["manage"], user })).toContain("reads-key portal");
});

test("each person at the console has a fair share, a service one for all of its people", () => {
  const shareOf = (name: string, of?: UserId) => answerFor({ name, ...(of && { user: of }) }, callerNow);
  expect(shareOf(CONSOLE_CALLER, user)).not.toBe(shareOf(CONSOLE_CALLER, UserId.parse("ben")));
  expect(shareOf(CONSOLE_CALLER)).toBe(CONSOLE_CALLER);
  expect(shareOf("portal", user)).toBe("portal");
});

/**
 * Who calls, and for whom. A service key names the service; with scope `manage` the
 * header `Acting-User` names the person it acts for. A person's token acts for that
 * person alone. No actor is ever read from a body.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Caller, CONSOLE_CALLER, type Presented } from "../domain/caller.ts";
import { UserId } from "../domain/ids.ts";
import { NEEDS, suffices } from "../domain/key-scopes.ts";
import type { FindKey } from "../domain/service-keys.ts";
import type { Refused, TokenReader } from "../domain/token-claims.ts";
import type { Env } from "./env.ts";
import { denied, fault, refused } from "./problem.ts";
import { metadataUrl } from "./protected-resource.ts";

const running = new AsyncLocalStorage<string>();

/** The name of the key whose request is being answered; empty outside of a request. For fair sharing between callers, never for authorization. */
export const callerNow = (): string => running.getStore() ?? "";

/** Runs `answer` on behalf of the key; of the console on behalf of its person, whom the name says nothing of. */
export const answerFor = <T>({ name, user }: Pick<Presented, "name" | "user">, answer: () => T): T =>
  running.run(name === CONSOLE_CALLER && user !== undefined ? `${name} ${user}` : name, answer);

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Who may call: the keys, and with issuers their tokens; `publicUrl` is where callers learn which issuers these are. */
export type Callers = { findKey: FindKey; tokens?: TokenReader | undefined; publicUrl?: string };

/** Three parts of base64url, which a signed JWT is. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

const bearerIn = (authorization: string | undefined): string => BEARER.exec(authorization ?? "")?.[1] ?? "";

/** Whom a header Authorization names, if that is known without asking anybody: a key, or a token that was verified a moment ago. */
export function presentedIn(authorization: string | undefined, { findKey, tokens }: Callers): Presented | undefined {
  const bearer = bearerIn(authorization);
  const kept = tokens !== undefined && JWT.test(bearer) ? tokens.kept(bearer) : undefined;
  return kept ?? findKey(bearer);
}

/** Who a request comes from, which is its caller from then on; with the challenge set why it is nobody who is known. Throws IssuerUnavailable, Overloaded. */
export async function identify(c: Context<Env>, callers: Callers): Promise<Presented | Partial<Refused>> {
  const authorization = c.req.header("Authorization");
  const known = c.env?.session ?? presentedIn(authorization, callers);
  const presented = known ?? (await verified(bearerIn(authorization), callers));
  if ("name" in presented) {
    // before any refusal, so that the log names the refused key
    c.set("caller", callerOf(presented, presented.user));
    return presented;
  }
  const { problem } = presented;
  const error = authorization === undefined ? [] : ['error="invalid_token"'];
  const description = problem === undefined ? [] : [`error_description="The token ${problem}."`];
  const metadata = callers.tokens === undefined ? [] : [`resource_metadata="${metadataUrl(callers.publicUrl ?? "")}"`];
  const parts = ['realm="concordat"', ...error, ...description, ...metadata];
  c.header("WWW-Authenticate", `Bearer ${parts.join(", ")}`);
  denied(c, "unauthorized");
  return presented;
}

async function verified(bearer: string, { tokens }: Callers): Promise<Presented | Partial<Refused>> {
  return tokens !== undefined && JWT.test(bearer) ? tokens.verify(bearer) : {};
}

/** Requires a key or token whose scopes suffice for one of the needs (RFC 6750). Sets `caller`. */
export function authenticate(callers: Callers, ...needs: (keyof typeof NEEDS)[]) {
  return createMiddleware<Env>(async (c, next) => {
    const presented = await identify(c, callers);
    if (!("name" in presented)) return unknown(c, presented);
    if (!needs.some((need) => suffices(presented.scopes, need))) {
      const scopes = needs.flatMap((need) => NEEDS[need].scopes);
      return refused(c, { code: "insufficient_scope", needs: `scope ${scopes.join(" or ")}` });
    }
    const header = c.req.header("Acting-User");
    const named = header === undefined ? undefined : actingUser(header);
    if (header !== undefined && named === undefined)
      return fault(c, "invalid_request", { detail: "Acting-User must be user:<id>, percent-encoded." });
    if (isAnother(presented, named)) return refused(c, { code: "insufficient_scope", needs: OWN_PERSON });
    const user = presented.user ?? named;
    if (user !== undefined && !presented.scopes.includes("manage"))
      return refused(c, { code: "insufficient_scope", needs: "scope manage, to act for a person" });
    c.set("caller", callerOf(presented, user));
    return answerFor(presented, next);
  });
}

/** What somebody needs who sent a person's token and named another person. */
export const OWN_PERSON = "no Acting-User, or the person of the token: that token acts for nobody else";

/** Whether a person's token is sent on behalf of somebody else. */
export const isAnother = ({ user }: Presented, named: UserId | undefined): boolean =>
  user !== undefined && named !== undefined && named !== user;

function unknown(c: Context<Env>, { problem }: Partial<Refused>): Response {
  return fault(c, "unauthorized", problem === undefined ? {} : { detail: `The token ${problem}.` });
}

/** The caller with a key, acting for a person where one is named. */
export function callerOf({ name, scopes, bounds }: Presented, user?: UserId): Caller {
  return { key: name, scopes, user, bounds };
}

/** Requires an acting user, or scope `admin`. */
export const requirePersonOrAdmin = createMiddleware<Env>(async (c, next) => {
  const { user, scopes } = c.var.caller;
  return user === undefined && !scopes.includes("admin") ? fault(c, "acting_user_required") : next();
});

/** Requires an acting user: scope `admin` alone never acts in a cooperation. */
export const requirePerson = createMiddleware<Env>(async (c, next) =>
  c.var.caller.user === undefined ? fault(c, "acting_user_required") : next(),
);

/** The id behind `user:anna`, percent-encoded; undefined for anything else. */
export function actingUser(header: string): UserId | undefined {
  // Node reads other bytes as Latin-1, so UTF-8 would become another person's id
  if (!/^[\x21-\x7e]*$/.test(header)) return undefined;
  try {
    const decoded = decodeURIComponent(header);
    return decoded.startsWith("user:") ? UserId.safeParse(decoded.slice("user:".length)).data : undefined;
  } catch {
    return undefined;
  }
}

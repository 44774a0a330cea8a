/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0): a provider's server says that somebody signed out there,
 * and their sessions end here, on all replicas, before it is answered. A token counts once. What could not be done is
 * answered with a problem, so that the provider sends it again.
 */
import { createHash } from "node:crypto";
import { isObject } from "../domain/json.ts";
import { readJson } from "../domain/read-json.ts";
import { type SignInProvider, TOKEN_CHARACTERS_MAX } from "../domain/sign-in-providers.ts";
import { Fault } from "../faults.ts";
import { fault, faultOf } from "../http/problem.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "./context.ts";

/** Longer than a logout token counts. */
const REMEMBERED_MILLISECONDS = 1_200_000;

/** `POST /console/backchannel-logout`. */
export function backchannelRoute(app: ConsoleApp, deps: ConsoleDeps): void {
  const { signIn, log } = deps;
  if (signIn === undefined) return;
  app.post("/backchannel-logout", async (c) => {
    try {
      return await endSessions(c, signIn.providers, deps);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      log("error", error.code, { request_id: c.var.requestId });
      c.header("Retry-After", "1");
      return fault(c, faultOf(error));
    }
  });
}

async function endSessions(
  c: ConsoleContext,
  providers: readonly SignInProvider[],
  { sessions, log }: ConsoleDeps,
): Promise<Response> {
  const { logout_token: token } = await c.req.parseBody();
  if (typeof token !== "string") return refuse(c, "logout_token is missing");
  if (token.length > TOKEN_CHARACTERS_MAX) return refuse(c, "The token is too long.");
  const issuer = issuerIn(token);
  const provider = providers.find((one) => one.issuer === issuer);
  if (provider === undefined) return refuse(c, "The token is of no provider that is trusted here.");
  const read = await provider.readLogout(token);
  if ("problem" in read) return refuse(c, `The token ${read.problem}.`);
  const name = `logout ${createHash("sha256")
    .update(JSON.stringify([provider.issuer, read.id]))
    .digest("base64url")}`;
  // it is noted behind the end: a request that failed may be sent again, and one that was done is answered alike
  if (!(await sessions.wasUsed(name))) {
    const ended = await sessions.endSessions(read.of);
    await sessions.once(name, REMEMBERED_MILLISECONDS);
    log("info", "sessions_ended", { request_id: c.var.requestId, by: provider.name, sessions: ended });
  }
  return c.body(null, 200);
}

/** Whom a token says that it is of; which provider's keys it is then verified by. */
function issuerIn(token: string): unknown {
  const read = readJson(Buffer.from(token.split(".", 2)[1] ?? "", "base64url"));
  return read.kind === "json" && isObject(read.json) ? read.json.iss : undefined;
}

const refuse = (c: ConsoleContext, why: string): Response =>
  c.json({ error: "invalid_request", error_description: why }, 400);

/**
 * An identity provider for tests: a real HTTP server with a discovery document and a JWK set, whose keys a test changes,
 * and who signs whatever a test wants signed.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactSign, exportJWK, generateKeyPair, type JWK } from "jose";
import { type Issuer, readIssuers } from "../../src/domain/issuers.ts";

export const AUDIENCE = "https://concordat.example";
export const EVENTS_AUDIENCE = "https://concordat.example/ssf/events";

const SCHEMAS = "https://schemas.openid.net/secevent";
/** The types of security events that tests push. */
export const EVENTS = {
  revoked: `${SCHEMAS}/caep/event-type/session-revoked`,
  disabled: `${SCHEMAS}/risc/event-type/account-disabled`,
  purged: `${SCHEMAS}/risc/event-type/account-purged`,
  enabled: `${SCHEMAS}/risc/event-type/account-enabled`,
  verification: `${SCHEMAS}/ssf/event-type/verification`,
  changed: `${SCHEMAS}/caep/event-type/credential-change`,
} as const;

type Key = Awaited<ReturnType<typeof newKey>>;

async function newKey(kid: string, alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return { kid, alg, privateKey, jwk };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>;

/** Starts one with one key. `at`: the time of its tokens. */
export async function startIssuer(at: () => Date = () => new Date()) {
  const keys = [await newKey("one", "ES256")];
  const published = [...keys];
  const state = { fetched: 0, discovered: 0, isUp: true };
  const server = createServer((request, reply) => {
    const isKeys = request.url === "/keys";
    state[isKeys ? "fetched" : "discovered"]++;
    const document = isKeys ? { keys: published.map(({ jwk }) => jwk) } : { issuer: url, jwks_uri: `${url}/keys` };
    reply.writeHead(state.isUp ? 200 : 500, { "Content-Type": "application/json" }).end(JSON.stringify(document));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** The claims of a good token, valid for five minutes. */
  function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
    const now = Math.floor(at().getTime() / 1000);
    const own = { iss: url, aud: AUDIENCE, sub: "anna", client_id: "app", jti: "1", iat: now, exp: now + 300 };
    return { ...own, org: "sunward", scope: "concordat:manage", ...more };
  }

  /** Signs a text as it is, by the newest key or another one. */
  async function signText(text: string, header: object = {}, key: Key | undefined = keys.at(-1)): Promise<string> {
    if (key === undefined) throw new Error("the issuer has no key");
    return new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "at+jwt", ...header })
      .sign(key.privateKey);
  }

  return {
    url,
    state,
    claims,
    signText,
    /** A good token, but for what is changed. A claim that is undefined is left out. */
    token: (more: Record<string, unknown> = {}, header: object = {}, key?: Key) =>
      signText(JSON.stringify(claims(more)), header, key),
    /** A good security event about anna, but for what is changed. */
    event: (type: string, more: Record<string, unknown> = {}, header: object = {}, key?: Key) => {
      const iat = Math.floor(at().getTime() / 1000);
      const sub_id = { format: "iss_sub", iss: url, sub: "anna" };
      const own = { iss: url, aud: EVENTS_AUDIENCE, jti: randomUUID(), iat, sub_id, events: { [type]: {} } };
      return signText(JSON.stringify({ ...own, ...more }), { typ: "secevent+jwt", ...header }, key);
    },
    /** A token without a signature. */
    unsigned: (more: Record<string, unknown> = {}) => `${part({ alg: "none", typ: "at+jwt" })}.${part(claims(more))}.`,
    /** A key of somebody else. */
    strangersKey: (kid: string) => newKey(kid, "ES256"),
    /** From now on it signs with a new key; the old ones are published as long as `keep` says so. */
    async rotate(kid: string, keep: boolean) {
      keys.push(await newKey(kid, "ES256"));
      if (!keep) published.length = 0;
      published.push(keys.at(-1) as Key);
    },
    /** It as a configuration has it. */
    configured: (more: object = {}): Issuer => {
      const entry = { name: "idp", issuer: url, audience: AUDIENCE, algorithms: ["ES256"], organization_claim: "org" };
      const read = readIssuers(JSON.stringify([{ ...entry, jwks_uri: `${url}/keys`, ...more }]));
      if ("problem" in read) throw new Error(read.problem);
      return read.issuers[0] as Issuer;
    },
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

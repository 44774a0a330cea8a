/**
 * Concordat as it ships, asked with a JWT in place of a key: one token of a service, which is verified once a minute and
 * otherwise found by its hash. What hits cost more than with a key is what tokens cost.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startEngine } from "../engine.ts";
import type { StartSystem } from "../system.ts";
import { start } from "./concordat.ts";

const AUDIENCE = "https://concordat.example";
const NAME = "bench";

/** An issuer that publishes one key, what the service is to know of it, and a token that is valid for longer than a run. */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" }];
  const server = createServer((_, reply) => {
    reply.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  // the bench ends without it
  server.unref();
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await new SignJWT({ client_id: NAME, scope: "concordat:check" })
    .setProtectedHeader({ alg: "ES256", kid: "one", typ: "at+jwt" })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject(NAME)
    .setJti("1")
    .setIssuedAt()
    .setExpirationTime("12h")
    .sign(privateKey);
  const services = { services: { [NAME]: NAME }, unbound: [NAME] };
  const configured = { name: "idp", issuer, audience: AUDIENCE, algorithms: ["ES256"], jwks_uri: issuer, ...services };
  return { token, settings: { ISSUERS: JSON.stringify([configured]) }, stop: () => server.close() };
}

/** With a Redis of its own. */
export const startConcordatTokens: StartSystem = async (world) => {
  const { token, settings, stop } = await startIssuer();
  const system = await start("concordat-tokens", startEngine, world, true, settings, token);
  if ("reason" in system) {
    stop();
    return system;
  }
  return {
    ...system,
    stop: async () => {
      await system.stop();
      stop();
    },
  };
};

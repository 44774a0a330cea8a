/**
 * An OpenID provider for tests: `oidc-provider`, certified by others than us, on a port of its own. Whoever comes with
 * `login_hint` is signed in as that account at once; `nobody` declines.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import { readProviders } from "../../src/domain/sign-in-providers.ts";
import { createJar } from "./cookie-jar.ts";

const CLIENT = "concordat-console";
const SECRET = "a client secret for the tests alone";

/** Starts one whose only client is the console. `deliver`: sends what it sends from its own server. */
export async function startProvider(console: { url: string; deliver: (request: Request) => Promise<Response> }) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signing = { ...(await exportJWK(privateKey)), use: "sig", alg: "ES256", kid: "one" };
  let provider: Provider;
  const server = createServer((request, reply) => {
    asked.push(new URL(request.url ?? "", "http://provider").pathname);
    if (request.url?.startsWith("/interaction/")) void interact(request, reply);
    else void provider.callback()(request, reply);
  });
  const asked: string[] = [];
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function interact(request: IncomingMessage, reply: ServerResponse) {
    const { params } = await provider.interactionDetails(request, reply);
    const accountId = String(params.login_hint);
    const result = accountId === "nobody" ? { error: "access_denied" } : { login: { accountId } };
    await provider.interactionFinished(request, reply, result, { mergeWithLastSubmission: false });
  }

  provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        redirect_uris: [`${console.url}/console/callback`],
        response_types: ["code"],
        grant_types: ["authorization_code"],
        id_token_signed_response_alg: "ES256",
        backchannel_logout_uri: `${console.url}/console/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [signing] },
    cookies: { keys: ["a secret of cookies for the tests alone"] },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
    claims: { openid: ["sub"], profile: ["name", "roles"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, name: `${accountId} of the provider`, roles: [accountId] }),
    }),
    // nobody is asked for consent
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ accountId: oidc.session?.accountId ?? "", clientId: CLIENT });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    fetch: async (url, options) => console.deliver(new Request(url, options as RequestInit)),
  });

  return {
    issuer,
    /** The paths that it was asked for. */
    asked,
    /** It as a configuration has it; `more` are further members. */
    configured(more: object = {}) {
      const own = { name: "idp", issuer, client_id: CLIENT, client_secret: SECRET, algorithm: "ES256" };
      const read = readProviders(JSON.stringify({ ...own, ...more }), []);
      const [config] = "problem" in read ? [] : read.providers;
      if (config === undefined) throw new Error(JSON.stringify(read));
      return config;
    },
    /** Where a browser is sent back to that signs in as the account at the address that the console sent it to. */
    async signIn(address: string, account: string): Promise<URL> {
      const browse = createJar((url, init) => fetch(url, init));
      const url = new URL(address);
      url.searchParams.set("login_hint", account);
      for (let next = url; ; ) {
        const reply = await browse(next.href);
        const location = reply.headers.get("Location");
        if (location === null) throw new Error(`the provider answered ${reply.status}: ${await reply.text()}`);
        next = new URL(location, next);
        if (next.origin !== issuer) return next;
      }
    },
    /** Says to the console, from server to server, that the account signed out. */
    async logout(account: string, sid: string | undefined): Promise<void> {
      const client = await provider.Client.find(CLIENT);
      // @ts-expect-error the types of the package lack it
      await client.backchannelLogout(account, sid);
    },
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

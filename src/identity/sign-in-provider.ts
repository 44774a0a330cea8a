/**
 * Signing in by an OpenID provider: the code flow with PKCE, state and nonce (RFC 9700), and its answer bound to the
 * provider that was asked by `iss` (RFC 9207). Of its tokens nothing is kept. A provider that does not answer is a fault
 * (IssuerUnavailable) and says nothing about who signs in; few sign-ins wait for one at a time.
 */
import * as oidc from "openid-client";
import { type ProviderConfig, type SignInProvider, signedInBy } from "../domain/sign-in-providers.ts";
import { IssuerUnavailable, Overloaded } from "../faults.ts";
import { createLogoutReader } from "./logout-token.ts";

/** Each waits for the provider, whom anybody can have asked. */
const FINISHING_MAX = 32;
const TIMEOUT_SECONDS = 5;
/** For how long what the provider says of itself counts. */
const KNOWN_MILLISECONDS = 3_600_000;
/** A provider that failed is asked again after this. */
const RETRY_MILLISECONDS = 5_000;
const TOLERANCE_SECONDS = 10;

type Options = {
  /** Where the provider sends browsers back to. */
  redirectUri: string;
  /** Whether there are others: then the answer must say whose it is, or one could pass for another's. */
  isOneOfMany: boolean;
  clock: () => Date;
};

/** The provider, not asked for anything yet. */
export function createSignInProvider(
  config: ProviderConfig,
  { redirectUri, isOneOfMany, clock }: Options,
): SignInProvider {
  const { name, label, issuer } = config;
  const known = discoverOnce(config, clock);
  let finishing = 0;
  return {
    ...{ name, label, issuer },
    async start() {
      const provider = await known();
      const verifier = oidc.randomPKCECodeVerifier();
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
      const url = oidc.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUri,
        scope: config.scopes.join(" "),
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      });
      return { url: url.href, pending: { provider: name, state, nonce, verifier } };
    },
    async finish(query, { state, nonce, verifier }) {
      if (isOneOfMany && !query.has("iss")) return { problem: "does not say whose it is" };
      if (finishing >= FINISHING_MAX) throw new Overloaded(`${FINISHING_MAX} sign-ins wait for ${name}`);
      finishing++;
      try {
        const answered = new URL(redirectUri);
        answered.search = query.toString();
        const checks = {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        };
        const tokens = await oidc.authorizationCodeGrant(await known(), answered, checks);
        return signedInBy(config, { ...tokens.claims() });
      } catch (error) {
        return { problem: refusedBy(error, name) };
      } finally {
        finishing--;
      }
    },
    readLogout: createLogoutReader(config, clock),
  };
}

/** What the provider says of itself, asked for once an hour at most, and by few at a time. */
function discoverOnce(config: ProviderConfig, clock: () => Date): () => Promise<oidc.Configuration> {
  let found: { provider: Promise<oidc.Configuration>; at: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock().getTime();
    const since = (then: number) => Math.abs(now - then);
    if (found !== undefined && since(found.at) < KNOWN_MILLISECONDS) return found.provider;
    if (since(failedAt) < RETRY_MILLISECONDS) throw new IssuerUnavailable(`${config.name} did not answer a moment ago`);
    const provider = discover(config).catch((cause) => {
      failedAt = clock().getTime();
      found = undefined;
      throw new IssuerUnavailable(`${config.name} cannot be discovered`, { cause });
    });
    found = { provider, at: now };
    return provider;
  };
}

async function discover({ issuer, clientId, clientSecret, algorithm }: ProviderConfig): Promise<oidc.Configuration> {
  const metadata = { id_token_signed_response_alg: algorithm, [oidc.clockTolerance]: TOLERANCE_SECONDS };
  const authentication = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  // on this machine alone, by the configuration's own rule
  const execute = issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : [];
  const options = { timeout: TIMEOUT_SECONDS, execute: [...execute, oidc.enableNonRepudiationChecks] };
  const provider = await oidc.discovery(new URL(issuer), clientId, metadata, authentication, options);
  // the library takes some providers for one that they are not named as
  if (provider.serverMetadata().issuer !== issuer) throw new Error("the discovery document is another issuer's");
  return provider;
}

/** Why nobody is signed in, as the end of "The answer …"; throws IssuerUnavailable where the provider did not answer. */
function refusedBy(error: unknown, name: string): string {
  if (error instanceof oidc.AuthorizationResponseError) return `says ${plain(error.error)}`;
  if (error instanceof oidc.ResponseBodyError && error.status < 500)
    return `has a code that is refused: ${plain(error.error)}`;
  if (error instanceof oidc.ClientError && error.code !== undefined && !AWAY.includes(error.code))
    return `is not valid: ${error.code}`;
  if (error instanceof IssuerUnavailable) throw error;
  throw new IssuerUnavailable(`${name} does not answer`, { cause: error });
}

/** The library's codes for a provider that answers nothing that can be read. */
const AWAY = [
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_PARSE_ERROR",
];

/** A code of OAuth's; other texts are not repeated. */
const plain = (code: string) => (/^[a-z_]{1,64}$/.test(code) ? code : "an error");

/**
 * The public keys of one issuer, fetched when they are needed. A key that the issuer took away verifies nothing for longer
 * than a minute. Whatever is sent to us, the issuer gets at most one request in 30 seconds, or while it fails one in 5. An
 * issuer that cannot be reached is a fault of ours (IssuerUnavailable) and says nothing about a token.
 */
import { type CryptoKey, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { type Issuer, isIssuerUrl } from "../domain/issuers.ts";
import { isObject } from "../domain/json.ts";
import { IssuerUnavailable } from "../faults.ts";

/** For how long keys count without being fetched again. */
export const KEYS_MILLISECONDS = 60_000;

/** From this age on they are fetched again beside the requests, and for a key that is not among them. */
const COOL_DOWN_MILLISECONDS = 30_000;
const RETRY_MILLISECONDS = 5_000;
const FETCH_MILLISECONDS = 5_000;

export type KeySet = {
  /** The key that a token's header names, and the generation that it is of at least. Throws IssuerUnavailable, and jose's errors. */
  keyFor: (...named: Parameters<JWTVerifyGetKey>) => Promise<{ key: CryptoKey; generation: number }>;
  /** Another number each time that a key was taken away. Undefined while the keys are too old to count. */
  generation: () => number | undefined;
};

/** The keys of an issuer, none of them fetched yet. */
export function createKeySet(issuer: Pick<Issuer, "name" | "issuer" | "jwksUri">, clock: () => Date): KeySet {
  let remote: ReturnType<typeof createRemoteJWKSet> | undefined;
  let known: string[] = [];
  let generation = 0;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  async function fetchKeys(): Promise<void> {
    // after a failure they may be elsewhere
    let next = failedAt === Number.NEGATIVE_INFINITY ? remote : undefined;
    try {
      // when they are fetched is decided here, by the clock of the service
      next ??= createRemoteJWKSet(new URL(issuer.jwksUri ?? (await discover(issuer.issuer))), {
        timeoutDuration: FETCH_MILLISECONDS,
        cooldownDuration: Number.POSITIVE_INFINITY,
        cacheMaxAge: Number.POSITIVE_INFINITY,
      });
      await next.reload();
    } catch (cause) {
      failedAt = clock().getTime();
      throw new IssuerUnavailable(`the keys of ${issuer.name} cannot be fetched`, { cause });
    }
    remote = next;
    const now = textsOf(remote.jwks());
    if (known.some((key) => !now.includes(key))) generation++;
    known = now;
    loadedAt = clock().getTime();
    failedAt = Number.NEGATIVE_INFINITY;
  }

  // a clock that was set back makes nothing younger
  const since = (then: number) => Math.abs(clock().getTime() - then);
  const age = () => since(loadedAt);
  const hasFailed = () => since(failedAt) < RETRY_MILLISECONDS;

  function load(): Promise<void> {
    if (loading === undefined && hasFailed())
      throw new IssuerUnavailable(`the keys of ${issuer.name} could not be fetched a moment ago`);
    loading ??= fetchKeys().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  function loadBeside(): void {
    if (loading !== undefined || hasFailed()) return;
    // the next request that needs it meets the fault
    load().catch(() => {});
  }

  async function find(...named: Parameters<JWTVerifyGetKey>) {
    // before the key: what verifies by one that is taken away meanwhile is of the generation that had it
    const before = generation;
    const key = await (remote as NonNullable<typeof remote>)(...named);
    return { key, generation: before };
  }

  return {
    async keyFor(...named) {
      if (remote === undefined || age() >= KEYS_MILLISECONDS) await load();
      else if (age() >= COOL_DOWN_MILLISECONDS) loadBeside();
      try {
        return await find(...named);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || age() < COOL_DOWN_MILLISECONDS) throw error;
        await load();
        return find(...named);
      }
    },
    generation() {
      if (age() >= KEYS_MILLISECONDS) return undefined;
      if (age() >= COOL_DOWN_MILLISECONDS) loadBeside();
      return generation;
    },
  };
}

const textsOf = (set: JSONWebKeySet | undefined): string[] => (set?.keys ?? []).map((key) => JSON.stringify(key));

/** Where an issuer's keys are, by its discovery document (OpenID Connect Discovery 1.0 §4). */
async function discover(issuer: string): Promise<string> {
  const reply = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_MILLISECONDS),
  });
  const found: unknown = reply.status === 200 ? await reply.json() : undefined;
  if (!isObject(found) || found.issuer !== issuer) throw new Error("the discovery document is not this issuer's");
  if (typeof found.jwks_uri !== "string" || !isIssuerUrl(found.jwks_uri))
    throw new Error("the discovery document names no jwks_uri that may be used");
  return found.jwks_uri;
}

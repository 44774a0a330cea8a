/** The console's parts by the configuration: where its sessions are kept, how long they last, and who may sign in how. */
import type { AppDeps } from "./app.ts";
import { type Config, urlOf } from "./config.ts";
import type { TryAs } from "./console/context.ts";
import { createSamples, SAMPLE_EVERY_MILLISECONDS } from "./console/inspector/samples.ts";
import { isLoopback } from "./console/security.ts";
import { createTextSeal } from "./domain/seal.ts";
import type { ProviderConfig } from "./domain/sign-in-providers.ts";
import { createSignInProvider } from "./identity/sign-in-provider.ts";
import { createMemorySessions } from "./memory/sessions.ts";
import type { Counts } from "./metrics.ts";
import type { Clock, Meter } from "./ports.ts";
import { createRedisSessions } from "./redis/sessions.ts";
import { SAMPLE_PEOPLE } from "./start/sample.ts";

const MINUTE = 60_000;

/** More than a check waits: nothing of a session is answered without Redis. */
const REDIS_MILLISECONDS = 1000;

type Parts = {
  counts: () => Promise<Counts>;
  storeId: string;
  clock: Clock;
  meter: Pick<Meter, "cacheFailed">;
  /** What the console can be tried by, where the service was started for that. */
  sample: Pick<TryAs, "secret" | "isThere"> | undefined;
};

/** The parts of the console; undefined where it is off. */
export function openConsole(config: Config, { storeId, clock, meter, counts, sample }: Parts): AppDeps["console"] {
  const { REDIS_URL: url, INVITATION_SECRET: secret, providers, PUBLIC_URL: publicUrl = "" } = config;
  if (!config.CONSOLE) return undefined;
  const limits = {
    idleMilliseconds: config.CONSOLE_IDLE_MINUTES * MINUTE,
    absoluteMilliseconds: config.CONSOLE_SESSION_HOURS * 60 * MINUTE,
  };
  const sealOf = (what: string) => createTextSeal(secret, `concordat console ${what}`);
  const signInBy = (one: ProviderConfig) => {
    const redirectUri = new URL("/console/callback", publicUrl).href;
    return createSignInProvider(one, { redirectUri, isOneOfMany: providers.length > 1, clock });
  };
  const kept = { ...limits, timeoutMilliseconds: REDIS_MILLISECONDS, failed: meter.cacheFailed };
  // nobody from elsewhere is anybody of the sample
  const isTried = isLoopback(urlOf(config.HOST, 80));
  const samples = createSamples(counts, clock);
  // nothing of it is missed by a process that ends
  setInterval(samples.take, SAMPLE_EVERY_MILLISECONDS).unref();
  return {
    sessions:
      url === undefined
        ? createMemorySessions(clock)
        : createRedisSessions({ ...kept, url, storeId, seal: sealOf("sessions") }),
    limits,
    theme: config.CONSOLE_THEME,
    signIn: providers.length === 0 ? undefined : { providers: providers.map(signInBy), seal: sealOf("sign-ins") },
    frameAncestors: config.CONSOLE_FRAME_ANCESTORS,
    samples,
    tryAs: isTried && sample ? { people: SAMPLE_PEOPLE, ...sample } : undefined,
  };
}

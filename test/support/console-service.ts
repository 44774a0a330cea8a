/** The service with a console, and browsers that visit it: at an address with TLS, or as `npm start` has it. */
import type { AppDeps } from "../../src/app.ts";
import type { TryAs } from "../../src/console/context.ts";
import { createSamples } from "../../src/console/inspector/samples.ts";
import { createMemorySessions } from "../../src/memory/sessions.ts";
import { type Browse, createJar } from "./cookie-jar.ts";
import { createService, type Service } from "./service.ts";

export const PUBLIC_URL = "https://concordat.example";
export const LOCAL_URL = "http://localhost:3999";
const HOUR = 3_600_000;
export const LIMITS = { idleMilliseconds: HOUR / 2, absoluteMilliseconds: 8 * HOUR };

export type ConsoleService = {
  service: Service;
  /** A browser without cookies, at the address of the service. */
  browser(): Browse;
};

/** The sample of these people, and the link that `npm start` prints to try them. */
export const sampleOf = (people: TryAs["people"], isThere = () => true): TryAs => ({
  ...{ people, secret: "a-secret-of-the-sample", isThere },
});
export const SAMPLE_LINK = "/console/sign-in?token=a-secret-of-the-sample";

type Changes = { publicUrl?: string; log?: AppDeps["log"] } & Partial<NonNullable<AppDeps["console"]>>;

/** A service with a console on a store. Without sample people nobody can sign in without a provider. */
export function withConsole(base: Pick<AppDeps, "tupleStore" | "engine">, changes: Changes = {}): ConsoleService {
  const { publicUrl = PUBLIC_URL, log = () => {}, ...own } = changes;
  const clock = () => service.deps.clock();
  const sessions = createMemorySessions(clock);
  const service: Service = createService(base, {
    publicUrl,
    log,
    console: { sessions, limits: LIMITS, samples: createSamples(async () => [], clock), ...own },
  });
  return { service, browser: () => createJar((path, init) => service.app.request(new URL(path, publicUrl), init)) };
}

/** Sends a form as a page of the console does. */
export const submit = (browse: Browse, path: string, fields: Record<string, string> = {}, headers = {}) =>
  browse(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "Sec-Fetch-Site": "same-origin", ...headers },
  });

/** The address that a reply leads to. */
export const leadsTo = (reply: Response): string => `${reply.status} ${reply.headers.get("Location")}`;

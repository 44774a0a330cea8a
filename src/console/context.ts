/** What the console is given, and what each of its requests has: the types that all of its pages share. */
import type { Context, Hono } from "hono";
import type { z } from "zod";
import type { Theme } from "../domain/console-theme.ts";
import type { Rewrites } from "../domain/explain/rewrite.ts";
import type { TextSeal } from "../domain/seal.ts";
import type { Session, SessionLimits, SessionStore } from "../domain/sessions.ts";
import type { SignInProvider } from "../domain/sign-in-providers.ts";
import type { Env } from "../http/env.ts";
import type { OrganizationView } from "../http/v1/views.ts";
import type { Api } from "./api.ts";
import type { Layouts } from "./inspector/layouts.ts";
import type { Samples } from "./inspector/samples.ts";
import type { Href } from "./path.ts";
import type { ConsoleLanguage, Words } from "./words.ts";

/** Somebody of the sample whom one may try the console as, under `npm start` alone; without a user an engineer. */
export type SamplePerson = { user?: string | undefined; name: string; organization?: string | undefined };

/** Who may be tried by whoever has the secret, as long as the sample is in the store. */
export type TryAs = { people: readonly SamplePerson[]; secret: string; isThere: () => boolean };

export type ConsoleDeps = {
  sessions: SessionStore;
  limits: SessionLimits;
  clock: () => Date;
  /** Where browsers reach the service: its origin is the only one that forms come from. */
  publicUrl: string;
  /** The service itself: what pages read and do are requests to it. */
  fetch: (request: Request, bindings: Env["Bindings"]) => Response | Promise<Response>;
  /** The sample people to try as; without them one signs in by a provider. */
  tryAs?: TryAs | undefined;
  /** The providers to sign in by, and what seals that which a browser keeps of a sign-in that it began. */
  signIn?: { providers: readonly SignInProvider[]; seal: TextSeal } | undefined;
  /** The origins whose pages may frame the console. */
  frameAncestors?: readonly string[] | undefined;
  /** The name, logo and colours of a host application. */
  theme?: Theme | undefined;
  log: (level: "info" | "warn" | "error", event: string, facts: object) => void;
  /** What the model in force has: its types with their permissions, and what each relation is made of. */
  engine: { permissions: ReadonlyMap<string, readonly string[]>; rewrites: Rewrites };
  /** How this process was in the last minutes; without it nothing is known of them. */
  samples?: Samples | undefined;
  /** What places the nodes of graphs; without it a thread of this process. */
  layouts?: Layouts | undefined;
};

/** An organization of the person, with their role and what they may do there. */
export type OwnOrganization = z.infer<typeof OrganizationView>;

/** What every request has, signed in or not. */
export type Visit = {
  language: ConsoleLanguage;
  words: Words;
  /** What the request before says of what it did. */
  flash: string | undefined;
  /** Whether the page is shown inside another one: without the console's own header. */
  embedded: boolean;
  /** What a theme gives each page. */
  theme?: { name?: string | undefined; css: Href; logo?: Href | undefined } | undefined;
  /** Whether browsers are to send cookies over TLS alone. */
  secure: boolean;
  /** What the names of cookies begin with. */
  cookies: string;
};

/** What a request of somebody has who is signed in. */
export type SignedIn = Visit & {
  session: Session;
  /** `/v1` as the person; of an engineer without a person as `inspect`. */
  api: Api;
  /** `/v1` as a service with scopes `check` and `admin`; only where the session has scope `admin`. */
  inspect: Api | undefined;
  organizations: readonly OwnOrganization[];
  /** The organization that the address is about; undefined where it names none. */
  current: OwnOrganization | undefined;
  /** The same for pages whose address always has one. Throws where it has none. */
  readonly organization: OwnOrganization;
};

export type ConsoleEnv = {
  Bindings: Env["Bindings"];
  Variables: Env["Variables"] & { visit: Visit; console: SignedIn };
};
export type ConsoleContext = Context<ConsoleEnv>;
export type ConsoleApp = Hono<ConsoleEnv>;

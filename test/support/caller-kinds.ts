/**
 * Every kind of caller that a request may come from, each made for the world of `seedRoutes`: with keys and with tokens,
 * for the person whom a route would answer. The golden table of callers has a column for each.
 */
import { SignJWT } from "jose";
import { createTokens } from "../../src/identity/tokens.ts";
import type { TestIssuer } from "./issuer.ts";
import type { Asked } from "./routes.ts";
import { createService, KEYS, type Service, withKeys } from "./service.ts";

/** Where each person of that world belongs. */
const HOME: Record<string, string> = { anna: "sunward", ben: "brightfix", lea: "lumen" };

export type Kind = {
  name: string;
  /** Changes nothing, so that all of these can be asked in one world. */
  isUnknown?: true;
  asked: (person: string, issuer: TestIssuer) => Promise<Asked> | Asked;
};

const ALL = { scopes: ["check" as const, "manage" as const, "admin" as const] };
const BOUND = [
  { name: "plants", key: "key-bound-to-plants", ...ALL, types: ["plant"] },
  { name: "views", key: "key-bound-to-can-view", ...ALL, permissions: ["can_view"] },
  { name: "partner", key: "key-bound-to-brightfix", ...ALL, organizations: ["brightfix"] },
];

const now = () => Math.floor(Date.now() / 1000);

/** A token of the person, with something about it changed. */
function bad(
  name: string,
  make: (issuer: TestIssuer, own: { sub: string; org: string }) => Promise<string> | string,
): Kind {
  const own = (person: string) => ({ sub: person, org: HOME[person] ?? "sunward" });
  return {
    name: `JWT, ${name}`,
    isUnknown: true,
    asked: async (person, one) => ({ key: await make(one, own(person)) }),
  };
}

const job = (scope: string) => (issuer: TestIssuer) =>
  issuer.token({ sub: "job", client_id: "job", org: undefined, scope: `concordat:${scope}` });

export const KINDS: readonly Kind[] = [
  { name: "no key", isUnknown: true, asked: () => ({}) },
  { name: "unknown key", isUnknown: true, asked: (user) => ({ key: "not-one-of-the-keys", user }) },
  { name: "key with scope check", asked: () => ({ key: KEYS.check }) },
  { name: "key with scope manage, for nobody", asked: () => ({ key: KEYS.manage }) },
  { name: "key with scope manage, for the person", asked: (user) => ({ key: KEYS.manage, user }) },
  { name: "key with scope admin", asked: () => ({ key: KEYS.admin }) },
  { name: "key bound to type plant", asked: () => ({ key: "key-bound-to-plants" }) },
  { name: "key bound to can_view", asked: () => ({ key: "key-bound-to-can-view" }) },
  { name: "key bound to the partner", asked: () => ({ key: "key-bound-to-brightfix" }) },
  { name: "key bound to the partner, for the person", asked: (user) => ({ key: "key-bound-to-brightfix", user }) },
  {
    name: "JWT of the person",
    asked: async (sub, issuer) => ({ key: await issuer.token({ sub, org: HOME[sub] }) }),
  },
  {
    name: "JWT of the person, of an organization that is not theirs",
    asked: async (sub, issuer) => ({ key: await issuer.token({ sub, org: "elsewhere" }) }),
  },
  {
    name: "JWT of the person, Acting-User of another",
    asked: async (sub, issuer) => ({ key: await issuer.token({ sub, org: HOME[sub] }), user: "otto" }),
  },
  { name: "JWT of a service with scope check", asked: async (_, issuer) => ({ key: await job("check")(issuer) }) },
  {
    name: "JWT of a service with scope manage, for the person",
    asked: async (user, issuer) => ({ key: await job("manage")(issuer), user }),
  },
  { name: "JWT of a service with scope admin", asked: async (_, issuer) => ({ key: await job("admin")(issuer) }) },
  bad("expired", (one, own) => one.token({ ...own, exp: now() - 60 })),
  bad("not valid yet", (one, own) => one.token({ ...own, nbf: now() + 60 })),
  bad("of another issuer", (one, own) => one.token({ ...own, iss: "https://evil.example" })),
  bad("for another audience", (one, own) => one.token({ ...own, aud: "https://other.example" })),
  bad("of another typ", (one, own) => one.token(own, { typ: "JWT" })),
  bad("without a signature", (one, own) => one.unsigned(own)),
  bad("with an HMAC", (one, own) => {
    const header = { alg: "HS256", kid: "one", typ: "at+jwt" };
    return new SignJWT(one.claims(own)).setProtectedHeader(header).sign(Buffer.alloc(32, 7));
  }),
  bad("signed by a stranger", async (one, own) => one.token(own, {}, await one.strangersKey("one"))),
  bad("bound by cnf", (one, own) => one.token({ ...own, cnf: { jkt: "x" } })),
  bad("without an organization", (one, own) => one.token({ ...own, org: undefined })),
];

/** The service that knows the bound keys and the issuer's tokens. */
export function servedFor(service: Service, issuer: TestIssuer): Service {
  const configured = issuer.configured({ services: { job: "job" }, unbound: ["job"] });
  const tokens = createTokens([configured], () => new Date());
  const { deps } = withKeys(service, BOUND);
  return createService(service.deps, { findKey: deps.findKey, tokens });
}

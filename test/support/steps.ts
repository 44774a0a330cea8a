/**
 * Random steps for the property test. A draw is a kind and a handful of numbers; what
 * it names is found in the world it meets, so that a shortened sequence still makes
 * sense. Most draws are bent towards what may succeed, the rest are left as they fall.
 */

import fc from "fast-check";
import { issueToken } from "../../src/domain/cooperation/invitation-token.ts";
import { anyId } from "./ids.ts";
import { inOrganization } from "./oracle.ts";
import type { Rules, Thing } from "./oracle-policy.ts";
import { type Asked, type Due, type Lifecycle, type Offer, type Step, TABLE, type World } from "./oracle-refusals.ts";

/** `write` and `raw`: raw tuples by OpenFGA's Write (raw-steps.ts). */
type Kind = Step["do"] | "write" | "raw";

/** How often each kind of step is drawn. */
const WEIGHTS: Record<Kind, number> = {
  invite: 5,
  join: 5,
  accept: 4,
  decline: 3,
  resend: 2,
  change_expiry: 5,
  review: 3,
  pause: 2,
  resume: 4,
  remove: 2,
  leave: 2,
  share: 6,
  change_share: 6,
  unshare: 3,
  delegate: 9,
  revoke: 4,
  start: 3,
  start_share: 4,
  resume_due: 3,
  step_down: 4,
  put_person: 5,
  remove_person: 3,
  suspend: 4,
  restore: 4,
  forget: 3,
  give_job: 2,
  take_job: 2,
  register: 4,
  unregister: 4,
  set_policy: 8,
  ask: 7,
  accept_ask: 8,
  decline_ask: 4,
  withdraw_ask: 4,
  turn: 5,
  sweep: 2,
  write: 12,
  raw: 8,
};
export const KINDS = Object.keys(WEIGHTS) as Kind[];
export const USERS = ["anna", "otto", "ben", "tom", "eva", "wes", "zoe"];
/** What may be owned; `plant:none` is nobody's at first. */
export const RESOURCES = [
  "portfolio:sun-p",
  "plant:sun-1",
  "plant:sun-2",
  "portfolio:grid-p",
  "plant:grid-1",
  "plant:wind-2",
  "plant:none",
];
const ORGANIZATION_ROLES = ["member", "admin", "external", "moderator", "commercial_asset_manager"];
const JOB_ROLES = ["viewer", "technical_manager", "asset_manager", "operator"];
const HOUR = 3600;
const TURNS = [HOUR, HOUR - 1, 1, 2 * HOUR, 14 * 24 * HOUR];

/**
 * `fits`: whether the actor, and whether the object is one that the step suits. `hours`: when it ends; 0 is too late.
 * `later`: when it starts, and when a share steps down, a pause ends or a review is due; Infinity for no such date.
 */
export type Draw = {
  kind: Kind;
  fits: [actor: boolean, object: boolean];
  n: number[];
  hours: number;
  later: [starts: number, falls: number];
  dry: boolean;
};

const mostly = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
export const draws: fc.Arbitrary<Draw> = fc.record({
  kind: fc.oneof(...KINDS.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) }))),
  fits: fc.tuple(mostly(6), mostly(6)),
  n: fc.array(fc.nat({ max: 59 }), { minLength: 6, maxLength: 6 }),
  hours: fc.constantFrom(Infinity, Infinity, 1, 2, 3, 30, 0),
  later: fc.tuple(
    fc.constantFrom(Infinity, Infinity, Infinity, 1, 1, 2, 0),
    fc.constantFrom(Infinity, Infinity, 1, 1, 2, 0),
  ),
  dry: fc.boolean(),
});

/** The step that a draw means in this world; undefined where there is nothing to take it on. */
export function stepOf(world: World, { kind, fits, n, hours, later }: Draw): Step | undefined {
  const [actorFits, objectFits] = fits;
  const number = (at: number) => n[at] ?? 0;
  const pick = <T>(list: readonly T[], at: number): T | undefined => list[number(at) % list.length];
  const either = <T>(suited: T[], any: T[]): T[] => (objectFits && suited.length > 0 ? suited : any);
  const organizations = [...world.people.keys()];
  const refs = [...world.resources.keys()];
  const peopleOf = (organization: string | undefined) => [...(world.people.get(organization ?? "") ?? [])];
  const adminOf = (organization: string | undefined) => {
    const admins = peopleOf(organization).flatMap(([user, role]) => (role === "admin" ? [user] : []));
    return (actorFits ? pick(admins, 0) : undefined) ?? pick(USERS, 0) ?? "";
  };
  const manager = (organization: string | undefined) => (number(1) % 3 > 0 ? undefined : adminOf(organization));
  const owned = (organization: string) => refs.filter((ref) => world.resources.get(ref)?.owner === organization);
  /** What is not shared, in any of these cooperations. */
  const unshared = (resources: string[], cooperations = world.cooperations) => {
    const live = cooperations.filter(({ status }) => status !== "ended").flatMap(({ shares }) => shares);
    const shared = new Set(live.flatMap(({ removed, resource }) => (removed ? [] : [resource])));
    return resources.filter((ref) => !shared.has(ref));
  };
  const at = (afterHours: number) => world.now + afterHours * HOUR * 1000;
  const until = at(hours);
  const starts = later[0] === Infinity ? -Infinity : at(later[0]);
  const falls = at(later[1]);
  // on the last second that a month with 31 days allows, and beyond a shorter one
  const isFar = number(0) % 4 === 0;
  const reviewed = isFar ? at(31 * 24) : falls;
  const sharedRole = (at: number) =>
    pick(objectFits ? ["technical_manager", "asset_manager", "viewer"] : JOB_ROLES, at) ?? "";

  if (kind === "write" || kind === "raw") return undefined;
  if (kind === "turn") return { do: kind, seconds: pick(TURNS, 1) ?? 0 };
  if (kind === "sweep") return { do: kind };
  if (kind === "invite") {
    const organization = pick(organizations, 1) ?? "";
    const others = either(
      organizations.filter((one) => one !== organization),
      [...organizations, "nowhere"],
    );
    const holder = [...world.addresses].flatMap(([email, user]) =>
      objectFits === (world.people.get(organization)?.has(user) ?? false) ? [] : [email],
    );
    const known = { email: pick(holder, 2) ?? "", confirm: pick(others, 3) ?? "" };
    const theirs = organizations.find((one) => world.people.get(one)?.has(world.addresses.get(known.email) ?? ""));
    const to = [
      { organization: pick(others, 2) ?? "" },
      { email: `new-${number(2) % 2}@x.example` },
      objectFits && theirs !== undefined ? { ...known, confirm: theirs } : known,
      { email: known.email },
    ];
    const offered = either(owned(organization), refs);
    const first: Offer = {
      resource: pick(offered, 4) ?? "",
      role: sharedRole(5),
      starts: number(0) % 2 === 0 ? starts : -Infinity,
      until: Infinity,
      steps: falls,
    };
    const reviews = number(1) % 3 === 0 ? reviewed : Infinity;
    const shares = number(3) % 3 > 0 && first.resource !== "" ? [first] : [];
    return { do: kind, by: adminOf(organization), organization, to: pick(to, 5) ?? {}, starts, until, reviews, shares };
  }
  if (kind === "set_policy") {
    const organization = pick(organizations, 2) ?? "";
    return { do: kind, by: manager(organization), organization, rules: rulesOf(number) };
  }
  if (kind === "forget") {
    const belongs = (user: string) => organizations.some((one) => world.people.get(one)?.has(user));
    const gone = [...world.known].filter((user) => !belongs(user));
    return {
      do: kind,
      by: number(1) % 5 === 0 ? (pick(USERS, 0) ?? "") : undefined,
      user: pick(either(gone, USERS), 3) ?? "",
    };
  }
  if (kind === "suspend" || kind === "restore") {
    const organization = pick(organizations, 2) ?? "";
    const own = peopleOf(organization).map(([user]) => user);
    const held = own.filter((user) => world.suspended?.has(inOrganization(organization, user)));
    const user = pick(either(kind === "restore" ? held : own, USERS), 3) ?? "";
    return { do: kind, by: number(4) % 3 === 0 ? user : manager(organization), organization, user };
  }
  if (kind === "put_person" || kind === "remove_person") {
    const organization = pick(organizations, 2) ?? "";
    const own = peopleOf(organization).map(([user]) => user);
    const leaving = kind === "remove_person";
    const user = pick(leaving ? either(own, USERS) : USERS, 3) ?? "";
    const by = leaving && number(4) % 3 === 0 ? user : manager(organization);
    const asked = number(5) % 3 === 0 ? pick([...world.addresses.keys(), `${user}-2@x.example`], 2) : undefined;
    return leaving
      ? { do: kind, by, organization, user }
      : { do: kind, by, organization, user, role: pick(ORGANIZATION_ROLES, 4) ?? "", email: asked };
  }
  if (kind === "register" || kind === "unregister") {
    const gone = RESOURCES.filter((ref) => !world.resources.has(ref));
    const plants = refs.filter((ref) => ref.startsWith("plant:"));
    if (kind === "unregister") {
      const free = number(3) % 3 > 0 ? unshared(plants) : [];
      const resource = pick(either(free, either(plants, refs)), 2) ?? "plant:none";
      return { do: kind, by: objectFits ? undefined : manager("sun"), resource };
    }
    const resource = pick([...gone, ...plants], 2) ?? "plant:none";
    const known = world.resources.get(resource)?.owner;
    const owner =
      either(known === undefined ? [] : [known], organizations)[number(3) % (known && objectFits ? 1 : 3)] ?? "";
    const portfolios = either(owned(owner), refs).filter((ref) => ref.startsWith("portfolio:"));
    const portfolio = resource.startsWith("plant:") ? pick([...portfolios, undefined], 4) : undefined;
    return { do: kind, by: manager(owner), resource, owner, portfolio };
  }
  if (kind === "give_job" || kind === "take_job") {
    const held = refs.filter((ref) => kind === "give_job" || (world.resources.get(ref)?.jobs.size ?? 0) > 0);
    const resource = pick(either(held, [...refs, "plant:none"]), 2) ?? "plant:none";
    const { owner, jobs } = world.resources.get(resource) ?? {};
    const user =
      pick(either(kind === "take_job" ? [...(jobs?.keys() ?? [])] : peopleOf(owner).map(([one]) => one), USERS), 3) ??
      "";
    const by = manager(owner);
    return kind === "take_job"
      ? { do: kind, by, resource, user }
      : { do: kind, by, resource, user, role: pick(JOB_ROLES, 4) ?? "" };
  }

  if (isDueKind(kind)) return dueStep(world, kind, objectFits, (list) => pick(list, 1));

  if (kind === "ask" || kind === "accept_ask" || kind === "decline_ask" || kind === "withdraw_ask") {
    const asking = world.cooperations.filter(({ status, asks }) => {
      return (status === "active" || status === "paused") && (kind === "ask" || asks.length > 0);
    });
    const of = pick(either(asking, world.cooperations), 1);
    if (of === undefined) return undefined;
    const side = kind === "ask" || kind === "withdraw_ask" ? "partner" : "initiator";
    const facts = { cooperation: of.id, by: adminOf(of[side]) };
    if (kind !== "ask") return { do: kind, ...facts, n: pick(of.asks, 2)?.n ?? 1 };
    const share = pick([...of.shares.filter(({ removed }) => !removed || !objectFits), undefined], 2);
    const isLater = share === undefined || number(3) % 3 === 0;
    // a date that is later than most
    const later = isLater ? (hours === Infinity ? at(40) : until) : undefined;
    const role = share === undefined || number(4) % 4 === 0 ? undefined : sharedRole(5);
    return role === undefined && later === undefined
      ? { do: kind, ...facts, about: share?.id, role: "viewer", until: undefined }
      : { do: kind, ...facts, about: share?.id, role, until: later };
  }

  const suited = world.cooperations.filter(({ status }) => (TABLE[kind]?.from ?? ["invited"]).includes(status));
  if (kind === "change_share" || kind === "unshare" || kind === "delegate" || kind === "revoke") {
    const side = kind === "delegate" || kind === "revoke" ? "partner" : "initiator";
    const all = world.cooperations.flatMap((of) => of.shares.map((share) => ({ share, of })));
    const live = all.filter(({ share, of }) => !share.removed && suited.includes(of));
    const delegated = live.filter(({ share }) => kind === "revoke" && share.delegations.size > 0);
    const found = pick(either(delegated, either(live, all)), 1);
    if (found === undefined) return undefined;
    const { share, of } = found;
    const facts = { share: share.id, by: adminOf(of[side]) };
    if (kind === "unshare") return { do: kind, ...facts };
    if (kind === "change_share") {
      const role = number(3) % 4 === 0 ? undefined : sharedRole(4);
      const maybe = (nth: number, date: number) => (number(5) % nth === 0 ? undefined : date);
      return { do: kind, ...facts, role, starts: maybe(3, starts), until: maybe(2, until), steps: maybe(5, falls) };
    }
    const user =
      pick(
        either(kind === "revoke" ? [...share.delegations.keys()] : peopleOf(of.partner).map(([one]) => one), USERS),
        2,
      ) ?? "";
    if (kind === "revoke") return { do: kind, ...facts, user };
    return { do: kind, ...facts, user, role: pick(either(["viewer", share.role], JOB_ROLES), 3) ?? "", until };
  }
  const cooperation = pick(either(suited, world.cooperations), 1);
  if (cooperation === undefined) return undefined;
  if (kind === "join") {
    const organization =
      pick(
        either(
          organizations.filter((one) => one !== cooperation.initiator),
          organizations,
        ),
        2,
      ) ?? "";
    const mail = Math.max(0, cooperation.mails - (objectFits ? 0 : 1));
    return { do: kind, by: adminOf(organization), cooperation: cooperation.id, organization, mail };
  }
  const facts = { cooperation: cooperation.id, by: adminOf(cooperation[TABLE[kind]?.side ?? "initiator"]) };
  if (kind === "pause") return { do: kind, ...facts, resumes: number(3) % 3 === 0 ? undefined : falls };
  if (kind === "change_expiry") {
    const [moved, resumes] = [number(3) % 2 === 0 ? starts : undefined, number(4) % 2 === 0 ? falls : undefined];
    return { do: kind, ...facts, starts: moved, until, reviews: number(5) % 3 === 0 ? reviewed : undefined, resumes };
  }
  if (kind === "review") return { do: kind, ...facts, reviews: number(3) % 4 === 0 ? undefined : reviewed };
  if (kind !== "share") return { do: kind satisfies Lifecycle, ...facts };
  const own = owned(cooperation.initiator);
  const free = number(4) % 3 > 0 ? unshared(own, [cooperation]) : [];
  const resource = pick(either(free, either(own, refs)), 2) ?? "plant:none";
  return { do: kind, ...facts, resource, role: sharedRole(3), starts, until, steps: falls };
}

/** Rules that refuse some of what else is drawn; each is left out as often as not. */
function rulesOf(number: (at: number) => number): Rules {
  const pick = <T>(list: readonly T[], at: number) => list[number(at) % list.length] as T;
  const days = pick([{}, {}, { cooperation: 1 }, { share: 1 }, { delegation: 1 }, { share: 2, delegation: 1 }], 0);
  return {
    days,
    months: pick([undefined, undefined, 1, 1, 2], 1),
    required: pick<Thing[]>([[], [], ["share"], ["cooperation", "delegation"]], 3),
    highest: pick([undefined, undefined, "viewer", "technical_manager"], 4),
    allowed: pick<string[]>([[], [], [], ["organization:grid"], ["domain:x.example", "organization:sun"]], 5),
    denied: pick<string[]>([[], [], [], [], ["organization:wind"], ["domain:x.example"]], 4),
  };
}

const policyOf = ({ days, months, required, highest, allowed, denied }: Rules) => ({
  ...Object.fromEntries(Object.entries(days).map(([thing, max]) => [`${thing}_days_max`, max])),
  review_months_max: months ?? null,
  dates_required: required,
  highest_role: highest ?? null,
  partners_allowed: allowed,
  partners_denied: denied,
});

const DUE_KINDS: readonly Kind[] = ["start", "start_share", "resume_due", "step_down"] satisfies Due["do"][];
const isDueKind = (kind: Kind): kind is Due["do"] => DUE_KINDS.includes(kind);

/** What the service does on a date: for the most part on something that has such a date, whether it has come or not. */
function dueStep(
  world: World,
  kind: Due["do"],
  fits: boolean,
  pick: <T>(list: readonly T[]) => T | undefined,
): Due | undefined {
  const choose = <T>(all: T[], suits: (one: T) => boolean) => {
    const suited = all.filter(suits);
    return pick(fits && suited.length > 0 ? suited : all);
  };
  const { cooperations } = world;
  if (kind === "start" || kind === "resume_due") {
    const has = (one: (typeof cooperations)[number]) =>
      kind === "start" ? one.starts > -Infinity : one.resumes < Infinity;
    const cooperation = choose(cooperations, has)?.id;
    return cooperation === undefined ? undefined : { do: kind, cooperation };
  }
  const share = choose(
    cooperations.flatMap(({ shares }) => shares),
    ({ starts, steps }) => (kind === "start_share" ? starts > -Infinity : steps < Infinity),
  )?.id;
  return share === undefined ? undefined : { do: kind, share };
}

const isSet = (date: number) => Number.isFinite(date);
const date = (at: number) => (isSet(at) ? new Date(at).toISOString() : null);
/** Dates by their names in the API; `undefined` is left out, and so is what is not set of something new. */
const NAMES = {
  starts: "starts_at",
  until: "expires_at",
  reviews: "review_by",
  steps: "step_down_at",
  resumes: "resume_at",
} as const;
type Dates = { [D in keyof typeof NAMES]?: number | undefined };
const cleared = (dates: Dates) =>
  Object.fromEntries(
    (Object.keys(NAMES) as (keyof Dates)[]).flatMap((name) => {
      const at = dates[name];
      return at === undefined ? [] : [[NAMES[name], date(at)]];
    }),
  );
const dated = (dates: Dates) =>
  cleared(Object.fromEntries(Object.entries(dates).filter(([, at]) => at !== undefined && isSet(at))));

/** The request that takes a step. */
export function requestOf(step: Asked, secret: string): { method: string; path: string; body?: object } {
  switch (step.do) {
    case "invite": {
      const shares = step.shares.map(({ resource, role, ...dates }) => ({ resource, role, ...dated(dates) }));
      const { confirm, ...to } = step.to;
      const body = {
        ...to,
        ...(confirm && { confirm_organization: confirm }),
        shares,
        ...dated({ starts: step.starts, until: step.until, reviews: step.reviews }),
      };
      return { method: "POST", path: `/v1/organizations/${step.organization}/cooperations`, body };
    }
    case "join": {
      const token = issueToken(secret, anyId(step.cooperation), step.mail);
      return { method: "POST", path: "/v1/invitations/join", body: { token, organization: step.organization } };
    }
    case "change_expiry":
      return {
        method: "PATCH",
        path: `/v1/cooperations/${step.cooperation}`,
        body: cleared({ starts: step.starts, until: step.until, reviews: step.reviews, resumes: step.resumes }),
      };
    case "review":
      return {
        method: "POST",
        path: `/v1/cooperations/${step.cooperation}/review`,
        body: { note: "Still needed.", ...cleared({ reviews: step.reviews }) },
      };
    case "pause":
      return {
        method: "POST",
        path: `/v1/cooperations/${step.cooperation}/pause`,
        body: cleared({ resumes: step.resumes }),
      };
    case "remove":
      return { method: "DELETE", path: `/v1/cooperations/${step.cooperation}` };
    case "share": {
      const { resource, role, starts, until, steps } = step;
      const body = { resource, role, ...dated({ starts, until, steps }) };
      return { method: "POST", path: `/v1/cooperations/${step.cooperation}/shares`, body };
    }
    case "change_share": {
      const { role, starts, until, steps } = step;
      const body = { ...(role && { role }), ...cleared({ starts, until, steps }) };
      return { method: "PATCH", path: `/v1/shares/${step.share}`, body };
    }
    case "unshare":
      return { method: "DELETE", path: `/v1/shares/${step.share}` };
    case "delegate": {
      const body = { role: step.role, ...dated({ until: step.until }) };
      return { method: "PUT", path: `/v1/shares/${step.share}/delegations/${step.user}`, body };
    }
    case "revoke":
      return { method: "DELETE", path: `/v1/shares/${step.share}/delegations/${step.user}` };
    case "put_person":
      return {
        method: "PUT",
        path: `/v1/organizations/${step.organization}/people/${step.user}`,
        body: { role: step.role, ...(step.email !== undefined && { email: step.email }) },
      };
    case "forget":
      return { method: "DELETE", path: `/v1/people/${step.user}` };
    case "remove_person":
      return { method: "DELETE", path: `/v1/organizations/${step.organization}/people/${step.user}` };
    case "suspend":
    case "restore": {
      const path = `/v1/organizations/${step.organization}/people/${step.user}/suspension`;
      return step.do === "suspend" ? { method: "PUT", path, body: {} } : { method: "DELETE", path };
    }
    case "give_job":
      return { method: "PUT", path: `/v1/${pathOf(step.resource)}/roles/${step.user}`, body: { role: step.role } };
    case "take_job":
      return { method: "DELETE", path: `/v1/${pathOf(step.resource)}/roles/${step.user}` };
    case "ask": {
      const { about, role, until } = step;
      const body = { ...(about && { share: about }), ...(role && { role }), ...dated({ until }), note: "why" };
      return { method: "POST", path: `/v1/cooperations/${step.cooperation}/asks`, body };
    }
    case "accept_ask":
    case "decline_ask":
    case "withdraw_ask": {
      const answer = step.do.replace("_ask", "");
      return { method: "POST", path: `/v1/cooperations/${step.cooperation}/asks/${step.n}/${answer}` };
    }
    case "set_policy":
      return { method: "PUT", path: `/v1/organizations/${step.organization}/policy`, body: policyOf(step.rules) };
    case "register": {
      const portfolio = step.portfolio && { portfolio: step.portfolio.split(":")[1] };
      return { method: "PUT", path: `/v1/${pathOf(step.resource)}`, body: { owner: step.owner, ...portfolio } };
    }
    case "unregister":
      return { method: "DELETE", path: `/v1/${pathOf(step.resource)}` };
    default:
      return { method: "POST", path: `/v1/cooperations/${step.cooperation}/${step.do}` };
  }
}

const pathOf = (ref: string) => ref.replace(":", "s/");

/** The steps that take `?dry_run=true`. */
export const DRY: readonly string[] = [
  ...Object.keys(TABLE).filter((name) => !/ask$/.test(name)),
  ...["invite", "join", "register", "accept_ask"],
];

/** A step as one line of text. */
export function wordsOf(world: World, step: Step): string {
  if (step.do === "turn") return `the clock turns by ${step.seconds} s`;
  if (step.do === "sweep") return "the sweep runs";
  const { do: action, by = "a service", ...facts } = { by: undefined, ...step };
  const named = Object.entries(facts).map(([name, value]) => `${name} ${nameOf(world, name, value)}`);
  return `${by}: ${action}, ${named.join(", ")}`;
}

function nameOf(world: World, name: string, value: unknown): string {
  if (name in NAMES && typeof value === "number") return isSet(value) ? `+${(value - world.now) / 1000} s` : "never";
  if (name === "cooperation" || name === "share")
    for (const [c, { id, initiator, partner, shares }] of world.cooperations.entries()) {
      if (id === value) return `#${c} (${initiator} → ${partner ?? "nobody yet"})`;
      const share = shares.find((one) => one.id === value);
      if (share) return `#${c} ${share.resource} at ${share.role}`;
    }
  return typeof value === "string" ? value : JSON.stringify(value, (_, v) => (Math.abs(v) === Infinity ? "never" : v));
}

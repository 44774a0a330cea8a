/**
 * Random steps for the property test. A draw is a kind and a handful of numbers; what
 * it names is found in the world it meets, so that a shortened sequence still makes
 * sense. Most draws are bent towards what may succeed, the rest are left as they fall.
 */

import fc from "fast-check";
import { issueToken } from "../../src/domain/cooperation/invitation-token.ts";
import { anyId } from "./ids.ts";
import { type Asked, type Due, type Lifecycle, type Offer, type Step, TABLE, type World } from "./oracle-refusals.ts";

/** `write` and `raw`: raw tuples by OpenFGA's Write (raw-steps.ts). */
type Kind = Step["do"] | "write" | "raw";

/** How often each kind of step is drawn. */
const WEIGHTS: Record<Kind, number> = {
  invite: 5,
  join: 3,
  accept: 4,
  decline: 1,
  resend: 2,
  change_expiry: 3,
  pause: 2,
  resume: 4,
  remove: 1,
  leave: 1,
  share: 6,
  change_share: 6,
  unshare: 3,
  delegate: 9,
  revoke: 2,
  start: 3,
  start_share: 4,
  resume_due: 3,
  step_down: 4,
  put_person: 5,
  remove_person: 3,
  forget: 2,
  give_job: 2,
  take_job: 2,
  register: 4,
  unregister: 2,
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
 * `later`: when it starts, and when a share steps down or a pause ends; Infinity for no such date.
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
  hours: fc.constantFrom(Infinity, Infinity, 1, 2, 3, 0),
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
  const at = (afterHours: number) => world.now + afterHours * HOUR * 1000;
  const until = at(hours);
  const starts = later[0] === Infinity ? -Infinity : at(later[0]);
  const falls = at(later[1]);
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
    const shares = number(3) % 3 > 0 && first.resource !== "" ? [first] : [];
    return { do: kind, by: adminOf(organization), organization, to: pick(to, 5) ?? {}, starts, until, shares };
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
      const resource = pick(either(plants, refs), 2) ?? "plant:none";
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

  const suited = world.cooperations.filter(({ status }) => (TABLE[kind]?.from ?? ["invited"]).includes(status));
  if (kind === "change_share" || kind === "unshare" || kind === "delegate" || kind === "revoke") {
    const side = kind === "delegate" || kind === "revoke" ? "partner" : "initiator";
    const all = world.cooperations.flatMap((of) => of.shares.map((share) => ({ share, of })));
    const found = pick(
      either(
        all.filter(({ share, of }) => !share.removed && suited.includes(of)),
        all,
      ),
      1,
    );
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
    return { do: kind, ...facts, starts: moved, until, resumes };
  }
  if (kind !== "share") return { do: kind satisfies Lifecycle, ...facts };
  const resource = pick(either(owned(cooperation.initiator), refs), 2) ?? "plant:none";
  return { do: kind, ...facts, resource, role: sharedRole(3), starts, until, steps: falls };
}

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
const NAMES = { starts: "starts_at", until: "expires_at", steps: "step_down_at", resumes: "resume_at" } as const;
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
        ...dated({ starts: step.starts, until: step.until }),
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
        body: cleared({ starts: step.starts, until: step.until, resumes: step.resumes }),
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
    case "give_job":
      return { method: "PUT", path: `/v1/${pathOf(step.resource)}/roles/${step.user}`, body: { role: step.role } };
    case "take_job":
      return { method: "DELETE", path: `/v1/${pathOf(step.resource)}/roles/${step.user}` };
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
export const DRY: readonly string[] = [...Object.keys(TABLE), "invite", "join", "register"];

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

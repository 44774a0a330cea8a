/**
 * What a step is answered with and what it makes of the world, said once more from the
 * laws and the life of a cooperation (docs/guarantees.md, docs/concepts.md): the property test holds every reply to it. Nothing of the product is used
 * here. The order of the questions is the order in which the service asks them: who
 * may, then when, then what.
 */
import { type Cooperation as Bond, endOf, inOrganization, type World as Plain, type Share } from "./oracle.ts";
import {
  givesMore,
  type Rules,
  refusalOfBond,
  refusalOfDates,
  refusalOfDelegation,
  refusalOfShare,
  refusesPartner,
  refusesReview,
} from "./oracle-policy.ts";

/** Besides what access depends on: how it ended, the mails that went out, the lines of its history. */
export type Cooperation = Bond & {
  endedAs?: string;
  reviews: number;
  /** When its pause ends. */
  resumes: number;
  email?: string | undefined;
  mails: number;
  sentAt: number;
  /** Whether the sweep has run, so that the shares of an ended cooperation, and removed ones, are deleted. */
  sweptShares: Set<string>;
  /** What the partner asks for and has no answer to, and how many there ever were. */
  asks: Ask[];
  asked: number;
};
/** `about`: a share, at another role or until a later date, or the date of the cooperation; `from`: as it was when it was asked. */
export type Ask = { n: number; from: { role: string | undefined; until: number } } & Wanted;
type Wanted = { about: string | undefined; role: string | undefined; until: number | undefined };
/** `addresses`: e-mail → person. `known`: who ever belonged to an organization. `entries`: object → lines of its history. */
export type World = Plain<Cooperation> & {
  addresses: Map<string, string>;
  known: Set<string>;
  entries: Map<string, number>;
  /** Who invites and who is invited, as one text: mails without an answer, the last of them, and the last decline. */
  invited: Map<string, { mails: number; at: number; declinedAt: number }>;
  /** Organization → what its policy rules; none where it never had one. */
  policies: Map<string, Rules>;
};

/** Who invites and who is invited. */
export const pairOf = ({ initiator, partner, email }: Pick<Cooperation, "initiator" | "partner" | "email">) =>
  `${initiator} → ${partner ?? email}`;

/** Who takes a step: a person, or a service (undefined). */
type By = { by: string | undefined };
export type Lifecycle = "accept" | "decline" | "resend" | "resume" | "remove" | "leave";
/** What is offered of a resource. */
export type Offer = { resource: string; role: string; starts: number; until: number; steps: number };
/** What the service does by itself, whether it is due or not. */
export type Due =
  | { do: "start" | "resume_due"; cooperation: string }
  | { do: "start_share" | "step_down"; share: string };
export type Step =
  | ({ do: "invite"; organization: string; to: { organization?: string; email?: string; confirm?: string } } & By & {
        starts: number;
        until: number;
        reviews: number;
        shares: Offer[];
      })
  | ({ do: "join"; cooperation: string; organization: string; mail: number } & By)
  | ({ do: Lifecycle; cooperation: string } & By)
  | ({ do: "pause"; cooperation: string; resumes: number | undefined } & By)
  | ({ do: "change_expiry"; cooperation: string; until: number } & Redated<"starts" | "reviews" | "resumes"> & By)
  | ({ do: "review"; cooperation: string } & Redated<"reviews"> & By)
  | ({ do: "share"; cooperation: string } & Offer & By)
  | ({ do: "change_share"; share: string; role: string | undefined } & Redated<"starts" | "until" | "steps"> & By)
  | ({ do: "unshare"; share: string } & By)
  | ({ do: "delegate"; share: string; user: string; role: string; until: number } & By)
  | ({ do: "revoke"; share: string; user: string } & By)
  | ({ do: "put_person"; organization: string; user: string; role: string; email?: string | undefined } & By)
  | ({ do: "forget"; user: string } & By)
  | ({ do: "remove_person"; organization: string; user: string } & By)
  | ({ do: "suspend" | "restore"; organization: string; user: string } & By)
  | ({ do: "give_job"; resource: string; user: string; role: string } & By)
  | ({ do: "take_job"; resource: string; user: string } & By)
  | ({ do: "register"; resource: string; owner: string; portfolio: string | undefined } & By)
  | ({ do: "unregister"; resource: string } & By)
  | ({ do: "ask"; cooperation: string } & Wanted & By)
  | ({ do: "accept_ask" | "decline_ask" | "withdraw_ask"; cooperation: string; n: number } & By)
  | ({ do: "set_policy"; organization: string; rules: Rules } & By)
  | Due
  | { do: "turn"; seconds: number }
  | { do: "sweep" };
/** Dates of a change; undefined stays as it is. */
type Redated<D extends string> = { [date in D]: number | undefined };

/** The steps that a request takes. */
export type Asked = Exclude<Step, { do: "turn" | "sweep" | Due["do"] }>;
const DUE: readonly string[] = ["start", "start_share", "resume_due", "step_down"] satisfies Due["do"][];
export const isDue = (step: Step): step is Due => DUE.includes(step.do);

/** Whose admins act, from which statuses, and where it is so already. */
export const TABLE: Record<string, { side: "initiator" | "partner"; from: string[]; already?: string[] }> = {
  accept: { side: "partner", from: ["pending"], already: ["active", "paused"] },
  decline: { side: "partner", from: ["pending"], already: ["declined"] },
  resend: { side: "initiator", from: ["invited", "pending"] },
  change_expiry: { side: "initiator", from: ["invited", "pending", "active", "paused"] },
  review: { side: "initiator", from: ["invited", "pending", "active", "paused"] },
  pause: { side: "initiator", from: ["active"], already: ["paused"] },
  resume: { side: "initiator", from: ["paused"], already: ["active"] },
  remove: { side: "initiator", from: ["invited", "pending", "active", "paused"], already: ["removed"] },
  leave: { side: "partner", from: ["active", "paused"], already: ["left"] },
  share: { side: "initiator", from: ["invited", "pending", "active", "paused"] },
  change_share: { side: "initiator", from: ["invited", "pending", "active", "paused"] },
  unshare: { side: "initiator", from: ["invited", "pending", "active", "paused"] },
  delegate: { side: "partner", from: ["active"] },
  revoke: { side: "partner", from: ["active", "paused"] },
  ask: { side: "partner", from: ["active", "paused"] },
  withdraw_ask: { side: "partner", from: ["active", "paused"] },
  decline_ask: { side: "initiator", from: ["active", "paused"] },
};
const NOT_WHEN_EXPIRED = ["join", "accept", "review", "delegate"];
const GRANTS: Record<string, string[]> = {
  viewer: ["viewer"],
  technical_manager: ["viewer", "technical_manager"],
  asset_manager: ["viewer", "asset_manager"],
};
const SECONDS = 1000;
const INVITATION_LASTS = 14 * 24 * 3600 * SECONDS;

const roleIn = (world: World, organization: string | undefined, user: string | undefined) =>
  world.people.get(organization ?? "")?.get(user ?? "");

/** What somebody is where something is done in a cooperation: of who is suspended only an admin is known. */
function actingIn(world: World, organization: string | undefined, user: string | undefined): string | undefined {
  const role = roleIn(world, organization, user);
  if (!world.suspended?.has(inOrganization(organization ?? "", user ?? ""))) return role;
  return role === "admin" ? "suspended" : undefined;
}

/** Whether a step of the table may be taken at all: by this person, on this cooperation, now. */
function gate(world: World, action: string, by: string | undefined, cooperation: Cooperation): string {
  const { side, from, already = [] } = TABLE[action] ?? { side: "partner", from: ["invited"] };
  const acting = actingIn(world, cooperation[side], by);
  if (action !== "join" && acting !== "admin") {
    if (acting !== undefined) return acting === "suspended" ? acting : "not_admin";
    const known = [cooperation.initiator, cooperation.partner].some((one) => actingIn(world, one, by) !== undefined);
    return known ? "wrong_side" : "not_found";
  }
  const status = cooperation.endedAs ?? cooperation.status;
  if (already.includes(status)) return "same";
  if (!from.includes(status)) return "wrong_status";
  // a review may be late, and then not behind the expiry
  const ends = action === "review" ? cooperation.until : endOf(cooperation);
  return ends <= world.now && NOT_WHEN_EXPIRED.includes(action) ? "cooperation_expired" : "done";
}

/** Whether somebody may manage what is an organization's own. Services may. */
function manages(world: World, organization: string, by: string | undefined): string {
  const role = roleIn(world, organization, by);
  return by === undefined || role === "admin" ? "done" : role === undefined ? "not_found" : "not_admin";
}

/** The same for what is done in cooperations: who is suspended does nothing there, and does not lift it. */
function acts(world: World, organization: string, by: string | undefined): string {
  const role = actingIn(world, organization, by);
  if (role === "suspended") return role;
  return by === undefined || role === "admin" ? "done" : role === undefined ? "not_found" : "not_admin";
}

const NO_RULES: Rules = { days: {}, months: undefined, required: [], highest: undefined, allowed: [], denied: [] };

const past = (world: World, until: number) => until <= world.now;
const isLive = ({ status }: Cooperation) => status !== "ended";
const isOpen = ({ status }: Cooperation) => status === "invited" || status === "pending";

const DECLINED_LASTS = 3 * 24 * 3600 * SECONDS;

/** Whether they were written to or said no too short a while ago: a minute after the first two mails, then twice as long each time. */
function isTooSoon(world: World, pair: string): boolean {
  const { mails, at, declinedAt } = world.invited.get(pair) ?? { mails: 0, at: -Infinity, declinedAt: -Infinity };
  const pause = Math.min(60 * 2 ** Math.max(0, mails - 2), 24 * 3600) * SECONDS;
  return world.now < at + pause || world.now < declinedAt + DECLINED_LASTS;
}

/** A share with its cooperation, while the sweep has left anything of it. */
function find(world: World, id: string): { share: Share; cooperation: Cooperation } | undefined {
  for (const cooperation of world.cooperations)
    for (const share of cooperation.shares)
      if (share.id === id && !cooperation.sweptShares.has(id)) return { share, cooperation };
  return undefined;
}

const liveSharesOn = (world: World, resource: string) =>
  world.cooperations
    .filter(isLive)
    .flatMap(({ shares }) => shares.filter((share) => !share.removed && share.resource === resource));

type Span = { starts: number; until: number };
const NEW: Span & { steps: number } = { starts: -Infinity, until: Infinity, steps: Infinity };

/** Why something cannot start and end then; `isOpen`: it gives access already. */
function span(world: World, was: Span, is: Span, isOpen: boolean): string {
  if (is.until !== was.until && past(world, is.until)) return "invalid_expiry";
  const isMoved = is.starts !== was.starts && is.starts > -Infinity;
  if (isMoved && (isOpen || past(world, is.starts))) return "invalid_date";
  const isChanged = is.starts !== was.starts || is.until !== was.until;
  return isChanged && is.starts >= is.until ? "invalid_date" : "done";
}

/** Why a share cannot have these dates. */
function datesOfShare(world: World, was: Span & { steps: number }, is: Offer, isOpen: boolean): string {
  const spanned = span(world, was, is, isOpen);
  if (spanned !== "done" || is.steps === Infinity) return spanned;
  return is.role === "viewer" || (is.steps !== was.steps && past(world, is.steps)) ? "invalid_date" : "done";
}

const hasStarted = ({ status, starts }: Cooperation) =>
  (status === "active" || status === "paused") && starts === -Infinity;

/** A share as it counts now. */
export const countsAs = (world: World, { role, starts, until, steps }: Share) =>
  past(world, steps) ? { role: "viewer", starts, until, steps: Infinity } : { role, starts, until, steps };

/** What a change makes of a share: what has no role to step down from keeps no date for it. */
export function changedShare(world: World, share: Share, step: Extract<Step, { do: "change_share" }>) {
  const is = countsAs(world, share);
  const role = step.role ?? is.role;
  const steps = step.steps ?? (role === "viewer" ? Infinity : is.steps);
  return { role, starts: step.starts ?? is.starts, until: step.until ?? is.until, steps };
}

/** Why one of these cannot be shared by its initiator. */
function offer(
  world: World,
  bond: Pick<Bond, "initiator" | "partner"> & { email?: string | undefined },
  offered: Offer,
) {
  const { initiator } = bond;
  if (offered.role === "operator") return "operator_never_crosses";
  if (world.resources.get(offered.resource)?.owner !== initiator) return "not_owner";
  const dated = datesOfShare(world, NEW, offered, false);
  return dated === "done" ? refusalOfShare(world, bond, undefined, offered) : dated;
}

/** Why the dates of a cooperation cannot become these. */
function datesOf(
  world: World,
  was: Cooperation,
  step: Partial<Redated<"starts" | "until" | "reviews" | "resumes">>,
): string {
  const { starts = was.starts, until = was.until, reviews = was.reviews, resumes = was.resumes } = step;
  const isSame = starts === was.starts && until === was.until && reviews === was.reviews && resumes === was.resumes;
  if (isSame) return "same";
  const isMoved = resumes !== was.resumes && resumes !== Infinity;
  if (isMoved && was.status !== "paused") return "wrong_status";
  const spanned = span(world, was, { starts, until }, hasStarted(was));
  if (spanned === "done" && !canBeReviewed(world, was, { starts, reviews })) return "invalid_date";
  if (spanned === "done" && isMoved && past(world, resumes)) return "invalid_date";
  const is = { starts, until, reviews };
  return spanned === "done" && givesMore(was, is) ? refusalOfDates(world, was, is) : spanned;
}

/** What can still be answered: an ask ends with its share. */
export const openAsks = ({ asks, shares }: Cooperation): Ask[] =>
  asks.filter(({ about }) => about === undefined || shares.some(({ id, removed }) => id === about && !removed));

/** What is asked about, as it is. */
export function asIs(world: World, { shares, until }: Cooperation, id: string | undefined): Ask["from"] {
  const share = shares.find((one) => one.id === id);
  return share === undefined ? { role: undefined, until } : { role: countsAs(world, share).role, until: share.until };
}

function isStale(world: World, cooperation: Cooperation, { about, from }: Ask): boolean {
  const is = asIs(world, cooperation, about);
  return is.role !== from.role || is.until !== from.until;
}

function ask(world: World, step: Extract<Step, { do: "ask" }>, cooperation: Cooperation): string {
  const { about, role, until } = step;
  if (about !== undefined && !cooperation.shares.some(({ id, removed }) => id === about && !removed))
    return "not_found";
  if (role === "operator") return "operator_never_crosses";
  if (until !== undefined && past(world, until)) return "invalid_expiry";
  const is = asIs(world, cooperation, about);
  if (until === undefined ? role === is.role : until <= is.until) return "nothing_to_ask";
  const waits = openAsks(cooperation).some(
    (one) => one.about === about && one.role === role && one.until === until && !isStale(world, cooperation, one),
  );
  return waits ? "same" : "done";
}

/** Whether what was asked for is given: as the initiator's own change would be. */
function acceptAsk(world: World, { n, by }: { n: number; by: string | undefined }, cooperation: Cooperation): string {
  const found = openAsks(cooperation).find((one) => one.n === n);
  const gated = gate(world, "change_share", by, cooperation);
  if (gated !== "done") return gated;
  if (found === undefined) return "not_found";
  if (isStale(world, cooperation, found)) return "ask_stale";
  if (found.about === undefined) return datesOf(world, cooperation, { until: found.until });
  const { role, until } = found;
  return onShare(world, {
    do: "change_share",
    by,
    share: found.about,
    role,
    until,
    starts: undefined,
    steps: undefined,
  });
}

/** Whether a review may be due then: on a day to come, behind the start. */
function canBeReviewed(world: World, was: Pick<Cooperation, "starts" | "reviews">, is: typeof was): boolean {
  if (is.reviews !== was.reviews && past(world, is.reviews)) return false;
  const isMoved = is.starts !== was.starts || is.reviews !== was.reviews;
  return !isMoved || is.starts < is.reviews;
}

/** What a review is answered with: the next one is named, or none, where there is one that is due. */
function reviewed(world: World, was: Cooperation, { reviews }: Redated<"reviews">): string {
  if (reviews === undefined && was.reviews < Infinity) return "invalid_date";
  const is = { starts: was.starts, until: was.until, reviews: reviews ?? Infinity };
  if (past(world, is.reviews) || !canBeReviewed(world, was, is)) return "invalid_date";
  if (givesMore(was, is)) return refusalOfDates(world, was, is);
  // the next review is set anew, be it no later than before
  return refusesReview(world, was.initiator, is) ? "date_against_policy" : "done";
}

/** Whether something is due: its date is there, and has come. */
function due(world: World, step: Due): string {
  const isTime = (date: number) => (date > -Infinity && past(world, date) ? "done" : "same");
  if ("cooperation" in step) {
    const of = world.cooperations.find(({ id }) => id === step.cooperation);
    if (of === undefined || !isLive(of)) return "same";
    if (step.do === "start") return isTime(of.starts);
    return of.status === "paused" ? isTime(of.resumes) : "same";
  }
  const found = find(world, step.share);
  if (found === undefined) return "not_found";
  if (found.share.removed || !isLive(found.cooperation)) return "same";
  return isTime(step.do === "start_share" ? found.share.starts : found.share.steps);
}

function invite(world: World, step: Step & { do: "invite" }): string {
  const { organization, to } = step;
  const may = step.by === undefined ? "not_found" : acts(world, organization, step.by);
  if (may !== "done") return may;
  const holder = to.email && world.addresses.get(to.email);
  const theirs = [...world.people.keys()].filter((one) => roleIn(world, one, holder) !== undefined);
  if (theirs.includes(organization)) return "own_organization";
  if (to.confirm !== undefined && !theirs.includes(to.confirm)) return "confirmation_stale";
  if (theirs.length > 0 && to.confirm === undefined) return "confirm";
  const partner = to.organization ?? to.confirm;
  if (partner === organization) return "own_organization";
  if (partner !== undefined && !world.people.has(partner)) return "not_found";
  const again = world.cooperations.some(
    (other) =>
      isOpen(other) &&
      other.initiator === organization &&
      (partner === undefined ? other.partner === undefined && other.email === to.email : other.partner === partner),
  );
  if (again) return "already_invited";
  const dated = span(world, NEW, step, false);
  if (dated !== "done") return dated;
  if (!canBeReviewed(world, { ...NEW, reviews: Infinity }, step)) return "invalid_date";
  const { starts, until, reviews } = step;
  const bond = { initiator: organization, partner, email: to.email, starts, until, reviews };
  const unwanted = refusalOfDates(world, bond, bond);
  if (unwanted !== "done") return unwanted;
  if (isTooSoon(world, pairOf({ initiator: organization, partner, email: to.email }))) return "cool_down";
  return step.shares.map((share) => offer(world, bond, share)).find((code) => code !== "done") ?? "done";
}

function join(world: World, step: Step & { do: "join" }, cooperation: Cooperation): string {
  // mail 0 was never sent: a known organization is invited without a token
  if (step.mail !== cooperation.mails || step.mail === 0) return "invalid_invitation";
  if (cooperation.status === "invited" && world.now >= cooperation.sentAt + INVITATION_LASTS)
    return "invitation_expired";
  const may = acts(world, step.organization, step.by);
  if (may !== "done") return may;
  if (step.organization === cooperation.initiator) return "own_organization";
  if (cooperation.status === "active" || cooperation.status === "paused")
    return cooperation.partner === step.organization ? "same" : "invalid_invitation";
  const gated = gate(world, "join", step.by, cooperation);
  if (gated !== "done") return gated;
  return refusalOfBond(world, cooperation, step.organization);
}

function onShare(world: World, step: Extract<Asked, { share: string }>): string {
  const found = find(world, step.share);
  if (found === undefined) return "not_found";
  const { share, cooperation } = found;
  const gated = gate(world, step.do, step.by, cooperation);
  if (["not_admin", "suspended", "wrong_side", "not_found"].includes(gated)) return gated;
  if (share.removed) return "not_found";
  if (gated !== "done") return gated;
  if (step.do === "change_share") {
    if (step.role === "operator") return "operator_never_crosses";
    const was = countsAs(world, share);
    const is = changedShare(world, share, step);
    const isSame = is.role === was.role && is.starts === was.starts && is.until === was.until && is.steps === was.steps;
    if (isSame) return "same";
    const isOpen = share.starts === -Infinity && hasStarted(cooperation);
    const dated = datesOfShare(world, was, { ...is, resource: share.resource }, isOpen);
    return dated === "done" ? refusalOfShare(world, cooperation, was, is) : dated;
  }
  if (step.do === "unshare") return "done";
  const held = share.delegations.get(step.user);
  if (step.do === "revoke") return held === undefined ? "same" : "done";
  if (step.role === "operator") return "operator_never_crosses";
  if (!GRANTS[countsAs(world, share).role]?.includes(step.role)) return "role_above_cap";
  if (roleIn(world, cooperation.partner, step.user) === undefined) return "not_own_person";
  if (held && held.until === step.until && held.role === step.role) return "same";
  if (held?.until !== step.until && past(world, step.until)) return "invalid_expiry";
  return refusalOfDelegation(world, cooperation, held, { role: step.role, until: step.until });
}

/** Whether this is the last admin of an organization that has live cooperations. */
function keptAsAdmin(world: World, organization: string, user: string): boolean {
  const others = [...(world.people.get(organization) ?? [])].filter(
    ([one]) => one !== user && actingIn(world, organization, one) === "admin",
  );
  const binds = (one: Cooperation) =>
    isLive(one) && (one.initiator === organization || (one.partner === organization && !isOpen(one)));
  return roleIn(world, organization, user) === "admin" && others.length === 0 && world.cooperations.some(binds);
}

function onResource(
  world: World,
  step: Extract<Step, { do: "give_job" | "take_job" | "register" | "unregister" }>,
): string {
  const known = world.resources.get(step.resource);
  // who moves a plant acts in what its portfolio is shared in
  const may = step.do === "register" && known?.portfolio !== step.portfolio ? acts : manages;
  const hidden = step.by === undefined ? "done" : known === undefined ? "not_found" : may(world, known.owner, step.by);
  switch (step.do) {
    case "give_job":
    case "take_job": {
      if (known === undefined || hidden !== "done") return known === undefined ? "not_found" : hidden;
      const role = step.do === "give_job" ? step.role : undefined;
      if (role === known.jobs.get(step.user)) return "same";
      return role !== undefined && roleIn(world, known.owner, step.user) === undefined ? "not_own_person" : "done";
    }
    case "register":
      if (hidden !== "done") return hidden;
      if (known && known.owner !== step.owner) return "owner_is_fixed";
      if (known && known.portfolio === step.portfolio) return "same";
      return step.portfolio !== undefined && world.resources.get(step.portfolio)?.owner !== step.owner
        ? "not_owner"
        : "done";
    case "unregister": {
      if (step.by !== undefined) return "insufficient_scope";
      if (known === undefined) return "same";
      const full = [...world.resources.values()].some(({ portfolio }) => portfolio === step.resource);
      return full || liveSharesOn(world, step.resource).length > 0 ? "not_empty" : "done";
    }
  }
}

/** What a step is answered with: `done`, `same` (so already), `confirm` (which organization?) or the code of a refusal. */
export function outcomeOf(world: World, step: Step): string {
  if (step.do === "turn" || step.do === "sweep") return "same";
  if (step.do === "invite") return invite(world, step);
  if (isDue(step)) return due(world, step);
  if ("share" in step) return onShare(world, step);
  if ("cooperation" in step) {
    const cooperation = world.cooperations.find(({ id }) => id === step.cooperation);
    if (cooperation === undefined) return step.do === "join" ? "invalid_invitation" : "not_found";
    if (step.do === "join") return join(world, step, cooperation);
    if (step.do === "accept_ask") return acceptAsk(world, step, cooperation);
    const gated = gate(world, step.do, step.by, cooperation);
    // paused already: until another date
    if (step.do === "pause" && gated === "same") return datesOf(world, cooperation, { resumes: step.resumes });
    if (gated !== "done") return gated;
    if (step.do === "pause") return past(world, step.resumes ?? Infinity) ? "invalid_date" : "done";
    if (step.do === "review") return reviewed(world, cooperation, step);
    if (step.do === "resend" && refusesPartner(world, cooperation.initiator, cooperation.partner, cooperation.email))
      return "partner_against_policy";
    if (step.do === "resend") return isTooSoon(world, pairOf(cooperation)) ? "cool_down" : "done";
    if (step.do === "change_expiry") return datesOf(world, cooperation, step);
    if (step.do === "ask") return ask(world, step, cooperation);
    if (step.do === "decline_ask" || step.do === "withdraw_ask")
      return openAsks(cooperation).some(({ n }) => n === step.n) ? "done" : "not_found";
    if (step.do === "accept") return refusalOfBond(world, cooperation, cooperation.partner ?? "");
    if (step.do !== "share") return "done";
    const twin = cooperation.shares.find((share) => !share.removed && share.resource === step.resource);
    if (twin) {
      const { role, starts, until, steps } = countsAs(world, twin);
      const isSame = role === step.role && starts === step.starts && until === step.until && steps === step.steps;
      return isSame ? "same" : "already_shared";
    }
    return offer(world, cooperation, step);
  }
  if ("resource" in step) return onResource(world, step);
  const belongs = (one: string) => [...world.people.values()].some((people) => people.has(one));
  if (step.do === "forget") {
    if (step.by !== undefined) return "insufficient_scope";
    if (!world.known.has(step.user)) return "not_found";
    if (belongs(step.user)) return "still_member";
    // the address is all that a record has here
    return [...world.addresses.values()].includes(step.user) ? "done" : "same";
  }
  if (step.do === "set_policy") {
    const may = acts(world, step.organization, step.by);
    const is = world.policies.get(step.organization) ?? NO_RULES;
    return may === "done" && JSON.stringify(is) === JSON.stringify(step.rules) ? "same" : may;
  }
  const { organization, user, by } = step;
  if (step.do === "suspend" || step.do === "restore") {
    const may = acts(world, organization, by);
    if (may !== "done") return may;
    if (roleIn(world, organization, user) === undefined) return "not_found";
    const isSuspended = world.suspended?.has(inOrganization(organization, user)) === true;
    return isSuspended === (step.do === "suspend") ? "same" : "done";
  }
  const email = step.do === "put_person" ? step.email : undefined;
  if (email !== undefined && by !== undefined) return "insufficient_scope";
  const role = roleIn(world, organization, user);
  const may = step.do === "remove_person" && by === user && role !== undefined ? "done" : acts(world, organization, by);
  if (may !== "done") return may;
  if (step.do === "put_person" && role === undefined && by !== undefined) return "insufficient_scope";
  const holder = email === undefined ? user : world.addresses.get(email);
  if (role === (step.do === "put_person" ? step.role : undefined) && holder === user) return "same";
  const stays = step.do === "put_person" && step.role === "admin";
  if (!stays && keptAsAdmin(world, organization, user)) return "last_admin";
  // who belongs nowhere keeps no address from anybody
  return holder !== undefined && holder !== user && belongs(holder) ? "email_taken" : "done";
}

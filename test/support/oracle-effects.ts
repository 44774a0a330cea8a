/**
 * What a step that was done makes of the oracle's world. Law 12 in passing: each leaves
 * one line in the history of every object that keeps one and was touched.
 */
import { inOrganization } from "./oracle.ts";
import {
  asIs,
  type Cooperation,
  changedShare,
  countsAs,
  type Offer,
  openAsks,
  pairOf,
  type Step,
  type World,
} from "./oracle-refusals.ts";

/** The ids that the service gave to what a step made: a cooperation's, and each share's by its resource. */
export type Made = { cooperation: string | undefined; shares: Map<string, string> };

const BECOMES: Record<string, string> = { accept: "active", pause: "paused", resume: "active", resume_due: "active" };
const ENDS_AS: Record<string, string> = { decline: "declined", remove: "removed", leave: "left" };

/** Changes the world as the step did. */
export function apply(world: World, step: Step, made: Made): void {
  const log = (object: string) => world.entries.set(object, (world.entries.get(object) ?? 0) + 1);
  const newShare = ({ resource, role, starts, until, steps }: Offer) => {
    const id = made.shares.get(resource) ?? "";
    return { id, resource, role, starts, until, steps, removed: false, delegations: new Map() };
  };
  switch (step.do) {
    case "turn":
      world.now += step.seconds * 1000;
      return;
    case "sweep":
      for (const cooperation of world.cooperations)
        for (const share of cooperation.shares)
          if (share.removed || cooperation.status === "ended") cooperation.sweptShares.add(share.id);
      return;
    case "invite": {
      const partner = step.to.organization ?? step.to.confirm;
      world.cooperations.push({
        id: made.cooperation ?? "",
        initiator: step.organization,
        partner,
        email: step.to.email,
        status: partner === undefined ? "invited" : "pending",
        starts: step.starts,
        until: step.until,
        reviews: step.reviews,
        resumes: Infinity,
        shares: step.shares.map(newShare),
        mails: partner === undefined ? 1 : 0,
        sentAt: world.now,
        sweptShares: new Set(),
        asks: [],
        asked: 0,
      });
      for (const object of [`cooperation:${made.cooperation}`, `organization:${step.organization}`]) log(object);
      // the invited organization is not written to before it answers
      mailed(world, pairOf({ initiator: step.organization, partner, email: step.to.email }));
      return;
    }
    case "forget":
      dropAddress(world, step.user);
      return;
    case "put_person":
      world.people.get(step.organization)?.set(step.user, step.role);
      world.known.add(step.user);
      if (step.email !== undefined) {
        dropAddress(world, step.user);
        world.addresses.set(step.email, step.user);
      }
      log(`organization:${step.organization}`);
      return;
    case "remove_person":
      leave(world, step.organization, step.user);
      log(`organization:${step.organization}`);
      return;
    case "suspend":
    case "restore":
      world.suspended ??= new Set();
      if (step.do === "suspend") world.suspended.add(inOrganization(step.organization, step.user));
      else world.suspended.delete(inOrganization(step.organization, step.user));
      log(`organization:${step.organization}`);
      return;
    case "give_job":
    case "take_job": {
      const resource = world.resources.get(step.resource);
      if (step.do === "give_job") resource?.jobs.set(step.user, step.role);
      else resource?.jobs.delete(step.user);
      log(`organization:${resource?.owner}`);
      return;
    }
    case "register": {
      const jobs = world.resources.get(step.resource)?.jobs ?? new Map();
      world.resources.set(step.resource, { owner: step.owner, portfolio: step.portfolio, jobs });
      log(`organization:${step.owner}`);
      return;
    }
    case "set_policy":
      world.policies.set(step.organization, step.rules);
      log(`organization:${step.organization}`);
      return;
    case "unregister":
      log(`organization:${world.resources.get(step.resource)?.owner}`);
      world.resources.delete(step.resource);
      return;
  }
  const holds = (one: Cooperation) =>
    "cooperation" in step ? one.id === step.cooperation : one.shares.some(({ id }) => id === step.share);
  const cooperation = world.cooperations.find(holds);
  if (cooperation === undefined) throw new Error("the step was done on a cooperation that is not there");
  log(`cooperation:${cooperation.id}`);
  const share = "share" in step ? cooperation.shares.find(({ id }) => id === step.share) : undefined;
  cooperation.status = BECOMES[step.do] ?? (step.do in ENDS_AS ? "ended" : cooperation.status);
  if (cooperation.status !== "paused") cooperation.resumes = Infinity;
  switch (step.do) {
    case "join":
      world.invited.delete(pairOf(cooperation));
      Object.assign(cooperation, { status: "active", partner: step.organization });
      log(`organization:${step.organization}`);
      break;
    case "accept":
      world.invited.delete(pairOf(cooperation));
      log(`organization:${cooperation.partner}`);
      break;
    case "decline":
    case "remove":
    case "leave":
      cooperation.endedAs = ENDS_AS[step.do] ?? "";
      if (step.do === "decline")
        world.invited.set(pairOf(cooperation), { mails: 0, at: -Infinity, declinedAt: world.now });
      break;
    case "resend":
      if (cooperation.status === "invited") cooperation.mails += 1;
      cooperation.sentAt = world.now;
      mailed(world, pairOf(cooperation));
      break;
    case "pause":
      cooperation.resumes = step.resumes ?? cooperation.resumes;
      break;
    case "change_expiry": {
      const { starts, reviews, resumes } = cooperation;
      Object.assign(cooperation, {
        starts: step.starts ?? starts,
        until: step.until,
        reviews: step.reviews ?? reviews,
        resumes: step.resumes ?? resumes,
      });
      break;
    }
    case "review":
      cooperation.reviews = step.reviews ?? Infinity;
      break;
    case "ask": {
      const { about, role, until } = step;
      const from = asIs(world, cooperation, about);
      cooperation.asked += 1;
      cooperation.asks = [...openAsks(cooperation), { n: cooperation.asked, about, role, until, from }];
      break;
    }
    case "accept_ask": {
      const given = cooperation.asks.find(({ n }) => n === step.n);
      const shared = cooperation.shares.find(({ id }) => id === given?.about);
      const change = { starts: undefined, steps: undefined, role: given?.role, until: given?.until };
      if (shared)
        Object.assign(
          shared,
          changedShare(world, shared, { do: "change_share", by: undefined, share: shared.id, ...change }),
        );
      else cooperation.until = given?.until ?? cooperation.until;
      cooperation.asks = cooperation.asks.filter(({ n }) => n !== step.n);
      break;
    }
    case "decline_ask":
    case "withdraw_ask":
      cooperation.asks = cooperation.asks.filter(({ n }) => n !== step.n);
      break;
    case "start":
      cooperation.starts = -Infinity;
      break;
    case "start_share":
      if (share) share.starts = -Infinity;
      break;
    case "step_down":
      if (share) Object.assign(share, countsAs(world, share));
      break;
    case "share":
      cooperation.shares.push(newShare(step));
      break;
    case "change_share":
      if (share) Object.assign(share, changedShare(world, share, step));
      break;
    case "unshare":
      if (share) share.removed = true;
      break;
    case "delegate":
      share?.delegations.set(step.user, { role: step.role, until: step.until });
      break;
    case "revoke":
      share?.delegations.delete(step.user);
      break;
  }
}

function dropAddress(world: World, user: string): void {
  for (const [email, holder] of world.addresses) if (holder === user) world.addresses.delete(email);
}

function mailed(world: World, pair: string): void {
  const { mails = 0, declinedAt = -Infinity } = world.invited.get(pair) ?? {};
  world.invited.set(pair, { mails: mails + 1, at: world.now, declinedAt });
}

/** Law 4: a person who leaves loses all that they hold through the organization; one who comes back starts with nothing. */
function leave(world: World, organization: string, user: string): void {
  world.people.get(organization)?.delete(user);
  world.suspended?.delete(inOrganization(organization, user));
  for (const { owner, jobs } of world.resources.values()) if (owner === organization) jobs.delete(user);
  for (const { partner, shares } of world.cooperations)
    if (partner === organization) for (const { delegations } of shares) delegations.delete(user);
}

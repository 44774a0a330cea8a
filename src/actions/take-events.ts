/**
 * What is done of a verified security event: sessions end, and people are suspended, in the organizations that its issuer
 * is configured for. It only ever takes away: what would give something back is left to an admin. All of it may be done
 * twice, and an event is noted as taken behind it. Nothing waits for anything else: what fails is asked for again by the
 * answer, and the rest is done by then.
 */
import type { OrganizationId, UserId } from "../domain/ids.ts";
import { emailHash } from "../domain/registry/decide-person.ts";
import { isRefusal } from "../domain/result.ts";
import type { SecurityEvent, VerifiedEvents } from "../domain/security-events.ts";
import type { SessionStore } from "../domain/sessions.ts";
import type { SignalLog } from "../domain/signal-log.ts";
import { organizationIdsOf } from "../store/people.ts";
import { emailHead, personHead } from "../store/snapshot.ts";
import type { ActionDeps } from "./run/action.ts";
import { perform } from "./run/perform.ts";
import { setSuspension } from "./suspension.ts";

export type EventDeps = ActionDeps & {
  signals: SignalLog;
  /** Whose sessions end, where there is a console. */
  console?: { sessions: Pick<SessionStore, "endSessions"> } | undefined;
  /** One line for each event; no line names a person. */
  log: (level: "info" | "warn", event: string, facts: object) => void;
};

/** An event with its issuer, and the request that brought it. */
export type BroughtEvent = VerifiedEvents & { requestId: string };

/** `taken`: also where there was nothing to do. `incomplete`: some of it was not done, or other replicas may not know of it, so it is to be sent again. */
export async function takeEvents(deps: EventDeps, event: BroughtEvent): Promise<"taken" | "incomplete"> {
  const { signals, log } = deps;
  const { issuer, requestId } = event;
  const note = (facts: object, level: "info" | "warn" = "info") =>
    log(level, "security_event", { request_id: requestId, issuer: issuer.name, ...facts });
  const name = { issuer: issuer.name, id: event.id };
  const isKnown = await signals.has(name);
  if (isKnown) {
    note({ outcome: "ignored", why: "it was taken before" });
    return "taken";
  }
  if (event.unknown > 0) note({ outcome: "ignored", why: "of a type that means nothing here", events: event.unknown });
  let isWhole = isKnown !== undefined;
  let isAboutSomebody = false;
  for (const signal of event.signals) {
    const { failed = [], ...done } = await take(deps, event, signal).catch(
      (error): Done => ({ outcome: "failed", failed: [nameOf(error)] }),
    );
    note({ type: signal.type, ...done, ...(failed.length > 0 && { failed }) }, failed.length > 0 ? "warn" : "info");
    isWhole &&= failed.length === 0;
    isAboutSomebody ||= done.outcome === "revoked" || done.outcome === "suspended";
  }
  if (!isWhole) return "incomplete";
  // what did nothing may come again, and takes no place
  return !isAboutSomebody || (await signals.keep(name)) ? "taken" : "incomplete";
}

/** `failed`: what is not done, by the names of the errors. */
type Done = {
  outcome: "verified" | "ignored" | "revoked" | "suspended" | "failed";
  why?: string;
  organizations?: number;
  failed?: string[];
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

async function take(deps: EventDeps, event: BroughtEvent, signal: SecurityEvent): Promise<Done> {
  if (signal.kind === "verification") return { outcome: "verified" };
  if (signal.kind === "account_enabled")
    return { outcome: "ignored", why: "no event gives anything back: an admin lifts a suspension" };
  const user = await personOf(deps, event, signal);
  if (user === undefined) return { outcome: "ignored", why: "it names nobody who is known here" };
  const isDisabled = signal.kind === "account_disabled";
  const [suspended, shared, ended] = await Promise.allSettled([
    isDisabled ? suspend(deps, event, signal, user) : undefined,
    deps.signals.revoke({ issuer: event.issuer.name, user, before: signal.at }),
    deps.console?.sessions.endSessions({ user }),
  ]);
  const failed = [suspended, shared, ended].flatMap((one) => (one.status === "rejected" ? [nameOf(one.reason)] : []));
  if (shared.status === "fulfilled" && !shared.value) failed.push("unshared");
  if (!isDisabled) return { outcome: "revoked", failed };
  const { organizations = 0, failed: left = [] } = (suspended.status === "fulfilled" && suspended.value) || {};
  return { outcome: "suspended", organizations, failed: [...failed, ...left] };
}

async function personOf(
  { tupleStore }: EventDeps,
  { issuer, source }: BroughtEvent,
  { subject }: SecurityEvent,
): Promise<UserId | undefined> {
  if (subject === undefined) return undefined;
  if ("user" in subject) {
    // who cannot be read is somebody: taking away waits for nothing
    const isKnown = await personHead(tupleStore, subject.user).then(
      ({ n }) => n > 0,
      () => true,
    );
    return isKnown ? subject.user : undefined;
  }
  const holder = (await emailHead(tupleStore, emailHash(subject.email))).value?.holder;
  // an address says nothing of whose person has it: an issuer speaks of its own people alone
  if (holder === undefined || !holder.startsWith(issuer.userPrefix)) return undefined;
  const organizations = await organizationIdsOf(tupleStore, holder);
  return organizations.some((one) => source.organizations.includes(one)) ? holder : undefined;
}

/** In how many organizations: those that the person belongs to, of the issuer's. One that fails keeps no other. */
async function suspend(
  deps: EventDeps,
  { issuer, source, issuedAt, requestId }: BroughtEvent,
  { type }: SecurityEvent,
  user: UserId,
): Promise<{ organizations: number; failed: string[] }> {
  const caller = { key: issuer.name, scopes: ["admin" as const] };
  // whole seconds, by the issuer's clock: where it is not certain what came first, the person is suspended
  const since = new Date(issuedAt.getTime() + (1 + issuer.toleranceSeconds) * 1000);
  const input = { user, suspended: true, event: type, unlessLiftedSince: since };
  const suspendIn = async (organization: OrganizationId): Promise<boolean> => {
    const done = await perform(deps, { caller, requestId }, setSuspension({ ...input, organization }));
    // who left meanwhile has nothing to be suspended from
    return !isRefusal(done) && done.value.suspended;
  };
  const own = (await organizationIdsOf(deps.tupleStore, user)).filter((one) => source.organizations.includes(one));
  let organizations = 0;
  const failed: string[] = [];
  for (const organization of own)
    await suspendIn(organization).then(
      (isSuspended) => void (isSuspended && organizations++),
      (error) => void failed.push(`${nameOf(error)} of ${organization}`),
    );
  return { organizations, failed };
}

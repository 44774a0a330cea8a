/**
 * Who gets which news of a window, looked up when it is sent: the admins of both sides as they are then, and who holds a
 * delegation. Nobody reads of what they did themself, of what was before their side came, or of what the other side keeps
 * to itself; of a cooperation that has ended nothing but its end.
 */
import type { Side, VisibleEntry } from "../domain/history.ts";
import { idOfType, type OrganizationId, type ResourceType, splitRef, type UserId } from "../domain/ids.ts";
import { type News, newsOf } from "../domain/news.ts";
import type { NewsLine } from "../domain/news-line.ts";
import { type Cooperation, isSide } from "../domain/records.ts";
import { StoreDamaged } from "../faults.ts";
import { LINES_SHOWN_MAX, type NewsNames } from "../mail/news-mail.ts";
import type { Reads } from "../ports.ts";
import { nameOfSide } from "../queries/views/cooperations.ts";
import { actingAdminsOf, isActivePerson } from "../store/acting.ts";
import { historyOf } from "../store/history.ts";
import { cooperationHead, inTurns, organizationHead, personHead, resourceHead, shareHead } from "../store/snapshot.ts";
import { isRecent } from "./recent.ts";
import type { NewsWindow } from "./windows.ts";

/** Read at the same time. */
const ENTRIES_AT_ONCE = 200;

const ACCEPTS: readonly string[] = ["accept", "join"];

/**
 * What one person reads of a window. `since`: when the oldest of it was recorded; `isDelegate`: they are no admin of that
 * organization; `others`: how many more lines there were for them before these.
 */
export type ReadersNews = {
  window: NewsWindow;
  since: string;
  user: UserId;
  organization: OrganizationId;
  isDelegate: boolean;
  cooperation: Cooperation;
  names: NewsNames;
  lines: NewsLine[];
  others: number;
};

/** Everybody who is to get a mail about a window of a cooperation. Throws EngineUnavailable, and StoreDamaged for what cannot be read. */
export async function readersOf(reads: Reads, window: NewsWindow, now: Date): Promise<ReadersNews[]> {
  const cooperation = (await cooperationHead(reads, idOfType("cooperation", window.history))).value;
  if (cooperation === undefined) return [];
  const entries = await newsIn(reads, window, cooperation, now);
  const news = entries.flatMap((entry) => entry.news);
  const admins = {
    initiator: await adminsOfSide(reads, cooperation, "initiator", news),
    partner: await adminsOfSide(reads, cooperation, "partner", news),
  };
  const delegates = await delegatesIn(reads, cooperation, news);
  const users = [...new Set([...admins.initiator, ...admins.partner, ...delegates])].sort();
  const read = users.flatMap((user) => {
    // the holder of a delegation reads of it as its holder, and an admin of both sides reads a line once
    const isFor = ({ reader, user: holder }: News) =>
      reader === "delegate" ? holder === user && delegates.has(user) : admins[reader].has(user) && holder !== user;
    const own = entries
      .filter(({ actor }) => actor !== `user:${user}`)
      .flatMap(({ at, news: all }) => {
        const reader = all.find(isFor)?.reader;
        return all.flatMap((one) => (isFor(one) && one.reader === reader ? [{ at, line: one.line }] : []));
      });
    const isInitiators = admins.initiator.has(user);
    const organization = isInitiators ? cooperation.initiator : cooperation.partner;
    const [oldest] = own;
    if (oldest === undefined || organization === undefined) return [];
    const isDelegate = !isInitiators && !admins.partner.has(user);
    // no mail names more, so no more names are looked up
    const lines = own.slice(-LINES_SHOWN_MAX).map(({ line }) => line);
    return [
      { since: oldest.at, user, organization, isInitiators, isDelegate, lines, others: own.length - lines.length },
    ];
  });
  const names = await namesIn(
    reads,
    cooperation,
    read.flatMap(({ lines }) => lines),
  );
  return read.flatMap(({ isInitiators, ...one }): ReadersNews[] => {
    const other = isInitiators ? names.partner : names.initiator;
    const lines = one.lines.filter((line) => !("of" in line) || names.shares.has(line.of.share));
    return lines.length === 0 ? [] : [{ ...one, window, cooperation, names: { ...names, other }, lines }];
  });
}

/** An entry's news, when it was recorded, and who did it. */
type EntryNews = { at: string; actor: string; news: News[] };

async function newsIn(
  reads: Reads,
  { from: first, to }: NewsWindow,
  cooperation: Cooperation,
  now: Date,
): Promise<EntryNews[]> {
  const entries: VisibleEntry[] = [];
  for (let before: number | undefined = to + 1; before !== undefined; ) {
    // as no side sees it: without reasons
    const page = { before, first, limit: ENTRIES_AT_ONCE };
    const { items, next } = await historyOf(reads, `cooperation:${cooperation.id}`, undefined, page);
    const recent = items.filter((entry) => isRecent(entry, now));
    entries.unshift(...recent.reverse());
    before = recent.length < items.length ? undefined : next;
  }
  // what it has accepted is no news to it
  const accepted = entries.find(({ action }) => ACCEPTS.includes(action))?.n ?? 0;
  const isShown = (n: number, { reader, line }: News) =>
    (reader !== "partner" || n >= accepted) && (cooperation.status !== "ended" || !("of" in line));
  return entries.map((entry) => ({
    at: entry.at,
    actor: entry.actor,
    news: newsOf(entry, cooperation).filter((one) => isShown(entry.n, one)),
  }));
}

/** Whether the organization of a side is the one that the cooperation is with, and no other one under its id (law 15). */
async function isStillThere(reads: Reads, cooperation: Cooperation, side: Side): Promise<boolean> {
  const organization = cooperation[side];
  if (organization === undefined) return false;
  return isSide(cooperation, side, (await organizationHead(reads, organization)).value);
}

async function adminsOfSide(
  reads: Reads,
  cooperation: Cooperation,
  side: Side,
  news: readonly News[],
): Promise<ReadonlySet<UserId>> {
  const organization = cooperation[side];
  const isRead = news.some(({ reader }) => reader === side);
  if (!isRead || organization === undefined || !(await isStillThere(reads, cooperation, side))) return new Set();
  return new Set(await actingAdminsOf(reads, organization));
}

async function delegatesIn(
  reads: Reads,
  cooperation: Cooperation,
  news: readonly News[],
): Promise<ReadonlySet<UserId>> {
  const { partner } = cooperation;
  const named = new Set(
    news.flatMap(({ reader, user }) => (reader === "delegate" && user !== undefined ? [user] : [])),
  );
  if (named.size === 0 || partner === undefined || !(await isStillThere(reads, cooperation, "partner")))
    return new Set();
  const users = [...named];
  // who has left the partner meanwhile, or is suspended, has lost more than this
  const isActive = await inTurns(users, (user) => isActivePerson(reads, partner, user));
  return new Set(users.filter((_, index) => isActive[index]));
}

async function namesIn(
  reads: Reads,
  cooperation: Cooperation,
  lines: readonly NewsLine[],
): Promise<Omit<NewsNames, "other">> {
  const [initiator, partner] = await Promise.all([
    nameOfSide(reads, cooperation, "initiator"),
    // until somebody joins, the invited address is its only label, and the initiator's
    cooperation.partner === undefined ? (cooperation.email ?? "") : nameOfSide(reads, cooperation, "partner"),
  ]);
  const of = lines.flatMap((line) => ("of" in line ? [line.of] : []));
  const ofShares = new Map(of.map((one) => [one.share, one]));
  const shares = await inTurns([...ofShares.values()], async ({ share, resource: named }) => {
    const resource = named ?? (await shareHead(reads, share)).value?.resource;
    if (resource === undefined) return [];
    const [type, id] = splitRef(resource) as [ResourceType, string];
    const head = await readable(resourceHead(reads, resource));
    return [[share, { type, name: head?.value?.name ?? id }] as const];
  });
  const holders = new Set(of.flatMap(({ user }) => user ?? []));
  const people = await inTurns([...holders], async (user) => {
    return [user, (await readable(personHead(reads, user)))?.value?.name ?? user] as const;
  });
  return { initiator, partner, shares: new Map(shares.flat()), people: new Map(people) };
}

/** A record that cannot be read has no name, and keeps the mails that name it from nobody. */
const readable = <T>(reading: Promise<T>): Promise<T | undefined> =>
  reading.catch((error: unknown) => {
    if (!(error instanceof StoreDamaged)) throw error;
    return undefined;
  });

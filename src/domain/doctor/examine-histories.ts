/**
 * Verifies every history, and that the newest facts in a history are those in the store:
 * the records of cooperations, organizations, shares and resources.
 */
import canonicalize from "canonicalize";
import { StoreDamaged } from "../../faults.ts";
import { type AsksRecord, keptAsks } from "../cooperation/asks.ts";
import { ANNOUNCING } from "../due-dates.ts";
import { chainProblems, entryFrom, type HistoryEntry } from "../history.ts";
import { idOf, splitRef } from "../ids.ts";
import { entryNumber, entryRef, type Head, incarnationOf, NO_HASH, recordOf, toFields } from "../records.ts";
import type { Records } from "./examine-records.ts";
import type { Contents, Report } from "./finding.ts";

/** What an entry says of a thing; `after` is undefined when it was removed. */
type Word = { after: Record<string, unknown> | undefined; n: number; at: string };

type Beginning = { action: string; n: number; at: string };

/** What histories say last. */
export type LastFacts = {
  /**
   * In the history of `object`, of `subject`: a `type:id`, or with a person behind it for job roles and delegations.
   * Undefined where no entry is about it, and for a job role that ended with its holder or its resource.
   */
  last(object: string, subject: string): Word | undefined;
  /** Whether any history has an entry about `subject`. */
  ever(subject: string): boolean;
  /** Every history and subject with the last word on it. */
  all(): [object: string, subject: string, word: Word][];
  /** What a cooperation's history says that its partner asked for under a number. */
  asked(object: string, n: number): Record<string, unknown> | undefined;
  /** How an organization, or a cooperation, came to be: the entries that created it, and that a partner joined. */
  beginnings(object: string): Beginning[];
  /** When a person last left an organization, as its history says; undefined for who never did. */
  leftAt(organization: string, user: string): string | undefined;
};

const JOB_ROLE_ACTIONS = ["give_job_role", "take_job_role"];
const DELEGATION_ACTIONS = ["delegate", "revoke"];
const SUSPENSION_ACTIONS = ["suspend_person", "restore_person"];
const BEGINNING_ACTIONS = ["create", "invite", "join"];
const ENDING_ACTIONS = ["remove_person", "unregister"];

const UNSAID = ["with", "shares", "email", "shared_at_end", "shares_batch", "delegations_batch"];
const INCARNATIONS = ["incarnation", "initiator_incarnation", "partner_incarnation"];

/** Verifies the chains, and gives what they say. */
export function examineHistories(contents: Contents, records: Records, report: Report): LastFacts {
  const last = new Map<string, [object: string, subject: string, word: Word]>();
  /** When people left and resources were taken out, by history and subject: job roles end there without an entry. */
  const endings = new Map<string, Word>();
  const beginnings = new Map<string, Beginning[]>();
  const asks = new Map<string, Record<string, unknown>>();
  const logs = contents.all.filter((tuple) => tuple.relation === "log").map((tuple) => tuple.object);
  const objects = new Set([...logs, ...records.organizations.keys(), ...records.cooperations.keys()]);
  for (const object of objects) {
    const entries = readEntries(contents, object, report);
    const head = records.organizations.get(object) ?? records.cooperations.get(object);
    // a head that cannot be read is reported already
    if (head === undefined && contents.at(object, "head").length > 0) continue;
    for (const problem of chainProblems(entries, head ?? { n: 0, hash: NO_HASH }, NO_HASH))
      report("history", object, problem);
    beginnings.set(
      object,
      entries.flatMap(({ common: { object: of, action, n, at } }) =>
        of === object && BEGINNING_ACTIONS.includes(action) ? [{ action, n, at }] : [],
      ),
    );
    for (const { common } of entries) {
      const { n, at } = common;
      if (common.action === "ask" && common.after !== undefined)
        asks.set(`${common.object} ${common.after.n}`, common.after);
      for (const [subject, after] of subjectsOf(common))
        last.set(`${object} ${subject}`, [object, subject, { after, n, at }]);
      if (ENDING_ACTIONS.includes(common.action))
        endings.set(`${object} ${common.object}`, { after: undefined, n, at });
    }
  }
  const subjects = new Set([...last.values()].map(([, subject]) => subject));
  return {
    last: (object, subject) => {
      const word = last.get(`${object} ${subject}`)?.[2];
      const [thing = "", person] = subject.split(" ");
      if (word === undefined || person === undefined) return word;
      const ended = [`user:${person}`, thing].map((one) => endings.get(`${object} ${one}`)?.n ?? 0);
      return word.n < Math.max(...ended) ? undefined : word;
    },
    ever: (subject) => subjects.has(subject),
    all: () => [...last.values()],
    asked: (object, n) => asks.get(`${object} ${n}`),
    beginnings: (object) => beginnings.get(object) ?? [],
    leftAt: (organization, user) => endings.get(`${organization} ${user}`)?.at,
  };
}

function readEntries(contents: Contents, object: string, report: Report): HistoryEntry[] {
  const tuples = [...contents.at(object, "log")].sort((a, b) => entryNumber(a.user) - entryNumber(b.user));
  return tuples.flatMap((tuple) => {
    try {
      const entry = entryFrom(tuple);
      if (tuple.user !== entryRef(object, entry.common.n))
        report("history", object, `${tuple.user} holds the facts of entry ${entry.common.n}`);
      return [entry];
    } catch {
      report("record", object, `${tuple.user} cannot be read`);
      return [];
    }
  });
}

/** The subject under which histories have a person's suspension: it ends with who leaves, as job roles do. */
export const suspensionOf = (user: string): string => `${user} #suspended`;

/** What an entry says what of. */
function subjectsOf({
  action,
  object,
  before,
  after,
}: HistoryEntry["common"]): [string, Record<string, unknown> | undefined][] {
  if (ANNOUNCING.includes(action)) return [];
  if (JOB_ROLE_ACTIONS.includes(action) || DELEGATION_ACTIONS.includes(action))
    return [[`${object} ${(after ?? before)?.user}`, after]];
  if (SUSPENSION_ACTIONS.includes(action))
    return [[suspensionOf(object), after?.suspended === true ? after : undefined]];
  const invited = Array.isArray(after?.with) ? (after.with as Record<string, unknown>[]) : [];
  return [[object, after], ...invited.map((share): [string, Record<string, unknown>] => [`share:${share.id}`, share])];
}

/** Compares each record with the newest entry about it. */
export function examineLastFacts(contents: Contents, records: Records, facts: LastFacts, report: Report): void {
  const hold = (history: string, head: Head<object>, ignored: readonly string[]) => {
    const [tuple] = contents.at(head.object, "head");
    const said = facts.last(history, head.object);
    if (tuple === undefined) return;
    if (said?.after === undefined) {
      report("history", head.object, "no entry is about its record");
      return;
    }
    const pick = (fields: Record<string, string>) =>
      Object.fromEntries(Object.entries(fields).filter(([name]) => !ignored.includes(name)));
    const [is, was] = [pick(recordOf(tuple)), pick(toFields(said.after as Record<string, string>))];
    // one that is not there is a finding of its own, which can be repaired
    const isLost = (name: string) => INCARNATIONS.includes(name) && is[name] === undefined;
    const differing = [...new Set([...Object.keys(is), ...Object.keys(was)])].filter(
      (name) => is[name] !== was[name] && !isLost(name),
    );
    if (differing.length > 0)
      report("history", head.object, `its record is not what its history says: ${differing.sort().join(", ")}`);
  };
  // invitations are counted with entries about them
  for (const [object, head] of records.organizations) hold(object, head, ["invited_on", "invited", "open_at_most"]);
  // an entry says by which ask it was asked for; shares have entries of their own; the address, and what is remembered of
  // batches, is not in entries that both sides read
  for (const [object, head] of records.cooperations) hold(object, head, [...UNSAID, "asked"]);
  for (const head of records.shares.values()) hold(`cooperation:${head.value?.cooperation}`, head, ["asked"]);
  for (const head of records.resources.values()) hold(`organization:${head.value?.owner}`, head, ["shared_through"]);
  for (const [object, head] of records.policies) {
    const history = `organization:${idOf(object)}`;
    hold(history, head, ["deleted_at"]);
    // it ends with its organization, by the entry that deletes that
    const owner = records.organizations.get(history)?.value;
    const setAt = facts.last(history, object)?.n ?? 0;
    const isOver = owner?.deleted_at !== undefined || incarnationOf(owner?.incarnation) > setAt;
    if (owner !== undefined && (head.value?.deleted_at !== undefined) !== isOver)
      report("history", object, `its history says that it is ${isOver ? "over" : "in force"}`);
  }
  for (const [object, head] of records.asks) examineAsks(object, head, facts, report);
  for (const [object] of records.people)
    if (!facts.ever(object)) report("history", object, "no entry is about this person");
  for (const [, subject, { after }] of facts.all())
    if (contents.at(subject, "head").length === 0 && mustHaveHead(records, subject, after))
      report("head", subject, "has no head, though a history has entries about it");
}

/** Compares what waits for an answer with the entries by which it was asked for. */
function examineAsks(object: string, head: Head<AsksRecord>, facts: LastFacts, report: Report): void {
  try {
    for (const { from: _, ...ask } of keptAsks(head)) {
      const said = facts.asked(object, ask.n);
      if (said === undefined) report("history", object, `no entry is about ask ${ask.n}`);
      else if (!sameFacts(said, ask)) report("history", object, `ask ${ask.n} is not what its history says`);
    }
  } catch (error) {
    report("record", object, error instanceof StoreDamaged ? error.what : `it cannot be read: ${error}`);
  }
}

/** Whether the subject of an entry must still have a head. Heads of people and cooperations are kept, those of shares are swept. */
function mustHaveHead(records: Records, subject: string, after: Record<string, unknown> | undefined): boolean {
  const [type] = splitRef(subject);
  if (subject.includes(" ")) return false;
  if (type === "user" || type === "cooperation") return true;
  if (type !== "share") return after !== undefined;
  const { value } = records.cooperations.get(`cooperation:${after?.cooperation}`) ?? {};
  return after !== undefined && after.removed_at === undefined && value !== undefined && value.status !== "ended";
}

/** Whether two facts say the same, whatever the order of their members. */
export function sameFacts(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return canonicalize(JSON.parse(JSON.stringify(a))) === canonicalize(JSON.parse(JSON.stringify(b)));
}

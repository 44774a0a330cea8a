/**
 * What was accessed and is not written yet: one fact for each user, permission, resource, answer, key and purpose, with
 * how often. Counting an access again costs one look-up. There are never more than so many facts, of a yes and of a no:
 * they are shared between the owners of what was asked about, and those of an owner between the users who asked. Where
 * there are too many, one that has more than its equal share loses its oldest, or gets no more (law 18). Pure.
 */
import type { AnsweredAccess } from "../check/checker.ts";
import type { Verdict } from "./classify.ts";
import { type Fact, factOf, type Group, isOf, type Table } from "./fact.ts";
import { factToDrop, grew, hasRoom } from "./room.ts";

export type Facts = {
  /** Counts an access; false where there is no room for it. */
  count(access: AnsweredAccess, now: number): boolean;
  /** The next fact whose verdict is to be found, each group in its turn; undefined where there is none. */
  next(): Fact | undefined;
  /** What a fact was found to be. Of which nothing is recorded is not kept, where it is found as fast again. */
  settle(fact: Fact, verdict: Verdict): void;
  /** The fact is to be looked at again, behind the others of its group. */
  again(fact: Fact): void;
  /** Ends the minute: everything that was counted is due, and what is counted from now on is a new fact. */
  turn(): void;
  /** Copies of up to `max` facts that are due and have a verdict other than `none`. They are counted anew from zero. */
  take(max: number): Fact[];
  /** Every fact that no line has yet, for who will write none any more. */
  left(): Fact[];
  /** When the oldest access happened that no line has yet; undefined where there is none. */
  oldest(): number | undefined;
  /** Facts that wait to be looked at. */
  waiting(): number;
  /** Takes out a fact that is lost: it is written no more, whatever it is found to be. */
  drop(fact: Fact): void;
  /** Facts that are kept. */
  size(): number;
};

type Options = {
  /** The most facts of a yes, and of a no. */
  yesMax: number;
  noMax: number;
  /** Gets what was dropped to make room. */
  dropped: (fact: Fact) => void;
  /** Nothing is dropped: who has as many as there are places left gets no more, so that there is room for others. */
  keepsAll?: boolean;
};

export function createFacts({ yesMax, noMax, dropped, keepsAll = false }: Options): Facts {
  const tableOf = (max: number): Table => ({
    groups: new Map(),
    turns: new Set(),
    facts: 0,
    max,
    heavy: undefined,
  });
  const [yes, no] = [tableOf(yesMax), tableOf(noMax)];
  const tables = [yes, no];
  /** What is counted now, by id. */
  const current = new Map<string, Fact>();
  let looksAtNo = false;

  function* all(): Iterable<Fact> {
    for (const { groups } of tables) for (const { facts } of groups.values()) yield* facts;
  }
  const isLeft = ({ count, verdict }: Fact) => count > 0 && verdict?.kind !== "none";

  function add(fact: Fact): void {
    const { group, question } = fact;
    const { table, name, parts } = group;
    const { user } = question;
    table.groups.set(name, group);
    group.facts.add(fact);
    const part = parts.get(user) ?? { user, facts: new Set() };
    parts.set(user, part);
    part.facts.add(fact);
    grew(group, part);
    table.facts++;
    current.set(fact.id, fact);
    wait(fact);
  }

  function leave(fact: Fact): void {
    const { group, question } = fact;
    const { table, facts, waiting, parts, name } = group;
    if (current.get(fact.id) === fact) current.delete(fact.id);
    if (!facts.delete(fact)) return;
    const part = parts.get(question.user);
    part?.facts.delete(fact);
    if (part?.facts.size === 0) parts.delete(question.user);
    table.facts--;
    if (waiting.delete(fact) && waiting.size === 0) table.turns.delete(group);
    if (facts.size === 0) table.groups.delete(name);
  }

  function wait(fact: Fact): void {
    if (!fact.group.facts.has(fact)) return;
    fact.group.waiting.add(fact);
    fact.group.table.turns.add(fact.group);
  }

  /** Whether there is room, or was made, for one more of a user in a group. */
  function makeRoom(table: Table, own: Group, user: string): boolean {
    if (keepsAll) return hasRoom(table, own);
    if (table.facts < table.max) return true;
    const oldest = factToDrop(table, own, user);
    if (oldest === undefined) return false;
    leave(oldest);
    dropped(oldest);
    return true;
  }

  function nextOf({ turns }: Table): Fact | undefined {
    const [group] = turns;
    const [fact] = group?.waiting ?? [];
    if (group === undefined || fact === undefined) return undefined;
    group.waiting.delete(fact);
    turns.delete(group);
    if (group.waiting.size > 0) turns.add(group);
    return fact;
  }

  return {
    count(access, now) {
      const { question, checked, key, purpose = "" } = access;
      const { allowed, owner } = checked;
      const { user, relation, object } = question;
      // no id has a line break
      const id = `${allowed ? "yes" : "no"}\n${relation}\n${object}\n${user}\n${key}\n${purpose}`;
      const known = current.get(id);
      if (known !== undefined && isOf(known, checked, now)) {
        if (known.count === 0) {
          known.first = now;
          known.requestId = access.requestId;
        }
        known.count++;
        known.last = now;
        known.path ??= checked.accessPath;
        return true;
      }
      const table = allowed ? yes : no;
      // who may ask about something of its owner only: users and things can be invented. A yes is of a thing that exists
      const name = owner ?? (allowed ? object : `key ${key}`);
      const found = table.groups.get(name);
      const group: Group = found ?? {
        name,
        table,
        facts: new Set(),
        waiting: new Set(),
        parts: new Map(),
        heavy: undefined,
      };
      if (!makeRoom(table, group, user)) return false;
      // another answer than the one before: that is written as it is
      if (known?.count === 0) leave(known);
      else if (known !== undefined) known.due = true;
      add(factOf(access, id, group, now));
      return true;
    },

    next() {
      looksAtNo = !looksAtNo;
      const [one, other] = looksAtNo ? [no, yes] : [yes, no];
      return nextOf(one) ?? nextOf(other);
    },

    settle(fact, verdict) {
      fact.verdict = verdict;
      if (verdict.kind === "cooperation" && fact.allowed) fact.path ??= verdict;
      if (verdict.kind === "none" && fact.userToken !== undefined) leave(fact);
    },

    again: wait,

    turn() {
      for (const fact of current.values()) {
        if (fact.count === 0) leave(fact);
        else fact.due = true;
      }
      current.clear();
    },

    take(max) {
      const taken: Fact[] = [];
      for (const fact of all()) {
        if (taken.length === max) break;
        if (!fact.due || fact.count === 0 || fact.verdict === undefined) continue;
        if (fact.verdict.kind !== "none") taken.push({ ...fact });
        fact.count = 0;
        fact.due = false;
        // of a minute that is over
        if (current.get(fact.id) !== fact) leave(fact);
      }
      return taken;
    },

    left: () => [...all()].filter(isLeft),

    oldest() {
      let oldest: number | undefined;
      for (const fact of all()) if (isLeft(fact) && !(fact.first >= (oldest ?? Infinity))) oldest = fact.first;
      return oldest;
    },

    waiting: () => tables.flatMap(({ turns }) => [...turns]).reduce((sum, group) => sum + group.waiting.size, 0),
    drop: leave,
    size: () => yes.facts + no.facts,
  };
}

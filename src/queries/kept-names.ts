/**
 * The names that searches look through, of what is kept (`kept-lists.ts`). A name that was given through another
 * organization is in no history of this one. It is found by the change log: at once, or where that takes longer than
 * WAIT_MILLISECONDS by a later search. The log is read back for minutes, never for longer: then names are read again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "async-mutex";
import { errorFacts } from "../domain/error-facts.ts";
import { idOf, type OrganizationId, type Ref } from "../domain/ids.ts";
import { entryNumber } from "../domain/records.ts";
import { fold } from "../domain/search-folding.ts";
import type { TupleStore } from "../ports.ts";
import { inTurns } from "../store/snapshot.ts";
import { type Kept, type KeptDeps, type KeptLists, sortedOf } from "./kept-lists.ts";
import { readName } from "./listed.ts";

/** How long a search waits for names that were given through other organizations. */
const WAIT_MILLISECONDS = 100;
/** For a Write that was slow to commit, and for clocks that differ. */
const MARGIN_MILLISECONDS = 10_000;
/** Reads of names at the same time, of all organizations: half of the sockets, which actions need too. */
const READS_AT_ONCE = 16;
/** Names are weighed after so many. */
const WEIGHED_AT_ONCE = 1000;

export type NamesDeps = KeptDeps & { tupleStore: Pick<TupleStore, "changes"> };

export type KeptNames = {
  /** Forgets names for which the log would have to be read back for too long. */
  forgetOld(): void;
  /** Has the names read again that were given since the last reading, and waits a little for it. Never throws. */
  note(): Promise<void>;
  /** The texts of all items, where those are kept; of an item without one whoever shows it says what it holds. Throws EngineUnavailable. */
  read(organization: OrganizationId, latest: Kept): Promise<void>;
};

/** Nothing is read before somebody asks. */
export function createKeptNames({ tupleStore, clock, mutex, warn }: NamesDeps, kept: KeptLists): KeptNames {
  const now = () => clock().getTime();
  /** Up to when the log was read, when the last reading began by a monotonic clock, and when by our clock. */
  let noted = { until: 0, began: 0, at: 0 };
  const places = new Semaphore(READS_AT_ONCE);

  function forgetOld(): void {
    if (now() - noted.at <= kept.idleMilliseconds) return;
    for (const one of kept.people()) forget(one);
    noted = { until: now(), began: 0, at: now() };
  }

  async function readLog(): Promise<void> {
    const asked = performance.now();
    await mutex("directory: names", async () => {
      if (noted.began > asked) return;
      const [began, at] = [performance.now(), now()];
      // what is made later reads its names then
      if (kept.people().length === 0) {
        noted = { until: at, began, at };
        return;
      }
      const log = await tupleStore.changes(new Date(noted.until - MARGIN_MILLISECONDS), "user");
      for (const { of } of kept.people())
        for (const { object: ref, user } of log.changes.map(({ key }) => key)) {
          const { n, role } = of.get(ref) ?? {};
          // what is being read now is compared by the next reading, which looks back further than a read takes
          if (n !== undefined && n < entryNumber(user)) of.set(ref, { ref, role });
        }
      noted = { until: log.askedAt, began, at };
    });
  }

  async function readText(of: Kept["of"], ref: Ref): Promise<void> {
    const one = of.get(ref);
    if (one === undefined) return;
    const { n, name } = await readName(tupleStore, ref);
    // what was replaced meanwhile may have another name: the next search reads it
    if (of.get(ref) === one) of.set(ref, { ...one, n, text: textOf(ref, name) });
  }

  return {
    forgetOld,

    async note() {
      const reading = readLog().catch((error: unknown) => warn("names_not_read", errorFacts(error)));
      await Promise.race([reading, sleep(WAIT_MILLISECONDS, undefined, { ref: false })]);
    },

    // the first time takes long, and lists must not wait for it
    read: (organization, latest) =>
      mutex(`directory: names of the ${latest.kind} of ${organization}`, async () => {
        if (latest.rebuiltAt > noted.began) await readLog();
        // in the order in which they are shown: a page needs those behind its cursor
        const unread = sortedOf(latest).filter((ref) => latest.of.get(ref)?.text === undefined);
        for (let start = 0; start < unread.length; start += WEIGHED_AT_ONCE) {
          // nothing is read for what is too large, or was dropped for others
          if (latest.isLong || !kept.holds(organization, latest)) return;
          const some = unread.slice(start, start + WEIGHED_AT_ONCE);
          await inTurns(some, (ref) => places.runExclusive(() => readText(latest.of, ref)));
          if (!kept.holds(organization, latest) || kept.keep(organization, latest)) continue;
          latest.isLong = true;
          forget(latest);
          kept.keep(organization, latest);
        }
      }),
  };
}

function forget({ of }: Kept): void {
  for (const { ref, role } of of.values()) of.set(ref, { ref, role });
}

/** The folded id and name, which no sought text spans: folded text has no line break. */
const textOf = (ref: Ref, name: string | undefined) => `${fold(idOf(ref))}\n${fold(name ?? "")}`;

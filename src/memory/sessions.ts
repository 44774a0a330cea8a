/** Sessions in the memory of the process, for a single one. What is kept is bounded: the session that was used least recently ends first. */
import { LRUCache } from "lru-cache";
import { isEndedBy, SESSIONS_MAX, type Session, type SessionStore } from "../domain/sessions.ts";

const ALL_MAX = 10_000;
const NAMES_MAX = 100_000;

type Kept = { session: Session; until: number };

/** Nothing is kept yet; `clock` says what has ended. */
export function createMemorySessions(clock: () => Date): SessionStore {
  const sessions = new LRUCache<string, Kept>({ max: ALL_MAX });
  const used = new LRUCache<string, { until: number }>({ max: NAMES_MAX });
  const until = (milliseconds: number) => clock().getTime() + milliseconds;
  const find = (digest: string) => {
    const kept = sessions.get(digest);
    return kept !== undefined && clock().getTime() < kept.until ? kept.session : undefined;
  };
  /** Of too many the oldest end. */
  function endOldest(own: [string, Kept][]): void {
    const byAge = own.sort(([, one], [, other]) => other.session.openedAt - one.session.openedAt);
    for (const [digest] of byAge.slice(SESSIONS_MAX)) sessions.delete(digest);
  }
  return {
    async open(digest, session, milliseconds) {
      sessions.set(digest, { session, until: until(milliseconds) });
      const { user } = session;
      if (user !== undefined) endOldest([...sessions.entries()].filter(([, kept]) => kept.session.user === user));
    },
    find: async (digest) => find(digest),
    async keep(digest, session, milliseconds) {
      if (find(digest) !== undefined) sessions.set(digest, { session, until: until(milliseconds) });
    },
    async end(digest) {
      sessions.delete(digest);
    },
    async endSessions(of) {
      const ended = [...sessions.entries()].filter(([, { session }]) => isEndedBy(session, of));
      for (const [digest] of ended) sessions.delete(digest);
      return ended.length;
    },
    async once(name, milliseconds) {
      const before = used.get(name);
      if (before !== undefined && clock().getTime() < before.until) return false;
      used.set(name, { until: until(milliseconds) });
      return true;
    },
    async wasUsed(name) {
      const before = used.get(name);
      return before !== undefined && clock().getTime() < before.until;
    },
    close: async () => {},
  };
}

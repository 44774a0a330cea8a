/** What issuers signalled, in this process: for one replica alone. All of it is bounded, and forgotten when it can matter no more. */
import { REVOKED_MILLISECONDS, SIGNALS_MAX, type SignalLog, TAKEN_MILLISECONDS } from "../domain/signal-log.ts";
import type { Clock } from "../ports.ts";

type Noted = { at: number; before: number };

/** An empty log, in which an issuer has so many places. */
export function createMemorySignalLog(clock: Clock, max: number = SIGNALS_MAX): SignalLog {
  const revoked = notes(clock, REVOKED_MILLISECONDS, max);
  const taken = notes(clock, TAKEN_MILLISECONDS, max);
  return {
    has: async ({ issuer, id }) => taken.find(issuer, id) !== undefined,
    keep: async ({ issuer, id }) => taken.note(issuer, id, 0),
    revoke: async ({ issuer, user, before }) => revoked.note(issuer, user, before),
    revokedBefore: ({ issuer, user }) => revoked.find(issuer, user)?.before,
    isCurrent: () => true,
    poll: async () => {},
    close: async () => {},
  };
}

/** What is noted of each issuer by a name, for a while; nothing makes place for another one. */
function notes(clock: Clock, milliseconds: number, max: number) {
  const byIssuer = new Map<string, Map<string, Noted>>();
  // a clock that was set back makes nothing younger
  const counts = ({ at }: Noted) => Math.abs(clock().getTime() - at) < milliseconds;
  return {
    find(issuer: string, name: string): Noted | undefined {
      const found = byIssuer.get(issuer)?.get(name);
      return found !== undefined && counts(found) ? found : undefined;
    },
    note(issuer: string, name: string, before: number): boolean {
      const own = byIssuer.get(issuer) ?? new Map<string, Noted>();
      byIssuer.set(issuer, own);
      const known = own.get(name);
      if (known === undefined && own.size >= max) {
        // in the order in which they were noted
        for (const [oldest, noted] of own) {
          if (counts(noted)) break;
          own.delete(oldest);
        }
        if (own.size >= max) return false;
      }
      own.delete(name);
      // a late one is none of what came after it
      own.set(name, { at: clock().getTime(), before: Math.max(before, known?.before ?? 0) });
      return true;
    },
  };
}

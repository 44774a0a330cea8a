/**
 * What issuers signalled, in Redis, shared by all replicas. Revocations are a stream of each issuer that each process reads
 * twice a second, so that a token is looked up in its own memory alone. A Redis that is away loses no signal: its sender is
 * asked to send it again. What others revoked meanwhile is then not known, and `isCurrent` says so.
 */
import { createHash } from "node:crypto";
import { UserId } from "../domain/ids.ts";
import {
  CURRENT_MILLISECONDS,
  REVOKED_MILLISECONDS,
  SIGNALS_MAX,
  type SignalLog,
  TAKEN_MILLISECONDS,
} from "../domain/signal-log.ts";
import { createMemorySignalLog } from "../memory/signal-log.ts";
import type { Clock, Meter } from "../ports.ts";
import { markKey, revocationsKey, takenKey } from "./cache-keys.ts";
import { connect } from "./connection.ts";

const PAGE = 1000;

/** A process may remember what is in the stream no more. */
const OWN_FACTOR = 4;

type Settings = {
  url: string;
  storeId: string;
  /** The names of those whose signals are taken. */
  issuers: readonly string[];
  timeoutMilliseconds: number;
  clock: Clock;
  /** How many places an issuer has. */
  max?: number;
};

/** Connects in the background. */
export function createRedisSignalLog(
  { url, storeId, issuers, timeoutMilliseconds, clock, max = SIGNALS_MAX }: Settings,
  meter: Pick<Meter, "cacheFailed">,
): SignalLog {
  const own = createMemorySignalLog(clock, max * OWN_FACTOR);
  const { redis, within, epoch, connections, close } = connect({
    url,
    key: markKey(storeId),
    timeoutMilliseconds,
    failed: (operation) => meter.cacheFailed(operation),
  });
  let read = { connection: 0, ids: new Map<string, string>() };
  let currentAt = Number.NEGATIVE_INFINITY;

  /** Undefined without an answer: while Redis is away it is not asked. */
  async function asked<T extends NonNullable<unknown> | null>(ask: () => Promise<T>): Promise<T | undefined> {
    return epoch() === undefined ? undefined : within("signals", ask());
  }

  const digestOf = (id: string) => createHash("sha256").update(id).digest("base64url");
  const agoOf = (milliseconds: number) => clock().getTime() - milliseconds;

  /** Whether there is room for one more, after what counts no more was taken out. */
  async function hasRoom(lengthOf: () => Promise<number>, trim: () => Promise<number>): Promise<boolean> {
    const length = await asked(lengthOf);
    if (length === undefined || length < max) return length !== undefined;
    const left = (await asked(trim)) === undefined ? undefined : await asked(lengthOf);
    return left !== undefined && left < max;
  }

  /** Reads what is new of one issuer's; false where not all of it could be read, or kept. */
  async function readStream(issuer: string): Promise<boolean> {
    for (;;) {
      const from = read.ids.get(issuer) ?? "-";
      const entries = await asked(() => redis.xrange(revocationsKey(storeId, issuer), from, "+", "COUNT", PAGE));
      if (entries === undefined) return false;
      for (const [id, [, user, , before]] of entries) {
        const person = UserId.safeParse(user);
        if (person.success && !(await own.revoke({ issuer, user: person.data, before: Number(before) }))) return false;
        read.ids.set(issuer, `(${id}`);
      }
      if (entries.length < PAGE) return true;
    }
  }

  return {
    async has({ issuer, id }) {
      const at = await asked(() => redis.zscore(takenKey(storeId, issuer), digestOf(id)));
      return at === undefined ? undefined : at !== null && Number(at) > agoOf(TAKEN_MILLISECONDS);
    },
    async keep({ issuer, id }) {
      const key = takenKey(storeId, issuer);
      const trim = () => redis.zremrangebyscore(key, "-inf", agoOf(TAKEN_MILLISECONDS));
      if (!(await hasRoom(() => redis.zcard(key), trim))) return false;
      const added = await asked(() => redis.zadd(key, clock().getTime(), digestOf(id)));
      return added !== undefined && (await asked(() => redis.pexpire(key, TAKEN_MILLISECONDS))) === 1;
    },
    async revoke(revocation) {
      const { issuer, user, before } = revocation;
      const stream = revocationsKey(storeId, issuer);
      const isOwn = await own.revoke(revocation);
      const trim = () => redis.xtrim(stream, "MINID", String(agoOf(REVOKED_MILLISECONDS)));
      if (!isOwn || !(await hasRoom(() => redis.xlen(stream), trim))) return false;
      const added = await asked(() => redis.xadd(stream, "*", "user", user, "before", String(before)));
      return added !== undefined && (await asked(() => redis.pexpire(stream, REVOKED_MILLISECONDS))) === 1;
    },
    revokedBefore: own.revokedBefore,
    // a clock that was set back makes nothing younger
    isCurrent: () => Math.abs(agoOf(currentAt)) < CURRENT_MILLISECONDS,
    async poll() {
      // another server may have what this one did not
      if (read.connection !== connections()) read = { connection: connections(), ids: new Map() };
      const startedAt = clock().getTime();
      let isWhole = true;
      for (const issuer of issuers) isWhole = (await readStream(issuer)) && isWhole;
      if (isWhole) currentAt = startedAt;
    },
    close,
  };
}

/** Writers that look right and are not, each with the one thing it leaves out or does otherwise. */
import { sequential } from "./agreed.ts";
import type { Act, Protocol } from "./protocol.ts";
import { addLease, invalidate, removeLease } from "./redis.ts";
import { changed, type Redis, type Scope, scopeNames } from "./state.ts";
import { agreedWriter, effectiveNow, moved, nameOf, releasesAndReplies, sent, writeOf } from "./writer.ts";

/** The invalidate before the Write would do, if leases were never lost. */
export const releasesWithoutInvalidation: Protocol = {
  ...sequential,
  release: (redis, scopes, writer) => [removeLease(redis, scopes, writer)],
};

export const repliesNowWithoutRelease: Protocol = { ...sequential, replyWithoutRelease: "effective now" };

/** The first request may have crashed before its release. */
export const repetitionOnlyReplies: Protocol = { ...sequential, releaseOfRepetition: (redis) => [redis] };

/** What a release was acknowledged for may have been followed by another Write, whose writer has died. */
export const trustsAnEarlierRelease: Protocol = { ...sequential, repetitionsRelease: "once for the scopes" };

const readsHead: Act = (_, state, writer) =>
  state.writers[writer]?.write === "committed"
    ? [
        {
          label: `${nameOf(writer)} finds its entry in the head, replies: effective now`,
          to: effectiveNow(moved(state, writer, { at: "replied" }), writer),
        },
      ]
    : [];

export const settlesWithoutRelease: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    "outcome unknown": (...at) => [...readsHead(...at), ...agreedWriter["outcome unknown"](...at)],
  },
};

/** As a `finally` would: the Write may still be in flight. */
export const releasesOnLostReply: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    sent: (setting, state, writer) => {
      const cleared = removeLease(state.redis, writeOf(setting, writer).touches, writer);
      return sent(setting, state, writer).map((step) =>
        step.to.writers[writer]?.at === "outcome unknown" ? { ...step, to: { ...step.to, redis: cleared } } : step,
      );
    },
  },
};

/** The lease from before the first Write has run out by now. */
export const sendsAgainWithoutLease: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    "outcome unknown": (_, state, writer) => [
      { label: `${nameOf(writer)} does not lease again`, to: moved(state, writer, { at: "leased" }) },
    ],
  },
};

export const refusedWithoutRelease: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    refused: (_, state, writer) => [
      { label: `${nameOf(writer)} replies that it was refused`, to: moved(state, writer, { at: "replied" }) },
    ],
  },
};

const leases: Act = (setting, state, writer) => {
  const { touches } = writeOf(setting, writer);
  const to = moved({ ...state, redis: addLease(state.redis, touches, writer) }, writer, { at: "only leased" });
  return [{ label: `${nameOf(writer)} leases ${scopeNames(touches)}`, to }];
};

const invalidates =
  (at: "leased" | "invalidated"): Act =>
  ({ protocol, world }, state, writer) => {
    const { touches } = writeOf({ protocol, world }, writer);
    return protocol.invalidate(state.redis, touches).map((redis) => ({
      label: `${nameOf(writer)} invalidates ${scopeNames(touches)}`,
      to: moved({ ...state, redis }, writer, { at }),
    }));
  };

/** Leases and invalidates in separate scripts, invalidates again and clears its leases in separate scripts. */
export const inSeparateScripts = (
  clear: (redis: Redis, scopes: readonly Scope[], writer: number) => Redis,
  protocol: Protocol = sequential,
): Protocol => ({
  ...protocol,
  writer: {
    ...agreedWriter,
    idle: leases,
    "only leased": invalidates("leased"),
    "outcome unknown": leases,
    committed: invalidates("invalidated"),
    invalidated: (setting, state, writer) => {
      const cleared = clear(state.redis, writeOf(setting, writer).touches, writer);
      const replied = moved(state, writer, { at: "replied" });
      return releasesAndReplies(setting, replied, writer, `${nameOf(writer)} clears its leases,`, [cleared]);
    },
  },
});

/** One lease for all writers: the first that releases takes it away from the others. */
export const clearsAll = (redis: Redis, scopes: readonly Scope[]): Redis => ({
  ...redis,
  leases: changed(redis.leases, scopes, () => 0),
});

/** Two workers of one machine that took the same id: whoever releases takes the other's lease away as well. */
export const sharesAWriterId: Protocol = {
  ...sequential,
  lease: (redis, scopes) => invalidate(redis, scopes).map((invalidated) => addLease(invalidated, scopes, 0)),
  release: (redis, scopes) => invalidate(redis, scopes).map((invalidated) => removeLease(invalidated, scopes, 0)),
};

export const oneLeaseForAll: Protocol = {
  ...sequential,
  release: (redis, scopes) => invalidate(redis, scopes).map((invalidated) => clearsAll(invalidated, scopes)),
};

/** Writers that look right and are not, each with the one thing it leaves out or does otherwise. */
import { sequential } from "./agreed.ts";
import type { Act, Protocol } from "./protocol.ts";
import { endLease, invalidate, lease } from "./redis.ts";
import { changed, type Redis, type Scope, scopeNames } from "./state.ts";
import { agreedWriter, effectiveNow, endsAndReplies, moved, nameOf, sent, writeOf } from "./writer.ts";

/** The invalidate before the Write would do, if leases were never lost. */
export const endsWithoutInvalidation: Protocol = {
  ...sequential,
  end: (redis, scopes, writer) => [endLease(redis, scopes, writer)],
};

export const repliesNowWithoutEnd: Protocol = { ...sequential, replyWithoutEnd: "effective now" };

/** The first request may have crashed before its end. */
export const repetitionOnlyReplies: Protocol = { ...sequential, endOfRepetition: (redis) => [redis] };

/** What an end was acknowledged for may have been followed by another Write, whose writer has died. */
export const trustsAnEarlierEnd: Protocol = { ...sequential, repetitionsEnd: "once for the scopes" };

const readsHead: Act = (_, state, writer) =>
  state.writers[writer]?.write === "stands"
    ? [
        {
          label: `${nameOf(writer)} finds its entry in the head, replies: effective now`,
          to: effectiveNow(moved(state, writer, { at: "replied" }), writer),
        },
      ]
    : [];

export const settlesWithoutEnd: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    "outcome unknown": (...at) => [...readsHead(...at), ...agreedWriter["outcome unknown"](...at)],
  },
};

/** As a `finally` would: the Write may still be under way. */
export const clearsLeaseOnLostReply: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    sent: (setting, state, writer) => {
      const cleared = endLease(state.redis, writeOf(setting, writer).touches, writer);
      return sent(setting, state, writer).map((step) =>
        step.to.writers[writer]?.at === "outcome unknown" ? { ...step, to: { ...step.to, redis: cleared } } : step,
      );
    },
  },
};

/** The lease from before the first Write has run out by now. */
export const sendsAgainWithoutBegin: Protocol = {
  ...sequential,
  writer: {
    ...agreedWriter,
    "outcome unknown": (_, state, writer) => [
      { label: `${nameOf(writer)} does not begin again`, to: moved(state, writer, { at: "begun" }) },
    ],
  },
};

export const refusedWithoutEnd: Protocol = {
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
  const to = moved({ ...state, redis: lease(state.redis, touches, writer) }, writer, { at: "leased" });
  return [{ label: `${nameOf(writer)} leases ${scopeNames(touches)}`, to }];
};

const invalidates =
  (at: "begun" | "invalidated"): Act =>
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
    leased: invalidates("begun"),
    "outcome unknown": leases,
    committed: invalidates("invalidated"),
    invalidated: (setting, state, writer) => {
      const cleared = clear(state.redis, writeOf(setting, writer).touches, writer);
      const replied = moved(state, writer, { at: "replied" });
      return endsAndReplies(setting, replied, writer, `${nameOf(writer)} clears its leases,`, [cleared]);
    },
  },
});

/** One lease for all writers: the first that ends takes it away from the others. */
export const clearsAll = (redis: Redis, scopes: readonly Scope[]): Redis => ({
  ...redis,
  leases: changed(redis.leases, scopes, () => 0),
});

export const oneLeaseForAll: Protocol = {
  ...sequential,
  end: (redis, scopes) => invalidate(redis, scopes).map((invalidated) => clearsAll(invalidated, scopes)),
};

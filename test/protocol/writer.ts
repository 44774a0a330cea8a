/**
 * A writer: lease → Write → commit known → release → reply. It leases again before every Write it sends, also the
 * identical one after a lost reply; it releases after a refusal too.
 */
import type { Step } from "./explore.ts";
import type { Act, Setting } from "./protocol.ts";
import { changed, has, minus, plus, type Redis, type Scope, type State, scopeNames, type Writer } from "./state.ts";
import type { Write } from "./world.ts";

export const nameOf = (writer: number): string => `W${writer + 1}`;

export const writeOf = ({ world }: Setting, writer: number): Write => world.writes[writer] ?? { touches: [] };

export const moved = (state: State, writer: number, to: Partial<Writer>): State => ({
  ...state,
  writers: changed(state.writers, [writer], (before) => ({ ...before, ...to })),
});

/** The reply says that the Write is effective now. */
export const effectiveNow = (state: State, writer: number): State => ({
  ...state,
  effective: plus(state.effective, writer),
  late: minus(state.late, writer),
});

const effectiveLater = (state: State, writer: number): State =>
  has(state.effective, writer) ? state : { ...state, late: plus(state.late, writer) };

/** Whether the state that the Write is decided on can be read: the Write before it is committed. */
function mayDecide({ world }: Setting, state: State, { after }: Write): boolean {
  if (after === undefined) return true;
  return world.waits ? has(state.effective, after) : state.engine.log.includes(after);
}

/** Invalidates and leases, and continues without Redis. */
export const leases: Act = (setting, state, writer) => {
  const write = writeOf(setting, writer);
  const steps: Step<State>[] = setting.protocol.lease(state.redis, write.touches, writer).map((redis) => ({
    label: `${nameOf(writer)} invalidates and leases ${scopeNames(write.touches)}`,
    to: moved({ ...state, redis }, writer, { at: "leased" }),
  }));
  if (setting.world.faults.includes("unreachable Redis"))
    steps.push({
      label: `${nameOf(writer)} cannot reach Redis to lease, and continues`,
      to: moved(state, writer, { at: "leased" }),
    });
  return steps;
};

const idle: Act = (setting, state, writer) => {
  const write = writeOf(setting, writer);
  if (!mayDecide(setting, state, write)) return [];
  if (!write.past) return leases(setting, state, writer);
  return [
    {
      label: `${nameOf(writer)} is written past the service`,
      to: moved(state, writer, { at: "sent", write: "in flight" }),
    },
  ];
};

const leased: Act = (_, state, writer) => {
  const again = state.writers[writer]?.write === "not sent" ? "" : " again";
  const write = state.writers[writer]?.write === "committed" ? "committed" : "in flight";
  return [{ label: `${nameOf(writer)} sends its Write${again}`, to: moved(state, writer, { at: "sent", write }) }];
};

/** A repeated Write is refused when its first copy was committed: the writer then finds its own entry in the head. */
export const sent: Act = ({ world }, state, writer) => {
  const name = nameOf(writer);
  const steps: Step<State>[] = [];
  if (world.writes[writer]?.past) return steps;
  if (state.writers[writer]?.write === "committed")
    steps.push({ label: `${name} learns that its Write is committed`, to: moved(state, writer, { at: "committed" }) });
  else if (world.faults.includes("refusal"))
    steps.push({
      label: `${name} is refused: another was first`,
      to: moved(state, writer, { at: "refused", write: "not sent" }),
    });
  if (world.faults.includes("lost reply"))
    steps.push({ label: `${name}'s reply is lost`, to: moved(state, writer, { at: "outcome unknown" }) });
  return steps;
};

const outcomeUnknown: Act = (setting, state, writer) => [
  ...leases(setting, state, writer),
  { label: `${nameOf(writer)} replies that its outcome is unknown`, to: moved(state, writer, { at: "gone" }) },
];

/** What a script reports as invalidated: nothing where a broken one left the tokens unchanged. */
const invalidated = (before: Redis, after: Redis, touches: readonly Scope[]): string =>
  before.tokens === after.tokens ? "" : `invalidates ${scopeNames(touches)}, `;

/** Releases and replies. Without Redis the reply says that the Write is effective when no older entry can be left. */
export function releasesAndReplies(
  setting: Setting,
  state: State,
  writer: number,
  who: string,
  released: Redis[],
): Step<State>[] {
  const { touches } = writeOf(setting, writer);
  const steps: Step<State>[] = released.map((redis) => ({
    label: `${who} ${invalidated(state.redis, redis, touches)}replies: effective now`,
    to: effectiveNow({ ...state, redis }, writer),
  }));
  if (setting.world.faults.includes("unreachable Redis")) {
    const reply = setting.protocol.replyWithoutRelease;
    steps.push({
      label: `${who} cannot reach Redis to release, replies: ${reply}`,
      to: reply === "effective now" ? effectiveNow(state, writer) : effectiveLater(state, writer),
    });
  }
  return steps;
}

const committed: Act = (setting, state, writer) => {
  const released = setting.protocol.release(state.redis, writeOf(setting, writer).touches, writer);
  return releasesAndReplies(setting, moved(state, writer, { at: "replied" }), writer, nameOf(writer), released);
};

/** It releases and counts on nothing but the TTL. */
export const repliesLate: Act = (setting, state, writer) => {
  const { touches } = writeOf(setting, writer);
  return setting.protocol.release(state.redis, touches, writer).map((redis) => ({
    label: `${nameOf(writer)} releases, replies: effective by now + TTL`,
    to: effectiveLater(moved({ ...state, redis }, writer, { at: "replied" }), writer),
  }));
};

/** It releases, and decides again on what it reads then, as if it came for the first time. */
const refused: Act = (setting, state, writer) => {
  const { touches } = writeOf(setting, writer);
  const steps: Step<State>[] = setting.protocol.release(state.redis, touches, writer).map((redis) => ({
    label: `${nameOf(writer)} releases after the refusal: invalidates ${scopeNames(touches)}`,
    to: moved({ ...state, redis }, writer, { at: "idle" }),
  }));
  if (setting.world.faults.includes("unreachable Redis"))
    steps.push({
      label: `${nameOf(writer)} cannot reach Redis to release after the refusal`,
      to: moved(state, writer, { at: "idle" }),
    });
  return steps;
};

export const agreedWriter = { idle, leased, sent, "outcome unknown": outcomeUnknown, committed, refused };

/** What happens to writers, to Redis and with time, without anybody's doing. */
import type { Step } from "./explore.ts";
import type { Setting } from "./protocol.ts";
import { EMPTY, removeLease } from "./redis.ts";
import {
  changed,
  type Engine,
  type Entry,
  has,
  MISSING,
  NOBODY,
  plus,
  type Redis,
  SCOPES,
  type State,
  scopeNames,
  USER,
  type Writes,
} from "./state.ts";
import { effectiveNow, moved, nameOf, releasesAndReplies, writeOf } from "./writer.ts";

export function happenings(setting: Setting, state: State): Step<State>[] {
  const steps = [...evictions(setting, state), ...restarts(setting, state), ...forgeries(setting, state)];
  for (const writer of state.writers.keys())
    steps.push(
      ...inFlight(setting, state, writer),
      ...foundCommitted(setting, state, writer),
      ...lateReply(setting, state, writer),
      ...lostLeases(setting, state, writer),
    );
  return steps;
}

/** A Write that was sent may come through at any later time, whatever became of its writer. */
function inFlight(setting: Setting, state: State, writer: number): Step<State>[] {
  const { faults } = setting.world;
  const { past, gives } = writeOf(setting, writer);
  const { at, write } = state.writers[writer] ?? { at: "gone", write: "not sent" };
  const name = nameOf(writer);
  const steps: Step<State>[] = [];
  if (write === "in flight") {
    const engine: Engine = {
      ...state.engine,
      log: [...state.engine.log, writer],
      // what is written past the service leaves the head as it is, and with it the registration
      ...(gives !== undefined && { owner: gives, ...(!past && { incarnation: writer }) }),
    };
    steps.push({
      label: `the engine commits ${name}`,
      to: moved({ ...state, engine }, writer, { write: "committed" }),
    });
    if (faults.includes("lost Write"))
      steps.push({ label: `${name}'s Write is lost`, to: moved(state, writer, { write: "not sent" }) });
  }
  if (faults.includes("crash") && !past && at !== "idle" && at !== "replied" && at !== "gone")
    steps.push({ label: `${name} crashes`, to: moved(state, writer, { at: "gone" }) });
  return steps;
}

/** Another request for the same finds the Write done. It has no lease, but it releases too. The follower is such a one as well. */
function foundCommitted(setting: Setting, state: State, writer: number): Step<State>[] {
  const { touches, past } = writeOf(setting, writer);
  if (state.writers[writer]?.write !== "committed" || has(state.effective, writer)) return [];
  const { invalidate, releaseOfRepetition } = setting.protocol;
  if (!past) {
    if (!setting.world.faults.includes("repetition")) return [];
    const name = `a repetition finds ${nameOf(writer)} done,`;
    if (isReleased(setting, state, writer))
      return [{ label: `${name} and a release behind it`, to: effectiveNow(state, writer) }];
    const released = releaseOfRepetition(state.redis, touches);
    return releasesAndReplies(setting, remembered(setting, state, writer), writer, name, released).map((step) =>
      // what was not acknowledged is not remembered
      has(step.to.effective, writer) ? step : { ...step, to: { ...step.to, repeated: state.repeated } },
    );
  }
  return invalidate(state.redis, touches).map((redis) => ({
    label: `the follower finds ${nameOf(writer)}, invalidates ${scopeNames(touches)}`,
    to: effectiveNow({ ...state, redis }, writer),
  }));
}

const onSameScopes = (setting: Setting, a: number, b: number) =>
  writeOf(setting, a).touches.join() === writeOf(setting, b).touches.join();

/** Whether the release of a repetition is behind this Write, as its protocol sees it. */
function isReleased(setting: Setting, { repeated, writers }: State, writer: number): boolean {
  const { repetitionsRelease } = setting.protocol;
  if (repetitionsRelease === "each") return false;
  if (repetitionsRelease === "once for a reading") return has(repeated, writer);
  return writers.some((_, other) => has(repeated, other) && onSameScopes(setting, other, writer));
}

/** The state that remembers that the committed Writes on these scopes were released. */
function remembered(setting: Setting, state: State, writer: number): State {
  if (setting.protocol.repetitionsRelease === "each") return state;
  const same = state.engine.log.filter((write) => onSameScopes(setting, write, writer));
  return { ...state, repeated: same.reduce(plus, state.repeated) };
}

function lateReply(setting: Setting, state: State, writer: number): Step<State>[] {
  if (!has(state.late, writer)) return [];
  const { touches } = writeOf(setting, writer);
  // where tokens are put back an invalidation settles nothing, and only the TTL does
  const invalidated = setting.world.faults.includes("put back")
    ? []
    : setting.protocol.invalidate(state.redis, touches);
  const steps: Step<State>[] = invalidated.map((redis) => ({
    label: `${nameOf(writer)}'s replica reaches Redis again, invalidates ${scopeNames(touches)}`,
    to: effectiveNow({ ...state, redis }, writer),
  }));
  const to = ttlPassed(setting, state, writer);
  return [...steps, { label: `the TTL has passed since ${nameOf(writer)}'s reply`, to }];
}

/** Entries filled before the reply have ended, and a fill begun before it stores nothing any more. */
function ttlPassed({ protocol }: Setting, state: State, writer: number): State {
  const older = (youngerThan: Writes) => !has(youngerThan, writer);
  const ended = (entry: Entry | undefined) => (entry && older(entry.youngerThan) ? undefined : entry);
  const { entry, saved } = state.redis;
  const { confirmed } = state;
  return {
    ...effectiveNow(state, writer),
    confirmed: confirmed && older(confirmed.youngerThan) ? undefined : confirmed,
    // an entry carries its end, also where it is kept to be put back
    redis: { ...state.redis, entry: ended(entry), saved: saved && { ...saved, entry: ended(saved.entry) } },
    readers: state.readers.map((reader) =>
      protocol.ttlFrom === "fill" && older(reader.youngerThan) ? { ...reader, tooOld: true } : reader,
    ),
  };
}

/** A lease outlives the Write that it was taken for, but not the next one. */
function lostLeases({ world: { faults } }: Setting, state: State, writer: number): Step<State>[] {
  const { at, write } = state.writers[writer] ?? { at: "gone", write: "not sent" };
  const ranOut = faults.includes("lease ran out") && at === "outcome unknown" && write !== "in flight";
  if (!ranOut && !faults.includes("lost lease")) return [];
  return SCOPES.filter((scope) => has(state.redis.leases[scope] ?? 0, writer)).map((scope) => ({
    label: `${nameOf(writer)}'s lease of ${scopeNames([scope])} ${ranOut ? "runs out" : "is lost"}`,
    to: { ...state, redis: removeLease(state.redis, [scope], writer) },
  }));
}

function evictions({ world: { faults } }: Setting, state: State): Step<State>[] {
  const { redis } = state;
  const steps: Step<State>[] = [];
  if (faults.includes("evicted token"))
    for (const scope of SCOPES)
      if (redis.tokens[scope] !== MISSING)
        steps.push({
          label: `Redis evicts the token of ${scopeNames([scope])}`,
          to: { ...state, redis: { ...redis, tokens: changed(redis.tokens, [scope], () => MISSING) } },
        });
  if (faults.includes("evicted entry") && redis.entry)
    steps.push({ label: "Redis evicts the entry", to: { ...state, redis: { ...redis, entry: undefined } } });
  return steps;
}

function restarts({ protocol, world: { faults } }: Setting, state: State): Step<State>[] {
  const { redis } = state;
  const { tokens, entry, saved } = redis;
  const steps: Step<State>[] = [];
  if (faults.includes("empty restart"))
    steps.push({ label: "Redis restarts empty", to: { ...state, redis: { ...EMPTY, saved } } });
  if (faults.includes("old restart"))
    steps.push(
      saved
        ? { label: "Redis restarts with what it saved", to: { ...state, redis: protocol.restart(redis) } }
        : { label: "Redis saves what it has", to: { ...state, redis: { ...redis, saved: { tokens, entry } } } },
    );
  return steps;
}

/** What an attacker does who may write to Redis, knows its whole content, and has no secret of ours. */
function forgeries({ world: { faults } }: Setting, { redis, engine, ...state }: State): Step<State>[] {
  const { owner } = engine;
  const { tokens, entry, saved } = redis;
  const steps: Step<State>[] = [];
  const made = (label: string, changes: Partial<Redis>) =>
    steps.push({ label, to: { ...state, engine, redis: { ...redis, ...changes } } });
  const [user = MISSING, owners = MISSING] = [tokens[USER], owner === NOBODY ? MISSING : tokens[owner]];
  if (faults.includes("forged entry") && user !== MISSING && owners !== MISSING)
    made("somebody makes an entry that shows no Write", {
      entry: { answer: 0, owner, tokens: { user, owner: owners }, youngerThan: 0, forged: true },
    });
  if (faults.includes("put back") && saved) {
    made("somebody puts tokens back", { tokens: saved.tokens });
    made("somebody puts tokens back, and the entry that was there", { tokens: saved.tokens, entry: saved.entry });
  }
  if (faults.includes("put back") && !saved) made("somebody keeps what is there", { saved: { tokens, entry } });
  return steps;
}

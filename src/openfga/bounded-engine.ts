/**
 * The engine with a bound: only so many calls are under way at once, shared fairly by
 * those who call (`places.ts`). One beyond that waits a little and is then turned away.
 */
import type { Engine, EngineApi, Meter } from "../ports.ts";
import { createPlaces } from "./places.ts";

/** Long enough for a burst to pass, and well within the time that a caller waits for a check. */
const WAIT_MILLISECONDS = 1000;

type Bound = {
  callsMax: number;
  meter: Pick<Meter, "engineCalled">;
  /** For whom a call is made that is made now. */
  callerNow: () => string;
};

/** The same engine; its questions throw Overloaded when they found no place in time. */
export function boundEngine(engine: Engine, { callsMax, meter, callerNow }: Bound): Engine {
  const places = createPlaces(callsMax, WAIT_MILLISECONDS);

  async function begin(name: Parameters<Meter["engineCalled"]>[0]): Promise<() => void> {
    const caller = callerNow();
    await places.take(caller);
    meter.engineCalled(name);
    return () => places.free(caller);
  }

  async function call<T>(name: Parameters<Meter["engineCalled"]>[0], ask: () => Promise<T>): Promise<T> {
    const end = await begin(name);
    try {
      return await ask();
    } finally {
      end();
    }
  }

  /** Under way until its last byte. */
  async function stream(...asked: Parameters<EngineApi["stream"]>): ReturnType<EngineApi["stream"]> {
    const end = await begin("api");
    try {
      const reply = await engine.api.stream(...asked);
      void reply.ended.then(end);
      return reply;
    } catch (error) {
      end();
      throw error;
    }
  }

  return {
    permissions: engine.permissions,
    api: { ...engine.api, ask: (...asked) => call("api", () => engine.api.ask(...asked)), stream },
    rewrites: engine.rewrites,
    ready: (signal) => engine.ready(signal),
    time: () => engine.time(),
    check: (...asked) => call("check", () => engine.check(...asked)),
    batchCheck: (...asked) => call("batch_check", () => engine.batchCheck(...asked)),
    expand: (...asked) => call("expand", () => engine.expand(...asked)),
    listObjects: (...asked) => call("list", () => engine.listObjects(...asked)),
    listUsers: (...asked) => call("list", () => engine.listUsers(...asked)),
  };
}

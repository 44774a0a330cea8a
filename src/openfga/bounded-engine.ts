/**
 * The engine with a bound on its calls: so many run at once, shared fairly between the callers (`places.ts`). A call
 * beyond the bound waits for a second and is then refused.
 */
import type { Engine, EngineApi, Meter } from "../ports.ts";
import { createPlaces } from "./places.ts";

/** Long enough for a burst to pass, and well within the time that a caller waits for a check. */
const WAIT_MILLISECONDS = 1000;

type Bound = {
  callsMax: number;
  meter: Pick<Meter, "engineCalled">;
  /** The caller of a call that begins now. */
  callerNow: () => string;
};

/** The same engine; a call that gets no place in time throws Overloaded. */
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

  /** Holds its place until its last byte. */
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
    ...engine,
    api: { ...engine.api, ask: (...asked) => call("api", () => engine.api.ask(...asked)), stream },
    check: (...asked) => call("check", () => engine.check(...asked)),
    batchCheck: (...asked) => call("batch_check", () => engine.batchCheck(...asked)),
    expand: (...asked) => call("expand", () => engine.expand(...asked)),
    listObjects: (...asked) => call("list", () => engine.listObjects(...asked)),
    listUsers: (...asked) => call("list", () => engine.listUsers(...asked)),
  };
}

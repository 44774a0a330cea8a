/**
 * The engine with a bound on its calls: so many run at once, shared fairly between the callers (`places.ts`), and at
 * most half of them are lists, which take seconds where a check takes milliseconds. A call beyond the bound waits for a
 * second, a list for up to two, and is then refused. What actions read and write is not counted here: the bound keeps the engine free for it.
 */
import type { ApiRequest, Engine, EngineApi, Meter } from "../ports.ts";
import { createPlaces } from "./places.ts";

/** Long enough for a burst to pass, and well within the time that a caller waits for a check. */
const WAIT_MILLISECONDS = 1000;

type CallName = Parameters<Meter["engineCalled"]>[0];

/** Whether it is one of OpenFGA's lists: `/list-objects`, `/list-users`, `/streamed-list-objects`. */
const isListRequest = ({ path }: ApiRequest): boolean => /^\/(streamed-)?list-/.test(path);

type Bound = {
  callsMax: number;
  meter: Pick<Meter, "engineCalled">;
  /** The caller of a call that begins now. */
  callerNow: () => string;
};

/** The same engine; a call that gets no place in time throws Overloaded. */
export function boundEngine(engine: Engine, { callsMax, meter, callerNow }: Bound): Engine {
  const places = createPlaces(callsMax, WAIT_MILLISECONDS);
  const listPlaces = createPlaces(Math.ceil(callsMax / 2), WAIT_MILLISECONDS);

  async function begin(name: CallName, isList: boolean): Promise<() => void> {
    const caller = callerNow();
    if (isList) await listPlaces.take(caller);
    try {
      await places.take(caller);
    } catch (error) {
      if (isList) listPlaces.free(caller);
      throw error;
    }
    meter.engineCalled(name);
    return () => {
      places.free(caller);
      if (isList) listPlaces.free(caller);
    };
  }

  async function call<T>(name: CallName, ask: () => Promise<T>, isList = name === "list"): Promise<T> {
    const end = await begin(name, isList);
    try {
      return await ask();
    } finally {
      end();
    }
  }

  /** Holds its place until its last byte. */
  async function stream(...asked: Parameters<EngineApi["stream"]>): ReturnType<EngineApi["stream"]> {
    const end = await begin("api", isListRequest(asked[0]));
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
    api: {
      ...engine.api,
      ask: (...asked) => call("api", () => engine.api.ask(...asked), isListRequest(asked[0])),
      stream,
    },
    check: (...asked) => call("check", () => engine.check(...asked)),
    batchCheck: (...asked) => call("batch_check", () => engine.batchCheck(...asked)),
    expand: (...asked) => call("expand", () => engine.expand(...asked)),
    listObjects: (...asked) => call("list", () => engine.listObjects(...asked)),
    listUsers: (...asked) => call("list", () => engine.listUsers(...asked)),
  };
}

/**
 * The engine with a bound: only so many calls are under way at once, and one beyond
 * that is turned away at once instead of waiting where nobody sees it.
 */
import { type Engine, type EngineApi, type Meter, Overloaded } from "../ports.ts";

/** The same engine; its questions throw Overloaded while `callsMax` others are under way. */
export function boundEngine(engine: Engine, callsMax: number, meter: Pick<Meter, "engineCalled">): Engine {
  let underWay = 0;

  function begin(name: Parameters<Meter["engineCalled"]>[0]): void {
    if (underWay >= callsMax) throw new Overloaded(`${callsMax} calls to OpenFGA are under way`);
    underWay++;
    meter.engineCalled(name);
  }

  function end(): void {
    underWay--;
  }

  async function call<T>(name: Parameters<Meter["engineCalled"]>[0], ask: () => Promise<T>): Promise<T> {
    begin(name);
    try {
      return await ask();
    } finally {
      end();
    }
  }

  /** Under way until its last byte. */
  async function stream(...asked: Parameters<EngineApi["stream"]>): ReturnType<EngineApi["stream"]> {
    begin("api");
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
    check: (...asked) => call("check", () => engine.check(...asked)),
    batchCheck: (...asked) => call("batch_check", () => engine.batchCheck(...asked)),
    expand: (...asked) => call("expand", () => engine.expand(...asked)),
    listObjects: (...asked) => call("list", () => engine.listObjects(...asked)),
    listUsers: (...asked) => call("list", () => engine.listUsers(...asked)),
  };
}

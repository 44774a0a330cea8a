/**
 * The engine with a bound: only so many calls are under way at once, and one beyond
 * that is turned away at once instead of waiting where nobody sees it.
 */
import { type Engine, type Meter, Overloaded } from "../ports.ts";

/** The same engine; its questions throw Overloaded while `callsMax` others are under way. */
export function boundEngine(engine: Engine, callsMax: number, meter: Pick<Meter, "engineCalled">): Engine {
  let underWay = 0;

  async function call<T>(name: Parameters<Meter["engineCalled"]>[0], ask: () => Promise<T>): Promise<T> {
    if (underWay >= callsMax) throw new Overloaded(`${callsMax} calls to OpenFGA are under way`);
    underWay++;
    meter.engineCalled(name);
    try {
      return await ask();
    } finally {
      underWay--;
    }
  }

  return {
    permissions: engine.permissions,
    rewrites: engine.rewrites,
    ready: () => engine.ready(),
    check: (...asked) => call("check", () => engine.check(...asked)),
    batchCheck: (...asked) => call("batch_check", () => engine.batchCheck(...asked)),
    expand: (...asked) => call("expand", () => engine.expand(...asked)),
    listObjects: (...asked) => call("list", () => engine.listObjects(...asked)),
    listUsers: (...asked) => call("list", () => engine.listUsers(...asked)),
  };
}

/**
 * One line of JSON for each request and for whatever an operator should know. Never in
 * it: keys, tokens, bodies, e-mail addresses. Faults carry their cause here, and only here.
 */
import { pino } from "pino";

export type Log = (level: "info" | "warn" | "error", event: string, facts: object) => void;

/** A log on standard output. */
export function createLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return (at, event, facts) => logger[at]({ event, ...facts });
}

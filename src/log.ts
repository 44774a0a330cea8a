/**
 * One line of JSON for each request and for whatever an operator should know. Never in
 * it: keys, tokens, bodies, names, e-mail addresses. A fault stands here by its kind, its codes
 * and where it was thrown (`domain/error-facts.ts`), never by the text of a library or server.
 */
import { pino } from "pino";

export type Log = (level: "info" | "warn" | "error", event: string, facts: object) => void;

/** A log on standard output. */
export function createLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return (at, event, facts) => logger[at]({ event, ...facts });
}

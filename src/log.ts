/**
 * One line for each request and for whatever an operator should know: JSON for machines, words and
 * colours for a person at a terminal. Never in it: keys, tokens, bodies, names, e-mail addresses. A
 * fault is logged by its kind, its codes and where it was thrown (`domain/error-facts.ts`), never by
 * the text of a library or server.
 */
import { pino } from "pino";
import { prettyFactory } from "pino-pretty";

export type Log = (level: "debug" | "info" | "warn" | "error", event: string, facts: object) => void;
export type LogFormat = "json" | "pretty";

/** A log on standard output. Lines below `level` are left out; those of one of several workers have its number. */
export function createLog(level: string, format: LogFormat, worker?: number): Log {
  const options = { level, base: worker === undefined ? null : { worker }, timestamp: pino.stdTimeFunctions.isoTime };
  const logger =
    format === "json" ? pino(options) : pino(options, { write: (line) => void process.stdout.write(readable(line)) });
  return (at, event, facts) => logger[at]({ event, ...facts });
}

type Line = Record<string, unknown>;

/** What the first line of an entry says; facts of any other name are printed below it. */
const FIRST_LINE = ["method", "route", "status", "milliseconds", "denied", "key", "request_id", "worker"];

const firstLine = ({ event, method, route, status, milliseconds, denied, key, request_id, worker }: Line) =>
  [
    event === "request" ? `${method} ${route} ${status} in ${milliseconds} ms` : event,
    denied && `denied: ${denied}`,
    key && `key ${key}`,
    request_id,
    worker && `worker ${worker}`,
  ]
    .filter(Boolean)
    .join(", ");

/** A line of the JSON log as people read it. Colours only where standard output is a terminal and `NO_COLOR` is not set. */
export const readable = prettyFactory({
  messageKey: "event",
  messageFormat: firstLine,
  ignore: FIRST_LINE.join(),
  translateTime: "SYS:HH:MM:ss",
});

/**
 * What of an error may be logged: its class, its codes and where it was thrown. Its text
 * only where it is a `Fault`, whose text holds codes and ids: the texts of libraries and
 * servers repeat what they were about, names and addresses included.
 */
import { Fault } from "../faults.ts";

/** Ids of people in a text: a host may use addresses as ids. */
const PEOPLE = /\buser:[^\s,;]+/g;

export type ErrorFacts = {
  error: string;
  message?: string;
  code?: string | number;
  at?: string[];
  cause?: ErrorFacts;
};

/** The facts for a line of the log, with those of its cause. */
export function errorFacts(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as { code?: unknown };
  // without the text first: a line of it may look like a frame
  const lines = error.stack?.replace(error.message, "").split("\n") ?? [];
  const frames = lines.filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...(error instanceof Fault
      ? { message: error.message.replace(PEOPLE, "user:…") }
      : (typeof code === "string" || typeof code === "number") && { code }),
    ...(frames.length > 0 && { at: frames.map((line) => line.trim().slice("at ".length)) }),
    ...(error.cause !== undefined && { cause: errorFacts(error.cause) }),
  };
}

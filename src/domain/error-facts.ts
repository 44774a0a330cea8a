/**
 * What of an error may stand in a log: its kind, its codes and where it was thrown. Its
 * text stands there only where it is one of ours, made of codes and ids: the texts of
 * libraries and servers repeat what they were about, names and addresses included.
 */

/** Errors whose text the project writes itself, without anything that a caller wrote. */
const OURS: readonly string[] = [
  "Contended",
  "EngineRefused",
  "EngineUnavailable",
  "MailFailed",
  "OutcomeUnknown",
  "Overloaded",
  "StoreDamaged",
];

/** Whose id stands in a text. A host may use addresses as ids of people. */
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
    ...(OURS.includes(error.name) && { message: error.message.replace(PEOPLE, "user:…") }),
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(frames.length > 0 && { at: frames.map((line) => line.trim().slice("at ".length)) }),
    ...(error.cause !== undefined && { cause: errorFacts(error.cause) }),
  };
}

/**
 * How many requests are answered in a minute, by what they ask and for whom. Pure. A
 * limit counts one key, one acting user or one organization (the one that the path
 * names), so that whoever reaches theirs slows nobody else down.
 */

/** What is limited apart. An invitation is a write too. */
export const KINDS = ["checks", "searches", "reads", "writes", "invitations"] as const;
export type Kind = (typeof KINDS)[number];

/** Whom a limit counts, the narrowest first: what one user is refused is not counted for all who share a key. */
const SUBJECTS = ["user", "organization", "key"] as const;
type Subject = (typeof SUBJECTS)[number];

export const WINDOW_SECONDS = 60;

/** Requests in a window. A subject that is not there is not limited. */
export type Limits = Partial<Record<Subject, number>>;
export type RateLimits = Record<Kind, Limits>;

/** One limit by its name, `writes-user`. */
export type Policy = { name: string; limit: number };

/** A limit that a request counts for, and whose count it is. */
export type Counted = Policy & { of: Subject; subject: string };

export const LIMITS_FORM = "`off`, a number for each of key, user and organization, or `key=6000,user=300`";

/** The limits that a text names, `key=6000,user=300`; undefined for what is no such text. Zero is no limit. */
export function readLimits(text: string): Limits | undefined {
  if (text === "off") return {};
  const all = /^\d{1,9}$/.exec(text);
  if (all !== null) return limitsOf(SUBJECTS.map((subject) => [subject, Number(text)]));
  const parts = text.split(",").map((part) => /^(user|organization|key)=(\d{1,9}|off)$/.exec(part.trim()));
  if (parts.includes(null)) return undefined;
  const named = parts.map((part) => [part?.[1] as Subject, Number(part?.[2] === "off" ? 0 : part?.[2])] as const);
  return new Set(named.map(([subject]) => subject)).size === named.length ? limitsOf(named) : undefined;
}

const limitsOf = (named: readonly (readonly [Subject, number])[]): Limits =>
  Object.fromEntries(named.filter(([, limit]) => limit > 0));

/** Every limit there is. */
export function policiesOf(limits: RateLimits): Policy[] {
  return KINDS.flatMap((kind) =>
    SUBJECTS.flatMap((of) => {
      const limit = limits[kind][of];
      return limit === undefined ? [] : [{ name: `${kind}-${of}`, limit }];
    }),
  );
}

/** The limits that a request counts for, in the order in which it is counted. */
export function countedFor(
  limits: RateLimits,
  kinds: readonly Kind[],
  subjects: Partial<Record<Subject, string | undefined>>,
): Counted[] {
  return SUBJECTS.flatMap((of) =>
    kinds.flatMap((kind) => {
      const limit = limits[kind][of];
      const subject = subjects[of];
      return limit === undefined || subject === undefined ? [] : [{ name: `${kind}-${of}`, limit, of, subject }];
    }),
  );
}

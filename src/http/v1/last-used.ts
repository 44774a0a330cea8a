/**
 * When rights were last used, as the access log says: when their person was last let in through the share while they held
 * the right. The log is asked once for all of them, because it may take a second to look through it.
 */
import type { AccessLogReader } from "../../access-log/reader.ts";
import type { Right } from "../../domain/register/rights.ts";

/** `since`: how far back the log was searched; undefined where all of it was, or there is none. */
export type LastUse = { at: Date | undefined; since: Date | undefined };

/** The last use of each of these rights of now; none of any where no log is read. Throws AuditUnavailable where it cannot be read. */
export async function lastUsesOf(
  log: AccessLogReader | undefined,
  rights: readonly Right[],
): Promise<(right: Right) => LastUse> {
  if (log === undefined || rights.length === 0) return () => ({ at: undefined, since: undefined });
  const { used, since } = await log.lastUsed([...new Set(rights.map(({ cooperation }) => cooperation))]);
  const found = new Map(used.map((one) => [keyOf(one), one.at]));
  return (right) => {
    const at = found.get(keyOf(right));
    // what was used before was a right that had ended, or another one of the same person
    return { at: at !== undefined && at.getTime() >= Date.parse(right.since) ? at : undefined, since };
  };
}

const keyOf = ({ cooperation, share, user }: Record<"cooperation" | "share" | "user", string>) =>
  `${cooperation} ${share} ${user}`;

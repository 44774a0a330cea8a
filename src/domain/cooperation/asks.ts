/**
 * What the partner of a cooperation asks for and has no answer to yet: another role on a share, or a later date. All of
 * a cooperation's are in one head of their own, so they are few, read at once, and answered once. Pure.
 */
import { z } from "zod";
import { StoreDamaged } from "../../faults.ts";
import { optional, Reason } from "../commands.ts";
import { InstantInput } from "../expiry.ts";
import { Id, RESOURCE_TYPES, type ShareId } from "../ids.ts";
import { alive, type Cooperation, type Head, isAccepted, type Share } from "../records.ts";
import { JobRoleInput, SHARED_ROLES } from "../roles.ts";
import { shareAt } from "../share-dates.ts";

/** Asks of one cooperation that wait for an answer, and that are made in it on one day (UTC). */
export const ASKS_MAX = { open: 10, today: 20 } as const;

export const AsksRecord = z.object({
  asked: z.coerce.number().int(),
  asked_on: z.string(),
  asked_today: z.coerce.number().int(),
  open: z.string().optional(),
});
/** `asked`: how many there ever were, which numbers them; `open`: those without an answer, as JSON. */
export type AsksRecord = z.infer<typeof AsksRecord>;

const Ask = z.object({
  n: z.int(),
  share: z.string().brand<"share">().optional(),
  resource: z.templateLiteral([z.enum(RESOURCE_TYPES), ":", z.string()]).optional(),
  role: z.enum(SHARED_ROLES).optional(),
  expires_at: z.string().optional(),
  note: z.string(),
  by: z.string(),
  at: z.string(),
  from: z.object({ role: z.enum(SHARED_ROLES).optional(), expires_at: z.string().optional() }),
});
/** `share`: none where it is about the cooperation's date. `from`: what it was about as it was; where that has changed, so has the question. */
export type Ask = z.infer<typeof Ask>;

/** The head that a cooperation's asks are in. */
export const asksObject = (cooperation: Cooperation["id"]): string => `asks:${cooperation}`;

/** All that have no answer, also those whose share was removed since. Throws StoreDamaged. */
export function keptAsks({ object, value }: Head<AsksRecord>): Ask[] {
  if (value?.open === undefined) return [];
  try {
    return z.array(Ask).parse(JSON.parse(value.open));
  } catch {
    throw new StoreDamaged(object, "its record cannot be read: open");
  }
}

/** The live shares that asks are about, by id. */
export type SharesAsked = ReadonlyMap<ShareId, Share>;

/** The live shares of a cooperation among these heads. */
export const liveShares = ({ id }: Cooperation, heads: readonly Head<Share>[]): SharesAsked =>
  new Map(
    heads.flatMap((head) => {
      const share = alive(head);
      return share?.cooperation === id ? [[share.id, share] as const] : [];
    }),
  );

/** Those that can still be answered: an ask ends with its share, and with the cooperation. */
export function openAsks(asks: Head<AsksRecord>, cooperation: Cooperation, shares: SharesAsked): Ask[] {
  if (!isAccepted(cooperation)) return [];
  return keptAsks(asks).filter(({ share }) => share === undefined || shares.has(share));
}

/** What an ask is about as it is now. */
export function asIs(share: Share | undefined, cooperation: Cooperation, now: Date): Ask["from"] {
  if (share === undefined) return { expires_at: cooperation.expires_at };
  const { role, expires_at } = shareAt(share, now);
  return { role, expires_at };
}

/** Whether what it is about is another one by now than when it was made. */
export function isStale({ share, from }: Ask, cooperation: Cooperation, shares: SharesAsked, now: Date): boolean {
  const is = asIs(share && shares.get(share), cooperation, now);
  return is.role !== from.role || is.expires_at !== from.expires_at;
}

/** The number of an ask, as it is in a path. */
export const AskNumber = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a number from 1")
  .transform(Number)
  .meta({ example: "1" });

/** What a caller asks for. */
export const AskInput = z
  .strictObject({
    share: optional(Id.brand<"share">()).describe("Left out: it is about the cooperation's date."),
    role: optional(JobRoleInput).describe("Another role on the share."),
    expires_at: optional(InstantInput).describe("A later date."),
    note: Reason.describe("Why; both sides see it."),
  })
  .refine(({ role, expires_at }) => role !== undefined || expires_at !== undefined, {
    message: "is missing: ask for a role, a date, or both",
    path: ["expires_at"],
  })
  .refine(({ share, role }) => share !== undefined || role === undefined, {
    message: "is asked for on a share",
    path: ["role"],
  })
  .meta({
    example: { share: "01KBD3X4M8P4S6V8X0Z2B4D6F8", role: "asset_manager", note: "We take over the invoices." },
  });
export type AskInput = z.infer<typeof AskInput>;

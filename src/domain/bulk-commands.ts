/**
 * What the requests for many things at once take: batches, whose lines say what single requests say, and presets.
 */
import { z } from "zod";
import {
  ChangeShareInput,
  DelegateInput,
  optional,
  Reason,
  ReasonInput,
  SharedRoleInput,
  ShareInput,
} from "./commands.ts";
import { PortfolioId, ResourceRefInput, ShareId, UserId } from "./ids.ts";

/** The most lines of one batch. */
const BATCH_LINES_MAX = 200;

const LineShareId = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, "must be the id of a share")
  .transform((id) => ShareId.parse(id))
  .meta({ example: "01KBD3X4M8P4S6V8X0Z2B4D6F8" });

/** The lines of a batch as its body has them. */
const linesOf = <L extends z.ZodType>(line: L) =>
  z.array(line).min(1, "must have a line").max(BATCH_LINES_MAX, `must have at most ${BATCH_LINES_MAX} lines`);
const unless = (...kinds: string[]) => ({
  error: (issue: z.core.$ZodRawIssue) => (issue.code === "invalid_union" ? `must be ${kinds.join(" or ")}` : undefined),
});

/** A line of a batch of shares: what a POST, a PATCH or a DELETE says, by the name that the history gives it. */
export const ShareLine = z.discriminatedUnion(
  "action",
  [
    z.strictObject({ action: z.literal("share"), ...ShareInput.shape }),
    z.strictObject({ action: z.literal("change_share"), share: LineShareId, ...ChangeShareInput.shape }),
    z.strictObject({ action: z.literal("unshare"), share: LineShareId, ...ReasonInput.shape }),
  ],
  unless("share", "change_share", "unshare"),
);
export type ShareLine = z.infer<typeof ShareLine>;
export const ShareBatchInput = z.strictObject({ lines: linesOf(ShareLine) });

/** A line of a batch of delegations. */
export const DelegationLine = z.discriminatedUnion(
  "action",
  [
    z.strictObject({ action: z.literal("delegate"), share: LineShareId, user: UserId, ...DelegateInput.shape }),
    z.strictObject({ action: z.literal("revoke"), share: LineShareId, user: UserId, ...ReasonInput.shape }),
  ],
  unless("delegate", "revoke"),
);
export type DelegationLine = z.infer<typeof DelegationLine>;
export const DelegationBatchInput = z.strictObject({ lines: linesOf(DelegationLine) });

/** The most resources that a preset names, and how long their names may be together: a record holds 32 KiB. */
export const PRESET_RESOURCES_MAX = 200;
const PRESET_BYTES_MAX = 24_000;
const PRESET_PORTFOLIOS_MAX = 20;
const DAYS_MAX = 3660;

const isUnique = (list: readonly string[] = []) => new Set(list).size === list.length;

export const PresetInput = z
  .strictObject({
    resources: optional(
      z.array(ResourceRefInput).max(PRESET_RESOURCES_MAX).refine(isUnique, "names a resource twice"),
    ).describe("Plants and portfolios; a portfolio is shared as a whole."),
    plants_of: optional(
      z.array(PortfolioId).max(PRESET_PORTFOLIOS_MAX).refine(isUnique, "names a portfolio twice"),
    ).describe("Portfolios of which each plant is shared by itself: those that lie in it when the preset is applied."),
    role: SharedRoleInput,
    days: optional(z.int().min(1).max(DAYS_MAX)).describe(
      "How long it is shared, from its start; it ends at the midnight (UTC) that follows. Left out: without an end.",
    ),
    starts_after_days: optional(z.int().min(1).max(DAYS_MAX)).describe(
      "It starts at the midnight (UTC) before so many days have passed. Left out: at once.",
    ),
  })
  .refine(({ resources = [], plants_of = [] }) => resources.length + plants_of.length > 0, {
    message: "name resources, or portfolios in plants_of",
    path: ["resources"],
  })
  .refine(
    ({ resources = [], plants_of = [] }) =>
      Buffer.byteLength(JSON.stringify([resources, plants_of])) <= PRESET_BYTES_MAX,
    { message: `must be at most ${PRESET_BYTES_MAX} bytes together with plants_of`, path: ["resources"] },
  )
  .meta({ example: { plants_of: ["north"], resources: ["plant:7"], role: "technical_manager", days: 90 } });
export type PresetInput = z.infer<typeof PresetInput>;

export const ApplyPresetInput = z.strictObject({
  overwrite: z
    .boolean()
    .default(false)
    .describe("Whether what is shared at another role or with other dates gets those of the preset."),
  reason: optional(Reason),
});
export type ApplyPresetInput = z.infer<typeof ApplyPresetInput>;

/**
 * The access log's lines: one JSON object each. An `access` says who used which permission on what, and through which
 * cooperation; a `gap` says what is missing. The others prove that nothing was changed or left out (seal.ts). A line is
 * complete in itself: who filters by an organization or a cooperation reads nothing else. Counts of lines add up.
 */
import { z } from "zod";
import { DENIAL_REASONS, type DenialCode } from "../explain/denial-reason.ts";

/** The longest purpose of a check, in characters. */
export const PURPOSE_MAX = 200;

/** The denials that are recorded: there is a grant, and it is paused, has not started, has expired or is too low, or its holder is suspended. */
export const RECORDED_DENIALS = [
  "cooperation_paused",
  "cooperation_not_started",
  "share_not_started",
  "cooperation_expired",
  "share_expired",
  "delegation_expired",
  "share_role_too_low",
  "delegation_reduced",
  "delegation_too_low",
  "person_suspended",
  "never_shared",
] as const satisfies readonly DenialCode[];

const instant = z.iso.datetime();

const Counted = {
  user: z.string().optional(),
  user_hash: z.string().optional(),
  salt: z.string().optional(),
  permission: z.string(),
  resource: z.string(),
  decision: z.boolean(),
  caller: z.string(),
  purpose: z.string().optional(),
  count: z.int().min(1),
  first: instant,
  last: instant,
  request_id: z.string(),
};

/**
 * So many accesses from `first` to `last`, within a minute as long as the log is written. `path` is `own` for the
 * owner's own people. `reasons`: why it is a no. `request_id` is of the first. `caller` is the name of the key. A line
 * whose user was erased has no `user` and no `salt` any more (pseudonym.ts); `user_hash` is missing in files of format 1.
 */
export const AccessLine = z.discriminatedUnion("path", [
  z.strictObject({
    kind: z.literal("access"),
    path: z.literal("cooperation"),
    cooperation: z.string(),
    share: z.string(),
    initiator: z.string(),
    partner: z.string(),
    reasons: z.array(z.enum(Object.keys(DENIAL_REASONS) as [DenialCode, ...DenialCode[]])).optional(),
    ...Counted,
  }),
  z.strictObject({ kind: z.literal("access"), path: z.literal("own"), initiator: z.string(), ...Counted }),
]);
export type AccessLine = z.infer<typeof AccessLine>;

/** Why something is missing; docs/access-log.md is printed from here. */
export const GAP_REASONS = {
  full: "More different accesses came than are kept in memory until they are written: because the log could not be written for long, or because somebody asked for very many. Of the organization that had most, the oldest of its busiest user are dropped.",
  unclassified:
    "Nobody could say any more by which path it was allowed, or why it was denied: access was changed in the same moment, a record is damaged, or OpenFGA did not answer for minutes.",
  killed:
    "A process ended without closing its file: it was killed, or its machine stopped. `file` is its last. Everything before `from` is written; of what it answered between `from` and its end the first accesses of about the last second may be missing, and how often more was asked in the running minute. How much is not known.",
  removed:
    "The file that was being written was deleted. `lost` accesses were in it, or in its own gaps; `null` where one of these has no number.",
  stopped: "The service stopped, and could not write them before.",
} as const;
export type GapReason = keyof typeof GAP_REASONS;

/** What is missing: `lost` accesses, or nobody knows how many, that happened between the two instants. */
export const GapLine = z.strictObject({
  kind: z.literal("gap"),
  reason: z.enum(Object.keys(GAP_REASONS) as [GapReason, ...GapReason[]]),
  from: instant,
  to: instant,
  lost: z.int().min(0).nullable(),
  file: z.string().optional(),
  hash: z.string().optional(),
});
export type GapLine = z.infer<typeof GapLine>;

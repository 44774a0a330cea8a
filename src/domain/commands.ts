/**
 * What each action takes: one schema and one type of the same name, used by the
 * routes, the OpenAPI document and the decisions. Unknown members are refused, so a
 * misspelled `expires_at` never means "no date".
 */
import { z } from "zod";
import { Email } from "./email.ts";
import { InstantInput, OpeningInstantInput } from "./expiry.ts";
import { OrganizationId, PortfolioId, ResourceRefInput } from "./ids.ts";
import { LanguageInput } from "./language.ts";
import { JobRoleInput, OrganizationRoleInput } from "./roles.ts";
import { NameInput, TextInput } from "./text.ts";

/** The most shares that an invitation may carry: with them its Write holds 99 tuples at the worst. */
export const INVITED_SHARES_MAX = 15;

/** Why, in the actor's words; seen by the actor's own side only. */
export const Reason = TextInput.min(1).max(500).describe("Why; only your own side sees it in the history.");

/** A member that may be missing: null says the same as leaving it out, so that what a reply says can be sent back. */
export const optional = <S extends z.ZodType>(schema: S) =>
  schema
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();

// `operator` is accepted here so that the decision can refuse it with a code of its own.
export const SharedRoleInput = JobRoleInput.meta({
  description: "viewer, technical_manager or asset_manager; operator never crosses.",
  example: "technical_manager",
});
const Expiry = InstantInput.describe("When it ends by itself: RFC 3339 with an offset, in the future.");
const Start = OpeningInstantInput.describe(
  "It gives nothing before it is started on that date; in the future, and before it ends.",
);
const Resume = OpeningInstantInput.describe(
  "When a pause ends by itself, in the future; only while the cooperation is paused.",
);
const Review = InstantInput.describe(
  "The day by which an admin of the initiator reviews it: it ends then if nobody does. In the future.",
);
const StepDown = InstantInput.describe("From then on its role is viewer; for a role above viewer, in the future.");

export const ShareInput = z.strictObject({
  resource: ResourceRefInput.meta({ example: "plant:7" }),
  role: SharedRoleInput,
  starts_at: optional(Start),
  expires_at: optional(Expiry),
  step_down_at: optional(StepDown),
  reason: optional(Reason),
});
export type ShareInput = z.infer<typeof ShareInput>;

export const InviteInput = z
  .strictObject({
    email: optional(Email).describe("A person at the partner; or name `organization`."),
    language: optional(LanguageInput).describe("Of the mail; the person's own, or English."),
    organization: optional(OrganizationId).describe("A known organization, by id."),
    confirm_organization: optional(OrganizationId).describe("The one chosen from an `outcome: confirm`."),
    starts_at: optional(Start),
    expires_at: optional(Expiry),
    review_by: optional(Review),
    shares: optional(z.array(ShareInput.omit({ reason: true })).max(INVITED_SHARES_MAX)),
    reason: optional(Reason),
  })
  .refine((input) => (input.email === undefined) !== (input.organization === undefined), {
    message: "name either email or organization",
    path: ["email"],
  })
  .refine((input) => input.email !== undefined || input.confirm_organization === undefined, {
    message: "is only for an invitation by email",
    path: ["confirm_organization"],
  })
  .refine((input) => new Set(input.shares?.map((share) => share.resource)).size === (input.shares?.length ?? 0), {
    message: "names a resource twice",
    path: ["shares"],
  })
  .meta({
    example: {
      email: "ida@partner.example",
      expires_at: "2027-06-30T22:00:00Z",
      shares: [{ resource: "plant:7", role: "technical_manager" }],
    },
  });
export type InviteInput = z.infer<typeof InviteInput>;

export const ChangeCooperationInput = z.strictObject({
  starts_at: Start.nullable().optional(),
  expires_at: Expiry.nullable().optional(),
  review_by: Review.nullable().optional(),
  resume_at: Resume.nullable().optional(),
  reason: optional(Reason),
});
export type ChangeCooperationInput = z.infer<typeof ChangeCooperationInput>;
export const ReviewInput = z
  .strictObject({
    note: TextInput.min(1)
      .max(500)
      .describe("What was looked at and decided; only your own side sees it in the history."),
    review_by: Review.nullable()
      .optional()
      .describe("The day of the next review, in the future; null for none. Left out only where there is no such day."),
  })
  .meta({ example: { note: "Still needed for the service contract.", review_by: "2027-12-31T23:00:00Z" } });
export type ReviewInput = z.infer<typeof ReviewInput>;
export const ReasonInput = z.strictObject({ reason: optional(Reason) });
export type ReasonInput = z.infer<typeof ReasonInput>;
export const PauseInput = ReasonInput.extend({ resume_at: Resume.nullable().optional() });
export type PauseInput = z.infer<typeof PauseInput>;

export const ChangeShareInput = z.strictObject({
  role: SharedRoleInput.optional(),
  starts_at: Start.nullable().optional(),
  expires_at: Expiry.nullable().optional(),
  step_down_at: StepDown.nullable().optional(),
  reason: optional(Reason),
});
export type ChangeShareInput = z.infer<typeof ChangeShareInput>;

export const DelegateInput = z.strictObject({
  role: SharedRoleInput,
  expires_at: optional(Expiry),
  reason: optional(Reason),
});
export type DelegateInput = z.infer<typeof DelegateInput>;

export const PreviewInput = z.strictObject({ token: z.string().max(1000) });
export const JoinInput = z.strictObject({
  token: z.string().max(1000),
  organization: OrganizationId,
  reason: optional(Reason),
});
export type JoinInput = z.infer<typeof JoinInput>;

export const OrganizationInput = z.strictObject({ name: NameInput });
export type OrganizationInput = z.infer<typeof OrganizationInput>;

export const PersonInput = z.strictObject({
  role: OrganizationRoleInput,
  email: Email.nullable().optional().describe("Scope admin. Left out it stays, null clears it."),
  name: NameInput.nullable().optional().describe("Scope admin."),
  language: LanguageInput.nullable().optional().describe("Scope admin."),
});
export type PersonInput = z.infer<typeof PersonInput>;

export const PlantInput = z.strictObject({
  owner: OrganizationId,
  name: optional(NameInput),
  portfolio: optional(PortfolioId).describe("Of the same owner. Left out, the plant lies in none."),
  reason: optional(Reason),
});
export const PortfolioInput = PlantInput.omit({ portfolio: true });
export type ResourceInput = z.infer<typeof PlantInput>;

export const RoleInput = z.strictObject({ role: JobRoleInput });

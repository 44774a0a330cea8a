/**
 * What each action takes: one schema and one type of the same name, used by the
 * routes, the OpenAPI document and the decisions. Unknown members are refused, so a
 * misspelled `expires_at` never means "no date".
 */
import { z } from "zod";
import { InstantInput } from "./expiry.ts";
import { Id, ResourceRefInput } from "./ids.ts";
import { LanguageInput } from "./language.ts";
import { JobRoleInput, OrganizationRoleInput } from "./roles.ts";

/** The most shares that an invitation may carry: with them its Write holds 99 tuples at the worst. */
export const INVITED_SHARES_MAX = 15;

// A lone surrogate cannot be sent as UTF-8, nor hashed as canonical JSON (RFC 8785 §3.2.2.2).
const Text = z.string().refine((text) => text.isWellFormed(), "must be well-formed Unicode");

/** Why, in the actor's words; seen by the actor's own side only. */
export const Reason = Text.min(1).max(500).describe("Why; only your own side sees it in the history.");

const Name = Text.trim().min(1).max(200);

/** An e-mail address, trimmed and in lower case: two spellings of one address are one address. */
export const Email = z.string().max(254).trim().toLowerCase().pipe(z.email()).meta({ example: "ida@partner.example" });

// `operator` is let in here so that the decision can refuse it by its own name.
const SharedRoleInput = JobRoleInput.meta({
  description: "viewer, technical_manager or asset_manager; operator never crosses.",
  example: "technical_manager",
});
const Expiry = InstantInput.describe("When it ends by itself: RFC 3339 with an offset, in the future.");

export const ShareInput = z.strictObject({
  resource: ResourceRefInput.meta({ example: "plant:7" }),
  role: SharedRoleInput,
  expires_at: Expiry.optional(),
  reason: Reason.optional(),
});
export type ShareInput = z.infer<typeof ShareInput>;

export const InviteInput = z
  .strictObject({
    email: Email.optional().describe("A person at the partner; or name `organization`."),
    language: LanguageInput.optional().describe("Of the mail; the person's own, or English."),
    organization: Id.optional().describe("A known organization, by id."),
    confirm_organization: Id.optional().describe("The one chosen from an `outcome: confirm`."),
    expires_at: Expiry.optional(),
    shares: z
      .array(ShareInput.omit({ reason: true }))
      .max(INVITED_SHARES_MAX)
      .optional(),
    reason: Reason.optional(),
  })
  .refine((input) => (input.email === undefined) !== (input.organization === undefined), {
    message: "name either email or organization",
    path: ["email"],
  })
  .refine((input) => input.email !== undefined || input.confirm_organization === undefined, {
    message: "goes with email",
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
  expires_at: Expiry.nullable().optional(),
  reason: Reason.optional(),
});
export const ReasonInput = z.strictObject({ reason: Reason.optional() });

export const ChangeShareInput = z.strictObject({
  role: SharedRoleInput.optional(),
  expires_at: Expiry.nullable().optional(),
  reason: Reason.optional(),
});
export type ChangeShareInput = z.infer<typeof ChangeShareInput>;

export const DelegateInput = z.strictObject({
  role: SharedRoleInput,
  expires_at: Expiry.optional(),
  reason: Reason.optional(),
});
export type DelegateInput = z.infer<typeof DelegateInput>;

export const PreviewInput = z.strictObject({ token: z.string().max(1000) });
export const JoinInput = z.strictObject({ token: z.string().max(1000), organization: Id, reason: Reason.optional() });

export const OrganizationInput = z.strictObject({ name: Name });
export type OrganizationInput = z.infer<typeof OrganizationInput>;

export const PersonInput = z.strictObject({
  role: OrganizationRoleInput,
  email: Email.nullable().optional().describe("Scope admin. Left out it stays, null clears it."),
  name: Name.nullable().optional().describe("Scope admin."),
  language: LanguageInput.nullable().optional().describe("Scope admin."),
});
export type PersonInput = z.infer<typeof PersonInput>;

export const PlantInput = z.strictObject({
  owner: Id,
  name: Name.optional(),
  portfolio: Id.optional().describe("Of the same owner. Left out, the plant lies in none."),
  reason: Reason.optional(),
});
export const PortfolioInput = PlantInput.omit({ portfolio: true });
export type ResourceInput = z.infer<typeof PlantInput>;

export const RoleInput = z.strictObject({ role: JobRoleInput });

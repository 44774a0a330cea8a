/** What replies look like, for the OpenAPI document; the tests hold every reply to these. */
import { z } from "@hono/zod-openapi";
import { MAIL_STATES } from "../../actions/letters.ts";
import { ACTION_NAMES } from "../../domain/cooperation/lifecycle.ts";
import { FINDING_KINDS, type FindingKind } from "../../domain/doctor/finding.ts";
import { ENDINGS, STATUSES } from "../../domain/records.ts";
import { JOB_ROLES, ORGANIZATION_ROLES, SHARED_ROLES } from "../../domain/roles.ts";

const Instant = z.iso.datetime();
export const Etag = z.string().describe("The head's number, quoted; send it as If-Match.");
export const Named = z.strictObject({ id: z.string(), name: z.string() });
const Actions = z.array(z.enum(ACTION_NAMES)).describe("What the acting user may do now.");

/**
 * A view with more members. Not its `extend`: the document would ask for two closed
 * objects at once, and no reply could be both.
 */
export const withMembers = <V extends z.ZodRawShape, M extends z.ZodRawShape>(view: z.ZodObject<V>, members: M) =>
  z.strictObject({ ...view.shape, ...members });

/** On every reply to a write. */
export const Effective = { effective_by: Instant.describe("A check that begins then or later answers from after it.") };

export const OrganizationView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(ORGANIZATION_ROLES).nullable().describe("The acting user's."),
    actions: z.array(z.string()),
    etag: Etag,
  })
  .openapi("Organization");

export const PersonView = z
  .strictObject({
    user: z.string(),
    role: z.enum(ORGANIZATION_ROLES),
    name: z.string().nullable(),
    email: z.string().nullable().optional(),
    language: z.string().nullable().optional(),
    mail_refused_at: Instant.nullable()
      .optional()
      .describe("Since when a mail server refuses the address for good; null where none does."),
    suspended: z
      .boolean()
      .optional()
      .describe("Whether they have nothing through the organization's cooperations, until that is lifted."),
    job_roles: z.array(z.strictObject({ resource: z.string(), role: z.enum(JOB_ROLES) })).optional(),
    delegations: z
      .array(
        z.strictObject({
          share: z.string(),
          cooperation: z.string(),
          resource: z.string(),
          role: z.enum(SHARED_ROLES),
          effective_role: z.enum(SHARED_ROLES),
          expires_at: Instant.nullable(),
          effective_until: Instant.nullable(),
          expired: z.boolean(),
        }),
      )
      .optional(),
  })
  .openapi("Person");

export const ResourceView = z
  .strictObject({
    resource: z.string(),
    owner: z.string(),
    name: z.string().nullable(),
    portfolio: z.string().nullable().optional().describe("Plants only."),
    etag: Etag,
  })
  .openapi("Resource");

export const JobRoleView = z.strictObject({ user: z.string(), role: z.enum(JOB_ROLES) }).openapi("JobRole");

export const DelegationView = z
  .strictObject({
    user: z.string(),
    role: z.enum(SHARED_ROLES),
    effective_role: z.enum(SHARED_ROLES).describe("What the share's role leaves of it."),
    expires_at: Instant.nullable(),
    effective_until: Instant.nullable().describe("The earliest of the cooperation's, the share's and its own."),
  })
  .openapi("Delegation");

export const ShareView = z
  .strictObject({
    id: z.string(),
    cooperation: z.string(),
    resource: z.string(),
    name: z.string().nullable(),
    role: z.enum(SHARED_ROLES),
    may_grant: z.array(z.enum(SHARED_ROLES)),
    starts_at: Instant.nullable().describe("It gives no access before it is started on that date."),
    expires_at: Instant.nullable(),
    step_down_at: Instant.nullable().describe("From then on `role` is viewer."),
    effective_until: Instant.nullable(),
    expired: z.boolean(),
    created_at: Instant,
    removed_at: Instant.nullable(),
    delegations: z.array(DelegationView),
    actions: Actions,
    etag: Etag,
  })
  .openapi("Share");

export const IncomingShareView = withMembers(ShareView, { owner: Named, status: z.enum(STATUSES) }).openapi(
  "IncomingShare",
);

export const CooperationItem = z
  .strictObject({
    id: z.string(),
    status: z.enum(STATUSES),
    ended_as: z.enum(ENDINGS).nullable(),
    expired: z.boolean(),
    initiator: Named,
    partner: Named.nullable(),
    label: z.string().nullable().describe("The invited address, for the initiator."),
    starts_at: Instant.nullable().describe("It gives no access before it is started on that date."),
    expires_at: Instant.nullable(),
    review_by: Instant.nullable().describe("It ends then if no admin of the initiator reviews it."),
    resume_at: Instant.nullable().describe("When the pause ends by itself."),
    created_at: Instant,
    sent_at: Instant.nullable(),
    accepted_at: Instant.nullable(),
    reviewed_at: Instant.nullable().describe("When it was last reviewed."),
    ended_at: Instant.nullable(),
    shares_count: z.int(),
    actions: Actions,
    etag: Etag,
  })
  .openapi("CooperationItem");

/** What is shared, or offered, without what is delegated. */
export const SharedView = z.strictObject({
  resource: z.string(),
  name: z.string().nullable(),
  role: z.enum(SHARED_ROLES),
  starts_at: Instant.nullable(),
  expires_at: Instant.nullable(),
  step_down_at: Instant.nullable(),
});

const Contact = z.strictObject({ user: z.string(), name: z.string().nullable(), email: z.string().nullable() });
export const CooperationView = withMembers(CooperationItem, {
  contacts: z.strictObject({ initiator: z.array(Contact), partner: z.array(Contact) }),
  shares: z.array(ShareView),
  shared_at_end: z
    .array(SharedView)
    .optional()
    .describe("What was shared when it ended, as it was then. Only once it has ended."),
}).openapi("Cooperation");

const MailState = z
  .enum(MAIL_STATES)
  .describe(
    "`partly`, `failed`: some or all mails were not sent; the action is committed, so resend. `none`: nobody has an address. `sending`: sending takes longer than a second and continues; failures are logged.",
  );
export const ChangedCooperation = withMembers(CooperationView, Effective).openapi("ChangedCooperation");
export const MailedCooperation = withMembers(CooperationView, { mail: MailState, ...Effective }).openapi(
  "MailedCooperation",
);

const Moved = z.array(
  z.strictObject({ user: z.string(), role: z.enum(SHARED_ROLES), effective_role: z.enum(SHARED_ROLES) }),
);
/** A share with the delegations whose effective role changed with its role. */
export const ChangedShare = withMembers(ShareView, { restored: Moved, reduced: Moved, ...Effective }).openapi(
  "ChangedShare",
);

const Row = z.strictObject({
  user: z.string(),
  resource: z.string(),
  permission: z.string(),
  until: Instant.nullable(),
});
export const ImpactView = z
  .strictObject({
    cooperation: z.string(),
    gains: z.array(Row),
    loses: z.array(Row),
    redated: z.array(Row.extend({ was_until: Instant.nullable() })),
  })
  .openapi("Impact");
export const DryRunView = z
  .strictObject({ dry_run: z.literal(true), impact: z.array(ImpactView).describe("One for each cooperation.") })
  .openapi("DryRun");

export const DoctorView = z
  .strictObject({
    began_at: Instant.describe("What was written before then was seen."),
    damaged: z.int().describe("Findings that no sweep takes away."),
    findings: z.array(
      z.strictObject({
        kind: z.enum(Object.keys(FINDING_KINDS) as FindingKind[]),
        object: z.string(),
        detail: z.string(),
        repair: z.boolean().describe("Whether `npm run doctor -- --repair` would see to it."),
      }),
    ),
  })
  .openapi("Doctor");

/** A list of such items. */
export const listOf = (item: z.ZodType) =>
  z.strictObject({ items: z.array(item), next_cursor: z.string().nullable().describe("null at the end.") });

/**
 * The policy of an organization: what its admins may set from then on in its cooperations, shares and delegations, and
 * with whom. A rule is held to what is set after it; what was set before is listed and stays. Pure.
 */
import { z } from "zod";
import { optional } from "./commands.ts";
import { DomainName } from "./email.ts";
import { idProblem, type OrganizationId, splitRef } from "./ids.ts";
import { alive, type Head } from "./records.ts";
import { SHARED_ROLES } from "./roles.ts";

/** What a policy bounds the length of. */
export const BOUNDED_THINGS = ["cooperation", "share", "delegation"] as const;
export type BoundedThing = (typeof BOUNDED_THINGS)[number];

/** Ten years. */
const DAYS_MAX = 3660;
const MONTHS_MAX = 120;
const PARTNERS_MAX = 100;
/** A history entry has a policy twice, and OpenFGA stores 32 KiB in a tuple's condition. */
const PARTNERS_BYTES_MAX = 3000;

const count = z.coerce.number().int();
/** Lists are texts: of things with commas, of partners with spaces, which no id and no domain has. */
export const PolicyRecord = z.object({
  cooperation_days_max: count.optional(),
  share_days_max: count.optional(),
  delegation_days_max: count.optional(),
  review_months_max: count.optional(),
  dates_required: z.string().optional(),
  highest_role: z.enum(SHARED_ROLES).optional(),
  partners_allowed: z.string().optional(),
  partners_denied: z.string().optional(),
  deleted_at: z.string().optional(),
});
/** `deleted_at`: its organization was deleted, and who has the id now inherits no rule (law 15). */
export type PolicyRecord = z.infer<typeof PolicyRecord>;

/** The rules as they are read and decided by; what is not there is no rule. */
export type PolicyRules = Omit<
  PolicyRecord,
  "dates_required" | "partners_allowed" | "partners_denied" | "deleted_at"
> & {
  dates_required: BoundedThing[];
  /** `organization:<id>` or `domain:<name>`; where it is not empty, nobody else is. */
  partners_allowed: string[];
  partners_denied: string[];
};

/** A policy with the organization whose it is. */
export type PolicyOf = { organization: OrganizationId; policy: PolicyRules };

/** The policy of who never set one. */
export const NO_POLICY: PolicyRules = { dates_required: [], partners_allowed: [], partners_denied: [] };

/** The rules that count now; none where none were set, or their organization was deleted since. */
export function policyIn(head: Head<PolicyRecord>): PolicyRules {
  const { dates_required = "", partners_allowed = "", partners_denied = "", ...rules } = alive(head) ?? {};
  const named = (text: string, separator: string) => (text === "" ? [] : text.split(separator));
  return {
    ...rules,
    dates_required: BOUNDED_THINGS.filter((thing) => named(dates_required, ",").includes(thing)),
    partners_allowed: named(partners_allowed, " "),
    partners_denied: named(partners_denied, " "),
  };
}

/** The record of these rules: what is empty is left out, and lists are sorted, so that one policy has one record. */
export function recordOfPolicy({
  dates_required,
  partners_allowed,
  partners_denied,
  ...rules
}: PolicyRules): PolicyRecord {
  const text = (items: readonly string[], separator: string) =>
    items.length === 0 ? undefined : [...new Set(items)].join(separator);
  return {
    ...rules,
    dates_required: text(
      BOUNDED_THINGS.filter((thing) => dates_required.includes(thing)),
      ",",
    ),
    partners_allowed: text(partners_allowed.toSorted(), " "),
    partners_denied: text(partners_denied.toSorted(), " "),
  };
}

/** A partner as a policy names it: an organization by its id, or all whose invited address has the domain. */
const PartnerInput = z
  .string()
  .max(300)
  .transform((text, context) => {
    const [type, name] = splitRef(text);
    if (type === "organization") {
      const problem = idProblem(name);
      if (problem === undefined) return text;
      context.addIssue({ code: "custom", message: problem });
      return z.NEVER;
    }
    const domain = type === "domain" ? DomainName.safeParse(name) : undefined;
    if (domain?.success) return `domain:${domain.data}`;
    context.addIssue({
      code: "custom",
      message: "must be organization:<id> or domain:<name>, like domain:partner.example",
    });
    return z.NEVER;
  })
  .meta({ example: "domain:partner.example" });

const list = <S extends z.ZodType>(schema: S, max: number) =>
  z
    .array(schema)
    .max(max)
    .nullable()
    .transform((items) => items ?? [])
    .default([]);
const Days = optional(z.int().min(1).max(DAYS_MAX));

const Partners = list(PartnerInput, PARTNERS_MAX).refine(
  (items) => Buffer.byteLength(items.join(" ")) <= PARTNERS_BYTES_MAX,
  `must take at most ${PARTNERS_BYTES_MAX} bytes`,
);

/** A whole policy as it comes from a caller; an empty one has no rule. */
export const PolicyInput = z
  .strictObject({
    cooperation_days_max: Days.describe(
      "A cooperation needs a date, at most this many days after its start, or after now where it has none.",
    ),
    share_days_max: Days.describe("The same for each of its shares."),
    delegation_days_max: Days.describe("The same for a delegation, of its shares and to its people."),
    review_months_max: optional(z.int().min(1).max(MONTHS_MAX)).describe(
      "A cooperation needs a `review_by`, at most this many calendar months after its start, or after now where it has none; unless it expires by then.",
    ),
    dates_required: list(z.enum(BOUNDED_THINGS), BOUNDED_THINGS.length).describe("What needs a date of any length."),
    highest_role: optional(z.enum(SHARED_ROLES)).describe("A share may have this role or viewer."),
    partners_allowed: Partners.describe(
      "`organization:<id>`, or `domain:<name>` of the invited address, subdomains with it. Where there are any, all others are denied; who invites the organization itself is known by id alone, and is held to ids alone.",
    ),
    partners_denied: Partners.describe(
      "Named alike; they are denied in any case. A domain does not keep out an organization that is invited by its id: deny its id too.",
    ),
  })
  .meta({
    example: {
      cooperation_days_max: 365,
      review_months_max: 6,
      dates_required: ["share"],
      highest_role: "technical_manager",
      partners_denied: ["domain:competitor.example"],
    },
  });

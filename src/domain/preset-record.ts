/**
 * A preset, as the store keeps it: what an organization shares again and again, at which role and for how long. Its
 * lists are JSON in one field each, as an organization's history never needs to look into them.
 */
import { z } from "zod";
import { type Instant, instant } from "./expiry.ts";
import { idOf, type OrganizationId, type PortfolioId, RESOURCE_TYPES, type ResourceRef } from "./ids.ts";
import { SHARED_ROLES } from "./roles.ts";
import type { Tuple } from "./tuples.ts";

const Resources = z.array(z.templateLiteral([z.enum(RESOURCE_TYPES), ":", z.string()]));
const Portfolios = z.array(z.string());

/** A list as a field keeps it. */
const listOf = (list: z.ZodType) =>
  z.string().refine((text) => {
    try {
      return list.safeParse(JSON.parse(text)).success;
    } catch {
      return false;
    }
  }, "is no list of names");

export const PresetRecord = z.object({
  organization: z.string().brand<"organization">(),
  resources: listOf(Resources),
  plants_of: listOf(Portfolios),
  role: z.enum(SHARED_ROLES),
  days: z.coerce.number().int().optional(),
  starts_after_days: z.coerce.number().int().optional(),
  created_at: z.string(),
  deleted_at: z.string().optional(),
});
export type Preset = z.infer<typeof PresetRecord>;

/** What a preset may be called. */
export const PresetName = z.string().regex(/^[a-z0-9-]{1,40}$/, "must be 1 to 40 small letters, digits or -");

/** Whose a preset is, and what they call it. */
export type PresetId = { organization: OrganizationId; name: string };

/** A name has no slash, so the last one ends the organization's id. */
export const presetObject = ({ organization, name }: PresetId): string => `preset:${organization}/${name}`;

/** The name in what `presetObject` made. */
export const presetNameOf = (object: string): string => {
  const id = idOf(object);
  return id.slice(id.lastIndexOf("/") + 1);
};

/** The tuple by which the presets of an organization are found. */
export const tuplesOfPreset = (object: string, { organization }: Pick<Preset, "organization">): Tuple[] => [
  { user: `organization:${organization}`, relation: "organization", object },
];

/** The resources that are named one by one, and the portfolios whose plants are meant. */
export const namedIn = ({ resources, plants_of }: Preset): { resources: ResourceRef[]; plantsOf: PortfolioId[] } => ({
  resources: JSON.parse(resources),
  plantsOf: JSON.parse(plants_of),
});

const DAY_MILLISECONDS = 86_400_000;
const midnight = (days: number, round: (days: number) => number): Instant =>
  instant(new Date(round(days) * DAY_MILLISECONDS));

/**
 * When what is shared by it at this moment starts and ends. Both are midnights of UTC: applied again on the same day it
 * says the same. It starts no later than its days say and ends no earlier.
 */
export function presetDates(
  { days, starts_after_days }: Pick<Preset, "days" | "starts_after_days">,
  at: Date,
): { starts_at: Instant | undefined; expires_at: Instant | undefined } {
  const today = at.getTime() / DAY_MILLISECONDS;
  const from = starts_after_days === undefined ? today : Math.floor(today + starts_after_days);
  return {
    starts_at: starts_after_days === undefined ? undefined : midnight(from, Math.floor),
    expires_at: days === undefined ? undefined : midnight(from + days, Math.ceil),
  };
}

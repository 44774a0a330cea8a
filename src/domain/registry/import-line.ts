/**
 * One line of an import or export file: what it is about, and what a PUT of it would
 * say. Held to the same schemas as the routes; unknown members are refused.
 */
import { z } from "zod";
import { OrganizationInput, PersonInput, PlantInput, PortfolioInput, RoleInput } from "../commands.ts";
import { Id, OrganizationId, PortfolioId, ResourceRefInput, UserId } from "../ids.ts";
import { PolicyInput } from "../policy.ts";

/** In the order in which a line may name what earlier lines register; an export keeps it. */
export const LINE_KINDS = ["organization", "policy", "person", "suspension", "portfolio", "plant", "job_role"] as const;

export const ImportLine = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("organization"), id: OrganizationId, ...OrganizationInput.shape }),
    z.strictObject({ kind: z.literal("policy"), organization: OrganizationId, ...PolicyInput.shape }),
    z.strictObject({ kind: z.literal("person"), organization: OrganizationId, user: UserId, ...PersonInput.shape }),
    z.strictObject({ kind: z.literal("suspension"), organization: OrganizationId, user: UserId }),
    z.strictObject({ kind: z.literal("portfolio"), id: PortfolioId, ...PortfolioInput.shape }),
    z.strictObject({ kind: z.literal("plant"), id: Id, ...PlantInput.shape }),
    z.strictObject({ kind: z.literal("job_role"), resource: ResourceRefInput, user: UserId, ...RoleInput.shape }),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? `must be ${LINE_KINDS.join(" or ")}` : undefined) },
);
export type ImportLine = z.infer<typeof ImportLine>;

/** What is wrong with a line, and where: a JSON Pointer into it (RFC 6901). */
export type LineError = { pointer: string; detail: string };

/** A line of a file by its number, from 1: what it says, or why it cannot be read. */
export type NumberedLine = { line: number; says: ImportLine } | { line: number; errors: LineError[] };

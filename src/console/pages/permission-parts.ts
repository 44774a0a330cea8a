/** What the pages have in common on which shares are made and changed: their addresses, the roles on offer, the dates of a form. */
import type { z } from "zod";
import type { SharedRole } from "../../domain/roles.ts";
import type { ShareView } from "../../http/v1/views.ts";
import type { Form } from "../form.ts";
import { type Html, radios } from "../parts.ts";
import { type Href, to } from "../path.ts";
import type { Words } from "../words.ts";
import type { Opened } from "./opened.ts";

export type ShownShare = z.infer<typeof ShareView>;

/** What may cross to a partner: the least first. */
export const OFFERED_ROLES = ["viewer", "technical_manager", "asset_manager"] as const satisfies SharedRole[];

/** The address of Manage Permissions. */
export const permissionsHref = ({ id, at }: Pick<Opened, "id" | "at">): Href =>
  at(to`/console/cooperations/${id}/permissions`);

/** The start and the end of a form; one that is empty is left out. */
export const datesOf = (form: Form) => {
  const [starts_at, expires_at] = [form.date("starts_at"), form.date("expires_at")];
  return { ...(starts_at !== null && { starts_at }), ...(expires_at !== null && { expires_at }) };
};

/** The roles on offer, each with what it allows. */
export const roleRadios = (words: Words, value: string | undefined, error?: string): Html =>
  radios({
    label: words.permissions.add.role,
    name: "role",
    value,
    error,
    hint: words.permissions.noOperator,
    required: true,
    options: OFFERED_ROLES.map((role) => ({
      value: role,
      text: words.frame.role[role],
      hint: words.permissions.allows[role],
    })),
  });

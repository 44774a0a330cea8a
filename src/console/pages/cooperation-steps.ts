/**
 * What somebody does to a whole cooperation on a page of its own: each step with the request that it is, and what it asks
 * for. Whether a step is offered is what `/v1` says in `actions`, so that none is offered that would be refused.
 */
import type { CooperationAction } from "../../domain/cooperation/lifecycle.ts";
import type { Side } from "../../domain/history.ts";
import type { Visit } from "../context.ts";
import type { Href } from "../path.ts";
import { pageOfCooperation, type ShownItem } from "./cooperation-shown.ts";

type CooperationStep = {
  /** As `actions` of a cooperation names it. */
  action: CooperationAction;
  by: Side;
  method: "POST" | "PATCH" | "DELETE";
  /** Behind the cooperation's own path in `/v1`. */
  path: "" | `/${string}`;
  /** The date that it takes; `first`: what it means depends on it, so it is asked for on a page before. */
  date?: { member: "expires_at" | "resume_at"; first?: true };
  /** Whether somebody loses access by it. */
  isDanger?: true;
};

/** By the last part of their pages' addresses, in the order of menus. */
export const COOPERATION_STEPS = {
  accept: { action: "accept", by: "partner", method: "POST", path: "/accept" },
  decline: { action: "decline", by: "partner", method: "POST", path: "/decline", isDanger: true },
  expiry: {
    action: "change_expiry",
    by: "initiator",
    method: "PATCH",
    path: "",
    date: { member: "expires_at", first: true },
  },
  pause: {
    action: "pause",
    by: "initiator",
    method: "POST",
    path: "/pause",
    date: { member: "resume_at" },
    isDanger: true,
  },
  resume: { action: "resume", by: "initiator", method: "POST", path: "/resume" },
  resend: { action: "resend", by: "initiator", method: "POST", path: "/resend" },
  remove: { action: "remove", by: "initiator", method: "DELETE", path: "", isDanger: true },
  leave: { action: "leave", by: "partner", method: "POST", path: "/leave", isDanger: true },
} as const satisfies Record<string, CooperationStep>;
export type StepName = keyof typeof COOPERATION_STEPS;
export const STEP_NAMES = Object.keys(COOPERATION_STEPS) as StepName[];

/** A step as its table says it. */
export const stepNamed = (name: StepName): CooperationStep => COOPERATION_STEPS[name];

/** The steps that an admin of a side may take now. */
export const stepsFor = ({ actions }: Pick<ShownItem, "actions">, side: Side): StepName[] =>
  STEP_NAMES.filter((name) => {
    const { action, by } = COOPERATION_STEPS[name];
    return by === side && actions.includes(action);
  });

/** Everything that can be done with a cooperation now. */
export function menuFor(
  { words: { cooperations } }: Visit,
  item: ShownItem,
  side: Side,
  organization: string | undefined,
): { href: Href; text: string }[] {
  const entry = (behind: string, text: string) => ({ href: pageOfCooperation(item.id, organization, behind), text });
  const may = (action: CooperationAction) => side === "initiator" && item.actions.includes(action);
  return [
    ...(may("share") ? [entry("permissions", cooperations.permissions)] : []),
    ...stepsFor(item, side).map((name) => entry(name, cooperations.acting.steps[name].text)),
    ...(may("review") ? [entry("review", cooperations.review)] : []),
  ];
}

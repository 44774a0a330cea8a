/** The lifecycle as a table and as a diagram, both from the table that the service decides by. */
import { ACTION_NAMES, type Cell, step } from "../../src/domain/cooperation/lifecycle.ts";
import { STATUSES, type Status } from "../../src/domain/records.ts";
import { code, table } from "./blocks.ts";

type Lifecycle = Readonly<Record<string, { by: string } & Readonly<Record<Status, Cell>>>>;

const BY: Readonly<Record<string, string>> = {
  initiator: "admins of the initiator",
  partner: "admins of the partner",
  joiner: "an admin with the token",
  scheduler: "the service, on the date",
};

/** Where an invitation leads to; it begins the cooperation, so no status has a cell for it. */
const BEGINNINGS: readonly [Status, string][] = [
  ["invited", "invite an unknown address"],
  ["pending", "invite a known organization"],
];

const words = (action: string) => action.replaceAll("_", " ");

/** Action × status: where it leads, `so already` for 200 without a change, a dash where it is refused. */
export function lifecycleTable(lifecycle: Lifecycle): string {
  const cell = (status: Status, to: Cell) => {
    if (to === "no") return "–";
    if (to === "same") return "so already";
    return to === status ? "yes" : `→ ${to}`;
  };
  const rows = Object.entries(lifecycle).map(([action, row]) => [
    code(action),
    BY[row.by] ?? row.by,
    ...STATUSES.map((status) => cell(status, row[status])),
  ]);
  return table(["action", "who", ...STATUSES], rows);
}

/** What the date takes away before the status does: asked of the decision itself. */
export function expiredSentence(): string {
  const refused = ACTION_NAMES.filter((action) =>
    STATUSES.some((status) => step({ status }, action, true).kind === "expired"),
  );
  return `Once the cooperation has expired, ${refused.map(code).join(", ")} are refused with \`cooperation_expired\`; the other actions are allowed as the status says. Where only the day of a review has passed, the review is still possible.`;
}

/** The changes of status as a Mermaid state diagram; what leaves the status as it is has no arrow. */
export function lifecycleDiagram(lifecycle: Lifecycle): string {
  const arrows = new Map<string, string[]>();
  for (const [action, row] of Object.entries(lifecycle))
    for (const from of STATUSES) {
      const to = row[from];
      if (to === "no" || to === "same" || to === from) continue;
      const arrow = `${from} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), words(action)]);
    }
  const lines = [...arrows].map(([arrow, actions]) => `    ${arrow}: ${actions.join(", ")}`);
  const begin = BEGINNINGS.map(([status, how]) => `    [*] --> ${status}: ${how}`);
  return ["```mermaid", "stateDiagram-v2", ...begin, ...lines, "    ended --> [*]", "```"].join("\n");
}

/**
 * Decides what becomes of a preset: added, changed, removed. Pure. It gives nobody anything: what it names is looked at
 * when it is applied. Who did what is an entry in the organization's history.
 */
import type { PresetInput } from "../bulk-commands.ts";
import { crossing } from "../cooperation/decide-share.ts";
import { type Decision, type EntryFacts, planned, type Stamp, same } from "../plan.ts";
import { type Precondition, refuseUnlessOwn } from "../precondition.ts";
import { namedIn, type Preset, type PresetId, tuplesOfPreset } from "../preset-record.ts";
import { alive, type Head, type Organization } from "../records.ts";
import { isRefusal } from "../result.ts";
import { difference } from "../tuples.ts";

/** Presets that an organization may have at once. */
const PRESETS_MAX = 50;

/** `count`: how many the organization has. */
export type PresetState = {
  id: PresetId;
  head: Head<Preset>;
  owner: Head<Organization>;
  count: number;
  expected?: Precondition | undefined;
};

export type PresetChanged = { before?: Preset | undefined; preset: Preset; n: number };

/** What the history of the organization says of it: how much it names, not what. */
function shown({ name }: PresetId, preset: Preset) {
  const { resources, plantsOf } = namedIn(preset);
  const { role, days, starts_after_days } = preset;
  return { name, role, days, starts_after_days, resources: resources.length, plants_of: plantsOf.length };
}

/** Adds a preset, or changes what it says. */
export function decidePreset(state: PresetState, input: PresetInput, stamp: Stamp): Decision<PresetChanged> {
  const { id, head, owner } = state;
  const before = alive(head);
  if (alive(owner) === undefined) return { code: "not_found", what: "organization" };
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  const role = crossing(input.role);
  if (isRefusal(role)) return role;
  const after: Preset = {
    organization: id.organization,
    resources: JSON.stringify(input.resources ?? []),
    plants_of: JSON.stringify(input.plants_of ?? []),
    role,
    days: input.days,
    starts_after_days: input.starts_after_days,
    created_at: before?.created_at ?? stamp.now.toISOString(),
  };
  if (before !== undefined && JSON.stringify(sayingOf(before)) === JSON.stringify(sayingOf(after)))
    return same({ before, preset: before, n: head.n });
  if (before === undefined && state.count >= PRESETS_MAX) return { code: "too_many_presets", limit: PRESETS_MAX };
  return planOf(state, after, {
    action: before === undefined ? "add_preset" : "change_preset",
    before: before && shown(id, before),
    after: shown(id, after),
  });
}

const sayingOf = ({ resources, plants_of, role, days, starts_after_days }: Preset) => [
  ...[resources, plants_of, role],
  ...[days ?? null, starts_after_days ?? null],
];

/** Removes a preset. What is left is that there was one, so that no ETag comes back. */
export function decideRemovePreset(state: PresetState, stamp: Stamp): Decision<PresetChanged> {
  const { id, head } = state;
  const before = alive(head);
  if (head.value === undefined) return { code: "not_found", what: "preset" };
  const refusal = refuseUnlessOwn(state.expected, head);
  if (refusal) return refusal;
  if (before === undefined) return same({ preset: head.value, n: head.n });
  const after = { ...before, resources: "[]", plants_of: "[]", deleted_at: stamp.now.toISOString() };
  return planOf(state, after, { action: "remove_preset", before: shown(id, before) });
}

function planOf(
  { head, owner }: PresetState,
  after: Preset,
  entry: Omit<EntryFacts, "object">,
): Decision<PresetChanged> {
  const before = alive(head);
  const tuples = (preset: Preset | undefined) =>
    preset === undefined || preset.deleted_at !== undefined ? [] : tuplesOfPreset(head.object, preset);
  const touches = [
    { head, record: after },
    { head: owner, record: owner.value ?? {}, entry: { ...entry, object: head.object } },
  ];
  return planned({ touches, ...difference(tuples(before), tuples(after)) }, { before, preset: after, n: head.n + 1 });
}

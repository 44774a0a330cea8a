/**
 * Keeps the presets of an organization, for its admins and for services, and makes a batch of one: each resource that
 * it names now is shared by the action that its own request would be. It lowers and removes nothing by itself: what is
 * shared already at another role or with other dates is refused, or changed where that is asked for.
 */
import { type ApplyPresetInput, PRESET_RESOURCES_MAX, type PresetInput } from "../domain/bulk-commands.ts";
import type { CooperationId, PortfolioId, ResourceRef } from "../domain/ids.ts";
import { namedIn, type Preset, type PresetId, presetDates } from "../domain/preset-record.ts";
import { alive, type Share } from "../domain/records.ts";
import type { Refusal } from "../domain/refusal.ts";
import {
  decidePreset,
  decideRemovePreset,
  type PresetChanged,
  type PresetState,
} from "../domain/registry/decide-preset.ts";
import { isRefusal, type Result } from "../domain/result.ts";
import { shareAt } from "../domain/share-dates.ts";
import type { TupleStore } from "../ports.ts";
import { plantsOfOwn, presetHead, presetNamesOf } from "../store/presets.ts";
import { cooperationHead, inTurns, organizationHead, resourceHead, sharesOn } from "../store/snapshot.ts";
import type { BatchOf, BegunBatch } from "./batch.ts";
import type { LineAction, LineStep } from "./batch-line.ts";
import { refuseUnlessManager } from "./person.ts";
import type { Action, Reading } from "./run/action.ts";
import { changeShare, share } from "./share.ts";

/** A preset gives nobody access: no cached answer depends on it. */
const NO_SCOPES = () => [];

const lockOwner = ({ owner }: PresetState) => owner.object;

/** Adds a preset, or changes it. */
export const putPreset = (id: PresetId, input: PresetInput): Action<PresetState, PresetChanged> => ({
  lock: lockOwner,
  read: (on) => readPreset(on, id),
  decide: (state, stamp) => decidePreset(state, input, stamp),
  scopes: NO_SCOPES,
});

/** Removes a preset. What was shared by it stays shared. */
export const removePreset = (id: PresetId): Action<PresetState, PresetChanged> => ({
  lock: lockOwner,
  read: (on) => readPreset(on, id),
  decide: decideRemovePreset,
  scopes: NO_SCOPES,
});

async function readPreset(on: Reading, id: PresetId): Promise<Result<PresetState>> {
  const { reads, expected } = on;
  // before what it covers: the owner's head is replaced with each change
  const owner = await organizationHead(reads, id.organization);
  const refusal = await refuseUnlessManager(on, id.organization);
  if (refusal) return refusal;
  const [head, names] = await Promise.all([presetHead(reads, id), presetNamesOf(reads, id.organization)]);
  return { id, head, owner, count: names.length, expected };
}

/** A preset as a batch: the lines as they are asked for, in their order, and what the batch is recognized by. */
type PresetBatch = Pick<BatchOf, "steps"> & { asked: { action: "share"; resource: ResourceRef }[]; body: unknown };

/** What applying a preset of the initiator to a cooperation means now. */
export async function presetBatch(
  { readSome }: Pick<TupleStore, "readSome">,
  { cooperation: { id, initiator: organization }, kept }: Pick<BegunBatch, "cooperation" | "kept">,
  { name, ...input }: ApplyPresetInput & { name: string },
): Promise<Result<PresetBatch>> {
  const preset = alive(await presetHead(kept, { organization, name }));
  if (preset === undefined) return { code: "not_found", what: "preset" };
  const meant = await resourcesOf({ read: kept.read, readSome }, preset);
  if (isRefusal(meant)) return meant;
  const { resources, notOwned } = meant;
  const { role, days = null, starts_after_days = null } = preset;
  return {
    asked: resources.map((resource) => ({ action: "share", resource })),
    body: { resources, role, days, starts_after_days, ...input, reason: input.reason ?? null },
    steps: (at) =>
      resources.map((resource): LineStep => {
        const refused: Refusal = { code: "not_owner", organization, resource };
        if (notOwned.includes(resource)) return async () => refused;
        return (on) => applyTo(on, { ...input, cooperation: id, resource, role, ...presetDates(preset, at) });
      }),
  };
}

/** The resources that a preset names, each once, and among them portfolios whose plants are meant and that are not the owner's. */
async function resourcesOf(
  tupleStore: Pick<TupleStore, "read" | "readSome">,
  preset: Preset,
): Promise<Result<{ resources: ResourceRef[]; notOwned: ResourceRef[] }>> {
  const { resources, plantsOf } = namedIn(preset);
  const found = await inTurns(plantsOf, async (portfolio: PortfolioId) => ({
    ref: `portfolio:${portfolio}` as ResourceRef,
    own: await plantsOfOwn(tupleStore, preset.organization, portfolio, PRESET_RESOURCES_MAX),
  }));
  const notOwned = found.flatMap(({ ref, own }) => (own === undefined && !resources.includes(ref) ? [ref] : []));
  const all = [...new Set([...resources, ...found.flatMap(({ own }) => own?.plants ?? []), ...notOwned])];
  const isWhole = found.every(({ own }) => own?.complete !== false);
  if (!isWhole || all.length > PRESET_RESOURCES_MAX) return { code: "preset_too_large", limit: PRESET_RESOURCES_MAX };
  return { resources: all, notOwned };
}

type Wanted = Omit<ApplyPresetInput, "overwrite"> & {
  cooperation: CooperationId;
  resource: ResourceRef;
  role: Share["role"];
  starts_at: string | undefined;
  expires_at: string | undefined;
  overwrite: boolean;
};

/** The action that gives a resource what the preset says, by what is shared of it in the cooperation. */
async function applyTo(on: Reading, { overwrite, ...wanted }: Wanted): Promise<LineAction> {
  const { cooperation, resource: ref, role, starts_at, expires_at, reason } = wanted;
  // the heads before what they cover
  await Promise.all([cooperationHead(on.reads, cooperation), resourceHead(on.reads, ref)]);
  const existing = (await sharesOn(on.reads, ref)).find((one) => one.cooperation === cooperation);
  if (existing === undefined) return share(wanted) as LineAction;
  const change = changeShare({
    share: existing.id,
    role,
    expires_at: expires_at ?? null,
    step_down_at: null,
    // a start is for what has not started yet
    ...(existing.starts_at !== undefined && { starts_at: starts_at ?? null }),
    reason,
  }) as LineAction;
  return overwrite ? change : unlessDifferent(change);
}

/** Refusals that say something about who acts and the cooperation, and nothing about what the share would become. */
const BEFORE_THE_CHANGE: readonly string[] = "not_found not_admin wrong_side wrong_status cooperation_expired".split(
  " ",
);

/** The same action where it changes nothing; else it is refused, whether or not it could be changed so. */
const unlessDifferent = (action: LineAction): LineAction => ({
  ...action,
  decide(state, stamp) {
    const decision = action.decide(state, stamp);
    const isOther = isRefusal(decision) ? BEFORE_THE_CHANGE.includes(decision.code) : decision.kind === "same";
    if (isOther || state.share === undefined) return decision;
    const { id, resource, role, ...dates } = shareAt(state.share, stamp.now);
    const { starts_at = null, expires_at = null, step_down_at = null } = dates;
    return { code: "share_differs", resource, share: id, role, starts_at, expires_at, step_down_at };
  },
});

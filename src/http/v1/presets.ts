/**
 * `/v1/organizations/{org}/presets`: what an organization shares again and again; and `/v1/cooperations/{id}/presets`,
 * where one is applied: a batch, whose dry run is the preview.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { presetBatch, putPreset, removePreset } from "../../actions/preset.ts";
import { ApplyPresetInput, PresetInput } from "../../domain/bulk-commands.ts";
import { isService } from "../../domain/caller.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import { refuseUnlessAdmin } from "../../domain/membership.ts";
import { namedIn, type Preset } from "../../domain/preset-record.ts";
import { alive } from "../../domain/records.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { SHARED_ROLES } from "../../domain/roles.ts";
import { actingIn } from "../../store/acting.ts";
import { presetHead, presetNamesOf } from "../../store/presets.ts";
import type { Env } from "../env.ts";
import { PageQuery, pageOf } from "../page.ts";
import { refused } from "../problem.ts";
import { act } from "./act.ts";
import { BatchView } from "./batch-view.ts";
import type { Batches } from "./batches.ts";
import { DryRunQuery, listed, notFound, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag, listOf, withMembers } from "./views.ts";

const PresetView = z
  .strictObject({
    name: z.string(),
    resources: z.array(z.string()),
    plants_of: z.array(z.string()),
    role: z.enum(SHARED_ROLES),
    days: z.int().nullable(),
    starts_after_days: z.int().nullable(),
    created_at: z.iso.datetime(),
    etag: Etag,
  })
  .openapi("Preset");

const viewOf = (name: string, preset: Preset, n: number) => {
  const { resources, plantsOf } = namedIn(preset);
  const { role, days = null, starts_after_days = null, created_at } = preset;
  return { name, resources, plants_of: plantsOf, role, days, starts_after_days, created_at, etag: `"${n}"` };
};

const define = routesUnder("Bulk");
const path = "/organizations/{org}/presets/{name}";
const either = { answers: "either" } as const;
const READS = ["not_found", "not_admin", "suspended"] as const;

const list = define.get("/organizations/{org}/presets", "List an organization's presets", {
  ...either,
  refuses: READS,
  query: PageQuery,
  reply: listOf(PresetView),
});
const get = define.get(path, "Get a preset", { ...either, refuses: READS, reply: PresetView });
const put = define.put(path, "Add a preset, or change it", {
  ...either,
  refuses: [...READS, "operator_never_crosses", "too_many_presets"],
  body: PresetInput,
  reply: withMembers(PresetView, Effective).openapi("ChangedPreset"),
});
const remove = define.delete(path, "Remove a preset", {
  ...either,
  refuses: READS,
  reply: z.strictObject(Effective),
});
const apply = define.post("/cooperations/{id}/presets/{name}/apply", "Share what a preset of the initiator names", {
  answers: "person",
  refuses: ["not_found", "not_admin", "suspended", "wrong_side", "preset_too_large", "idempotency_key_reused"],
  query: DryRunQuery,
  body: ApplyPresetInput,
  bodyOptional: true,
  keyed: true,
  reply: BatchView,
  dryRun: BatchView,
});

export const PRESET_OPERATIONS = [list, get, put, remove, apply];

export function presetRoutes(app: V1App, deps: V1Deps, batches: Batches) {
  const { tupleStore } = deps;

  /** Why the caller may not see an organization's presets. */
  async function refuseReader(c: Context<Env>, organization: OrganizationId): Promise<Refusal | undefined> {
    if (isService(c.var.caller)) return undefined;
    return refuseUnlessAdmin(organization, await actingIn(tupleStore, organization, c.var.caller));
  }

  async function find(organization: OrganizationId, name: string) {
    const head = await presetHead(tupleStore, { organization, name });
    const preset = alive(head);
    return preset && viewOf(name, preset, head.n);
  }

  app.openapi(list, async (c) => {
    const { org } = c.req.valid("param");
    const refusal = await refuseReader(c, org);
    if (refusal) return refused(c, refusal);
    const names = await presetNamesOf(tupleStore, org);
    return listed(c, await pageOf(names, ["presets", org], c.req.valid("query"), (name) => find(org, name)));
  });
  app.openapi(get, async (c) => {
    const { org, name } = c.req.valid("param");
    const refusal = await refuseReader(c, org);
    if (refusal) return refused(c, refusal);
    const found = await find(org, name);
    return found === undefined ? notFound(c, "preset") : stated(c, found);
  });
  app.openapi(put, (c) => {
    const { org: organization, name } = c.req.valid("param");
    return act(c, deps, putPreset({ organization, name }, c.req.valid("json")), {
      show: async ({ preset, n }) => viewOf(name, preset, n),
      creates: ({ before }) => before === undefined,
    });
  });
  app.openapi(remove, (c) => {
    const { org: organization, name } = c.req.valid("param");
    return act(c, deps, removePreset({ organization, name }), { show: async () => ({}) });
  });
  app.openapi(apply, async (c) => {
    const { id: cooperation, name } = c.req.valid("param");
    const input = ApplyPresetInput.parse(c.req.valid("json") ?? {});
    return batches(c, cooperation, "shares", (begun) => presetBatch(tupleStore, begun, { ...input, name }));
  });
}

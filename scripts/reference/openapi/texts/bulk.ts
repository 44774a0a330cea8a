/** Batches and presets in words. */
import { SAMPLE, type Texts } from "../world.ts";

const cooperation = `/v1/cooperations/${SAMPLE.cooperation}`;
const presets = "/v1/organizations/sunward/presets";
const summer = `${presets}/summer`;

export const MANY_TEXTS: Texts = {
  postCooperationsSharesBatch: {
    says: "Up to 200 lines, each of which shares a resource, changes a share or removes one, as its own request would: with the same checks, and an entry in the history. They are written in their order, in as many Writes as they need, each of whole lines. A line that is refused changes nothing and stops no other. Sent again with the same `Idempotency-Key`, a line that was written is not written again; a cooperation remembers the newest eight keys. Another batch of the same organization or person is refused meanwhile (`contended`).",
    examples: {
      "three lines": {
        to: `${cooperation}/shares/batch`,
        by: "anna",
        body: {
          lines: [
            { action: "share", resource: "plant:8", role: "asset_manager", expires_at: "2027-06-30T22:00:00Z" },
            { action: "change_share", share: SAMPLE.share, role: "viewer" },
            { action: "share", resource: "plant:9", role: "viewer", reason: "It is not sunward's." },
          ],
        },
        after: "a plant that is not shared",
      },
      "what would become of them": {
        to: `${cooperation}/shares/batch?dry_run=true`,
        by: "anna",
        body: { lines: [{ action: "unshare", share: SAMPLE.share }] },
      },
    },
  },
  postCooperationsDelegationsBatch: {
    says: "Up to 200 lines, each of which delegates a share of the cooperation to one of the partner's people or takes that back, as its own request would. What is said of a batch of shares holds for it too.",
    examples: {
      "two lines": {
        to: `${cooperation}/delegations/batch`,
        by: "ben",
        body: {
          lines: [
            { action: "delegate", share: SAMPLE.share, user: "eva", role: "technical_manager" },
            { action: "revoke", share: SAMPLE.share, user: "tom", reason: "He moved on." },
          ],
        },
        after: "eva works for brightfix",
      },
    },
  },
  getOrganizationsPresets: {
    says: "What the organization has kept to share again and again, by name.",
    examples: { "one preset": { to: presets, by: "anna", after: "a preset" } },
  },
  getOrganizationsPresetsByName: {
    says: "One preset.",
    examples: { "for an admin": { to: summer, by: "anna", after: "a preset" } },
  },
  putOrganizationsPresetsByName: {
    says: "Keeps resources with a role and a duration under a name, or changes that. It gives nobody anything, and changes nothing that was shared by it before. Who owns the resources is looked at when it is applied. An organization may have 50.",
    examples: {
      "a new one": {
        to: summer,
        by: "anna",
        body: { resources: ["plant:7"], plants_of: ["north"], role: "technical_manager", days: 90 },
      },
      "another role": {
        to: summer,
        by: "anna",
        body: { resources: ["plant:7", "plant:8"], role: "viewer", days: 90 },
        after: "a preset",
      },
    },
  },
  deleteOrganizationsPresetsByName: {
    says: "Removes a preset. What was shared by it stays shared.",
    examples: { "remove it": { to: summer, by: "anna", after: "a preset" } },
  },
  postCooperationsPresetsApply: {
    says: "Shares in the cooperation what a preset of its initiator names now, as a batch: with a result for each resource, and to be sent again like one while the preset names the same resources. What is shared already at another role or with other dates is refused (`share_differs`), with `overwrite` it gets those of the preset. What the initiator does not own is refused. A dry run is the preview.",
    examples: {
      "the preview": {
        to: `${cooperation}/presets/summer/apply?dry_run=true`,
        by: "anna",
        body: {},
        after: "a preset, and a plant",
      },
      "over what is shared": {
        to: `${cooperation}/presets/summer/apply`,
        by: "anna",
        body: { overwrite: true, reason: "The summer contract." },
        after: "a preset, and a plant",
      },
    },
  },
};

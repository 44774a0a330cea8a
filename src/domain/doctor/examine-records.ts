/**
 * Reads every record of a store, and says which objects have none, two, or one that
 * cannot be read. Every later examination relies on these records alone.
 */
import { z } from "zod";
import { StoreDamaged } from "../../faults.ts";
import { SealsRecord } from "../access-log/seal.ts";
import { AsksRecord } from "../cooperation/asks.ts";
import { type Webhook, WebhookRecord } from "../events/webhook-record.ts";
import { type OrganizationId, splitRef, type UserId } from "../ids.ts";
import { BELONGING } from "../membership.ts";
import { type Person, PersonRecord } from "../person-record.ts";
import { PolicyRecord } from "../policy.ts";
import { type Preset, PresetRecord } from "../preset-record.ts";
import {
  alive,
  type Cooperation,
  CooperationRecord,
  EmailRecord,
  entryNumber,
  entryRef,
  type Head,
  headFrom,
  InvitationRecord,
  type Organization,
  OrganizationRecord,
  ReceiverRecord,
  type RecordSchema,
  type Resource,
  ResourceRecord,
  recordOf,
  type Share,
  ShareRecord,
  toFields,
} from "../records.ts";
import { DueRecord, ScheduleRecord } from "../schedule.ts";
import type { Contents, Report } from "./finding.ts";

/** How the record of each type is read. */
export const SCHEMAS: Record<string, RecordSchema<Record<string, string | number | undefined>>> = {
  organization: OrganizationRecord,
  user: PersonRecord,
  email: EmailRecord,
  plant: ResourceRecord,
  portfolio: ResourceRecord,
  cooperation: CooperationRecord,
  share: ShareRecord,
  invitation: InvitationRecord,
  asks: AsksRecord,
  policy: PolicyRecord,
  receiver: ReceiverRecord,
  schedule: z.union([ScheduleRecord, SealsRecord]),
  due: DueRecord,
  webhook: WebhookRecord,
  preset: PresetRecord,
};

/** The readable records by `type:id`. */
export type Records = {
  organizations: Map<string, Head<Organization>>;
  people: Map<string, Head<Person>>;
  emails: Map<string, Head<{ holder?: UserId | undefined }>>;
  resources: Map<string, Head<Resource>>;
  cooperations: Map<string, Head<Cooperation>>;
  shares: Map<string, Head<Share>>;
  webhooks: Map<string, Head<Webhook>>;
  presets: Map<string, Head<Preset>>;
  policies: Map<string, Head<PolicyRecord>>;
  asks: Map<string, Head<AsksRecord>>;
};

/** Every record that can be read, and a finding for each that cannot, or that is in the wrong place. */
export function examineRecords(contents: Contents, report: Report): Records {
  const heads = contents.all.filter((tuple) => tuple.relation === "head");
  const found = new Map<string, Head<unknown>>();
  for (const object of new Set(heads.map((tuple) => tuple.object))) {
    const own = [...contents.at(object, "head")].sort((a, b) => entryNumber(a.user) - entryNumber(b.user));
    if (own.length > 1) report("head", object, `has ${own.length} heads: ${own.map((one) => one.user).join(", ")}`);
    const newest = own.slice(-1);
    const [tuple] = newest;
    const [type, id] = splitRef(object);
    const schema = SCHEMAS[type];
    if (tuple === undefined || schema === undefined) continue;
    try {
      const head = headFrom(object, newest, schema);
      if (tuple.user !== entryRef(object, head.n) || head.n < 1)
        report("head", object, `its head is ${tuple.user}, which is no entry of it`);
      const fields = recordOf(tuple);
      const unknown = Object.keys(fields).filter((name) => fields[name] !== toFields(head.value ?? {})[name]);
      if (unknown.length > 0) report("record", object, `holds what no record of its kind does: ${unknown.join(", ")}`);
      if (fields.id !== undefined && fields.id !== id) report("record", object, `its record is of ${fields.id}`);
      found.set(object, head);
    } catch (error) {
      report("record", object, error instanceof StoreDamaged ? error.what : `its record cannot be read: ${error}`);
    }
  }
  const ofType = <T>(...types: string[]) =>
    new Map([...found].filter(([object]) => types.includes(splitRef(object)[0]))) as Map<string, Head<T>>;
  return {
    organizations: ofType("organization"),
    people: ofType("user"),
    emails: ofType("email"),
    resources: ofType("plant", "portfolio"),
    cooperations: ofType("cooperation"),
    shares: ofType("share"),
    webhooks: ofType("webhook"),
    presets: ofType("preset"),
    policies: ofType("policy"),
    asks: ofType("asks"),
  };
}

/** The head of any object that has a readable one. */
export function headIn(records: Records, object: string): Head<object> | undefined {
  const of: Map<string, Head<object>>[] = Object.values(records);
  return of.find((heads) => heads.has(object))?.get(object);
}

/** Whether somebody is a person of an organization. */
export function isPerson(contents: Contents, organization: OrganizationId | undefined, user: UserId): boolean {
  return (
    organization !== undefined &&
    BELONGING.some((relation) =>
      contents.has({ user: `user:${user}`, relation, object: `organization:${organization}` }),
    )
  );
}

/** Whether an organization is there. */
export function isThere(records: Records, organization: OrganizationId | undefined): boolean {
  return alive(records.organizations.get(`organization:${organization}`)) !== undefined;
}

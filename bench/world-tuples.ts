/**
 * The world as the service would have left it in its store: what gives access, by the
 * product's own functions, and every record and history that belongs to it, so that
 * actions find what they decide on and `doctor` finds nothing. Pure.
 */
import { withoutAddress } from "../src/domain/cooperation/touch.ts";
import { type EntryFacts, type Plan, type Stamp, writeOf } from "../src/domain/plan.ts";
import { type Cooperation, fieldsOf, NO_HASH, type Share } from "../src/domain/records.ts";
import type { Spelling } from "../src/domain/relations.ts";
import {
  tuplesOfCooperation,
  tuplesOfDelegation,
  tuplesOfJobRole,
  tuplesOfOrganization,
  tuplesOfPerson,
  tuplesOfResource,
  tuplesOfShare,
} from "../src/domain/state-tuples.ts";
import { keyText, type Tuple } from "../src/domain/tuples.ts";
import type { World } from "./world.ts";

type Replaced = { object: string; record: Record<string, string | number | undefined>; entry?: EntryFacts };

const CREATED_AT = "2026-01-01T00:00:00Z";
const ACTOR = "service:bench";

/** All tuples of a store that holds the world and nothing else. */
export function tuplesOfWorld(world: World): Tuple[] {
  const { act, all } = emptyStore();
  const recordOf = (organization: string) => ({ name: organization });
  const noted = (organization: string, entry: EntryFacts): Replaced => ({
    object: `organization:${organization}`,
    record: recordOf(organization),
    entry,
  });
  for (const id of world.organizations) {
    const entry: EntryFacts = { action: "create", object: `organization:${id}`, after: recordOf(id) };
    act([noted(id, entry)], tuplesOfOrganization(id));
  }
  for (const { organization, user, role } of world.people) {
    const entry: EntryFacts = { action: "add_person", object: `user:${user}`, after: { role } };
    act([noted(organization, entry), { object: `user:${user}`, record: {} }], tuplesOfPerson(organization, user, role));
  }
  for (const { ref, owner, portfolio } of world.resources) {
    const record = { owner, portfolio };
    const entry: EntryFacts = { action: "register", object: ref, after: record };
    act([noted(owner, entry), { object: ref, record }], tuplesOfResource(ref, record));
  }
  const owners = new Map(world.resources.map(({ ref, owner }) => [ref, owner]));
  for (const { ref, user, role } of world.jobRoles) {
    const entry: EntryFacts = { action: "give_job_role", object: ref, after: { user, role } };
    act([noted(owners.get(ref) as string, entry)], tuplesOfJobRole(ref, user, role));
  }
  const cooperations = new Map<string, Cooperation>();
  const shares = Map.groupBy(world.shares.map(shareOf), (share) => share.cooperation);
  for (const [index, { id, initiator, partner, expiresAt }] of world.cooperations.entries()) {
    const own = shares.get(id) ?? [];
    const pending: Cooperation = {
      id,
      status: "pending",
      initiator,
      partner,
      invitation: 0,
      sent_at: CREATED_AT,
      expires_at: expiresAt,
      spelling: spellingOf(expiresAt, index),
      shares: own.length,
      created_at: CREATED_AT,
      created_by: ACTOR,
    };
    const active: Cooperation = { ...pending, status: "active", accepted_at: CREATED_AT };
    const object = `cooperation:${id}`;
    const invite: EntryFacts = { action: "invite", object, after: { ...withoutAddress(pending), with: own } };
    const heads = own.map((share) => ({ object: `share:${share.id}`, record: share }));
    act([{ object, record: pending, entry: invite }, ...heads], own.flatMap(tuplesOfShare));
    const accept: EntryFacts = {
      action: "accept",
      object,
      before: withoutAddress(pending),
      after: withoutAddress(active),
    };
    act([{ object, record: active, entry: accept }], tuplesOfCooperation(active));
    cooperations.set(id, active);
  }
  const cooperationOf = new Map(world.shares.map(({ id, cooperation }) => [id, cooperations.get(cooperation)]));
  for (const [index, { share, user, role, expiresAt }] of world.delegations.entries()) {
    const delegation = { share, user, role, expires_at: expiresAt, spelling: spellingOf(expiresAt, index) };
    const record = cooperationOf.get(share) as Cooperation;
    const entry: EntryFacts = { action: "delegate", object: `share:${share}`, after: delegation };
    act([{ object: `cooperation:${record.id}`, record, entry }], tuplesOfDelegation(delegation));
  }
  return all();
}

/** Whether a tuple is a relationship, and not a record or an entry of a history. */
export function isRelationship(tuple: Tuple): boolean {
  return tuple.condition?.name !== "record";
}

function shareOf({ id, cooperation, resource, role, expiresAt }: World["shares"][number], index: number): Share {
  const spelling = spellingOf(expiresAt, index);
  return { id, cooperation, resource, role, expires_at: expiresAt, spelling, created_at: CREATED_AT };
}

/** Every second date was changed once, and so has the other spelling. */
function spellingOf(expiresAt: string | undefined, index: number): Spelling {
  return expiresAt !== undefined && index % 2 === 0 ? "alt" : "plain";
}

function emptyStore() {
  const tuples = new Map<string, Tuple>();
  const heads = new Map<string, Plan["touches"][number]["head"]>();
  let actions = 0;

  /** One action: its heads replaced, its entries chained, its tuples written. */
  const act = (replaced: Replaced[], writes: Tuple[]) => {
    const id = `${actions++}`;
    const stamp: Stamp = { id, now: new Date(CREATED_AT), actor: ACTOR, requestId: id, nonce: id };
    const touches = replaced.map(({ object, ...rest }) => {
      const head = heads.get(object) ?? { object, n: 0, hash: NO_HASH, value: undefined };
      return { head, ...rest };
    });
    const write = writeOf({ touches, deletes: [], writes }, stamp);
    for (const key of write.deletes) tuples.delete(keyText(key));
    for (const tuple of write.writes) {
      tuples.set(keyText(tuple), tuple);
      if (tuple.relation !== "head") continue;
      const n = (heads.get(tuple.object)?.n ?? 0) + 1;
      heads.set(tuple.object, { object: tuple.object, n, hash: fieldsOf(tuple).hash ?? NO_HASH, value: undefined });
    }
  };
  return { act, all: () => [...tuples.values()] };
}

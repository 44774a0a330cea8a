/**
 * The register: the rights that people of other organizations hold on what an organization shares, or that its own people
 * hold on what is shared with it, now or at an instant of the past. It is made of the histories alone, cooperation by
 * cooperation, so that it is read and sent in parts, and costs what the organization's own cooperations have and nothing
 * of others. What cooperations are now, and who belonged to a partner, is replayed once and kept (replays-kept.ts); of an
 * instant of the past the histories of cooperations are read again.
 */
import type { Side } from "../../domain/history.ts";
import type { CooperationId, OrganizationId, Ref } from "../../domain/ids.ts";
import { type Cooperation, isAccepted, isSide, type Organization } from "../../domain/records.ts";
import { afterEntry, type CooperationAt, cooperationAt } from "../../domain/register/cooperation-at.ts";
import { notePeople, type PeopleOverTime } from "../../domain/register/people-over-time.ts";
import { type AskedInstant, type Right, rightsAt } from "../../domain/register/rights.ts";
import { StoreDamaged } from "../../faults.ts";
import { entriesOf } from "../../store/history.ts";
import { memoizedReads } from "../../store/kept-reads.ts";
import { cooperationHead, cooperationIdsOf, endedIdsOf, inTurns } from "../../store/snapshot.ts";
import { nameOfSide } from "../views/cooperations.ts";
import { createReplaysKept, type ReplayReads } from "./replays-kept.ts";

/** Cooperations that are looked at together, ahead of who reads. */
const AT_ONCE = 16;
/** Records have whole seconds: a second more, so that nothing is left out that ended within one. */
const SECOND_MILLISECONDS = 1000;

/** A right with the names of both organizations. Without `by` where its entry is not for the reader. */
export type NamedRight = Right & { names: Record<Side, string>; by: string | undefined };

/** `side`: the organization's in the cooperations that are asked about, `organization` as it is now. `reader`: whose entries are shown; undefined sees all. `cooperation`: only this one. */
export type RegisterAsked = AskedInstant & {
  id: OrganizationId;
  side: Side;
  organization: Organization;
  reader: Side | undefined;
  cooperation?: CooperationId | undefined;
};

export type Register = {
  /** The rights that one cooperation gives, as a side sees them; undefined sees all. */
  ofCooperation(cooperation: Cooperation, reader: Side | undefined, asked: AskedInstant): Promise<NamedRight[]>;
  /** The rights of an organization's cooperations from `from` on, the oldest first, one cooperation at a time. */
  ofOrganization(asked: RegisterAsked, from?: string): AsyncGenerator<NamedRight[]>;
};

/** The register of a store. All reading throws EngineUnavailable, and StoreDamaged where a history cannot be read. */
export function createRegister({ tupleStore }: { tupleStore: ReplayReads }): Register {
  const peopleOf = createReplaysKept<PeopleOverTime>(tupleStore, {
    begin: () => new Map(),
    step: (people, { common }) => {
      notePeople(people, common);
      return people;
    },
    sizeOf: (people) => [...people.values()].reduce((sum, roles) => sum + roles.length, 0),
  });
  const cooperationNow = createReplaysKept<CooperationAt | undefined>(tupleStore, {
    begin: () => undefined,
    step: (at, { common }) => afterEntry(at, common),
    sizeOf: (at) => [...(at?.shares.values() ?? [])].reduce((sum, { delegations }) => sum + 1 + delegations.size, 0),
  });

  /** The cooperation at an instant; undefined before its first entry. */
  async function stateOf(object: Ref, instant: Date | undefined): Promise<CooperationAt | undefined> {
    if (instant === undefined) return cooperationNow(object);
    const entries = await entriesOf(tupleStore, object);
    if (entries.length === 0) throw new StoreDamaged(object, "it has no history");
    return cooperationAt(entries, instant);
  }

  /** Reads that are kept, and people that are asked for once, for as long as one request is answered. */
  function startReading() {
    const asked = new Map<OrganizationId, Promise<PeopleOverTime>>();
    const people = (organization: OrganizationId) => {
      const found = asked.get(organization) ?? peopleOf(`organization:${organization}`);
      asked.set(organization, found);
      return found;
    };
    return { reads: memoizedReads(tupleStore), people };
  }
  type Reading = ReturnType<typeof startReading>;

  async function read(on: Reading, cooperation: Cooperation, reader: Side | undefined, asked: AskedInstant) {
    const { id, partner } = cooperation;
    if (partner === undefined || !mayHaveGiven(cooperation, asked.instant)) return [];
    const [at, people, initiatorName, partnerName] = await Promise.all([
      stateOf(`cooperation:${id}`, asked.instant),
      on.people(partner),
      nameOfSide(on.reads, cooperation, "initiator"),
      nameOfSide(on.reads, cooperation, "partner"),
    ]);
    if (at === undefined && asked.instant === undefined)
      throw new StoreDamaged(`cooperation:${id}`, "it has no history");
    // its head has whole seconds: it was invited within the one in which it was accepted, behind the instant
    if (at === undefined) return [];
    const names = { initiator: initiatorName, partner: partnerName };
    // what the initiator did before the partner joined is not shown to it in the history either
    const first = reader === "partner" ? (cooperation.partner_since ?? 1) : 1;
    return rightsAt(at, people, asked).map((right): NamedRight => {
      const { n, by } = right.decided;
      return { ...right, names, by: n < first ? undefined : by };
    });
  }

  return {
    ofCooperation: (cooperation, reader, asked) => read(startReading(), cooperation, reader, asked),

    async *ofOrganization({ id, side, organization, reader, cooperation: only, ...asked }, from = "") {
      const on = startReading();
      const { reads } = on;
      // what had ended before the instant is left out by its head
      const [living, ended] = await Promise.all([
        cooperationIdsOf(reads, id, side),
        asked.instant === undefined ? [] : endedIdsOf(reads, id, side),
      ]);
      const ids = [...new Set([...living, ...ended])]
        .filter((one) => one >= from && (only === undefined || one === only))
        .sort();
      for (let start = 0; start < ids.length; start += AT_ONCE)
        yield* await inTurns(ids.slice(start, start + AT_ONCE), async (one) => {
          const { value } = await cooperationHead(reads, one);
          // what another organization did that had the id before is not this one's (law 15)
          return value !== undefined && isSide(value, side, organization) ? read(on, value, reader, asked) : [];
        });
    },
  };
}

/** Whether a cooperation, as it is now, may have given somebody access at the instant. */
function mayHaveGiven(cooperation: Cooperation, instant: Date | undefined): boolean {
  const { accepted_at, ended_at } = cooperation;
  if (instant === undefined) return isAccepted(cooperation);
  const isBegun = accepted_at !== undefined && Date.parse(accepted_at) <= instant.getTime();
  return isBegun && (ended_at === undefined || Date.parse(ended_at) + SECOND_MILLISECONDS > instant.getTime());
}

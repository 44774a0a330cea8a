/**
 * What most accesses were, from what the person and the resource have to do with each other, and without asking the
 * engine: a yes of own people, or through the only share that it can be; a no of which nothing is recorded. It takes one
 * read of a person, one of a resource and one of its portfolio, and what was read is kept while the cache's tokens say
 * that nobody wrote it: the next access of the same person, or to the same resource, reads nothing.
 */
import { LRUCache } from "lru-cache";
import { firstThatHolds } from "../check/access-path.ts";
import { idOf, idOfType } from "../domain/ids.ts";
import { isSuspendedBy, roleIn } from "../domain/membership.ts";
import { sharedRelation, UPCOMING } from "../domain/relations.ts";
import { PERMISSION_OF, SHARED_ROLES, type SharedRole } from "../domain/roles.ts";
import type { AccessPath, Engine, Question, TupleStore } from "../ports.ts";
import { shareHead } from "../store/snapshot.ts";

/** An access at `first`, with the cache's tokens of then; undefined where there were none. */
type Access = { question: Question; first: number; userToken: string | undefined; ownerToken: string | undefined };

type Standing = {
  /** The access path of a yes, and whether there is no other that a date could leave; undefined where it takes more to say. Throws EngineUnavailable. */
  pathOfYes(access: Access, owner: string): Promise<{ path: AccessPath; isOnly: boolean } | undefined>;
  /** Whether a no is certain to be one of which nothing is recorded. Throws EngineUnavailable. */
  isWithoutGrant(access: Access): Promise<boolean>;
};

type Options = {
  engine: Pick<Engine, "batchCheck">;
  reads: Pick<TupleStore, "read" | "readSome">;
  /** Undefined where nobody has joined it. */
  partnerOf: (cooperation: string) => Promise<string | undefined>;
};

/** The organizations that a person belongs to, and whether they are an admin of it, and suspended there. */
type Roles = ReadonlyMap<string, { isAdmin: boolean; isSuspended: boolean }>;
/** What a plant or portfolio says of access: its portfolio, and by relation the shares of it. */
type Place = { portfolio: string | undefined; shares: ReadonlyMap<string, string[]> };
type Share = { share: string; place: string; cooperation: string; partner: string };

/** About 20 MB each when full. */
const PEOPLE_MAX = 20_000;
const PLACES_MAX = 20_000;
const SHARES_MAX = 50_000;
/** Of one plant or portfolio, and of one person. Where there are more it is looked at the access itself. */
const TUPLES_MAX = 300;

/** The relations by which a plant or portfolio names shares. */
const SHARED = [...SHARED_ROLES.map(sharedRelation), UPCOMING];

export function createStanding({ engine, reads, partnerOf }: Options): Standing {
  /** Of which cooperation a share is: that never changes. */
  const cooperations = new LRUCache<string, string>({ max: SHARES_MAX });

  const rolesOf = keptUnder(PEOPLE_MAX, async (user): Promise<Roles> => {
    const byOrganization = Map.groupBy(await reads.read({ object: "organization:", user }), ({ object }) => object);
    return new Map(
      [...byOrganization].flatMap(([organization, own]) => {
        const role = roleIn(own);
        const isSuspended = isSuspendedBy(own);
        return role === undefined ? [] : [[idOf(organization), { isAdmin: role === "admin", isSuspended }] as const];
      }),
    );
  });

  const delegatedTo = keptUnder(PEOPLE_MAX, async (user): Promise<ReadonlySet<string> | undefined> => {
    const { tuples, complete } = await reads.readSome({ object: "share:", user }, TUPLES_MAX);
    return complete ? new Set(tuples.map(({ object }) => object)) : undefined;
  });

  const placeOf = keptUnder(PLACES_MAX, async (object): Promise<Place | undefined> => {
    const { tuples, complete } = await reads.readSome({ object }, TUPLES_MAX);
    if (!complete) return undefined;
    const byRelation = Map.groupBy(tuples, ({ relation }) => relation);
    const shares = new Map(
      SHARED.flatMap((relation) => {
        const named = byRelation.get(relation);
        return named === undefined ? [] : [[relation, named.map(({ user }) => shareIn(user))] as const];
      }),
    );
    return { portfolio: byRelation.get("portfolio")?.[0]?.user, shares };
  });

  /** The shares that an object and its portfolio name by one of these relations; undefined where there are too many. */
  async function sharesOf({ question, ownerToken }: Access, relations: string[]): Promise<Share[] | undefined> {
    const { object } = question;
    const own = await placeOf(object, ownerToken);
    const { portfolio } = own ?? {};
    const above = portfolio === undefined ? undefined : await placeOf(portfolio, ownerToken);
    if (own === undefined || (portfolio !== undefined && above === undefined)) return undefined;
    const namedBy = (place: Place | undefined) =>
      new Set(relations.flatMap((relation) => place?.shares.get(relation) ?? []));
    const named = [
      ...[...namedBy(own)].map((share) => ({ share, place: object })),
      ...[...namedBy(above)].map((share) => ({ share, place: portfolio ?? "" })),
    ];
    const found: Share[] = [];
    for (const { share, place } of named) {
      const cooperation = await cooperationOf(share);
      const partner = cooperation && (await partnerOf(cooperation));
      if (cooperation !== undefined && partner !== undefined) found.push({ share, place, cooperation, partner });
    }
    return found;
  }

  async function cooperationOf(share: string): Promise<string | undefined> {
    const known = cooperations.get(share);
    if (known !== undefined) return known;
    const { value } = await shareHead(reads, idOfType("share", share));
    if (value !== undefined) cooperations.set(share, value.cooperation);
    return value?.cooperation;
  }

  /** Through which of several shares it was. */
  async function firstInForce(shares: Share[], rung: SharedRole, { question, first }: Access) {
    const { user } = question;
    const paths = shares.map(({ share, place }): [Question, Question] => [
      { user: `${share}#${rung}`, relation: sharedRelation(rung), object: place },
      { user, relation: rung, object: share },
    ]);
    return shares[await firstThatHolds(engine, paths, new Date(first))];
  }

  return {
    async pathOfYes(access, owner) {
      const { user, relation } = access.question;
      const roles = await rolesOf(user, access.userToken);
      // a delegation counts for the partner's people alone
      if (roles.has(idOf(owner))) return roles.size === 1 ? { path: "own", isOnly: true } : undefined;
      const rung = SHARED_ROLES.find((role) => PERMISSION_OF[role] === relation);
      const all = rung && (await sharesOf(access, [sharedRelation(rung)]));
      const own = all?.filter(({ partner }) => roles.get(partner)?.isSuspended === false) ?? [];
      const delegated = own.length > 1 ? await delegatedTo(user, access.userToken) : undefined;
      const held = delegated
        ? own.filter(({ share, partner }) => roles.get(partner)?.isAdmin || delegated.has(share))
        : own;
      const through = held.length > 1 && rung ? await firstInForce(held, rung, access) : held[0];
      if (through === undefined) return undefined;
      return { path: { cooperation: through.cooperation, share: idOf(through.share) }, isOnly: held.length === 1 };
    },
    async isWithoutGrant(access) {
      const { user } = access.question;
      const roles = await rolesOf(user, access.userToken);
      if (roles.size === 0) return true;
      // colleagues to whom nothing was delegated
      const isAdmin = [...roles.values()].some((role) => role.isAdmin);
      if (!isAdmin && (await delegatedTo(user, access.userToken))?.size === 0) return true;
      const shares = await sharesOf(access, [sharedRelation("viewer"), UPCOMING]);
      return shares !== undefined && !shares.some(({ partner }) => roles.has(partner));
    },
  };
}

/** `share:s1` of `share:s1#viewer`. */
const shareIn = (userset: string): string => userset.split("#", 1)[0] ?? "";

/** Reads, and keeps what was read until it is asked for with another token. Without a token nothing is kept. */
function keptUnder<T>(max: number, read: (key: string) => Promise<T>) {
  const kept = new LRUCache<string, { token: string; value: T }>({ max });
  return async (key: string, token: string | undefined): Promise<T> => {
    const found = kept.get(key);
    if (found !== undefined && found.token === token) return found.value;
    const value = await read(key);
    if (token !== undefined) kept.set(key, { token, value });
    return value;
  };
}

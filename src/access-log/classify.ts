/**
 * What an access was: one of the owner's own people, one through a cooperation, or none that is recorded. It is looked
 * for behind the answer, as of the moment of the access, with what the check and the explanation look for: access paths
 * of a yes, denial reasons of a no. What was changed in between may be seen as it is now.
 */
import { LRUCache } from "lru-cache";
import { findAccessPath } from "../check/access-path.ts";
import { ownershipOf } from "../check/ownership.ts";
import { RECORDED_DENIALS } from "../domain/access-log/lines.ts";
import type { CacheScope } from "../domain/cache-scopes.ts";
import type { DenialCode, Path } from "../domain/explain/denial-reason.ts";
import { nearestFirst } from "../domain/explain/denials.ts";
import { idOf, idOfType } from "../domain/ids.ts";
import { PERMISSION_OF } from "../domain/roles.ts";
import type { AccessPath, Engine, Question, TupleStore } from "../ports.ts";
import { grantsOf } from "../queries/explain/grants.ts";
import { cooperationHead } from "../store/snapshot.ts";
import { createStanding } from "./standing.ts";

/** Through a share, with both sides of its cooperation; `reasons` of a no. */
type Through = {
  cooperation: string;
  share: string;
  initiator: string;
  partner: string;
  reasons?: DenialCode[] | undefined;
};

/** `none`: nothing is recorded of it. `unknown`: nobody can say any more. */
export type Verdict =
  | { kind: "none" }
  | { kind: "unknown" }
  | { kind: "own"; initiator: string }
  | ({ kind: "cooperation" } & Through);

/** Of an access: the question and its answer, and what was known then. */
export type Unclassified = {
  question: Question;
  allowed: boolean;
  first: number;
  owner: string | undefined;
  path: AccessPath | undefined;
  userToken: string | undefined;
  ownerToken: string | undefined;
};

const isGrant = ({ denials }: Path): boolean =>
  denials.every(({ code }) => RECORDED_DENIALS.some((recorded) => recorded === code));

export type Classifier = {
  /** What is known without a question to anybody. */
  known(access: Unclassified): Verdict | undefined;
  /** Throws EngineUnavailable, Overloaded: then it can be tried again. */
  find(access: Unclassified): Promise<Verdict>;
};

type ClassifyDeps = {
  engine: Engine;
  reads: Pick<TupleStore, "read" | "readSome">;
  /** Whether a yes of the owner's own people is recorded. */
  recordsOwn: boolean;
};

/** Cooperations whose sides are remembered: they never change. */
const SIDES_MAX = 10_000;
/** Verdicts that are remembered while nothing was written that could change them. About 20 MB when full. */
const VERDICTS_MAX = 50_000;

type SidesOf = { initiator: string; partner: string };
type Remembered = Pick<Unclassified, "userToken" | "ownerToken"> & { verdict: Verdict };

export function createClassifier({ engine, reads, recordsOwn }: ClassifyDeps): Classifier {
  const sides = new LRUCache<string, SidesOf>({ max: SIDES_MAX });
  const verdicts = new LRUCache<string, Remembered>({ max: VERDICTS_MAX });
  const idOfAccess = ({ question, allowed }: Unclassified) =>
    `${allowed} ${question.user} ${question.relation} ${question.object}`;

  async function sidesOf(cooperation: string): Promise<SidesOf | undefined> {
    const found = sides.get(cooperation);
    if (found !== undefined) return found;
    const { value } = await cooperationHead(reads, idOfType("cooperation", `cooperation:${cooperation}`));
    if (value?.partner === undefined) return undefined;
    const both = { initiator: value.initiator, partner: value.partner };
    sides.set(cooperation, both);
    return both;
  }

  const partnerOf = async (cooperation: string) => (await sidesOf(cooperation))?.partner;
  const standing = createStanding({ engine, reads, partnerOf });

  async function through(cooperation: string, share: string, reasons?: DenialCode[]): Promise<Verdict> {
    const both = await sidesOf(cooperation);
    return both === undefined ? { kind: "unknown" } : { kind: "cooperation", cooperation, share, ...both, reasons };
  }

  async function ofYes(access: Unclassified): Promise<Verdict> {
    const { question, first, path } = access;
    const owner = (access.owner as CacheScope | undefined) ?? (await ownershipOf(engine, question.object))?.owner;
    if (owner === undefined) return { kind: "unknown" };
    if (path !== undefined) return byPath(path, owner);
    const found = await standing.pathOfYes(access, owner);
    if (found !== undefined) {
      const verdict = await byPath(found.path, owner);
      if (found.isOnly) remember(access, verdict);
      return verdict;
    }
    const { accessPath, isLasting } = await findAccessPath({ engine, clock: () => new Date(first) }, question, {
      owner,
    });
    if (accessPath === undefined) return { kind: "unknown" };
    const verdict = await byPath(accessPath, owner);
    // what has a date may have another path from then on
    if (isLasting) remember(access, verdict);
    return verdict;
  }

  async function byPath(path: AccessPath, owner: string): Promise<Verdict> {
    if (path !== "own") return through(path.cooperation, path.share);
    return recordsOwn ? { kind: "own", initiator: idOf(owner) } : { kind: "none" };
  }

  function remember(access: Unclassified, verdict: Verdict): void {
    const { userToken, ownerToken } = access;
    if (userToken !== undefined && verdict.kind !== "unknown")
      verdicts.set(idOfAccess(access), { userToken, ownerToken, verdict });
  }

  async function ofNo(access: Unclassified): Promise<Verdict> {
    const { question, first } = access;
    if (await standing.isWithoutGrant(access)) return { kind: "none" };
    const at = new Date(first);
    const { grants, complete } = await grantsOf(reads, question, at);
    // a permission that is never shared is denied before it is looked who has a grant: whoever could view has one
    const isNever = grants.some(({ denials }) => denials.some(({ code }) => code === "never_shared"));
    const held = isNever ? (await grantsOf(reads, { ...question, relation: PERMISSION_OF.viewer }, at)).grants : grants;
    // one that a second thing keeps from it is none: who has no delegation has no grant that is paused
    const shares = new Set(held.filter(isGrant).map(({ share }) => share));
    const kept = grants.filter((grant) => isGrant(grant) && shares.has(grant.share));
    // nothing denies it any more: access was given in between
    if (kept.some(({ denials }) => denials.length === 0)) return { kind: "unknown" };
    const [nearest] = nearestFirst(kept);
    const grant = kept.find(({ through: one }) => one === nearest?.through);
    if (grant === undefined) return complete ? { kind: "none" } : { kind: "unknown" };
    return through(
      grant.cooperation,
      grant.share,
      grant.denials.map(({ code }) => code),
    );
  }

  return {
    known(access) {
      const { path, userToken, ownerToken } = access;
      if (typeof path === "object") {
        const both = sides.get(path.cooperation);
        return both && { kind: "cooperation", cooperation: path.cooperation, share: path.share, ...both };
      }
      const found = verdicts.get(idOfAccess(access));
      return found?.userToken === userToken && found?.ownerToken === ownerToken ? found?.verdict : undefined;
    },
    async find(access) {
      if (access.allowed) return ofYes(access);
      const verdict = await ofNo(access);
      // no date opens anything, so it stays none; but one that passes may be another reason, or leave another grant nearest
      if (verdict.kind === "none") remember(access, verdict);
      return verdict;
    },
  };
}

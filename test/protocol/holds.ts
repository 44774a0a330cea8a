/**
 * Where the protocol holds. Readers, Writes and kinds of fault are bounded, how often a fault happens never is.
 *
 * What CI covers: one and two Writes on the user, the owner and both, under ANY_FAULT (`scenarios.ts`), with two
 * checks at a time in one world and one in the others; with three Writes or a resource that changes hands, nobody
 * leases (`withoutLeases` says why that loses nothing) and the faults are those that each world names. Every kind of
 * fault is in some world. PROTOCOL_FULL=1 gives all of them ANY_FAULT, leases, and two checks at a time.
 */
import {
  beside,
  coalescing,
  releasesRepetitionsOnce,
  remembering,
  repliesLater,
  sealed,
  sequential,
  withoutLeases,
} from "./agreed.ts";
import { looksTwice } from "./broken-checks.ts";
import { inSeparateScripts, releasesWithoutInvalidation } from "./broken-writers.ts";
import type { Protocol } from "./protocol.ts";
import { removeLease } from "./redis.ts";
import {
  ANY_FAULT,
  NOBODY_TO_O1,
  NOBODY_TO_O2,
  O1_TO_NOBODY,
  O1_TO_O2,
  O1_TO_O2_PAST,
  O2_TO_NOBODY,
  O2_TO_O1_PAST,
  onBoth,
  onO1,
  onO2,
  onUser,
  type Scenario,
  scenario,
} from "./scenarios.ts";
import { O1, O2 } from "./state.ts";
import type { Fault, World } from "./world.ts";

export function holds(full: boolean): Readonly<Record<string, Scenario>> {
  const readers = full ? 2 : 1;
  const anyFault: Partial<World> = { writes: [onUser, onO1], faults: ANY_FAULT, readers };
  const faults = (...some: Fault[]): Partial<World> => ({ faults: full ? ANY_FAULT : some, readers });
  const large = (protocol: Protocol): Protocol => (full ? protocol : withoutLeases(protocol));

  /** O1 → nobody → O2, and a Write on O2: each waits until the one before it is effective. */
  const toO2: Partial<World> = { writes: [O1_TO_NOBODY, NOBODY_TO_O2, onO2], waits: true };
  /** O2 → nobody → O1, and a replica that still guesses O1 from the time before O2. */
  const backToO1: Partial<World> = {
    writes: [O2_TO_NOBODY, NOBODY_TO_O1, onO2],
    waits: true,
    owner: O2,
    pastOwners: [O1],
  };
  /** The registration follows as soon as the deletion is committed, released or not. */
  const atOnce: Partial<World> = { writes: [O1_TO_NOBODY, NOBODY_TO_O2] };
  /** And Writes on O2 are owed once both of them are effective. */
  const inOrder: Partial<World> = { writes: [O1_TO_NOBODY, NOBODY_TO_O2, onO2], owed: "in order" };

  const changesHands = (name: string, protocol: Protocol, ...some: Fault[]): Record<string, Scenario> => ({
    [`good/${name}/transfer`]: scenario(large(protocol), { ...toO2, ...faults(...some) }),
    [`good/${name}/old-guess`]: scenario(large(protocol), { ...backToO1, ...faults(...some) }),
    [`good/${name}/at-once`]: scenario(large(protocol), { ...atOnce, ...faults(...some) }),
    [`good/${name}/owed-in-order`]: scenario(large(protocol), {
      ...inOrder,
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
  });

  return {
    "good/user-and-owner": scenario(sequential, { ...anyFault, readers: 2 }),
    "good/same-scope": scenario(sequential, { ...anyFault, writes: [onO1, onO1] }),
    "good/overlapping": scenario(sequential, { ...anyFault, writes: [onBoth, onO1] }),
    "good/three-writes": scenario(large(sequential), {
      writes: [onBoth, onO1, onUser],
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/past-the-service": scenario(sequential, { ...anyFault, writes: [onUser, { touches: [O1], past: true }] }),
    "good/torn-engine-read": scenario(sequential, { ...anyFault, torn: true }),
    "good/no-leases": scenario(withoutLeases(sequential), anyFault),
    "good/restore-with-run-id": scenario(
      sequential,
      { writes: [onUser], faults: ["old restart", "empty restart", "unreachable Redis", "lost lease"], readers: 1 },
      "numbered",
    ),
    "good/hit-stays-within-reach": scenario(sequential, { ...anyFault, law: "live" }),
    "good/refusal-releases": scenario(sequential, { writes: [onO1], faults: ["refusal"], law: "live" }),

    "good/repetition-releases-once": scenario(releasesRepetitionsOnce, { ...anyFault, writes: [onO1, onO1] }),

    "good/pending-invalidated-first": scenario(sequential, {
      ...anyFault,
      law: "own replica",
      ...(!full && { writes: [onUser] }),
      readers: 2,
    }),
    "good/lease-contains-crash": scenario(sequential, {
      ...anyFault,
      law: "contained",
      faults: ["crash", "lost reply", "repetition", "refusal", "lost Write", "lease ran out", "evicted token"],
    }),
    "good/monotonic-without-faults": scenario(sequential, {
      writes: [onUser, onO1],
      law: "monotonic",
    }),
    "good/no-invalidation-after-write-without-faults": scenario(releasesWithoutInvalidation, {
      writes: [onUser, onO1],
    }),
    "good/separate-scripts-second-look": scenario(looksTwice(inSeparateScripts(removeLease)), {
      writes: [onBoth, onO1],
      ...faults("unreachable Redis", "evicted token", "crash", "lost lease"),
    }),

    "good/sealed-entries": scenario(sealed, {
      writes: [onUser, onO1],
      faults: ["forged entry", "unreachable Redis", "evicted token"],
      readers,
    }),
    // what a seal cannot detect: a writer of Redis can undo a Write for one TTL, and not for longer
    "good/put-back-ends-with-the-ttl": scenario(
      repliesLater(sealed),
      { writes: [onUser], faults: ["put back", "forged entry"], readers: 1 },
      "numbered",
    ),

    "good/coalesce": scenario(coalescing(sequential), { ...anyFault, writes: [onO1], readers: 2 }),
    "good/coalesce-beside-question": scenario(large(coalescing(beside)), {
      ...backToO1,
      writes: [O2_TO_NOBODY, NOBODY_TO_O1],
      ...faults("unreachable Redis", "evicted token", "crash"),
      readers: 2,
    }),

    ...changesHands("owner-before-question", sequential, "unreachable Redis", "evicted token", "crash"),
    ...changesHands("owner-beside-question", beside, "unreachable Redis", "evicted token", "crash", "repetition"),
    ...changesHands("owner-remembered", remembering, "unreachable Redis", "evicted token", "crash", "repetition"),
    "good/owner-remembered/coalesce": scenario(large(coalescing(remembering)), {
      ...backToO1,
      writes: [O2_TO_NOBODY, NOBODY_TO_O1],
      ...faults("unreachable Redis", "evicted token"),
      readers: 2,
    }),
    "good/owner-remembered/torn-engine-read": scenario(large(remembering), {
      ...backToO1,
      torn: true,
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/owner-remembered/owner-replaced-past-the-service": scenario(large(remembering), {
      writes: [O1_TO_O2_PAST, onO2],
      owed: "in order",
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/owner-remembered/owner-replaced-past-the-service-and-back": scenario(large(remembering), {
      writes: [O1_TO_O2_PAST, { ...O2_TO_O1_PAST, after: 0 }, { ...onO1, after: 1 }],
      owed: "in order",
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/owner-beside-question/torn-engine-read": scenario(large(beside), {
      ...backToO1,
      torn: true,
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/owner-beside-question/owner-replaced-past-the-service": scenario(large(beside), {
      writes: [O1_TO_O2_PAST, onO2],
      owed: "in order",
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/owner-beside-question/owner-replaced-past-the-service-and-back": scenario(large(beside), {
      writes: [O1_TO_O2_PAST, { ...O2_TO_O1_PAST, after: 0 }, { ...onO1, after: 1 }],
      owed: "in order",
      ...faults("unreachable Redis", "evicted token", "crash"),
    }),
    "good/transfer-one-write-leases-never-lost": scenario(sequential, {
      writes: [O1_TO_O2, onO2],
      faults: ["crash", "lost reply", "refusal", "repetition"],
      readers: 1,
    }),
  };
}

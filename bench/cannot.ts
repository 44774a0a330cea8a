/** The laws that a system of the bench cannot keep by itself, shown where it starts and in docs/benchmarks.md. */

/** Of whatever keeps relationships and nothing about them. */
const OF_A_GRAPH = [
  "job roles only for the owner's people, one owner, only the owner shares: who writes must keep these",
  "history that cannot be bent: it has a log of changes without actors or reasons",
];

const CANNOT: Record<string, readonly string[]> = {
  ceiling: ["all of them: it only says what lies in Redis"],
  openfga: OF_A_GRAPH,
  "openfga-caches": [...OF_A_GRAPH, "fresh: for up to 10 s an answer may be from before a write"],
  spicedb: [
    "large worlds: its memory is looked through relation by relation, so a check costs more the more there is; on PostgreSQL it would not",
    ...OF_A_GRAPH,
    "dates are exact: only with its caches off, as here; with them a yes outlived its expiration",
    "fresh: only at full consistency, as it is asked here",
    "ids as they are: it takes letters, digits and / _ | - = +, the caller must spell the others otherwise",
  ],
  cerbos: [
    "fresh, removed stays removed, own people only, one action one Write: it keeps no relationships, the caller does and sends what it read",
    "down at once: a paused cooperation is one that the caller no longer sends",
    "what a portfolio brings its plants: the caller sends the portfolio's roles, shares and delegations with the plant's",
    "job roles only for the owner's people, one owner, only the owner shares: it believes what it is sent",
    "history that cannot be bent: it has none of relationships",
  ],
};

/** By the name it has in results.json; nothing of Concordat's own. */
export const cannotOf = (system: string): readonly string[] => CANNOT[system] ?? [];

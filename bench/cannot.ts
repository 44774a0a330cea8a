/** What a system of the bench does not guarantee by itself, shown where it starts and in docs/benchmarks.md. */

/** Of whatever keeps relationships and nothing about them. */
const OF_A_GRAPH = [
  "job roles only for the owner's people, one owner, only the owner shares: left to whoever writes",
  "verifiable history: it has a log of changes without actors or reasons",
];

const OF_CACHES = [...OF_A_GRAPH, "fresh: for up to 10 s an answer may be from before a write"];

const CANNOT: Record<string, readonly string[]> = {
  ceiling: ["all of them: it only returns what is in Redis"],
  openfga: OF_A_GRAPH,
  "openfga-postgres": OF_A_GRAPH,
  "openfga-caches": OF_CACHES,
  "openfga-caches-postgres": OF_CACHES,
  spicedb: [
    "large data: its memory store scans relation by relation, so a check costs more the more there is; on PostgreSQL it would not",
    ...OF_A_GRAPH,
    "dates are exact: only with its caches off, as here; with them a yes outlived its expiration",
    "fresh: only at full consistency, as it is configured here",
    "ids unchanged: it accepts letters, digits and / _ | - = +; the caller must encode other characters",
  ],
  cerbos: [
    "fresh, removed stays removed, own people only, one action one Write: it stores no relationships; the caller does, and sends what it read",
    "reduced at once: the caller must stop sending a paused cooperation",
    "inheritance from portfolios: the caller sends the portfolio's roles, shares and delegations with the plant's",
    "job roles only for the owner's people, one owner, only the owner shares: it trusts what it is sent",
    "verifiable history: it has none of relationships",
  ],
};

/** By the name it has in results.json; nothing of Concordat's own. */
export const cannotOf = (system: string): readonly string[] => CANNOT[system] ?? [];

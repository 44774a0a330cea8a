/**
 * Measures how many reads of its datastore OpenFGA needs for each kind of question, by
 * the `datastore_query_count` of its own metrics. The server is one of its own and runs
 * on one processor: when a union or an intersection is decided by its first branch, the
 * engine has often begun the second, and how far that gets is up to the scheduler. On one
 * processor it repeats, and is about the most it can be.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../bench/processes.ts";
import type { CooperationId, ResourceRef } from "../../src/domain/ids.ts";
import type { Cooperation, Delegation, Share } from "../../src/domain/records.ts";
import {
  tuplesOfCooperation,
  tuplesOfDelegation,
  tuplesOfJobRole,
  tuplesOfOrganization,
  tuplesOfPerson,
  tuplesOfResource,
  tuplesOfShare,
} from "../../src/domain/state-tuples.ts";
import type { Tuple } from "../../src/domain/tuples.ts";
import { createEngine } from "../../src/openfga/engine.ts";
import { openStore } from "../../src/openfga/open-store.ts";
import { type RunningServer, startServer } from "../../src/openfga/server/server.ts";
import { createTupleStore } from "../../src/openfga/tuple-store.ts";
import { anyId } from "./ids.ts";

/** By kind of question (row), then by what is asked about (column): the median of the reads. */
export type EngineReads = Map<string, Map<string, number>>;

const AT = new Date("2027-03-01T12:00:00Z");
const TO_COME = "2028-01-01T00:00:00Z";
const CREATED = { created_at: "2026-01-01T00:00:00Z", created_by: "admin" };
const PARTNERS = ["p1", "p2", "p3"].map(anyId);
const SUN = anyId("sun");
const TIMES = { once: 1, thrice: 3 };
/** Asked so often, one processor gave the same medians in every run; single checks may be one or two off. */
const ROUNDS = 15;

/** Who asks, and as whom of which partner: of several the one who needs most is shown. */
const KINDS: Record<string, { users: string[]; allowed: boolean }> = {
  "owner's admin": { users: ["admin"], allowed: true },
  "own job role": { users: ["worker"], allowed: true },
  "partner's admin": { users: PARTNERS.map((partner) => `${partner}-admin`), allowed: true },
  delegate: { users: PARTNERS.map((partner) => `${partner}-delegate`), allowed: true },
  "delegate, date changed": { users: PARTNERS.map((partner) => `${partner}-changed`), allowed: true },
  "partner's other people": { users: PARTNERS.map((partner) => `${partner}-member`), allowed: false },
  stranger: { users: ["stranger"], allowed: false },
};
const TARGETS = { plant: "plant:", "plant in portfolio": "plant:in-", portfolio: "portfolio:" } as const;

/** The people and resources of one owner, and three partners: all have the shares called thrice, the first also those called once. */
function world(): Tuple[] {
  const tuples = [SUN, ...PARTNERS].flatMap(tuplesOfOrganization);
  tuples.push(...tuplesOfPerson(SUN, anyId("admin"), "admin"), ...tuplesOfPerson(SUN, anyId("worker"), "member"));
  for (const partner of PARTNERS) {
    const cooperation: Cooperation = {
      id: partner,
      status: "active",
      initiator: SUN,
      partner,
      spelling: "plain",
      invitation: 0,
      shares: 0,
      ...CREATED,
    };
    tuples.push(...tuplesOfCooperation(cooperation), ...tuplesOfPerson(partner, anyId(`${partner}-admin`), "admin"));
    for (const person of ["delegate", "changed", "member"])
      tuples.push(...tuplesOfPerson(partner, anyId(`${partner}-${person}`), "member"));
  }
  const add = (ref: ResourceRef, portfolio: string | undefined, shared: number) => {
    tuples.push(
      ...tuplesOfResource(ref, { owner: SUN, ...(portfolio !== undefined && { portfolio: anyId(portfolio) }) }),
    );
    tuples.push(...tuplesOfJobRole(ref, anyId("worker"), "technical_manager"));
    for (const partner of PARTNERS.slice(0, shared)) tuples.push(...shareOf(ref, partner));
  };
  add("portfolio:unshared", undefined, 0);
  for (const [times, count] of Object.entries(TIMES)) {
    add(`portfolio:${times}`, undefined, count);
    add(`plant:${times}`, "unshared", count);
    tuples.push(...tuplesOfResource(`plant:in-${times}`, { owner: SUN, portfolio: anyId(times) }));
  }
  return tuples;
}

function shareOf(resource: ResourceRef, partner: CooperationId): Tuple[] {
  const id = anyId(`${resource.replace(":", "-")}-${partner}`);
  const share: Share = { id, cooperation: partner, resource, role: "technical_manager", spelling: "plain", ...CREATED };
  const delegation = (person: string, date: Partial<Delegation>) =>
    tuplesOfDelegation({
      share: id,
      user: anyId(`${partner}-${person}`),
      role: "technical_manager",
      spelling: "plain",
      ...date,
    });
  return [
    ...tuplesOfShare(share),
    ...delegation("delegate", {}),
    ...delegation("changed", { expires_at: TO_COME, spelling: "alt" }),
  ];
}

/**
 * Asks every kind of question, on a server started from `binary` with the model's text.
 * Throws when an answer is not the kind's.
 */
export async function measureEngineReads(binary: string, model: string): Promise<EngineReads> {
  const folder = mkdtempSync(join(tmpdir(), "concordat-reads-"));
  const metrics = `127.0.0.1:${await freePort()}`;
  const server = await startOnOneProcessor(binary, folder, metrics);
  try {
    return await measure(server, `http://${metrics}/metrics`, model);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The table as people read it and as golden/engine-reads.txt keeps it. */
export function printEngineReads(reads: EngineReads): string {
  const rows = [...reads];
  const columns = [...(rows[0]?.[1].keys() ?? [])];
  const width = Math.max(...rows.map(([kind]) => kind.length));
  const line = (label: string, cells: string[]) =>
    [label.padEnd(width), ...cells.map((cell, n) => cell.padStart(columns[n]?.length ?? 0))].join("  ");
  const lines = rows.map(([kind, row]) => line(kind, [...row.values()].map(String)));
  return [line("", columns), ...lines].join("\n");
}

async function startOnOneProcessor(binary: string, folder: string, metrics: string): Promise<RunningServer> {
  const before = process.env.GOMAXPROCS;
  process.env.GOMAXPROCS = "1";
  try {
    const flags = ["--metrics-enabled=true", `--metrics-addr=${metrics}`];
    return await startServer({ kind: "binary", path: binary }, { folder, throwAway: true, flags });
  } finally {
    if (before === undefined) delete process.env.GOMAXPROCS;
    else process.env.GOMAXPROCS = before;
  }
}

async function measure(server: RunningServer, metricsUrl: string, model: string): Promise<EngineReads> {
  const store = await openStore({ ...server, store: "reads", model, allowPush: false });
  const tupleStore = createTupleStore({ ...server, ...store });
  const tuples = world();
  for (let start = 0; start < tuples.length; start += 100)
    await tupleStore.write({ deletes: [], writes: tuples.slice(start, start + 100) });
  const engine = createEngine({ ...server, ...store, timeoutMilliseconds: 10_000, connections: 1 });
  /** Nobody else asks this server, so what its sum grows by is the one check's. */
  const readsOf = async ({ user, object, allowed }: Asked): Promise<number> => {
    const before = await sumOfReads(metricsUrl);
    const answer = await engine.check({ user, relation: "can_view", object }, AT);
    if (answer !== allowed) throw new Error(`${user} on ${object} is ${answer}`);
    const reads = (await sumOfReads(metricsUrl)) - before;
    if (reads === 0) throw new Error("the engine's metrics do not count its reads any more");
    return reads;
  };
  const reads: EngineReads = new Map();
  for (const question of questionsOf()) {
    const counts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) counts.push(await readsOf(question));
    const median = counts.sort((a, b) => a - b)[ROUNDS >> 1] as number;
    const row = reads.get(question.kind) ?? new Map<string, number>();
    // of several users in a cell the one who needs most
    reads.set(question.kind, row.set(question.target, Math.max(median, row.get(question.target) ?? 0)));
  }
  await engine.close();
  return reads;
}

/** Of all checks since the server began; the line is not there before the first. */
async function sumOfReads(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const line = /^openfga_datastore_query_count_sum\{grpc_method="check",.*\} (\S+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
}

type Asked = { kind: string; target: string; user: string; object: string; allowed: boolean };

function questionsOf(): Asked[] {
  return Object.entries(KINDS).flatMap(([kind, { users, allowed }]) =>
    Object.entries(TARGETS).flatMap(([name, prefix]) =>
      Object.entries(TIMES).flatMap(([times, count]) => {
        const target = `${name}, ${count}`;
        const object = prefix + times;
        return users.slice(0, count).map((user) => ({ kind, target, user: `user:${user}`, object, allowed }));
      }),
    ),
  );
}

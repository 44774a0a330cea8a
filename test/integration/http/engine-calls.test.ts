/**
 * What a request costs the engine may only fall: its reads, Writes, questions and rounds are held to
 * golden/engine-calls.txt, for each route and for lists of two lengths.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { countEngineCalls, type EngineCalls } from "../../support/engine-calls.ts";
import { ask, ROUTES, seedRoutes } from "../../support/routes.ts";
import { createService, type Service, test } from "../../support/service.ts";

const GOLDEN = new URL("../../golden/engine-calls.txt", import.meta.url);

const HEADING = `Calls of the engine that a request needs, and the rounds in which they go: calls of one round wait together.
Nothing is cached before. Compared by test/integration/http/engine-calls.test.ts; UPDATE_GOLDEN=1 takes in what fell
and what is new, never what rose.`;

const COLUMNS = ["reads", "writes", "questions", "rounds"] as const;

type Costs = ReadonlyMap<string, EngineCalls>;

/** They read all of the store, or answer in a stream: their cost is not that of a request. */
const WHOLE_STORE = ["GET /v1/doctor", "GET /v1/export", "POST /v1/import", "GET /v1/inspect/{object}"];

/** The table of routes asks for these when they are refused, by then. */
const REFUSED = [
  "POST /v1/cooperations/{id}/resend",
  "POST /v1/cooperations/{id}/decline",
  "DELETE /v1/portfolios/{id}",
  "DELETE /v1/organizations/{org}",
];

function printCosts(costs: Costs): string {
  const width = Math.max(...[...costs.keys()].map((name) => name.length));
  const row = (name: string, cells: readonly (string | number)[]) =>
    [name.padEnd(width), ...cells.map((cell) => `${cell}`.padStart(9))].join("  ").trimEnd();
  return [
    row("", COLUMNS),
    ...[...costs].map(([name, calls]) =>
      row(
        name,
        COLUMNS.map((one) => calls[one]),
      ),
    ),
  ].join("\n");
}

/** The table in such a text: its rows are the lines that end with four numbers. */
function parseCosts(text: string): Costs {
  const rows = [...text.matchAll(/^(\S.*?) +(\d+) +(\d+) +(\d+) +(\d+)$/gm)];
  return new Map(
    rows.map(([, name = "", reads, writes, questions, rounds]) => [
      name,
      { reads: Number(reads), writes: Number(writes), questions: Number(questions), rounds: Number(rounds) },
    ]),
  );
}

/** The numbers that `better` holds of, each with what it was. */
function changed(was: Costs, is: Costs, better: (is: number, was: number) => boolean): string[] {
  return [...is].flatMap(([name, calls]) => {
    const before = was.get(name);
    if (before === undefined) return [];
    return COLUMNS.filter((one) => better(calls[one], before[one])).map(
      (one) => `${name}, ${one}: ${before[one]} → ${calls[one]}`,
    );
  });
}

/** The lower of both, number by number. */
function lower(was: Costs, is: Costs): Costs {
  return new Map(
    [...is].map(([name, calls]) => {
      const before = was.get(name) ?? calls;
      return [name, Object.fromEntries(COLUMNS.map((one) => [one, Math.min(calls[one], before[one])])) as EngineCalls];
    }),
  );
}

/** What every route of the table costs, in its order; a request that is refused is not a cost of its route. */
async function costOfRoutes(base: Parameters<typeof countEngineCalls>[0]): Promise<[string, EngineCalls][]> {
  const { counted, ...ports } = countEngineCalls(base);
  const service = createService(ports);
  const world = await seedRoutes(service);
  const costs: [string, EngineCalls][] = [];
  const refused: string[] = [];
  for (const name of Object.keys(ROUTES).filter((one) => !WHOLE_STORE.includes(one))) {
    await service.settled();
    let status = 0;
    const calls = await counted(async () => {
      status = (await ask(service, world, name)).status;
    });
    if (status < 300) costs.push([name, calls]);
    else refused.push(name);
  }
  expect(refused).toEqual(REFUSED);
  await service.settled();
  return costs;
}

/** Organizations that `costOfRoutes` knows nothing of. */
const OWNER = "meridian";
const PARTNER = "northwind";

/** Adds cooperations with one share each, people and plants, up to so many. */
async function grow({ admin, as }: Service, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const people = await admin("PUT", `/v1/organizations/${OWNER}/people/m${n}`, { role: "member" });
    const plant = await admin("PUT", `/v1/plants/m${n}`, { owner: OWNER });
    const shares = [{ resource: `plant:m${n}`, role: "viewer" }];
    const offer = { organization: PARTNER, shares };
    const invited = await as("ada", "POST", `/v1/organizations/${OWNER}/cooperations`, offer);
    const accepted = await as("nils", "POST", `/v1/cooperations/${invited.body.id}/accept`);
    expect([people, plant, invited, accepted].map(({ status }) => status)).toEqual([201, 201, 201, 200]);
  }
}

type Counted = ReturnType<typeof countEngineCalls>["counted"];

/** What batches of so many lines cost: what the lines have in common is read for each Write, and not for each line. */
async function costOfBatches(service: Service, counted: Counted, lines: number): Promise<[string, EngineCalls][]> {
  const { as } = service;
  const numbers = Array.from({ length: lines }, (_, n) => `${lines}-${n}`);
  const registered = numbers.flatMap((n) => [
    { kind: "plant", id: `b${n}`, owner: OWNER },
    { kind: "person", organization: PARTNER, user: `b${n}`, role: "member" },
  ]);
  expect((await importAll(service, linesFrom(registered))).end).toMatchObject({ done: 2 * lines });
  const offer = { organization: PARTNER, shares: [] };
  const { id } = (await as("ada", "POST", `/v1/organizations/${OWNER}/cooperations`, offer)).body;
  expect((await as("nils", "POST", `/v1/cooperations/${id}/accept`)).status).toBe(200);
  let share = "";
  const send = async (user: string, kind: string, body: object) => {
    const { status, body: batch } = await as(user, "POST", `/v1/cooperations/${id}/${kind}/batch`, body);
    expect([status, batch.done]).toEqual([200, lines]);
    share = batch.lines[0].share;
  };
  const shares = numbers.map((n) => ({ action: "share", resource: `plant:b${n}`, role: "viewer" }));
  const shared = await counted(() => send("ada", "shares", { lines: shares }));
  const delegations = numbers.map((n) => ({ action: "delegate", share, user: `b${n}`, role: "viewer" }));
  const delegated = await counted(() => send("nils", "delegations", { lines: delegations }));
  return [
    [`POST /v1/cooperations/{id}/shares/batch, of ${lines}`, shared],
    [`POST /v1/cooperations/{id}/delegations/batch, of ${lines}`, delegated],
  ];
}

/** What lists cost with two items and with twenty. */
async function costOfLists(base: Parameters<typeof countEngineCalls>[0]): Promise<[string, EngineCalls][]> {
  const { counted, ...ports } = countEngineCalls(base);
  const service = createService(ports);
  for (const [org, admin] of [[OWNER, "ada"] as const, [PARTNER, "nils"] as const]) {
    await service.admin("PUT", `/v1/organizations/${org}`, { name: org });
    await service.admin("PUT", `/v1/organizations/${org}/people/${admin}`, { role: "admin" });
  }
  const costs: [string, EngineCalls][] = [];
  for (const [from, to] of [[0, 2] as const, [2, 20] as const]) {
    await grow(service, from, to);
    for (const [who, org, list] of [
      ["ada", OWNER, "cooperations"],
      ["nils", PARTNER, "incoming-shares"],
      ["ada", OWNER, "people"],
      ["ada", OWNER, "resources"],
    ] as const) {
      let status = 0;
      const calls = await counted(async () => {
        status = (await service.as(who, "GET", `/v1/organizations/${org}/${list}`)).status;
      });
      expect(status).toBe(200);
      costs.push([`GET /v1/organizations/{org}/${list}, of ${to}`, calls]);
    }
    let id = "";
    const invited = await counted(async () => {
      const offer = { email: `partner-${to}@else.example` };
      id = (await service.as("ada", "POST", `/v1/organizations/${OWNER}/cooperations`, offer)).body.id;
    });
    // the lists that follow are as long as they say
    expect((await service.as("ada", "DELETE", `/v1/cooperations/${id}`)).status).toBe(200);
    costs.push([`POST /v1/organizations/{org}/cooperations, of ${to}`, invited]);
  }
  for (const lines of [2, 200]) costs.push(...(await costOfBatches(service, counted, lines)));
  await service.settled();
  return costs;
}

test("no request costs the engine more calls or rounds than golden/engine-calls.txt says", {
  timeout: 240_000,
  // a machine that stops for long splits a round in two; nothing makes of two rounds one
  retry: 1,
}, async ({ tupleStore, engine }) => {
  const costs = new Map([
    ...(await costOfRoutes({ tupleStore, engine })),
    ...(await costOfLists({ tupleStore, engine })),
  ]);
  const golden = parseCosts(readFileSync(GOLDEN, "utf8"));
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, `${HEADING}\n\n${printCosts(lower(golden, costs))}\n`);
  const fell = changed(golden, costs, (is, was) => is < was);
  if (fell.length > 0) console.log(`Fewer calls; UPDATE_GOLDEN=1 keeps them:\n${fell.join("\n")}`);
  expect(changed(golden, costs, (is, was) => is > was)).toEqual([]);
  expect([...parseCosts(readFileSync(GOLDEN, "utf8")).keys()]).toEqual([...costs.keys()]);
});

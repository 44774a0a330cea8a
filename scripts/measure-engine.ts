/**
 * Measures the embedded engine as its store grows: for each scale of the bench's world it
 * starts the engine on it and the service as a process of its own, then says what actions,
 * lists, checks that nobody has asked before, and an import of people take.
 *
 *   npm run measure-engine -- [--scales 0.1,1] [--rounds 20] [--people 300]
 */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { STORE, startEngine } from "../bench/engine.ts";
import { startUntil } from "../bench/processes.ts";
import { makeWorld, type World } from "../bench/world.ts";
import { tuplesOfWorld } from "../bench/world-tuples.ts";

const { values: options } = parseArgs({
  options: {
    scales: { type: "string", default: "0.1,1" },
    rounds: { type: "string", default: "20" },
    people: { type: "string", default: "300" },
  },
});
const rounds = Number(options.rounds);
const people = Number(options.people);
const KEY = randomBytes(24).toString("base64url");
const WORLD_SEED = 1;

/** One thing to measure; `act` is given the round. */
type Workload = { name: string; act: (n: number) => Promise<void> };

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function workloads(url: string, world: World): Workload[] {
  const call = async (method: string, path: string, body?: object | string, user?: string) => {
    const isText = typeof body === "string";
    const reply = await fetch(url + path, {
      method,
      headers: {
        Authorization: `Bearer ${KEY}`,
        "Content-Type": isText ? "application/x-ndjson" : "application/json",
        ...(user && { "Acting-User": `user:${user}` }),
      },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok || text.includes('"event":"refused"')) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  };
  const cooperations = new Map(world.cooperations.map((cooperation) => [cooperation.id, cooperation]));
  const delegated = new Set(world.delegations.map(({ share, user }) => `${share} ${user}`));
  const shareOf = (n: number) => {
    const share = world.shares[(n * 7) % world.shares.length] as World["shares"][number];
    const { partner = "" } = cooperations.get(share.cooperation) ?? {};
    const members = world.people.filter(({ organization, role }) => organization === partner && role === "member");
    const user = members.find(({ user }) => !delegated.has(`${share.id} ${user}`))?.user;
    return {
      path: `/v1/shares/${share.id}/delegations/${user}`,
      resource: share.resource,
      admin: `${partner}-admin-0`,
    };
  };
  const view = (user: string, ref: string) => {
    const [type = "", id = ""] = ref.split(":");
    const question = { subject: { type: "user", id: user }, action: { name: "can_view" }, resource: { type, id } };
    return call("POST", "/access/v1/evaluation", question);
  };
  const org = (n: number) => world.organizations[n % world.organizations.length];
  const lines = Array.from({ length: people }, (_, n) => {
    const line = { kind: "person", organization: org(0), user: `new-${n}`, role: "member", email: `n${n}@example.org` };
    return `${JSON.stringify(line)}\n`;
  });
  return [
    {
      name: "delegate",
      act: (n) => call("PUT", shareOf(n).path, { role: "viewer" }, shareOf(n).admin),
    },
    { name: "take the delegation away", act: (n) => call("DELETE", shareOf(n).path, undefined, shareOf(n).admin) },
    {
      name: "list 20 cooperations",
      act: (n) => call("GET", `/v1/organizations/${org(n)}/cooperations?limit=20`, undefined, `${org(n)}-admin-0`),
    },
    {
      name: "incoming shares",
      act: (n) => call("GET", `/v1/organizations/${org(n)}/incoming-shares`, undefined, `${org(n)}-admin-0`),
    },
    { name: "check, partner's admin", act: (n) => view(shareOf(n).admin, shareOf(n).resource) },
    { name: "check, stranger", act: (n) => view(`nobody-${n}`, shareOf(n).resource) },
    {
      name: `import ${people} people`,
      act: async (n) => (n === 0 ? call("POST", "/v1/import", lines.join("")) : undefined),
    },
  ];
}

const table = new Map<string, string[]>();
for (const scale of options.scales.split(",").map(Number)) {
  const world = makeWorld(scale, WORLD_SEED);
  const engine = await startEngine(world, []);
  const service = await startUntil(
    /listens on http\S+/,
    process.execPath,
    [fileURLToPath(new URL("../src/main.ts", import.meta.url))],
    {
      PATH: process.env.PATH,
      PORT: "0",
      OPENFGA_API_URL: engine.server.apiUrl,
      OPENFGA_API_TOKEN: engine.server.apiToken,
      OPENFGA_STORE: STORE,
      OPENFGA_TIMEOUT_MILLISECONDS: "30000",
      SERVICE_KEYS: JSON.stringify([{ name: "measure", scopes: ["check", "manage", "admin"], key: KEY }]),
      INVITATION_SECRET: randomBytes(32).toString("hex"),
      LOG_LEVEL: "warn",
    },
  );
  try {
    const column = `${tuplesOfWorld(world).length} tuples`;
    table.set("", [...(table.get("") ?? []), column]);
    for (const { name, act } of workloads(/listens on (http\S+)/.exec(service.said)?.[1] ?? "", world)) {
      const took: number[] = [];
      for (let n = 0; n < (name.startsWith("import") ? 1 : rounds); n++) {
        const startedAt = performance.now();
        await act(n);
        took.push(performance.now() - startedAt);
      }
      const cell = `${median(took).toFixed(1)} ms`;
      console.error(`${column}: ${name} ${cell}`);
      table.set(name, [...(table.get(name) ?? []), cell]);
    }
  } finally {
    await service.stop();
    await engine.stop();
  }
}
for (const [name, cells] of table) console.log(name.padEnd(26), ...cells.map((cell) => cell.padStart(16)));

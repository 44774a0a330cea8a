/** Every route × every kind of caller, as golden/callers.txt has it. Each kind that may change something has a world of its own. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { KINDS, type Kind, servedFor } from "../../support/caller-kinds.ts";
import { startIssuer } from "../../support/issuer.ts";
import {
  ask,
  everything,
  OPEN_ROUTES,
  PUSH_ROUTE,
  ROUTES,
  seedRoutes,
  send,
  storesRoutes,
} from "../../support/routes.ts";
import { type Service, test } from "../../support/service.ts";

const GOLDEN = new URL("../../golden/callers.txt", import.meta.url);

const HEADING = `Every route × every kind of caller, as status codes. Compared by test/integration/identity/golden-callers.test.ts;
UPDATE_GOLDEN=1 writes the file. The person is whom the route would answer, of sunward, brightfix or lumen: anna where a
service is answered. Each column is asked from top to bottom in a world of its own.`;

const PEOPLE = ["anna", "ben", "lea"];

/** The status of each route for each kind, by the kind's name. */
const columns = new Map<string, Map<string, number>>();

/** Asks all routes as these kinds, one kind after the other. */
async function askAll(service: Service, kinds: readonly Kind[]): Promise<void> {
  const issuer = await startIssuer();
  const world = await seedRoutes(service);
  const served = servedFor(service, issuer);
  const isReadOnly = kinds.every(({ isUnknown }) => isUnknown);
  const before = isReadOnly ? await everything(service) : [];
  for (const { name, asked } of kinds) {
    const column = new Map<string, number>();
    for (const [route, { by }] of Object.entries(ROUTES)) {
      const person = PEOPLE.includes(by) ? by : "anna";
      column.set(route, (await ask(served, world, route, await asked(person, issuer))).status);
    }
    for (const [route, { path, body }] of Object.entries(storesRoutes(served))) {
      const { user: _, ...presented } = await asked("anna", issuer);
      const forPerson = route.endsWith("/write") ? await asked("anna", issuer) : presented;
      column.set(route, (await send(served, route.split(" ")[0] ?? "", path, body, forPerson)).status);
    }
    column.set(PUSH_ROUTE, (await send(served, "POST", "/ssf/events", undefined, await asked("anna", issuer))).status);
    for (const route of OPEN_ROUTES)
      column.set(route, (await send(served, "GET", route.slice(4), undefined, await asked("anna", issuer))).status);
    columns.set(name, column);
  }
  if (isReadOnly) expect(await everything(service)).toEqual(before);
  await issuer.stop();
}

/** A line for each route, a numbered column for each kind. */
function print(): string {
  const titles = KINDS.map(({ name }, n) => `${String(n + 1).padStart(2)}  ${name}`);
  const routes = [...(columns.get(KINDS[0]?.name ?? "")?.keys() ?? [])];
  const width = Math.max(...routes.map((route) => route.length)) + 1;
  const lines = routes.map((route) => {
    const codes = KINDS.map(({ name }) => String(columns.get(name)?.get(route)).padStart(4));
    return `${route.padEnd(width)}${codes.join("")}`;
  });
  const numbers = `${" ".repeat(width)}${KINDS.map((_, n) => String(n + 1).padStart(4)).join("")}`;
  return `${[HEADING, "", ...titles, "", numbers, ...lines].join("\n")}\n`;
}

test("who is not known is refused by every route alike, and changes nothing", async ({ service }) => {
  const unknown = KINDS.filter(({ isUnknown }) => isUnknown);
  await askAll(service, unknown);
  for (const { name } of unknown)
    for (const [route, status] of columns.get(name) ?? [])
      expect([status, route], name).toEqual([
        route === PUSH_ROUTE ? 400 : OPEN_ROUTES.includes(route) ? 200 : 401,
        route,
      ]);
});

test.for(KINDS.filter(({ isUnknown }) => !isUnknown))("$name", async (kind, { service }) => {
  await askAll(service, [kind]);
  const statuses = [...(columns.get(kind.name)?.values() ?? [])];
  expect(statuses.filter((status) => status === 401 || (status >= 500 && status !== 501))).toEqual([]);
});

test("every route is answered to every kind of caller as golden/callers.txt says, and every route has its line", async ({
  service,
}) => {
  const printed = print();
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, printed);
  const message = "the answers changed; when that is meant, UPDATE_GOLDEN=1 writes the file";
  expect(printed, message).toBe(readFileSync(GOLDEN, "utf8"));
  const { body } = await send(service, "GET", "/openapi.json", undefined, {});
  for (const [path, item] of Object.entries<object>(body.paths))
    for (const method of Object.keys(item)) expect(printed).toContain(`\n${method.toUpperCase()} ${path} `);
});

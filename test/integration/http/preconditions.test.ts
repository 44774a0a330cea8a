/**
 * `If-Match` and `If-None-Match` (RFC 9110 §13.1.1, §13.1.2): every route honours both or refuses both, and none
 * overlooks one. The routes are those of the document, so that a new one is held to it too.
 */

import { expect } from "vitest";
import { ask, everything, ROUTES, seedRoutes, send, storesRoutes } from "../../support/routes.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const HEADERS = ["If-Match", "If-None-Match"] as const;
/** Questions: nothing is there that could be another than expected. */
const isQuestion = (name: string) => name.includes(" /access/");
const READS = ["GET /v1/export"];

test("every route of the API honours both preconditions or refuses them, and says which in the document", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  const { paths, components } = (await send(service, "GET", "/openapi.json", undefined, {})).body;
  const kinds = { honoured: 0, refused: 0 };
  for (const [name, route] of Object.entries(ROUTES).filter(([one]) => !isQuestion(one))) {
    const [method = "", path = ""] = name.split(" ");
    const listed: { name: string; in: string; $ref?: string }[] = paths[path][method.toLowerCase()].parameters ?? [];
    const parameters = listed.map((one) => components.parameters[one.$ref?.split("/").at(-1) ?? ""] ?? one);
    const documented = HEADERS.filter((header) =>
      parameters.some((one: (typeof listed)[number]) => one.in === "header" && one.name === header),
    );
    const before = await everything(service);
    if (documented.length === 0) {
      kinds.refused++;
      for (const header of method === "GET" ? HEADERS.slice(0, 1) : HEADERS) {
        const reply = await ask(service, world, name, { ...asOf(route), headers: { [header]: '"1"' } });
        expect([reply.status, reply.body?.code, reply.body?.errors], name).toEqual([
          400,
          "invalid_request",
          [{ pointer: `header: ${header}`, detail: expect.any(String) }],
        ]);
      }
    } else {
      kinds.honoured++;
      expect(documented, name).toEqual(HEADERS);
      for (const wrong of [{ "If-Match": '"999"' }, { "If-Match": 'W/"1"' }, { "If-Match": "1" }]) {
        const reply = await ask(service, world, name, { ...asOf(route), headers: wrong });
        expect([reply.status, reply.body?.code], `${name} ${JSON.stringify(wrong)}`).toEqual([412, "stale"]);
      }
    }
    expect(await everything(service), name).toEqual(before);
  }
  expect(kinds.honoured).toBeGreaterThan(15);
  expect(kinds.refused).toBeGreaterThan(15);
  // a whole view is never wrong, so reading takes no notice of what a cache asks
  for (const name of Object.keys(ROUTES).filter((one) => one.startsWith("GET ") && !READS.includes(one))) {
    const reply = await ask(service, world, name, { ...asOf(ROUTES[name]), headers: { "If-None-Match": '"1"' } });
    expect(reply.status, name).toBe(200);
  }
});

/** The caller that a route would answer. */
function asOf(route: (typeof ROUTES)[string] | undefined) {
  if (route === undefined) throw new Error("not in the table");
  if (route.by === "a service") return { key: KEYS.admin };
  return { key: KEYS.manage, user: route.by };
}

test("a raw Write with preconditions is refused, and one without is written", async ({ service }) => {
  await seedRoutes(service);
  const name = "POST /stores/{store_id}/write";
  const route = storesRoutes(service)[name];
  const before = await everything(service);
  for (const header of HEADERS) {
    const reply = await send(service, "POST", route?.path ?? "", route?.body, {
      key: KEYS.admin,
      headers: { [header]: "*" },
    });
    expect([reply.status, reply.body.code, reply.body.message]).toEqual([
      400,
      "validation_error",
      expect.stringContaining(header),
    ]);
  }
  expect(await everything(service)).toEqual(before);
  expect((await send(service, "POST", route?.path ?? "", route?.body, { key: KEYS.admin })).status).toBe(200);
});

/** A thing that is there, one that is not, and a change of each. */
async function pairs(
  service: Service,
): Promise<[what: string, user: string, there: string, none: string, body: object][]> {
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const delegations = `/v1/shares/${shares[0]}/delegations`;
  await service.as("ben", "PUT", `${delegations}/tom`, { role: "viewer" });
  await service.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "viewer" });
  await service.as("anna", "PUT", "/v1/portfolios/north/roles/otto", { role: "viewer" });
  const people = "/v1/organizations/sunward/people";
  return [
    ["organization", "", "/v1/organizations/sunward", "/v1/organizations/new", { name: "Other" }],
    ["person", "", `${people}/otto`, `${people}/zoe`, { role: "moderator" }],
    ["plant", "", "/v1/plants/8", "/v1/plants/new", { owner: "sunward", name: "Other" }],
    ["portfolio", "", "/v1/portfolios/north", "/v1/portfolios/new", { owner: "sunward", name: "Other" }],
    ["job role on a plant", "anna", "/v1/plants/7/roles/otto", "/v1/plants/8/roles/otto", { role: "asset_manager" }],
    [
      "job role on a portfolio",
      "anna",
      "/v1/portfolios/north/roles/otto",
      "/v1/portfolios/north/roles/anna",
      { role: "operator" },
    ],
    [
      "delegation",
      "ben",
      `${delegations}/tom`,
      `${delegations}/eva`,
      { role: "viewer", expires_at: "2099-01-01T00:00:00Z" },
    ],
  ];
}

test("If-None-Match: * never overwrites an object, and If-Match: * never creates one", async ({ service }) => {
  for (const [what, user, there, none, body] of await pairs(service)) {
    const put = (path: string, headers: Record<string, string>) =>
      user === "" ? service.admin("PUT", path, body, { headers }) : service.as(user, "PUT", path, body, { headers });
    const before = await everything(service);
    const refused = await put(there, { "If-None-Match": "*" });
    expect([refused.status, refused.body.code, refused.body.exists, refused.body.detail], what).toMatchObject([
      412,
      "stale",
      true,
      expect.stringContaining("is there"),
    ]);
    const missing = await put(none, { "If-Match": "*" });
    expect([missing.status, missing.body.code, missing.body.exists], what).toEqual([412, "stale", false]);
    expect(await everything(service), what).toEqual(before);

    expect((await put(there, { "If-Match": "*" })).status, what).toBe(200);
    expect((await put(none, { "If-None-Match": "*" })).status, what).toBe(201);
    expect((await put(none, { "If-None-Match": "*" })).status, what).toBe(412);
  }
});

test("a deleted object matches no precondition, whatever ETag it had", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  await service.admin("DELETE", "/v1/plants/9");
  for (const match of ["*", '"1"', '"2"'])
    expect(
      (await service.admin("DELETE", "/v1/plants/9", undefined, { headers: { "If-Match": match } })).status,
      match,
    ).toBe(412);
  const again = { owner: "sunward" };
  expect((await service.admin("PUT", "/v1/plants/9", again, { headers: { "If-Match": '"2"' } })).status).toBe(412);
  expect((await service.admin("PUT", "/v1/plants/9", again, { headers: { "If-None-Match": '"2"' } })).status).toBe(201);
});

test("one ETag of a list is enough; a weak one never matches If-Match, and does match If-None-Match", async ({
  service,
}) => {
  await seedWorld(service);
  const { etag } = (await service.admin("GET", "/v1/plants/8")).body;
  const put = async (name: string, headers: Record<string, string>) =>
    (await service.admin("PUT", "/v1/plants/8", { owner: "sunward", name }, { headers })).status;
  expect(await put("A", { "If-None-Match": `"7", W/${etag}` })).toBe(412);
  expect(await put("A", { "If-None-Match": etag })).toBe(412);
  expect(await put("A", { "If-Match": `W/${etag}` })).toBe(412);
  expect(await put("A", { "If-Match": etag, "If-None-Match": "*" })).toBe(412);
  expect(await put("A", { "If-Match": `"998", ,"a,b",${etag}` })).toBe(200);
  expect(await put("B", { "If-Match": `"998", ${etag}` })).toBe(412);
  expect(await put("B", { "If-None-Match": `"998", ${etag}` })).toBe(200);
});

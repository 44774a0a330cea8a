/** What a reply says of a thing can be sent back as it is, and nothing changes: also where it says that there is none of something. */
import { expect } from "vitest";
import { everything, send } from "../../support/routes.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

type Members = Record<string, unknown>;

/** What can be put or patched, where it is read, and who may do both. A list is searched for the one person. */
const THINGS: { write: string; read?: string; by: string | undefined }[] = [
  { write: "PUT /v1/organizations/{org}", by: undefined },
  { write: "PUT /v1/organizations/{org}/people/{user}", by: undefined },
  { write: "PUT /v1/plants/{id}", by: undefined },
  { write: "PUT /v1/portfolios/{id}", by: undefined },
  { write: "PUT /v1/plants/{id}/roles/{user}", read: "GET /v1/plants/{id}/roles", by: "anna" },
  { write: "PUT /v1/portfolios/{id}/roles/{user}", read: "GET /v1/portfolios/{id}/roles", by: "anna" },
  { write: "PUT /v1/organizations/{org}/policy", by: "anna" },
  { write: "PUT /v1/organizations/{org}/presets/{name}", by: "anna" },
  { write: "PUT /v1/me/notifications", by: "anna" },
  { write: "PUT /v1/webhooks/{name}", by: undefined },
  { write: "PUT /v1/organizations/{org}/webhooks/{name}", by: "anna" },
  { write: "PATCH /v1/cooperations/{id}", by: "anna" },
  { write: "PATCH /v1/shares/{id}", by: "anna" },
  { write: "PUT /v1/shares/{id}/delegations/{user}", read: "GET /v1/shares/{id}/delegations", by: "ben" },
];

/** Every thing with all its members set, or none of those that may be missing. */
async function seed(service: Service, isWhole: boolean) {
  await seedWorld(service);
  const expires_at = isWhole ? { expires_at: "2099-01-01T00:00:00Z" } : {};
  const must = async (reply: Promise<{ status: number }>) => expect((await reply).status).toBeLessThan(300);
  const { admin, as } = service;
  if (!isWhole) {
    await must(admin("PUT", "/v1/plants/7", { owner: "sunward" }));
    await must(admin("PUT", "/v1/portfolios/north", { owner: "sunward" }));
    await must(admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member", email: null }));
  } else {
    await must(admin("PUT", "/v1/plants/7", { owner: "sunward", name: "Hill", portfolio: "north" }));
    const record = { role: "member", name: "Otto", language: "de" };
    await must(admin("PUT", "/v1/organizations/sunward/people/otto", record));
  }
  for (const ref of ["plants/7", "portfolios/north"])
    await must(admin("PUT", `/v1/${ref}/roles/otto`, { role: "viewer" }));
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer", ...expires_at }]);
  if (isWhole) await must(as("anna", "PATCH", `/v1/cooperations/${id}`, expires_at));
  await must(as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer", ...expires_at }));
  const endpoint = { url: "https://hub.example/events", ...(isWhole && { types: ["concordat.share.added"] }) };
  await must(admin("PUT", "/v1/webhooks/hub", endpoint));
  await must(as("anna", "PUT", "/v1/organizations/sunward/webhooks/hub", endpoint));
  const preset = { resources: ["plant:7"], role: "viewer", ...(isWhole && { days: 90 }) };
  await must(as("anna", "PUT", "/v1/organizations/sunward/presets/hub", preset));
  const rules = {
    ...{
      cooperation_days_max: 365,
      share_days_max: 90,
      delegation_days_max: 30,
      review_months_max: 6,
      dates_required: ["delegation", "share"],
    },
    ...{ highest_role: "viewer", partners_allowed: ["organization:brightfix"], partners_denied: ["domain:x.example"] },
  };
  await must(as("anna", "PUT", "/v1/organizations/sunward/policy", isWhole ? rules : { dates_required: [] }));
  return (path: string) =>
    path
      .replace("{name}", "hub")
      .replace("/cooperations/{id}", `/cooperations/${id}`)
      .replace("/shares/{id}", `/shares/${shares[0]}`)
      .replace("/plants/{id}", "/plants/7")
      .replace("/portfolios/{id}", "/portfolios/north")
      .replace("{org}", "sunward")
      .replace("{user}", path.includes("delegations") ? "tom" : "otto");
}

test.for([
  ["set", true],
  ["none", false],
] as const)(
  "each object can be written back as it was read, with optional members %s, and stays the same",
  async ([, isWhole], { service }) => {
    const pathOf = await seed(service, isWhole);
    const document = (await send(service, "GET", "/openapi.json", undefined, {})).body;
    const writable = Object.entries(document.paths as Record<string, Members>).flatMap(([path, methods]) =>
      ["put", "patch"].filter((method) => method in methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // a suspension is there or not: it has nothing that could be read and sent back
    const things = writable.filter((name) => name.includes(" /v1/") && !name.endsWith("/suspension"));
    expect(THINGS.map(({ write }) => write).sort()).toEqual(things.sort());
    let nulls = 0;
    for (const { write, read, by } of THINGS) {
      const asked = by === undefined ? { key: KEYS.admin } : { key: KEYS.manage, user: by };
      const [method = "", path = ""] = write.split(" ");
      const found = (await send(service, "GET", pathOf(read?.slice("GET ".length) ?? path), undefined, asked)).body;
      const thing: Members = read === undefined ? found : found.items[0];
      const { schema } = document.paths[path][method.toLowerCase()].requestBody.content["application/json"];
      const members = Object.keys(schema.properties);
      // a reason is what nothing is read of; an owner, a role and the rest are as they are read
      const body = Object.fromEntries(members.map((name) => [name, name === "reason" ? null : thing[name]]));
      nulls += Object.values(body).filter((value) => value === null).length;
      const before = await everything(service);
      const reply = await send(service, method, pathOf(path), JSON.parse(JSON.stringify(body)), asked);
      expect([reply.status, JSON.stringify(reply.body)], `${write} ${JSON.stringify(body)}`).toEqual([
        200,
        expect.anything(),
      ]);
      expect(await everything(service), `${write} ${JSON.stringify(body)}`).toEqual(before);
    }
    expect(nulls).toBeGreaterThan(isWhole ? 4 : 10);
  },
);

test("null means in a new object the same as leaving the member out", async ({ service }) => {
  const { admin, as } = service;
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const shared = await as("anna", "POST", `/v1/cooperations/${id}/shares`, {
    ...{ resource: "plant:8", role: "viewer", expires_at: null, reason: null },
  });
  expect([shared.status, shared.body.expires_at]).toEqual([201, null]);
  const invited = await as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    ...{ email: "new@else.example", organization: null, confirm_organization: null, language: null },
    ...{ expires_at: null, shares: null, reason: null },
  });
  expect([invited.status, invited.body.expires_at]).toEqual([201, null]);
  const plant = await admin("PUT", "/v1/plants/9", { owner: "sunward", name: null, portfolio: null, reason: null });
  expect([plant.status, plant.body]).toMatchObject([201, { name: null, portfolio: null }]);
  const paused = await as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason: null });
  expect(paused.body.status).toBe("paused");
});

test("null is refused for a required member", async ({ service }) => {
  const { admin, as } = service;
  await seedWorld(service);
  const before = await everything(service);
  for (const [reply, pointer] of [
    [await admin("PUT", "/v1/organizations/sunward", { name: null }), "/name"],
    [await admin("PUT", "/v1/plants/7", { owner: null }), "/owner"],
    [await admin("PUT", "/v1/organizations/sunward/people/otto", { role: null }), "/role"],
    [await as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: null, organization: null }), "/email"],
  ] as const)
    expect([reply.status, reply.body.errors[0].pointer]).toEqual([400, pointer]);
  expect(await everything(service)).toEqual(before);
});

/** The export of a cooperation as `fga.yaml`: OpenFGA's own command line answers every question in it as we did. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { exportAll, importAll, linesFrom } from "../../support/bulk.ts";
import { runFga } from "../../support/fga.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

/** What the command line says of a file; `checks` as its summary counts them. */
async function modelTest(text: string): Promise<{ passes: boolean; checks: string | undefined; output: string }> {
  const file = join(ownFolder(), "cooperation.fga.yaml");
  writeFileSync(file, text);
  const { code, stdout, stderr } = await runFga(["model", "test", "--tests", file]);
  const output = `${stdout}${stderr}`;
  return { passes: code === 0, checks: /Checks (\d+\/\d+) passing/.exec(output)?.[1], output };
}

const exported = (service: Service, id: string) => exportAll(service, `?format=fga.yaml&cooperation=${id}`);
const counted = (text: string, answer: boolean) => text.split(`":${answer}`).length - 1;

/** A cooperation with everything: levels, dates in both spellings, delegates, a portfolio, and another one beside it. */
async function liveALot(service: Service): Promise<string> {
  const { as, admin } = service;
  const ok = async (reply: Promise<{ status: number; body: unknown }>) => {
    const { status, body } = await reply;
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  };
  await seedWorld(service);
  await ok(admin("PUT", "/v1/organizations/lumen", { name: "Lumen" }));
  await ok(admin("PUT", "/v1/organizations/lumen/people/ben", { role: "admin" }));
  const { id, shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager" },
    { resource: "portfolio:north", role: "viewer", expires_at: "2090-01-01T00:00:00Z" },
  ]);
  await ok(as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: "2095-01-01T00:00:00Z" }));
  await ok(as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "technical_manager" }));
  await ok(
    as("ben", "PUT", `/v1/shares/${shares[1]}/delegations/eva`, { role: "viewer", expires_at: "2089-01-01T00:00:00Z" }),
  );
  await ok(as("anna", "PUT", "/v1/plants/8/roles/otto", { role: "operator" }));
  // ben is an admin of this one's partner too, and reaches plant 7 by it
  const invited = await as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "lumen",
    shares: [{ resource: "plant:7", role: "asset_manager" }],
  });
  await ok(as("ben", "POST", `/v1/cooperations/${invited.body.id}/accept`));
  return id;
}

test("the file passes `fga model test`, with allowed and denied answers in it, and fails when an answer or a tuple is changed", async ({
  service,
}) => {
  const id = await liveALot(service);
  const text = await exported(service, id);
  const { passes, checks, output } = await modelTest(text);
  expect(passes, output).toBe(true);
  const asked = counted(text, true) + counted(text, false);
  expect(checks, output).toBe(`${asked}/${asked}`);
  expect(counted(text, true)).toBeGreaterThan(20);
  expect(counted(text, false)).toBeGreaterThan(20);
  // through another cooperation of another partner, which must be in the file for that
  expect(text).toMatch(/"user":"user:ben","object":"plant:7".*"can_manage_commercial":true/);
  expect(text).not.toMatch(/"relation":"(head|log)"/);
  expect((await modelTest(text.replace('"can_operate":true', '"can_operate":false'))).passes).toBe(false);
  expect((await modelTest(text.replace(/^ {2}- .*"relation":"in_force".*\n/m, ""))).passes).toBe(false);
});

test("paused, expired and ended cooperations pass as well: what they leave is denied", async ({ service }) => {
  const id = await liveALot(service);
  const yes = counted(await exported(service, id), true);
  await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
  const paused = await exported(service, id);
  expect((await modelTest(paused)).passes).toBe(true);
  expect(counted(paused, true)).toBeLessThan(yes);
  await service.as("anna", "POST", `/v1/cooperations/${id}/resume`);
  service.setNow(new Date("2096-01-01T00:00:00Z"));
  const expired = await exported(service, id);
  expect(expired).toContain('"current_time":"2096-01-01T00:00:00.000Z"');
  expect((await modelTest(expired)).passes).toBe(true);
  expect(counted(expired, true)).toBeLessThan(yes);
  service.setNow(undefined);
  await service.as("anna", "DELETE", `/v1/cooperations/${id}`);
  await service.settled();
  expect((await modelTest(await exported(service, id))).passes).toBe(true);
});

test("one with more tuples than a Write holds, and ids that need quoting, passes too", async ({ service }) => {
  await seedWorld(service);
  const odd = ["ü-日本", "😀@x|y", `"quoted'`, "a\\b", "null", "{{x}}", "-&!"];
  const lines = [
    ...odd.slice(0, 3).map((user) => ({ kind: "person", organization: "brightfix", user, role: "admin" })),
    ...Array.from({ length: 40 }, (_, n) => ({ kind: "plant", id: `n${n}`, owner: "sunward", portfolio: "north" })),
    ...odd.map((id) => ({ kind: "plant", id, owner: "sunward", portfolio: "north" })),
  ];
  expect((await importAll(service, linesFrom(lines))).refused).toEqual([]);
  const { id } = await cooperate(service, [{ resource: "portfolio:north", role: "asset_manager" }]);
  const text = await exported(service, id);
  const { passes, output } = await modelTest(text);
  expect(passes, output.slice(-2000)).toBe(true);
  expect(text.match(/^ {2}- /gm)?.length).toBeGreaterThan(100);
});

test("an unanswered invitation has the owner's people in it, and no partner", async ({ service }) => {
  await seedWorld(service);
  const { body } = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "new@else.example",
    shares: [{ resource: "plant:7", role: "viewer" }],
  });
  const text = await exported(service, body.id);
  expect(text).not.toContain("new@else.example");
  expect((await modelTest(text)).passes).toBe(true);
});

test("a missing cooperation and a wrong request get a problem", async ({ service }) => {
  await seedWorld(service);
  const ask = async (query: string, headers = {}) => {
    const reply = await service.app.request(`/v1/export${query}`, {
      headers: { Authorization: `Bearer ${KEYS.admin}`, ...headers },
    });
    const { code, errors } = (await reply.json()) as { code: string; errors?: { pointer: string }[] };
    return [reply.status, code, errors?.[0]?.pointer];
  };
  const { id } = await cooperate(service, []);
  const wrong = (pointer: string) => [400, "invalid_request", `query: ${pointer}`];
  expect(await ask("?format=fga.yaml&cooperation=01ARZ3NDEKTSV4RRFFQ69G5FAV")).toEqual([404, "not_found", undefined]);
  expect(await ask("?format=fga.yaml&cooperation=a%23b:c")).toEqual([404, "not_found", undefined]);
  expect(await ask("?format=fga.yaml")).toEqual(wrong("cooperation"));
  expect(await ask(`?cooperation=${id}`)).toEqual(wrong("cooperation"));
  expect(await ask("?format=csv")).toEqual(wrong("format"));
  expect(await ask(`?format=fga.yaml&cooperations=${id}`)).toEqual(wrong("cooperations"));
  const anna = { Authorization: `Bearer ${KEYS.all}`, "Acting-User": "user:anna" };
  expect(await ask(`?format=fga.yaml&cooperation=${id}`, anna)).toEqual([403, "insufficient_scope", undefined]);
});

/** Several resources shared at once, and presets: previewed line by line, done once, each line with its result. */
import { expect } from "vitest";
import { test } from "../../support/console.ts";
import { cooperate } from "../../support/service.ts";
import { offeredIn, saidOn, signIn } from "../../support/signed-in.ts";

const pageOf = (id: string, behind: string) => `/console/cooperations/${id}/permissions/${behind}`;
const MANY = /\/permissions\/many/;

test("several are shared at once after a preview, and a bad line stops no other", async ({ console: own }) => {
  const { service } = own;
  const { id } = await cooperate(service, []);
  const anna = await signIn(own, "anna");
  const page = await anna.get(pageOf(id, "many"));
  expect(offeredIn(page, MANY, "resource")).toEqual(["plant:7", "plant:8", "plant:9"]);
  const preview = await anna.send(page, MANY, { resource: ["plant:7", "plant:w1", "plant:8"], role: "viewer" });
  expect(saidOn(preview)).toContain("Would be done: 2. So already: 0. Would be refused: 1.");
  expect(saidOn(preview)).toMatch(/2 ?w1 ?would be refused.*plant:w1 is not sunward's\./);
  expect(await service.may("ben", "view", "plant:7")).toBe(false);

  const resource = ["plant:7", "plant:w1", "plant:8"];
  const done = await anna.send(preview, MANY, { resource });
  expect(saidOn(done)).toMatch(/1 ?Hillside \(7\) ?done ?Viewer, no end.*2 ?w1 ?refused.*3 ?Lakeside \(8\) ?done/);
  for (const plant of ["plant:7", "plant:8"]) expect(await service.may("ben", "view", plant)).toBe(true);

  // sent again by who loads the page again, also where one was taken back meanwhile
  const [{ id: share }] = (await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares;
  await service.as("anna", "DELETE", `/v1/shares/${share}`);
  const again = await anna.send(preview, MANY, { resource });
  expect(saidOn(again)).toContain("as sent before");
  expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares).toHaveLength(1);
});

test("who chooses nothing is asked to, and nothing is sent", async ({ console: own }) => {
  const { id } = await cooperate(own.service, []);
  const anna = await signIn(own, "anna");
  const page = await anna.send(await anna.get(pageOf(id, "many")), MANY, { role: "viewer" });
  expect(page.status).toBe(400);
  expect(saidOn(page)).toContain("Choose at least one.");
});

test("a preset is applied after a preview, and what it lowers names who loses what", async ({ console: own }) => {
  const { service } = own;
  const preset = { resources: ["plant:7", "plant:8"], role: "viewer" };
  await service.as("anna", "PUT", "/v1/organizations/sunward/presets/summer", preset);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "technical_manager" });
  const anna = await signIn(own, "anna");
  const page = await anna.get(`/console/cooperations/${id}/permissions`);
  const preview = await anna.send(page, /\/presets$/, { preset: "summer" });
  expect(saidOn(preview)).toMatch(/1 ?Hillside \(7\) ?would be refused.*2 ?Lakeside \(8\) ?would be done/);
  expect(saidOn(preview)).not.toContain("Tom Reyes");

  const lowering = await anna.get(`${pageOf(id, "presets")}?preset=summer&overwrite=on`);
  expect(saidOn(lowering)).toMatch(/Technical manager, no end to Viewer, no end/);
  expect(saidOn(lowering)).toMatch(/Some of these lose access.*Tom Reyes \(tom\) ?Hillside \(7\) ?technical work/);
  expect(await service.may("ben", "view", "plant:8")).toBe(false);
  const forms = lowering.forms.filter(({ method }) => method === "post");
  const done = await anna.send({ ...lowering, forms }, /\/presets/);
  expect(saidOn(done)).toContain("Done: 2.");
  expect(await service.may("ben", "view", "plant:8")).toBe(true);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(false);
});

test("a preset is previewed anew, and applies nothing, where it would do something else than was shown", async ({
  console: own,
}) => {
  const { service } = own;
  const preset = { resources: ["plant:7"], role: "viewer" };
  await service.as("anna", "PUT", "/v1/organizations/sunward/presets/summer", preset);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const anna = await signIn(own, "anna");
  const preview = await anna.get(`${pageOf(id, "presets")}?preset=summer&overwrite=on`);
  const forms = preview.forms.filter(({ method }) => method === "post");
  await service.as("anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "asset_manager" });
  const changed = await anna.send({ ...preview, forms }, /\/presets/);
  expect(changed.status).toBe(412);
  expect(saidOn(changed)).toMatch(/Nothing was applied.*Asset manager, no end to Viewer, no end/);
  const { body } = await service.as("anna", "GET", `/v1/shares/${shares[0]}`);
  expect(body.role).toBe("asset_manager");
  const done = await anna.send(
    { ...changed, forms: changed.forms.filter(({ method }) => method === "post") },
    /\/presets/,
  );
  expect(saidOn(done)).toContain("Done: 1.");
});

test("a preset that is not there is not found", async ({ console: own }) => {
  const { id } = await cooperate(own.service, []);
  const anna = await signIn(own, "anna");
  expect((await anna.get(`${pageOf(id, "presets")}?preset=winter`)).status).toBe(404);
});

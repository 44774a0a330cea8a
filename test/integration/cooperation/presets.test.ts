/**
 * Presets: kept by admins of the organization and by services, applied to a cooperation as a batch. A preset gives
 * nobody anything by itself, and lowers, extends and removes nothing that is not asked for.
 */
import { describe, expect } from "vitest";
import { entriesFrom } from "../../../src/domain/history.ts";
import { fieldsOf } from "../../../src/domain/records.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { type Line, outcomeOfLine } from "../../support/batches.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const PRESETS = "/v1/organizations/sunward/presets";
const SUMMER = `${PRESETS}/summer`;
const NOW = new Date("2027-03-10T15:30:00Z");

const put = (service: Service, body: object, by = "anna", options = {}) => service.as(by, "PUT", SUMMER, body, options);

const apply = (service: Service, to: string, { body, key, dry, name = "summer" }: Applied = {}): Promise<Reply> =>
  service.as("anna", "POST", `/v1/cooperations/${to}/presets/${name}/apply${dry ? "?dry_run=true" : ""}`, body, {
    headers: key === undefined ? {} : { "Idempotency-Key": key },
  });
type Applied = { body?: object; key?: string; dry?: boolean; name?: string };

/** By resource, what came of it. */
const came = ({ status, body }: Reply): Record<string, string> => {
  expect(status, JSON.stringify(body)).toBe(200);
  return Object.fromEntries(body.lines.map((line: Line) => [line.resource, outcomeOfLine(line)]));
};

describe("a preset", () => {
  test("is added, read, listed, changed and removed, each in the organization's history and as an event", async ({
    service,
  }) => {
    await seedWorld(service);
    const made = await put(service, {
      resources: ["plant:7"],
      plants_of: ["north"],
      role: "technical_manager",
      days: 90,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "summer",
      resources: ["plant:7"],
      plants_of: ["north"],
      role: "technical_manager",
      days: 90,
      starts_after_days: null,
      etag: '"1"',
    });
    const { effective_by: _, ...shown } = made.body;
    expect((await service.as("anna", "GET", SUMMER)).body).toEqual({ ...shown, effective_by: undefined });
    expect((await service.as("anna", "GET", PRESETS)).body).toEqual({ items: [shown], next_cursor: null });
    // sent back as it was read, it changes nothing
    const { name: __, created_at: ___, etag: ____, ...says } = shown;
    const again = await put(service, says);
    expect([again.status, again.body.etag]).toEqual([200, '"1"']);
    const changed = await put(service, { ...says, role: "viewer" });
    expect([changed.status, changed.body.etag, changed.body.created_at]).toEqual([200, '"2"', shown.created_at]);
    expect((await service.as("anna", "DELETE", SUMMER)).status).toBe(200);
    expect((await service.as("anna", "DELETE", SUMMER)).status).toBe(200);
    expect((await service.as("anna", "GET", SUMMER)).status).toBe(404);
    expect((await service.as("anna", "GET", PRESETS)).body.items).toEqual([]);
    // its number does not come back
    expect((await put(service, says)).body.etag).toBe('"4"');

    const logs = await service.deps.tupleStore.read({ object: "organization:sunward", relation: "log" });
    const entries = entriesFrom(logs).filter(({ common }) => common.object === "preset:sunward/summer");
    expect(entries.map(({ common }) => [common.action, common.actor])).toEqual(
      ["add_preset", "change_preset", "remove_preset", "add_preset"].map((action) => [action, "user:anna"]),
    );
    expect(entries[1]?.common).toMatchObject({
      before: { name: "summer", role: "technical_manager", days: 90, resources: 1, plants_of: 1 },
      after: { role: "viewer" },
    });
    const { body } = await service.as("anna", "GET", "/v1/events?organization=sunward&limit=200");
    const types = body.items.map(({ type }: { type: string }) => type);
    for (const type of ["added", "changed", "removed"]) expect(types).toContain(`concordat.preset.${type}`);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("is kept by admins of the organization and by services, and seen by nobody else", async ({ service }) => {
    await seedWorld(service);
    const preset = { resources: ["plant:7"], role: "viewer" };
    expect((await service.admin("PUT", SUMMER, preset)).status).toBe(201);
    expect((await service.admin("GET", SUMMER)).status).toBe(200);
    const before = await everything(service);
    for (const [by, status] of [
      ["otto", 403],
      ["ben", 404],
      ["tom", 404],
      ["nobody", 404],
    ] as const)
      for (const [method, path, body] of [
        ["GET", PRESETS, undefined],
        ["GET", SUMMER, undefined],
        ["GET", `${PRESETS}/none`, undefined],
        ["PUT", SUMMER, { ...preset, role: "asset_manager" }],
        ["DELETE", SUMMER, undefined],
      ] as const)
        expect((await service.as(by, method, path, body)).status, `${by} ${method} ${path}`).toBe(status);
    expect(await everything(service)).toEqual(before);
    // of another organization there is none under that name
    expect((await service.as("ben", "GET", "/v1/organizations/brightfix/presets/summer")).status).toBe(404);
    expect((await service.as("ben", "GET", "/v1/organizations/brightfix/presets")).body.items).toEqual([]);
  });

  test("is changed only as it was read, where that is asked for", async ({ service }) => {
    await seedWorld(service);
    const preset = { resources: ["plant:7"], role: "viewer" };
    const only = (headers: Record<string, string>) => put(service, { ...preset, days: 3 }, "anna", { headers });
    expect((await only({ "If-Match": "*" })).status).toBe(412);
    expect((await put(service, preset)).status).toBe(201);
    expect((await only({ "If-None-Match": "*" })).status).toBe(412);
    expect((await only({ "If-Match": '"7"' })).status).toBe(412);
    expect((await only({ "If-Match": '"1"' })).body.etag).toBe('"2"');
    const stale = await service.as("anna", "DELETE", SUMMER, undefined, { headers: { "If-Match": '"1"' } });
    expect([stale.status, stale.body.code]).toEqual([412, "stale"]);
  });

  test("of hostile form is refused with its place, and nothing is kept", async ({ service }) => {
    await seedWorld(service);
    const before = await everything(service);
    const long = "x".repeat(150);
    for (const [body, pointer] of [
      [{ role: "viewer" }, "/resources"],
      [{ resources: [], plants_of: [], role: "viewer" }, "/resources"],
      [{ resources: ["organization:sunward"], role: "viewer" }, "/resources/0"],
      [{ resources: ["plant:a#b"], role: "viewer" }, "/resources/0"],
      [{ resources: ["plant:7", "plant:7"], role: "viewer" }, "/resources"],
      [{ resources: Array.from({ length: 201 }, (_, n) => `plant:${n}`), role: "viewer" }, "/resources"],
      [{ resources: Array.from({ length: 200 }, (_, n) => `plant:${long}${n}`), role: "viewer" }, "/resources"],
      [{ plants_of: ["a:b"], role: "viewer" }, "/plants_of/0"],
      [{ resources: ["plant:7"], role: "owner" }, "/role"],
      [{ resources: ["plant:7"], role: "viewer", days: 0 }, "/days"],
      [{ resources: ["plant:7"], role: "viewer", days: 1.5 }, "/days"],
      [{ resources: ["plant:7"], role: "viewer", days: 1e9 }, "/days"],
      [{ resources: ["plant:7"], role: "viewer", expires_at: "2099-01-01T00:00:00Z" }, "/expires_at"],
    ] as const) {
      const { status, body: problem } = await put(service, body);
      expect([status, problem.errors?.[0].pointer], JSON.stringify(body).slice(0, 80)).toEqual([400, pointer]);
    }
    for (const name of ["Summer", "a/b", "ä", "x".repeat(41), "%00"])
      expect(
        (
          await service.as("anna", "PUT", `${PRESETS}/${encodeURIComponent(name)}`, {
            resources: ["plant:7"],
            role: "viewer",
          })
        ).status,
      ).toBe(400);
    expect((await put(service, { resources: ["plant:7"], role: "operator" })).body.code).toBe("operator_never_crosses");
    expect(await everything(service)).toEqual(before);
    // the longest that there may be is kept
    const longest = Array.from({ length: 140 }, (_, n) => `plant:${long}${n}`);
    expect((await put(service, { resources: longest, role: "viewer" })).status).toBe(201);
    expect((await service.as("anna", "GET", SUMMER)).body.resources).toEqual(longest);
  });

  test("whose lists were damaged past the service is said to be, by replies and by doctor", async ({ service }) => {
    await seedWorld(service);
    await put(service, { resources: ["plant:7"], role: "viewer" });
    const { tupleStore } = service.deps;
    const [head] = await tupleStore.read({ object: "preset:sunward/summer", relation: "head" });
    if (head === undefined) throw new Error("the preset has no head");
    const fields = { ...fieldsOf(head), resources: "[plant:7" };
    await tupleStore.write({ deletes: [head], writes: [] });
    await tupleStore.write({ deletes: [], writes: [{ ...head, condition: { name: "record", context: { fields } } }] });
    for (const path of [PRESETS, SUMMER]) {
      const { status, body } = await service.as("anna", "GET", path);
      expect([status, body.code]).toEqual([500, "store_damaged"]);
    }
    expect(JSON.stringify(await doctor(tupleStore))).toContain("preset:sunward/summer");
  });

  test("is one of 50, page by page", async ({ service }) => {
    await seedWorld(service);
    const preset = { resources: ["plant:7"], role: "viewer" };
    const numbers = Array.from({ length: 50 }, (_, n) => `p${String(n).padStart(2, "0")}`);
    for (const name of numbers)
      expect((await service.as("anna", "PUT", `${PRESETS}/${name}`, preset)).status).toBe(201);
    const more = await put(service, preset);
    expect([more.status, more.body.code, more.body.limit]).toEqual([409, "too_many_presets", 50]);
    // a change is none more
    expect((await service.as("anna", "PUT", `${PRESETS}/p07`, { ...preset, days: 3 })).status).toBe(200);
    const names: string[] = [];
    let cursor = "";
    do {
      const { body } = await service.as("anna", "GET", `${PRESETS}?limit=20${cursor && `&cursor=${cursor}`}`);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.next_cursor ?? "";
    } while (cursor !== "");
    expect(names).toEqual(numbers);
  });

  test("keeps its organization from being deleted, and none is found by who has the id later", async ({ service }) => {
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
    const of = "/v1/organizations/lumen/presets/summer";
    await service.admin("PUT", of, { resources: ["plant:7"], role: "viewer" });
    const kept = await service.admin("DELETE", "/v1/organizations/lumen");
    expect([kept.status, kept.body.holds]).toEqual([409, "1 presets"]);
    await service.admin("DELETE", of);
    expect((await service.admin("DELETE", "/v1/organizations/lumen")).status).toBe(200);
    expect((await service.admin("PUT", of, { resources: ["plant:7"], role: "viewer" })).status).toBe(404);
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Another" });
    expect((await service.admin("GET", "/v1/organizations/lumen/presets")).body.items).toEqual([]);
    expect((await service.admin("GET", of)).status).toBe(404);
    expect((await service.admin("PUT", of, { resources: ["plant:7"], role: "viewer" })).status).toBe(201);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });
});

describe("a preset that is applied", () => {
  test("shares what it names until the midnight behind its days, and its preview says so before and changes nothing", async ({
    service,
  }) => {
    await seedWorld(service);
    service.setNow(NOW);
    await service.admin("PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" });
    const { id } = await cooperate(service, []);
    await put(service, { resources: ["plant:7"], plants_of: ["north"], role: "technical_manager", days: 30 });
    const before = await everything(service);
    const preview = await apply(service, id, { dry: true });
    expect(came(preview)).toEqual({ "plant:7": "done", "plant:8": "done", "plant:9": "done" });
    const is = { role: "technical_manager", starts_at: null, expires_at: "2027-04-10T00:00:00Z", step_down_at: null };
    expect(preview.body.lines[0]).toMatchObject({ action: "share", share: null, is, was: null });
    expect(await everything(service)).toEqual(before);
    const done = await apply(service, id);
    expect(came(done)).toEqual(came(preview));
    for (const { share } of done.body.lines)
      expect((await service.as("ben", "GET", `/v1/shares/${share}`)).body).toMatchObject(is);
    expect(await service.may("ben", "manage_technical", "plant:9")).toBe(true);
    // later that day it finds all as it says
    service.setNow(new Date("2027-03-10T23:59:59Z"));
    expect(new Set(Object.values(came(await apply(service, id))))).toEqual(new Set(["same"]));
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("starts at a midnight to come", async ({ service }) => {
    await seedWorld(service);
    service.setNow(NOW);
    const { id } = await cooperate(service, []);
    await put(service, { resources: ["plant:7"], role: "viewer", days: 2, starts_after_days: 1 });
    const done = await apply(service, id);
    const is = { starts_at: "2027-03-11T00:00:00Z", expires_at: "2027-03-13T00:00:00Z" };
    expect(done.body.lines[0]).toMatchObject({ outcome: "done", is });
    expect(await service.may("ben", "view", "plant:7")).toBe(false);
    expect(came(await apply(service, id))).toEqual({ "plant:7": "same" });
  });

  test("leaves what is shared at another role or with other dates, and says how; with overwrite it is as the preset says", async ({
    service,
  }) => {
    await seedWorld(service);
    service.setNow(NOW);
    await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
    const { id, shares } = await cooperate(service, [
      { resource: "plant:7", role: "asset_manager" },
      { resource: "plant:8", role: "viewer", expires_at: "2028-01-01T00:00:00Z" },
      { resource: "portfolio:north", role: "technical_manager" },
    ]);
    await put(service, { resources: ["plant:7", "plant:8", "plant:9"], role: "viewer" });
    const expected = { "plant:7": "share_differs", "plant:8": "share_differs", "plant:9": "done" };
    const preview = await apply(service, id, { dry: true });
    expect(came(preview)).toEqual(expected);
    expect(preview.body.lines[1].problem).toMatchObject({
      status: 409,
      share: shares[1],
      role: "viewer",
      expires_at: "2028-01-01T00:00:00Z",
    });
    expect(came(await apply(service, id))).toEqual(expected);
    expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(true);

    const over = await apply(service, id, { body: { overwrite: true, reason: "a new contract" } });
    expect(came(over)).toEqual({ "plant:7": "done", "plant:8": "done", "plant:9": "same" });
    expect(over.body.lines[0]).toMatchObject({
      action: "change_share",
      share: shares[0],
      was: { role: "asset_manager" },
      is: { role: "viewer", expires_at: null },
    });
    expect(over.body.lines[1]).toMatchObject({ was: { expires_at: "2028-01-01T00:00:00Z" }, is: { expires_at: null } });
    expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(false);
    // what it does not name stays as it was
    expect((await service.as("anna", "GET", `/v1/shares/${shares[2]}`)).body.role).toBe("technical_manager");
  });

  test("leaves what it would not change, also where it could not be changed so", async ({ service }) => {
    await seedWorld(service);
    service.setNow(NOW);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
    await put(service, { resources: ["plant:7", "plant:8"], role: "viewer", days: 1 });
    const first = { "plant:7": "share_differs", "plant:8": "done" };
    expect(came(await apply(service, id, { key: "k" }))).toEqual(first);
    // its end, counted from when it was sent first, has passed
    service.setNow(new Date("2027-03-20T12:00:00Z"));
    expect(came(await apply(service, id, { key: "k" }))).toEqual({ ...first, "plant:8": "done before" });
  });

  test("that has a start leaves what has started, and moves what has not where that is asked for", async ({
    service,
  }) => {
    await seedWorld(service);
    service.setNow(NOW);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, {
      resource: "plant:8",
      role: "viewer",
      starts_at: "2027-05-01T00:00:00Z",
    });
    await put(service, { resources: ["plant:7", "plant:8"], role: "viewer", starts_after_days: 7 });
    expect(came(await apply(service, id))).toEqual({ "plant:7": "same", "plant:8": "share_differs" });
    const over = await apply(service, id, { body: { overwrite: true } });
    expect(came(over)).toEqual({ "plant:7": "same", "plant:8": "done" });
    expect(over.body.lines[1].is.starts_at).toBe("2027-03-17T00:00:00Z");
  });

  test("refuses line by line what is deleted, was never there, or belongs to others, and names nothing of theirs", async ({
    service,
  }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/portfolios/theirs", { owner: "brightfix" });
    await service.admin("PUT", "/v1/plants/secret", { owner: "brightfix", portfolio: "theirs" });
    await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
    const { id } = await cooperate(service, []);
    const resources = ["plant:7", "plant:9", "plant:secret", "plant:none"];
    await put(service, { resources, plants_of: ["theirs", "nowhere"], role: "viewer" });
    await service.admin("DELETE", "/v1/plants/9");
    const done = await apply(service, id);
    expect(came(done)).toEqual({
      "plant:7": "done",
      "plant:9": "not_owner",
      "plant:secret": "not_owner",
      "plant:none": "not_owner",
      "portfolio:theirs": "not_owner",
      "portfolio:nowhere": "not_owner",
    });
    const [, , secret, none] = done.body.lines;
    expect({ ...secret.problem, detail: "", resource: "" }).toEqual({ ...none.problem, detail: "", resource: "" });
  });

  test("is sent again with its key: each line once, with the dates of the first time, and refused once it means other lines", async ({
    service,
  }) => {
    await seedWorld(service);
    service.setNow(NOW);
    const { id } = await cooperate(service, []);
    await put(service, { resources: ["plant:7", "plant:none"], plants_of: ["north"], role: "viewer", days: 1 });
    const first = await apply(service, id, { key: "k" });
    expect(came(first)).toEqual({ "plant:7": "done", "plant:none": "not_owner", "plant:8": "done" });
    await service.admin("PUT", "/v1/plants/none", { owner: "sunward" });
    service.setNow(new Date("2027-03-11T00:30:00Z"));
    const again = await apply(service, id, { key: "k" });
    expect(came(again)).toEqual({ "plant:7": "done before", "plant:none": "done", "plant:8": "done before" });
    expect(again.body.lines.map((line: Line) => line.is.expires_at)).toEqual(Array(3).fill("2027-03-12T00:00:00Z"));
    await service.admin("PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" });
    const other = await apply(service, id, { key: "k" });
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(other.body.detail).toContain("preset");
    expect(came(await apply(service, id, { key: "k2" }))).toMatchObject({
      "plant:9": "done",
      "plant:7": "share_differs",
    });
  });

  test("is applied by admins of the initiator alone, and only theirs: others learn not even that it is there", async ({
    service,
  }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    await put(service, { resources: ["plant:8"], role: "viewer" });
    await service.as("ben", "PUT", "/v1/organizations/brightfix/presets/own", {
      resources: ["plant:7"],
      role: "viewer",
    });
    const before = await everything(service);
    const by = async (user: string, name: string) => {
      const { body } = await service.as(user, "POST", `/v1/cooperations/${id}/presets/${name}/apply`);
      return body.code;
    };
    for (const name of ["summer", "own", "none"])
      expect([await by("ben", name), await by("otto", name), await by("nobody", name)], name).toEqual([
        ...["wrong_side", "not_admin", "not_found"],
      ]);
    expect(await by("anna", "own")).toBe("not_found");
    expect(await everything(service)).toEqual(before);
  });

  test("with more resources than a batch has lines is refused as a whole", async ({ service }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, []);
    const resources = Array.from({ length: 200 }, (_, n) => `plant:n${n}`);
    await put(service, { resources, plants_of: ["north"], role: "viewer" });
    const refused = await apply(service, id);
    expect([refused.status, refused.body.code, refused.body.limit]).toEqual([422, "preset_too_large", 200]);
    await put(service, { resources: [...resources.slice(1), "plant:8"], plants_of: ["north"], role: "viewer" });
    const done = await apply(service, id);
    expect([done.body.done, done.body.refused]).toEqual([1, 199]);
  });
});

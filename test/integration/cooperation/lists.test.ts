/** Lists: every item once, in a stable order, also when items are added and removed while they are read. */
import { expect } from "vitest";
import { seedRoutes, V1 } from "../../support/routes.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

type Item = Record<string, unknown>;
type Page = { items: Item[]; next_cursor: string | null };

const page = async (service: Service, path: string, query: string): Promise<Page> => {
  const { status, body } = await service.admin("GET", `${path}?${query}`);
  expect(status, `${path}?${query}`).toBe(200);
  return body;
};

/** All items by pages of `limit`. `between` runs after the first page. */
async function walk(service: Service, path: string, limit: number, query = "", between = async () => {}) {
  const found: Item[] = [];
  let cursor = "";
  for (let n = 0; ; n++) {
    const { items, next_cursor } = await page(service, path, `limit=${limit}${query}${cursor}`);
    expect(items.length).toBeLessThanOrEqual(limit);
    found.push(...items);
    if (n === 0) await between();
    if (next_cursor === null) return found;
    expect(items).toHaveLength(limit);
    cursor = `&cursor=${next_cursor}`;
  }
}

test("every list gives each item once by pages of one, in the order of the whole list, and ends with null", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  await service.as("anna", "POST", `/v1/cooperations/${world.active}/shares`, { resource: "plant:8", role: "viewer" });
  await service.as("ben", "PUT", `/v1/shares/${world.share}/delegations/eva`, { role: "viewer" });
  for (const resource of ["plants/7", "portfolios/north"])
    for (const user of ["otto", "anna"])
      await service.as("anna", "PUT", `/v1/${resource}/roles/${user}`, { role: "viewer" });
  const lists = V1.filter(([name]) =>
    /^GET .*\/(people|resources|cooperations|waiting|incoming-shares|history|roles|shares|delegations)$/.test(name),
  );
  expect(lists).toHaveLength(12);
  for (const [name, route] of lists) {
    const path = name.endsWith("incoming-shares") ? "/v1/organizations/brightfix/incoming-shares" : route.path(world);
    const whole = await page(service, path, "");
    expect(whole.next_cursor, name).toBeNull();
    expect(whole.items.length, name).toBeGreaterThan(1);
    expect(await walk(service, path, 1), name).toEqual(whole.items);
    expect(await walk(service, path, whole.items.length), name).toEqual(whole.items);
  }
});

test("a page holds 50 items unless more are asked for, and 200 at most", async ({ service }) => {
  await seedWorld(service);
  for (let n = 0; n < 49; n++) await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward" });
  const path = "/v1/organizations/sunward/resources";
  expect((await page(service, path, "")).items).toHaveLength(50);
  expect((await page(service, path, "limit=200")).items).toHaveLength(52);
});

test("an item that is removed while a list is read neither repeats nor hides its neighbours", async ({ service }) => {
  await seedWorld(service);
  for (const id of ["a", "b", "c", "d"]) await service.admin("PUT", `/v1/plants/${id}`, { owner: "sunward" });
  const path = "/v1/organizations/sunward/resources";
  const ids = (items: Item[]) => items.map(({ resource }) => resource);
  const gone = async (id: string) => void (await service.admin("DELETE", `/v1/plants/${id}`));
  // 7, 8, a, b, c, d: the page ends behind b, and b itself is removed, and so is the item after it
  const found = await walk(service, path, 4, "&type=plant", async () => {
    await gone("b");
    await gone("c");
    await service.admin("PUT", "/v1/plants/0", { owner: "sunward" });
    await service.admin("PUT", "/v1/plants/bb", { owner: "sunward" });
  });
  // what is registered meanwhile is at the end
  expect(ids(found)).toEqual(["plant:7", "plant:8", "plant:a", "plant:b", "plant:d", "plant:0", "plant:bb"]);
});

test("a cooperation that ends or begins while the list is read neither repeats nor hides another", async ({
  service,
}) => {
  await seedWorld(service);
  const path = "/v1/organizations/sunward/cooperations";
  const made: string[] = [];
  const invite = async () => {
    const { body } = await service.as("anna", "POST", path, { email: `p${made.length}@else.example` });
    made.push(body.id);
  };
  for (let n = 0; n < 5; n++) await invite();
  const newest = [...made].sort().reverse();
  const found = await walk(service, path, 2, "", async () => {
    for (const n of [1, 2]) await service.as("anna", "DELETE", `/v1/cooperations/${newest[n]}`);
    await invite();
  });
  expect(found.map(({ id }) => id)).toEqual([newest[0], newest[1], newest[3], newest[4]]);
});

test("entries that are written while a history is read neither repeat nor hide one", async ({ service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const history = `/v1/cooperations/${id}/history`;
  const before = (await page(service, history, "")).items;
  const found = await walk(service, history, 1, "", async () => {
    await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
  });
  expect(found).toEqual(before);
});

test("cooperations are found by their partner's name or the invited address, without case and accents", async ({
  service,
}) => {
  await seedWorld(service);
  const path = "/v1/organizations/sunward/cooperations";
  await service.admin("PUT", "/v1/organizations/eclair", { name: "Énergie Éclair Straße" });
  await service.admin("PUT", "/v1/organizations/eclair/people/ella", { role: "admin" });
  const { id } = await cooperate(service, []);
  const eclair = (await service.as("anna", "POST", path, { organization: "eclair" })).body.id;
  const ida = (await service.as("anna", "POST", path, { email: "ida@else.example" })).body.id;
  const search = async (text: string) =>
    (await page(service, path, `search=${encodeURIComponent(text)}`)).items.map((item) => item.id);
  for (const text of ["brightfix", "BRIGHT", "fix serv"]) expect(await search(text), text).toEqual([id]);
  for (const text of ["éclair", "eclair", "E\u0301CLAIR", "ENERGIE", "strasse", "STRASSE"])
    expect(await search(text), text).toEqual([eclair]);
  for (const text of ["IDA@", "else.example"]) expect(await search(text), text).toEqual([ida]);
  for (const text of ["sunward", "nobody", "%", "*", "brightfix x", "else ida"])
    expect(await search(text), text).toEqual([]);
  expect(await search("")).toHaveLength(3);
  const theirs = async (text: string) =>
    (await page(service, "/v1/organizations/brightfix/cooperations", `search=${text}`)).items.map((item) => item.id);
  expect([await theirs("SUNWARD"), await theirs("brightfix")]).toEqual([[id], []]);
});

test("the partner does not find a cooperation by the address that was invited", async ({ service }) => {
  await seedWorld(service);
  await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "tom@brightfix.example",
    confirm_organization: "brightfix",
  });
  const found = async (organization: string, user: string) =>
    (await service.as(user, "GET", `/v1/organizations/${organization}/cooperations?search=tom@brightfix`)).body.items;
  expect(await found("sunward", "anna")).toHaveLength(1);
  expect(await found("brightfix", "ben")).toEqual([]);
});

test("a list is filtered by direction and status, and ended ones are listed only when asked for", async ({
  service,
}) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  await seedWorld(service);
  const path = "/v1/organizations/sunward/cooperations";
  const { id: active } = await cooperate(service, []);
  const { id: paused } = await cooperate(service, []);
  await service.as("anna", "POST", `/v1/cooperations/${paused}/pause`);
  const { id: ended } = await cooperate(service, []);
  await service.as("anna", "DELETE", `/v1/cooperations/${ended}`);
  const pending = (await service.as("anna", "POST", path, { organization: "brightfix" })).body.id;
  const expires_at = "2026-06-02T00:00:00Z";
  const invited = (await service.as("anna", "POST", path, { email: "ida@else.example", expires_at })).body.id;
  const incoming = (
    await service.as("ben", "POST", "/v1/organizations/brightfix/cooperations", { organization: "sunward" })
  ).body.id;
  service.setNow(new Date("2026-06-02T00:00:00Z"));
  const ids = async (query: string) => (await page(service, path, query)).items.map(({ id }) => id).sort();
  expect(await ids("")).toEqual([active, paused, pending, invited, incoming].sort());
  expect(await ids("direction=outgoing")).toEqual([active, paused, pending, invited].sort());
  expect(await ids("direction=incoming")).toEqual([incoming]);
  expect(await ids("status=active")).toEqual([active]);
  expect(await ids("status=paused")).toEqual([paused]);
  expect(await ids("status=pending")).toEqual([pending, incoming].sort());
  expect(await ids("status=pending&direction=outgoing")).toEqual([pending]);
  expect(await ids("status=invited")).toEqual([invited]);
  expect(await ids("status=expired")).toEqual([invited]);
  expect(await ids("status=ended")).toEqual([ended]);
  const directions = (await page(service, path, "")).items.map(({ id, direction }) => [id, direction]);
  expect(new Map(directions as [string, string][]).get(incoming)).toBe("incoming");
  for (const query of ["status=gone", "direction=both", "direction="])
    expect((await service.admin("GET", `${path}?${query}`)).body.code).toBe("invalid_request");
});

test("an item of the list holds the partner, the dates, the number of shares and the allowed actions", async ({
  service,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, [
    { resource: "plant:7", role: "viewer" },
    { resource: "plant:8", role: "viewer" },
  ]);
  const mine = (await service.as("anna", "GET", "/v1/organizations/sunward/cooperations")).body.items;
  expect(mine).toMatchObject([
    {
      id,
      status: "active",
      expired: false,
      label: null,
      shares_count: 2,
      direction: "outgoing",
      partner: { id: "brightfix", name: "Brightfix Service" },
      actions: ["change_expiry", "review", "pause", "remove", "share", "change_share", "unshare", "decline_ask"],
    },
  ]);
  const theirs = (await service.as("ben", "GET", "/v1/organizations/brightfix/cooperations")).body.items;
  expect(theirs).toMatchObject([
    { id, direction: "incoming", actions: ["leave", "delegate", "revoke", "ask", "withdraw_ask"] },
  ]);
});

test("resources are found by name and id, without case and accents, and by type", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/hügel-9", { owner: "sunward", name: "Überlingen" });
  const path = "/v1/organizations/sunward/resources";
  const find = async (query: string) => (await page(service, path, query)).items.map(({ resource }) => resource);
  expect(await find("search=UBER")).toEqual(["plant:hügel-9"]);
  expect(await find("search=hugel")).toEqual(["plant:hügel-9"]);
  expect(await find("search=side")).toEqual(["plant:7", "plant:8"]);
  // each text by itself: what ends one name and begins an id is in neither
  expect(await find("search=side%207")).toEqual([]);
  for (const blanks of ["+side", "side+", "%E2%80%8Bside%C2%A0"])
    expect(await find(`search=${blanks}`), blanks).toHaveLength(2);
  expect(await find("type=portfolio")).toEqual(["portfolio:north"]);
  expect(await find("type=plant&search=north")).toEqual([]);
});

test("people are found by name and id, and by nothing that only admins may read", async ({ service }) => {
  await seedWorld(service);
  const named = { role: "member", name: "Łukasz Κόσμος", email: "secret@sunward.example" };
  await service.admin("PUT", "/v1/organizations/sunward/people/lk", named);
  const path = "/v1/organizations/sunward/people";
  const find = async (text: string) =>
    (await page(service, path, `search=${encodeURIComponent(text)}`)).items.map(({ user }) => user);
  for (const text of ["lukasz", " ŁUKASZ ", "κοσ", "κος", "ΚΌΣΜΟΣ", "LK"])
    expect(await find(text), text).toEqual(["lk"]);
  expect(await find("")).toEqual(["anna", "lk", "otto"]);
  for (const text of ["secret", "sunward", "κόσμος lk"]) expect(await find(text), text).toEqual([]);
});

test("incoming shares are those of accepted cooperations only, with owner, dates and own delegates", async ({
  service,
}) => {
  const world = await seedRoutes(service);
  await service.as("anna", "PATCH", `/v1/cooperations/${world.active}`, { expires_at: "2099-01-01T00:00:00Z" });
  const { items } = (await service.as("ben", "GET", "/v1/organizations/brightfix/incoming-shares")).body;
  expect(items).toMatchObject([
    {
      id: world.share,
      resource: "plant:7",
      name: "Hillside",
      role: "asset_manager",
      status: "active",
      owner: { id: "sunward", name: "Sunward Energy" },
      effective_until: "2099-01-01T00:00:00Z",
      delegations: [{ user: "tom", role: "viewer", effective_until: "2099-01-01T00:00:00Z" }],
    },
  ]);
  expect((await service.as("lea", "GET", "/v1/organizations/lumen/incoming-shares")).body.items).toEqual([]);
  await service.as("ben", "POST", `/v1/cooperations/${world.active}/leave`);
  expect((await service.as("ben", "GET", "/v1/organizations/brightfix/incoming-shares")).body.items).toEqual([]);
});

test("lists of a missing organization are not found, for services too", async ({ service }) => {
  for (const list of ["people", "resources", "cooperations", "incoming-shares", "history"]) {
    const reply = await service.admin("GET", `/v1/organizations/nowhere/${list}`);
    expect([reply.status, reply.body.code], list).toEqual([404, "not_found"]);
  }
});

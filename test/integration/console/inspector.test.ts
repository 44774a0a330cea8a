/**
 * The inspector on the real engine: each of its pages is there for an engineer and for nobody else, shows what the API
 * says, and has its table and its request beside each picture.
 */
import { Worker } from "node:worker_threads";
import { describe, expect } from "vitest";
import { createLayouts } from "../../../src/console/inspector/layouts.ts";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { withConsole } from "../../support/inspected.ts";
import { cooperate, seedWorld, test } from "../../support/service.ts";

const IN_A_YEAR = "2035-03-01T12:00:00Z";

const INSPECTOR = "/console/inspector";

describe("an engineer", () => {
  test("has every page, and a person without the scope has none", async ({ service: base }) => {
    await seedWorld(base);
    const { id } = await cooperate(base, [{ resource: "plant:7", role: "viewer" }]);
    const { get } = withConsole(base);
    const pages = [
      INSPECTOR,
      `${INSPECTOR}/model`,
      `${INSPECTOR}/model?type=plant`,
      `${INSPECTOR}/objects`,
      `${INSPECTOR}/objects/plant%3A7`,
      `${INSPECTOR}/why`,
      `${INSPECTOR}/why?user=ben&permission=can_view&object=plant%3A7`,
      `${INSPECTOR}/reach`,
      `${INSPECTOR}/reach/plant%3A7`,
      `${INSPECTOR}/people`,
      `${INSPECTOR}/people/ben`,
      `${INSPECTOR}/cooperations`,
      `${INSPECTOR}/cooperations/${id}`,
      `${INSPECTOR}/tuples`,
      `${INSPECTOR}/findings`,
      `${INSPECTOR}/system`,
    ];
    for (const path of pages) {
      const shown = await get(path);
      expect(shown.status, `${path} ${shown.texts("main").join(" ").slice(0, 300)}`).toBe(200);
      expect(shown.texts("h1"), path).toHaveLength(1);
      expect(shown.markup.length, path).toBeLessThan(100_000);
      expect(shown.values("style"), path).toEqual([]);
      expect(shown.values("data-not-drawn"), path).toEqual([]);
      // a picture has its table
      if (shown.texts("svg").length > 1) expect(shown.texts("table").length, path).toBeGreaterThan(0);
      const refused = await get(path, "anna");
      expect(refused.status, path).toBe(404);
      expect(refused.markup).not.toContain("<svg");
    }
    const unknown = await get(`${INSPECTOR}/no-such-page`);
    expect(unknown.status).toBe(404);
  });

  test("sees the model as a picture, as rows and as text", async ({ service: base }) => {
    const { get } = withConsole(base);
    const all = await get(`${INSPECTOR}/model`);
    expect(all.texts("title")).toContain("Types, and the relations that are written between them");
    expect(all.texts("code").join("\n")).toContain("define can_share: acting_admin from owner");
    const plant = await get(`${INSPECTOR}/model?type=plant`);
    expect(plant.texts("tr")).toContainEqual("plant#can_share acting_admin from owner yes");
    expect(plant.texts("text")).toContain("can_view");
    expect(plant.markup).toContain("fga model get");
  });

  test("sees an object with its neighbours, dates and every tuple", async ({ service: base }) => {
    await seedWorld(base);
    const { shares } = await cooperate(base, [{ resource: "plant:7", role: "viewer", expires_at: IN_A_YEAR }]);
    const { get } = withConsole(base);
    const plant = await get(`${INSPECTOR}/objects/plant%3A7`);
    expect(plant.texts("text")).toEqual(
      expect.arrayContaining(["plant:7", "organization:sunward", "shared_viewer until 2035-03-01"]),
    );
    expect(plant.texts("tr").join("\n")).toContain(`shared_viewer share:${shares[0]}#viewer`);
    expect(plant.texts("tr").join("\n")).toContain("in force");
    expect(plant.values("href")).toContain(`${INSPECTOR}/objects/share%3A${shares[0]}`);
    expect(plant.texts("code")).toContain("fga tuple read --object plant:7");
    expect((await get(`${INSPECTOR}/objects/organization%3Asunward`)).values("data-holds")).toEqual([]);
    expect((await get(`${INSPECTOR}/objects/organization%3Asunward?verify=1`)).values("data-holds")).toEqual(["true"]);
    expect((await get(`${INSPECTOR}/objects?object=plant:8`)).location).toBe(`${INSPECTOR}/objects/plant%3A8`);
    expect((await get(`${INSPECTOR}/objects/plant%3A99`)).status).toBe(404);
    expect((await get(`${INSPECTOR}/objects/nonsense`)).status).toBe(400);
  });
});

describe("why", () => {
  test("a yes has its path, and a no what would make it a yes", async ({ service: base }) => {
    await seedWorld(base);
    const { id } = await cooperate(base, [{ resource: "plant:7", role: "viewer", expires_at: IN_A_YEAR }]);
    const { get } = withConsole(base);
    const asked = (user: string, permission = "can_view", more = "") =>
      get(`${INSPECTOR}/why?user=${user}&permission=${permission}&object=plant%3A7${more}`);
    const yes = await asked("ben");
    expect(yes.values("data-decision")).toEqual(["true"]);
    expect(yes.texts("text")).toEqual(expect.arrayContaining(["plant:7", "user:ben"]));
    expect(yes.texts("time").join(" ")).toContain("2035");
    expect(yes.texts("code").join("\n")).toContain("fga query check user:ben can_view plant:7");

    const no = await asked("tom");
    expect(no.values("data-decision")).toEqual(["false"]);
    expect(no.texts("text")).toContain("not_delegated");
    expect(no.texts("td")).toContain("An admin of the partner delegates it to them.");

    expect((await asked("ben", "can_view", "&at=2036-01-01T00%3A00")).values("data-decision")).toEqual(["false"]);
    expect((await base.as("anna", "POST", `/v1/cooperations/${id}/pause`)).status).toBe(200);
    const paused = await asked("ben");
    expect(paused.values("data-decision")).toEqual(["false"]);
    expect(paused.texts("text")).toContain("cooperation_paused");
    expect((await asked("nobody", "can_fly")).values("data-decision")).toEqual(["false"]);
  });
});

describe("who and what", () => {
  test("everybody who reaches a plant is there with why and until when, and nobody else", async ({ service: base }) => {
    await seedWorld(base);
    const { shares } = await cooperate(base, [{ resource: "plant:7", role: "viewer" }]);
    await base.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer", expires_at: IN_A_YEAR });
    const { get } = withConsole(base);
    const reached = await get(`${INSPECTOR}/reach/plant%3A7`);
    const people = reached.values("href").filter((href) => href.startsWith(`${INSPECTOR}/people/`));
    expect(people.map((href) => href.split("/").at(-1)).sort()).toEqual(["anna", "ben", "tom"]);
    expect(reached.texts("tr").find((row) => row.startsWith("tom"))).toContain("2035");
    expect(reached.texts("text")).toEqual(expect.arrayContaining(["user:tom", `share:${shares[0]}`, "plant:7"]));
    const sharing = await get(`${INSPECTOR}/reach/plant%3A7?permission=can_share`);
    expect(sharing.texts("tr").filter((row) => row.startsWith("ben"))).toEqual([]);
  });

  test("a person's page has each permission that they have, and none that they have not", async ({ service: base }) => {
    await seedWorld(base);
    await cooperate(base, [{ resource: "plant:7", role: "technical_manager", expires_at: IN_A_YEAR }]);
    const { get } = withConsole(base);
    const rows = (await get(`${INSPECTOR}/people/ben`)).texts("tr").slice(1);
    expect(rows.map((row) => row.split(" ").slice(0, 2).join(" "))).toEqual([
      "plant:7 can_view",
      "plant:7 can_manage_technical",
    ]);
    for (const row of rows) expect(row).toContain("2035");
    expect((await get(`${INSPECTOR}/people/eva`)).texts("main").join(" ")).toContain(
      "Nothing on objects of this type.",
    );
    const organizations = await get(`${INSPECTOR}/people/ben?type=organization`);
    expect(organizations.texts("tr").join("\n")).toContain("organization:brightfix can_invite");
  });

  test("looking is no access: the log has nothing of it", async ({ service: base }) => {
    await seedWorld(base);
    const recorded: unknown[] = [];
    const recorder = { admit: () => {}, record: (one: unknown) => void recorded.push(one) };
    const { get } = withConsole({ ...base, deps: { ...base.deps, recorder } });
    for (const path of ["people/anna", "reach/plant%3A7", "why?user=anna&permission=can_view&object=plant%3A7"])
      expect((await get(`${INSPECTOR}/${path}`)).status).toBe(200);
    expect(recorded).toEqual([]);
  });
});

describe("a cooperation over time", () => {
  test("has a row for each share and delegation, with a title on each bar, and its history verified", async ({
    service: base,
  }) => {
    await seedWorld(base);
    const { id, shares } = await cooperate(base, [{ resource: "plant:7", role: "viewer", expires_at: IN_A_YEAR }]);
    await base.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
    await base.as("anna", "POST", `/v1/cooperations/${id}/pause`);
    const { get } = withConsole(base);
    const shown = await get(`${INSPECTOR}/cooperations/${id}`);
    expect(shown.texts("text")).toEqual(expect.arrayContaining(["Cooperation", "Share of plant:7", "› tom"]));
    const titles = shown.texts("title").join("\n");
    expect(titles).toContain("Cooperation: Paused");
    expect(titles).toContain("until 2035-03-01 12:00");
    expect(titles).toContain("pause by user:anna");
    expect(shown.values("data-holds")).toEqual(["true"]);
    const bars = shown.values("class").filter((name) => name.startsWith("bar "));
    expect(shown.texts("caption")).toContain("From when until when");
    expect(bars.length).toBeGreaterThan(3);
    // a history without its newest entry
    await base.deps.tupleStore.erase(
      (await base.deps.tupleStore.read({ object: `cooperation:${id}`, relation: "log" })).slice(-1),
    );
    expect((await get(`${INSPECTOR}/cooperations/${id}`)).values("data-holds")).toEqual(["false"]);
    expect((await get(`${INSPECTOR}/cooperations/01KBD3X4M8Z000000000000000`)).status).toBe(404);
  });
});

describe("large and damaged stores", () => {
  test("a graph over the limit is refused with its table, and tuples are paged past any number", async ({
    service: base,
  }) => {
    await seedWorld(base);
    const people = Array.from({ length: 160 }, (_, n) => `person${n}`);
    const lines = people.map((user) => ({ kind: "person", organization: "sunward", user, role: "member" }));
    expect((await importAll(base, linesFrom(lines))).refused).toEqual([]);
    const { get } = withConsole(base);
    const organization = await get(`${INSPECTOR}/objects/organization%3Asunward`);
    expect(organization.values("data-not-drawn")).toEqual(["too_large"]);
    expect(organization.texts("tr").length).toBeGreaterThan(100);
    expect(organization.markup.length).toBeLessThan(100_000);

    const seen = new Set<string>();
    let path: string | undefined = `${INSPECTOR}/tuples?object=organization%3Asunward&relation=member`;
    let pages = 0;
    for (; path !== undefined; pages++) {
      const page = await get(path);
      for (const row of page.texts("tr").slice(1)) seen.add(row.split(" ")[2] ?? "");
      path = page.values("href").find((href) => href.includes("cursor="));
    }
    expect(pages).toBeGreaterThan(1);
    expect([...seen].filter((user) => user.startsWith("user:person"))).toHaveLength(people.length);
  });

  test("who reaches an object, and what a person reaches, is paged, and each page is small", async ({
    service: base,
  }) => {
    await seedWorld(base);
    const people = Array.from({ length: 30 }, (_, n) => `person${n}`);
    const lines = [
      ...people.map((user) => ({ kind: "person", organization: "sunward", user, role: "member" })),
      ...people.map((user) => ({ kind: "job_role", resource: "plant:7", user, role: "operator" })),
      ...people.map((_, n) => ({ kind: "plant", id: `p${n}`, owner: "sunward", name: `Plant ${n}` })),
    ];
    expect((await importAll(base, linesFrom(lines))).refused).toEqual([]);
    const { get } = withConsole(base);
    for (const [first, count] of [
      ["reach/plant%3A7", people.length + 1],
      ["people/anna", people.length + 2],
    ] as const) {
      const seen = new Set<string>();
      let path: string | undefined = `${INSPECTOR}/${first}`;
      while (path !== undefined) {
        const page = await get(path);
        expect(page.markup.length, path).toBeLessThan(100_000);
        for (const row of page.texts("tr").slice(1)) seen.add(row.split(" ")[0] ?? "");
        path = page.values("href").find((href) => href.includes("cursor="));
      }
      expect(seen.size, first).toBe(count);
    }
  });

  test("tuples are found by type, relation and user, alone and together", async ({ service: base }) => {
    await seedWorld(base);
    const { get } = withConsole(base);
    const found = async (query: string) => (await get(`${INSPECTOR}/tuples?${query}`)).texts("tr").slice(1);
    expect((await found("object=plant&relation=owner")).map((row) => row.split(" ")[0])).toEqual([
      "plant:7",
      "plant:8",
    ]);
    expect(await found("user=user%3Aben&relation=admin")).toHaveLength(1);
    expect(await found("object=plant&user=organization%3Asunward")).toHaveLength(2);
    expect(await found("object=plant%3A8&relation=portfolio")).toHaveLength(1);
    expect(await found("relation=no_such_relation")).toEqual([]);
    expect((await get(`${INSPECTOR}/tuples?cursor=forged`)).status).toBe(400);
  });

  test("doctor's findings are shown when they are asked for", async ({ service: base }) => {
    await seedWorld(base);
    await base.deps.tupleStore.write({
      deletes: [],
      writes: [{ user: "user:ghost", relation: "viewer", object: "plant:7" }],
    });
    const { get } = withConsole(base);
    expect((await get(`${INSPECTOR}/findings`)).texts("table")).toEqual([]);
    // no address alone has the store read
    expect((await get(`${INSPECTOR}/findings?run=1`)).texts("table")).toEqual([]);
    expect((await get(`${INSPECTOR}/findings`, "anna", "POST")).status).toBe(404);
    expect((await get(`${INSPECTOR}/findings`, undefined, "POST")).texts("tr").join("\n")).toContain("plant:7");
  });

  test("names full of markup are text in every picture and table", async ({ service: base }) => {
    await seedWorld(base);
    const hostile = '<script>alert("x")</script>';
    await base.admin("PUT", "/v1/organizations/sunward", { name: `Sun ${hostile}` });
    const plant = encodeURIComponent('"><img/src=x/onerror=alert(1)>');
    expect((await base.admin("PUT", `/v1/plants/${plant}`, { owner: "sunward", name: hostile })).status).toBe(201);
    const { id } = await cooperate(base, [{ resource: `plant:${decodeURIComponent(plant)}`, role: "viewer" }]);
    const { get } = withConsole(base);
    const object = encodeURIComponent(`plant:${decodeURIComponent(plant)}`);
    const paths = ["objects/", "reach/"].map((page) => `${page}${object}`);
    for (const path of [
      ...paths,
      `cooperations/${id}`,
      "people/ben",
      `why?user=ben&permission=can_view&object=${object}`,
    ]) {
      const shown = await get(`${INSPECTOR}/${path}`);
      expect(shown.status, path).toBe(200);
      expect(shown.markup, path).not.toMatch(/<script|<img/);
      expect(shown.texts("svg").length, path).toBeGreaterThan(0);
    }
  });
});

describe("a picture that cannot be drawn", () => {
  test("is answered with the table, whether its thread ends, fails or does not answer", async ({ service: base }) => {
    await seedWorld(base);
    const thread = (code: string) => () => new Worker(code, { eval: true });
    const places = [
      ["failed", createLayouts({ start: thread("process.exit(1)"), warn: () => {} })],
      [
        "too_slow",
        createLayouts({ start: thread("setInterval(() => {}, 1000)"), limitMilliseconds: 30, warn: () => {} }),
      ],
    ] as const;
    for (const [reason, layouts] of places) {
      const { get } = withConsole(base, layouts);
      for (const path of ["model", "objects/plant%3A7", "reach/plant%3A7", "people/anna"]) {
        const shown = await get(`${INSPECTOR}/${path}`);
        expect(shown.status, path).toBe(200);
        expect(shown.values("data-not-drawn"), path).toEqual([reason]);
        expect(shown.texts("table").length, path).toBeGreaterThan(0);
      }
    }
  });
});

describe("the service", () => {
  test("is shown as its metrics have it, with the minutes before as charts", async ({ service: base }) => {
    await seedWorld(base);
    let now = Date.parse("2027-03-01T12:00:00.000Z");
    const { get, samples } = withConsole({ ...base, deps: { ...base.deps, clock: () => new Date(now) } });
    for (let minute = 0; minute < 5; minute++, now += 60_000) await samples.take();
    const shown = await get(`${INSPECTOR}/system`);
    expect(shown.values("data-ready")).toEqual(["true"]);
    expect(shown.texts("tr").join("\n")).toContain("Cache in order");
    expect(shown.texts("tr").find((row) => row.startsWith("Memory"))).toContain("100");
    expect(shown.texts("title").join("\n")).toContain("Memory, MiB: from 100 to 100");
    expect(shown.texts("p").join("\n")).toContain("Every replica has its own");
  });

  test("says that one of several workers is shown, and when it is not ready", async ({ service: base }) => {
    const workers = { ready: 3, of: 4 };
    const several = withConsole({
      ...base,
      deps: { ...base.deps, notices: () => ({ cache: "away", clock: "ok", workers }) },
    });
    const shown = await several.get(`${INSPECTOR}/system`);
    expect(shown.texts("p").join("\n")).toContain("The service has 4 workers, of which 3 answer");
    expect(shown.texts("tr").join("\n")).toContain("Cache does not answer");
    const stopping = withConsole({ ...base, deps: { ...base.deps, stopping: () => true } });
    expect((await stopping.get(`${INSPECTOR}/system`)).values("data-ready")).toEqual(["false"]);
  });
});

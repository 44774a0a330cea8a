/**
 * The laws (docs/guarantees.md) one by one, as somebody would try them: through the API, on
 * the real engine. Each allowed answer has its denied counterpart, which makes it a law. The property
 * test tries the same in every order; here each is tested alone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { TupleStore, Write } from "../../../src/ports.ts";
import { cooperate, createService, type Service, seedWorld, test as serviceTest } from "../../support/service.ts";

const ACTIONS = ["view", "manage_technical", "manage_commercial", "operate", "share"];
const BEGIN = new Date("2027-03-01T12:00:00Z");
const LATER = "2027-03-01T13:00:00Z";
/** The instant LATER, or a millisecond before it. */
const at = (milliseconds: number) => new Date(Date.parse(LATER) + milliseconds);

/** The tests' service with its world; `writes` and `erased` are what reached the engine, in order. */
const test = serviceTest.extend<{ world: Service & { writes: Write[]; erased: (() => Promise<void>)[] } }>({
  world: async ({ service }, use) => {
    await seedWorld(service);
    const { tupleStore } = service.deps;
    const writes: Write[] = [];
    const erased: (() => Promise<void>)[] = [];
    const watched: TupleStore = {
      ...tupleStore,
      write: (write) => {
        writes.push(write);
        return tupleStore.write(write);
      },
      erase: async (keys) => {
        await tupleStore.erase(keys);
        for (const look of erased) await look();
      },
    };
    const world = createService({ tupleStore: watched, engine: service.deps.engine });
    world.setNow(BEGIN);
    await use({ ...world, writes, erased });
    await world.settled();
  },
});

/** What somebody may do with a resource. */
async function mayOn(service: Service, user: string, resource: string): Promise<string[]> {
  const answers = await Promise.all(ACTIONS.map((action) => service.may(user, action, resource)));
  return ACTIONS.filter((_, n) => answers[n]);
}

/** An active cooperation with plant:7 shared, and what it was shared at delegated to tom. */
async function delegated(service: Service, role = "technical_manager") {
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role }]);
  const share = shares[0] ?? "";
  await ok(service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role }));
  return { id, share };
}

async function ok(reply: ReturnType<Service["as"]>) {
  const { status, body } = await reply;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

describe("law 1, the cap", () => {
  test("through a share everybody holds exactly the permissions of its role", async ({ world }) => {
    await delegated(world, "technical_manager");
    for (const user of ["ben", "tom"])
      expect(await mayOn(world, user, "plant:7")).toEqual(["view", "manage_technical"]);
    expect(await mayOn(world, "anna", "plant:7")).toEqual(ACTIONS);
  });

  test("a role above the share's cannot be delegated, and the refusal names those that can", async ({ world }) => {
    const { share } = await delegated(world, "asset_manager");
    const path = `/v1/shares/${share}/delegations/eva`;
    const refused = await world.as("ben", "PUT", path, { role: "technical_manager" });
    expect(refused.body).toMatchObject({
      status: 422,
      code: "role_above_cap",
      cap: "asset_manager",
      may_grant: ["viewer", "asset_manager"],
    });
    expect(await mayOn(world, "eva", "plant:7")).toEqual([]);
    await ok(world.as("ben", "PUT", path, { role: "viewer" }));
    expect(await mayOn(world, "eva", "plant:7")).toEqual(["view"]);
  });
});

describe("law 2, operator never crosses", () => {
  test("it can be neither shared, nor set on a share, nor delegated, nor offered with an invitation", async ({
    world,
  }) => {
    const { id, share } = await delegated(world);
    const operator = { role: "operator" };
    const shares = [{ resource: "plant:8", ...operator }];
    const tries = [
      world.as("anna", "POST", `/v1/cooperations/${id}/shares`, shares[0]),
      world.as("anna", "PATCH", `/v1/shares/${share}`, operator),
      world.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, operator),
      world.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: "new@x.example", shares }),
    ];
    for (const { body } of await Promise.all(tries))
      expect(body).toMatchObject({ status: 422, code: "operator_never_crosses" });
    expect(await mayOn(world, "ben", "plant:7")).not.toContain("operate");
  });

  test("the model itself refuses such a tuple, and accepts the owner's own operator", async ({ world }) => {
    const { share } = await delegated(world);
    const { tupleStore } = world.deps;
    const crossing = { user: `share:${share}#technical_manager`, relation: "operator", object: "plant:7" };
    await expect(tupleStore.write({ deletes: [], writes: [crossing] })).rejects.toThrow(/validation_error/);
    await ok(world.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }));
    expect(await mayOn(world, "otto", "plant:7")).toContain("operate");
  });
});

test("law 3: of the partner's people only admins reach a share without a delegation", async ({ world }) => {
  await cooperate(world, [{ resource: "plant:7", role: "technical_manager" }]);
  for (const role of ["moderator", "technical_asset_manager", "commercial_asset_manager", "member", "external"]) {
    await ok(world.admin("PUT", "/v1/organizations/brightfix/people/tom", { role }));
    expect(await mayOn(world, "tom", "plant:7"), role).toEqual([]);
  }
  await ok(world.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "admin" }));
  expect(await mayOn(world, "tom", "plant:7")).toEqual(["view", "manage_technical"]);
});

describe("law 4, own people only", () => {
  test("who leaves while they delegate to themself comes back with nothing, however late their record is read", async ({
    world: service,
  }) => {
    const { shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const people = "/v1/organizations/brightfix/people";
    expect((await service.admin("PUT", `${people}/eva`, { role: "admin" })).status).toBe(200);
    const { tupleStore } = service.deps;
    let left: number | undefined;
    const late = createService(service.deps, {
      tupleStore: {
        ...tupleStore,
        read: async (filter) => {
          if (filter.object === "user:ben" && filter.relation === "head" && left === undefined) {
            // long enough for every read that does not wait for this one
            await sleep(200);
            left = (await service.admin("DELETE", `${people}/ben`)).status;
          }
          return tupleStore.read(filter);
        },
      },
    });
    const delegated = await late.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/ben`, { role: "viewer" });
    expect([left, delegated.status]).toEqual([200, 404]);
    expect((await service.admin("PUT", `${people}/ben`, { role: "member" })).status).toBe(201);
    expect((await service.admin("GET", `/v1/shares/${shares[0]}/delegations`)).body.items).toEqual([]);
    expect(await service.may("ben", "view", "plant:7")).toBe(false);
  });

  test("delegations are only for people of the partner: not for the owner's people, not for strangers", async ({
    world,
  }) => {
    const { share } = await delegated(world);
    for (const user of ["otto", "zoe"]) {
      const { body } = await world.as("ben", "PUT", `/v1/shares/${share}/delegations/${user}`, { role: "viewer" });
      expect(body).toMatchObject({ status: 422, code: "not_own_person", organization: "brightfix", user });
      expect(await mayOn(world, user, "plant:7")).toEqual([]);
    }
    expect(await mayOn(world, "tom", "plant:7")).toContain("view");
  });

  test("a delegation counts only while its holder is a person of the partner, even past the service", async ({
    world,
  }) => {
    await delegated(world);
    const person = { user: "user:tom", relation: "person", object: "organization:brightfix" };
    // the follower invalidates for such a write about a second later; this test does not wait for it
    const seen = () => world.deps.cache.invalidate(["user:tom"]);
    await world.deps.tupleStore.erase([person]);
    await seen();
    expect(await mayOn(world, "tom", "plant:7")).toEqual([]);
    await world.deps.tupleStore.write({ deletes: [], writes: [person] });
    await seen();
    expect(await mayOn(world, "tom", "plant:7")).toEqual(["view", "manage_technical"]);
  });

  test("a person who comes back starts with nothing: no delegation and no job role", async ({ world }) => {
    await delegated(world);
    await ok(world.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }));
    for (const [user, organization] of [
      ["tom", "brightfix"],
      ["otto", "sunward"],
    ] as const) {
      const path = `/v1/organizations/${organization}/people/${user}`;
      expect(await mayOn(world, user, "plant:7")).toContain("manage_technical");
      world.writes.length = 0;
      await ok(world.as(user, "DELETE", path));
      expect(world.writes).toHaveLength(1);
      expect(await mayOn(world, user, "plant:7")).toEqual([]);
      await ok(world.admin("PUT", path, { role: "member" }));
      expect(await mayOn(world, user, "plant:7")).toEqual([]);
      expect((await world.admin("GET", path)).body).toMatchObject({ job_roles: [], delegations: [] });
    }
  });

  test("a person with more roles than one Write holds leaves with all of them: access only shrinks, the person is removed last", async ({
    world,
  }) => {
    const plants = Array.from({ length: 26 }, (_, n) => `many-${n}`);
    for (const plant of plants) {
      await ok(world.admin("PUT", `/v1/plants/${plant}`, { owner: "sunward" }));
      await ok(world.as("anna", "PUT", `/v1/plants/${plant}/roles/otto`, { role: "operator" }));
    }
    const questions = ["7", ...plants].flatMap((plant) =>
      ["can_view", "can_operate", "can_share"].map((relation) => ({
        user: "user:otto",
        relation,
        object: `plant:${plant}`,
      })),
    );
    const allowed = async () => {
      const answers = await world.deps.engine.batchCheck(questions, BEGIN);
      return questions.filter((_, n) => (answers[n] as { allowed: boolean }).allowed);
    };
    const before = await allowed();
    expect(before).toHaveLength(52);
    const path = "/v1/organizations/sunward/people/otto";
    const between: { allowed: unknown[]; status: number }[] = [];
    world.erased.push(async () => {
      between.push({ allowed: await allowed(), status: (await world.admin("GET", path)).status });
    });
    world.writes.length = 0;
    await ok(world.admin("DELETE", path));
    expect(between).toEqual([{ allowed: [], status: 200 }]);
    const deletes = world.writes.map((write) => write.deletes.map((key) => `${key.object} ${key.relation}`));
    expect(deletes).toHaveLength(1);
    expect(deletes[0]).toEqual(expect.arrayContaining(["organization:sunward person", "organization:sunward member"]));
    expect(await allowed()).toEqual([]);
    expect((await world.admin("GET", path)).status).toBe(404);
  });
});

test("law 5: when a share changes to the other manager role and back, delegates fall to viewer and rise again, and their tuples are not rewritten", async ({
  world,
}) => {
  const { share } = await delegated(world, "technical_manager");
  await ok(world.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" }));
  const { tupleStore } = world.deps;
  const delegations = async () =>
    (await tupleStore.read({ object: `share:${share}` })).filter(({ relation }) => relation.startsWith("delegated"));
  const written = await delegations();
  const change = (role: string) => ok(world.as("anna", "PATCH", `/v1/shares/${share}`, { role }));

  const tom = { user: "tom", role: "technical_manager" };
  expect(await change("asset_manager")).toMatchObject({
    reduced: [{ ...tom, effective_role: "viewer" }],
    restored: [],
  });
  expect(await mayOn(world, "tom", "plant:7")).toEqual(["view"]);
  expect(await mayOn(world, "ben", "plant:7")).toEqual(["view", "manage_commercial"]);
  expect(await delegations()).toEqual(written);

  const back = { ...tom, effective_role: "technical_manager" };
  expect(await change("technical_manager")).toMatchObject({ reduced: [], restored: [back] });
  expect(await mayOn(world, "tom", "plant:7")).toEqual(["view", "manage_technical"]);
  expect(await mayOn(world, "eva", "plant:7")).toEqual(["view"]);
  expect(await delegations()).toEqual(written);
});

describe("law 6, down at once: everyone downstream is cut in the same Write", () => {
  type At = { id: string; share: string };
  const REMOVALS: [string, (world: Service, at: At) => ReturnType<Service["as"]>, string[]][] = [
    [
      "lowering a share",
      (world, { share }) => world.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" }),
      ["view"],
    ],
    ["removing a share", (world, { share }) => world.as("anna", "DELETE", `/v1/shares/${share}`), []],
    ["pausing", (world, { id }) => world.as("anna", "POST", `/v1/cooperations/${id}/pause`), []],
    ["removing the cooperation", (world, { id }) => world.as("anna", "DELETE", `/v1/cooperations/${id}`), []],
    ["leaving", (world, { id }) => world.as("ben", "POST", `/v1/cooperations/${id}/leave`), []],
  ];
  test.for(REMOVALS)("%s", async ([_, act, left], { world }) => {
    const made = await delegated(world, "technical_manager");
    for (const user of ["ben", "tom"])
      expect(await mayOn(world, user, "plant:7")).toEqual(["view", "manage_technical"]);
    world.writes.length = 0;
    await ok(act(world, made));
    expect(world.writes).toHaveLength(1);
    for (const user of ["ben", "tom"]) expect(await mayOn(world, user, "plant:7")).toEqual(left);
  });
});

describe("law 7, dates are exact", () => {
  const until = { expires_at: LATER };
  const DATED: [string, (world: Service, at: { id: string; share: string }) => ReturnType<Service["as"]>, string[]][] =
    [
      [
        "a cooperation's date",
        (world, { id }) => world.as("anna", "PATCH", `/v1/cooperations/${id}`, until),
        ["ben", "tom"],
      ],
      ["a share's date", (world, { share }) => world.as("anna", "PATCH", `/v1/shares/${share}`, until), ["ben", "tom"]],
      [
        "a delegation's date",
        (world, { share }) =>
          world.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager", ...until }),
        ["tom"],
      ],
    ];
  test.for(DATED)("%s ends access at that instant and not before", async ([_, date, ended], { world }) => {
    await ok(date(world, await delegated(world)));
    world.setNow(at(-1));
    for (const user of ["ben", "tom"]) expect(await world.may(user, "view", "plant:7"), user).toBe(true);
    world.setNow(at(0));
    for (const user of ["ben", "tom"])
      expect(await world.may(user, "view", "plant:7"), user).toBe(!ended.includes(user));
  });

  test("the earliest date counts, a later one elsewhere gives nothing back, and more time does", async ({ world }) => {
    const { id, share } = await delegated(world);
    const later = { expires_at: "2027-03-01T14:00:00Z" };
    const path = `/v1/shares/${share}/delegations/tom`;
    await ok(world.as("anna", "PATCH", `/v1/cooperations/${id}`, until));
    const { effective_until, expires_at } = await ok(world.as("ben", "PUT", path, { role: "viewer", ...later }));
    expect({ effective_until, expires_at }).toEqual({ effective_until: LATER, expires_at: later.expires_at });
    world.setNow(at(0));
    expect(await world.may("tom", "view", "plant:7")).toBe(false);
    await ok(world.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: null }));
    expect(await world.may("tom", "view", "plant:7")).toBe(true);
    world.setNow(new Date(later.expires_at));
    expect(await world.may("tom", "view", "plant:7")).toBe(false);
  });
});

test.for(["before", "after"])("law 8: removed stays removed, shared again %s the sweep", async (when, { world }) => {
  const { id, share } = await delegated(world);
  // before the sweep: in the same breath, with what it would clear away still there
  const held: (() => Promise<unknown>)[] = [];
  const { tupleStore, engine } = world.deps;
  const service = createService({ tupleStore, engine }, { inBackground: (work) => void held.push(work) });
  service.setNow(BEGIN);
  await ok(service.as("anna", "DELETE", `/v1/shares/${share}`));
  if (when === "after") for (const work of held) await work();
  const again = { resource: "plant:7", role: "technical_manager" };
  const shared = await ok(service.as("anna", "POST", `/v1/cooperations/${id}/shares`, again));
  expect(shared).toMatchObject({ delegations: [], restored: [] });
  expect(shared.id).not.toBe(share);
  expect(await mayOn(service, "ben", "plant:7")).toEqual(["view", "manage_technical"]);
  expect(await mayOn(service, "tom", "plant:7")).toEqual([]);
});

describe("law 9, paths are independent", () => {
  test("two cooperations with one partner are capped separately, and ending one leaves the other", async ({
    world,
  }) => {
    const first = await delegated(world, "technical_manager");
    const second = await cooperate(world, [{ resource: "plant:7", role: "asset_manager" }]);
    expect(await mayOn(world, "ben", "plant:7")).toEqual(["view", "manage_technical", "manage_commercial"]);
    expect(await mayOn(world, "tom", "plant:7")).toEqual(["view", "manage_technical"]);
    const above = `/v1/shares/${second.shares[0]}/delegations/tom`;
    expect((await world.as("ben", "PUT", above, { role: "technical_manager" })).body.code).toBe("role_above_cap");
    await ok(world.as("anna", "DELETE", `/v1/cooperations/${first.id}`));
    expect(await mayOn(world, "ben", "plant:7")).toEqual(["view", "manage_commercial"]);
    expect(await mayOn(world, "tom", "plant:7")).toEqual([]);
  });

  test("shares of a plant and of its portfolio are independent too", async ({ world }) => {
    const { shares } = await cooperate(world, [
      { resource: "portfolio:north", role: "viewer" },
      { resource: "plant:8", role: "technical_manager" },
    ]);
    const [portfolio, plant] = shares;
    expect(await mayOn(world, "ben", "plant:8")).toEqual(["view", "manage_technical"]);
    expect(await mayOn(world, "ben", "portfolio:north")).toEqual(["view"]);
    await ok(world.as("anna", "DELETE", `/v1/shares/${plant}`));
    expect(await mayOn(world, "ben", "plant:8")).toEqual(["view"]);
    await ok(world.as("anna", "DELETE", `/v1/shares/${portfolio}`));
    expect(await mayOn(world, "ben", "plant:8")).toEqual([]);
  });
});

test("law 10: no action in a cooperation changes what the owner's own people can do", async ({ world }) => {
  await ok(world.as("anna", "PUT", "/v1/plants/7/roles/otto", { role: "asset_manager" }));
  const own = async () => [await mayOn(world, "anna", "plant:7"), await mayOn(world, "otto", "plant:7")];
  const before = await own();
  expect(before).toEqual([ACTIONS, ["view", "manage_commercial"]]);
  const { id, share } = await delegated(world, "viewer");
  const steps = [
    () => world.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" }),
    () => world.as("ben", "DELETE", `/v1/shares/${share}/delegations/tom`),
    () => world.as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager", expires_at: LATER }),
    () => world.as("anna", "POST", `/v1/cooperations/${id}/pause`),
    () => world.as("anna", "POST", `/v1/cooperations/${id}/resume`),
    () => world.as("anna", "DELETE", `/v1/shares/${share}`),
    () => world.as("ben", "POST", `/v1/cooperations/${id}/leave`),
  ];
  const partners = new Set([JSON.stringify(await mayOn(world, "ben", "plant:7"))]);
  for (const step of steps) {
    await ok(step());
    expect(await own()).toEqual(before);
    partners.add(JSON.stringify(await mayOn(world, "ben", "plant:7")));
  }
  expect(partners.size, "the partner's answers did change").toBe(3);
});

test("law 11: a resource that came through a cooperation is never shared further, and an own one can be", async ({
  world,
}) => {
  await delegated(world);
  await ok(world.admin("PUT", "/v1/organizations/windco", { name: "Windco" }));
  await ok(world.admin("PUT", "/v1/organizations/windco/people/wes", { role: "admin" }));
  await ok(world.admin("PUT", "/v1/plants/9", { owner: "brightfix" }));
  const invite = (resource: string) =>
    world.as("ben", "POST", "/v1/organizations/brightfix/cooperations", {
      organization: "windco",
      shares: [{ resource, role: "viewer" }],
    });
  expect((await invite("plant:7")).body).toMatchObject({ status: 422, code: "not_owner", resource: "plant:7" });
  const { id } = await ok(invite("plant:9"));
  await ok(world.as("wes", "POST", `/v1/cooperations/${id}/accept`));
  const onward = await world.as("ben", "POST", `/v1/cooperations/${id}/shares`, {
    resource: "plant:7",
    role: "viewer",
  });
  expect(onward.body).toMatchObject({ status: 422, code: "not_owner" });
  expect(await mayOn(world, "wes", "plant:7")).toEqual([]);
  expect(await mayOn(world, "wes", "plant:9")).toEqual(["view"]);
});

describe("law 12, one action, one Write", () => {
  test("it has at most 100 tuples and holds the history entry", async ({ world }) => {
    for (let n = 0; n < 15; n++) await ok(world.admin("PUT", `/v1/plants/offer-${n}`, { owner: "sunward" }));
    const shares = Array.from({ length: 15 }, (_, n) => ({
      resource: `plant:offer-${n}`,
      role: "technical_manager",
      expires_at: LATER,
    }));
    const once = async (act: Promise<Awaited<ReturnType<Service["as"]>>>, object: (body: { id: string }) => string) => {
      const body = await ok(act);
      expect(world.writes).toHaveLength(1);
      const [{ deletes, writes } = { deletes: [], writes: [] }] = world.writes.splice(0);
      expect(deletes.length + writes.length).toBeLessThanOrEqual(100);
      const lines = writes.filter((tuple) => tuple.relation === "log").map((tuple) => tuple.object);
      expect(lines).toContain(object(body));
      return body;
    };
    world.writes.length = 0;
    const invite = { organization: "brightfix", expires_at: LATER, shares };
    const path = "/v1/organizations/sunward/cooperations";
    const { id } = await once(world.as("anna", "POST", path, invite), (body) => `cooperation:${body.id}`);
    const post = (user: string, step: string) =>
      once(world.as(user, "POST", `/v1/cooperations/${id}/${step}`), () => `cooperation:${id}`);
    const { shares: accepted } = await post("ben", "accept");
    const delegation = `/v1/shares/${accepted[0].id}/delegations/tom`;
    await once(world.as("ben", "PUT", delegation, { role: "technical_manager" }), () => `cooperation:${id}`);
    await post("anna", "pause");
    await once(world.as("anna", "DELETE", `/v1/cooperations/${id}`), () => `cooperation:${id}`);
  });

  test("it is all or nothing: with one share that is not the initiator's there is no invitation", async ({ world }) => {
    const path = "/v1/organizations/sunward/cooperations";
    const good = { resource: "plant:7", role: "viewer" };
    const bad = { resource: "plant:none", role: "viewer" };
    world.writes.length = 0;
    const refused = await world.as("anna", "POST", path, { organization: "brightfix", shares: [good, bad] });
    expect(refused.body).toMatchObject({ code: "not_owner", resource: "plant:none" });
    expect(world.writes).toEqual([]);
    expect((await world.as("anna", "GET", path)).body.items).toEqual([]);
    await ok(world.as("anna", "POST", path, { organization: "brightfix", shares: [good] }));
    expect((await world.as("anna", "GET", path)).body.items).toHaveLength(1);
  });

  test("an action without effect writes nothing", async ({ world }) => {
    const { id, share } = await delegated(world);
    world.writes.length = 0;
    const again = [
      world.as("ben", "POST", `/v1/cooperations/${id}/accept`),
      world.as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager" }),
      world.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" }),
      world.as("ben", "DELETE", `/v1/shares/${share}/delegations/eva`),
    ];
    for (const { status } of await Promise.all(again)) expect(status).toBe(200);
    expect(world.writes).toEqual([]);
    await ok(world.as("ben", "DELETE", `/v1/shares/${share}/delegations/tom`));
    expect(world.writes).toHaveLength(1);
  });
});

/**
 * Why somebody may or may not: each access path is explained by its tuples, and each denial
 * reason by what causes it, beside the same question without that cause.
 */

import { describe, expect } from "vitest";
import { issueToken } from "../../../src/domain/cooperation/invitation-token.ts";
import type { DenialCode } from "../../../src/domain/explain/denial-reason.ts";
import { holds } from "../../../src/domain/explain/explanation.ts";
import type { DescribedBranch } from "../../../src/http/v1/explain.ts";
import { explain } from "../../../src/queries/explain/explain.ts";
import { anyId } from "../../support/ids.ts";
import { cooperate, KEYS, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const NOW = new Date("2027-03-01T12:00:00.000Z");
const IN_AN_HOUR = "2027-03-01T13:00:00Z";
const IN_A_YEAR = "2028-03-01T12:00:00Z";

type Asked = [user: string, action: string, resource: string];

/** Explains, and holds the explanation to the check. */
async function why(service: Service, [user, action, resource]: Asked): Promise<Reply["body"]> {
  const [type = "", id = ""] = resource.split(":");
  const question = { subject: { type: "user", id: user }, action: { name: action }, resource: { type, id } };
  const { status, body } = await service.admin("POST", "/v1/explain", question);
  expect(status, JSON.stringify(body)).toBe(200);
  const checked = await service.app.request("/access/v1/evaluation", {
    method: "POST",
    headers: { Authorization: `Bearer ${KEYS.check}`, "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  expect(body.decision, "the explanation decides as the check does").toBe(
    ((await checked.json()) as Reply["body"]).decision,
  );
  expect(body.tree.holds).toBe(body.decision);
  expect(body.complete).toBe(true);
  expect(body.paths.length > 0).toBe(!body.decision);
  return body;
}

const ok = async (call: Promise<Reply>): Promise<Reply["body"]> => {
  const { status, body } = await call;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
};

/** Every tuple in a tree, in reading order. */
function tuplesIn({ tuple, next, any_of = [], all_of = [] }: DescribedBranch): string[] {
  const own = tuple ? [`${tuple.object}#${tuple.relation}@${tuple.user}`] : [];
  return [...own, ...[...(next ? [next] : []), ...any_of, ...all_of].flatMap(tuplesIn)];
}

const codesOf = (body: Reply["body"]): DenialCode[] =>
  body.paths[0].limits.map(({ code }: { code: DenialCode }) => code);

/** Sunward's plant 7 at technical_manager and its portfolio north at viewer are brightfix's; tom is a delegate of both. */
async function settle(service: Service) {
  service.setNow(NOW);
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [
    { resource: "plant:7", role: "technical_manager" },
    { resource: "portfolio:north", role: "viewer" },
  ]);
  const [plant = "", portfolio = ""] = shares;
  await ok(service.as("ben", "PUT", `/v1/shares/${plant}/delegations/tom`, { role: "technical_manager" }));
  await ok(service.as("ben", "PUT", `/v1/shares/${portfolio}/delegations/tom`, { role: "viewer" }));
  return { id, plant, portfolio };
}
type Ids = Awaited<ReturnType<typeof settle>>;

describe("an allowed answer", () => {
  test("names the tuples it is based on, for every access path", async ({ service }) => {
    const { id, plant, portfolio } = await settle(service);
    await ok(service.admin("PUT", "/v1/plants/7/roles/otto", { role: "operator" }));
    await ok(service.admin("PUT", "/v1/portfolios/north/roles/otto", { role: "viewer" }));
    const bridge = (share: string, member: string) => [
      `share:${share}#cooperation@cooperation:${id}`,
      `cooperation:${id}#in_force@organization:brightfix`,
      `organization:brightfix#${member}`,
    ];
    const expected: [asked: Asked, tuples: string[]][] = [
      [
        ["anna", "share", "plant:7"],
        [
          "plant:7#owner@organization:sunward",
          "organization:sunward#admin@user:anna",
          "organization:sunward#person@user:anna",
        ],
      ],
      [["otto", "operate", "plant:7"], ["plant:7#operator@user:otto"]],
      [
        ["otto", "view", "plant:8"],
        ["plant:8#portfolio@portfolio:north", "portfolio:north#viewer@user:otto"],
      ],
      [
        ["ben", "manage_technical", "plant:7"],
        [
          `plant:7#shared_technical_manager@share:${plant}#technical_manager`,
          ...bridge(plant, "person@user:ben"),
          ...bridge(plant, "admin@user:ben"),
        ],
      ],
      [
        ["tom", "manage_technical", "plant:7"],
        [
          `plant:7#shared_technical_manager@share:${plant}#technical_manager`,
          ...bridge(plant, "person@user:tom"),
          `share:${plant}#delegated_technical_manager@user:tom`,
        ],
      ],
      [
        ["ben", "view", "plant:8"],
        [
          "plant:8#portfolio@portfolio:north",
          `portfolio:north#shared_viewer@share:${portfolio}#viewer`,
          ...bridge(portfolio, "person@user:ben"),
          ...bridge(portfolio, "admin@user:ben"),
        ],
      ],
      [
        ["tom", "view", "plant:8"],
        [
          "plant:8#portfolio@portfolio:north",
          `portfolio:north#shared_viewer@share:${portfolio}#viewer`,
          ...bridge(portfolio, "person@user:tom"),
          `share:${portfolio}#delegated_viewer@user:tom`,
        ],
      ],
      [["anna", "manage", "organization:sunward"], ["organization:sunward#admin@user:anna"]],
      [
        ["ben", "delegate", `share:${plant}`],
        [...bridge(plant, "admin@user:ben"), ...bridge(plant, "person@user:ben")],
      ],
      [
        ["ben", "answer", `cooperation:${id}`],
        [
          `cooperation:${id}#partner@organization:brightfix`,
          "organization:brightfix#admin@user:ben",
          "organization:brightfix#person@user:ben",
        ],
      ],
    ];
    for (const [asked, tuples] of expected) {
      const body = await why(service, asked);
      expect([body.decision, tuplesIn(body.tree)], asked.join(" ")).toEqual([true, tuples]);
      expect([body.until, body.paths], asked.join(" ")).toEqual([null, []]);
      expect(body.reason, asked.join(" ")).toContain(asked[0]);
    }
    // none of them may do the same without such a path
    for (const asked of [
      ["otto", "share", "plant:7"],
      ["ben", "operate", "plant:7"],
      ["tom", "manage_technical", "plant:8"],
      ["tom", "delegate", `share:${plant}`],
      ["anna", "answer", `cooperation:${id}`],
    ] as Asked[])
      expect((await why(service, asked)).decision, asked.join(" ")).toBe(false);
  });

  test("after a change between the two manager roles is based on the rung that both roles carry, in its current spelling", async ({
    service,
  }) => {
    const { plant } = await settle(service);
    await ok(service.as("anna", "PATCH", `/v1/shares/${plant}`, { role: "asset_manager", expires_at: IN_A_YEAR }));
    const body = await why(service, ["tom", "view", "plant:7"]);
    const tuples = tuplesIn(body.tree);
    expect([tuples[0], tuples.at(-1)]).toEqual([
      `plant:7#shared_viewer@share:${plant}#viewer_alt`,
      `share:${plant}#delegated_viewer@user:tom`,
    ]);
    expect([body.decision, body.until]).toEqual([true, IN_A_YEAR]);
    expect((await why(service, ["tom", "manage_technical", "plant:7"])).decision).toBe(false);
    expect((await why(service, ["tom", "manage_commercial", "plant:7"])).decision).toBe(false);
  });

  test("with two access paths shows both, and lasts as long as the longer one", async ({ service }) => {
    const { plant } = await settle(service);
    await ok(service.as("anna", "PATCH", `/v1/shares/${plant}`, { expires_at: IN_AN_HOUR }));
    const second = await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at: IN_A_YEAR }]);
    const body = await why(service, ["ben", "view", "plant:7"]);
    expect(body.tree.any_of).toHaveLength(2);
    expect(tuplesIn(body.tree)).toContain(`plant:7#shared_viewer@share:${second.shares[0]}#viewer`);
    expect(body.until).toBe(IN_A_YEAR);
  });

  test("ends at its date to the millisecond, and the tree shows that date", async ({ service }) => {
    const { id, plant } = await settle(service);
    await ok(service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: IN_A_YEAR }));
    await ok(service.as("anna", "PATCH", `/v1/shares/${plant}`, { expires_at: IN_AN_HOUR }));
    const asked: Asked = ["tom", "view", "plant:7"];
    service.setNow(new Date(Date.parse(IN_AN_HOUR) - 1));
    const before = await why(service, asked);
    expect([before.decision, before.until]).toEqual([true, IN_AN_HOUR]);
    expect(before.reason).toContain(`until ${IN_AN_HOUR}`);
    service.setNow(new Date(IN_AN_HOUR));
    const after = await why(service, asked);
    expect([after.decision, after.until, codesOf(after)]).toEqual([false, null, ["share_expired"]]);
    expect(after.tree).toMatchObject({ holds: false, expired: true, expires_at: IN_AN_HOUR, next: { holds: true } });
    expect(after.tree.says).toContain(`ended at ${IN_AN_HOUR}`);
  });
});

/**
 * What makes each limit, and what lifts it: the question is a no before and a yes after.
 * Who is no person is no question of these.
 */
type Situation = {
  asked: Asked;
  make: (service: Service, ids: Ids) => Promise<unknown>;
  lift: (service: Service, ids: Ids) => Promise<unknown>;
};

const TOM: Asked = ["tom", "manage_technical", "plant:7"];
const BEN: Asked = ["ben", "manage_technical", "plant:7"];
const nothing = async () => {};
const inAnHour = (service: Service) => service.setNow(new Date(IN_AN_HOUR));
const dated = (date: string | null) => ({ expires_at: date });
const anna = (method: string, path: (ids: Ids) => string, body?: object) => (service: Service, ids: Ids) =>
  ok(service.as("anna", method, path(ids), body));
const delegate =
  (user: string, body: object) =>
  (service: Service, { plant }: Ids) =>
    ok(service.as("ben", "PUT", `/v1/shares/${plant}/delegations/${user}`, body));
const put = (path: string, body: object) => (service: Service) => ok(service.admin("PUT", path, body));
const cooperation = ({ id }: Ids) => `/v1/cooperations/${id}`;
const share = ({ plant }: Ids) => `/v1/shares/${plant}`;
const inviteLumen = async (service: Service, to: object) => {
  const shares = [{ resource: "plant:7", role: "viewer" }];
  return ok(service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { ...to, shares }));
};
const seedLumen = async (service: Service) => {
  await ok(service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" }));
  await ok(service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin", email: "lea@lumen.example" }));
};
const openInvitation = async (service: Service, by: string): Promise<string> => {
  const { items } = await ok(service.as(by, "GET", "/v1/organizations/sunward/cooperations"));
  return items.find(({ status }: { status: string }) => status === "pending" || status === "invited").id;
};
const lea = (step: string) => async (service: Service) =>
  ok(service.as("lea", "POST", `/v1/cooperations/${await openInvitation(service, "anna")}/${step}`));
const withLumen = async (service: Service) => {
  const { items } = await ok(service.as("lea", "GET", "/v1/organizations/lumen/cooperations"));
  return ok(service.as("lea", "GET", `/v1/cooperations/${items[0].id}`));
};

const SUSPENSION = "/v1/organizations/brightfix/people/tom/suspension";

const SITUATIONS: Record<Exclude<DenialCode, "subject_no_user">, Situation> = {
  cooperation_paused: {
    asked: TOM,
    make: anna("POST", (ids) => `${cooperation(ids)}/pause`),
    lift: anna("POST", (ids) => `${cooperation(ids)}/resume`),
  },
  cooperation_not_started: {
    asked: ["lea", "view", "plant:7"],
    make: async (service) => {
      await seedLumen(service);
      await inviteLumen(service, { organization: "lumen", starts_at: IN_AN_HOUR });
      await lea("accept")(service);
      // a date that has come opens nothing by itself
      inAnHour(service);
    },
    lift: async (service) => {
      const { id } = await withLumen(service);
      await ok(service.as("anna", "PATCH", `/v1/cooperations/${id}`, { starts_at: null }));
    },
  },
  share_not_started: {
    asked: ["lea", "view", "plant:7"],
    make: async (service) => {
      await seedLumen(service);
      const shares = [{ resource: "plant:7", role: "viewer", starts_at: IN_AN_HOUR }];
      const body = { organization: "lumen", shares };
      await ok(service.as("anna", "POST", "/v1/organizations/sunward/cooperations", body));
      await lea("accept")(service);
      inAnHour(service);
    },
    lift: async (service) => {
      const [share] = (await withLumen(service)).shares;
      await ok(service.as("anna", "PATCH", `/v1/shares/${share.id}`, { starts_at: null }));
    },
  },
  cooperation_expired: {
    asked: TOM,
    make: async (service, ids) => {
      await anna("PATCH", cooperation, dated(IN_AN_HOUR))(service, ids);
      inAnHour(service);
    },
    lift: anna("PATCH", cooperation, dated(IN_A_YEAR)),
  },
  cooperation_not_reviewed: {
    asked: TOM,
    make: async (service, ids) => {
      await anna("PATCH", cooperation, { review_by: IN_AN_HOUR })(service, ids);
      inAnHour(service);
    },
    lift: anna("POST", (ids) => `${cooperation(ids)}/review`, { note: "Still needed.", review_by: IN_A_YEAR }),
  },
  share_expired: {
    asked: TOM,
    make: async (service, ids) => {
      await anna("PATCH", share, dated(IN_AN_HOUR))(service, ids);
      inAnHour(service);
    },
    lift: anna("PATCH", share, dated(null)),
  },
  delegation_expired: {
    asked: TOM,
    make: async (service, ids) => {
      await delegate("tom", { role: "technical_manager", expires_at: IN_AN_HOUR })(service, ids);
      inAnHour(service);
    },
    lift: delegate("tom", { role: "technical_manager", expires_at: IN_A_YEAR }),
  },
  cooperation_pending: {
    asked: ["lea", "view", "plant:7"],
    make: async (service) => {
      await seedLumen(service);
      await inviteLumen(service, { organization: "lumen" });
    },
    lift: lea("accept"),
  },
  cooperation_invited: {
    asked: ["lea", "view", "plant:7"],
    make: async (service) => {
      await inviteLumen(service, { email: "lea@lumen.example" });
      await seedLumen(service);
    },
    lift: async (service) => {
      const token = issueToken(service.deps.invitation.secret, anyId(await openInvitation(service, "anna")), 1);
      await ok(service.as("lea", "POST", "/v1/invitations/join", { token, organization: "lumen" }));
    },
  },
  share_role_too_low: {
    asked: ["ben", "manage_commercial", "plant:7"],
    make: nothing,
    lift: anna("PATCH", share, { role: "asset_manager" }),
  },
  person_suspended: {
    asked: TOM,
    make: async (service) => void (await ok(service.as("ben", "PUT", SUSPENSION, {}))),
    lift: async (service) => void (await ok(service.as("ben", "DELETE", SUSPENSION))),
  },
  delegation_reduced: {
    asked: TOM,
    make: anna("PATCH", share, { role: "asset_manager" }),
    lift: anna("PATCH", share, { role: "technical_manager" }),
  },
  delegation_too_low: {
    asked: TOM,
    make: delegate("tom", { role: "viewer" }),
    lift: delegate("tom", { role: "technical_manager" }),
  },
  not_delegated: {
    asked: ["eva", "view", "plant:7"],
    make: nothing,
    lift: delegate("eva", { role: "viewer" }),
  },
  delegate_left: {
    asked: TOM,
    // the service takes delegations away first; somebody's write past it, or a removal that is not finished
    make: (service) => service.deps.tupleStore.erase(TOM_AT_BRIGHTFIX),
    lift: (service) => service.deps.tupleStore.write({ deletes: [], writes: TOM_AT_BRIGHTFIX }),
  },
  job_role_too_low: {
    asked: ["otto", "manage_technical", "plant:8"],
    make: put("/v1/portfolios/north/roles/otto", { role: "viewer" }),
    lift: put("/v1/portfolios/north/roles/otto", { role: "operator" }),
  },
  no_job_role: {
    asked: ["otto", "view", "plant:7"],
    make: nothing,
    lift: put("/v1/plants/7/roles/otto", { role: "viewer" }),
  },
  not_admin: {
    asked: ["otto", "share", "plant:7"],
    make: put("/v1/plants/7/roles/otto", { role: "operator" }),
    lift: put("/v1/organizations/sunward/people/otto", { role: "admin" }),
  },
  never_shared: {
    asked: ["ben", "operate", "plant:7"],
    make: nothing,
    lift: put("/v1/organizations/sunward/people/ben", { role: "admin" }),
  },
  share_removed: {
    asked: BEN,
    make: async (service, ids) => {
      await anna("DELETE", share)(service, ids);
      await service.settled();
    },
    lift: anna("POST", (ids) => `${cooperation(ids)}/shares`, { resource: "plant:7", role: "technical_manager" }),
  },
  cooperation_ended: {
    asked: BEN,
    make: async (service, ids) => {
      await anna("DELETE", cooperation)(service, ids);
      await service.settled();
    },
    lift: (service) => cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]),
  },
  not_shared: {
    asked: ["ben", "view", "plant:9"],
    make: put("/v1/plants/9", { owner: "sunward" }),
    lift: anna("POST", (ids) => `${cooperation(ids)}/shares`, { resource: "plant:9", role: "viewer" }),
  },
  not_person: {
    asked: ["ben", "manage", "organization:sunward"],
    make: nothing,
    lift: put("/v1/organizations/sunward/people/ben", { role: "admin" }),
  },
  stranger: {
    asked: ["lea", "view", "plant:7"],
    make: seedLumen,
    lift: async (service) => {
      const { id } = await inviteLumen(service, { organization: "lumen" });
      await ok(service.as("lea", "POST", `/v1/cooperations/${id}/accept`));
    },
  },
  object_deleted: {
    asked: ["anna", "view", "plant:9"],
    make: async (service) => {
      await put("/v1/plants/9", { owner: "sunward" })(service);
      await ok(service.admin("DELETE", "/v1/plants/9"));
    },
    lift: put("/v1/plants/9", { owner: "sunward" }),
  },
  object_unknown: {
    asked: ["anna", "view", "portfolio:new"],
    make: nothing,
    lift: put("/v1/portfolios/new", { owner: "sunward" }),
  },
  user_unknown: {
    asked: ["zoe", "view", "plant:7"],
    make: nothing,
    lift: put("/v1/organizations/brightfix/people/zoe", { role: "admin" }),
  },
  records_differ: {
    asked: BEN,
    make: (service, ids) => service.deps.tupleStore.erase([inForce(ids)]),
    lift: (service, ids) => service.deps.tupleStore.write({ deletes: [], writes: [inForce(ids)] }),
  },
};
const TOM_AT_BRIGHTFIX = ["member", "person"].map((relation) => {
  return { user: "user:tom", relation, object: "organization:brightfix" };
});
const inForce = ({ id }: Ids) => {
  return { user: "organization:brightfix", relation: "in_force", object: `cooperation:${id}` };
};

describe("a denied answer", () => {
  test.for(Object.entries(SITUATIONS))(
    "says %s, and is allowed once that cause is removed",
    async ([code, one], { service }) => {
      const ids = await settle(service);
      await one.make(service, ids);
      // what is written past the service is seen by the cached check a moment later; here it asks anew
      await service.deps.cache.invalidate("all");
      const no = await why(service, one.asked);
      expect([no.decision, codesOf(no)], no.reason).toEqual([false, [code]]);
      expect(no.reason).toBe(no.paths[0].limits[0].says);
      await one.lift(service, ids);
      await service.deps.cache.invalidate("all");
      expect((await why(service, one.asked)).decision).toBe(true);
    },
  );

  test("names every cause on each access path, and lists the path with the fewest causes first", async ({
    service,
  }) => {
    const { id, plant } = await settle(service);
    const second = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    await ok(service.as("anna", "POST", `/v1/cooperations/${second.id}/pause`));
    await ok(service.as("anna", "PATCH", `/v1/shares/${plant}`, { role: "viewer", expires_at: IN_AN_HOUR }));
    await ok(service.as("anna", "POST", `/v1/cooperations/${id}/pause`));
    service.setNow(new Date(IN_AN_HOUR));
    const { paths, reason } = await why(service, BEN);
    expect(paths).toMatchObject([
      { through: `share:${second.shares[0]}`, limits: [{ code: "cooperation_paused", cooperation: second.id }] },
      {
        through: `share:${plant}`,
        limits: [
          { code: "cooperation_paused", cooperation: id },
          { code: "share_expired", expires_at: IN_AN_HOUR },
          { code: "share_role_too_low", role: "viewer", needs: ["technical_manager"] },
        ],
      },
    ]);
    expect(reason).toBe(`The cooperation of sunward with brightfix (${second.id}) is paused.`);
    await ok(service.as("anna", "DELETE", `/v1/cooperations/${second.id}`));
    const left = await why(service, BEN);
    expect(left.reason).toBe(
      `The cooperation of sunward with brightfix (${second.id}) has ended: removed at ${IN_AN_HOUR}.`,
    );
    expect(left.paths).toHaveLength(2);
  });

  test("with more shares on a resource than are examined says that something is left out", async ({ service }) => {
    await settle(service);
    const writes = Array.from({ length: 51 }, (_, n) => {
      return { user: `share:${n}#viewer`, relation: "shared_viewer", object: "plant:7" };
    });
    expect(await service.deps.tupleStore.write({ deletes: [], writes })).toBe("committed");
    const question = { subject: { type: "user", id: "otto" }, action: { name: "view" } };
    const { body } = await service.admin("POST", "/v1/explain", { ...question, resource: { type: "plant", id: "7" } });
    expect([body.decision, body.complete, codesOf(body)]).toEqual([false, false, ["no_job_role"]]);
    expect((await why(service, ["otto", "view", "plant:8"])).complete).toBe(true);
  });

  test("about a subject that is no person, or about something unknown to the model, says so without asking the engine", async ({
    service,
  }) => {
    await settle(service);
    const ask = async (subject: object, name: string, resource: object) => {
      const reply = await service.admin("POST", "/v1/explain", { subject, action: { name }, resource });
      expect([reply.status, reply.body.decision]).toEqual([200, false]);
      return codesOf(reply.body)[0];
    };
    const [tom, seven] = [
      { type: "user", id: "tom" },
      { type: "plant", id: "7" },
    ];
    expect(await ask({ type: "organization", id: "sunward" }, "view", seven)).toBe("subject_no_user");
    expect(await ask({ type: "robot", id: "7" }, "view", seven)).toBe("unknown_subject_type");
    expect(await ask(tom, "fly", seven)).toBe("unknown_action");
    expect(await ask(tom, "view", { type: "moon", id: "7" })).toBe("unknown_resource_type");
    expect(await ask(tom, "view", { type: "plant", id: "a b" })).toBe("malformed_resource_id");
    expect(await ask({ type: "user", id: "*" }, "view", seven)).toBe("malformed_subject_id");
  });
});

describe("data that changes during an explanation", () => {
  const asked = { user: "user:ben", relation: "can_view", object: "plant:7" };
  /** The deps of an explanation whose engine is asked between two acts. */
  const withWrites = ({ deps }: Service, before: () => Promise<unknown>, after: () => Promise<unknown>) => {
    let checks = 0;
    const check: typeof deps.engine.check = async (...question) => {
      checks += 1;
      await before();
      const allowed = await deps.engine.check(...question);
      await after();
      return allowed;
    };
    return { deps: { ...deps, engine: { check, rewrites: deps.engine.rewrites } }, checks: () => checks };
  };

  test("is read again, so that tree and decision belong to one state", async ({ service }) => {
    const ids = await settle(service);
    const pause = anna("POST", () => `${cooperation(ids)}/pause`);
    const once = withWrites(service, () => pause(service, ids), nothing);
    const explained = await explain(once.deps, asked);
    expect([explained.decision, once.checks()]).toEqual([false, 2]);
    expect(holds(explained.tree, explained.at)).toBe(false);
    expect(explained.paths[0]?.denials.map(({ code }) => code)).toEqual(["cooperation_paused"]);
  });

  test("repeatedly gives no explanation rather than a wrong one", async ({ service }) => {
    const ids = await settle(service);
    const [pause, resume] = ["pause", "resume"].map((step) => anna("POST", () => `${cooperation(ids)}/${step}`));
    const always = withWrites(
      service,
      async () => pause?.(service, ids),
      async () => resume?.(service, ids),
    );
    await expect(explain(always.deps, asked)).rejects.toThrow("is not what the engine says");
    expect(always.checks()).toBe(3);
  });
});

test("an explanation is for services, and is never taken from the cache", async ({ service }) => {
  const { id } = await settle(service);
  const question = {
    subject: { type: "user", id: "ben" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  };
  for (const user of ["anna", "ben", "nobody"]) {
    const reply = await service.as(user, "POST", "/v1/explain", question);
    expect([reply.status, reply.body.code]).toEqual([403, "insufficient_scope"]);
  }
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  // written directly to OpenFGA: the cached check still allows, the explanation does not
  await service.deps.tupleStore.erase([inForce({ id, plant: "", portfolio: "" })]);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  expect((await service.admin("POST", "/v1/explain", question)).body).toMatchObject({
    decision: false,
    paths: [{ limits: [{ code: "records_differ" }] }],
  });
});

test("an explanation at another time compares dates with that time, and supposes nothing else", async ({ service }) => {
  const { plant } = await settle(service);
  await ok(service.as("ben", "PUT", `/v1/shares/${plant}/delegations/tom`, { role: "viewer", expires_at: IN_AN_HOUR }));
  const question = {
    subject: { type: "user", id: "tom" },
    action: { name: "view" },
    resource: { type: "plant", id: "7" },
  };
  const at = (instant: string) => service.admin("POST", "/v1/explain", { ...question, at: instant });
  expect((await at("2027-03-01T14:59:59+02:00")).body).toMatchObject({
    decision: true,
    at: "2027-03-01T12:59:59.000Z",
  });
  expect((await at(IN_AN_HOUR)).body).toMatchObject({
    decision: false,
    at: "2027-03-01T13:00:00.000Z",
    paths: [{ limits: [{ code: "delegation_expired" }] }],
  });
  const unknown = await service.admin("POST", "/v1/explain", { ...question, action: { name: "fly" }, at: IN_A_YEAR });
  expect(unknown.body).toMatchObject({ decision: false, at: "2028-03-01T12:00:00.000Z" });
  expect((await at("tomorrow")).status).toBe(400);
});

/**
 * Batches of shares and delegations: each line is what its own request would be, refusals are line by line, a dry run
 * changes nothing, and a batch that is sent again with its key writes no line twice.
 */
import { describe, expect } from "vitest";
import { entriesFrom } from "../../../src/domain/history.ts";
import { EngineRefused, EngineUnavailable } from "../../../src/faults.ts";
import type { TupleStore } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { outcomeOfLine, outcomesOf, sendBatch } from "../../support/batches.ts";
import { importAll, linesFrom } from "../../support/bulk.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

/** Plants of sunward and people of brightfix, as many as asked. */
async function addMany(service: Service, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const lines = [
    ...numbers.map((n) => ({ kind: "plant", id: `m${n}`, owner: "sunward" })),
    ...numbers.map((n) => ({ kind: "person", organization: "brightfix", user: `u${n}`, role: "member" })),
  ];
  expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ done: 2 * count, refused: 0 });
}

const sharesOf = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ action: "share", resource: `plant:m${n}`, role: "viewer", ...more }));

/** What the history of a cooperation says was done, in its order. */
async function actionsIn({ deps }: Pick<Service, "deps">, id: string): Promise<[action: string, request: string][]> {
  const logs = await deps.tupleStore.read({ object: `cooperation:${id}`, relation: "log" });
  return entriesFrom(logs).map(({ common }) => [common.action, common.request_id]);
}

/** A service that waits in its reads of these objects until it is let go; `reached`: that many do. */
function holding({ deps }: Pick<Service, "deps">, tupleStore: TupleStore, objects: string, count = 1) {
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const waiting = new Set<string>();
  const slow: TupleStore = {
    ...tupleStore,
    read: async (filter) => {
      if (filter.object.startsWith(objects)) {
        if (waiting.add(filter.object).size === count) reached.resolve();
        await gate.promise;
      }
      return tupleStore.read(filter);
    },
  };
  return { held: createService({ ...deps, tupleStore: slow }), reached: reached.promise, letGo: gate.resolve };
}

describe("a batch", () => {
  test("of 200 shares is written in their order, each with its entry, in as many Writes as it needs, and a check answers from after it", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 200);
    const { id } = await cooperate(service, []);
    let writes = 0;
    const counted: TupleStore = {
      ...tupleStore,
      write: (one) => {
        writes++;
        expect(one.writes.length + one.deletes.length).toBeLessThanOrEqual(100);
        return tupleStore.write(one);
      },
    };
    const many = createService({ ...service.deps, tupleStore: counted });
    expect(await many.may("ben", "view", "plant:m199")).toBe(false);
    const { status, body } = await sendBatch(many, { to: id, lines: sharesOf(200) });
    expect([status, body.done, body.same, body.refused, body.not_reached, body.stopped]).toEqual([
      200,
      200,
      0,
      0,
      0,
      null,
    ]);
    expect(body.lines.map(({ line }: { line: number }) => line)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
    expect(await many.may("ben", "view", "plant:m199")).toBe(true);
    expect(writes).toBeLessThanOrEqual(20);
    const history = (await actionsIn(service, id)).slice(2);
    expect(history.map(([action]) => action)).toEqual(Array(200).fill("share"));
    const found = await service.as("anna", "GET", `/v1/shares/${body.lines[150].share}`);
    expect([found.body.resource, found.body.etag, found.body.role]).toEqual([
      "plant:m150",
      body.lines[150].etag,
      "viewer",
    ]);
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares_count).toBe(200);
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("of 200 delegations on one share gives each of the partner's people access, and its etag is the share's", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 200);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const lines = Array.from({ length: 200 }, (_, n) => ({
      action: "delegate",
      share: shares[0],
      user: `u${n}`,
      role: n % 2 === 0 ? "viewer" : "technical_manager",
    }));
    const { body } = await sendBatch(service, { to: id, kind: "delegations", lines });
    expect([body.done, body.refused]).toEqual([200, 0]);
    expect(await service.may("u198", "view", "plant:7")).toBe(true);
    expect(await service.may("u198", "manage_technical", "plant:7")).toBe(false);
    expect(await service.may("u199", "manage_technical", "plant:7")).toBe(true);
    const share = await service.as("ben", "GET", `/v1/shares/${shares[0]}`);
    expect(share.body.delegations).toHaveLength(200);
    expect(body.lines.at(-1).etag).toBe(share.body.etag);
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("has for each line what its own request would be answered with, and a refused line stops no other", async ({
    service,
  }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/plants/9", { owner: "brightfix" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const [first = ""] = shares;
    const other = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
      email: "ida@else.example",
      shares: [{ resource: "plant:7", role: "viewer" }],
    });
    const lines = [
      { action: "share", resource: "plant:9", role: "viewer" },
      { action: "share", resource: "plant:7", role: "viewer" },
      { action: "share", resource: "plant:7", role: "technical_manager" },
      { action: "share", resource: "plant:8", role: "operator" },
      { action: "share", resource: "plant:8", role: "viewer", expires_at: "2001-01-01T00:00:00Z" },
      { action: "share", resource: "plant:8", role: "viewer", reason: "the roof" },
      { action: "share", resource: "plant:8", role: "viewer" },
      { action: "change_share", share: first, role: "asset_manager" },
      { action: "change_share", share: "01KBD3X4M8P4S6V8X0Z2B4D6F8", role: "viewer" },
      { action: "change_share", share: other.body.shares[0].id, role: "technical_manager" },
      { action: "unshare", share: first },
      { action: "unshare", share: first },
      { action: "share", resource: "plant:7", role: "viewer" },
    ];
    const { status, body } = await sendBatch(service, { to: id, lines });
    expect(status).toBe(200);
    expect(body.lines.map(outcomeOfLine)).toEqual([
      ...["not_owner", "already_shared", "same", "operator_never_crosses", "invalid_expiry", "done", "same"],
      ...["done", "not_found", "not_found", "done", "not_found", "done"],
    ]);
    const single = await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, {
      resource: "plant:9",
      role: "viewer",
    });
    expect(body.lines[0].problem).toEqual(single.body);
    expect(body.lines[1].problem).toMatchObject({ status: 409, resource: "plant:7", share: first });
    expect([body.lines[7].was.role, body.lines[7].is.role]).toEqual(["technical_manager", "asset_manager"]);
    // the second share of the plant is another one
    expect(body.lines[12].share).not.toBe(first);
    // a share of another cooperation was not touched
    expect((await service.as("anna", "GET", `/v1/shares/${other.body.shares[0].id}`)).body.role).toBe("viewer");
    expect((await actionsIn(service, id)).map(([action]) => action)).toEqual([
      ...["invite", "accept", "share", "change_share", "unshare", "share"],
    ]);
    await service.settled();
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("of delegations refuses line by line too", async ({ service }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const on = (user: string, role: string) => ({ action: "delegate", share: shares[0], user, role });
    const lines = [
      on("otto", "viewer"),
      on("tom", "asset_manager"),
      on("tom", "technical_manager"),
      on("tom", "technical_manager"),
      { action: "revoke", share: shares[0], user: "eva" },
      { action: "revoke", share: shares[0], user: "tom" },
      on("eva", "viewer"),
    ];
    expect(await outcomesOf(service, { to: id, kind: "delegations", lines })).toEqual([
      ...["not_own_person", "role_above_cap", "done", "same", "same", "done", "done"],
    ]);
    expect(await service.may("tom", "view", "plant:7")).toBe(false);
    expect(await service.may("eva", "view", "plant:7")).toBe(true);
  });

  test("changes the date of one share three times, though a Write can do that once", async ({ service }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const lines = [2040, 2041, 2042].map((year) => ({
      action: "change_share",
      share: shares[0],
      expires_at: `${year}-01-01T00:00:00Z`,
    }));
    expect(await outcomesOf(service, { to: id, lines, dry: true })).toEqual(["done", "done", "done"]);
    expect(await outcomesOf(service, { to: id, lines })).toEqual(["done", "done", "done"]);
    const share = await service.as("anna", "GET", `/v1/shares/${shares[0]}`);
    expect(share.body.expires_at).toBe("2042-01-01T00:00:00Z");
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("is refused as a whole to who may not act, and says nothing of what there is", async ({ service }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
    await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const before = await everything(service);
    const lines = [{ action: "share", resource: "plant:8", role: "viewer" }];
    const own = [{ action: "delegate", share: shares[0], user: "tom", role: "viewer" }];
    const codes = async (kind: "shares" | "delegations", by: string) => {
      const { status, body } = await sendBatch(service, { to: id, kind, lines: kind === "shares" ? lines : own }, by);
      return [status, body.code];
    };
    expect(await codes("shares", "lea")).toEqual([404, "not_found"]);
    expect(await codes("delegations", "lea")).toEqual([404, "not_found"]);
    expect(await codes("shares", "otto")).toEqual([403, "not_admin"]);
    expect(await codes("shares", "ben")).toEqual([403, "wrong_side"]);
    expect(await codes("delegations", "anna")).toEqual([403, "wrong_side"]);
    const nowhere = await sendBatch(service, { to: "01KBD3X4M8N2Q7R5T9V1W3Y6Z0", lines });
    expect([nowhere.status, nowhere.body.code]).toEqual([404, "not_found"]);
    const key = "a-key-bound-to-lumen";
    const bound = withKeys(service, [{ name: "bound", scopes: ["manage"], organizations: ["lumen"], key }]);
    const path = `/v1/cooperations/${id}/shares/batch`;
    const outside = await bound.as("anna", "POST", path, { lines }, { key });
    expect([outside.status, outside.body.code]).toEqual([403, "outside_key"]);
    expect(await everything(service)).toEqual(before);
  });

  test("of hostile form is refused with its place, and nothing of it is written", async ({ service }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const before = await everything(service);
    const good = { action: "share", resource: "plant:8", role: "viewer" };
    const refused = async (lines: unknown, key?: string) => {
      const { status, body } = await sendBatch(service, {
        to: id,
        lines: lines as object[],
        ...(key !== undefined && { key }),
      });
      expect([status, body.code], JSON.stringify(lines)?.slice(0, 100)).toEqual([400, "invalid_request"]);
      return body.errors[0].pointer;
    };
    expect(await refused([])).toBe("/lines");
    expect(await refused(Array(201).fill(good))).toBe("/lines");
    expect(await refused({ 0: good })).toBe("/lines");
    expect(await refused([good, { ...good, expries_at: "x" }])).toBe("/lines/1/expries_at");
    expect(await refused([good, { ...good, action: "destroy" }])).toBe("/lines/1/action");
    expect(await refused([good, { action: "unshare", share: "x#viewer" }])).toBe("/lines/1/share");
    expect(await refused([good, { action: "unshare", share: "../plants/7" }])).toBe("/lines/1/share");
    expect(await refused([good, { action: "unshare", share: shares[0], role: "viewer" }])).toBe("/lines/1/role");
    expect(await refused([good, { ...good, reason: "a\u0000b" }])).toBe("/lines/1/reason");
    expect(await refused([good, null])).toBe("/lines/1");
    for (const key of ["", "ä", "a b", "x".repeat(256)])
      expect(await refused([good], key)).toBe("header: Idempotency-Key");
    const send = (body: string) =>
      service.app.request(`/v1/cooperations/${id}/shares/batch`, {
        method: "POST",
        body,
        headers: {
          Authorization: `Bearer ${KEYS.manage}`,
          "Acting-User": "user:anna",
          "Content-Type": "application/json",
        },
      });
    const proto = await send(`{"lines":[{"__proto__":{"action":"share"},"resource":"plant:8","role":"viewer"}]}`);
    expect(proto.status).toBe(400);
    const large = await send(JSON.stringify({ lines: [{ ...good, reason: "x".repeat(256 * 1024) }] }));
    expect(large.status).toBe(413);
    const conditional = await service.as(
      "anna",
      "POST",
      `/v1/cooperations/${id}/shares/batch`,
      { lines: [good] },
      {
        headers: { "If-Match": "*" },
      },
    );
    expect(conditional.status).toBe(400);
    expect(await everything(service)).toEqual(before);
  });

  test("is tried by a dry run, which says the same of each line and changes nothing", async ({ service }) => {
    await seedWorld(service);
    await addMany(service, 60);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const lines = [
      ...sharesOf(60),
      ...sharesOf(1, { role: "technical_manager" }),
      { action: "unshare", share: shares[0] },
      { action: "share", resource: "plant:7", role: "viewer" },
      { action: "share", resource: "plant:none", role: "viewer" },
    ];
    const before = await everything(service);
    const dry = await sendBatch(service, { to: id, lines, dry: true });
    expect([dry.status, dry.body.dry_run, dry.body.done, dry.body.refused]).toEqual([200, true, 62, 2]);
    expect(dry.body.lines[0]).toMatchObject({ share: null, etag: null, resource: "plant:m0", is: { role: "viewer" } });
    expect(await everything(service)).toEqual(before);
    const really = await sendBatch(service, { to: id, lines });
    expect(really.body.lines.map(outcomeOfLine)).toEqual(dry.body.lines.map(outcomeOfLine));
  });
});

describe("a batch that is sent again", () => {
  test("without a key finds that all is so already", async ({ service }) => {
    await seedWorld(service);
    await addMany(service, 40);
    const { id } = await cooperate(service, []);
    expect((await sendBatch(service, { to: id, lines: sharesOf(40) })).body.done).toBe(40);
    const before = await everything(service);
    const again = await sendBatch(service, { to: id, lines: sharesOf(40) });
    expect([again.body.done, again.body.same]).toEqual([0, 40]);
    expect(await everything(service)).toEqual(before);
  });

  test("with its key writes no line twice, whatever others have done since", async ({ service }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    const [first = ""] = shares;
    const lines = [
      { action: "share", resource: "plant:8", role: "viewer" },
      { action: "change_share", share: first, role: "asset_manager" },
      { action: "share", resource: "portfolio:none", role: "viewer" },
    ];
    const sent = { to: id, lines, key: "contract-1" };
    const done = await sendBatch(service, sent);
    expect(done.body.lines.map(outcomeOfLine)).toEqual(["done", "done", "not_owner"]);
    // without the key each of these would be undone
    await service.as("anna", "DELETE", `/v1/shares/${done.body.lines[0].share}`);
    await service.as("anna", "PATCH", `/v1/shares/${first}`, { role: "viewer" });
    await service.admin("PUT", "/v1/portfolios/none", { owner: "sunward" });
    await service.settled();
    const again = await sendBatch(service, sent);
    expect(again.body.lines.map(outcomeOfLine)).toEqual(["done before", "done before", "done"]);
    expect((await service.as("anna", "GET", `/v1/shares/${first}`)).body.role).toBe("viewer");
    expect(await service.may("ben", "view", "plant:8")).toBe(false);
    // and none of it a third time
    const before = await everything(service);
    expect(await outcomesOf(service, sent)).toEqual(["done before", "done before", "done before"]);
    expect(await everything(service)).toEqual(before);
    // what has no key, or another one, is another batch
    expect(await outcomesOf(service, { ...sent, key: "contract-2" })).toEqual(["done", "done", "same"]);
  });

  test("with its key repeats no delegation that was taken back, and no revocation of what was given again", async ({
    service,
  }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const [share = ""] = shares;
    const give = (user: string) =>
      service.as("ben", "PUT", `/v1/shares/${share}/delegations/${user}`, { role: "viewer" });
    await give("eva");
    const lines = [
      { action: "delegate", share, user: "tom", role: "viewer" },
      { action: "revoke", share, user: "eva" },
    ];
    const sent = { to: id, kind: "delegations", lines, key: "k" } as const;
    expect(await outcomesOf(service, sent)).toEqual(["done", "done"]);
    await service.as("ben", "DELETE", `/v1/shares/${share}/delegations/tom`);
    await give("eva");
    expect(await outcomesOf(service, sent)).toEqual(["done before", "done before"]);
    expect(await service.may("tom", "view", "plant:7")).toBe(false);
    expect(await service.may("eva", "view", "plant:7")).toBe(true);
  });

  test("with its key and other lines is refused, and one of another user, cooperation or kind is another batch", async ({
    service,
  }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const line = { action: "share", resource: "plant:8", role: "viewer" };
    expect(await outcomesOf(service, { to: id, lines: [line], key: "k" })).toEqual(["done"]);
    const other = await sendBatch(service, { to: id, lines: [{ ...line, role: "asset_manager" }], key: "k" });
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await outcomesOf(service, { to: id, lines: [line], key: "k" }, "otto")).toEqual(["same"]);
    const delegations = [{ action: "delegate", share: shares[0], user: "tom", role: "viewer" }];
    expect(await outcomesOf(service, { to: id, kind: "delegations", lines: delegations, key: "k" })).toEqual(["done"]);
    const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
      email: "i@x.example",
    });
    expect(await outcomesOf(service, { to: invited.body.id, lines: [line], key: "k" })).toEqual(["done"]);
  });

  test("is refused to who may not act any more, also of lines that were done", async ({ service }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    const { id } = await cooperate(service, []);
    const sent = { to: id, lines: [{ action: "share", resource: "plant:8", role: "viewer" }], key: "k" };
    expect(await outcomesOf(service, sent, "otto")).toEqual(["done"]);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member" });
    expect((await sendBatch(service, sent, "otto")).body.code).toBe("not_admin");
  });

  test("is in no history and no view: only the cooperation's record remembers it", async ({ service }) => {
    await seedWorld(service);
    const { id } = await cooperate(service, []);
    await outcomesOf(service, { to: id, lines: [{ action: "share", resource: "plant:8", role: "viewer" }], key: "k" });
    await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
    await service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: "2099-01-01T00:00:00Z" });
    const shown = [
      await service.as("ben", "GET", `/v1/cooperations/${id}`),
      await service.as("ben", "GET", `/v1/cooperations/${id}/history`),
      await service.as("ben", "GET", "/v1/events?organization=brightfix"),
    ];
    for (const { status, body } of shown) {
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain("_batch");
    }
    expect((await service.as("ben", "GET", `/v1/cooperations/${id}/history/verify`)).body.ok).not.toBe(false);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });
});

/** The same store; somebody else acts behind its second Write. */
function afterTwoWrites(tupleStore: TupleStore, act: () => Promise<unknown>): TupleStore {
  let writes = 0;
  return {
    ...tupleStore,
    write: async (one) => {
      const outcome = await tupleStore.write(one);
      writes++;
      if (writes === 2) await act();
      return outcome;
    },
  };
}

describe("a batch and others", () => {
  test("lets other actions in the cooperation have their turn between its Writes", async ({ service }) => {
    await seedWorld(service);
    await addMany(service, 200);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const batch = sendBatch(service, { to: id, lines: sharesOf(200) });
    let others = 0;
    let isOver = false;
    void batch.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const role = others % 2 === 0 ? "technical_manager" : "viewer";
      expect((await service.as("anna", "PATCH", `/v1/shares/${shares[0]}`, { role })).status).toBe(200);
      others++;
    }
    const { body } = await batch;
    expect([body.done, body.stopped]).toEqual([200, null]);
    expect(others).toBeGreaterThan(3);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("refuses another batch of the same organization or person meanwhile, and takes one of the other side; a stranger learns of none", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
    await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
    await service.admin("PUT", "/v1/organizations/lumen/people/anna", { role: "admin" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
      email: "i@x.example",
    });
    const lumens = await service.as("lea", "POST", "/v1/organizations/lumen/cooperations", { email: "i@x.example" });
    const { held, reached, letGo } = holding(service, tupleStore, "plant:8");
    const lines = [{ action: "share", resource: "plant:8", role: "viewer" }];
    const first = sendBatch(held, { to: id, lines });
    await reached;
    for (const { status, body, headers } of [
      await sendBatch(held, { to: id, lines }, "otto"),
      await sendBatch(held, { to: invited.body.id, lines }, "otto"),
      await sendBatch(held, { to: lumens.body.id, lines }, "anna"),
    ])
      expect([status, body.code, headers.get("Retry-After")]).toEqual([503, "contended", "1"]);
    // whoever may not act is answered as where none runs
    expect((await sendBatch(held, { to: id, lines }, "lea")).body.code).toBe("not_found");
    expect((await sendBatch(held, { to: id, lines }, "ben")).body.code).toBe("wrong_side");
    const delegations = [{ action: "delegate", share: shares[0], user: "tom", role: "viewer" }];
    expect(await outcomesOf(held, { to: id, kind: "delegations", lines: delegations })).toEqual(["done"]);
    expect(
      await outcomesOf(held, { to: lumens.body.id, lines: [{ ...lines[0], resource: "plant:none" }] }, "lea"),
    ).toEqual(["not_owner"]);
    letGo();
    expect((await first).body.done).toBe(1);
    expect(await outcomesOf(held, { to: id, lines })).toEqual(["same"]);
  });

  test("of four organizations may run at once in a process; the fifth is to come again", async ({
    service,
    tupleStore,
  }) => {
    const cooperations: string[] = [];
    for (const n of [0, 1, 2, 3, 4]) {
      await service.admin("PUT", `/v1/organizations/o${n}`, { name: `O ${n}` });
      await service.admin("PUT", `/v1/organizations/o${n}/people/p${n}`, { role: "admin" });
      await service.admin("PUT", `/v1/plants/h${n}`, { owner: `o${n}` });
      const offer = { email: "i@x.example" };
      cooperations.push((await service.as(`p${n}`, "POST", `/v1/organizations/o${n}/cooperations`, offer)).body.id);
    }
    const { held, reached, letGo } = holding(service, tupleStore, "plant:h", 4);
    const send = (n: number) =>
      sendBatch(
        held,
        { to: cooperations[n] ?? "", lines: [{ action: "share", resource: `plant:h${n}`, role: "viewer" }] },
        `p${n}`,
      );
    const four = [0, 1, 2, 3].map(send);
    await reached;
    const fifth = await send(4);
    expect([fifth.status, fifth.body.code, fifth.headers.get("Retry-After")]).toEqual([503, "contended", "1"]);
    letGo();
    for (const { body } of await Promise.all(four)) expect(body.done).toBe(1);
    expect((await send(4)).body.done).toBe(1);
  });

  test("of two processes at once on the same lines write each line once", async ({ service, tupleStore, engine }) => {
    await seedWorld(service);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const rival = createService({ tupleStore, engine });
    // none of them is so already when the other has written it and the next
    const lines = Array.from({ length: 40 }, (_, n) => ({
      action: "change_share",
      share: shares[0],
      role: n % 2 === 0 ? "asset_manager" : "viewer",
    }));
    const sent = { to: id, lines, key: "k" };
    const [one, two] = await Promise.all([sendBatch(service, sent), sendBatch(rival, sent)]);
    for (const { status, body } of [one, two]) expect([status, body.done]).toEqual([200, 40]);
    for (const [n, line] of one.body.lines.entries()) expect(line.repeated).toBe(!two.body.lines[n].repeated);
    const history = (await actionsIn(service, id)).slice(2);
    expect(history.map(([action]) => action)).toEqual(Array(40).fill("change_share"));
    expect(await doctor(tupleStore)).toEqual([]);
  });

  test("of two processes at once with one key and other lines is that of the one that was first: no line is said to be done that was not written", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 40);
    const { id } = await cooperate(service, []);
    const all = sharesOf(40);
    const others = { to: id, lines: all.slice(20), key: "k" };
    let writes = 0;
    const crossed: TupleStore = {
      ...tupleStore,
      write: async (one) => {
        if (writes++ === 0) expect((await sendBatch(service, others)).body.done).toBe(20);
        return tupleStore.write(one);
      },
    };
    const late = createService({ ...service.deps, tupleStore: crossed });
    const outcomes = await outcomesOf(late, { to: id, lines: all.slice(0, 20), key: "k" });
    expect(outcomes).toEqual(Array(20).fill("idempotency_key_reused"));
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares_count).toBe(20);
    expect(new Set(await outcomesOf(service, others))).toEqual(new Set(["done before"]));
  });

  test("reads what others made it forget at the same time, not line by line", async ({ service, tupleStore }) => {
    await seedWorld(service);
    await addMany(service, 20);
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    let writes = 0;
    let reading = 0;
    let most = 0;
    const crossed: TupleStore = {
      ...tupleStore,
      read: async (filter) => {
        const isCounted = writes > 0 && filter.object.startsWith("plant:m") && filter.relation === "head";
        if (isCounted) most = Math.max(most, ++reading);
        return tupleStore.read(filter).finally(() => {
          if (isCounted) reading--;
        });
      },
      write: async (one) => {
        if (writes++ === 0) await service.as("anna", "PATCH", `/v1/shares/${shares[0]}`, { role: "technical_manager" });
        return tupleStore.write(one);
      },
    };
    const { body } = await sendBatch(createService({ ...service.deps, tupleStore: crossed }), {
      to: id,
      lines: sharesOf(20),
    });
    expect(body.done).toBe(20);
    expect(most).toBeGreaterThan(4);
  });

  test("writes nothing for who is no admin any more when it begins to write, though they were when it read", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 20);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    const { id } = await cooperate(service, []);
    let isDemoted = false;
    const demoting: TupleStore = {
      ...tupleStore,
      read: async (filter) => {
        if (filter.object === "plant:m19" && !isDemoted) {
          isDemoted = true;
          await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member" });
        }
        return tupleStore.read(filter);
      },
    };
    const late = createService({ ...service.deps, tupleStore: demoting });
    expect(new Set(await outcomesOf(late, { to: id, lines: sharesOf(20) }, "otto"))).toEqual(new Set(["not_admin"]));
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares_count).toBe(0);
  });

  test("loses its admin in the middle: the lines from there on are refused", async ({ service, tupleStore }) => {
    await seedWorld(service);
    await addMany(service, 60);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    const { id } = await cooperate(service, []);
    const demoting = afterTwoWrites(tupleStore, () =>
      service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "member" }),
    );
    const { body } = await sendBatch(
      createService({ ...service.deps, tupleStore: demoting }),
      { to: id, lines: sharesOf(60) },
      "otto",
    );
    expect(body.done).toBeGreaterThan(10);
    expect(body.done).toBeLessThan(40);
    expect(body.lines.at(-1).problem.code).toBe("not_admin");
    expect(body.done + body.refused).toBe(60);
  });

  test("meets a policy that is set in the middle: the lines from there on are held to it", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 60);
    const { id } = await cooperate(service, []);
    const ruling = afterTwoWrites(tupleStore, () =>
      service.as("anna", "PUT", "/v1/organizations/sunward/policy", { highest_role: "viewer" }),
    );
    const lines = sharesOf(60).map((line) => ({ ...line, role: "technical_manager" }));
    const { body } = await sendBatch(createService({ ...service.deps, tupleStore: ruling }), { to: id, lines });
    expect(body.done).toBeGreaterThan(10);
    expect(body.done).toBeLessThan(40);
    expect(body.lines.at(-1).problem.code).toBe("role_against_policy");
    expect(body.done + body.refused).toBe(60);
  });

  test("stops where the engine does not answer any more, says how far it is, and continues with its key", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 60);
    const { id } = await cooperate(service, []);
    let writes = 0;
    const failing: TupleStore = {
      ...tupleStore,
      write: async (one) => {
        if (writes++ >= 2) throw new EngineUnavailable("away");
        return tupleStore.write(one);
      },
    };
    const far = createService({ ...service.deps, tupleStore: failing }, { patienceMilliseconds: 200 });
    const sent = { to: id, lines: sharesOf(60), key: "k" };
    const { status, body } = await sendBatch(far, sent);
    expect([status, body.stopped.code]).toEqual([200, "engine_unavailable"]);
    expect(body.done).toBeGreaterThan(10);
    expect(body.done + body.not_reached).toBe(60);
    expect(body.lines.at(-1)).toMatchObject({ outcome: "not_reached" });
    // before anything is written it is the fault of any request
    const none = await sendBatch(far, { to: id, lines: [{ action: "share", resource: "plant:8", role: "viewer" }] });
    expect([none.status, none.body.code]).toEqual([503, "engine_unavailable"]);
    const again = await sendBatch(service, sent);
    expect([again.body.done, again.body.stopped]).toEqual([60, null]);
    expect((await actionsIn(service, id)).slice(2)).toHaveLength(60);
  });

  test("does not read on behind what does not answer", async ({ service, tupleStore }) => {
    await seedWorld(service);
    await addMany(service, 200);
    const { id } = await cooperate(service, []);
    const asked = new Set<string>();
    const hanging: TupleStore = {
      ...tupleStore,
      read: async (filter) => {
        if (!filter.object.startsWith("plant:m")) return tupleStore.read(filter);
        asked.add(filter.object);
        throw new EngineUnavailable("away");
      },
    };
    const far = createService({ ...service.deps, tupleStore: hanging }, { patienceMilliseconds: 200 });
    const { status, body } = await sendBatch(far, { to: id, lines: sharesOf(200) });
    expect([status, body.code]).toEqual([503, "engine_unavailable"]);
    expect(asked.size).toBeLessThan(20);
  });

  test("has one line that the engine cannot hold: it is refused, in the log, and the others are done", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 8);
    const { id } = await cooperate(service, []);
    let isHeld = false;
    const refusing: TupleStore = {
      ...tupleStore,
      write: async (one) => {
        if (!isHeld && one.writes.some(({ object, user }) => `${object} ${user}`.includes("plant:m3")))
          throw new EngineRefused("too long");
        return tupleStore.write(one);
      },
    };
    const warned: [string, object][] = [];
    const warn = (event: string, facts: object) => void warned.push([event, facts]);
    const strict = createService({ ...service.deps, tupleStore: refusing }, { warn });
    const sent = { to: id, lines: sharesOf(8), key: "k" };
    const others = (outcome: string, third: string) => Array.from({ length: 8 }, (_, n) => (n === 3 ? third : outcome));
    expect(await outcomesOf(strict, sent)).toEqual(others("done", "internal"));
    expect(warned).toEqual([["batch_line_refused", expect.objectContaining({ line: 4, error: "too long" })]]);
    // it is not remembered as done
    isHeld = true;
    expect(await outcomesOf(strict, sent)).toEqual(others("done before", "done"));
  });

  test("stops where the process is to end: between two Writes, or before the first while it reads many", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 60);
    const { id } = await cooperate(service, []);
    const sent = { to: id, lines: sharesOf(60), key: "k" };
    const reading = await sendBatch(createService(service.deps, { stopping: () => true }), sent);
    expect([reading.status, reading.body.stopped.code, reading.body.not_reached]).toEqual([200, "shutting_down", 60]);
    expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares_count).toBe(0);
    let writes = 0;
    const counted: TupleStore = {
      ...tupleStore,
      write: (one) => {
        writes++;
        return tupleStore.write(one);
      },
    };
    const ending = createService({ ...service.deps, tupleStore: counted }, { stopping: () => writes > 0 });
    const { body } = await sendBatch(ending, sent);
    expect(body.stopped.code).toBe("shutting_down");
    expect(body.done).toBeGreaterThan(5);
    expect(body.done).toBeLessThan(60);
    expect((await sendBatch(service, sent)).body.done).toBe(60);
  });

  test("that was cut off is remembered while others with keys are written, seven of them", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 40);
    await service.admin("PUT", "/v1/organizations/sunward/people/otto", { role: "admin" });
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
    let writes = 0;
    const failing: TupleStore = {
      ...tupleStore,
      write: async (one) => {
        if (writes++ >= 1) throw new EngineUnavailable("away");
        return tupleStore.write(one);
      },
    };
    const lines = [{ action: "change_share", share: shares[0], role: "asset_manager" }, ...sharesOf(40)];
    const cut = createService({ ...service.deps, tupleStore: failing }, { patienceMilliseconds: 100 });
    expect((await sendBatch(cut, { to: id, lines, key: "k" })).body.not_reached).toBeGreaterThan(0);
    for (let n = 0; n < 7; n++) {
      const role = n % 2 === 0 ? "viewer" : "technical_manager";
      const other = { to: id, lines: [{ action: "change_share", share: shares[0], role }], key: `other-${n}` };
      expect(await outcomesOf(service, other, "otto")).toEqual(["done"]);
    }
    const again = await sendBatch(service, { to: id, lines, key: "k" });
    expect([outcomeOfLine(again.body.lines[0]), again.body.done]).toEqual(["done before", 41]);
    // access that somebody took away does not come back
    expect((await service.as("anna", "GET", `/v1/shares/${shares[0]}`)).body.role).toBe("viewer");
  });

  test("is forgotten after eight others, and then what is so already is same", async ({ service }) => {
    await seedWorld(service);
    await addMany(service, 9);
    const { id } = await cooperate(service, []);
    const by = async (n: number) => {
      const [outcome] = await outcomesOf(service, { to: id, lines: sharesOf(9).slice(n, n + 1), key: `k${n}` });
      return outcome;
    };
    for (let n = 0; n < 9; n++) expect(await by(n)).toBe("done");
    expect([await by(0), await by(1)]).toEqual(["same", "done before"]);
  });

  test("does not give back what was so already before a line that it wrote, and was taken back since", async ({
    service,
  }) => {
    await seedWorld(service);
    await addMany(service, 1);
    const { id } = await cooperate(service, []);
    const plain = { action: "share", resource: "plant:8", role: "viewer" };
    expect(await outcomesOf(service, { to: id, lines: [plain] })).toEqual(["done"]);
    const before = await everything(service);
    // nothing is written for a batch that finds all as it says, so it is not remembered
    expect(await outcomesOf(service, { to: id, lines: [plain], key: "k" })).toEqual(["same"]);
    expect(await everything(service)).toEqual(before);
    const sent = { to: id, lines: [plain, ...sharesOf(1)], key: "k2" };
    const first = await sendBatch(service, sent);
    expect(first.body.lines.map(outcomeOfLine)).toEqual(["same", "done"]);
    await service.as("anna", "DELETE", `/v1/shares/${first.body.lines[0].share}`);
    expect(await outcomesOf(service, sent)).toEqual(["done before", "done before"]);
    expect(await service.may("ben", "view", "plant:8")).toBe(false);
  });

  test("keeps its memory where another batch with a key takes its place in between", async ({
    service,
    tupleStore,
  }) => {
    await seedWorld(service);
    await addMany(service, 40);
    const { id } = await cooperate(service, []);
    const other = { to: id, lines: [{ action: "share", resource: "plant:8", role: "viewer" }], key: "other" };
    let writes = 0;
    const crossed: TupleStore = {
      ...tupleStore,
      write: async (one) => {
        const outcome = await tupleStore.write(one);
        writes++;
        if (writes === 1) expect(await outcomesOf(service, other)).toEqual(["done"]);
        return outcome;
      },
    };
    const sent = { to: id, lines: sharesOf(40), key: "k" };
    expect((await sendBatch(createService({ ...service.deps, tupleStore: crossed }), sent)).body.done).toBe(40);
    expect(new Set(await outcomesOf(service, sent))).toEqual(new Set(["done before"]));
  });
});

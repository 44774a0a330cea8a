/** ETag, If-Match, and asking for what is so already: nobody overwrites what they have not seen. */
import { expect } from "vitest";
import { everything } from "../../support/routes.ts";
import { cooperate, forgetInvitations, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

/** A thing with an ETag: where it is read, and two changes of it. */
type Thing = {
  read: [user: string, path: string];
  change: [user: string, method: string, path: string, body?: object | undefined];
  again: [user: string, method: string, path: string, body?: object | undefined];
};

async function things(service: Service): Promise<Record<string, Thing>> {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "asset_manager" }]);
  await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/eva`, { role: "viewer" });
  const cooperation = `/v1/cooperations/${id}`;
  const share = `/v1/shares/${shares[0]}`;
  const org = "/v1/organizations/sunward";
  return {
    cooperation: {
      read: ["anna", cooperation],
      change: ["anna", "PATCH", cooperation, { expires_at: "2099-01-01T00:00:00Z" }],
      again: ["anna", "POST", `${cooperation}/pause`],
    },
    "its partner's view": {
      read: ["ben", cooperation],
      change: ["anna", "POST", `${cooperation}/resume`],
      again: ["ben", "POST", `${cooperation}/leave`],
    },
    share: {
      read: ["anna", share],
      change: ["anna", "PATCH", share, { role: "viewer" }],
      again: ["anna", "DELETE", share],
    },
    delegation: {
      read: ["ben", share],
      change: ["ben", "PUT", `${share}/delegations/tom`, { role: "viewer" }],
      again: ["ben", "DELETE", `${share}/delegations/tom`],
    },
    organization: {
      read: ["", org],
      change: ["", "PUT", org, { name: "Sunward" }],
      again: ["", "PUT", org, { name: "Sunward again" }],
    },
    person: {
      read: ["anna", `${org}/people/otto`],
      change: ["anna", "PUT", `${org}/people/otto`, { role: "moderator" }],
      again: ["anna", "DELETE", `${org}/people/otto`],
    },
    plant: {
      read: ["anna", "/v1/plants/8"],
      change: ["anna", "PUT", "/v1/plants/8", { owner: "sunward", name: "Lake" }],
      again: ["", "DELETE", "/v1/plants/8"],
    },
    portfolio: {
      read: ["anna", "/v1/portfolios/north"],
      change: ["anna", "PUT", "/v1/portfolios/north", { owner: "sunward", name: "Far north" }],
      again: ["", "PUT", "/v1/portfolios/north", { owner: "sunward" }],
    },
    "job role": {
      read: ["anna", "/v1/plants/8"],
      change: ["anna", "PUT", "/v1/plants/8/roles/otto", { role: "viewer" }],
      again: ["anna", "DELETE", "/v1/plants/8/roles/otto"],
    },
  };
}
const NAMES = ["cooperation", "share", "delegation", "organization", "person", "plant", "portfolio", "job role"];

const call = (service: Service, [user, method, path, body]: Thing["change"], match?: string): Promise<Reply> => {
  const options = match === undefined ? {} : { headers: { "If-Match": match } };
  return user === "" ? service.admin(method, path, body, options) : service.as(user, method, path, body, options);
};
const etagOf = async (service: Service, [user, path]: Thing["read"]) => {
  const reply = await call(service, [user, "GET", path]);
  expect(reply.body.etag).toBe(reply.headers.get("ETag"));
  return reply.headers.get("ETag") ?? "none";
};

test.for(NAMES)("a %s is changed with its newest ETag only", async (name, { service }) => {
  const thing = (await things(service))[name];
  if (thing === undefined) throw new Error(`no ${name}`);
  const first = await etagOf(service, thing.read);
  expect(first).toMatch(/^"\d+"$/);
  const before = await everything(service);
  for (const wrong of ['"0"', '"999"', `W/${first}`, first.slice(1, -1), "x", `"${"9".repeat(30)}"`, '""', ""]) {
    const reply = await call(service, thing.change, wrong);
    expect([reply.status, reply.body.code, reply.headers.get("ETag")], wrong).toEqual([412, "stale", first]);
  }
  expect(await everything(service)).toEqual(before);
  const changed = await call(service, thing.change, first);
  expect(changed.status, JSON.stringify(changed.body)).toBeLessThan(300);
  const second = await etagOf(service, thing.read);
  expect(second).not.toBe(first);
  expect([changed.headers.get("ETag"), changed.body.etag]).toEqual([second, second]);
  const after = await everything(service);
  const stale = await call(service, thing.again, first);
  expect([stale.status, stale.body.code, stale.headers.get("ETag")]).toEqual([412, "stale", second]);
  expect(await everything(service)).toEqual(after);
  expect((await call(service, thing.again, second)).status).toBe(200);
});

test("a missing If-Match and If-Match: * set no condition", async ({ service }) => {
  const thing = (await things(service)).cooperation;
  if (thing === undefined) throw new Error("no cooperation");
  expect((await call(service, thing.change, "*")).status).toBe(200);
  expect((await call(service, thing.again)).status).toBe(200);
});

test("a dry run checks If-Match like the change itself", async ({ service }) => {
  const thing = (await things(service)).share;
  if (thing === undefined) throw new Error("no share");
  const [user, method, path, body] = thing.change;
  expect((await call(service, [user, method, `${path}?dry_run=true`, body], '"999"')).status).toBe(412);
});

test("an action of the partner requires the ETag that its admin has read", async ({ service }) => {
  const thing = (await things(service))["its partner's view"];
  if (thing === undefined) throw new Error("no cooperation");
  const seen = await etagOf(service, thing.read);
  await call(service, ["anna", "POST", `${thing.read[1]}/pause`]);
  expect((await call(service, thing.again, seen)).body.code).toBe("stale");
});

test("an action without effect gets 200, changes nothing and adds no history entry, for every action", async ({
  service,
}) => {
  const { id, shares } = await (async () => {
    await seedWorld(service);
    return cooperate(service, [
      { resource: "plant:7", role: "asset_manager", expires_at: "2099-01-01T00:00:00Z" },
      { resource: "plant:8", role: "viewer" },
    ]);
  })();
  const cooperation = `/v1/cooperations/${id}`;
  const share = `/v1/shares/${shares[0]}`;
  const org = "/v1/organizations/sunward";
  const twice = async (user: string, method: string, path: string, body?: object) => {
    const first = await call(service, [user, method, path, body]);
    expect(first.status, `${method} ${path} ${JSON.stringify(first.body)}`).toBeLessThan(300);
    await service.settled();
    const before = await everything(service);
    const again = await call(service, [user, method, path, body]);
    expect([again.status, again.headers.get("ETag")], `${method} ${path}`).toEqual([200, first.headers.get("ETag")]);
    expect(again.body.effective_by, path).toMatch(/Z$/);
    expect(await everything(service), `${method} ${path}`).toEqual(before);
  };
  await twice("", "PUT", org, { name: "Sunward" });
  await twice("", "PUT", "/v1/organizations/new", { name: "New" });
  await twice("", "PUT", `${org}/people/new`, { role: "member", email: "new@sunward.example", language: "de" });
  await twice("anna", "PUT", `${org}/people/otto`, { role: "moderator" });
  await twice("", "PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" });
  await twice("anna", "PUT", "/v1/plants/9", { owner: "sunward", name: "Nine" });
  await twice("", "PUT", "/v1/portfolios/south", { owner: "sunward" });
  await twice("anna", "PUT", "/v1/plants/9/roles/otto", { role: "operator" });
  await twice("anna", "DELETE", "/v1/plants/9/roles/otto");
  await twice("anna", "POST", `${cooperation}/shares`, { resource: "plant:9", role: "viewer" });
  await twice("ben", "POST", `${cooperation}/accept`);
  await twice("anna", "PATCH", cooperation, { expires_at: "2099-01-01T00:00:00Z" });
  await twice("anna", "PATCH", cooperation, { expires_at: "2099-01-01T01:00:00.5+01:00" });
  await twice("anna", "PATCH", cooperation, {});
  await twice("anna", "PATCH", cooperation, { expires_at: null });
  await twice("anna", "PATCH", share, { role: "viewer" });
  await twice("anna", "PATCH", share, { expires_at: null });
  await twice("anna", "PATCH", share, {});
  await twice("ben", "PUT", `${share}/delegations/tom`, { role: "viewer", expires_at: "2098-01-01T00:00:00Z" });
  await twice("ben", "PUT", `${share}/delegations/tom`, { role: "viewer" });
  await twice("ben", "DELETE", `${share}/delegations/tom`);
  await twice("anna", "POST", `${cooperation}/pause`);
  await twice("anna", "POST", `${cooperation}/resume`);
  await twice("ben", "POST", `${cooperation}/leave`);
  const removed = (await service.as("anna", "POST", `${org}/cooperations`, { organization: "brightfix" })).body.id;
  await twice("anna", "DELETE", `/v1/cooperations/${removed}`);
  await forgetInvitations(service);
  const declined = (await service.as("anna", "POST", `${org}/cooperations`, { organization: "brightfix" })).body.id;
  await twice("ben", "POST", `/v1/cooperations/${declined}/decline`);
  await twice("", "DELETE", "/v1/plants/9");
  await twice("", "DELETE", "/v1/portfolios/south");
  await twice("", "DELETE", `${org}/people/new`);
  await twice("", "DELETE", "/v1/organizations/new");
});

test("an ended cooperation is not ended again by another action, whose refusal names the required status", async ({
  service,
}) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  await service.as("ben", "POST", `/v1/cooperations/${id}/leave`);
  const reply = await service.as("anna", "DELETE", `/v1/cooperations/${id}`);
  expect([reply.status, reply.body]).toMatchObject([
    409,
    { code: "wrong_status", ended_as: "left", needs: ["invited", "pending", "active", "paused"] },
  ]);
});

test("a removed share is not found, before and after the sweep", async ({ service }) => {
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const path = `/v1/shares/${shares[0]}`;
  expect((await service.as("anna", "DELETE", path)).body).toMatchObject({
    removed_at: expect.any(String),
    actions: [],
  });
  for (let n = 0; n < 2; n++) {
    for (const method of ["GET", "DELETE", "PATCH"])
      expect((await service.as("anna", method, path, method === "PATCH" ? {} : undefined)).status).toBe(404);
    await service.settled();
  }
});

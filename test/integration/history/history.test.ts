/** The history on the wire: newest first, and verified by each side from its own replies alone. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { expect } from "vitest";
import { seedRoutes } from "../../support/routes.ts";
import { cooperate, type Service, seedWorld, test } from "../../support/service.ts";

type Entry = Record<string, unknown> & {
  n: number;
  action: string;
  reason?: string;
  proof: Record<"previous" | "hash" | "common" | "initiator_only" | "partner_only" | "nonce", string>;
};

const historyOf = async (service: Service, user: string, path: string): Promise<Entry[]> => {
  const { status, body } = await service.as(user, "GET", `${path}/history?limit=200`);
  expect(status).toBe(200);
  return body.items;
};

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const H = (part: object) => sha256(canonicalize(part) ?? "");

/**
 * What is wrong with a chain, by RFC 8785, SHA-256 and the rule of the documentation alone:
 * hash = SHA-256(previous ‖ H(common) ‖ H(initiator only) ‖ H(partner only)).
 */
function problems(newestFirst: Entry[], side: "initiator_only" | "partner_only" | undefined): string[] {
  const found: string[] = [];
  let previous = "0".repeat(64);
  for (const [index, entry] of [...newestFirst].reverse().entries()) {
    const { proof, reason, ...common } = entry;
    const say = (what: string) => found.push(`${entry.n}: ${what}`);
    if (entry.n !== index + 1) say("a gap");
    if (proof.previous !== previous) say("does not follow");
    if (proof.common !== H(common)) say("its facts are not those that were sealed");
    if (reason !== undefined && (side === undefined || proof[side] !== H({ reason, nonce: proof.nonce })))
      say("its reason is not the one that was sealed");
    if (reason === undefined && side !== undefined && proof[side] !== H({})) say("a reason was taken away");
    const parts = [proof.previous, proof.common, proof.initiator_only, proof.partner_only];
    if (proof.hash !== sha256(Buffer.concat(parts.map((hex) => Buffer.from(hex, "hex"))))) say("its hash is wrong");
    previous = proof.hash;
  }
  return found;
}

/** A cooperation in which much happened, with reasons of both sides. */
async function eventful(service: Service) {
  await seedWorld(service);
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    shares: [{ resource: "plant:7", role: "asset_manager" }],
    reason: "why we ask",
  });
  const { id } = invited.body;
  const path = `/v1/cooperations/${id}`;
  await service.as("ben", "POST", `${path}/accept`, { reason: "why they accept" });
  const share = invited.body.shares[0].id;
  await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer", reason: "why tom" });
  await service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", reason: "why less" });
  await service.as("anna", "PATCH", path, { expires_at: "2099-01-01T00:00:00Z" });
  await service.as("ben", "DELETE", `/v1/shares/${share}/delegations/tom?reason=why%20no%20more`);
  await service.as("anna", "POST", `${path}/pause`, { reason: "why pause" });
  await service.as("anna", "POST", `${path}/resume`);
  await service.as("anna", "DELETE", `/v1/shares/${share}?reason=why%20not`);
  await service.as("ben", "POST", `${path}/leave`, { reason: "why leave" });
  return { id, path, share };
}

test("each side verifies the whole chain from its own view, and sees its own reasons alone", async ({ service }) => {
  const { path } = await eventful(service);
  const ours = await historyOf(service, "anna", path);
  const theirs = await historyOf(service, "ben", path);
  expect(ours.map(({ action }) => action).reverse()).toEqual([
    "invite",
    "accept",
    "delegate",
    "change_share",
    "change_expiry",
    "revoke",
    "pause",
    "resume",
    "unshare",
    "leave",
  ]);
  expect(problems(ours, "initiator_only")).toEqual([]);
  expect(problems(theirs, "partner_only")).toEqual([]);
  expect(theirs.map(({ proof }) => proof.hash)).toEqual(ours.map(({ proof }) => proof.hash));
  const reasons = (entries: Entry[]) => entries.flatMap(({ reason }) => reason ?? []).reverse();
  expect(reasons(ours)).toEqual(["why we ask", "why less", "why pause", "why not"]);
  expect(reasons(theirs)).toEqual(["why they accept", "why tom", "why no more", "why leave"]);
  for (const word of ["why we ask", "why less", "why pause", "why not"])
    expect(JSON.stringify(theirs)).not.toContain(word);
  for (const word of ["why they", "why tom", "why no more", "why leave"])
    expect(JSON.stringify(ours)).not.toContain(word);
});

test("verification finds every change to a view", async ({ service }) => {
  const { path } = await eventful(service);
  const bent = async (bend: (entries: Entry[]) => void) => {
    const entries = structuredClone(await historyOf(service, "anna", path));
    bend(entries);
    return problems(entries, "initiator_only");
  };
  const at = (entries: Entry[], n: number) => entries.find((entry) => entry.n === n) as Entry;
  expect(await bent(() => {})).toEqual([]);
  for (const bend of [
    (all: Entry[]) => Object.assign(at(all, 3), { actor: "user:eve" }),
    (all: Entry[]) => Object.assign(at(all, 4), { reason: "another why" }),
    (all: Entry[]) => delete at(all, 4).reason,
    (all: Entry[]) => all.splice(3, 1),
    (all: Entry[]) => all.reverse(),
    (all: Entry[]) => Object.assign(at(all, 2).proof, { partner_only: "0".repeat(64) }),
    (all: Entry[]) => Object.assign(at(all, 5), { after: {} }),
  ])
    expect(await bent(bend)).not.toEqual([]);
});

test("a reason is only in the history of its own side", async ({ service }) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const reason = "a secret of ours";
  const replies = [
    await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, { reason }),
    await service.as("anna", "POST", `/v1/cooperations/${id}/resume`, { reason }),
    await service.as("ben", "GET", `/v1/cooperations/${id}`),
    await service.as("ben", "GET", `/v1/shares/${shares[0]}`),
    await service.as("ben", "GET", `/v1/cooperations/${id}/history`),
    await service.as("ben", "GET", "/v1/organizations/brightfix/history"),
    await service.admin("GET", `/v1/cooperations/${id}/history`),
  ];
  for (const { status, body } of replies) {
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(reason);
  }
  const ours = await service.as("anna", "GET", `/v1/cooperations/${id}/history`);
  expect(JSON.stringify(ours.body)).toContain(reason);
});

test("a service reads a chain that it verifies, without either side's reasons", async ({ service }) => {
  const { path } = await eventful(service);
  const { body } = await service.admin("GET", `${path}/history`);
  expect(body.items).toHaveLength(10);
  expect(problems(body.items, undefined)).toEqual([]);
  expect(JSON.stringify(body)).not.toContain("why");
});

test("an entry says who, when, under which request, and what changed how", async ({ service }) => {
  service.setNow(new Date("2026-06-01T12:00:00.250Z"));
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const request = "req-7/a=b";
  const reply = await service.as("anna", "POST", `/v1/cooperations/${id}/pause`, undefined, {
    headers: { "X-Request-ID": request },
  });
  expect(reply.headers.get("X-Request-ID")).toBe(request);
  const [entry] = await historyOf(service, "ben", `/v1/cooperations/${id}`);
  expect(entry).toMatchObject({
    n: 3,
    action: "pause",
    actor: "user:anna",
    at: "2026-06-01T12:00:00.250Z",
    request_id: request,
    object: `cooperation:${id}`,
    before: { status: "active" },
    after: { status: "paused" },
  });
  await service.admin("PUT", "/v1/organizations/sunward", { name: "Sunward" }, { headers: { "X-Request-ID": "r-2" } });
  const [renamed] = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(renamed).toMatchObject({
    action: "rename",
    actor: "service:back-office",
    request_id: "r-2",
    before: { name: "Sunward Energy" },
    after: { name: "Sunward" },
  });
});

test("an organization's history is its own chain, for its admins and services alone", async ({ service }) => {
  await seedRoutes(service);
  const ours = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(problems(ours, "initiator_only")).toEqual([]);
  expect(problems(await historyOf(service, "ben", "/v1/organizations/brightfix"), "initiator_only")).toEqual([]);
  expect(ours.at(-1)?.action).toBe("create");
  for (const [user, code] of [
    ["otto", "not_admin"],
    ["ben", "not_found"],
  ] as const)
    expect((await service.as(user, "GET", "/v1/organizations/sunward/history")).body.code).toBe(code);
});

test("a person's address and name are in no history", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/sunward/people/otto", {
    role: "moderator",
    name: "Otto Ohm",
    email: "otto.ohm@sunward.example",
    language: "de",
  });
  const text = JSON.stringify(await historyOf(service, "anna", "/v1/organizations/sunward"));
  expect(text).toContain("user:otto");
  for (const word of ["Ohm", "otto.ohm@", "@sunward.example"]) expect(text).not.toContain(word);
});

test("the invited address is in the initiator's own history, and in none that the partner reads", async ({
  service,
}) => {
  await seedWorld(service);
  const address = "somebody@elsewhere.example";
  const invited = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", { email: address });
  const token = /token=(\S+)/.exec(service.mails[0]?.text ?? "")?.[1];
  await service.as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" });
  for (const user of ["anna", "ben"])
    expect(JSON.stringify(await historyOf(service, user, `/v1/cooperations/${invited.body.id}`))).not.toContain(
      address,
    );
  expect(JSON.stringify(await historyOf(service, "ben", "/v1/organizations/brightfix"))).not.toContain(address);
  expect(JSON.stringify(await historyOf(service, "anna", "/v1/organizations/sunward"))).toContain(address);
});

test("the owner's history says when a plant is shared by entering a shared portfolio, and when it no longer is", async ({
  service,
}) => {
  await seedWorld(service);
  const { shares } = await cooperate(service, [{ resource: "portfolio:north", role: "viewer" }]);
  const move = (portfolio?: string) =>
    service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside", portfolio, reason: "our own" });
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  await move("north");
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
  const [put] = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(put).toMatchObject({
    action: "change_resource",
    object: "plant:7",
    reason: "our own",
    after: { portfolio: "north", shared_through: shares },
  });
  await move();
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  const [taken] = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(taken).toMatchObject({ before: { portfolio: "north", shared_through: shares } });
  expect(taken?.after).not.toHaveProperty("shared_through");
});

test("a plant is not shared through a portfolio whose share has not started", async ({ service }) => {
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const body = { resource: "portfolio:north", role: "viewer", starts_at: "2099-01-01T00:00:00Z" };
  const { body: share } = await service.as("anna", "POST", `/v1/cooperations/${id}/shares`, body);
  const move = (portfolio?: string) =>
    service.as("anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hillside", portfolio });
  await move("north");
  const [put] = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(put).toMatchObject({ action: "change_resource", after: { portfolio: "north" } });
  expect(put?.after).not.toHaveProperty("shared_through");
  expect((await service.as("anna", "PATCH", `/v1/shares/${share.id}`, { starts_at: null })).status).toBe(200);
  await move();
  const [taken] = await historyOf(service, "anna", "/v1/organizations/sunward");
  expect(taken).toMatchObject({ before: { portfolio: "north", shared_through: [share.id] } });
});

test("a history continues when an organization is deleted and created again", async ({ service }) => {
  await service.admin("PUT", "/v1/organizations/brief", { name: "Brief" });
  await service.admin("DELETE", "/v1/organizations/brief");
  await service.admin("PUT", "/v1/organizations/brief", { name: "Brief again" });
  const { body } = await service.admin("GET", "/v1/organizations/brief/history");
  expect(body.items.map(({ n, action }: Entry) => [n, action])).toEqual([
    [3, "create"],
    [2, "delete"],
    [1, "create"],
  ]);
  expect(problems(body.items, undefined)).toEqual([]);
});

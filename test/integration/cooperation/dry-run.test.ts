/** A dry run writes nothing, and says of every action what the engine answers before and after it, dates included. */
import { expect } from "vitest";
import type { Answer } from "../../../src/ports.ts";
import { everything } from "../../support/routes.ts";
import { type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const DATES = ["2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z"];
const [JULY = "", AUGUST = "", SEPTEMBER = ""] = DATES;
/** The instants that separate all ends in this world: access that ends at a date has ended at it. */
const INSTANTS = [NOW, ...DATES.map((date) => new Date(date))];

const USERS = ["anna", "ben", "tom", "eva"];
const RESOURCES = ["plant:7", "plant:8", "plant:9", "portfolio:north"];
const PERMISSIONS = ["can_view", "can_manage_technical", "can_manage_commercial", "can_operate"];
const KEYS = USERS.flatMap((user) =>
  RESOURCES.flatMap((resource) => PERMISSIONS.map((permission) => ({ user, resource, permission }))),
);

type Row = { user: string; resource: string; permission: string; until: string | null; was_until?: string | null };
const text = ({ user, resource, permission }: Omit<Row, "until">) => `${user} ${permission} ${resource}`;

/** For each that is held now: the answers at each instant, as the engine gives them. */
async function held({ deps }: Service): Promise<Map<string, string>> {
  const questions = KEYS.map(({ user, resource, permission }) => ({
    user: `user:${user}`,
    relation: permission,
    object: resource,
  }));
  const answersAt = async (at: Date, tries = 0): Promise<Answer[]> => {
    const answers = await deps.engine.batchCheck(questions, at);
    // a fault is no answer: an engine that is short of time is asked again
    return answers.some((answer) => "fault" in answer) && tries < 5 ? answersAt(at, tries + 1) : answers;
  };
  const answers = await Promise.all(INSTANTS.map((at) => answersAt(at)));
  const rows = KEYS.map((key, n): [string, string] => [
    text(key),
    answers.map((all) => (JSON.stringify(all[n]) === '{"allowed":true}' ? "y" : "n")).join(""),
  ]);
  return new Map(rows.filter(([, profile]) => profile.startsWith("y")));
}

/** What the engine must answer at each instant of somebody whose access ends at `until`. */
const lasting = (until: string | null | undefined) =>
  INSTANTS.map((at) => (until === null || until === undefined || at < new Date(until) ? "y" : "n")).join("");

type Step = [what: string, user: string, method: string, path: string, body?: object];

/**
 * Tries a step dry, then does it, and holds what the dry run said to what the engine says.
 * Returns how many rows it had, and what is held now.
 */
async function tryThenDo(service: Service, [what, user, method, path, body]: Step, known?: Map<string, string>) {
  const [before, tuples] = [known ?? (await held(service)), await everything(service)];
  const mails = service.mails.length;
  const dry = await service.as(user, method, `${path}?dry_run=true`, body);
  expect([dry.status, dry.body.dry_run], `${what} ${JSON.stringify(dry.body)}`).toEqual([200, true]);
  expect(await everything(service), what).toEqual(tuples);
  expect(service.mails, what).toHaveLength(mails);
  const done: Reply = await service.as(user, method, path, body);
  expect(done.status, `${what} ${JSON.stringify(done.body)}`).toBeLessThan(300);
  const after = await held(service);

  const rows = (part: "gains" | "loses" | "redated"): Row[] =>
    dry.body.impact.flatMap((one: Record<typeof part, Row[]>) => one[part]);
  const table = (part: "gains" | "loses" | "redated", until: (row: Row) => string | null | undefined) =>
    new Map(rows(part).map((row) => [text(row), lasting(until(row))]));
  const changed = [...after].filter(([key, profile]) => before.has(key) && before.get(key) !== profile);
  expect(
    table("gains", (row) => row.until),
    `${what}: gains`,
  ).toEqual(new Map([...after].filter(([key]) => !before.has(key))));
  expect(
    table("loses", (row) => row.until),
    `${what}: loses`,
  ).toEqual(new Map([...before].filter(([key]) => !after.has(key))));
  expect(
    table("redated", (row) => row.until),
    `${what}: redated to`,
  ).toEqual(new Map(changed));
  expect(
    table("redated", (row) => row.was_until),
    `${what}: redated from`,
  ).toEqual(new Map(changed.map(([key]) => [key, before.get(key) ?? ""])));
  return { rows: rows("gains").length + rows("loses").length + rows("redated").length, after };
}

const ORG = "/v1/organizations/sunward/cooperations";

test("every action through a cooperation's life has the impact that its dry run predicted", async ({ service }) => {
  service.setNow(NOW);
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/9", { owner: "sunward" });
  const invited = await service.as("anna", "POST", ORG, {
    organization: "brightfix",
    shares: [
      { resource: "plant:7", role: "asset_manager", expires_at: AUGUST },
      { resource: "portfolio:north", role: "viewer" },
    ],
  });
  const { id } = invited.body;
  const shareOf = (resource: string) =>
    `/v1/shares/${invited.body.shares.find((share: { resource: string }) => share.resource === resource).id}`;
  const [cooperation, seven, north] = [`/v1/cooperations/${id}`, shareOf("plant:7"), shareOf("portfolio:north")];
  const steps: [expected: number, ...Step][] = [
    [4, "accept", "ben", "POST", `${cooperation}/accept`],
    [2, "delegate until July", "ben", "PUT", `${seven}/delegations/tom`, { role: "asset_manager", expires_at: JULY }],
    [2, "delegate a portfolio", "ben", "PUT", `${north}/delegations/eva`, { role: "viewer" }],
    [2, "lower a share", "anna", "PATCH", seven, { role: "viewer" }],
    [1, "a peer's role instead", "anna", "PATCH", seven, { role: "technical_manager" }],
    [3, "and back: delegations rise again", "anna", "PATCH", seven, { role: "asset_manager" }],
    [2, "a share's date", "anna", "PATCH", seven, { expires_at: SEPTEMBER }],
    [6, "a cooperation's date", "anna", "PATCH", cooperation, { expires_at: AUGUST }],
    [2, "a delegation without its date", "ben", "PUT", `${seven}/delegations/tom`, { role: "asset_manager" }],
    [8, "no date of the cooperation", "anna", "PATCH", cooperation, { expires_at: null }],
    [2, "a plant into a shared portfolio", "anna", "PUT", "/v1/plants/9", { owner: "sunward", portfolio: "north" }],
    [
      1,
      "the plant itself, at more",
      "anna",
      "POST",
      `${cooperation}/shares`,
      { resource: "plant:9", role: "technical_manager" },
    ],
    [1, "the plant out of it", "anna", "PUT", "/v1/plants/9", { owner: "sunward" }],
    [1, "a delegation at less", "ben", "PUT", `${seven}/delegations/tom`, { role: "viewer" }],
    [2, "revoke", "ben", "DELETE", `${north}/delegations/eva`],
    [0, "what is so already", "anna", "PATCH", seven, { role: "asset_manager" }],
    [7, "pause", "anna", "POST", `${cooperation}/pause`],
    [0, "share while paused", "anna", "POST", `${cooperation}/shares`, { resource: "plant:8", role: "asset_manager" }],
    [8, "resume", "anna", "POST", `${cooperation}/resume`],
    [3, "unshare", "anna", "DELETE", seven],
    [5, "leave", "ben", "POST", `${cooperation}/leave`],
  ];
  const rows: [number, string][] = [];
  let now: Map<string, string> | undefined;
  for (const [, ...step] of steps) {
    const tried = await tryThenDo(service, step, now);
    now = tried.after;
    rows.push([tried.rows, step[0]]);
  }
  // the numbers keep a world in which nothing changes from passing for one in which nothing is wrong
  expect(rows).toEqual(steps.map(([expected, what]) => [expected, what]));
});

test("inviting, sending again, joining, declining and removing have the impact that their dry runs predicted", async ({
  service,
}) => {
  service.setNow(NOW);
  await seedWorld(service);
  const rowsOf = async (step: Step) => (await tryThenDo(service, step)).rows;
  const shares = [{ resource: "portfolio:north", role: "technical_manager", expires_at: AUGUST }];
  expect(await rowsOf(["invite by address", "anna", "POST", ORG, { email: "ida@else.example", shares }])).toBe(0);
  const token = /token=(\S+)/.exec(service.mails[0]?.text ?? "")?.[1];
  const join: Step = ["join", "ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" }];
  expect(await rowsOf(join)).toBe(4);
  const [{ id }] = (await service.as("ben", "GET", "/v1/organizations/brightfix/cooperations")).body.items;
  expect(await rowsOf(["remove", "anna", "DELETE", `/v1/cooperations/${id}`])).toBe(4);
  expect(await rowsOf(["propose", "anna", "POST", ORG, { organization: "brightfix", shares }])).toBe(0);
  const [pending] = (await service.as("ben", "GET", "/v1/organizations/brightfix/cooperations")).body.items;
  service.setNow(new Date(NOW.getTime() + 60_000));
  expect(await rowsOf(["resend", "anna", "POST", `/v1/cooperations/${pending.id}/resend`])).toBe(0);
  expect(await rowsOf(["decline", "ben", "POST", `/v1/cooperations/${pending.id}/decline`])).toBe(0);
});

test("a dry run is refused as the action itself would be", async ({ service }) => {
  await seedWorld(service);
  const invited = (await service.as("anna", "POST", ORG, { organization: "brightfix" })).body;
  const dry = `/v1/cooperations/${invited.id}`;
  for (const [user, path, code] of [
    ["anna", `${dry}/accept?dry_run=true`, "wrong_side"],
    ["tom", `${dry}/accept?dry_run=true`, "not_admin"],
    ["nobody", `${dry}/accept?dry_run=true`, "not_found"],
    ["anna", `${dry}/pause?dry_run=true`, "wrong_status"],
    ["anna", `${dry}/resend?dry_run=true`, "cool_down"],
  ] as const)
    expect((await service.as(user, "POST", path)).body.code, path).toBe(code);
});

test("dry_run=false runs the action itself", async ({ service }) => {
  await seedWorld(service);
  const { id } = (await service.as("anna", "POST", ORG, { organization: "brightfix" })).body;
  const accepted = await service.as("ben", "POST", `/v1/cooperations/${id}/accept?dry_run=false`);
  expect(accepted.body.status).toBe("active");
});

test("moving a plant names its impact for each cooperation that its portfolios are shared in", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
  const shares = [{ resource: "portfolio:north", role: "viewer" }];
  for (const [organization, user] of [
    ["brightfix", "ben"],
    ["lumen", "lea"],
  ] as const) {
    const { id } = (await service.as("anna", "POST", ORG, { organization, shares })).body;
    await service.as(user, "POST", `/v1/cooperations/${id}/accept`);
  }
  const path = "/v1/plants/7?dry_run=true";
  const into = (await service.as("anna", "PUT", path, { owner: "sunward", portfolio: "north" })).body.impact;
  const users = into.map((one: { gains: Row[] }) =>
    one.gains.map((row) => `${row.user} ${row.permission} ${row.resource}`),
  );
  expect(users.sort()).toEqual([["ben can_view plant:7"], ["lea can_view plant:7"]]);
  expect((await service.as("anna", "PUT", path, { owner: "sunward" })).body.impact).toEqual([]);
});

/** The access log read through the API: each reader gets their lines and nobody else's, in every form, and all of them. */
import { join } from "node:path";
import { expect } from "vitest";
import { createFileReader } from "../../../src/access-log/file-reader.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { send } from "../../support/routes.ts";
import {
  cooperate,
  createService,
  KEYS,
  type Reply,
  type Service,
  seedWorld,
  test,
  withKeys,
} from "../../support/service.ts";
import { accessAt, gapAt, writeTo } from "../../support/written-log.ts";

const START = Date.parse("2027-03-01T12:00:00Z");
const HOUR = 3_600_000;
const NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/** A service that reads the log in a folder. */
const readingFrom = (folder: string, { deps }: Service): Service =>
  createService(deps, { accessLogReader: createFileReader({ folder }) });

type Log = { reads: Service; folder: string; id: string; other: string };

/**
 * A log of sunward's cooperation with brightfix and of its other one with lumen (lea), an hour after they began: tom and ben
 * of brightfix, lina of lumen, sunward's own otto, and a gap.
 */
async function logged(service: Service): Promise<Log> {
  service.setNow(new Date(START));
  await seedWorld(service);
  const must = (reply: Reply) => {
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
    return reply.body;
  };
  must(await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" }));
  must(await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" }));
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const offer = { organization: "lumen", shares: [{ resource: "plant:8", role: "viewer" }] };
  const { id: other } = must(await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", offer));
  must(await service.as("lea", "POST", `/v1/cooperations/${other}/accept`));
  const folder = ownFolder();
  const at = (minutes: number) => START + HOUR + minutes * 60_000;
  const own = { ...accessAt(at(5), { path: "own", user: "otto", caller: "erp" }) } as Record<string, unknown>;
  for (const name of ["cooperation", "share", "partner"]) delete own[name];
  writeTo(folder, { at: at(0) }, [
    accessAt(at(1), { cooperation: id, purpose: "=cmd|' /C calc'!A0", count: 3, request_id: "r-1" }),
    accessAt(at(2), { cooperation: id, user: "ben", permission: "can_manage_technical" }),
    accessAt(at(3), { cooperation: id, decision: false, reasons: ["cooperation_paused", "share_expired"] }),
    own,
  ]);
  writeTo(folder, { at: at(0), writer: 2, isOpen: true }, [
    accessAt(at(4), { cooperation: other, user: "lina", resource: "plant:8", partner: "lumen" }),
    gapAt(at(6), at(7), { lost: 12 }),
  ]);
  return { reads: readingFrom(folder, service), folder, id, other };
}

type Item = Record<string, unknown>;
/** A line in short, the newest first. */
const short = ({ kind, user, caller }: Item) => (kind === "gap" ? "gap" : `${user} by ${caller ?? "nobody"}`);
const shortOf = ({ body }: Reply): string[] => body.items.map(short);

const ALL = ["gap", "otto by erp", "lina by portal", "tom by portal", "ben by portal", "tom by portal"];
const OF_COOPERATION = ["gap", "tom by portal", "ben by portal", "tom by portal"];
const OF_PARTNER = ["gap", "tom by nobody", "ben by nobody", "tom by nobody"];

type Asked = (log: Log) => string;
const ofCooperation: Asked = ({ id }) => `/v1/cooperations/${id}/access-log`;
const ofOther: Asked = ({ other }) => `/v1/cooperations/${other}/access-log`;
const of =
  (path: string): Asked =>
  () =>
    `/v1/${path}/access-log`;

test.for<[who: string | undefined, what: string, path: Asked, expected: string[] | string]>([
  ["anna", "the cooperation", ofCooperation, OF_COOPERATION],
  ["ben", "the cooperation", ofCooperation, OF_PARTNER],
  [undefined, "the cooperation", ofCooperation, OF_COOPERATION],
  ["otto", "the cooperation", ofCooperation, "not_admin"],
  ["tom", "the cooperation", ofCooperation, "not_admin"],
  ["lea", "the cooperation", ofCooperation, "not_found"],
  ["nobody", "the cooperation", ofCooperation, "not_found"],
  ["anna", "the other cooperation", ofOther, ["gap", "lina by portal"]],
  ["lea", "the other cooperation", ofOther, ["gap", "lina by nobody"]],
  ["ben", "the other cooperation", ofOther, "not_found"],
  ["anna", "the owner", of("organizations/sunward"), ALL],
  [undefined, "the owner", of("organizations/sunward"), ALL],
  ["otto", "the owner", of("organizations/sunward"), "not_admin"],
  ["ben", "the owner", of("organizations/sunward"), "not_found"],
  ["ben", "the partner", of("organizations/brightfix"), OF_PARTNER],
  [undefined, "the partner", of("organizations/brightfix"), OF_COOPERATION],
  ["tom", "the partner", of("organizations/brightfix"), "not_admin"],
  ["anna", "the partner", of("organizations/brightfix"), "not_found"],
  ["anna", "an organization that is none", of("organizations/none"), "not_found"],
  [undefined, "an organization that is none", of("organizations/none"), "not_found"],
  ["anna", "the plant", of("plants/7"), ["gap", "otto by erp", "tom by portal", "ben by portal", "tom by portal"]],
  ["anna", "the other plant", of("plants/8"), ["gap", "lina by portal"]],
  [undefined, "the other plant", of("plants/8"), ["gap", "lina by portal"]],
  ["otto", "the plant", of("plants/7"), "not_admin"],
  ["ben", "the plant", of("plants/7"), "not_found"],
  ["lea", "the plant", of("plants/7"), "not_found"],
  ["anna", "a plant that is none", of("plants/none"), "not_found"],
  [undefined, "a plant that is none", of("plants/none"), "not_found"],
  ["anna", "the portfolio", of("portfolios/north"), ["gap"]],
  ["ben", "the portfolio", of("portfolios/north"), "not_found"],
])(
  "%s asks for the log of %s: their lines, or no more than of what does not exist",
  async ([who, , path, expected], { service }) => {
    const log = await logged(service);
    const ask = (asked: string) =>
      who === undefined ? log.reads.admin("GET", asked) : log.reads.as(who, "GET", asked);
    const reply = await ask(path(log));
    expect(reply.status === 200 ? shortOf(reply) : reply.body.code).toEqual(expected);
    if (expected !== "not_found") return;
    const nothing = await ask(
      path({ ...log, id: NOWHERE, other: NOWHERE }).replace(/(plants|organizations)\/\w+/, "$1/none"),
    );
    expect(reply.body).toEqual(nothing.body);
  },
);

test("a partner is shown neither the key nor the request, and of a gap neither its number nor its file; a service is shown all", async ({
  service,
}) => {
  const log = await logged(service);
  const items = async (reply: Promise<Reply>): Promise<Item[]> => (await reply).body.items;
  const partner = await items(log.reads.as("ben", "GET", ofCooperation(log)));
  const owner = await items(log.reads.as("anna", "GET", ofCooperation(log)));
  const all = await items(log.reads.admin("GET", ofCooperation(log)));
  const names = (lines: Item[]) => [...new Set(lines.flatMap((line) => Object.keys(line)))];
  for (const hidden of ["caller", "request_id", "lost", "file", "hash"]) expect(names(partner)).not.toContain(hidden);
  for (const hidden of ["lost", "file", "hash"]) expect(names(owner)).not.toContain(hidden);
  expect(owner.at(-1)).toMatchObject({ caller: "portal", request_id: "r-1", purpose: expect.any(String) });
  expect(partner.at(-1)).toMatchObject({ user: "tom", count: 3, purpose: expect.any(String) });
  expect(all[0]).toMatchObject({ kind: "gap", reason: "killed", lost: 12, file: "access-of-all", hash: "0a" });
});

test.for([
  ["user=ben", ["gap", "ben by portal"]],
  ["user=nobody", ["gap"]],
  ["permission=can_manage_technical", ["gap", "ben by portal"]],
  ["permission=can_view&user=tom", ["gap", "tom by portal", "tom by portal"]],
  ["decision=false", ["gap", "tom by portal"]],
  ["decision=true&user=tom", ["gap", "tom by portal"]],
  ["from=2027-03-01T13:04:00Z", ["gap", "otto by erp", "lina by portal"]],
  ["from=2027-03-01T14:04:00%2B01:00&to=2027-03-01T13:05:00Z", ["lina by portal"]],
  ["to=2027-03-01T13:02:00Z", ["tom by portal"]],
  ["user=ben&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", ["gap", "ben by portal"]],
] as const)("%s gives what matches it, and gaps by their time", async ([query, expected], { service }) => {
  const { reads } = await logged(service);
  expect(shortOf(await reads.as("anna", "GET", `/v1/organizations/sunward/access-log?${query}`))).toEqual(expected);
});

test("pages have every line once, and a cursor is of its own list and filter alone", async ({ service }) => {
  const log = await logged(service);
  const path = "/v1/organizations/sunward/access-log";
  const found: string[] = [];
  const cursors: string[] = [];
  for (let next = ""; ; ) {
    const reply = await log.reads.as("anna", "GET", `${path}?limit=2${next}`);
    expect(reply.body.items.length).toBeLessThanOrEqual(2);
    found.push(...shortOf(reply));
    if (reply.body.next_cursor === null) break;
    cursors.push(reply.body.next_cursor);
    next = `&cursor=${reply.body.next_cursor}`;
  }
  expect(found).toEqual(ALL);
  const [cursor = ""] = cursors;
  // how far a file is read says how much others did
  expect(Buffer.from(cursor, "base64url").toString("latin1")).not.toMatch(/\d{8}T\d{2}|[0-9A-Z]{26}/);
  for (const other of [
    `${ofCooperation(log)}?cursor=${cursor}`,
    `${path}?user=tom&cursor=${cursor}`,
    `${path}?cursor=${cursor.slice(1)}`,
    `${path}?cursor=${cursor.slice(0, -2)}AA`,
    `${path}?cursor=${Buffer.from('["20270301T13","01M8ZK3V5Q7T9X1B3D5F7H0001",[]]').toString("base64url")}`,
    `${path}?cursor=${Buffer.from('["x","y"]').toString("base64url")}`,
  ]) {
    const { status, body } = await log.reads.as("anna", "GET", other);
    expect([status, body.code, body.errors[0].pointer], other).toEqual([400, "invalid_request", "query: cursor"]);
  }
});

test.for([
  ["limit=0", "limit"],
  ["limit=1000", "limit"],
  ["decision=maybe", "decision"],
  ["from=yesterday", "from"],
  ["to=2027-03-01", "to"],
  ["from=0000-01-01T00:00:00Z", "from"],
  ["from=0000-01-01T00:00:00%2B01:00", "from"],
  ["from=0001-01-01T00:00:00%2B01:00", "from"],
  ["to=9999-12-31T23:59:59-01:00", "to"],
  ["from=2027-03-02T00:00:00Z&to=2027-03-01T00:00:00Z", "to"],
  ["user=a%20b", "user"],
  ["permission=", "permission"],
  ["permission=%00", "permission"],
  ["permission=can%20view", "permission"],
  ["format=xml", "format"],
  ["cursor=xx", "cursor"],
  ["format=csv&cursor=xx", "cursor"],
  ["usr=tom", "usr"],
] as const)("%s is refused, and the problem names it", async ([query, parameter], { service }) => {
  const { reads } = await logged(service);
  const { status, body } = await reads.as("anna", "GET", `/v1/organizations/sunward/access-log?${query}`);
  expect([status, body.code]).toEqual([400, "invalid_request"]);
  expect(body.errors[0].pointer).toContain(parameter);
});

/** A whole reply as text. */
const whole = (service: Service, path: string, user: string | undefined, accept?: string) =>
  send(service, "GET", path, undefined, {
    ...{ key: user === undefined ? KEYS.admin : KEYS.manage, user },
    ...(accept !== undefined && { headers: { Accept: accept } }),
  });
const linesOf = (text: string): Item[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test("NDJSON has what the pages have, whole, for each reader", async ({ service }) => {
  const log = await logged(service);
  for (const user of ["anna", "ben", undefined]) {
    const path = ofCooperation(log);
    const { text, headers, status } = await whole(log.reads, `${path}?format=ndjson`, user);
    const page = await (user === undefined ? log.reads.admin("GET", path) : log.reads.as(user, "GET", path));
    expect([status, headers.get("Content-Type")]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
    expect(headers.get("Content-Disposition")).toMatch(/^attachment; filename="access-log-[\dTZ-]+\.ndjson"$/);
    expect(linesOf(text)).toEqual(page.body.items);
    expect((await whole(log.reads, path, user, "application/x-ndjson")).text).toBe(text);
  }
});

test("a gap from before a cooperation or an organization was created is shown to services alone, also where it is asked for", async ({
  service,
}) => {
  const log = await logged(service);
  writeTo(log.folder, { at: START - HOUR }, [gapAt(START - HOUR, START - 1)]);
  const from = `from=${new Date(START - 2 * HOUR).toISOString()}`;
  for (const path of [ofCooperation(log), "/v1/organizations/sunward/access-log", "/v1/plants/7/access-log"])
    for (const asked of [`${path}?user=nobody`, `${path}?user=nobody&${from}`]) {
      expect(shortOf(await log.reads.as("anna", "GET", asked)), asked).toEqual(["gap"]);
      expect(shortOf(await log.reads.admin("GET", asked)), asked).toEqual(["gap", "gap"]);
    }
  const later = `from=${new Date(START + 2 * HOUR).toISOString()}`;
  expect(shortOf(await log.reads.as("anna", "GET", `${ofCooperation(log)}?${later}`))).toEqual([]);
});

test("a log of more lines than a part has is whole, each line once", async ({ service }) => {
  const log = await logged(service);
  const many = Array.from({ length: 1300 }, (_, n) => accessAt(START + 2 * HOUR + n, { user: `of ${n}` }));
  writeTo(log.folder, { at: START + 2 * HOUR }, many);
  const { text } = await whole(log.reads, "/v1/organizations/brightfix/access-log?format=ndjson", "ben");
  expect(linesOf(text)).toHaveLength(1300 + OF_PARTNER.length);
  expect(
    linesOf(text)
      .slice(0, 1300)
      .map(({ user }) => user),
  ).toEqual(many.map(({ user }) => user).reverse());
});

/** Rows of CSV, cells by their columns. */
function rowsOf(text: string): Record<string, string>[] {
  const [columns = [], ...rows] = text
    .split("\r\n")
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
  return rows.map((cells) => Object.fromEntries(columns.map((name, n) => [name, cells[n] ?? ""])));
}

test("CSV has a row for each line, is safe in a spreadsheet, and has what the reader may see", async ({ service }) => {
  const log = await logged(service);
  const owner = await whole(log.reads, `${ofCooperation(log)}?format=csv`, "anna");
  expect(owner.headers.get("Content-Type")).toBe("text/csv; charset=utf-8");
  expect((await whole(log.reads, ofCooperation(log), "anna", "text/csv")).text).toBe(owner.text);
  const rows = rowsOf(owner.text);
  expect(rows).toMatchObject([
    {
      kind: "gap",
      gap: "killed",
      first: "2027-03-01T13:06:00.000Z",
      last: "2027-03-01T13:07:00.000Z",
      lost: "",
      file: "",
    },
    { kind: "access", user: "tom", decision: "false", reasons: "cooperation_paused share_expired", caller: "portal" },
    { user: "ben", permission: "can_manage_technical", decision: "true", reasons: "" },
    { user: "tom", count: "3", purpose: "'=cmd|' /C calc'!A0", request_id: "r-1", cooperation: log.id },
  ]);
  const partner = rowsOf((await whole(log.reads, `${ofCooperation(log)}?format=csv`, "ben")).text);
  expect(partner.map(({ caller, request_id }) => [caller, request_id])).toEqual(Array(4).fill(["", ""]));
  const all = rowsOf((await whole(log.reads, `${ofCooperation(log)}?format=csv`, undefined)).text);
  expect(all[0]).toMatchObject({ lost: "12", file: "access-of-all" });
});

test("OCSF has an event for each line with the attributes that its class requires, and says nothing that the reader may not see", async ({
  service,
}) => {
  const log = await logged(service);
  const path = `${ofCooperation(log)}?format=ocsf`;
  const events = linesOf((await whole(log.reads, path, "anna")).text);
  const required = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"];
  for (const event of events) {
    expect(Object.keys(event)).toEqual(expect.arrayContaining(required));
    expect(event).toMatchObject({ category_uid: 6, metadata: { version: "1.9.0", product: { name: "Concordat" } } });
    expect(event.type_uid).toBe(Number(event.class_uid) * 100 + Number(event.activity_id));
  }
  const [gap, denied, , allowed] = events;
  expect(gap).toMatchObject({ class_uid: 6008, status_code: "killed", unmapped: { gap: { reason: "killed" } } });
  expect(denied).toMatchObject({
    ...{ class_uid: 6003, activity_id: 2, status_id: 2, status_detail: "cooperation_paused, share_expired" },
    actor: { authorizations: [{ decision: "denied" }] },
  });
  const first = START + HOUR + 60_000;
  expect(allowed).toMatchObject({
    ...{ class_uid: 6003, activity_id: 2, status_id: 1, count: 3, time: first, start_time: first, end_time: first },
    metadata: { correlation_uid: "r-1" },
    actor: {
      user: { uid: "tom", org: { uid: "brightfix" } },
      authorizations: [{ decision: "allowed", policy: { uid: "s1", group: { uid: log.id } } }],
    },
    api: { operation: "can_view" },
    src_endpoint: { svc_name: "portal" },
    resources: [{ uid: "plant:7", type: "plant", owner: { uid: "sunward" } }],
  });
  const partner = linesOf((await whole(log.reads, path, "ben")).text);
  expect(partner.at(-1)).toMatchObject({ src_endpoint: { name: "undisclosed" } });
  for (const hidden of ["portal", "r-1", "access-of-all"]) expect(JSON.stringify(partner)).not.toContain(hidden);
});

test("who has the id of a deleted organization sees nothing from before it was created, on no route; its predecessor did", async ({
  service,
}) => {
  const { setNow, admin, as } = service;
  const log = await logged(service);
  const must = (reply: Reply) => expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  must(await admin("PUT", "/v1/plants/20", { owner: "lumen" }));
  const offer = { organization: "brightfix", shares: [{ resource: "plant:20", role: "viewer" }] };
  const { body: given } = await as("lea", "POST", "/v1/organizations/lumen/cooperations", offer);
  must(await as("ben", "POST", `/v1/cooperations/${given.id}/accept`));
  const line = { cooperation: given.id, initiator: "lumen", resource: "plant:20" };
  writeTo(log.folder, { at: START + 2 * HOUR }, [accessAt(START + 2 * HOUR, line)]);
  const paths = ["organizations/lumen", "plants/20", `cooperations/${given.id}`, `cooperations/${log.other}`];
  const seen = async () => {
    const replies = paths.map(async (path) => {
      const reply = await log.reads.as("lea", "GET", `/v1/${path}/access-log?user=tom`);
      const lina = await log.reads.as("lea", "GET", `/v1/${path}/access-log?user=lina`);
      return reply.status === 200
        ? [...shortOf(reply), ...shortOf(lina)].filter((one) => one !== "gap")
        : reply.body.code;
    });
    return Promise.all(replies);
  };
  expect(await seen()).toEqual([
    ["tom by portal", "lina by nobody"],
    ["tom by portal"],
    ["tom by portal"],
    ["lina by nobody"],
  ]);

  setNow(new Date(START + 3 * HOUR));
  must(await as("lea", "DELETE", `/v1/cooperations/${given.id}`));
  must(await as("lea", "POST", `/v1/cooperations/${log.other}/leave`));
  // ended, both sides see it as ever
  expect(await seen()).toEqual([
    ["tom by portal", "lina by nobody"],
    ["tom by portal"],
    ["tom by portal"],
    ["lina by nobody"],
  ]);
  const ofPartner = await log.reads.as("ben", "GET", `/v1/cooperations/${given.id}/access-log`);
  expect(shortOf(ofPartner)).toEqual(["tom by nobody", "gap"]);
  await service.settled();
  for (const path of ["plants/20", "organizations/lumen/people/lea", "organizations/lumen"])
    must(await admin("DELETE", `/v1/${path}`));
  setNow(new Date(START + 4 * HOUR));
  must(await admin("PUT", "/v1/organizations/lumen", { name: "Lumen" }));
  must(await admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" }));
  must(await admin("PUT", "/v1/plants/20", { owner: "lumen" }));
  expect(await seen()).toEqual([[], [], "not_found", "not_found"]);
  writeTo(log.folder, { at: START + 5 * HOUR }, [accessAt(START + 5 * HOUR, { ...line, cooperation: NOWHERE })]);
  expect((await seen()).slice(0, 2)).toEqual([["tom by portal"], ["tom by portal"]]);
  // nor a gap of before
  const gapsOf = async (path: string) =>
    shortOf(await log.reads.as("lea", "GET", `/v1/${path}/access-log`)).filter((one) => one === "gap");
  for (const path of paths.slice(0, 2)) expect(await gapsOf(path), path).toEqual([]);
  writeTo(log.folder, { at: START + 5 * HOUR }, [gapAt(START + 4 * HOUR - 1, START + 4 * HOUR + 1)]);
  for (const path of paths.slice(0, 2)) expect(await gapsOf(path), path).toEqual(["gap"]);
  // a service sees all of what the id was
  const all = await log.reads.admin("GET", "/v1/organizations/lumen/access-log?user=tom");
  expect(shortOf(all).filter((one) => one !== "gap")).toEqual(["tom by portal", "tom by portal"]);
  // but not one whose key is bound to it
  const bound = await askBound(log.reads, { organizations: ["lumen"] }, "/v1/organizations/lumen/access-log?user=tom");
  expect(shortOf(bound).filter((one) => one !== "gap")).toEqual(["tom by portal"]);
});

const BOUND = "a-key-that-is-bound-to-less";
async function askBound(service: Service, bounds: object, path: string): Promise<Reply> {
  const key = { name: "bound", scopes: ["admin" as const], key: BOUND, ...bounds };
  const { accessLogReader } = service.deps;
  return send(withKeys(service, [key], { accessLogReader }), "GET", path, undefined, { key: BOUND });
}

test("a key that is bound to an organization reads what its admins read, and one that is bound to types needs all that is in the lines", async ({
  service,
}) => {
  const log = await logged(service);
  const ask = (bounds: object, path: string) => askBound(log.reads, bounds, path);
  expect(shortOf(await ask({ organizations: ["brightfix"] }, ofCooperation(log)))).toEqual(OF_PARTNER);
  expect(shortOf(await ask({ organizations: ["sunward"] }, ofCooperation(log)))).toEqual(OF_COOPERATION);
  expect(shortOf(await ask({ organizations: ["sunward"] }, "/v1/organizations/sunward/access-log"))).toEqual(ALL);
  const gap = (await ask({ organizations: ["sunward"] }, "/v1/plants/8/access-log")).body.items[0];
  expect(gap).not.toHaveProperty("lost");
  for (const path of ["/v1/organizations/sunward/access-log", "/v1/plants/7/access-log", ofOther(log)])
    expect((await ask({ organizations: ["brightfix"] }, path)).body.code).toBe("outside_key");
  const types = ["organization", "cooperation", "share", "plant", "portfolio"];
  expect((await ask({ types }, "/v1/organizations/sunward/access-log")).status).toBe(200);
  for (const missing of types) {
    const rest = { types: types.filter((one) => one !== missing) };
    expect((await ask(rest, "/v1/organizations/sunward/access-log")).body.code, missing).toBe("outside_key");
  }
});

test("where no log is kept that can be read, who may read it learns what to set, and a stranger nothing", async ({
  service,
}) => {
  const log = await logged(service);
  const without = createService(service.deps, { accessLogReader: undefined });
  for (const path of [
    ofCooperation(log),
    "/v1/organizations/sunward/access-log?format=csv",
    "/v1/plants/7/access-log",
  ]) {
    const { status, body } = await without.as("anna", "GET", path);
    expect([status, body.code]).toEqual([404, "access_log_not_kept"]);
    expect((await without.as("lea", "GET", path)).body.code).toBe("not_found");
  }
});

test("a log that cannot be read is a problem, in every form, and no shorter log", async ({ service }) => {
  const log = await logged(service);
  const broken = readingFrom(join(import.meta.filename, "none"), service);
  for (const format of ["json", "ndjson", "csv", "ocsf"]) {
    const { status, body, headers } = await broken.as("anna", "GET", `${ofCooperation(log)}?format=${format}`);
    expect([status, body.code, headers.get("Retry-After")]).toEqual([503, "audit_unavailable", "1"]);
  }
});

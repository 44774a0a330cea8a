/** The register: every right of somebody from outside, now and at instants of the past, for who may see it, in each form. */
import { type DefaultTreeAdapterMap, parse } from "parse5";
import { expect } from "vitest";
import { anyId } from "../../support/ids.ts";
import { ok } from "../../support/outcomes.ts";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test, withKeys } from "../../support/service.ts";

const START = Date.parse("2027-03-01T12:00:00Z");
const hours = (count: number) => new Date(START + count * 3600_000);
const REGISTER = "/v1/register?organization=sunward";

type Row = {
  user: string;
  resource: string;
  effective_role: string;
  state: string;
  path: { held_as: string; cooperation: string; share: string };
};
const short = ({ user, resource, effective_role, path, state }: Row) =>
  [user, path.held_as, resource, effective_role, state].join(" ");

/** A reply that must succeed. */
const rows = async (service: Service, more = "", user = "anna"): Promise<string[]> =>
  (await ok(service, user, "GET", REGISTER + more)).items.map(short);

/** Plant 7 shared as technical manager at hour 1, delegated to tom as viewer at hour 2. */
async function shared(service: Service) {
  service.setNow(hours(0));
  await seedWorld(service);
  service.setNow(hours(1));
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  service.setNow(hours(2));
  const share = shares[0] ?? expect.fail("nothing is shared");
  await ok(service, "ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "viewer" });
  service.setNow(hours(3));
  return { id, share };
}
const BEN = "ben admin plant:7 technical_manager active";
const TOM = "tom delegate plant:7 viewer active";

test("lists who from outside has what, since when, until when, by whose decision and through what", async ({
  service,
}) => {
  const { id, share } = await shared(service);
  const { items, ...whole } = await ok(service, "anna", "GET", REGISTER);
  expect(whole).toEqual({
    at: hours(3).toISOString(),
    direction: "given",
    organization: { id: "sunward", name: "Sunward Energy" },
    not_shown: [],
    next_cursor: null,
  });
  const common = {
    organization: { id: "brightfix", name: "Brightfix Service" },
    owner: { id: "sunward", name: "Sunward Energy" },
    resource: "plant:7",
    state: "active",
    until: null,
    steps_down_at: null,
    last_used: null,
    used_since: null,
  };
  expect(items).toEqual([
    {
      ...common,
      user: "ben",
      role: "technical_manager",
      effective_role: "technical_manager",
      path: { held_as: "admin", cooperation: id, share },
      since: hours(1).toISOString(),
      by: "user:anna",
      decided_at: hours(1).toISOString(),
    },
    {
      ...common,
      user: "tom",
      role: "viewer",
      effective_role: "viewer",
      path: { held_as: "delegate", cooperation: id, share },
      since: hours(2).toISOString(),
      by: "user:ben",
      decided_at: hours(2).toISOString(),
    },
  ]);
});

test("answers for instants of the past from what was then, also of what has ended and of who has left since", async ({
  service,
}) => {
  const { id, share } = await shared(service);
  service.setNow(hours(4));
  await ok(service, "anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", expires_at: hours(90).toISOString() });
  service.setNow(hours(5));
  expect((await service.admin("DELETE", "/v1/organizations/brightfix/people/tom")).status).toBe(200);
  service.setNow(hours(6));
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/pause`);
  service.setNow(hours(7));
  await ok(service, "anna", "DELETE", `/v1/cooperations/${id}`);
  await service.settled();
  service.setNow(hours(8));
  const at = (hour: number) => rows(service, `&at=${hours(hour).toISOString()}`);
  expect(await rows(service)).toEqual([]);
  expect(await at(0)).toEqual([]);
  expect(await at(1)).toEqual([BEN]);
  expect(await at(2)).toEqual([BEN, TOM]);
  expect(await at(4)).toEqual(["ben admin plant:7 viewer active", TOM]);
  expect(await at(5)).toEqual(["ben admin plant:7 viewer active"]);
  expect(await at(6)).toEqual(["ben admin plant:7 viewer suspended"]);
  expect(await at(7)).toEqual([]);
  const past = await ok(service, "anna", "GET", `${REGISTER}&at=${hours(4).toISOString()}`);
  expect(past).toMatchObject({ at: hours(4).toISOString(), not_shown: ["names", "plants_in_portfolios", "last_used"] });
  expect(past.items[0]).toMatchObject({
    until: hours(90).toISOString().replace(".000", ""),
    since: hours(1).toISOString(),
  });
});

test("one cooperation that was invited and accepted within a second keeps the register of no instant in it from anybody", async ({
  service,
}) => {
  const second = (milliseconds: number) => new Date(START + milliseconds);
  service.setNow(hours(-1));
  await seedWorld(service);
  service.setNow(second(200));
  const shares = [{ resource: "plant:7", role: "technical_manager" }];
  const offer = { organization: "brightfix", shares };
  const { id } = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", offer);
  service.setNow(second(800));
  await ok(service, "ben", "POST", `/v1/cooperations/${id}/accept`);
  service.setNow(hours(1));
  const at = (milliseconds: number) => rows(service, `&at=${second(milliseconds).toISOString()}`);
  for (const before of [-1, 0, 199, 200, 799]) expect(await at(before), `${before} ms`).toEqual([]);
  expect(await at(800)).toEqual([BEN]);
});

test("of now it is what the engine decides: what a date, a pause or a review ends is in it as long as access is", async ({
  service,
}) => {
  const { id, share } = await shared(service);
  const agrees = async (now: Date, expected: string[]) => {
    service.setNow(now);
    expect(await rows(service)).toEqual(expected);
    const active = expected.filter((row) => row.endsWith(" active"));
    for (const user of ["ben", "tom", "eva"])
      expect(await service.may(user, "view", "plant:7"), user).toBe(active.some((row) => row.startsWith(`${user} `)));
  };
  await agrees(hours(3), [BEN, TOM]);
  const review_by = hours(10).toISOString();
  await ok(service, "anna", "PATCH", `/v1/cooperations/${id}`, { review_by });
  await ok(service, "ben", "PUT", `/v1/shares/${share}/delegations/eva`, {
    role: "technical_manager",
    expires_at: hours(6).toISOString(),
  });
  await agrees(hours(5), [BEN, "eva delegate plant:7 technical_manager active", TOM]);
  await agrees(hours(6), [BEN, TOM]);
  await agrees(new Date(hours(10).getTime() - 1), [BEN, TOM]);
  await agrees(hours(10), []);
  await ok(service, "anna", "POST", `/v1/cooperations/${id}/review`, { note: "Still needed.", review_by: null });
  await agrees(hours(11), [BEN, TOM]);
});

test("a partner sees what its own people hold, and not who decided before it joined", async ({ service }) => {
  service.setNow(hours(0));
  await seedWorld(service);
  const invited = await ok(service, "anna", "POST", "/v1/organizations/sunward/cooperations", {
    email: "ida@else.example",
    shares: [{ resource: "plant:7", role: "viewer" }],
  });
  const token = /#token=(\S+)/.exec(service.mails.at(-1)?.text ?? "")?.[1] ?? expect.fail("no token");
  await ok(service, "ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" });
  const held = "/v1/register?organization=brightfix&direction=held";
  expect((await ok(service, "ben", "GET", held)).items).toMatchObject([
    { user: "ben", owner: { id: "sunward" }, resource: "plant:7", by: null, path: { cooperation: invited.id } },
  ]);
  expect((await ok(service, "anna", "GET", REGISTER)).items).toMatchObject([{ user: "ben", by: "user:anna" }]);
  // what it gives is another question, and so is what the initiator holds
  expect((await ok(service, "ben", "GET", "/v1/register?organization=brightfix")).items).toEqual([]);
  expect((await ok(service, "anna", "GET", `${REGISTER}&direction=held`)).items).toEqual([]);
});

test("is for admins of the organization and services; a stranger learns nothing, and no key sees beyond its bounds", async ({
  service,
}) => {
  await shared(service);
  for (const [user, path, status, code] of [
    ["otto", REGISTER, 403, "not_admin"],
    ["ben", REGISTER, 404, "not_found"],
    ["anna", "/v1/register?organization=brightfix", 404, "not_found"],
    ["anna", "/v1/register?organization=nowhere", 404, "not_found"],
  ] as const) {
    const { status: is, body } = await service.as(user, "GET", path);
    expect([is, body.code], `${user} ${path}`).toEqual([status, code]);
  }
  expect((await service.admin("GET", REGISTER)).body.items).toHaveLength(2);
  expect((await service.admin("GET", "/v1/register?organization=nowhere")).status).toBe(404);
  const KEY = "a-key-that-is-bound-to-one-organization";
  const bound = withKeys(service, [{ name: "bound", scopes: ["admin"], key: KEY, organizations: ["brightfix"] }]);
  const ask = (organization: string) =>
    send(bound, "GET", `/v1/register?organization=${organization}&direction=held`, undefined, { key: KEY });
  expect([(await ask("sunward")).status, (await ask("brightfix")).body.items.length]).toEqual([403, 2]);
});

test("an organization has nothing of one that had its id before, and the other side keeps what it had (law 15)", async ({
  service,
}) => {
  const { id } = await shared(service);
  service.setNow(hours(4));
  await ok(service, "anna", "DELETE", `/v1/cooperations/${id}`);
  await service.settled();
  for (const path of ["plants/7", "plants/8", "portfolios/north"])
    expect((await service.admin("DELETE", `/v1/${path}`)).status).toBe(200);
  for (const user of ["anna", "otto"])
    expect((await service.admin("DELETE", `/v1/organizations/sunward/people/${user}`)).status).toBe(200);
  expect((await service.admin("DELETE", "/v1/organizations/sunward")).status).toBe(200);
  service.setNow(hours(5));
  await service.admin("PUT", "/v1/organizations/sunward", { name: "Another" });
  await service.admin("PUT", "/v1/organizations/sunward/people/nina", { role: "admin" });
  const past = `&at=${hours(3).toISOString()}`;
  expect(await rows(service, past, "nina")).toEqual([]);
  expect((await service.admin("GET", REGISTER + past)).body.items).toEqual([]);
  const held = await ok(service, "ben", "GET", `/v1/register?organization=brightfix&direction=held${past}`);
  expect(held.items.map(short)).toEqual([BEN, TOM]);
});

test("pages are in one order and each right is on one of them, also over cooperations; another list's cursor is refused", async ({
  service,
}) => {
  await shared(service);
  await cooperate(service, [
    { resource: "plant:8", role: "viewer" },
    { resource: "portfolio:north", role: "asset_manager" },
  ]);
  const all = (await ok(service, "anna", "GET", REGISTER)).items;
  expect(all).toHaveLength(4);
  for (const limit of [1, 2, 3]) {
    const found: object[] = [];
    for (let cursor = ""; ; ) {
      const page = await ok(service, "anna", "GET", `${REGISTER}&limit=${limit}${cursor}`);
      found.push(...page.items);
      if (page.next_cursor === null) break;
      expect(page.items).toHaveLength(limit);
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(found, `limit ${limit}`).toEqual(all);
  }
  const { next_cursor } = await ok(service, "anna", "GET", `${REGISTER}&limit=1`);
  const [{ path }] = all;
  for (const more of [
    "&direction=held",
    `&at=${hours(2).toISOString()}`,
    `&cooperation=${path.cooperation}`,
    "&format=csv",
  ]) {
    const { status, body } = await service.as("anna", "GET", `${REGISTER}&cursor=${next_cursor}${more}`);
    expect([status, body.code, body.errors?.[0].pointer], more).toEqual([400, "invalid_request", "query: cursor"]);
  }
  const one = await ok(service, "anna", "GET", `${REGISTER}&cooperation=${path.cooperation}`);
  expect(one.items.map(short)).toEqual([BEN, TOM]);
});

test.for([
  ["at=2999-01-01T00:00:00Z", "query: at"],
  ["at=yesterday", "query: at"],
  ["at=2027-01-01T00:00:00", "query: at"],
  ["direction=both", "query: direction"],
  ["format=pdf", "query: format"],
  ["limit=0", "query: limit"],
  ["since=2027-01-01T00:00:00Z", "query: since"],
])("a query that cannot be answered is refused with its place (%s)", async ([query, pointer], { service }) => {
  await seedWorld(service);
  const { status, body } = await service.as("anna", "GET", `${REGISTER}&${query}`);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, "invalid_request", pointer]);
});

/** What a service answers in a form that is no JSON. */
const formed = (service: Service, more: string, headers: Record<string, string> = {}) =>
  send(service, "GET", REGISTER + more, undefined, { key: KEYS.admin, headers });

test("as CSV it is whole, and nobody's id or name is a formula in a spreadsheet", async ({ service }) => {
  const { share } = await shared(service);
  await service.admin("PUT", "/v1/organizations/brightfix", { name: '=HYPERLINK("https://evil.example","x")' });
  await service.admin("PUT", "/v1/organizations/brightfix/people/@eva", { role: "external" });
  await ok(service, "ben", "PUT", `/v1/shares/${share}/delegations/@eva`, { role: "viewer" });
  const { status, headers, text } = await formed(service, "&format=csv");
  expect([status, headers.get("Content-Type")]).toEqual([200, "text/csv; charset=utf-8"]);
  expect(headers.get("Content-Disposition")).toBe('attachment; filename="register-given-2027-03-01T15-00-00-000Z.csv"');
  const [head, ...lines] = text.trimEnd().split("\r\n");
  expect(head).toMatch(/^user,organization,organization_name,owner,.*,until,.*,by,decided_at,cooperation,share$/);
  expect(lines).toHaveLength(3);
  expect(lines.filter((line) => line.startsWith("'@eva,"))).toHaveLength(1);
  for (const line of lines) expect(line).toContain(`,"'=HYPERLINK(""https://evil.example"",""x"")",`);
  expect((await formed(service, "", { Accept: "text/csv" })).text).toBe(text);
});

type Node = DefaultTreeAdapterMap["node"];
const nodesIn = (node: Node): Node[] => [node, ...("childNodes" in node ? node.childNodes.flatMap(nodesIn) : [])];

test("as a page it needs nothing from elsewhere, runs nothing, and shows every name as text", async ({ service }) => {
  await shared(service);
  await service.admin("PUT", "/v1/organizations/brightfix", { name: '<script>alert(1)</script>"><b>' });
  const { headers, text } = await formed(service, "&format=html");
  expect(headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  const policy = headers.get("Content-Security-Policy") ?? "";
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/]+={0,2}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  const nodes = parse(text).childNodes.flatMap(nodesIn);
  const tags = new Set(nodes.map(({ nodeName }) => nodeName).filter((name) => !name.startsWith("#")));
  const known = [
    "html",
    "head",
    "body",
    "main",
    "title",
    "meta",
    "style",
    "h1",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
  ];
  expect([...tags].filter((tag) => tag !== "!doctype" && !known.includes(tag))).toEqual([]);
  const style = nodes.find(({ nodeName }) => nodeName === "style");
  const css =
    style && "childNodes" in style && style.childNodes[0] && "value" in style.childNodes[0]
      ? style.childNodes[0].value
      : "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(css));
  expect(policy).toContain(`'sha256-${Buffer.from(digest).toString("base64")}'`);
  expect(css).not.toMatch(/url\(|@import/);
  expect(nodes.filter((node) => "value" in node && node.value.includes("<script>alert(1)</script>"))).not.toEqual([]);
  expect(nodes.filter(({ nodeName }) => nodeName === "tr")).toHaveLength(3);
});

test("the page is asked for by Accept, and is in English or German", async ({ service }) => {
  await shared(service);
  const browser = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "de-DE,de;q=0.9,en;q=0.5" };
  const german = await formed(service, "", browser);
  expect([german.headers.get("Content-Language"), german.text.includes("Erteilt als")]).toEqual(["de", true]);
  expect((await formed(service, "&language=en", browser)).text).toContain("Held as");
  expect((await formed(service, "&format=json", browser)).headers.get("Content-Type")).toMatch(/^application\/json/);
  const past = await formed(service, `&format=html&language=en&at=${hours(1).toISOString()}`);
  expect(past.text).toContain("is in its owner&#39;s history");
  expect((await formed(service, "&format=html&language=en")).text).not.toContain("is in its owner&#39;s history");
});

test("two replicas answer alike, and each has what was acknowledged before it was asked", async ({
  service,
  tupleStore,
  engine,
}) => {
  const { share } = await shared(service);
  const other = createService({ tupleStore, engine });
  other.setNow(hours(3));
  expect(await rows(other)).toEqual([BEN, TOM]);
  await service.admin("PUT", "/v1/organizations/brightfix/people/eva", { role: "admin" });
  expect(await rows(other)).toEqual([BEN, "eva admin plant:7 technical_manager active", TOM]);
  await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
  await service.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member" });
  expect(await rows(other)).toEqual([BEN, "eva admin plant:7 technical_manager active"]);
  await ok(service, "ben", "PUT", `/v1/shares/${share}/delegations/${anyId("tom")}`, { role: "technical_manager" });
  const again = "tom delegate plant:7 technical_manager active";
  expect(await rows(other)).toEqual([BEN, "eva admin plant:7 technical_manager active", again]);
});

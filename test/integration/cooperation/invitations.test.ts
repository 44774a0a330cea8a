/** Inviting: who gets which mail, what a token is worth and how long, who may join, and what is disclosed. */

import { expect } from "vitest";
import { issueToken } from "../../../src/domain/cooperation/invitation-token.ts";
import { fieldsOf } from "../../../src/domain/records.ts";
import { keyOf } from "../../../src/domain/tuples.ts";
import { anyId } from "../../support/ids.ts";
import { everything, send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const PATH = "/v1/organizations/sunward/cooperations";
const invite = (service: Service, body: object, options?: { key?: string }) =>
  service.as("anna", "POST", PATH, body, options);
const join = (service: Service, user: string, token: string, organization: string) =>
  service.as(user, "POST", "/v1/invitations/join", { token, organization });
const preview = (service: Service, token: string) =>
  send(service, "POST", "/v1/invitations/preview", { token }, { key: KEYS.manage });

/** The token in the newest mail. */
function tokenOf({ mails }: Service): string {
  const link = /https:\/\/app\.example\/join#token=(\S+)/.exec(mails.at(-1)?.text ?? "");
  return link?.[1] ?? "no token";
}

test("an unknown address is invited by a mail whose link joins", async ({ service }) => {
  await seedWorld(service);
  const shares = [{ resource: "plant:7", role: "viewer", expires_at: "2098-01-01T00:00:00Z" }];
  const invited = await invite(service, { email: "ida@else.example", expires_at: "2099-01-01T00:00:00Z", shares });
  expect([invited.status, invited.body]).toMatchObject([
    201,
    { status: "invited", partner: null, label: "ida@else.example", mail: "sent", shares_count: 1 },
  ]);
  expect(invited.headers.get("Location")).toBe(`/v1/cooperations/${invited.body.id}`);
  expect(service.mails).toMatchObject([
    { to: "ida@else.example", subject: "Sunward Energy invites you to a cooperation" },
  ]);
  expect((await preview(service, tokenOf(service))).body).toEqual({
    initiator: { id: "sunward", name: "Sunward Energy" },
    status: "invited",
    review_by: null,
    starts_at: null,
    expires_at: "2099-01-01T00:00:00Z",
    shares: [
      {
        resource: "plant:7",
        name: "Hillside",
        role: "viewer",
        starts_at: null,
        expires_at: "2098-01-01T00:00:00Z",
        step_down_at: null,
      },
    ],
  });
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  const joined = await join(service, "ben", tokenOf(service), "brightfix");
  expect([joined.status, joined.body]).toMatchObject([
    200,
    { status: "active", partner: { id: "brightfix", name: "Brightfix Service" }, label: null },
  ]);
  expect(await service.may("ben", "view", "plant:7")).toBe(true);
});

test("the mail is written in the language that the invitation names, and in English otherwise", async ({ service }) => {
  await seedWorld(service);
  await invite(service, { email: "jan@else.example", language: "de" });
  await invite(service, { email: "joe@else.example" });
  expect(service.mails.map(({ subject }) => subject)).toEqual([
    "Sunward Energy lädt Sie zu einer Kooperation ein",
    "Sunward Energy invites you to a cooperation",
  ]);
});

test("a notice is sent to every admin of a known organization who has an address, in their own language", async ({
  service,
}) => {
  await seedWorld(service);
  const people = "/v1/organizations/brightfix/people";
  await service.admin("PUT", `${people}/ben`, { role: "admin", language: "de" });
  await service.admin("PUT", `${people}/bea`, { role: "admin", email: "bea@brightfix.example" });
  await service.admin("PUT", `${people}/mute`, { role: "admin" });
  const { body } = await invite(service, { organization: "brightfix" });
  expect([body.status, body.mail]).toEqual(["pending", "sent"]);
  expect(service.mails.map(({ to, subject }) => [to, subject])).toEqual([
    ["bea@brightfix.example", "Sunward Energy proposes a cooperation"],
    ["ben@brightfix.example", "Sunward Energy schlägt eine Kooperation vor"],
  ]);
  for (const { text } of service.mails) expect(text).not.toContain("token=");
});

test("a mail that cannot be sent or has no recipient is reported, and the action stays done", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const mailer = { send: () => Promise.reject(new Error("no such host")) };
  const offline = createService({ tupleStore, engine }, { mailer });
  const failed = await invite(offline, { email: "ida@else.example" });
  expect([failed.status, failed.body]).toMatchObject([201, { status: "invited", mail: "failed" }]);
  service.setNow(new Date(Date.now() + 61_000));
  const again = await service.as("anna", "POST", `/v1/cooperations/${failed.body.id}/resend`);
  expect([again.status, again.body.mail]).toEqual([200, "sent"]);
  await service.admin("PUT", "/v1/organizations/brightfix/people/ben", { role: "admin", email: null });
  expect((await invite(service, { organization: "brightfix" })).body.mail).toBe("none");
});

test("sending again invalidates the old token and is refused within 60 seconds, with the time left", async ({
  service,
}) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  await seedWorld(service);
  const { body } = await invite(service, { email: "ida@else.example" });
  const old = tokenOf(service);
  const resend = () => service.as("anna", "POST", `/v1/cooperations/${body.id}/resend`);
  service.setNow(new Date("2026-06-01T12:00:59Z"));
  const early = await resend();
  expect([early.status, early.body]).toMatchObject([429, { code: "cool_down", retry_after_seconds: 1 }]);
  expect(early.headers.get("Retry-After")).toBe("1");
  expect((await preview(service, old)).status).toBe(200);
  service.setNow(new Date("2026-06-01T12:01:00Z"));
  expect((await resend()).status).toBe(200);
  expect(service.mails).toHaveLength(2);
  expect(tokenOf(service)).not.toBe(old);
  expect((await preview(service, old)).body.code).toBe("invalid_invitation");
  expect((await join(service, "ben", old, "brightfix")).body.code).toBe("invalid_invitation");
  expect((await resend()).headers.get("Retry-After")).toBe("60");
  expect((await join(service, "ben", tokenOf(service), "brightfix")).status).toBe(200);
});

test("sending a notice again waits as long, and reaches the admins of that moment", async ({ service }) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  await seedWorld(service);
  const { body } = await invite(service, { organization: "brightfix" });
  const resend = () => service.as("anna", "POST", `/v1/cooperations/${body.id}/resend`);
  expect((await resend()).body.code).toBe("cool_down");
  await service.admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "admin" });
  service.setNow(new Date("2026-06-01T12:01:00Z"));
  expect((await resend()).status).toBe(200);
  expect(service.mails.slice(1).map(({ to }) => to)).toEqual(["ben@brightfix.example", "tom@brightfix.example"]);
});

test("a token expires after 14 days, sending again gives a valid one, and an organization that joined before stays", async ({
  service,
}) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  await seedWorld(service);
  const { body } = await invite(service, { email: "ida@else.example" });
  const first = tokenOf(service);
  service.setNow(new Date("2026-06-15T11:59:59Z"));
  expect((await preview(service, first)).status).toBe(200);
  service.setNow(new Date("2026-06-15T12:00:00Z"));
  for (const reply of [await preview(service, first), await join(service, "ben", first, "brightfix")])
    expect([reply.status, reply.body.code]).toEqual([410, "invitation_expired"]);
  expect((await service.as("anna", "GET", `/v1/cooperations/${body.id}`)).body.status).toBe("invited");
  await service.as("anna", "POST", `/v1/cooperations/${body.id}/resend`);
  expect((await join(service, "ben", tokenOf(service), "brightfix")).body.status).toBe("active");
  service.setNow(new Date("2027-06-15T12:00:00Z"));
  expect((await join(service, "ben", tokenOf(service), "brightfix")).status).toBe(200);
});

test("no token but the one that was sent opens an invitation", async ({ service }) => {
  await seedWorld(service);
  const { body } = await invite(service, { email: "ida@else.example" });
  const pending = (await invite(service, { organization: "brightfix" })).body;
  const token = tokenOf(service);
  const { secret } = service.deps.invitation;
  const real = issueToken(secret, body.id, 1);
  const forged = [
    "",
    "x",
    "..",
    `${body.id}.1.`,
    `${body.id}.1`,
    real.slice(0, -1),
    `${real}x`,
    real.toLowerCase(),
    ` ${real}`,
    issueToken("another secret of 32 characters..", body.id, 1),
    issueToken(secret, body.id, 0),
    issueToken(secret, body.id, 2),
    issueToken(secret, anyId("01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1),
    // a proposal to a known organization has no token, not even one of number 0 from who holds the secret
    issueToken(secret, pending.id, 0),
    real.replace(".1.", ".01."),
    real.replace(".1.", ".2."),
    token === real ? "x" : token,
  ];
  const before = await everything(service);
  for (const text of forged) {
    for (const reply of [await preview(service, text), await join(service, "ben", text, "brightfix")])
      expect([reply.status, reply.body.code], text).toEqual([404, "invalid_invitation"]);
  }
  expect(await everything(service)).toEqual(before);
  expect((await preview(service, real)).status).toBe(200);
});

test("joining needs an admin of the organization that joins, which is not the inviting one", async ({ service }) => {
  await seedWorld(service);
  await invite(service, { email: "ida@else.example" });
  const token = tokenOf(service);
  const before = await everything(service);
  for (const [user, organization, status, code] of [
    ["tom", "brightfix", 403, "not_admin"],
    ["nobody", "brightfix", 404, "not_found"],
    ["ben", "sunward", 404, "not_found"],
    ["ben", "nowhere", 404, "not_found"],
    ["otto", "sunward", 403, "not_admin"],
    ["anna", "sunward", 422, "own_organization"],
  ] as const) {
    const reply = await join(service, user, token, organization);
    expect([reply.status, reply.body.code], `${user} for ${organization}`).toEqual([status, code]);
  }
  expect(await everything(service)).toEqual(before);
});

test("joining twice is the same as once, and after another organization has joined the token is spent", async ({
  service,
}) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  await service.admin("PUT", "/v1/organizations/lumen/people/lea", { role: "admin" });
  await service.admin("PUT", "/v1/organizations/lumen/people/ben", { role: "admin" });
  await invite(service, { email: "ida@else.example" });
  const token = tokenOf(service);
  const joined = await join(service, "ben", token, "brightfix");
  const before = await everything(service);
  const again = await join(service, "ben", token, "brightfix");
  expect([again.status, again.body.etag]).toEqual([200, joined.body.etag]);
  expect((await join(service, "lea", token, "lumen")).body.code).toBe("invalid_invitation");
  expect((await join(service, "ben", token, "lumen")).body.code).toBe("invalid_invitation");
  expect((await preview(service, token)).body.code).toBe("invalid_invitation");
  expect(await everything(service)).toEqual(before);
});

test("nobody can join by an invitation that was removed or has expired", async ({ service }) => {
  service.setNow(new Date("2026-06-01T12:00:00Z"));
  await seedWorld(service);
  const removed = (await invite(service, { email: "ida@else.example" })).body.id;
  const token = tokenOf(service);
  await service.as("anna", "DELETE", `/v1/cooperations/${removed}`);
  expect((await preview(service, token)).body.code).toBe("invalid_invitation");
  expect((await join(service, "ben", token, "brightfix")).body.code).toBe("wrong_status");
  service.setNow(new Date("2026-06-01T12:01:00Z"));
  await invite(service, { email: "ida@else.example", expires_at: "2026-06-02T00:00:00Z" });
  service.setNow(new Date("2026-06-02T00:00:00Z"));
  const late = await join(service, "ben", tokenOf(service), "brightfix");
  expect([late.status, late.body.code]).toEqual([409, "cooperation_expired"]);
});

test("a known address is answered with its organizations, and nothing is written or sent", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/organizations/lumen", { name: "Lumen" });
  await service.admin("PUT", "/v1/organizations/lumen/people/tom", { role: "external" });
  const before = await everything(service);
  const asked = await invite(service, { email: "tom@brightfix.example" });
  expect([asked.status, asked.body]).toEqual([
    200,
    {
      outcome: "confirm",
      organizations: [
        { id: "brightfix", name: "Brightfix Service" },
        { id: "lumen", name: "Lumen" },
      ],
    },
  ]);
  expect([await everything(service), service.mails]).toEqual([before, []]);
  const confirmed = await invite(service, { email: "tom@brightfix.example", confirm_organization: "lumen" });
  expect([confirmed.status, confirmed.body]).toMatchObject([201, { status: "pending", partner: { id: "lumen" } }]);
});

test("a confirmation that is wrong or outdated is refused, and nothing is written", async ({ service }) => {
  await seedWorld(service);
  const refused = async (email: string, confirm_organization: string) => {
    const before = await everything(service);
    const reply = await invite(service, { email, confirm_organization });
    expect([reply.status, reply.body.code]).toEqual([409, "confirmation_stale"]);
    expect(await everything(service)).toEqual(before);
  };
  await refused("tom@brightfix.example", "nowhere");
  await refused("ida@else.example", "brightfix");
  await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
  await refused("tom@brightfix.example", "brightfix");
});

test("the address of a member of the inviting organization is refused, however it is written", async ({ service }) => {
  await seedWorld(service);
  for (const body of [
    { email: "otto@sunward.example" },
    { email: "anna@sunward.example", confirm_organization: "sunward" },
    { organization: "sunward" },
  ]) {
    const reply = await invite(service, body);
    expect([reply.status, reply.body.code]).toEqual([422, "own_organization"]);
  }
  const unknown = await invite(service, { organization: "nowhere" });
  expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
});

test("an open invitation is reported and not sent twice, however its partner is named", async ({ service }) => {
  await seedWorld(service);
  const byEmail = (await invite(service, { email: "ida@else.example" })).body.id;
  for (const email of ["ida@else.example", "IDA@Else.Example", "  ida@else.example "]) {
    const reply = await invite(service, { email });
    expect([reply.status, reply.body]).toMatchObject([409, { code: "already_invited", cooperation: byEmail }]);
  }
  const byName = (await invite(service, { organization: "brightfix" })).body.id;
  for (const body of [
    { organization: "brightfix" },
    { email: "tom@brightfix.example", confirm_organization: "brightfix" },
  ])
    expect((await invite(service, body)).body).toMatchObject({ code: "already_invited", cooperation: byName });
});

test("an open invitation is found too where a record from before it was kept names none", async ({
  service,
  tupleStore,
}) => {
  await seedWorld(service);
  const { id } = (await invite(service, { organization: "brightfix" })).body;
  const heads = (await tupleStore.readAll()).filter(({ relation }) => relation === "head");
  const withoutField = async (type: string, field: string) => {
    const head = heads.find((one) => one.object.startsWith(type) && field in fieldsOf(one));
    if (head === undefined) throw new Error(`no ${type} has ${field}`);
    const { [field]: _, ...fields } = fieldsOf(head);
    await tupleStore.erase([keyOf(head)]);
    await tupleStore.write({ deletes: [], writes: [{ ...head, condition: { name: "record", context: { fields } } }] });
  };
  await withoutField("invitation:", "cooperation");
  expect((await invite(service, { organization: "brightfix" })).body).toMatchObject({
    code: "already_invited",
    cooperation: id,
  });
  await withoutField("organization:", "open_at_most");
  expect((await invite(service, { organization: "brightfix" })).body).toMatchObject({
    code: "already_invited",
    cooperation: id,
  });
  const other = await invite(service, { email: "ida@else.example" });
  expect([other.status, other.body.status]).toEqual([201, "invited"]);
});

test("after it has ended or was accepted the same partner may be invited again", async ({ service }) => {
  const at = (time: string) => service.setNow(new Date(`2026-06-${time}:00Z`));
  at("01T12:00");
  await seedWorld(service);
  const { id } = await cooperate(service, []);
  const second = await invite(service, { organization: "brightfix" });
  expect([second.status, second.body.status]).toEqual([201, "pending"]);
  await service.as("ben", "POST", `/v1/cooperations/${second.body.id}/decline`);
  at("04T12:00");
  expect((await invite(service, { organization: "brightfix" })).status).toBe(201);
  expect((await service.as("anna", "GET", `/v1/cooperations/${id}`)).body.status).toBe("active");
  const byEmail = (await invite(service, { email: "ida@else.example" })).body.id;
  await service.as("anna", "DELETE", `/v1/cooperations/${byEmail}`);
  at("04T12:01");
  expect((await invite(service, { email: "ida@else.example" })).status).toBe(201);
});

test("different spellings of an address find the same person", async ({ service }) => {
  await seedWorld(service);
  for (const email of ["TOM@brightfix.example", " tom@Brightfix.EXAMPLE\t"])
    expect((await invite(service, { email })).body.outcome).toBe("confirm");
  const taken = await service.admin("PUT", "/v1/organizations/sunward/people/new", {
    role: "member",
    email: "Tom@Brightfix.Example",
  });
  expect([taken.status, taken.body.code]).toEqual([409, "email_taken"]);
  expect((await invite(service, { email: "tom@brightfix.example.org" })).body.status).toBe("invited");
});

test("fifteen shares fit into an invitation, sixteen are refused before anything is read", async ({ service }) => {
  await seedWorld(service);
  // as a plant is renamed its head is there to be replaced: the largest that an invitation can be
  for (let n = 0; n < 16; n++) await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward", name: `P${n}` });
  const shares = Array.from({ length: 16 }, (_, n) => ({ resource: `plant:p${n}`, role: "asset_manager" }));
  const many = { organization: "brightfix", expires_at: "2099-01-01T00:00:00Z", reason: "x".repeat(500) };
  const sixteen = await invite(service, { ...many, shares });
  expect([sixteen.status, sixteen.body.errors[0].pointer]).toEqual([400, "/shares"]);
  const sizes: number[] = [];
  const { tupleStore } = service.deps;
  const counting: typeof tupleStore = {
    ...tupleStore,
    write: (write) => {
      sizes.push(write.deletes.length + write.writes.length);
      return tupleStore.write(write);
    },
  };
  const counted = createService({ ...service.deps, tupleStore: counting });
  const fifteen = await invite(counted, { ...many, shares: shares.slice(0, 15) });
  expect([fifteen.status, fifteen.body.shares?.length]).toEqual([201, 15]);
  expect(sizes).toEqual([98]);
  const accepted = await service.as("ben", "POST", `/v1/cooperations/${fifteen.body.id}/accept`);
  expect(accepted.body.shares).toHaveLength(15);
  expect(await service.may("ben", "manage_commercial", "plant:p14")).toBe(true);
});

test("one share that is refused prevents the whole invitation", async ({ service }) => {
  await seedWorld(service);
  await service.admin("PUT", "/v1/plants/theirs", { owner: "brightfix" });
  const before = await everything(service);
  const good = { resource: "plant:7", role: "viewer" };
  for (const [bad, code] of [
    [{ resource: "plant:8", role: "operator" }, "operator_never_crosses"],
    [{ resource: "plant:theirs", role: "viewer" }, "not_owner"],
    [{ resource: "plant:nowhere", role: "viewer" }, "not_owner"],
    [{ resource: "plant:8", role: "viewer", expires_at: "2001-01-01T00:00:00Z" }, "invalid_expiry"],
    [good, "invalid_request"],
  ] as const)
    expect((await invite(service, { organization: "brightfix", shares: [good, bad] })).body.code).toBe(code);
  expect([await everything(service), service.mails]).toEqual([before, []]);
});

test("with DISCLOSE_ORGANIZATIONS=off known and unknown addresses get the same bytes, except ids and times", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const silent = createService({ tupleStore, engine }, { discloseOrganizations: false });
  silent.setNow(new Date("2026-06-01T12:00:00Z"));
  const known = ["tom@brightfix.example", "eva@brightfix.example"];
  const unknown = ["tim@brightfax.example", "eve@brightfax.example"];
  const same = (text: string, id: string, email: string) =>
    text
      .replaceAll(id, "ID")
      .replaceAll(email, "EMAIL")
      .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, "ULID");
  const seen: Record<string, string[]> = {};
  for (const email of [...known, ...unknown]) {
    const texts: string[] = [];
    const call = async (method: string, path: string, id: string, body?: object) => {
      const reply = await send(silent, method, path, body, { key: KEYS.manage, user: "anna" });
      const headers = [...reply.headers].filter(([name]) => name !== "x-request-id").join("\n");
      texts.push(same(`${reply.status} ${headers} ${reply.text}`, id, email));
      return reply;
    };
    const body = { email, shares: [{ resource: "plant:7", role: "viewer" }] };
    // the initiator's history grows with each: the etags of all but its own are alike
    const created = await send(silent, "POST", PATH, body, { key: KEYS.manage, user: "anna" });
    const { id } = created.body;
    expect(created.body).toMatchObject({ status: "invited", partner: null, label: email, mail: "sent" });
    texts.push(same(created.text, id, email));
    await call("GET", `/v1/cooperations/${id}`, id);
    await call("POST", PATH, id, body);
    await call("POST", PATH, id, { email, confirm_organization: "brightfix" });
    await call("POST", `/v1/cooperations/${id}/resend`, id);
    const { body: list } = await send(silent, "GET", `${PATH}?search=${email}`, undefined, {
      key: KEYS.manage,
      user: "anna",
    });
    expect(list.items).toHaveLength(1);
    texts.push(same(JSON.stringify(list.items), id, email));
    texts.push(same(JSON.stringify(silent.mails.at(-1)), id, email).replaceAll(/token=[\w.-]+/g, "TOKEN"));
    // the recipient must not be visible to their organization either
    expect((await silent.as("ben", "GET", "/v1/organizations/brightfix/cooperations")).body.items).toEqual([]);
    seen[email] = texts.map((text) => text.replaceAll(/"created_at":"[^"]+"/g, ""));
  }
  for (const email of unknown) expect(seen[email]).toEqual(seen[known[0] ?? ""]);
});

test("with DISCLOSE_ORGANIZATIONS=off naming an organization by id needs scope admin in the key", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const silent = createService({ tupleStore, engine }, { discloseOrganizations: false });
  for (const organization of ["brightfix", "nowhere"]) {
    const reply = await invite(silent, { organization });
    expect([reply.status, reply.body.code]).toEqual([403, "insufficient_scope"]);
  }
  const allowed = await invite(silent, { organization: "brightfix" }, { key: KEYS.all });
  expect([allowed.status, allowed.body.status]).toEqual([201, "pending"]);
  expect((await invite(service, { organization: "brightfix" })).body.code).toBe("already_invited");
});

test("with DISCLOSE_ORGANIZATIONS=off addresses of the inviting organization are still refused", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  const silent = createService({ tupleStore, engine }, { discloseOrganizations: false });
  expect((await invite(silent, { email: "otto@sunward.example" })).body.code).toBe("own_organization");
});

test("an admin who is demoted while the invitation is being decided invites nobody", async ({
  service,
  tupleStore,
  engine,
}) => {
  await seedWorld(service);
  expect((await service.admin("PUT", "/v1/organizations/sunward/people/nina", { role: "admin" })).status).toBe(201);
  let statuses: number[] = [];
  const overtaken = createService({
    tupleStore: {
      ...tupleStore,
      read: async (filter) => {
        if (statuses.length === 0 && filter.object === "organization:sunward" && filter.relation === "head") {
          statuses = [0];
          const { status } = await service.admin("PUT", "/v1/organizations/sunward/people/anna", { role: "member" });
          statuses = [status];
        }
        return tupleStore.read(filter);
      },
    },
    engine,
  });
  const { status, body } = await invite(overtaken, { email: "ida@else.example" });
  expect([statuses, status, body.code]).toEqual([[200], 403, "not_admin"]);
  expect(overtaken.mails).toEqual([]);
});

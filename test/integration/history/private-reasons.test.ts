/** Reasons that one side alone may see: no API shows them to a service, and the chain is verified without them. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { chainHash, hashOf } from "../../../src/domain/history.ts";
import { send } from "../../support/routes.ts";
import { cooperate, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const SECRETS = {
  initiator: "their invoices are overdue",
  partner: "we never got the parts",
  own: "asked by a lawyer",
};

type Fields = Record<string, string>;
type Keyed = { key: { relation: string; object: string; condition?: { context: { fields?: Fields } } | null } };

async function seed(service: Service): Promise<string> {
  await seedWorld(service);
  const { id } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const step = (user: string, name: string, reason: string) =>
    service.as(user, "POST", `/v1/cooperations/${id}/${name}`, { reason });
  expect((await step("anna", "pause", SECRETS.initiator)).status).toBe(200);
  expect((await step("anna", "resume", SECRETS.own)).status).toBe(200);
  expect((await step("ben", "leave", SECRETS.partner)).status).toBe(200);
  return id;
}

const at = (service: Service, path: string) => `/stores/${service.deps.engine.api.storeId}${path}`;

test("no API shows a service a reason or its nonce", async ({ service }) => {
  const id = await seed(service);
  const object = `cooperation:${id}`;
  const log = (await service.deps.tupleStore.read({ object, relation: "log" })).map(({ user }) => user);
  const readers: [method: string, path: string, body?: object][] = [
    ["POST", at(service, "/read"), {}],
    ["POST", at(service, "/read"), { tuple_key: { object } }],
    ["POST", at(service, "/read"), { tuple_key: { object, relation: "log" } }],
    ["GET", at(service, "/changes")],
    ["GET", at(service, "/changes?type=cooperation")],
    ["POST", at(service, "/expand"), { tuple_key: { object, relation: "log" } }],
    ["GET", `/v1/cooperations/${id}/history`],
    ["GET", `/v1/cooperations/${id}`],
    ["GET", "/v1/organizations/sunward/history"],
    ["GET", "/v1/organizations/brightfix/history"],
    ["GET", "/v1/export"],
    ["GET", `/v1/export?format=fga.yaml&cooperation=${id}`],
    ["GET", "/v1/doctor"],
    ["GET", `/v1/inspect/${encodeURIComponent(object)}`],
    ...log.map((entry): [string, string] => ["GET", `/v1/inspect/${encodeURIComponent(entry)}`]),
  ];
  const nonces = (await service.deps.tupleStore.read({ object, relation: "log" })).flatMap((tuple) =>
    [...JSON.stringify(tuple).matchAll(/nonce\\*":\\*"([\w-]+)/g)].map(([, nonce]) => nonce ?? ""),
  );
  expect(nonces).toHaveLength(3);
  for (const key of [KEYS.admin, KEYS.all])
    for (const [method, path, body] of readers) {
      let more = "";
      do {
        const { status, text, body: json } = await send(service, method, path + more, body, { key });
        expect(status, path).toBe(200);
        for (const secret of [...Object.values(SECRETS), ...nonces]) expect(text, path).not.toContain(secret);
        more =
          json?.continuation_token && method === "GET"
            ? `${path.includes("?") ? "&" : "?"}continuation_token=${encodeURIComponent(json.continuation_token)}`
            : "";
        if (json?.changes?.length === 0) more = "";
      } while (more !== "");
    }
  // the twin: their own side reads them
  const own = await service.as("anna", "GET", `/v1/cooperations/${id}/history`);
  expect(JSON.stringify(own.body)).toContain(SECRETS.initiator);
});

test("the history that a service reads verifies, with hashes in place of private parts", async ({ service }) => {
  const id = await seed(service);
  const tuple_key = { object: `cooperation:${id}` };
  const { body } = await send(
    service,
    "POST",
    at(service, "/read"),
    { tuple_key, page_size: 100 },
    { key: KEYS.admin },
  );
  const entries = (body.tuples as Keyed[])
    .filter(({ key }) => key.relation === "log")
    .map(({ key }) => key.condition?.context.fields ?? {})
    .sort((a, b) => JSON.parse(a.common ?? "").n - JSON.parse(b.common ?? "").n);
  expect(entries).toHaveLength(5);
  expect(entries.filter((fields) => fields.initiator_only_hash ?? fields.partner_only_hash)).toHaveLength(3);
  let previous = "0".repeat(64);
  for (const fields of entries) {
    expect(fields.previous).toBe(previous);
    const common = createHash("sha256")
      .update(fields.common ?? "")
      .digest("hex");
    const part = (name: string) => fields[`${name}_only_hash`] ?? hashOf(undefined);
    expect(chainHash(previous, common, part("initiator"), part("partner"))).toBe(fields.hash);
    previous = fields.hash ?? "";
  }
});

/** Which mails a person gets is theirs to choose, and nobody else's. */
import { expect } from "vitest";
import { seedWorld, test, withKeys } from "../../support/service.ts";

const PATH = "/v1/me/notifications";

test("a person chooses their mails, and sees their choice", async ({ service }) => {
  await seedWorld(service);
  const first = await service.as("tom", "GET", PATH);
  expect([first.status, first.body.mails]).toEqual([200, "at_once"]);
  const chosen = await service.as("tom", "PUT", PATH, { mails: "daily" });
  expect([chosen.status, chosen.body.mails]).toEqual([200, "daily"]);
  expect((await service.as("tom", "GET", PATH)).body).toMatchObject({ mails: "daily", etag: chosen.body.etag });
  expect((await service.as("ben", "GET", PATH)).body.mails).toBe("at_once");
  // once more changes nothing, not even the head
  expect((await service.as("tom", "PUT", PATH, { mails: "daily" })).body.etag).toBe(chosen.body.etag);
  // what else is known of them stays
  expect((await service.as("ben", "GET", "/v1/organizations/brightfix/people/tom")).body.email).toBe(
    "tom@brightfix.example",
  );
});

test("a choice that is none, a stranger and a service are refused, and nothing is written", async ({ service }) => {
  await seedWorld(service);
  for (const body of [{ mails: "weekly" }, {}, { mails: "none", more: 1 }])
    expect((await service.as("tom", "PUT", PATH, body)).body.code).toBe("invalid_request");
  expect((await service.as("nobody", "PUT", PATH, { mails: "none" })).body.code).toBe("not_found");
  expect((await service.as("nobody", "GET", PATH)).body.code).toBe("not_found");
  expect((await service.admin("PUT", PATH, { mails: "none" })).body.code).toBe("acting_user_required");
  const stale = await service.as("tom", "PUT", PATH, { mails: "none" }, { headers: { "If-Match": '"999"' } });
  expect(stale.body.code).toBe("stale");
  expect((await service.as("tom", "GET", PATH)).body.mails).toBe("at_once");
});

test("a key that is bound to other organizations chooses for none of their people", async ({ service }) => {
  await seedWorld(service);
  const key = "key-of-sunward-alone";
  const bound = withKeys(service, [{ name: "sunward", scopes: ["manage"], key, organizations: ["sunward"] }]);
  for (const [method, body] of [["GET"], ["PUT", { mails: "none" }]] as const)
    expect((await bound.as("tom", method, PATH, body, { key })).body.code).toBe("outside_key");
  expect((await bound.as("otto", "PUT", PATH, { mails: "none" }, { key })).status).toBe(200);
  expect((await service.as("tom", "GET", PATH)).body.mails).toBe("at_once");
});

test("who is forgotten leaves no choice behind", async ({ service }) => {
  await seedWorld(service);
  await service.as("tom", "PUT", PATH, { mails: "none" });
  await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
  expect((await service.admin("DELETE", "/v1/people/tom")).body.erased).toEqual(["email", "mails"]);
});

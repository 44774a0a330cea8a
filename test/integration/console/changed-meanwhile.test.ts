/** A page that is older than what it is about overwrites nothing: what happened since is shown, and one decides anew. */
import { expect } from "vitest";
import { inDays, test } from "../../support/console.ts";
import { formTo, readText, signInAs } from "../../support/console-reading.ts";
import { everything } from "../../support/routes.ts";

test("a step on a cooperation that was changed meanwhile is not done, and shows by whom what was done", async ({
  console: own,
}) => {
  const { as } = own.service;
  const { body } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    shares: [{ resource: "plant:7", role: "viewer" }],
  });
  await as("ben", "POST", `/v1/cooperations/${body.id}/accept`);
  const anna = await signInAs(own, "anna");
  const pause = await anna.open(`/console/cooperations/${body.id}/pause?organization=sunward`);
  const dates = { expires_at: inDays(9) };
  expect((await as("anna", "PATCH", `/v1/cooperations/${body.id}`, dates)).status).toBe(200);

  const late = await anna.fill(pause, /pause/, { reason: "an audit" });
  expect(late.status).toBe(412);
  const text = readText(late);
  expect(text).toMatch(/It was changed meanwhile.*Anna Berg \(anna\).*Dates changed.*19 Mar 2027/);
  // what it means is shown as it is now, with the reason that was written
  expect(text).toMatch(/loses access.*Ben Okafor \(ben\).*19 Mar 2027/);
  const again = formTo(late, /pause/);
  expect(again.fields).toContainEqual(expect.objectContaining({ name: "reason", value: "an audit" }));
  const status = async () => (await as("anna", "GET", `/v1/cooperations/${body.id}`)).body.status;
  expect(await status()).toBe("active");
  // a form whose ETag was taken out is too late as well
  const bare = await anna.visitor.send(again, { etag: "", reason: "x" });
  expect([bare.status, await status()]).toEqual([412, "active"]);
  expect(readText(await anna.fill(late, /pause/))).toContain("The cooperation is paused.");
  expect(await status()).toBe("paused");
});

test("where the step is not possible any more, that is said, and no form is left to repeat it", async ({
  console: own,
}) => {
  const { as } = own.service;
  const { body } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" });
  const ben = await signInAs(own, "ben");
  const accept = await ben.open(`/console/cooperations/${body.id}/accept?organization=brightfix`);
  expect((await as("anna", "DELETE", `/v1/cooperations/${body.id}`)).status).toBe(200);
  const late = await ben.fill(accept, /accept/);
  expect([late.status, readText(late)]).toEqual([412, expect.stringContaining("This is not possible now")]);
  expect(late.forms.filter(({ action }) => action.includes(body.id))).toEqual([]);
});

test("a page that says what a step means writes nothing, and a form without the date that it is about clears none", async ({
  console: own,
}) => {
  const { service } = own;
  const offer = { organization: "brightfix", expires_at: inDays(30) };
  const { body } = await service.as("anna", "POST", "/v1/organizations/sunward/cooperations", offer);
  const readers = { sunward: await signInAs(own, "anna"), brightfix: await signInAs(own, "ben") };
  const pages = ["", "/expiry", `/expiry?date=${inDays(3).slice(0, 16)}`, "/resend", "/remove", "/accept", "/decline"];
  const open = async () => {
    for (const [organization, reader] of Object.entries(readers))
      for (const page of pages) {
        const query = `${page.includes("?") ? "&" : "?"}organization=${organization}`;
        await reader.open(`/console/cooperations/${body.id}${page}${query}`);
      }
  };
  const before = await everything(service);
  await open();
  expect(await everything(service)).toEqual(before);

  const path = `/console/cooperations/${body.id}/expiry?organization=sunward`;
  const etag = encodeURIComponent(body.etag);
  expect((await readers.sunward.visitor.post(path, `etag=${etag}`)).status).toBe(200);
  expect(await everything(service)).toEqual(before);
  expect((await readers.sunward.visitor.post(path, `etag=${etag}&date=`)).status).toBe(303);
  expect((await service.as("anna", "GET", `/v1/cooperations/${body.id}`)).body.expires_at).toBe(null);
});

/** Where there are too many for a list, what is typed is searched at once, and what is found can be chosen: to share, and to delegate to. */
import { afterAll, expect } from "vitest";
import { browserFor, endBrowser, openPage } from "../support/browser.ts";
import { importAll, linesFrom } from "../support/bulk.ts";
import { test } from "../support/console.ts";
import { signIn } from "../support/console-person.ts";
import { cooperate } from "../support/service.ts";

afterAll(endBrowser);

/** One more than a list has. */
const MANY = Array.from({ length: 201 }, (_, n) => n);

test("plants to share and people to delegate to are found as one types", async ({ console: own, skip }) => {
  const { service } = own;
  const plants = MANY.map((n) => ({ kind: "plant", id: `p${n}`, owner: "sunward", name: `Field ${n}` }));
  const person = { kind: "person", organization: "brightfix", role: "member" };
  const people = MANY.map((n) => ({ ...person, user: `u${n}`, name: `User ${n}` }));
  await importAll(service, linesFrom([...plants, ...people]));
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  const browser = await browserFor((why) => skip(why) as never);

  const owner = await openPage(browser, own.url);
  await signIn(owner, /Anna/);
  await owner.goto(`/console/cooperations/${id}/permissions`);
  await owner.getByLabel("Search plants by name or id").pressSequentially("field 77");
  await owner.getByLabel("Field 77 (p77)").check();
  await owner.getByLabel("Viewer").check();
  await owner.getByRole("button", { name: "Add Permission" }).click();
  await owner.getByText("Field 77 is shared.").waitFor();
  await owner.goto(`/console/cooperations/${id}/permissions/many`);
  await owner.getByLabel("Search plants by name or id").pressSequentially("field 88");
  await owner.getByLabel("Field 88 (p88)").check();

  const partner = await openPage(browser, own.url);
  await signIn(partner, /Ben/);
  await partner.goto(`/console/organizations/brightfix/received/${shares[0]}`);
  await partner.getByLabel("Search your people by name or id").pressSequentially("user 55");
  await partner.getByLabel(/User 55/).check();
  await partner.getByLabel("Viewer").first().check();
  await partner.getByRole("button", { name: "Delegate", exact: true }).click();
  await partner.getByText(/Delegated to User 55/).waitFor();
  expect(await service.may("u55", "view", "plant:7")).toBe(true);
  expect(await service.may("u5", "view", "plant:7")).toBe(false);
});

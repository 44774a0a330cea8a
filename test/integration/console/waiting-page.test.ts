/** The page of what waits: by kind with its number, each with a link to where it is seen to; and answering what a partner asks for. */
import { expect } from "vitest";
import { seedCooperations, test } from "../../support/console.ts";
import { linksOn, readText, signInAs } from "../../support/console-reading.ts";

const OURS = "/console/organizations/sunward/waiting";

test("reviews due, ends, open invitations, offers and asks are listed with their numbers, for whoever has to see to them", async ({
  console: own,
}) => {
  const anna = await signInAs(own, "anna");
  expect(readText(await anna.open(OURS))).toContain("Nothing waits for you");
  const { active, invited, pending } = await seedCooperations(own);
  const page = await anna.open(OURS);
  const text = readText(page);
  expect(text).toMatch(
    /Requests of partners \(1\).*Asset manager: Hillside.*Reviews due \(1\).*to be reviewed by 22 Mar 2027.*Open invitations \(2\)/,
  );
  expect(text).not.toMatch(/Offers to answer/);
  const links = [...linksOn(page).values()];
  for (const behind of [`${active}/asks/1`, `${active}/review`, `${invited}/resend`, `${pending}/resend`])
    expect(links).toContain(`/console/cooperations/${behind}?organization=sunward`);
  const ben = await signInAs(own, "ben");
  expect(readText(await ben.open("/console/organizations/brightfix/waiting"))).toMatch(
    /Ending soon \(1\).*Sunward Energy/,
  );
});

test("what a partner asks for is answered on a page that shows what a yes means; the partner finds no such page", async ({
  console: own,
}) => {
  const { may, as } = own.service;
  const { active } = await seedCooperations(own);
  const [anna, ben] = [await signInAs(own, "anna"), await signInAs(own, "ben")];
  const path = `/console/cooperations/${active}/asks/1`;
  const foreign = await ben.open(`${path}?organization=brightfix`);
  expect([foreign.status, readText(foreign)]).toEqual([404, expect.stringContaining("There is no such request")]);
  const page = await anna.open(`${path}?organization=sunward`);
  expect(readText(page)).toMatch(
    /by Ben Okafor \(ben\).*We take over the invoices in April\..*gains access.*Ben Okafor \(ben\).*Hillside/,
  );
  const done = await anna.fill(page, /asks/, { answer: "accept", reason: "agreed" });
  expect(readText(done)).toContain("It was accepted");
  expect(await may("ben", "manage_commercial", "plant:7")).toBe(true);
  // it was answered: neither page nor form has it any more
  const again = await anna.fill(page, /asks/, { answer: "decline" });
  expect([again.status, readText(again)]).toEqual([404, expect.stringContaining("There is no such request")]);

  const { body } = await as("ben", "POST", `/v1/cooperations/${active}/asks`, {
    expires_at: "2029-01-01T00:00:00Z",
    note: "longer",
  });
  const next = await anna.open(`/console/cooperations/${active}/asks/${body.n}?organization=sunward`);
  expect(readText(next)).toMatch(/the whole cooperation, until 1 Jan 2029/);
  expect(readText(await anna.fill(next, /asks/, { answer: "decline" }))).toContain("It was declined");
});

/**
 * The first page of the product's idea, sentence by sentence, as the owner's and the partner's admins read and act in the
 * console: without a browser, with nothing but pages and forms.
 */
import { expect } from "vitest";
import { inDays, test } from "../../support/console.ts";
import { linksOn, offeredOn, type Reader, readText, signInAs } from "../../support/console-reading.ts";

const OURS = "/console/organizations/sunward";
const THEIRS = "/console/organizations/brightfix";
const idIn = (path: string) => /cooperations\/(\w{26})/.exec(path)?.[1] ?? "";

/** Follows a step of a cooperation's menu to its page, and does it. */
async function take(reader: Reader, id: string, step: string, fields: Record<string, string> = {}) {
  const page = await reader.open(`/console/cooperations/${id}/${step}`);
  return { page, done: await reader.fill(page, new RegExp(`/${step}\\?`), fields) };
}

test("only an admin invites, accepts or manages; others are shown whom to ask", async ({ console: own }) => {
  const otto = await signInAs(own, "otto");
  for (const path of ["cooperations", "invite", "waiting"]) {
    const page = await otto.open(`${OURS}/${path}`);
    expect([page.status, readText(page)]).toEqual([403, expect.stringContaining("Anna Berg (anna)")]);
    expect([...linksOn(page).keys()]).not.toContain("Invite Cooperation");
  }
});

test("the tab has two lists, each saying what to do where it is empty, and a search by partner", async ({
  console: own,
}) => {
  const anna = await signInAs(own, "anna");
  const empty = await anna.open(`${OURS}/cooperations`);
  expect(readText(empty)).toMatch(
    /Outgoing cooperations.*Invite one to begin.*Incoming cooperations.*Nobody has invited/,
  );
  const { service } = own;
  const invite = (user: string, from: string, body: object) =>
    service.as(user, "POST", `/v1/organizations/${from}/cooperations`, body);
  await invite("anna", "sunward", { organization: "brightfix", expires_at: inDays(30) });
  await invite("anna", "sunward", { email: "ida@else.example" });
  await invite("ida", "windpark", { organization: "sunward" });
  const lists = readText(await anna.open(`${OURS}/cooperations`));
  expect(lists).toMatch(
    /Outgoing.*ida@else\.example Invited.*Brightfix Service Pending expires 9 Apr 2027.*Incoming.*Windpark Nord Pending/,
  );
  const found = await anna.open(`${OURS}/cooperations?search=BRIGHT`);
  expect(readText(found)).toContain("Brightfix Service");
  expect(readText(found)).not.toMatch(/Windpark|else\.example/);
  const none = await anna.open(`${OURS}/cooperations?search=nobody&status=active`);
  expect(readText(none)).toContain("No cooperation was found");
  const invited = await anna.open(`${OURS}/cooperations?status=invited`);
  expect(readText(invited)).toContain("ida@else.example");
  expect(readText(invited)).not.toMatch(/Windpark|Brightfix/);
});

test("inviting: own organization is refused in words, a new address is Invited, a known organization is confirmed first", async ({
  console: own,
}) => {
  const { mails } = own.service;
  const anna = await signInAs(own, "anna");
  const form = await anna.open(`${OURS}/invite`);
  const blocked = await anna.fill(form, /invite$/, { email: "otto@sunward.example" });
  expect([blocked.status, readText(blocked)]).toEqual([
    422,
    expect.stringContaining("You cannot create a cooperation with your own organization"),
  ]);
  const wrong = await anna.fill(form, /invite$/, { email: "nobody" });
  expect([wrong.status, readText(wrong)]).toEqual([400, expect.stringContaining("Enter an email address")]);
  expect(mails).toEqual([]);

  // a new address: the mail is in the language that was chosen, and sharing is next
  const sent = await anna.fill(form, /invite$/, { email: "lea@newcomer.example", language: "de" });
  expect(sent.path).toMatch(/^\/console\/cooperations\/\w{26}\/permissions\?organization=sunward$/);
  expect(mails.at(-1)).toMatchObject({ to: "lea@newcomer.example", language: "de" });
  const invited = await anna.open(`/console/cooperations/${idIn(sent.path)}?organization=sunward`);
  expect(readText(invited)).toMatch(/^lea@newcomer\.example Invited/);
  const twice = await anna.fill(form, /invite$/, { email: "lea@newcomer.example" });
  expect([twice.status, readText(twice)]).toEqual([409, expect.stringContaining("is invited already")]);
  expect([...linksOn(twice).values()]).toContain(`/console/cooperations/${idIn(sent.path)}?organization=sunward`);

  // an address that is known: nothing is written before it is confirmed
  const known = await anna.fill(form, /invite$/, { email: "ben@brightfix.example" });
  expect(readText(known)).toMatch(/Brightfix Service.*Create Cooperation/);
  expect(mails).toHaveLength(1);
  const created = await anna.fill(known, /invite$/);
  expect(created.path).toMatch(/permissions\?organization=sunward$/);
  expect(mails.at(-1)).toMatchObject({ to: "ben@brightfix.example" });
  const pending = await anna.open(`/console/cooperations/${idIn(created.path)}?organization=sunward`);
  expect(readText(pending)).toMatch(/^Brightfix Service Pending Every admin of the partner was notified/);
});

test("a live cooperation: each step is shown with who loses or gains what before it is done, and counts at once for the partner", async ({
  console: own,
}) => {
  const { service } = own;
  const { as, may } = service;
  const offered = await as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    shares: [{ resource: "plant:7", role: "technical_manager" }],
  });
  const { id } = offered.body;
  const [anna, ben] = [await signInAs(own, "anna"), await signInAs(own, "ben")];

  const accept = await take(ben, id, "accept", { reason: "as agreed" });
  expect(readText(accept.page)).toMatch(/gains access.*Ben Okafor \(ben\).*Hillside/);
  expect(readText(accept.done)).toMatch(/The cooperation is active\. Active/);
  expect(await may("ben", "manage_technical", "plant:7")).toBe(true);
  const [share] = (await as("ben", "GET", `/v1/cooperations/${id}`)).body.shares;
  await as("ben", "PUT", `/v1/shares/${share.id}/delegations/tom`, { role: "viewer" });

  // the details: status, contacts on each side, the date, every resource, and whom it is delegated to
  const details = readText(await anna.open(`/console/cooperations/${id}?organization=sunward`));
  for (const part of [/^Brightfix Service Active/, /Anna Berg \(anna\) anna@sunward\.example/, /Ben Okafor \(ben\)/])
    expect(details).toMatch(part);
  expect(details).toMatch(/Hillside \(Plant\).*Technical manager.*no end.*Tom Reyes \(tom\): Viewer/);
  expect(details).toMatch(/Expires.*no end/);

  const pause = await take(anna, id, "pause", { date: "2027-04-01T08:00" });
  expect(readText(pause.page)).toMatch(/loses access.*Ben Okafor \(ben\).*Tom Reyes \(tom\)/);
  expect(readText(pause.done)).toMatch(/Paused.*Pause ends 1 Apr 2027/);
  expect([await may("ben", "view", "plant:7"), await may("tom", "view", "plant:7")]).toEqual([false, false]);
  expect(readText(await ben.open(`/console/cooperations/${id}`))).toMatch(
    /Paused The other organization has paused it/,
  );

  const resume = await take(anna, id, "resume");
  expect(readText(resume.page)).toMatch(/gains access.*Tom Reyes \(tom\)/);
  expect(await may("tom", "view", "plant:7")).toBe(true);

  // the date of the whole cooperation: what it means depends on the date, so that is asked for first
  const expiry = await anna.open(`/console/cooperations/${id}/expiry?organization=sunward`);
  const dated = await anna.fill(expiry, /expiry/, { date: "2027-03-20T12:00" });
  expect(readText(dated)).toMatch(/Ben Okafor \(ben\).*20 Mar 2027.*no end/);
  const saved = await anna.fill({ ...dated, forms: dated.forms.filter(({ method }) => method === "post") }, /expiry/);
  expect(readText(saved)).toMatch(/The expiration was saved.*Expires 20 Mar 2027/);
  const past = await anna.open(`/console/cooperations/${id}/expiry?organization=sunward&date=2027-03-01T00%3A00`);
  expect([past.status, readText(past)]).toEqual([422, expect.stringContaining("The date must lie in the future")]);

  const remove = await take(anna, id, "remove", { reason: "contract over" });
  expect(readText(remove.page)).toMatch(/The partner immediately loses access.*Ben Okafor \(ben\)/);
  expect(await may("ben", "view", "plant:7")).toBe(false);
  // it is shown as it was at its end, without anything live of the other side
  for (const reader of [anna, ben]) {
    const ended = readText(await reader.open(`/console/cooperations/${id}`));
    expect(ended).toMatch(
      /Ended It has ended.*It was removed.*What was shared when it ended.*Hillside \(Plant\).*Technical manager/,
    );
    expect(ended).not.toMatch(/@|Tom Reyes/);
  }
});

test("on an incoming cooperation there is nothing that is not the partner's", async ({ console: own }) => {
  const { as } = own.service;
  const { body } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" });
  const ben = await signInAs(own, "ben");
  const page = () => ben.open(`/console/cooperations/${body.id}?organization=brightfix`);
  const always = ["history", "access-log"];
  expect(new Set(offeredOn(await page(), body.id))).toEqual(new Set(["accept", "decline", ...always]));
  const list = await ben.open(`${THEIRS}/cooperations`);
  expect(new Set(offeredOn(list, body.id))).toEqual(new Set(["accept", "decline"]));
  await as("ben", "POST", `/v1/cooperations/${body.id}/accept`);
  expect(new Set(offeredOn(await page(), body.id))).toEqual(new Set(["leave", ...always]));
  for (const step of ["pause", "expiry", "remove", "resend"]) {
    const refused = await ben.open(`/console/cooperations/${body.id}/${step}?organization=brightfix`);
    expect([refused.status, refused.forms.filter(({ action }) => action.includes(body.id))], step).toEqual([409, []]);
  }
  const { done } = await take(ben, body.id, "leave");
  expect(readText(done)).toMatch(/Ended.*The partner left it/);
});

/**
 * The two pages of the product's idea as stories: each sentence that somebody can see or do in the console, in its order,
 * by people who know the console by what it says. What they see is compared with what the check answers.
 */
import { expect } from "vitest";
import { type Console, NOW } from "./console.ts";
import type { Person } from "./console-person.ts";

/** `owner`: anna, admin of sunward, and otto is its member. `partner`: ben, admin of brightfix, and tom is its member. */
export type Cast = { owner: Person; colleague: Person; partner: Person; member: Person };

const COOPERATIONS = "/console/organizations/sunward/cooperations";
const MINUTE = 60_000;

/** Uses an entry of a cooperation's menu, on its card in the list. */
async function fromMenu(person: Person, partner: string, entry: string): Promise<void> {
  await person.press("Cooperations");
  await person.press(/^Actions/, partner);
  await person.press(entry);
}

/** "Creating Cooperations". */
export async function playCreating({ owner, colleague, partner }: Cast, { service }: Console): Promise<void> {
  const { may, mails } = service;
  // Only an organization Admin can invite, accept, or manage a cooperation. If you do not see the button, you are none.
  await colleague.open(COOPERATIONS);
  await colleague.sees(/Only its admins invite/);
  await colleague.doesNotSee("Invite Cooperation");
  // You will see two lists: Outgoing Cooperations and Incoming Cooperations.
  await owner.open("/console");
  await owner.sees("Outgoing cooperations");
  await owner.sees("Incoming cooperations");
  // If the email belongs to a member of your own organization, the request is blocked, and you are shown why.
  await owner.press("Invite Cooperation");
  await owner.fill(/^Email/, "otto@sunward.example");
  await owner.press("Send Invitation");
  await owner.sees(/You cannot create a cooperation with your own organization/);
  // The email is new: the cooperation shows the invited email address as its label and is in an Invited state.
  await owner.fill(/^Email/, "lea@newcomer.example");
  await owner.choose(/^Language/, "German");
  await owner.press("Send Invitation");
  await owner.sees("Manage Permissions");
  expect(mails.at(-1)).toMatchObject({ to: "lea@newcomer.example", language: "de" });
  await owner.press("Cooperations");
  await owner.sees("lea@newcomer.example");
  await owner.sees("Invited");
  // The email belongs to an existing organization: it is recognised, and you are asked to confirm.
  await owner.press("Invite Cooperation");
  await owner.fill(/^Email/, "ben@brightfix.example");
  await owner.press("Send Invitation");
  await owner.sees("Brightfix Service");
  await owner.press("Create Cooperation");
  // Every Admin of that organization is notified. After the invitation the Manage Permissions dialog opens.
  expect(mails.at(-1)).toMatchObject({ to: "ben@brightfix.example" });
  await owner.sees("Manage Permissions");

  // Choose a Resource Type, pick the plant, choose the Role, optionally set an Expiration, click Add Permission.
  await owner.press("Plant");
  await owner.choose(/^Plant/, "Hillside");
  await owner.choose("Role", "Technical manager");
  await owner.fill(/^Expiration/, "2027-12-31T22:00");
  await owner.press("Add Permission");
  await owner.sees(/is shared\./);
  // The Operator role can never be shared through a cooperation.
  expect(await owner.page.getByLabel("Operator").count()).toBe(0);
  await owner.press("Portfolio");
  await owner.choose(/^Portfolio/, "North");
  await owner.choose("Role", "Viewer");
  await owner.press("Add Permission");
  // Each share appears under Current Permissions, where you can change its expiration or remove it with the trash icon.
  await owner.sees(/31 Dec 2027/);
  await owner.press(/^Edit/, "Hillside");
  await owner.fill(/^Expiration/, "2028-01-31T22:00");
  await owner.press("Save");
  await owner.sees(/31 Jan 2028/);
  await owner.press(/^Remove/, "North");
  await owner.press("Remove permission");
  await owner.sees(/is not shared any more/);

  // The cooperation activates as soon as one of them accepts.
  expect(await may("ben", "manage_technical", "plant:7")).toBe(false);
  await partner.open("/console");
  await partner.sees("Pending");
  await partner.press("Sunward Energy");
  await partner.press("Accept");
  await partner.press("Accept Cooperation");
  await partner.sees("The cooperation is active.");
  expect(await may("ben", "manage_technical", "plant:7")).toBe(true);
  // On an Incoming cooperation you will not see permission, expiration, or pause controls.
  await partner.press(/^Actions/);
  await partner.sees("Leave Cooperation");
  for (const control of ["Edit Permissions", "Edit Expiration", "Pause Cooperation", "Remove Cooperation"])
    await partner.doesNotSee(control);

  // Edit Expiration: set or clear an expiration date for the whole cooperation.
  await fromMenu(owner, "Brightfix Service", "Edit Expiration");
  await owner.fill(/^Expiration/, "2028-06-30T22:00");
  await owner.press("Continue");
  await owner.press("Save Expiration");
  await owner.sees(/30 Jun 2028/);
  // Pause: all access is blocked. It says before who loses it, and cuts off the other side's next click.
  await partner.press("Received");
  await partner.sees("Hillside");
  await fromMenu(owner, "Brightfix Service", "Pause Cooperation");
  await owner.sees("Who loses access");
  await owner.sees("Ben Okafor");
  await owner.press("Pause Cooperation");
  await owner.sees("The cooperation is paused.");
  await partner.press("Delegate: Hillside");
  await partner.sees(/The cooperation is paused\. Nobody has access through it/);
  expect(await may("ben", "view", "plant:7")).toBe(false);
  // Resume stays available even while paused.
  await fromMenu(owner, "Brightfix Service", "Resume Cooperation");
  await owner.press("Resume Cooperation");
  await owner.sees("The cooperation is active again.");
  await partner.press("Back to what was received");
  await partner.press("Delegate: Hillside");
  await partner.sees("Delegate to a person");
  expect(await may("ben", "view", "plant:7")).toBe(true);
  // Resend the invitation to a partner who has not yet accepted.
  service.setNow(new Date(NOW.getTime() + 90 * MINUTE));
  const sent = mails.length;
  await fromMenu(owner, "lea@newcomer.example", "Resend Invitation");
  await owner.press("Resend Invitation");
  await owner.sees("The invitation was sent again.");
  expect(mails.slice(sent)).toMatchObject([{ to: "lea@newcomer.example" }]);
  // The details show the status, the contacts on each side, the expiration date, and every resource you have shared.
  await owner.press("Cooperations");
  await owner.fill(/^Search/, "brightf");
  await owner.press("Search");
  await owner.doesNotSee("lea@newcomer.example");
  await owner.press("Brightfix Service");
  for (const shown of ["Active", "Anna Berg", "Ben Okafor", /30 Jun 2028/, "Hillside", "Technical manager"])
    await owner.sees(shown);
  // Remove: the partner immediately loses access to everything you shared.
  await owner.press(/^Actions/);
  await owner.press("Remove Cooperation");
  await owner.sees("Who loses access");
  await owner.sees("Ben Okafor");
  await owner.press("Remove Cooperation");
  await owner.sees("The cooperation has ended.");
  await partner.press("Received");
  await partner.sees(/Nothing is shared with your organization yet/);
  expect(await may("ben", "view", "plant:7")).toBe(false);
}

/** What each level lets the receiving admin grant, as its table says. */
const ALLOWED = [
  { plant: "Hillside", id: "7", at: "Technical manager", grants: ["Viewer", "Technical manager"] },
  { plant: "Lakeside", id: "8", at: "Asset manager", grants: ["Viewer", "Asset manager"] },
  { plant: "Moorland", id: "9", at: "Viewer", grants: ["Viewer"] },
] as const;

/** "Cooperation Permission Restrictions", on an active cooperation in which nothing is shared yet. */
export async function playRestrictions({ owner, partner, member }: Cast, { service }: Console): Promise<void> {
  const { may } = service;
  // Each shared resource is shared at a specific job role.
  await fromMenu(owner, "Brightfix Service", "Edit Permissions");
  for (const { plant, at } of ALLOWED) {
    await owner.choose(/^Plant/, plant);
    await owner.choose("Role", at);
    await owner.press("Add Permission");
    await owner.sees(new RegExp(`${plant} .*is shared|${plant} is shared`));
  }
  // Admin-only reach: other roles cannot see or manage resources that arrived through a cooperation.
  await member.open("/console/organizations/brightfix/received");
  for (const { plant, id } of ALLOWED) {
    await member.doesNotSee(plant);
    expect(await may("tom", "view", `plant:${id}`)).toBe(false);
    expect(await may("ben", "view", `plant:${id}`)).toBe(true);
  }
  // The allowed set is always Viewer plus the shared role itself: nothing in between, and never higher.
  for (const { plant, grants } of ALLOWED) {
    await partner.press("Received");
    await partner.press(`Delegate: ${plant}`);
    const offered = partner.page.getByRole("group", { name: "Role" }).first().getByRole("radio");
    expect(await offered.count(), plant).toBe(grants.length);
    for (const role of grants) expect(await offered.and(partner.page.getByLabel(role)).count(), role).toBe(1);
  }
  // A receiving admin grants the shared resource to their own members, optionally with an expiration date.
  await partner.press("Received");
  await partner.press("Delegate: Hillside");
  await partner.choose(/^Person/, "Tom Reyes");
  await partner.choose("Role", "Technical manager");
  await partner.fill(/^Expiration/, "2027-09-30T22:00");
  await partner.press("Delegate");
  await partner.sees(/Delegated to .*Tom Reyes/);
  await partner.sees(/30 Sept? 2027/);
  expect(await may("tom", "manage_technical", "plant:7")).toBe(true);
  expect(await may("tom", "manage_commercial", "plant:7")).toBe(false);
  // Only the owning organization sets the level: the partner has no page for it.
  const permissions = owner.page.url();
  await partner.open(permissions.slice(new URL(permissions).origin.length).replace("sunward", "brightfix"));
  await partner.doesNotSee("Add Permission");
  // If it later lowers the shared level, the receiving members' access is reduced accordingly: it sees whose, before.
  await owner.press(/^Edit/, "Hillside");
  await owner.choose("Role", "Viewer");
  await owner.press("Save");
  await owner.sees("Nothing is changed yet. This is what it would mean:");
  await owner.sees(/Tom Reyes/);
  expect(await may("tom", "manage_technical", "plant:7")).toBe(true);
  await owner.press("Confirm");
  await owner.sees(/is changed/);
  expect(await may("tom", "manage_technical", "plant:7")).toBe(false);
  expect(await may("tom", "view", "plant:7")).toBe(true);
  await partner.press("Received");
  await partner.press("Delegate: Hillside");
  await partner.sees(/counts as Viewer now/);
  // If it removes the share, it is revoked.
  await owner.press(/^Remove/, "Hillside");
  await owner.sees(/Tom Reyes/);
  await owner.press("Remove permission");
  await owner.sees(/is not shared any more/);
  expect(await may("tom", "view", "plant:7")).toBe(false);
  expect(await may("ben", "view", "plant:7")).toBe(false);
}

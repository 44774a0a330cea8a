/**
 * The product's page "Cooperation Permission Restrictions" on the pages of the receiving side: admins alone reach what came
 * in, they delegate it as viewer or at the shared role, and lose it when the owner says so.
 */
import { describe, expect } from "vitest";
import { type Console, test } from "../../support/console.ts";
import { cooperate } from "../../support/service.ts";
import { offeredIn, saidOn, signIn } from "../../support/signed-in.ts";

const RECEIVED = "/console/organizations/brightfix/received";
const DELEGATE = /\/received\/\w+$/;
const ASK = /\/asks$/;

/** Brightfix gets a plant at a role; the address of its page. */
async function received({ service }: Console, role = "technical_manager") {
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role }]);
  return { id, share: shares[0] ?? "", path: `${RECEIVED}/${shares[0]}` };
}

describe("what came in", () => {
  test("an admin sees it with its owner, role and date, and has it automatically at the shared role", async ({
    console: own,
  }) => {
    const expires_at = "2027-12-31T22:00:00Z";
    await cooperate(own.service, [{ resource: "plant:7", role: "technical_manager", expires_at }]);
    const ben = await signIn(own, "ben");
    const page = await ben.get(RECEIVED);
    expect(saidOn(page)).toMatch(
      /Hillside \(7\) Plant ?Sunward Energy ?Technical manager ?31 Dec 2027, 22:00 UTC ?Active/,
    );
    expect(await own.service.may("ben", "manage_technical", "plant:7")).toBe(true);
  });

  test("other roles of the organization, and other organizations, see nothing of it", async ({ console: own }) => {
    const { path } = await received(own);
    for (const [person, status] of [
      ["tom", 403],
      ["eva", 403],
      ["ida", 404],
      ["anna", 404],
    ] as const) {
      const visitor = await signIn(own, person);
      for (const address of [RECEIVED, path, `${path}/delegations/tom/remove`]) {
        const page = await visitor.get(address);
        expect(page.status, `${person} ${address}`).toBe(status);
        expect(page.text).not.toContain("Hillside");
      }
      expect(await own.service.may(person === "anna" ? "tom" : person, "view", "plant:7")).toBe(false);
    }
  });

  test("without anything the page says what to expect", async ({ console: own }) => {
    const ben = await signIn(own, "ben");
    expect(saidOn(await ben.get(RECEIVED))).toContain("Nothing is shared with your organization yet.");
  });
});

describe("capped delegation", () => {
  for (const [role, offered] of [
    ["technical_manager", ["viewer", "technical_manager"]],
    ["asset_manager", ["viewer", "asset_manager"]],
    ["viewer", ["viewer"]],
  ] as const)
    test(`of what is shared at ${role}, ${offered.join(" and ")} is on offer and nothing else`, async ({
      console: own,
    }) => {
      const { path } = await received(own, role);
      const ben = await signIn(own, "ben");
      const page = await ben.get(path);
      expect(offeredIn(page, DELEGATE, "role")).toEqual(offered);
      expect(offeredIn(page, DELEGATE, "user")).toEqual(["", "eva", "tom"]);
      for (const beyond of ["operator", "technical_manager", "asset_manager"].filter((one) => one !== role)) {
        const refused = await ben.send(page, DELEGATE, { user: "tom", role: beyond });
        expect(refused.status, beyond).toBe(422);
        expect(saidOn(refused)).toMatch(
          /The share's role is \w+; it may be delegated at|The operator role belongs to the owner/,
        );
      }
      expect(await own.service.may("tom", "view", "plant:7")).toBe(false);

      const done = await ben.send(page, DELEGATE, { user: "tom", role: offered.at(-1) });
      expect(saidOn(done)).toContain("Delegated to Tom Reyes (tom).");
      expect(await own.service.may("tom", "view", "plant:7")).toBe(true);
      expect(await own.service.may("eva", "view", "plant:7")).toBe(false);
    });

  test("only one's own people get it, until a date if there is one", async ({ console: own }) => {
    const { path, share } = await received(own);
    const ben = await signIn(own, "ben");
    const page = await ben.get(path);
    const refused = await ben.send(page, DELEGATE, { user: "otto", role: "viewer" });
    expect(saidOn(refused)).toContain("otto is not a person of brightfix.");
    const nobody = await ben.send(page, DELEGATE, { user: "", role: "viewer" });
    expect(saidOn(nobody)).toContain("Choose a person.");
    const done = await ben.send(page, DELEGATE, { user: "tom", role: "viewer", expires_at: "2027-09-30T22:00" });
    expect(saidOn(done)).toMatch(/Tom Reyes \(tom\) ?Viewer ?30 Sept? 2027, 22:00 UTC/);
    own.service.setNow(new Date("2027-09-30T22:00:00Z"));
    expect(await own.service.may("tom", "view", "plant:7")).toBe(false);
    expect((await own.service.as("ben", "GET", `/v1/shares/${share}`)).body.delegations).toHaveLength(1);
  });

  test("lowering what somebody has names them first, taking it back too, and both are done once confirmed", async ({
    console: own,
  }) => {
    const { path, share } = await received(own);
    const { service } = own;
    await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" });
    const ben = await signIn(own, "ben");
    const page = await ben.get(`${path}?user=tom`);
    expect(saidOn(page)).toContain("Change what Tom Reyes (tom) has");
    const asked = await ben.send(page, DELEGATE, { role: "viewer" });
    expect(saidOn(asked)).toMatch(/Nothing is changed yet.*Tom Reyes \(tom\) ?Hillside \(7\) ?technical work/);
    expect(await service.may("tom", "manage_technical", "plant:7")).toBe(true);
    await ben.send(asked, DELEGATE);
    expect(await service.may("tom", "manage_technical", "plant:7")).toBe(false);

    const removal = await ben.get(`${path}/delegations/tom/remove`);
    expect(saidOn(removal)).toMatch(/Who loses access.*Tom Reyes \(tom\) ?Hillside \(7\) ?viewing/);
    const done = await ben.send(removal, /\/remove$/);
    expect(saidOn(done)).toContain("Tom Reyes (tom) does not have it any more.");
    expect(await service.may("tom", "view", "plant:7")).toBe(false);
  });

  test("a form that is older than the share delegates nothing, and shows what the owner changed", async ({
    console: own,
  }) => {
    const { path, share } = await received(own);
    const { service } = own;
    const ben = await signIn(own, "ben");
    const old = await ben.get(path);
    await service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", reason: "not for the partner" });
    const late = await ben.send(old, DELEGATE, { user: "tom", role: "viewer" });
    expect(late.status).toBe(412);
    expect(saidOn(late)).toMatch(/Anna Berg \(anna\) ?Permission changed.*Role: Technical manager to Viewer/);
    expect(late.text).not.toContain("not for the partner");
    expect(offeredIn(late, DELEGATE, "role")).toEqual(["viewer"]);
    expect(await service.may("tom", "view", "plant:7")).toBe(false);
    await ben.send(late, DELEGATE, { user: "tom", role: "viewer" });
    expect(await service.may("tom", "view", "plant:7")).toBe(true);
  });
});

describe("the owner decides", () => {
  test("a pause cuts the partner's next click, and its end gives it back", async ({ console: own }) => {
    const { id, path } = await received(own);
    const { service } = own;
    const ben = await signIn(own, "ben");
    const page = await ben.get(path);
    await service.as("anna", "POST", `/v1/cooperations/${id}/pause`);
    const clicked = await ben.send(page, DELEGATE, { user: "tom", role: "viewer" });
    expect(clicked.status).toBe(409);
    expect(saidOn(clicked)).toContain("This is not possible in the status that the cooperation has now.");
    expect(saidOn(clicked)).toContain("The cooperation is paused. Nobody has access through it");
    expect(clicked.forms.some(({ action }) => DELEGATE.test(action))).toBe(false);
    for (const user of ["ben", "tom"]) expect(await service.may(user, "view", "plant:7")).toBe(false);
    await service.as("anna", "POST", `/v1/cooperations/${id}/resume`);
    await ben.send(await ben.get(path), DELEGATE, { user: "tom", role: "viewer" });
    expect(await service.may("tom", "view", "plant:7")).toBe(true);
  });

  test("a lowered level reduces what was delegated, and its page says so; without the share there is no page", async ({
    console: own,
  }) => {
    const { path, share } = await received(own);
    const { service } = own;
    await service.as("ben", "PUT", `/v1/shares/${share}/delegations/tom`, { role: "technical_manager" });
    const ben = await signIn(own, "ben");
    expect(saidOn(await ben.get(path))).not.toContain("counts as");
    await service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer" });
    expect(saidOn(await ben.get(path))).toMatch(/Tom Reyes \(tom\) ?Technical manager ?counts as Viewer now/);
    await service.as("anna", "DELETE", `/v1/shares/${share}`);
    expect((await ben.get(path)).status).toBe(404);
    expect(saidOn(await ben.get(RECEIVED))).toContain("Nothing is shared with your organization yet.");
  });
});

describe("asking for more", () => {
  test("an admin asks with a reason, sees that it waits, and what became of it", async ({ console: own }) => {
    const { id, path } = await received(own);
    const { service } = own;
    const ben = await signIn(own, "ben");
    const page = await ben.get(path);
    expect(offeredIn(page, ASK, "asked_role")).toEqual(["", "viewer", "asset_manager"]);
    const note = "We take over the invoices";
    const ask = { about: "share", asked_role: "asset_manager", note };
    const asked = await ben.send(page, ASK, ask);
    expect(saidOn(asked)).toMatch(
      /Hillside \(7\): role Asset manager ?We take over the invoices ?Ben Okafor \(ben\).*waits for an answer/,
    );
    expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(false);

    await service.as("anna", "POST", `/v1/cooperations/${id}/asks/1/decline`);
    const declined = await ben.get(path);
    expect(saidOn(declined)).toMatch(/Nothing waits for an answer.*Answered lately.*Anna Berg \(anna\) ?Ask declined/);

    const again = await ben.send(declined, ASK, ask);
    await service.as("anna", "POST", `/v1/cooperations/${id}/asks/2/accept`);
    expect(await service.may("ben", "manage_commercial", "plant:7")).toBe(true);
    expect(saidOn(await ben.get(path))).toMatch(
      /Answered lately.*Permission changed.*Role: Technical manager to Asset manager/,
    );
    expect(again.status).toBe(200);
  });

  test("an ask is withdrawn, one without a reason or for nothing new is refused in words", async ({ console: own }) => {
    const { path } = await received(own);
    const ben = await signIn(own, "ben");
    const page = await ben.get(path);
    const fields = { about: "cooperation", asked_expires_at: "2028-12-31T22:00" };
    const without = await ben.send(page, ASK, fields);
    expect(without.status).toBe(400);
    expect(saidOn(without)).toContain("/note");
    // it has no end now, and nothing is later
    const nothing = await ben.send(page, ASK, { ...fields, note: "Longer, please" });
    expect(saidOn(nothing)).toContain("the date is not later than its present one");
    const ask = { about: "share", asked_role: "asset_manager", note: "Invoices" };
    const asked = await ben.send(page, ASK, ask);
    const withdrawn = await ben.send(asked, /\/withdraw$/);
    expect(saidOn(withdrawn)).toMatch(/The ask is withdrawn.*Nothing waits for an answer/);
  });
});

/** Manage Permissions: what an owner shares, changes and takes back by the pages, and what nobody else can. */
import { describe, expect } from "vitest";
import { type Console, inDays, test } from "../../support/console.ts";
import type { Visited } from "../../support/console-visitor.ts";
import { cooperate } from "../../support/service.ts";
import { formOf, offeredIn, saidOn, signIn } from "../../support/signed-in.ts";

const ADD = /\/permissions\?/;
const pageOf = (id: string) => `/console/cooperations/${id}/permissions`;

/** Sunward and brightfix with plant 7 at technical manager, delegated to tom. */
async function shared({ service }: Console) {
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const [share = ""] = shares;
  const path = `/v1/shares/${share}/delegations/tom`;
  expect((await service.as("ben", "PUT", path, { role: "technical_manager" })).status).toBe(201);
  return { id, share };
}

describe("sharing", () => {
  test("an owner shares a plant of their own at one role and until a date", async ({ console: own }) => {
    const { id } = await cooperate(own.service, []);
    const anna = await signIn(own, "anna");
    const page = await anna.get(pageOf(id));
    expect(saidOn(page)).toContain("Nothing is shared yet.");
    expect(offeredIn(page, ADD, "resource")).toEqual(["", "plant:7", "plant:8", "plant:9"]);
    expect(await own.service.may("ben", "view", "plant:7")).toBe(false);

    const fields = { resource: "plant:7", role: "asset_manager", expires_at: "2027-12-31T22:00" };
    const done = await anna.send(page, ADD, fields);
    expect(done.status).toBe(200);
    expect(saidOn(done)).toContain("Hillside is shared.");
    expect(saidOn(done)).toMatch(/Hillside \(7\) Plant ?Asset manager ?now ?31 Dec 2027, 22:00 UTC/);
    expect(await own.service.may("ben", "manage_commercial", "plant:7")).toBe(true);
  });

  test("only what may cross is on offer, each with what it allows, and operator is refused in words", async ({
    console: own,
  }) => {
    const { id } = await cooperate(own.service, []);
    const anna = await signIn(own, "anna");
    const page = await anna.get(pageOf(id));
    expect(offeredIn(page, ADD, "role")).toEqual(["viewer", "technical_manager", "asset_manager"]);
    for (const sentence of ["Read-only visibility", "Technical operations work", "Commercial-authority work"])
      expect(saidOn(page)).toContain(sentence);

    const refused = await anna.send(page, ADD, { resource: "plant:7", role: "operator" });
    expect(refused.status).toBe(422);
    expect(saidOn(refused)).toContain("The operator role belongs to the owner's own people.");
    expect((await own.service.as("anna", "GET", `/v1/cooperations/${id}`)).body.shares).toEqual([]);
  });

  test("what another organization owns is neither on offer nor shared by a forged form", async ({ console: own }) => {
    const { id } = await cooperate(own.service, []);
    const anna = await signIn(own, "anna");
    const page = await anna.get(pageOf(id));
    expect(page.text).not.toContain("Coast 1");
    const refused = await anna.send(page, ADD, { resource: "plant:w1", role: "viewer" });
    expect(refused.status).toBe(422);
    expect(saidOn(refused)).toContain("plant:w1 is not sunward's.");
  });

  test("where there are many, a search offers what fits, and what is shared already cannot be chosen", async ({
    console: own,
  }) => {
    const { service } = own;
    for (let n = 0; n < 201; n++)
      await service.admin("PUT", `/v1/plants/p${n}`, { owner: "sunward", name: `Field ${n}` });
    const { id } = await cooperate(service, [{ resource: "plant:p10", role: "viewer" }]);
    const anna = await signIn(own, "anna");
    const page = await anna.get(pageOf(id));
    expect(offeredIn(page, ADD, "resource")).toEqual([]);
    const found = await anna.send(page, /\/permissions$/, { search: "FIELD 1" });
    const offered = formOf(found.forms, ADD).fields.find(({ name }) => name === "resource");
    expect(offered?.type).toBe("radio");
    expect(offered?.options).toHaveLength(20);
    expect(saidOn(found)).toContain("There are more. Type more of the name to see them.");
    expect(found.text).toMatch(/value="plant:p10"[^>]* disabled/);
    expect(found.text.length).toBeLessThan(100_000);
    const none = await anna.send(page, /\/permissions$/, { search: "nowhere" });
    expect(saidOn(none)).toContain("Nothing found for “nowhere”.");
  });
});

describe("changing", () => {
  test("before a role is lowered the owner sees who loses what, by name, and nothing is changed until they confirm", async ({
    console: own,
  }) => {
    const { id, share } = await shared(own);
    const { may } = own.service;
    const anna = await signIn(own, "anna");
    const page = await anna.get(`${pageOf(id)}/${share}`);
    const asked = await anna.send(page, /\/permissions\//, { role: "viewer" });
    expect(asked.status).toBe(200);
    expect(saidOn(asked)).toMatch(
      /Nothing is changed yet.*Who loses access.*Tom Reyes \(tom\) ?Hillside \(7\) ?technical work/,
    );
    expect(await may("tom", "manage_technical", "plant:7")).toBe(true);

    const done = await anna.send(asked, /\/permissions\//);
    expect(saidOn(done)).toContain("The permission for Hillside is changed.");
    expect(await may("tom", "manage_technical", "plant:7")).toBe(false);
    expect(await may("tom", "view", "plant:7")).toBe(true);
  });

  test("what takes nothing from anybody is done at once", async ({ console: own }) => {
    const { service } = own;
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const anna = await signIn(own, "anna");
    const page = await anna.get(`${pageOf(id)}/${shares[0]}`);
    const done = await anna.send(page, /\/permissions\//, { role: "technical_manager" });
    expect(saidOn(done)).toContain("The permission for Hillside is changed.");
    expect(await service.may("ben", "manage_technical", "plant:7")).toBe(true);
  });

  test("a date keeps its seconds when only the role is changed, and is cleared when it is emptied", async ({
    console: own,
  }) => {
    const { service } = own;
    const expires_at = "2027-12-31T22:00:33Z";
    const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer", expires_at }]);
    const anna = await signIn(own, "anna");
    const path = `${pageOf(id)}/${shares[0]}`;
    const dateNow = async () => (await service.as("anna", "GET", `/v1/shares/${shares[0]}`)).body.expires_at;
    await anna.send(await anna.get(path), /\/permissions\//, { role: "asset_manager" });
    expect(await dateNow()).toBe(expires_at);
    await anna.send(await anna.get(path), /\/permissions\//, { role: "asset_manager", expires_at: "" });
    expect(await dateNow()).toBeNull();
  });

  test("the trash shows who loses what and removes the share with all that was delegated", async ({ console: own }) => {
    const { id, share } = await shared(own);
    const { may } = own.service;
    const anna = await signIn(own, "anna");
    const page = await anna.get(`${pageOf(id)}/${share}/remove`);
    expect(saidOn(page)).toMatch(/Who loses access.*Tom Reyes \(tom\)/);
    expect(await may("tom", "view", "plant:7")).toBe(true);
    const done = await anna.send(page, /\/remove/, { reason: "The contract is over" });
    expect(saidOn(done)).toContain("Hillside is not shared any more.");
    // the share alone: its address ends like that of a removal of the cooperation
    expect((await own.service.as("anna", "GET", `/v1/cooperations/${id}`)).body.status).toBe("active");
    for (const user of ["tom", "ben"]) expect(await may(user, "view", "plant:7")).toBe(false);
  });

  test("a form that is older than the share overwrites nothing, and shows what changed meanwhile", async ({
    console: own,
  }) => {
    const { id, share } = await shared(own);
    const { service } = own;
    const anna = await signIn(own, "anna");
    const old = await anna.get(`${pageOf(id)}/${share}`);
    await service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", expires_at: inDays(30) });
    const late = await anna.send(old, /\/permissions\//, { role: "asset_manager" });
    expect(late.status).toBe(412);
    expect(saidOn(late)).toMatch(
      /Changed meanwhile.*Anna Berg \(anna\) ?Permission changed.*Role: Technical manager to Viewer/,
    );
    expect(saidOn(late)).toContain("You wanted:Role: Asset manager As it is now.");
    expect((await service.as("anna", "GET", `/v1/shares/${share}`)).body.role).toBe("viewer");

    const done = await anna.send(late, /\/permissions\//, { role: "asset_manager" });
    expect(saidOn(done)).toContain("is changed");
    const { body } = await service.as("anna", "GET", `/v1/shares/${share}`);
    expect(body).toMatchObject({ role: "asset_manager", expires_at: inDays(30).replace(".000", "") });
  });

  test("a removal, and a share that is added, are held to their page's state too", async ({ console: own }) => {
    const { id, share } = await shared(own);
    const anna = await signIn(own, "anna");
    const [removal, adding] = [await anna.get(`${pageOf(id)}/${share}/remove`), await anna.get(pageOf(id))];
    await own.service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" });
    const late = await anna.send(removal, /\/remove/);
    expect(late.status).toBe(412);
    expect(saidOn(late)).toMatch(
      /Ben Okafor \(ben\) ?Delegated.*Person: Eva Novak \(eva\).*Who loses access.*Eva Novak/,
    );
    expect(await own.service.may("eva", "view", "plant:7")).toBe(true);
    const added = await anna.send(adding, ADD, { resource: "plant:8", role: "viewer" });
    expect(added.status).toBe(412);
    expect(saidOn(await anna.send(added, ADD, { resource: "plant:8", role: "viewer" }))).toContain(
      "Lakeside is shared.",
    );
  });
});

describe("who may not", () => {
  test("a foreign organization sees nothing of it, and its forms change nothing", async ({ console: own }) => {
    const { id, share } = await shared(own);
    const anna = await signIn(own, "anna");
    const form = await anna.get(`${pageOf(id)}/${share}`);
    const ida = await signIn(own, "ida");
    for (const path of ["", "/many", "/presets?preset=summer", `/${share}`, `/${share}/remove`]) {
      const page = await ida.get(`${pageOf(id)}${path}`);
      expect(page.status, path).toBe(404);
      expect(page.text, path).not.toMatch(/Hillside|Brightfix|Sunward/);
    }
    expect((await ida.send(form, /\/permissions\//, { role: "viewer" })).status).toBe(404);
    expect(await own.service.may("tom", "manage_technical", "plant:7")).toBe(true);
  });

  test("a partner's admin reads what is shared, is offered no form, and sends none", async ({ console: own }) => {
    const { id, share } = await shared(own);
    const anna = await signIn(own, "anna");
    const [adding, editing] = [await anna.get(pageOf(id)), await anna.get(`${pageOf(id)}/${share}`)];
    const ben = await signIn(own, "ben");
    const page = await ben.get(pageOf(id));
    expect(page.status).toBe(200);
    expect(saidOn(page)).toContain("Hillside");
    expect(page.forms.filter(({ action }) => action.includes("/permissions"))).toEqual([]);
    expect(page.text).not.toContain(`${share}/remove`);
    const asBrightfix = (page: Visited) => ({
      ...page,
      forms: page.forms.map((form) => ({ ...form, action: form.action.replace("=sunward", "=brightfix") })),
    });
    const refused = await ben.send(asBrightfix(adding), ADD, { resource: "plant:8", role: "viewer" });
    expect(refused.status).toBe(403);
    expect(saidOn(refused)).toContain("Only admins of the initiator may do this.");
    expect((await ben.send(asBrightfix(editing), /\/permissions\//, { role: "viewer" })).status).toBe(403);
    expect(await own.service.may("tom", "manage_technical", "plant:7")).toBe(true);
  });
});

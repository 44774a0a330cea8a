/** What every page about shares promises: it is a whole and small document, and whatever people are called is shown as text. */
import { expect } from "vitest";
import { type Console, seedCooperations, test } from "../../support/console.ts";
import { flawsIn } from "../../support/html.ts";
import { cooperate } from "../../support/service.ts";
import { saidOn, signIn } from "../../support/signed-in.ts";

const MARKUP = `"><planted x='y'>{{7*7}}</bdi></td>`;
const RIGHT_TO_LEFT = "שלום \u202Egnp.exe 👩‍👩‍👧";

/** The addresses of all pages of an owner and of a partner, for one share. */
const pagesOf = (id: string, share: string) => ({
  anna: ["permissions", "permissions?type=portfolio", `permissions/${share}`, `permissions/${share}/remove`]
    .concat(
      "permissions/many",
      "permissions/presets?preset=summer",
      "history",
      "history/verify",
      "access-log",
      "review",
    )
    .map((behind) => `/console/cooperations/${id}/${behind}`),
  ben: ["", `/${share}`, `/${share}?user=tom`, `/${share}/delegations/tom/remove`]
    .map((behind) => `/console/organizations/brightfix/received${behind}`)
    .concat(["permissions", "history", "access-log"].map((behind) => `/console/cooperations/${id}/${behind}`)),
});

/** A world in which whatever people may name is hostile. */
async function seedHostile({ service }: Console, share: string): Promise<void> {
  const { admin, as } = service;
  await admin("PUT", "/v1/organizations/sunward", { name: MARKUP });
  await admin("PUT", "/v1/organizations/brightfix", { name: RIGHT_TO_LEFT });
  for (const plant of ["7", "9"]) await admin("PUT", `/v1/plants/${plant}`, { owner: "sunward", name: MARKUP });
  await admin("PUT", "/v1/portfolios/north", { owner: "sunward", name: MARKUP });
  await admin("PUT", "/v1/plants/8", { owner: "sunward", name: RIGHT_TO_LEFT, portfolio: "north" });
  await admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member", name: MARKUP });
  await as("anna", "PATCH", `/v1/shares/${share}`, { role: "asset_manager", reason: MARKUP });
  await as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager", reason: RIGHT_TO_LEFT });
}

test("no page has a flaw or is large, and nobody's name, note or reason becomes anything but text", async ({
  console: own,
}) => {
  const { active, share } = await seedCooperations(own);
  await seedHostile(own, share);
  for (const [person, pages] of Object.entries(pagesOf(active, share))) {
    const visitor = await signIn(own, person);
    const languages = ["en", "de"].flatMap((language) => pages.map((path) => ({ language, path })));
    for (const { language, path } of languages) {
      if (path === pages[0]) await visitor.send(await visitor.get(path), /\/language$/, { language });
      // also holds that nothing on it is foreign
      const page = await visitor.get(path);
      expect(page.text, path).toContain(`<html lang="${language}">`);
      expect(page.status, path).toBe(200);
      expect(flawsIn(page.html), path).toEqual([]);
      expect(page.text.length, path).toBeLessThan(100_000);
      if (!/verify|access-log/.test(path)) expect(saidOn(page), path).toContain("<planted x='y'>{{7*7}}");
    }
  }
});

test("a text of a form is shown again as text, in the form and in what it asks to confirm", async ({
  console: own,
}) => {
  const { id, shares } = await cooperate(own.service, [{ resource: "plant:7", role: "technical_manager" }]);
  const anna = await signIn(own, "anna");
  const path = `/console/cooperations/${id}/permissions/${shares[0]}`;
  const form = await anna.get(path);
  const asked = await anna.send(form, /\/permissions\//, { role: "viewer", reason: MARKUP });
  const [reason] = asked.forms.flatMap(({ fields }) => fields.filter(({ name }) => name === "reason"));
  expect(reason?.value).toBe(MARKUP);
  const wrong = await anna.send(form, /\/permissions\//, { role: MARKUP, reason: MARKUP, expires_at: MARKUP });
  expect(wrong.status).toBe(400);
  expect(flawsIn(wrong.html)).toEqual([]);
});

test("fifty shares, each delegated, are one small page, and the rest is behind a link", async ({ console: own }) => {
  const { service } = own;
  const plants = Array.from({ length: 60 }, (_, n) => `f${n}`);
  for (const plant of plants)
    await service.admin("PUT", `/v1/plants/${plant}`, { owner: "sunward", name: `Field ${plant}` });
  const { id } = await cooperate(service, []);
  const lines = plants.map((plant) => ({ action: "share", resource: `plant:${plant}`, role: "viewer" }));
  const { body } = await service.as("anna", "POST", `/v1/cooperations/${id}/shares/batch`, { lines });
  const delegated = body.lines.map(({ share }: { share: string }) => ({
    action: "delegate",
    share,
    user: "tom",
    role: "viewer",
  }));
  await service.as("ben", "POST", `/v1/cooperations/${id}/delegations/batch`, { lines: delegated });
  for (const [person, path] of [
    ["anna", `/console/cooperations/${id}/permissions`],
    ["ben", "/console/organizations/brightfix/received"],
  ] as const) {
    const visitor = await signIn(own, person);
    const page = await visitor.get(path);
    expect(page.text.length).toBeLessThan(100_000);
    const next = /class="pager"[^>]*><a class="button" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll("&amp;", "&");
    const rest = await visitor.get(next ?? "");
    const shown = [page, rest].flatMap(({ text }) => text.match(/<bdi>Field f\d+/g) ?? []);
    expect(new Set(shown).size).toBe(60);
  }
});

/** Names, addresses, notes and reasons are text on every page of cooperations, whatever they hold; and who may see nothing sees nothing. */
import { expect } from "vitest";
import { test } from "../../support/console.ts";
import { readText, signInAs } from "../../support/console-reading.ts";

const MARKUP = `<planted onclick="x">"'&amp;</planted>`;
const RTL = "‮gnihtemos‬ شمس";
const EMOJI = "🏭👩‍🔧";
const HOSTILE = `${MARKUP}${RTL}${EMOJI}`;

test("markup, right-to-left text and emoji are shown as text on each page", async ({ console: own }) => {
  const { admin, as } = own.service;
  const must = async (call: ReturnType<typeof admin>) =>
    expect((await call).status, JSON.stringify((await call).body)).toBeLessThan(300);
  await must(admin("PUT", "/v1/organizations/brightfix", { name: HOSTILE }));
  await must(
    admin("PUT", "/v1/organizations/brightfix/people/ben", {
      role: "admin",
      name: HOSTILE,
      email: "ben@brightfix.example",
    }),
  );
  await must(admin("PUT", "/v1/plants/7", { owner: "sunward", name: HOSTILE }));
  const offered = await as("anna", "POST", "/v1/organizations/sunward/cooperations", {
    organization: "brightfix",
    shares: [{ resource: "plant:7", role: "viewer" }],
    reason: HOSTILE,
  });
  const { id } = offered.body;
  await must(as("ben", "POST", `/v1/cooperations/${id}/accept`));
  const [share] = (await as("ben", "GET", `/v1/cooperations/${id}`)).body.shares;
  const ask = { share: share.id, role: "technical_manager", note: HOSTILE };
  await must(as("ben", "POST", `/v1/cooperations/${id}/asks`, ask));
  const [anna, ben] = [await signInAs(own, "anna"), await signInAs(own, "ben")];
  const shown = MARKUP.replaceAll(/\s+/g, " ");
  for (const path of [
    "/console/organizations/sunward/cooperations",
    `/console/organizations/sunward/cooperations?search=${encodeURIComponent(MARKUP)}`,
    "/console/organizations/sunward/waiting",
    `/console/cooperations/${id}?organization=sunward`,
    `/console/cooperations/${id}/pause?organization=sunward`,
    `/console/cooperations/${id}/remove?organization=sunward`,
    `/console/cooperations/${id}/asks/1?organization=sunward`,
  ])
    expect(readText(await anna.open(path)), path).toContain(shown);
  for (const path of [
    "/console?choose=1",
    "/console/organizations/brightfix/cooperations",
    `/console/cooperations/${id}`,
  ])
    expect((await ben.open(path)).status, path).toBe(200);
  const invite = await anna.open("/console/organizations/sunward/invite");
  const refused = await anna.fill(invite, /invite$/, {
    email: `"${MARKUP}"@x.example`,
    reason: HOSTILE,
    language: MARKUP,
  });
  expect(refused.status).toBe(400);
});

test("pages of a cooperation or organization that is not one's own reveal no more than one that does not exist", async ({
  console: own,
}) => {
  const { as } = own.service;
  const { body } = await as("anna", "POST", "/v1/organizations/sunward/cooperations", { organization: "brightfix" });
  const ida = await signInAs(own, "ida");
  const none = "01KD9999999999999999999999";
  const pages = ["", "/pause", "/accept", "/remove", "/expiry", "/asks/1"];
  for (const rest of pages) {
    const [foreign, unknown] = [
      await ida.open(`/console/cooperations/${body.id}${rest}`),
      await ida.open(`/console/cooperations/${none}${rest}`),
    ];
    expect([foreign.status, readText(foreign)], rest).toEqual([404, readText(unknown)]);
  }
  for (const rest of ["cooperations", "invite", "waiting"]) {
    const [foreign, unknown] = [
      await ida.open(`/console/organizations/sunward/${rest}`),
      await ida.open(`/console/organizations/nowhere/${rest}`),
    ];
    expect([foreign.status, readText(foreign)], rest).toEqual([404, readText(unknown)]);
  }
  // a form that is sent all the same does nothing
  for (const step of ["pause", "remove", "accept"]) {
    const sent = await ida.visitor.post(`/console/cooperations/${body.id}/${step}`, "etag=%221%22");
    expect(sent.status, step).toBe(404);
  }
  expect((await as("anna", "GET", `/v1/cooperations/${body.id}`)).body.status).toBe("pending");
});

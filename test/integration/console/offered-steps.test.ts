/**
 * What a cooperation's menu offers is what `/v1` would do: for each status and side, each step's page has its form exactly
 * where the same request is not refused, and the menu has its link exactly there.
 */
import { expect } from "vitest";
import { COOPERATION_STEPS, STEP_NAMES } from "../../../src/console/pages/cooperation-steps.ts";
import { inDays, NOW, test } from "../../support/console.ts";
import { offeredOn, signInAs } from "../../support/console-reading.ts";
import type { Service } from "../../support/service.ts";

type Made = { title: string; make: (service: Service) => Promise<string> };

const offer = (body: object) => async (service: Service) => {
  const path = "/v1/organizations/sunward/cooperations";
  const { body: made } = await service.as("anna", "POST", path, { organization: "brightfix", ...body });
  expect(made.id, JSON.stringify(made)).toBeDefined();
  return made.id as string;
};
const after =
  (body: object, ...steps: [user: string, method: string, rest: string][]): Made["make"] =>
  async (service) => {
    const id = await offer(body)(service);
    for (const [user, method, rest] of steps)
      expect((await service.as(user, method, `/v1/cooperations/${id}${rest}`)).status).toBe(200);
    return id;
  };
const ACCEPT: [string, string, string] = ["ben", "POST", "/accept"];
const HOUR = 60 * 60 * 1000;
const later = (make: Made["make"]) => async (service: Service) => {
  const id = await make(service);
  service.setNow(new Date(NOW.getTime() + 2 * HOUR));
  return id;
};
const soon = { expires_at: new Date(NOW.getTime() + HOUR).toISOString() };

const STATES: Made[] = [
  { title: "invited", make: offer({ organization: undefined, email: "lea@newcomer.example" }) },
  { title: "pending", make: offer({}) },
  { title: "pending and expired", make: later(offer(soon)) },
  { title: "active", make: after({}, ACCEPT) },
  { title: "active and planned", make: after({ starts_at: inDays(3) }, ACCEPT) },
  { title: "active and expired", make: later(after(soon, ACCEPT)) },
  { title: "paused", make: after({}, ACCEPT, ["anna", "POST", "/pause"]) },
  { title: "declined", make: after({}, ["ben", "POST", "/decline"]) },
  { title: "removed", make: after({}, ACCEPT, ["anna", "DELETE", ""]) },
  { title: "left", make: after({}, ACCEPT, ["ben", "POST", "/leave"]) },
];
const SIDES = [
  { user: "anna", organization: "sunward" },
  { user: "ben", organization: "brightfix" },
];

test.for(STATES)(
  "where it is $title, each side is offered what it may do and nothing else",
  async ({ title, make }, { console: own }) => {
    const { service } = own;
    const id = await make(service);
    // who was written to a moment ago is not written to again: behind that time, so that only the status counts
    const at = service.deps.clock().getTime();
    for (const { user, organization } of SIDES) {
      const reader = await signInAs(own, user);
      service.setNow(new Date(at + 5 * 60_000));
      const page = await reader.open(`/console/cooperations/${id}?organization=${organization}`);
      if (title === "invited" && user === "ben") {
        expect(page.status).toBe(404);
        continue;
      }
      const offered = offeredOn(page, id);
      for (const name of STEP_NAMES) {
        const { method, path } = COOPERATION_STEPS[name];
        const body = method === "PATCH" ? { expires_at: inDays(200) } : undefined;
        const dry = await service.as(user, method, `/v1/cooperations/${id}${path}?dry_run=true`, body);
        // what is so already is no error for a program, and nothing to offer
        const isSame = name === "resume" && dry.status === 200 && title.startsWith("active");
        const isSameEnd = dry.status === 200 && ["declined", "removed", "left"].includes(title);
        const isAccepted = name === "accept" && dry.status === 200 && !title.startsWith("pending");
        const isPaused = name === "pause" && title === "paused";
        const may = dry.status === 200 && !isSame && !isSameEnd && !isAccepted && !isPaused;
        expect([name, offered.includes(name)], `${title}, ${user}: ${JSON.stringify(dry.body)}`).toEqual([name, may]);
        const own = await reader.open(`/console/cooperations/${id}/${name}?organization=${organization}`);
        const forms = own.forms.filter(({ action }) => action.includes(id)).length;
        expect([name, own.status, forms], `${title}, ${user}`).toEqual([name, may ? 200 : 409, may ? 1 : 0]);
      }
    }
  },
);

test("who is an admin on both sides is offered what is of the side that the page is about", async ({
  console: own,
}) => {
  const { service } = own;
  await service.admin("PUT", "/v1/organizations/brightfix/people/anna", { role: "admin" });
  const id = await offer({})(service);
  const anna = await signInAs(own, "anna");
  const steps = async (organization: string) => {
    const page = await anna.open(`/console/cooperations/${id}?organization=${organization}`);
    return STEP_NAMES.filter((name) => offeredOn(page, id).includes(name));
  };
  expect(await steps("brightfix")).toEqual(["accept", "decline"]);
  expect(await steps("sunward")).toEqual(["expiry", "resend", "remove"]);
});

/**
 * Whatever is sent to a form of the console, and whatever names, notes and reasons say: no page fails, nothing of it
 * becomes markup, an address or a header, and nobody is signed in or led elsewhere by it. Without a browser.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { type Console, type Cooperations, seedCooperations, test } from "../support/console.ts";
import { SAMPLE_LINK } from "../support/console-service.ts";
import { createVisitor, kindOf, type Visited, type Visitor } from "../support/console-visitor.ts";
import { type Form, flawsIn } from "../support/html.ts";

/** What texts try to be: markup, handlers, addresses, other headers, other directions, and more than is expected. */
const HOSTILE = [
  `"><planted planted='x' onfocus=planted()>`,
  `'></textarea></select></title></script></style></dialog><planted>`,
  "<img src=x onerror=planted()>",
  "javascript:planted()",
  "//evil.example/%2e%2e%2f%00",
  "a\r\nSet-Cookie: planted=1",
  "\u0000\u0007\u001b[31m",
  "\u202Egnp.exe\u202C שלום \u200B 👩‍👩‍👧‍👦🏳️‍🌈 𝒳 \u0301\u0301\u0301",
  "x".repeat(20_000),
  "__proto__",
  "1e309",
  "2027-02-30T25:61",
] as const;
/** Those that each field is sent with by itself. */
const NASTIEST = [HOSTILE[0], HOSTILE[5]];

const asPeople = ["anna", "ben", "an engineer"] as const;

/** Somebody who is signed in by the list of the sample people. */
async function visitorAs(own: Console, person: string): Promise<Visitor> {
  const visitor = createVisitor(own.service);
  const { forms } = await visitor.get(SAMPLE_LINK);
  const form = forms.find(({ action }) => action.endsWith("/try-as"));
  expect(form, "the list of the sample people").toBeDefined();
  const { status } = await visitor.send(form as Form, { person });
  expect(status).toBe(200);
  return visitor;
}

/** What ends things is sent last, so that the other forms find something to act on; who signs out sends nothing more. */
const ENDINGS = [/language/, /pause/, /expiry|review/, /resend/, /leave|decline/, /remove|revoke/];
const rank = ({ action }: Form) => ENDINGS.findIndex((ending) => ending.test(action));

/** The forms of all pages, one of each kind. */
function formsOf(pages: readonly Visited[]): Form[] {
  const kinds = new Map<string, Form>();
  for (const form of pages.flatMap(({ forms }) => forms)) {
    const kind = `${form.method} ${kindOf(form.action)} ${form.fields.map(({ name }) => name).join()}`;
    if (!/sign-out/.test(form.action) && !kinds.has(kind)) kinds.set(kind, form);
  }
  return [...kinds.values()].toSorted((a, b) => rank(a) - rank(b));
}

const valuesOf = ({ fields }: Form) => Object.fromEntries(fields.map(({ name, value }) => [name, value]));
const typed = ({ fields }: Form) => fields.filter(({ type }) => !/hidden|radio|checkbox|button|select/.test(type));

/** A world in which every text that somebody may write is hostile. */
async function seedHostile({ service }: Console, { active, share }: Cooperations): Promise<void> {
  const { admin, as } = service;
  const [markup, closing] = HOSTILE;
  await admin("PUT", "/v1/organizations/sunward", { name: markup });
  await admin("PUT", "/v1/organizations/brightfix", { name: closing });
  await admin("PUT", "/v1/plants/7", { owner: "sunward", name: HOSTILE[2] });
  await admin("PUT", "/v1/portfolios/north", { owner: "sunward", name: HOSTILE[7] });
  await admin("PUT", "/v1/organizations/brightfix/people/tom", { role: "member", name: markup });
  await admin("PUT", `/v1/organizations/brightfix/people/${encodeURIComponent("<planted>")}`, { role: "member" });
  await as("ben", "PUT", `/v1/shares/${share}/delegations/${encodeURIComponent("<planted>")}`, { role: "viewer" });
  await as("ben", "POST", `/v1/cooperations/${active}/asks`, { share, role: "asset_manager", note: closing });
  await as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", reason: markup });
  await as("anna", "PATCH", `/v1/shares/${share}`, { role: "technical_manager", reason: HOSTILE[7] });
}

test("no field of any form makes a page fail, or becomes anything but text", async ({ console: own }) => {
  await seedHostile(own, await seedCooperations(own));
  let sent = 0;
  for (const person of asPeople) {
    const visitor = await visitorAs(own, person);
    const forms = formsOf(await visitor.walk(1));
    expect(forms.length, person).toBeGreaterThan(3);
    for (const form of forms) {
      const defaults = valuesOf(form);
      const all = HOSTILE.map((value) => Object.fromEntries(typed(form).map(({ name }) => [name, value])));
      const single = form.fields.flatMap(({ name }) => NASTIEST.map((value) => ({ [name]: value })));
      for (const fields of [...(typed(form).length === 0 ? [] : all), ...single]) {
        await visitor.send(form, { ...defaults, ...fields });
        sent += 1;
      }
      for (const { name } of form.fields) {
        const { [name]: _, ...others } = defaults;
        await visitor.send(form, { ...others, [`${name}s`]: ["one", "two"], __proto__: "x", constructor: "x" });
        sent += 1;
      }
    }
    // and what of it was kept is text on every page
    for (const { path, html } of await visitor.walk(1))
      if (html.elements.length > 0) expect(flawsIn(html), path).toEqual([]);
  }
  console.log(`forms: ${sent} requests with hostile fields`);
});

test("bodies that are no form are refused, and forms of another origin, and nothing of theirs is done", async ({
  console: own,
}) => {
  await seedCooperations(own);
  const visitor = await visitorAs(own, "anna");
  const actions = formsOf(await visitor.walk(1)).filter(({ method }) => method === "post");
  expect(actions.length).toBeGreaterThan(5);
  const upload = new FormData();
  upload.set("reason", new File(["<planted>"], "<planted>.html"));
  for (const { action } of actions) {
    const bodies: [string | FormData, string?][] = [
      ["{", "application/json"],
      ["%ff%fe=%c3%28&=&&a[b]=c&%00=%00"],
      ["not a part", "multipart/form-data; boundary=x"],
      [upload],
    ];
    for (const [body, type] of bodies)
      expect((await visitor.post(action, body, type)).status, action).toBeLessThan(500);
    expect((await visitor.post(action, "x=".padEnd(2_000_000, "y"))).status, action).toBe(413);
    const foreign = await visitor.post(action, "x=y", undefined, "https://evil.example");
    expect(foreign.status, action).toBe(403);
  }
});

test("any text in any field is answered by a page or a refusal", async ({ console: own }) => {
  await seedCooperations(own);
  const visitor = await visitorAs(own, "anna");
  const forms = formsOf(await visitor.walk(1)).filter(({ fields }) => fields.length > 0);
  const any = fc.record({
    form: fc.nat(),
    field: fc.nat(),
    value: fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ unit: "grapheme", maxLength: 50 })),
  });
  await fc.assert(
    fc.asyncProperty(any, async ({ form: n, field, value }) => {
      const form = forms[n % forms.length] as Form;
      const { name } = form.fields[field % form.fields.length] as Form["fields"][number];
      await visitor.send(form, { ...valuesOf(form), [name]: value });
    }),
    { numRuns: 200 },
  );
});

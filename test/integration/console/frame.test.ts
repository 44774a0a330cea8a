/** The console as a whole: who gets in, by what, and that its cookie and its forms are of use nowhere else. */
import { describe, expect } from "vitest";
import {
  LOCAL_URL,
  leadsTo,
  PUBLIC_URL,
  SAMPLE_LINK,
  sampleOf,
  submit,
  withConsole,
} from "../../support/console-service.ts";
import { everything, OPEN_ROUTES, send, storesRoutes } from "../../support/routes.ts";
import { KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const people = [
  { user: "anna", name: "Anna", organization: "Sunward Energy" },
  { user: "ben", name: "Ben", organization: "Brightfix Service" },
  { name: "Engineer" },
];

const tryAs = sampleOf(people);
const local = ({ deps }: Service) => withConsole(deps, { publicUrl: LOCAL_URL, tryAs });
const signInAs = async ({ browser }: ReturnType<typeof local>, person: string) => {
  const browse = browser();
  await browse(SAMPLE_LINK);
  const reply = await submit(browse, "/console/try-as", { person });
  expect(reply.status).toBe(303);
  return browse;
};

describe("without a session", () => {
  /** What answers anybody: assets, the sign-in, and what a provider's server sends. */
  const OPEN = ["GET /console/assets/:name", "GET /console/sign-in", "POST /console/try-as", "POST /console/sign-out"];
  const ALSO_OPEN = ["POST /console/language"];

  test("every page leads to the sign-in, every form is refused, and a key makes no difference", async ({ service }) => {
    await seedWorld(service);
    const { service: served, browser } = local(service);
    const routes = served.app.routes
      .filter(({ path, method }) => path.startsWith("/console") && ["GET", "POST"].includes(method))
      .map(({ path, method }) => `${method} ${path}`);
    const closed = [...new Set(routes)].filter((route) => ![...OPEN, ...ALSO_OPEN].includes(route));
    expect(closed).toContain("GET /console");
    const before = await everything(service);
    for (const key of [undefined, KEYS.all])
      for (const route of [...closed, "GET /console/nowhere", "POST /console/nowhere"]) {
        const [method = "", path = ""] = route.replaceAll(/:\w+(\{[^}]*\})?/g, "x").split(" ");
        const headers = key === undefined ? {} : { Authorization: `Bearer ${key}`, "Acting-User": "user:anna" };
        const browse = browser();
        const reply =
          method === "GET" ? await browse(path, { headers }) : await submit(browse, path, { reason: "x" }, headers);
        if (method === "GET") expect(leadsTo(reply), route).toBe(`303 /console/sign-in?to=${encodeURIComponent(path)}`);
        else expect(reply.status, route).toBe(401);
        expect(browse.cookies.size, route).toBe(0);
      }
    expect(await everything(service)).toEqual(before);
  });

  test("where the console is off there is none, and where nobody is to be tried nobody can be", async ({ service }) => {
    expect((await service.app.request("/console")).status).toBe(404);
    const { browser } = withConsole(service.deps, { publicUrl: LOCAL_URL });
    expect((await submit(browser(), "/console/try-as", { person: "anna" })).status).toBe(404);
    const page = await browser()("/console/sign-in");
    expect(await page.text()).toContain("no provider is configured");
  });
});

describe("the sample people", () => {
  test("can be tried by name, two browsers as two people, the engineer with the inspector alone", async ({
    service,
  }) => {
    await seedWorld(service);
    const opened = local(service);
    const [anna, ben] = [await signInAs(opened, "anna"), await signInAs(opened, "ben")];
    const engineer = await signInAs(opened, "an engineer");
    const pages = await Promise.all([anna, ben].map(async (browse) => (await browse("/console?choose=1")).text()));
    expect(pages.map((page) => [page.includes("Sunward Energy"), page.includes("Brightfix Service")])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(leadsTo(await engineer("/console"))).toBe("303 /console/inspector");
    expect((await engineer("/console/organizations/sunward/cooperations")).status).toBe(404);
    expect((await anna("/console/organizations/brightfix/cooperations")).status).toBe(404);
  });

  test("can be tried on this machine alone, under a name of this machine", async ({ service }) => {
    const { service: served, browser: browserOfSample } = local(service);
    const form = { method: "POST", body: new URLSearchParams({ person: "anna" }) };
    const browse = browserOfSample();
    await browse(SAMPLE_LINK);
    const cookie = [...browse.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { "Sec-Fetch-Site": "same-origin", Cookie: cookie };
    // a name that a hostile page has made its own: to the browser it is the same origin
    const rebound = await served.app.request("http://rebound.example:3999/console/try-as", { ...form, headers });
    expect([rebound.status, rebound.headers.getSetCookie()]).toEqual([404, []]);
    const list = await served.app.request(`http://rebound.example:3999${SAMPLE_LINK}`, { headers });
    expect(await list.text()).not.toContain("Anna");
    const published = withConsole(service.deps, { publicUrl: PUBLIC_URL, tryAs });
    expect((await submit(published.browser(), "/console/try-as", { person: "anna" })).status).toBe(404);
    const here = await served.app.request(`${LOCAL_URL}/console/try-as`, { ...form, headers });
    expect(here.status).toBe(303);
  });

  test("nobody but them can be tried", async ({ service }) => {
    const { browser } = local(service);
    for (const person of ["otto", "", "engineer", "user:anna"]) {
      const browse = browser();
      await browse(SAMPLE_LINK);
      expect((await submit(browse, "/console/try-as", { person })).status).toBe(404);
      expect([...browse.cookies.keys()]).toEqual(["concordat-3999-sample"]);
    }
  });

  test("nobody can try them without the printed link, whatever else they know", async ({ service }) => {
    const { browser } = local(service);
    for (const token of ["", "x", "a-secret-of-the-sampl", "a-secret-of-the-samplf"]) {
      const browse = browser();
      const page = await (await browse(`/console/sign-in?token=${token}`)).text();
      expect(page).toContain("Open the link of the console");
      expect(page).not.toContain("try-as");
      expect(browse.cookies.size).toBe(0);
      browse.cookies.set("concordat-3999-sample", token);
      for (const person of ["anna", "an engineer"])
        expect((await submit(browse, "/console/try-as", { person, token })).status).toBe(404);
      expect(browse.cookies.has("concordat-3999")).toBe(false);
    }
  });

  test("the printed link shows the list at once, also after a sign-out, and its secret is in no further address", async ({
    service,
  }) => {
    const browse = local(service).browser();
    expect(leadsTo(await browse(`${SAMPLE_LINK}&to=%2Fconsole%2Fx`))).toBe("303 /console/sign-in?to=%2Fconsole%2Fx");
    for (const _ of [1, 2]) {
      expect(await (await browse("/console/sign-in")).text()).toContain("Anna, Sunward Energy");
      expect(leadsTo(await submit(browse, "/console/try-as", { person: "anna" }))).toBe("303 /console");
      await submit(browse, "/console/sign-out");
    }
  });

  test("where the sample is not in the store nobody can be tried, with the link or without", async ({ service }) => {
    const gone = sampleOf(people, () => false);
    const browse = withConsole(service.deps, { publicUrl: LOCAL_URL, tryAs: gone }).browser();
    expect(await (await browse(SAMPLE_LINK)).text()).toContain("no provider is configured");
    browse.cookies.set("concordat-3999-sample", gone.secret);
    expect((await submit(browse, "/console/try-as", { person: "anna" })).status).toBe(404);
  });
});

describe("the session's cookie", () => {
  test("is kept from scripts and other sites, and over TLS is this host's alone", async ({ service }) => {
    const browse = local(service).browser();
    await browse(SAMPLE_LINK);
    const reply = await submit(browse, "/console/try-as", { person: "anna" });
    expect(reply.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^concordat-3999=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    // over TLS: sign-in.test.ts
  });

  test("is nobody to any other route of the service", async ({ service }) => {
    await seedWorld(service);
    const opened = local(service);
    const anna = await signInAs(opened, "anna");
    const engineer = await signInAs(opened, "an engineer");
    for (const browse of [anna, engineer]) {
      const headers = { Cookie: `concordat-3999=${browse.cookies.get("concordat-3999")}`, "Acting-User": "user:anna" };
      const paths = ["/v1/me", "/v1/organizations/sunward", "/v1/doctor", "/stores"];
      for (const path of paths)
        expect((await send(opened.service, "GET", path, undefined, { headers })).status).toBe(401);
      const question = {
        subject: { type: "user", id: "anna" },
        action: { name: "view" },
        resource: { type: "plant", id: "7" },
      };
      const check = await send(opened.service, "POST", "/access/v1/evaluation", question, { headers });
      expect(check.status).toBe(401);
      for (const { path, body } of Object.values(storesRoutes(opened.service)).slice(0, 3))
        expect((await send(opened.service, body ? "POST" : "GET", path, body, { headers })).status).toBe(401);
    }
    // and what answers anybody answers so with it
    for (const route of OPEN_ROUTES) expect((await anna(route.slice(4))).status).toBe(200);
  });

  test("that is of no form, or of no session, is like none", async ({ service }) => {
    const { browser } = local(service);
    for (const value of ["x", "a".repeat(43), "a".repeat(4000), "%00", "__proto__"]) {
      const browse = browser();
      browse.cookies.set("concordat-3999", value);
      expect(leadsTo(await browse("/console"))).toBe("303 /console/sign-in?to=%2Fconsole");
    }
  });
});

test("over TLS every cookie is this host's alone", async ({ service }) => {
  const { browser } = withConsole(service.deps, { publicUrl: PUBLIC_URL });
  const browse = browser();
  const replies = [
    await submit(browse, "/console/language", { language: "de" }),
    await submit(browse, "/console/sign-out"),
    await browse("/console/sign-in"),
  ];
  const lines = replies.flatMap(({ headers }) => headers.getSetCookie());
  expect(lines.map((line) => line.split("=")[0])).toEqual([
    ...["__Host-concordat-language", "__Host-concordat", "__Host-concordat-flash", "__Host-concordat-flash"],
  ]);
  for (const line of lines) expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
});

describe("a form", () => {
  /** What a browser says of the page that a form is on. */
  const FOREIGN: Record<string, Record<string, string>> = {
    "another site": { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" },
    "another site, of an old browser": { Origin: "https://evil.example" },
    "a sandboxed page": { Origin: "null", "Sec-Fetch-Site": "cross-site" },
    "another name of this machine, where the port can be another program's": { Origin: "http://127.0.0.1:3999" },
    "another port of this machine": { Origin: "http://localhost:4000", "Sec-Fetch-Site": "same-site" },
    "nothing that says where it is of": {},
  };
  const OWN: Record<string, Record<string, string>> = {
    "a page of the console": { Origin: LOCAL_URL, "Sec-Fetch-Site": "same-origin" },
    "a page of the console, of an old browser": { Origin: LOCAL_URL },
    "the same machine under its other name": { Origin: "http://127.0.0.1:3999", "Sec-Fetch-Site": "same-origin" },
  };
  const TYPES = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"];

  test.for(Object.entries(FOREIGN))("of %s changes nothing, whatever its type", async ([, headers], { service }) => {
    const opened = local(service);
    const anna = await signInAs(opened, "anna");
    for (const type of TYPES) {
      const reply = await anna("/console/sign-out", {
        method: "POST",
        body: "",
        headers: { ...headers, "Content-Type": type },
      });
      expect(reply.status, type).toBe(403);
      expect(await reply.text()).toContain("not sent from a page of the console");
    }
    expect((await anna("/console?choose=1")).status).toBe(200);
  });

  test.for(Object.entries(OWN))("of %s is taken", async ([, headers], { service }) => {
    const anna = await signInAs(local(service), "anna");
    const reply = await anna("/console/sign-out", { method: "POST", body: new URLSearchParams(), headers });
    expect(leadsTo(reply)).toBe("303 /console/sign-in");
    expect(await (await anna("/console/sign-in")).text()).toContain("You are signed out.");
  });

  test("with files, or that cannot be read, is refused and changes nothing", async ({ service }) => {
    const anna = await signInAs(local(service), "anna");
    const headers = { "Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=x" };
    for (const path of ["/console/try-as", "/console/sign-out", "/console/cooperations/x/pause"])
      expect((await anna(path, { method: "POST", body: "--y\r\nbroken", headers })).status).toBe(415);
    const form = new FormData();
    form.set("reason", new File(["x"], "x.txt"));
    const own = { "Sec-Fetch-Site": "same-origin" };
    expect((await anna("/console/cooperations/x/pause", { method: "POST", body: form, headers: own })).status).toBe(
      415,
    );
    expect((await anna("/console?choose=1")).status).toBe(200);
  });

  test("that is too large is refused", async ({ service }) => {
    const anna = await signInAs(local(service), "anna");
    const reply = await submit(anna, "/console/language", { language: "d".repeat(300_000) });
    expect(reply.status).toBe(413);
  });
});

test("a language that was chosen is kept, and leads back to the page", async ({ service }) => {
  const { browser } = local(service);
  const browse = browser();
  const wanted = "/console/sign-in?to=%2Fconsole%2Fx";
  expect(leadsTo(await submit(browse, "/console/language", { language: "de", to: wanted }))).toBe(`303 ${wanted}`);
  const page = await (await browse("/console/sign-in", { headers: { "Accept-Language": "en" } })).text();
  expect(page).toContain('<html lang="de">');
  const other = await submit(browse, "/console/language", { language: "xx", to: "https://evil.example" });
  expect(leadsTo(other)).toBe("303 /console");
});

test("the style sheet is kept by browsers under the address that pages link to", async ({ service }) => {
  const browse = local(service).browser();
  const page = await (await browse("/console/sign-in")).text();
  const [, href = ""] = /<link rel="stylesheet" href="([^"]+)"/.exec(page) ?? [];
  const linked = await browse(href);
  expect(linked.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  expect(linked.headers.get("Content-Type")).toBe("text/css; charset=utf-8");
  expect((await browse("/console/assets/console.css?v=old")).headers.get("Cache-Control")).toBe("no-cache");
  expect(leadsTo(await browse("/console/assets/other.css"))).toMatch(/^303 \/console\/sign-in/);
});

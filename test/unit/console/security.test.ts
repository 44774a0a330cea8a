/** What browsers are to enforce, whose forms are taken, and where the sample people may be tried. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { expect, test } from "vitest";
import { cookieNames } from "../../../src/console/cookies.ts";
import { consoleHeaders, isLoopback } from "../../../src/console/security.ts";

async function headersWith(frameAncestors?: string[]): Promise<Headers> {
  const app = new Hono();
  app.use(consoleHeaders(frameAncestors));
  app.use(secureHeaders());
  app.get("/", (c) => c.text(""));
  app.get("/kept", (c) => c.text("", 200, { "Cache-Control": "public" }));
  return (await app.request("/")).headers;
}

test("nothing is loaded from elsewhere, nothing in a page runs, nobody frames, opens or keeps it", async () => {
  const headers = await headersWith();
  expect(headers.get("Content-Security-Policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
});

test("pages of the configured origins may frame it, and of no others", async () => {
  const headers = await headersWith(["https://app.example"]);
  expect(headers.get("Content-Security-Policy")).toMatch(/; frame-ancestors 'self' https:\/\/app\.example$/);
  expect(headers.has("X-Frame-Options")).toBe(false);
});

test("two services on one machine have cookies of their own, over TLS those of this host alone", () => {
  expect(cookieNames("https://concordat.example")).toBe("__Host-concordat");
  expect(cookieNames("http://127.0.0.1:3000")).toBe("concordat-3000");
  expect(cookieNames("http://127.0.0.1:3001")).toBe("concordat-3001");
});

test("only names of this machine are on this machine", () => {
  for (const url of ["http://localhost:3000/", "http://127.0.0.1", "http://[::1]:1"])
    expect(isLoopback(url)).toBe(true);
  for (const url of ["http://localhost.evil.example", "http://10.0.0.1", "http://0.0.0.0:3000", "https://x.example"])
    expect(isLoopback(url)).toBe(false);
});

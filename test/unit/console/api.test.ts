/** The API as pages use it: what is asked, as whom, and that no value leads to another path. */
import { expect, test } from "vitest";
import { curlOf, pageApi, type Sent, v1Path } from "../../../src/console/api.ts";
import { UserId } from "../../../src/domain/ids.ts";

const ANNA = { name: "console", scopes: ["manage" as const], user: UserId.parse("anna") };

/** An API that is answered so, with what it was asked. */
function apiThat(answer: () => Response) {
  const asked: { request: Request; asWhom: object }[] = [];
  const requests: Sent[] = [];
  const fetch = (request: Request, asWhom: object) => {
    asked.push({ request, asWhom });
    return answer();
  };
  const { signal } = new AbortController();
  const asking = { fetch, publicUrl: "https://concordat.example", presented: ANNA, requestId: "r", requests, signal };
  const api = pageApi(asking);
  return { api, asked };
}

test("a change is sent with what it depends on, as the person alone, and is shown as a command", async () => {
  const { api, asked } = apiThat(() => Response.json({ id: "1" }, { headers: { ETag: '"2"' } }));
  const path = v1Path`/v1/cooperations/${"01X"}/pause`;
  const answer = await api.send("POST", path, { until: "x" }, { ifMatch: '"1"', dryRun: true, reason: "it's" });
  expect(answer).toEqual({ ok: true, status: 200, value: { id: "1" }, etag: '"2"' });
  const [{ request, asWhom } = { request: new Request("x:"), asWhom: {} }] = asked;
  expect(request.url).toBe("https://concordat.example/v1/cooperations/01X/pause?dry_run=true");
  expect(await request.json()).toEqual({ until: "x", reason: "it's" });
  expect(Object.fromEntries(request.headers)).toMatchObject({ "if-match": '"1"', "x-request-id": "r" });
  expect([...request.headers.keys()]).not.toContain("cookie");
  expect(asWhom).toEqual({ session: ANNA });
  expect(api.requests.map(curlOf)).toEqual([
    [
      `curl -X POST "$CONCORDAT"'/v1/cooperations/01X/pause?dry_run=true' -H "Authorization: Bearer $KEY"`,
      `-H 'If-Match: "1"'`,
      "-H 'Content-Type: application/json'",
      "-H 'Acting-User: user:anna'",
      `-d '{"until":"x","reason":"it'\\''s"}'`,
    ].join(" \\\n  "),
  ]);
});

test("a refusal is its problem, and what is no JSON is one too", async () => {
  const problem = { code: "stale", title: "Stale", status: 412, current: 3 };
  const refused = apiThat(() => Response.json(problem, { status: 412 }));
  expect(await refused.api.get("/v1/me")).toEqual({ ok: false, status: 412, problem });
  const broken = apiThat(() => new Response("oops", { status: 500 }));
  expect(await broken.api.get("/v1/me")).toMatchObject({ ok: false, status: 500, problem: { status: 500 } });
});

test("each value is one part of the path, and a path that leads elsewhere is asked for by nobody", async () => {
  const hostile = ["../../stores", "a/b", "?x", "#x", "//evil.example", "%2e%2e", "ä"];
  for (const value of hostile) {
    const { pathname, search } = new URL(v1Path`/v1/plants/${value}/roles`, "https://concordat.example");
    const [, , , part = "", last] = pathname.split("/");
    expect([decodeURIComponent(part), last, search]).toEqual([value, "roles", ""]);
  }
  for (const step of [".", ".."]) expect(v1Path`/v1/plants/${step}/roles`).toBe("/v1/plants/%EF%BF%BD/roles");
  const { api, asked } = apiThat(() => Response.json({}));
  for (const path of ["/v1/plants/../../stores", "//evil.example/v1/me", "/v1/a\\b"])
    await expect(api.get(path), path).rejects.toThrow("leads elsewhere");
  expect(asked).toEqual([]);
});

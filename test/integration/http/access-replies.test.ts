/** Replies under `/access` are what the document says, and an error can be read by who expects JSON alone. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { send } from "../../support/routes.ts";
import { cooperate, createService, KEYS, seedWorld, test } from "../../support/service.ts";

const question = (user: string, context?: object) => ({
  subject: { type: "user", id: user },
  action: { name: "view" },
  resource: { type: "plant", id: "7" },
  ...(context && { context }),
});

test("a traced decision and a denial of each kind match the OpenAPI document, and a reply with another member does not", async ({
  service,
}) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
  // every reply is held to the document where it is made: reply-schemas.ts
  const traced = async (user: string, path = "evaluation") =>
    (await send(service, "POST", `/access/v1/${path}`, question(user, { trace: true }), { key: KEYS.check })).body
      .context;
  const contexts = [await traced("ben")];
  // how access came is looked up behind the replies
  while (!("via" in contexts.at(-1))) {
    await sleep(20);
    contexts.push(await traced("ben"));
  }
  expect(contexts[0]).toMatchObject({ source: "miss", valid_until: expect.any(String) });
  expect(contexts.at(-1)).toMatchObject({ source: "hit", via: { cooperation: id, share: shares[0] } });
  expect(await traced("nobody", "evaluations")).toMatchObject({ source: expect.any(String) });
  const items = [
    { ...question("ben"), action: { name: "fly" } },
    { ...question("ben"), resource: { type: "moon", id: "1" } },
    { subject: { type: "user", id: "" }, action: { name: "view" } },
  ];
  const { body } = await send(service, "POST", "/access/v1/evaluations", { evaluations: items }, { key: KEYS.check });
  expect(body.evaluations.map(({ context }: { context: { code: string } }) => context.code)).toEqual([
    "unknown_action",
    "unknown_resource_type",
    "invalid_request",
  ]);

  const { checker } = service.deps;
  const check: typeof checker.check = async (...asked) => ({
    ...(await checker.check(...asked)),
    accessPath: "magic" as "own",
  });
  const wrong = createService(service.deps, { checker: { ...checker, check } });
  await expect(
    send(wrong, "POST", "/access/v1/evaluation", question("ben", { trace: true }), { key: KEYS.check }),
  ).rejects.toThrow(/magic/);
});

test("an error under /access is application/json where only that is accepted, with the same body; elsewhere it is application/problem+json", async ({
  service,
}) => {
  await seedWorld(service);
  const ask = (path: string, accept: string | undefined, body: object, key = KEYS.check) =>
    send(service, "POST", path, body, { key, ...(accept !== undefined && { headers: { Accept: accept } }) });
  const typeOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).headers.get("Content-Type");
  const JSON_ONLY = ["application/json", "application/json;q=0.9, text/plain", "text/plain, Application/JSON, */*"];
  const PROBLEM = [
    undefined,
    "*/*",
    "application/problem+json",
    "application/json, application/problem+json",
    "text/html",
  ];
  const paths = ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"];
  for (const path of paths.map((one) => `/access/v1/${one}`)) {
    for (const accept of JSON_ONLY) expect(await typeOf(path, accept, { subject: 1 }), accept).toBe("application/json");
    for (const accept of PROBLEM)
      expect(await typeOf(path, accept, { subject: 1 }), accept).toBe("application/problem+json");
    // who is not known reads why as well
    expect(await typeOf(path, "application/json", question("ben"), "another")).toBe("application/json");
    const [plain, problem] = [await ask(path, "application/json", {}), await ask(path, undefined, {})];
    expect([plain.status, plain.body]).toEqual([problem.status, problem.body]);
    expect(plain.headers.get("Vary")).toContain("Accept");
  }
  expect(await typeOf("/v1/explain", "application/json", {}, KEYS.admin)).toBe("application/problem+json");
  expect((await ask("/access/v1/evaluation", "text/html", question("ben"))).status).toBe(200);
});

/**
 * What the reply to an action shows: this action's result and its ETag, also when somebody else changed the same
 * thing between the Write and the reply.
 */
import { expect } from "vitest";
import { cooperate, createService, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

type Step = [who: string | undefined, method: string, path: string, body?: object];
const play = (service: Service, [who, method, path, body]: Step): Promise<Reply> =>
  who === undefined ? service.admin(method, path, body) : service.as(who, method, path, body);

test("a reply shows what its own action made of it, and its own ETag, though another was quick to change that", async ({
  service,
}) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  const cooperation = `/v1/cooperations/${id}`;
  const share = `/v1/shares/${shares[0]}`;
  const cases: [step: Step, shown: object, then: Step, path: string][] = [
    [
      ["anna", "PATCH", share, { role: "viewer" }],
      { role: "viewer" },
      ["anna", "PATCH", share, { role: "asset_manager" }],
      share,
    ],
    [
      ["ben", "PUT", `${share}/delegations/tom`, { role: "viewer" }],
      { user: "tom", role: "viewer" },
      ["ben", "DELETE", `${share}/delegations/tom`],
      share,
    ],
    [
      ["anna", "POST", `${cooperation}/pause`],
      { status: "paused" },
      ["anna", "POST", `${cooperation}/resume`],
      cooperation,
    ],
    [
      [undefined, "PUT", "/v1/organizations/sunward", { name: "Sunward" }],
      { name: "Sunward" },
      [undefined, "PUT", "/v1/organizations/sunward", { name: "Sunward Power" }],
      "/v1/organizations/sunward",
    ],
    [
      [undefined, "PUT", "/v1/organizations/sunward/people/max", { role: "member", name: "Max" }],
      { role: "member", name: "Max" },
      [undefined, "PUT", "/v1/organizations/sunward/people/max", { role: "external", name: "Maximilian" }],
      "/v1/organizations/sunward/people/max",
    ],
    [
      ["anna", "PUT", "/v1/plants/7/roles/otto", { role: "operator" }],
      { user: "otto", role: "operator" },
      ["anna", "DELETE", "/v1/plants/7/roles/otto"],
      "/v1/plants/7",
    ],
    [
      ["anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Hill" }],
      { name: "Hill" },
      ["anna", "PUT", "/v1/plants/7", { owner: "sunward", name: "Valley" }],
      "/v1/plants/7",
    ],
  ];
  const { tupleStore } = service.deps;
  for (const [step, shown, then, path] of cases) {
    let between: number | undefined;
    let etag: string | undefined;
    const quick = createService(service.deps, {
      tupleStore: {
        ...tupleStore,
        write: async (write) => {
          const outcome = await tupleStore.write(write);
          const read = () => service.admin("GET", path);
          etag = (await read()).body.etag ?? etag;
          between = (await play(service, then)).status;
          return outcome;
        },
      },
    });
    const reply = await play(quick, step);
    const name = step.join(" ");
    expect(between, name).toBe(200);
    expect(reply.status, name).toBeLessThan(300);
    expect(reply.body, name).toMatchObject(shown);
    expect([reply.body.etag, reply.headers.get("ETag")], name).toEqual([etag, etag]);
    expect((await service.admin("GET", path)).body.etag, name).not.toBe(etag);
  }
});

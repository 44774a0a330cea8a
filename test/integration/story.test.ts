/** The story of the README: what its reader does is what this test sends. */
import { expect } from "vitest";
import { cooperate, seedWorld, test } from "../service.ts";

test("a share reaches the partner's admin, a delegation one of its people, and pausing cuts both at once", async ({
  service,
}) => {
  await seedWorld(service);
  const { id, shares } = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  expect(await service.may("ben", "manage_technical", "plant:7")).toBe(true);
  expect(await service.may("tom", "view", "plant:7")).toBe(false);

  const delegated = await service.as("ben", "PUT", `/v1/shares/${shares[0]}/delegations/tom`, { role: "viewer" });
  expect(delegated.status).toBe(201);
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
  expect(await service.may("tom", "manage_technical", "plant:7")).toBe(false);

  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/pause`)).body.status).toBe("paused");
  expect(await service.may("ben", "view", "plant:7")).toBe(false);
  expect(await service.may("tom", "view", "plant:7")).toBe(false);

  expect((await service.as("anna", "POST", `/v1/cooperations/${id}/resume`)).body.status).toBe("active");
  expect(await service.may("tom", "view", "plant:7")).toBe(true);
});

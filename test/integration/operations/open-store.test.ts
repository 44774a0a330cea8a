/** Opening a store: whose model it has to be, and who may change it. */
import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import { EngineUnavailable } from "../../../src/faults.ts";
import { createClient } from "../../../src/openfga/client.ts";
import { openStore } from "../../../src/openfga/open-store.ts";
import { connection, connectionOf, test } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";

const OTHER_MODEL = "model\n  schema 1.1\n\ntype user\n\ntype thing\n  relations\n    define can_see: [user]\n";

describe("opening a store", () => {
  test("a missing store is created and given the model, and found again unchanged", async () => {
    const store = `fresh ${randomUUID()}`;
    const first = await openStore({ ...connection(), store, model: MODEL, allowPush: false });
    const second = await openStore({ ...connection(), store, model: MODEL, allowPush: true });
    expect(first.model).toBe("first");
    expect(second).toEqual({ ...first, model: "same" });
  });

  test("a comment or a blank line makes no new model; a name, a type or an allowed user type does", async () => {
    const options = { ...connection(), store: `spelling ${randomUUID()}`, allowPush: false };
    await openStore({ ...options, model: OTHER_MODEL });
    const respelled = await openStore({ ...options, model: `# why\n\n${OTHER_MODEL}\n` });
    expect(respelled.model).toBe("same");
    for (const [from, to] of [
      ["can_see", "can_show"],
      ["[user]", "[user, user:*]"],
      ["type user", "type robot\n\ntype user"],
    ]) {
      const changed = OTHER_MODEL.replace(from as string, to as string);
      await expect(openStore({ ...options, model: changed })).rejects.toThrow(/push-model/);
    }
  });

  test("a store with an unknown model is refused and left as it is, unless pushing is allowed", async () => {
    const options = { ...connection(), store: `foreign ${randomUUID()}` };
    const theirs = await openStore({ ...options, model: OTHER_MODEL, allowPush: false });
    await expect(openStore({ ...options, model: MODEL, allowPush: false })).rejects.toThrow(theirs.modelId);
    const again = await openStore({ ...options, model: OTHER_MODEL, allowPush: false });
    expect(again.modelId).toBe(theirs.modelId);
    const pushed = await openStore({ ...options, model: MODEL, allowPush: true });
    expect(pushed).toMatchObject({ storeId: theirs.storeId, model: "replaced" });
    expect(pushed.modelId).not.toBe(theirs.modelId);
  });

  test("a store that has our model below a newer one is opened with ours, and nothing is written", async () => {
    const options = { ...connection(), store: `rolled back ${randomUUID()}` };
    const ours = await openStore({ ...options, model: MODEL, allowPush: false });
    // more than a page of others
    for (let n = 0; n < 51; n++)
      await openStore({ ...options, model: OTHER_MODEL.replace("can_see", `can_see_${n}`), allowPush: true });
    const again = await openStore({ ...options, model: MODEL, allowPush: false, mustExist: true });
    expect(again).toEqual({ ...ours, model: "older" });
    const client = createClient(connection());
    const { authorization_models } = await client.readAuthorizationModels({ storeId: ours.storeId, pageSize: 1 });
    expect(authorization_models[0]?.id).not.toBe(ours.modelId);
    await expect(openStore({ ...options, model: OTHER_MODEL, allowPush: false })).rejects.toThrow(/push-model/);
    const pushed = await openStore({ ...options, model: MODEL, allowPush: true });
    expect(pushed.model).toBe("replaced");
  });

  test("two stores of one name are refused even where pushing is allowed", async () => {
    const store = `twice ${randomUUID()}`;
    const client = createClient(connection());
    const { id } = await client.createStore({ name: store });
    await client.createStore({ name: store });
    await expect(openStore({ ...connection(), store, model: MODEL, allowPush: true })).rejects.toThrow(id);
  });

  test("the permissions are the can_ relations of each type and nothing else", async ({ store }) => {
    expect(store.permissions.get("organization")).toEqual(["can_manage", "can_invite"]);
    expect(store.permissions.get("user")).toEqual([]);
    expect(store.permissions.get("plant")).toContain("can_view");
    expect(store.permissions.get("plant")).not.toContain("viewer");
  });

  test("an engine that does not answer is reported as an outage, and an invalid model is not", async ({
    ownServer,
  }) => {
    const options = { ...connection(), store: `broken ${randomUUID()}`, allowPush: true };
    await expect(openStore({ ...options, model: "model\n  schema 9\n" })).rejects.not.toBeInstanceOf(EngineUnavailable);
    await ownServer.stop();
    const gone = { ...options, ...connectionOf(ownServer), model: MODEL };
    await expect(openStore(gone)).rejects.toBeInstanceOf(EngineUnavailable);
  });
});

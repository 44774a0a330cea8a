/**
 * Every example of the document, sent to a service with the sample: the reply is the one that is shown, byte for byte
 * where the engine does not choose. `vitest run -u` records replies that changed, `npm run reference` prints them.
 */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { EXAMPLES } from "../../../scripts/reference/openapi/document.ts";
import type { Recorded } from "../../../scripts/reference/openapi/world.ts";
import { type SampleWorld, sampleWorld } from "../../support/sample-world.ts";

const REPLIES = "../../../scripts/reference/openapi/replies.json";

/** Examples that leave the sample as it was, and so share a world. */
const readsOnly = ({ operation: { method, path }, example }: (typeof EXAMPLES)[number]) =>
  example.after === undefined &&
  (method === "get" ||
    /^\/access\/|^\/v1\/explain$/.test(path) ||
    (path.startsWith("/stores") && !path.endsWith("/write")));

test("every example is answered as the document shows, and every operation has one", { timeout: 600_000 }, async () => {
  const recorded: Recorded = {};
  let shared: SampleWorld | undefined;
  for (const { operation, name, example } of EXAMPLES) {
    const id = operation.operationId ?? "";
    const isShared = readsOnly({ operation, name, example });
    const world = (isShared ? shared : undefined) ?? (await sampleWorld(`examples ${randomUUID()}`));
    if (isShared) shared = world;
    const { status, body } = await world.answerOf(operation, example);
    expect(status, `${id}, ${name}: ${JSON.stringify(body)}`).toSatisfy(
      (one: number) => one < 300 || (one === 501 && name === "not offered"),
    );
    recorded[id] = { ...recorded[id], [name]: { status, body: example.long ? null : body } };
    if (!isShared) await world.end();
  }
  await shared?.end();
  await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot(REPLIES);
});

/**
 * Every example of the document, sent to a service with the sample: the reply is the one that is shown, byte for byte
 * but for what a service makes by chance. Run with `-u` behind the file's name it records replies that changed, and
 * `npm run reference` prints them.
 */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { EXAMPLES } from "../../../scripts/reference/openapi/document.ts";
import { beginningOf, type Recorded } from "../../../scripts/reference/openapi/world.ts";
import { sampleWorld } from "../../support/sample-world.ts";

const REPLIES = "../../../scripts/reference/openapi/replies.json";

test("every example is answered as the document shows", async () => {
  const recorded: Recorded = {};
  const world = await sampleWorld(`examples ${randomUUID()}`);
  for (const { operation, name, example } of EXAMPLES) {
    const id = operation.operationId ?? "";
    const { status, type, body } = await world.answerOf(operation, example);
    expect(status, `${id}, ${name}: ${JSON.stringify(body)}`).toSatisfy(
      (one: number) => one < 300 || (one === 501 && name === "not offered"),
    );
    recorded[id] = { ...recorded[id], [name]: { status, type, body: example.long ? beginningOf(body) : body } };
  }
  await world.end();
  await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot(REPLIES);
});

/**
 * Every example of the document, sent to a service with the sample: the reply is the one that is shown, byte for byte
 * but for what a service makes by chance. `vitest run -u` records replies that changed, `npm run reference` prints them.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { EXAMPLES } from "../../../scripts/reference/openapi/document.ts";
import { OPERATIONS } from "../../../scripts/reference/openapi/operations.ts";
import type { Recorded } from "../../../scripts/reference/openapi/world.ts";
import { sampleWorld } from "../../support/sample-world.ts";

type Content = { content?: Record<string, { examples?: object }> };

const DOCUMENT = JSON.parse(readFileSync(new URL("../../../openapi.json", import.meta.url), "utf8"));
const REPLIES = "../../../scripts/reference/openapi/replies.json";

test("every example is answered as the document shows", { timeout: 300_000 }, async () => {
  const recorded: Recorded = {};
  const world = await sampleWorld(`examples ${randomUUID()}`);
  for (const { operation, name, example } of EXAMPLES) {
    const id = operation.operationId ?? "";
    const { status, body } = await world.answerOf(operation, example);
    expect(status, `${id}, ${name}: ${JSON.stringify(body)}`).toSatisfy(
      (one: number) => one < 300 || (one === 501 && name === "not offered"),
    );
    recorded[id] = { ...recorded[id], [name]: { status, body: example.long ? null : body } };
  }
  await world.end();
  await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot(REPLIES);
});

test("every operation has an example, and the document shows each with its reply", async () => {
  for (const operation of OPERATIONS) {
    const shown = EXAMPLES.filter((one) => one.operation === operation);
    expect(shown, operation.operationId).not.toEqual([]);
    for (const { name, example } of shown) {
      const key = name.replace(/\W+/g, "-");
      const { requestBody, responses } = DOCUMENT.paths[operation.path][operation.method];
      const replies = Object.values(responses).flatMap((reply) => Object.values((reply as Content).content ?? {}));
      const requests = Object.values((requestBody as Content | undefined)?.content ?? {});
      const of = (some: typeof replies) =>
        some.filter(({ examples }) => examples !== undefined && key in examples).length;
      expect(of(replies), `${operation.operationId}, ${name}`).toBeGreaterThan(example.long ? -1 : 0);
      expect(of(requests), `${operation.operationId}, ${name}`).toBe(example.body === undefined ? 0 : 1);
    }
  }
});

test("every body that is shown is one that its schema takes", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(DOCUMENT, "api");
  const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
  const bodies = EXAMPLES.filter(({ example }) => typeof example.body === "object");
  for (const { operation, name, example } of bodies) {
    const type = Object.keys(DOCUMENT.paths[operation.path][operation.method].requestBody.content)[0] ?? "";
    const parts = ["paths", operation.path, operation.method, "requestBody", "content", type, "schema"];
    const validate = ajv.compile({ $ref: `api#/${parts.map(escaped).join("/")}` });
    expect(validate(example.body) ? [] : validate.errors, `${operation.operationId}, ${name}`).toEqual([]);
  }
  expect(bodies.length).toBeGreaterThan(30);
});

/** The document's examples: each operation has some, for each body that it takes and each success that it answers. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { EXAMPLES, recordedReplies } from "../../../scripts/reference/openapi/document.ts";
import { OPERATIONS } from "../../../scripts/reference/openapi/operations.ts";

type Media = { examples?: Record<string, { value: unknown }> };
type Content = { content?: Record<string, Media> };
type Described = { requestBody?: Content; responses: Record<string, Content> };

const DOCUMENT = JSON.parse(readFileSync(new URL("../../../openapi.json", import.meta.url), "utf8"));
const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Every body that an operation takes, and every one of its successes, by its place in the document. */
function bodiesOf(document: typeof DOCUMENT): { place: string[]; media: Media }[] {
  const contents = Object.entries<Record<string, Described>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody, responses }]) => {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith("2"));
      return [
        { place: ["paths", path, method, "requestBody"], of: requestBody },
        ...successes.map(([status, of]) => ({ place: ["paths", path, method, "responses", status], of })),
      ];
    }),
  );
  return contents.flatMap(({ place, of }) =>
    Object.entries(of?.content ?? {}).map(([type, media]) => ({ place: [...place, "content", type], media })),
  );
}

const withoutExample = (document: typeof DOCUMENT) =>
  bodiesOf(document)
    .filter(({ media }) => Object.keys(media.examples ?? {}).length === 0)
    .map(({ place }) => place.slice(1, -2).join(" "));

test("every body that an operation takes and every success that it answers has an example, and one without is named", () => {
  expect(bodiesOf(DOCUMENT).length).toBeGreaterThan(100);
  expect(withoutExample(DOCUMENT)).toEqual([]);
  const changed = structuredClone(DOCUMENT);
  const { requestBody, responses } = changed.paths["/v1/cooperations/{id}/accept"].post;
  delete requestBody.content["application/json"].examples;
  responses[200].content["application/json"].examples = {};
  expect(withoutExample(changed)).toEqual([
    "/v1/cooperations/{id}/accept post requestBody",
    "/v1/cooperations/{id}/accept post responses 200",
  ]);
});

test("every operation has an example, and the document shows each with its body and its reply", () => {
  const recorded = recordedReplies();
  for (const operation of OPERATIONS) {
    const shown = EXAMPLES.filter((one) => one.operation === operation);
    expect(shown, operation.operationId).not.toEqual([]);
    for (const { name, example } of shown) {
      const key = name.replace(/\W+/g, "-");
      const { requestBody, responses }: Described = DOCUMENT.paths[operation.path][operation.method];
      const of = ({ content = {} }: Content = {}) =>
        Object.values(content).flatMap(({ examples = {} }) => (key in examples ? [examples[key]?.value] : []));
      const { status, body } = recorded[operation.operationId ?? ""]?.[name] ?? { status: 0 };
      const isEmpty = responses[status] !== undefined && responses[status].content === undefined;
      expect(of(responses[status]), `${operation.operationId}, ${name}`).toEqual(isEmpty ? [] : [body]);
      expect(of(requestBody), `${operation.operationId}, ${name}`).toEqual(
        example.body === undefined ? [] : [example.body],
      );
    }
  }
});

test("every body and every reply that is shown is one that its schema takes, and what is none is found", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(DOCUMENT, "api");
  for (const { place, media } of bodiesOf(DOCUMENT)) {
    const validate = ajv.compile({ $ref: `api#/${[...place, "schema"].map(escaped).join("/")}` });
    for (const [name, { value }] of Object.entries(media.examples ?? {}))
      expect(validate(value) ? [] : validate.errors, `${place.join(" ")}, ${name}`).toEqual([]);
    expect(validate(1), place.join(" ")).toBe(false);
  }
});

test("a dry run is answered with 200 and never with 201, in the document and in what was recorded", () => {
  const ofStatus = (status: string) => bodiesOf(DOCUMENT).filter(({ place }) => place.at(-3) === status);
  const schemasOf = (status: string) => ofStatus(status).map(({ media }) => JSON.stringify(media));
  const isDry = (text: string) => /schemas\/DryRun"|"dry_run":/.test(text);
  expect(schemasOf("200").filter(isDry).length).toBeGreaterThan(10);
  expect(schemasOf("201").length).toBeGreaterThan(5);
  expect(schemasOf("201").filter(isDry)).toEqual([]);
});

/** What several operations say in the same words is in the document one time, and referred to. */
import type { Json } from "./describe.ts";

/** Moves every error reply and every parameter that several operations have into the components. */
export function shareParts(document: Json): void {
  const { components } = document;
  components.responses = {};
  components.parameters = {};
  const operations: Json[] = Object.values<Json>(document.paths).flatMap((item) => Object.values<Json>(item));
  const parts = operations.flatMap((operation) => [
    ...Object.entries<Json>(operation.responses)
      .filter(([status, response]) => isError(status) && response.content !== undefined && !hasExamples(response))
      .map(([status, part]) => ({
        kind: "responses",
        name: NAMES[status] ?? status,
        part,
        of: operation.responses,
        at: status,
      })),
    ...(operation.parameters ?? [])
      .map((part: Json, at: number) => ({ kind: "parameters", name: part.name, part, of: operation.parameters, at }))
      .filter(({ part }: Json) => part.in !== "path"),
  ]);
  for (const same of Map.groupBy(parts, ({ kind, part }) => `${kind} ${JSON.stringify(part)}`).values()) {
    const [{ kind, name, part }] = same;
    if (same.length === 1) continue;
    const taken = Object.keys(components[kind]).filter((one) => one.replace(/\d+$/, "") === name).length;
    const known = taken === 0 ? name : `${name}${taken + 1}`;
    components[kind][known] = part;
    for (const { of, at } of same) of[at] = { $ref: `#/components/${kind}/${known}` };
  }
}

const isError = (status: string) => status === "default" || Number(status) >= 400;
const hasExamples = ({ content }: Json) => Object.values<Json>(content).some(({ examples }) => examples !== undefined);

const NAMES: Record<string, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  412: "PreconditionFailed",
  413: "ContentTooLarge",
  415: "UnsupportedMediaType",
  422: "UnprocessableContent",
  429: "TooManyRequests",
  500: "InternalServerError",
  431: "HeadersTooLarge",
  501: "NotImplemented",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
  default: "AnyProblem",
};

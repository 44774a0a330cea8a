/** The routes, from the OpenAPI document that the service itself serves. */
import { code, table } from "./blocks.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

type Document = { paths?: Record<string, Partial<Record<(typeof METHODS)[number], { summary?: string }>>> };

/** Method, path and summary of every operation, in the order of the document. */
export function routesTable(document: Document): string {
  const rows = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [[method.toUpperCase(), code(path), operation.summary ?? ""]];
    }),
  );
  return table(["method", "path", "what it does"], rows);
}

/** The routes, from the operations that the service's document is made of. */
import type { Operation } from "../../src/http/operation.ts";
import { code, table } from "./blocks.ts";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Method, path and summary of every operation, path by path in the order of the document. */
export function routesTable(operations: readonly Operation[]): string {
  const rows = [...Map.groupBy(operations, ({ path }) => path)].flatMap(([path, of]) =>
    of
      .toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method))
      .map(({ method, summary = "" }) => [method.toUpperCase(), code(path), summary]),
  );
  return table(["method", "path", "what it does"], rows);
}

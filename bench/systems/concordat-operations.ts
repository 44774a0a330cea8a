/**
 * The operations of the product as Concordat's API takes them, each by a person who may: an action is decided on, written
 * with its history, and fresh when it is answered. Pure.
 */
import { evaluationOf } from "../authzen.ts";
import type { Operation, Request } from "../system.ts";

/** The request for an operation. */
export function operationRequest(operation: Operation, authorization: Record<string, string>): Request {
  const request = (method: string, path: string, body?: object): Request => ({
    method,
    path,
    headers: {
      ...authorization,
      "Content-Type": "application/json",
      ...("admin" in operation && { "Acting-User": `user:${operation.admin}` }),
    },
    body: body === undefined ? "" : JSON.stringify(body),
  });
  switch (operation.kind) {
    case "delegate":
      return request("PUT", `/v1/shares/${operation.share}/delegations/${operation.user}`, { role: operation.role });
    case "revoke":
      return request("DELETE", `/v1/shares/${operation.share}/delegations/${operation.user}`);
    case "pause":
    case "resume":
      return request("POST", `/v1/cooperations/${operation.cooperation}/${operation.kind}`, {});
    case "share": {
      const { resource, role } = operation;
      return request("POST", `/v1/cooperations/${operation.cooperation}/shares`, { resource, role });
    }
    case "unshare":
      return request("DELETE", "/v1/shares/{id}");
    case "cooperations":
      return request("GET", `/v1/organizations/${operation.organization}/cooperations?limit=50`);
    case "incoming":
      return request("GET", `/v1/organizations/${operation.organization}/incoming-shares?limit=50`);
    case "search": {
      const { subject, action } = evaluationOf({ ...operation, object: "plant:any" });
      return request("POST", "/access/v1/search/resource", { subject, action, resource: { type: "plant" } });
    }
    case "explain":
      return request("POST", "/v1/explain", evaluationOf(operation.question));
    case "import": {
      const lines = operation.lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      const { headers, ...rest } = request("POST", "/v1/import");
      return { ...rest, headers: { ...headers, "Content-Type": "application/x-ndjson" }, body: lines };
    }
  }
}

/** Questions as AuthZEN 1.0 asks them: what Concordat and the ceiling are sent. */
import { splitRef } from "../src/domain/ids.ts";
import type { Question, Request } from "./system.ts";

export function evaluationOf({ user, relation, object }: Question) {
  const entity = (ref: string) => {
    const [type, id] = splitRef(ref);
    return { type, id };
  };
  return { subject: entity(user), action: { name: relation.slice("can_".length) }, resource: entity(object) };
}

export function evaluationRequest(question: Question, headers: Record<string, string>): Request {
  return post("/access/v1/evaluation", evaluationOf(question), headers);
}

export function evaluationsRequest(questions: Question[], headers: Record<string, string>): Request {
  return post("/access/v1/evaluations", { evaluations: questions.map(evaluationOf) }, headers);
}

function post(path: string, body: object, headers: Record<string, string>): Request {
  return {
    method: "POST",
    path,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

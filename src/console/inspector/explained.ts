/** Explanations as the pages of the inspector ask for them: one, or some beside each other, a few at a time. */
import type { Api, ApiAnswer } from "../api.ts";
import type { ShownExplanation } from "./tree.ts";

/** A question: `user` is a person's id, `object` is `plant:7`, `at` another time than now. */
export type AccessQuestion = { user: string; permission: string; object: string; at?: string | undefined };

/** Explanations that are made at the same time: each reads, and checks are answered meanwhile. */
const AT_ONCE = 4;

/** `plant:7` as type and id; the id is empty where there is none. */
export function entityOf(ref: string): { type: string; id: string } {
  const colon = ref.indexOf(":");
  return colon < 0 ? { type: ref, id: "" } : { type: ref.slice(0, colon), id: ref.slice(colon + 1) };
}

/** The name of a permission as an action: `view` for `can_view`. */
export const actionNameOf = (permission: string): string => permission.replace(/^can_/, "");

/** The API's explanation. */
export const explained = (
  api: Api,
  { user, permission, object, at }: AccessQuestion,
): Promise<ApiAnswer<ShownExplanation>> =>
  api.send<ShownExplanation>("POST", "/v1/explain", {
    subject: { type: "user", id: user },
    action: { name: actionNameOf(permission) },
    resource: entityOf(object),
    ...(at !== undefined && { at }),
  });

/** The explanations of some questions, in their order; or the first refusal. */
export async function explainedAll<Q extends AccessQuestion>(
  api: Api,
  questions: readonly Q[],
): Promise<ApiAnswer<{ asked: Q; explanation: ShownExplanation }[]>> {
  const all: { asked: Q; explanation: ShownExplanation }[] = [];
  for (let from = 0; from < questions.length; from += AT_ONCE) {
    const some = questions.slice(from, from + AT_ONCE);
    const answers = await Promise.all(some.map((one) => explained(api, one)));
    for (const [n, answer] of answers.entries()) {
      const asked = some[n];
      if (!answer.ok) return answer;
      if (asked !== undefined) all.push({ asked, explanation: answer.value });
    }
  }
  return { ok: true, status: 200, value: all, etag: undefined };
}

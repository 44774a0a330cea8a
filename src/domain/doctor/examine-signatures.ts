/**
 * Holds every head to its signature. A store that was never signed is one finding and not one for each head: what
 * is to be done about it is one command. As soon as one head is signed, each that is not is named.
 */

import { headSignature, signatureProblem, type VerifyingKeys } from "../history-keys.ts";
import type { Contents, Report } from "./finding.ts";

/** The object of the finding about a store that was never signed. */
const STORE = "store";

/** Reports heads that none of these keys signed in their present form. */
export function examineSignatures(contents: Contents, keys: VerifyingKeys, report: Report): void {
  const heads = contents.all
    .filter((tuple) => tuple.relation === "head")
    .map((tuple) => ({ tuple, state: headSignature(keys, tuple) }));
  if (heads.length > 0 && heads.every(({ state }) => state === "missing")) {
    const advice = "`npm run doctor -- --sign` signs them";
    report("signature", STORE, `none of its ${heads.length} heads is signed: ${advice}`);
    return;
  }
  for (const { tuple, state } of heads) {
    const problem = signatureProblem(state);
    if (problem !== undefined) report("signature", tuple.object, `${problem} (${tuple.user})`);
  }
}

/** Verifies the signature on every head. */
import { headSignature, signatureProblem, type VerifyingKeys } from "../history-keys.ts";
import type { Contents, Report } from "./finding.ts";

/** The object of the finding about a store that was never signed. */
const STORE = "store";

/**
 * Reports heads that none of these keys signed in their present form. A store that was never signed is one finding: what
 * is to be done about it is one command. As soon as one head is signed, each that is not is named.
 */
export function examineSignatures(contents: Contents, keys: VerifyingKeys, report: Report): void {
  const heads = contents.all
    .filter((tuple) => tuple.relation === "head")
    .map((tuple) => ({ tuple, state: headSignature(keys, tuple) }));
  if (heads.length > 0 && heads.every(({ state }) => state === "missing")) {
    report("signature", STORE, `none of its ${heads.length} heads is signed: \`npm run doctor -- --sign\` signs them`);
    return;
  }
  for (const { tuple, state } of heads) {
    const problem = signatureProblem(state);
    if (problem !== undefined) report("signature", tuple.object, `${problem} (${tuple.user})`);
  }
}

/** Ids that tests spell themselves. */
import type { IdOf, IdType } from "../../src/domain/ids.ts";

/** An id that passes for one of any kind: a test says which by where it puts it. */
export const anyId = (text: string) => text as IdOf<IdType>;

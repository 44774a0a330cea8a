/** What every request carries once it came in: its id and, behind authentication, its caller. */
import type { Caller } from "../domain/caller.ts";

export type Env = { Variables: { requestId: string; caller: Caller } };

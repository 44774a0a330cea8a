/** What every request carries once it came in: its id, behind authentication its caller, and whether it has written. */
import type { Caller } from "../domain/caller.ts";

export type Env = { Variables: { requestId: string; caller: Caller; written?: true } };

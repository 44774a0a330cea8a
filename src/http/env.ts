/** The variables of a request: its id, after authentication its caller, and why its key was refused. */
import type { Caller } from "../domain/caller.ts";

export type Env = { Variables: { requestId: string; caller: Caller; denied?: string } };

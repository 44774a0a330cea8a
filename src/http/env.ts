/** The variables of a request: its id, after authentication its caller, and why its key was refused. */
import type { AccessDecision } from "../check/evaluate.ts";
import type { Caller } from "../domain/caller.ts";

/** What was decided before the app got the request: it is not asked again. */
export type Decided = { decided?: Promise<AccessDecision> | undefined };

export type Env = { Bindings: Decided; Variables: { requestId: string; caller: Caller; denied?: string } };

/** The variables of a request: its id, after authentication its caller, and why its key was refused. */
import type { AccessDecision } from "../check/evaluate.ts";
import type { Caller, Presented } from "../domain/caller.ts";

/** What was decided before the app got the request: it is not asked again. */
export type Decided = { decided?: Promise<AccessDecision> | undefined };

/** Whom the console asks for. Only the process itself gives it with a request: nothing that is sent can set it. */
type FromConsole = { session?: Presented | undefined };

export type Env = {
  Bindings: Decided & FromConsole;
  Variables: { requestId: string; caller: Caller; denied?: string };
};

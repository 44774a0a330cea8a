/**
 * Every exception that crosses a file, each with a code. What a caller can mend is a refusal, and no exception.
 * The text of a `Fault` holds codes and ids only, never what a caller wrote, so that it may be logged; the text of a
 * `StartFault` is for the operator, who reads it on the terminal.
 */

/** Thrown while the service runs. `faultOf` in http/problem.ts maps the codes to replies. */
export abstract class Fault extends Error {
  abstract readonly code:
    | "engine_unavailable"
    | "engine_refused"
    | "overloaded"
    | "audit_unavailable"
    | "issuer_unavailable"
    | "sessions_unavailable"
    | "contended"
    | "outcome_unknown"
    | "store_damaged"
    | "mail_failed"
    | "body_broken"
    | "body_idle";
  override readonly name = this.constructor.name;
}

/** The engine did not answer, or answered with a fault of its own. Nothing was decided and nothing is known to be written. */
export class EngineUnavailable extends Fault {
  readonly code = "engine_unavailable";
}

/** The engine sends no reply that is so large: over HTTP none of more than 4 MiB. */
export class ReplyTooLarge extends EngineUnavailable {}

/** The engine looked at a call of ours and refused it: a bug here. Its text is a status and a code. */
export class EngineRefused extends Fault {
  readonly code = "engine_refused";
}

/** A question found no place among the calls to the engine in time, or a token none among those that are verified. Nothing was decided. */
export class Overloaded extends Fault {
  readonly code = "overloaded";
}

/** What is answered could not be recorded, and nothing is answered that is not. Nothing was decided. */
export class AuditUnavailable extends Fault {
  readonly code = "audit_unavailable";
}

/** The keys of a token's issuer cannot be fetched, or what it revoked cannot be read: whether the token is good is not known. Nothing was decided. */
export class IssuerUnavailable extends Fault {
  readonly code = "issuer_unavailable";
}

/** The sessions of the console cannot be read or written: who signed in is not known. Nothing was done. */
export class SessionsUnavailable extends Fault {
  readonly code = "sessions_unavailable";
}

/** Others kept the object busy or changing. Nothing was written; the same request may be sent again. */
export class Contended extends Fault {
  readonly code = "contended";
}

/** The entry that an action writes, and the action's id in it: whether the entry exists says whether the Write was committed. */
export type Lost = { entry: { user: string; relation: string; object: string }; id: string };

/** A Write may be committed or not; reading the object again shows which. `lost`: what to look for. */
export class OutcomeUnknown extends Fault {
  readonly code = "outcome_unknown";
  readonly lost: Lost | undefined;

  constructor(message: string, { lost, ...options }: ErrorOptions & { lost?: Lost } = {}) {
    super(message, options);
    this.lost = lost;
  }
}

/**
 * The store holds what the service never writes: two heads, a record that cannot be read, one that is missing. Only
 * a write past the service makes such a thing, so no caller can send anything else instead; `npm run doctor` lists it.
 */
export class StoreDamaged extends Fault {
  readonly code = "store_damaged";
  /** What is wrong with the object, as a sentence without its end. */
  readonly what: string;

  constructor(object: string, what: string) {
    super(`${object}: ${what}`);
    this.what = what;
  }
}

/** What a mail failed by: an address that the server refuses for good, this one mail, or a server that takes none. */
export type MailFailure = "address" | "mail" | "server";

/** A mail was not handed over, or not for certain. Its text is a code, and the numbers that the server answered with. */
export class MailFailed extends Fault {
  readonly code = "mail_failed";
  readonly by: MailFailure;

  constructor(message: string, by: MailFailure) {
    super(message);
    this.by = by;
  }
}

/** The caller closed the connection before the end of the body. */
export class BodyBroken extends Fault {
  readonly code = "body_broken";
}

/** No line of an import came for too long. */
export class BodyIdle extends Fault {
  readonly code = "body_idle";
}

/** Why the process does not start. The message says what to do. */
export abstract class StartFault extends Error {
  abstract readonly code:
    | "invalid_configuration"
    | "folder_not_private"
    | "folder_in_use"
    | "unknown_model"
    | "workers_failed";
  override readonly name = this.constructor.name;
}

/** The environment cannot be run with: one line for each variable. */
export class ConfigurationError extends StartFault {
  readonly code = "invalid_configuration";
}

/** The folder is open to others and cannot, or must not, be closed. */
export class FolderNotPrivate extends StartFault {
  readonly code = "folder_not_private";
}

/** Somebody else's OpenFGA server runs on the folder. */
export class FolderInUse extends StartFault {
  readonly code = "folder_in_use";
}

/** The store, or what is in it, is not one Concordat may use. */
export class UnknownModel extends StartFault {
  readonly code = "unknown_model";
}

/** A worker refuses to start, or ends soon after its start again and again. */
export class WorkersFailed extends StartFault {
  readonly code = "workers_failed";
}

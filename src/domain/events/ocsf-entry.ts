/**
 * Entries of a cooperation's history as events of OCSF 1.9.0: what is given to a person or taken from them is User
 * Management (3007), everything else Entity Management (3004). A side's reason is there for who may read it. Pure.
 */
import type { VisibleEntry } from "../history.ts";
import { splitRef } from "../ids.ts";
import { OCSF_OTHER, OCSF_SEVERITY, OCSF_STATUS, ocsfClass, ocsfMetadata } from "../ocsf.ts";
import { type CooperationEntryAction, eventTypeOf } from "./event-types.ts";

const ENTITY_MANAGEMENT = 3004;
const USER_MANAGEMENT = 3007;

const CREATE = 1;
const UPDATE = 3;
const DELETE = 4;
const ACTIVATE = 10;
const DEACTIVATE = 11;
const SUSPEND = 12;
const RESUME = 13;
const ASSIGN_PRIVILEGES = 14;
const REMOVE_PRIVILEGES = 15;

/** The activity of an entity that an action is. A new action does not compile until it has one. */
const ACTIVITIES: Record<CooperationEntryAction, number> = {
  invite: CREATE,
  resend: UPDATE,
  join: ACTIVATE,
  accept: ACTIVATE,
  decline: DELETE,
  pause: SUSPEND,
  resume: RESUME,
  remove: DELETE,
  leave: DELETE,
  change_expiry: UPDATE,
  review: UPDATE,
  start: ACTIVATE,
  share: CREATE,
  change_share: UPDATE,
  start_share: ACTIVATE,
  step_down: UPDATE,
  unshare: DELETE,
  delegate: UPDATE,
  revoke: UPDATE,
  ask: CREATE,
  withdraw_ask: DELETE,
  decline_ask: DELETE,
  expire: DEACTIVATE,
  remind: OCSF_OTHER,
  repair: UPDATE,
  sign: UPDATE,
};

/** The entry of a history, `cooperation:<id>`, as an event. */
export function ocsfOfEntry(history: string, entry: VisibleEntry): object {
  const { n, id, at, actor, action, request_id, object, before, after, reason, proof } = entry;
  const [kind, name] = splitRef(actor);
  return {
    ...classOf(entry),
    time: Date.parse(at),
    severity_id: OCSF_SEVERITY.informational,
    status_id: OCSF_STATUS.success,
    metadata: ocsfMetadata({
      uid: `${history}/${n}`,
      sequence: n,
      correlation_uid: request_id,
      event_code: eventTypeOf(history, action, after),
    }),
    actor: kind === "user" ? { user: { uid: name } } : { app_name: name },
    ...(reason !== undefined && { comment: reason }),
    unmapped: { history, id, action, object, ...(before && { before }), ...(after && { after }), proof },
  };
}

/** The class of an entry, with the attributes that it requires. */
function classOf({ action, object, before, after }: VisibleEntry): object {
  const change = changeOfPerson(action, after);
  const { user, role, resource } = after ?? before ?? {};
  if (change !== undefined && typeof user === "string")
    return {
      ...ocsfClass(USER_MANAGEMENT, change),
      user: { uid: user },
      ...(typeof role === "string" && { privileges: [role] }),
      resources: [{ uid: object, type: typeOf(object), ...(typeof resource === "string" && { name: resource }) }],
    };
  const known = Object.hasOwn(ACTIVITIES, action) ? ACTIVITIES[action as CooperationEntryAction] : OCSF_OTHER;
  const activity = ocsfClass(ENTITY_MANAGEMENT, known);
  return {
    ...activity,
    ...(known === OCSF_OTHER && { activity_name: action }),
    entity: { uid: object, type: typeOf(object), type_id: OCSF_OTHER },
  };
}

const typeOf = (object: string): string => splitRef(object)[0];

/** What an action does with what a person has; undefined for one that is about none. */
function changeOfPerson(action: string, after: Record<string, unknown> | undefined): number | undefined {
  if (action === "delegate") return ASSIGN_PRIVILEGES;
  const isEnd = action === "revoke" || (action === "expire" && after?.kind === "delegation");
  return isEnd ? REMOVE_PRIVILEGES : undefined;
}

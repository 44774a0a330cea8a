/**
 * Lines of the access log as events of OCSF 1.9.0: an access is an API Activity (6003), a gap an Application Error (6008) of
 * the log itself. What OCSF has no attribute for is under `unmapped`. Pure.
 */
import { OCSF_SEVERITY, OCSF_STATUS, ocsfClass, ocsfMetadata } from "../ocsf.ts";
import type { ShownAccess, ShownGap, ShownLine } from "./shown.ts";

const API_ACTIVITY = 6003;
const READ = 2;
const APPLICATION_ERROR = 6008;
const GENERAL_ERROR = 1;
/** Of a source that is the owner's own. */
const UNDISCLOSED = "undisclosed";

/** The line as an event, whose members are in OCSF's order of importance and not in that of the line. */
export const ocsfOf = (line: ShownLine): object => (line.kind === "gap" ? errorOf(line) : activityOf(line));

/** Milliseconds since the epoch, as OCSF has timestamps. */
const timesOf = (first: string, last: string) => {
  const [start, end] = [Date.parse(first), Date.parse(last)];
  return { time: start, start_time: start, end_time: end, duration: end - start };
};

function activityOf(line: ShownAccess): object {
  const { user, user_hash, permission, resource, decision, caller, request_id, purpose, count } = line;
  const through = line.path === "cooperation" ? line : undefined;
  const organization = through?.partner ?? line.initiator;
  const reasons = through?.reasons;
  return {
    ...ocsfClass(API_ACTIVITY, READ),
    ...timesOf(line.first, line.last),
    count,
    severity_id: OCSF_SEVERITY.informational,
    status_id: decision ? OCSF_STATUS.success : OCSF_STATUS.failure,
    ...(reasons && { status_detail: reasons.join(", ") }),
    metadata: ocsfMetadata(request_id === undefined ? {} : { correlation_uid: request_id }),
    actor: {
      user: { uid: user ?? user_hash, org: { uid: organization } },
      authorizations: [
        {
          decision: decision ? "allowed" : "denied",
          ...(through && { policy: { uid: through.share, group: { uid: through.cooperation } } }),
        },
      ],
    },
    api: { operation: permission, service: { name: "evaluation" } },
    src_endpoint: caller === undefined ? { name: UNDISCLOSED } : { svc_name: caller },
    resources: [{ uid: resource, type: resource.split(":", 1)[0], owner: { uid: line.initiator } }],
    unmapped: {
      path: line.path,
      initiator: line.initiator,
      ...(through && { cooperation: through.cooperation, share: through.share, partner: through.partner }),
      ...(reasons && { reasons }),
      ...(purpose !== undefined && { purpose }),
    },
  };
}

function errorOf({ reason, from, to, lost, file, hash }: ShownGap): object {
  return {
    ...ocsfClass(APPLICATION_ERROR, GENERAL_ERROR),
    ...timesOf(from, to),
    severity_id: OCSF_SEVERITY.medium,
    metadata: ocsfMetadata({}),
    message: "The access log is incomplete between these times.",
    status_code: reason,
    unmapped: { gap: { reason, ...(lost !== undefined && { lost }), ...(file && { file }), ...(hash && { hash }) } },
  };
}

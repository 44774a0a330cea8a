/** Every operation of the service as data, in the order in which a reader meets them; nothing runs for it. */
import type { Operation } from "../../../src/http/operation.ts";
import { PROBE_OPERATIONS } from "../../../src/http/probes.ts";
import { HISTORY_KEYS_OPERATIONS } from "../../../src/http/public.ts";
import { COOPERATION_LIST_OPERATIONS } from "../../../src/http/v1/cooperation-list.ts";
import { COOPERATION_OPERATIONS } from "../../../src/http/v1/cooperations.ts";
import { DELEGATION_OPERATIONS } from "../../../src/http/v1/delegations.ts";
import { DOCTOR_OPERATIONS } from "../../../src/http/v1/doctor.ts";
import { EXPLAIN_OPERATIONS } from "../../../src/http/v1/explain.ts";
import { EXPORT_OPERATIONS } from "../../../src/http/v1/export.ts";
import { HISTORY_OPERATIONS } from "../../../src/http/v1/history.ts";
import { IMPORT_OPERATIONS } from "../../../src/http/v1/import/import.ts";
import { INSPECT_OPERATIONS } from "../../../src/http/v1/inspect.ts";
import { INVITATION_OPERATIONS } from "../../../src/http/v1/invitations.ts";
import { JOB_ROLE_OPERATIONS } from "../../../src/http/v1/job-roles.ts";
import { ORGANIZATION_OPERATIONS } from "../../../src/http/v1/organizations.ts";
import { PEOPLE_OPERATIONS } from "../../../src/http/v1/people.ts";
import { RESOURCE_OPERATIONS } from "../../../src/http/v1/resources.ts";
import { SHARE_OPERATIONS } from "../../../src/http/v1/shares.ts";
import { ACCESS_OPERATIONS } from "./access.ts";
import { STORES_OPERATIONS } from "./stores.ts";

const V1: Operation[] = [
  ...ORGANIZATION_OPERATIONS,
  ...PEOPLE_OPERATIONS,
  ...RESOURCE_OPERATIONS,
  ...JOB_ROLE_OPERATIONS,
  ...COOPERATION_OPERATIONS,
  ...COOPERATION_LIST_OPERATIONS,
  ...INVITATION_OPERATIONS,
  ...SHARE_OPERATIONS,
  ...DELEGATION_OPERATIONS,
  ...HISTORY_OPERATIONS,
  ...DOCTOR_OPERATIONS,
  ...INSPECT_OPERATIONS,
  ...EXPLAIN_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...EXPORT_OPERATIONS,
];

/** All of them, with their whole paths. */
export const OPERATIONS: Operation[] = [
  ...PROBE_OPERATIONS,
  ...HISTORY_KEYS_OPERATIONS,
  ...V1.map((operation) => ({ ...operation, path: `/v1${operation.path}` })),
  ...ACCESS_OPERATIONS,
  ...STORES_OPERATIONS,
];

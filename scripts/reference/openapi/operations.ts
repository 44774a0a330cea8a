/** Every operation of the service as data, in the order in which a reader meets them; nothing runs for it. */
import type { Operation } from "../../../src/http/operation.ts";
import { PROBE_OPERATIONS } from "../../../src/http/probes.ts";
import { KEYS_OPERATIONS } from "../../../src/http/public.ts";
import { SECURITY_EVENT_OPERATIONS } from "../../../src/http/security-events.ts";
import { V1_OPERATIONS } from "../../../src/http/v1/routes.ts";
import { ACCESS_OPERATIONS } from "./access.ts";
import { STORES_OPERATIONS } from "./stores.ts";

/** All of them, with their whole paths. */
export const OPERATIONS: Operation[] = [
  ...PROBE_OPERATIONS,
  ...KEYS_OPERATIONS,
  ...V1_OPERATIONS.map((operation) => ({ ...operation, path: `/v1${operation.path}` })),
  ...SECURITY_EVENT_OPERATIONS,
  ...ACCESS_OPERATIONS,
  ...STORES_OPERATIONS,
];

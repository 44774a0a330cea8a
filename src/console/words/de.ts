/** Everything that the console says in German. */
import { cooperationsDe } from "./de/cooperations.ts";
import { frameDe } from "./de/frame.ts";
import { inspectorDe } from "./de/inspector.ts";
import { permissionsDe } from "./de/permissions.ts";
import { receivedDe } from "./de/received.ts";
import { recordsDe } from "./de/records.ts";
import { signinDe } from "./de/signin.ts";
import type { ENGLISH } from "./en.ts";

export const GERMAN: typeof ENGLISH = {
  frame: frameDe,
  cooperations: cooperationsDe,
  permissions: permissionsDe,
  received: receivedDe,
  records: recordsDe,
  inspector: inspectorDe,
  signin: signinDe,
};

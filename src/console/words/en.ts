/** Everything that the console says in English. */
import { cooperationsEn } from "./en/cooperations.ts";
import { frameEn } from "./en/frame.ts";
import { inspectorEn } from "./en/inspector.ts";
import { permissionsEn } from "./en/permissions.ts";
import { receivedEn } from "./en/received.ts";
import { recordsEn } from "./en/records.ts";
import { signinEn } from "./en/signin.ts";

export const ENGLISH = {
  frame: frameEn,
  cooperations: cooperationsEn,
  permissions: permissionsEn,
  received: receivedEn,
  records: recordsEn,
  inspector: inspectorEn,
  signin: signinEn,
};

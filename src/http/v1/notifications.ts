/** `/v1/me/notifications`: which mails the acting person gets about what happens. */
import { z } from "@hono/zod-openapi";
import { chooseMails } from "../../actions/notifications.ts";
import { MAIL_CHOICES } from "../../domain/person-record.ts";
import { DEFAULT_MAILS, type MailsChosen } from "../../domain/registry/decide-mails.ts";
import { personHead } from "../../store/snapshot.ts";
import { fault } from "../problem.ts";
import { act } from "./act.ts";
import { notFound, routesUnder, stated, type V1App, type V1Deps } from "./route.ts";
import { Effective, Etag, withMembers } from "./views.ts";

const define = routesUnder("People");
const path = "/me/notifications";

const Choice = z
  .enum(MAIL_CHOICES)
  .describe(
    "Mails about what happens in cooperations: as it happens, what happens within five minutes in one; once a day at 05:00 UTC; or none. What needs an answer is mailed in any case.",
  );
const NotificationsView = z
  .strictObject({ mails: Choice, etag: Etag.describe("The person's own.") })
  .openapi("Notifications");

const get = define.get(path, "Get which mails the acting user gets", {
  answers: "person",
  refuses: ["not_found"],
  reply: NotificationsView,
});
const put = define.put(path, "Choose which mails the acting user gets", {
  answers: "person",
  refuses: ["not_found"],
  body: z.strictObject({ mails: Choice }),
  reply: withMembers(NotificationsView, Effective),
  created: null,
});

export const NOTIFICATION_OPERATIONS = [get, put];

const viewOf = ({ mails, n }: MailsChosen) => ({ mails, etag: `"${n}"` });

export function notificationRoutes(app: V1App, deps: V1Deps) {
  const { tupleStore } = deps;
  app.openapi(get, async (c) => {
    const { user } = c.var.caller;
    if (user === undefined) return fault(c, "acting_user_required");
    const { n, value } = await personHead(tupleStore, user);
    if (n === 0) return notFound(c, "person");
    return stated(c, viewOf({ mails: value?.mails ?? DEFAULT_MAILS, n }));
  });
  app.openapi(put, (c) => {
    const { user } = c.var.caller;
    if (user === undefined) return fault(c, "acting_user_required");
    return act(c, deps, chooseMails({ user, ...c.req.valid("json") }), { show: async (value) => viewOf(value) });
  });
}

/** The forms by which a partner asks for more, and takes back what was asked for. An ask has no ETag: it changes nothing by itself. */
import { v1Path } from "../api.ts";
import type { ConsoleApp } from "../context.ts";
import { readForm } from "../form.ts";
import { flash } from "../page.ts";
import { openReceived, receivedHref } from "./opened-received.ts";
import { sharePage } from "./received-share.ts";

export function askPages(app: ConsoleApp): void {
  app.post("/organizations/:org/received/:share/asks", async (c) => {
    const opened = await openReceived(c);
    if (opened instanceof Response) return opened;
    const form = await readForm(c);
    const isOfShare = form.text("about") !== "cooperation";
    const role = form.text("asked_role");
    const expires_at = form.date("asked_expires_at");
    const body = {
      ...(isOfShare && { share: opened.share.id }),
      ...(isOfShare && role !== undefined && { role }),
      ...(expires_at !== null && { expires_at }),
      note: form.text("note") ?? "",
    };
    const made = await c.var.console.api.send("POST", v1Path`/v1/cooperations/${opened.id}/asks`, body);
    if (!made.ok) return sharePage(c, opened, { ask: form, problem: made.problem });
    return flash(c, receivedHref(opened), c.var.console.words.received.asks.done);
  });
  app.post("/organizations/:org/received/:share/asks/:n/withdraw", async (c) => {
    const opened = await openReceived(c);
    if (opened instanceof Response) return opened;
    const path = v1Path`/v1/cooperations/${opened.id}/asks/${c.req.param("n")}/withdraw`;
    const done = await c.var.console.api.send("POST", path, {});
    if (!done.ok) return sharePage(c, opened, { problem: done.problem });
    return flash(c, receivedHref(opened), c.var.console.words.received.asks.withdrawn);
  });
}

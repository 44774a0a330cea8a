/** The pages on which both sides look back: one history with its proof, the access log, the review. */
import { describe, expect } from "vitest";
import { type Console, NOW, seedCooperations, test } from "../../support/console.ts";
import { saidOn, signIn } from "../../support/signed-in.ts";
import { accessAt, writeTo } from "../../support/written-log.ts";

const of = (id: string, behind: string) => `/console/cooperations/${id}/${behind}`;

describe("the history", () => {
  test("both sides see one trail with its proof, and each only its own reasons", async ({ console: own }) => {
    const { active, share } = await seedCooperations(own);
    await own.service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "viewer", reason: "only anna's side" });
    const pages = [];
    for (const person of ["anna", "ben"]) pages.push(await (await signIn(own, person)).get(of(active, "history")));
    const [hers = "", his = ""] = pages.map(saidOn);
    for (const page of [hers, his]) {
      expect(page).toMatch(/Anna Berg \(anna\) ?Permission changed ?Resource: Hillside \(7\)/);
      expect(page).toMatch(/Ben Okafor \(ben\) ?Delegated ?Resource: Hillside \(7\)Person: Tom Reyes \(tom\)/);
      expect(page).not.toContain("does not match its hash");
      expect(page.match(/verified/g)?.length).toBeGreaterThan(5);
    }
    expect(hers).toContain("only anna's side");
    expect(his).not.toContain("only anna's side");
    const hashes = pages.map(({ text }) => text.match(/<code>[0-9a-f]{64}<\/code>/g));
    expect(hashes[0]).toEqual(hashes[1]);
  });

  test("the whole chain is verified on a page of its own; strangers see neither", async ({ console: own }) => {
    const { active } = await seedCooperations(own);
    const anna = await signIn(own, "anna");
    const page = await anna.get(of(active, "history/verify"));
    expect(saidOn(page)).toContain("The whole chain holds: no entry is missing or was changed.");
    const ida = await signIn(own, "ida");
    for (const behind of ["history", "history/verify", "access-log", "access-log/file?format=csv", "review"])
      expect((await ida.get(of(active, behind))).status, behind).toBe(404);
  });

  test("older entries are on the next pages, each once", async ({ console: own }) => {
    const { active, share } = await seedCooperations(own);
    for (let n = 0; n < 16; n++)
      for (const role of ["viewer", "technical_manager"])
        await own.service.as("anna", "PATCH", `/v1/shares/${share}`, { role });
    const anna = await signIn(own, "anna");
    const numbers: string[] = [];
    let path: string | undefined = of(active, "history");
    while (path !== undefined) {
      const { text } = await anna.get(path);
      numbers.push(...[...text.matchAll(/<th scope="row">(\d+)<\/th>/g)].map(([, n = ""]) => n));
      path = /class="pager"[^>]*><a class="button" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(numbers).toEqual(Array.from({ length: Number(numbers[0]) }, (_, n) => String(Number(numbers[0]) - n)));
    expect(numbers.length).toBeGreaterThan(30);
  });
});

describe("the access log", () => {
  /** Brightfix with access that was used after the cooperation began. */
  async function used(own: Console) {
    const { active, share } = await seedCooperations(own);
    const at = NOW.getTime() + 60_000;
    const through = { cooperation: active, share, caller: "portal" };
    const denied = { decision: false, reasons: ["delegation_too_low"] };
    writeTo(own.folder, { at }, [
      accessAt(at, { ...through, user: "tom", permission: "can_manage_technical", count: 14 }),
      accessAt(at + 60_000, { ...through, user: "eva", count: 3 }),
      accessAt(at + 120_000, { ...through, ...denied, user: "eva", permission: "can_manage_technical" }),
    ]);
    own.service.setNow(new Date(at + 600_000));
    return active;
  }

  test("an owner sees who used access, chooses among it, and has it as files", async ({ console: own }) => {
    const active = await used(own);
    const anna = await signIn(own, "anna");
    const page = await anna.get(of(active, "access-log"));
    expect(saidOn(page)).toMatch(/technical work ?Hillside \(7\) ?allowed ?14/);
    expect(saidOn(page)).toMatch(
      /Eva Novak \(eva\) ?technical work ?Hillside \(7\) ?denied ?Why not: what was delegated does not allow it/,
    );
    const denied = await anna.send(page, /\/access-log$/, { decision: "false", user: "eva" });
    expect(saidOn(denied)).toContain("what was delegated does not allow it");
    expect(saidOn(denied)).not.toMatch(/allowed ?14/);
    const none = await anna.send(page, /\/access-log$/, { from: "2027-03-10T09:30" });
    expect(saidOn(none)).toContain("No access that fits.");

    const csv = await anna.get(of(active, "access-log/file?format=csv&decision=false"));
    expect(csv.headers.get("Content-Disposition")).toMatch(/^attachment; filename="access-log-.*\.csv"$/);
    const [, ...rows] = csv.text.trim().split("\n");
    // the world has the same three lines a minute before
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row).toMatch(/deni|false/);
    const lines = (await anna.get(of(active, "access-log/file?format=ndjson"))).text.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).count)).toHaveLength(6);
  });

  test("a partner sees what its own people did, and not which key asked", async ({ console: own }) => {
    const active = await used(own);
    const ben = await signIn(own, "ben");
    expect(saidOn(await ben.get(of(active, "access-log")))).toContain("Eva Novak (eva)");
    const csv = await ben.get(of(active, "access-log/file?format=csv"));
    expect(csv.text).not.toContain("portal");
    const anna = await signIn(own, "anna");
    expect((await anna.get(of(active, "access-log/file?format=csv"))).text).toContain("portal");
  });

  test("a filter that is no date is refused in words, on the page and for a file", async ({ console: own }) => {
    const active = await used(own);
    const anna = await signIn(own, "anna");
    for (const behind of ["access-log?from=yesterday", "access-log/file?from=yesterday&format=csv"]) {
      const page = await anna.get(of(active, behind));
      expect(page.status, behind).toBe(400);
      expect(saidOn(page)).toContain("query: from");
    }
  });
});

describe("the review", () => {
  test("an owner sees who has access and when they used it last, and confirms with a note and the next day", async ({
    console: own,
  }) => {
    const { active } = await seedCooperations(own);
    const anna = await signIn(own, "anna");
    const page = await anna.get(of(active, "review"));
    expect(saidOn(page)).toContain("It was never reviewed.");
    expect(saidOn(page)).toMatch(/Eva Novak \(eva\) ?Hillside \(7\) ?Viewer, delegated/);
    expect(saidOn(page)).toMatch(/Ben Okafor \(ben\) ?North \(north\) ?Viewer, as an admin/);
    const note = "Still needed";
    const done = await anna.send(page, /\/review/, { note, review_by: "2027-09-30T22:00" });
    expect(done.path).not.toContain("/review");
    const after = await anna.get(of(active, "review"));
    expect(saidOn(after)).toMatch(
      /To be reviewed by ?30 Sept? 2027, 22:00 UTC ?Last review.*by Anna Berg \(anna\) ?Still needed/,
    );
    expect(saidOn(after)).toContain("Nothing changed.");
  });

  test("without a note, or on a state that has changed, nothing is confirmed; a partner has no review", async ({
    console: own,
  }) => {
    const { active, share } = await seedCooperations(own);
    const { service } = own;
    const anna = await signIn(own, "anna");
    const page = await anna.get(of(active, "review"));
    expect((await anna.send(page, /\/review/, { note: "" })).status).toBe(400);
    await service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "technical_manager" });
    const late = await anna.send(page, /\/review/, { note: "Still needed" });
    expect(late.status).toBe(412);
    expect(saidOn(late)).toMatch(/Ben Okafor \(ben\) ?Delegated.*Role: Viewer to Technical manager/);
    expect((await service.as("anna", "GET", `/v1/cooperations/${active}`)).body.reviewed_at).toBeNull();
    const ben = await signIn(own, "ben");
    expect((await ben.get(of(active, "review"))).status).toBe(403);
  });
});

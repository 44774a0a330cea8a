/**
 * AuthZEN's search demo: every search for subjects, resources and actions gives exactly what the published rules
 * give, in the order of the ids. The data is our own. Where AUTHZEN_SEARCH_DEMO names a copy of the published demo (the
 * folder interop/authzen-search-demo of openid/authzen, at e287920), its searches are asked as well, and our reading of the
 * rules has to give the results it names.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createService, KEYS, type Service } from "../support/service.ts";
import { type FixtureStore, openFixtureStore } from "./fixture-store.ts";
import { type DemoRecord, type DemoUser, RECORDS, type Search, searchesOf, tuplesOf, USERS } from "./search-demo.ts";

const { AUTHZEN_SEARCH_DEMO: PUBLISHED } = process.env;
const textOf = (value: unknown) => JSON.stringify(value);

/** Asks each search of an app whose store holds these users and records. */
function asksEach(users: DemoUser[], records: DemoRecord[], searches: Search[]): void {
  let fixture: FixtureStore;
  let app: Service["app"];

  beforeAll(async () => {
    fixture = await openFixtureStore();
    app = createService(fixture).app;
    expect(await fixture.tupleStore.write({ deletes: [], writes: tuplesOf(users, records) })).toBe("committed");
  });
  afterAll(() => fixture.remove());

  test.each(searches.map((search) => ({ ...search, asked: textOf(search.request) })))(
    "$path of $asked",
    async ({ path, request, results }) => {
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${KEYS.check}` };
      const reply = await app.request(`/access/v1/${path}`, { method: "POST", headers, body: textOf(request) });
      expect([reply.status, await reply.text()]).toEqual([200, textOf({ results })]);
    },
  );
}

describe("the search demo's rules over our own data", () => {
  const searches = searchesOf(USERS, RECORDS);
  asksEach(USERS, RECORDS, searches);

  test.each([
    ["search/subject", 1],
    ["search/resource", 0],
    ["search/action", 0],
  ])("%s has searches that find %i, and one more, and several", (kind, fewest) => {
    const counts = new Set(searches.filter(({ path }) => path === kind).map(({ results }) => results.length));
    expect(counts).toContain(fewest);
    expect(counts).toContain(fewest + 1);
    expect(Math.max(...counts)).toBeGreaterThan(fewest + 1);
  });
});

if (PUBLISHED)
  describe("the search demo's published files", () => {
    const read = (name: string) => JSON.parse(readFileSync(join(PUBLISHED, `${name}.json`), "utf8"));
    const users: DemoUser[] = read("data/users");
    const records: DemoRecord[] = read("data/records").map((one: { id: number }) => ({ ...one, id: `${one.id}` }));
    const published: Search[] = ["subject", "resource"].flatMap((kind) =>
      read(`test/${kind}/results`).evaluation.map((one: { request: object; expected: { results: object[] } }) => {
        return { path: `search/${kind}`, request: one.request, results: one.expected.results };
      }),
    );
    asksEach(users, records, published);

    test("name 60 searches for subjects and 18 for resources, with the results that our rules give", () => {
      const byRequest = (searches: Search[]) => new Map(searches.map((one) => [canonical(one), one.results]));
      const ours = byRequest(searchesOf(users, records).filter(({ path }) => path !== "search/action"));
      expect(published.map(({ path }) => path).filter((path) => path === "search/subject")).toHaveLength(60);
      expect(published).toHaveLength(78);
      expect(byRequest(published)).toEqual(ours);
    });
  });

/** A search by what it asks, whatever the order of its members. */
function canonical({ path, request }: Search): string {
  return textOf([path, ...Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

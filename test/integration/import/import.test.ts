/** Import: every line is the action that a PUT of it would be, in Writes of many lines, and its result is reported. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { openStore } from "../../../src/openfga/open-store.ts";
import { createTupleStore } from "../../../src/openfga/tuple-store.ts";
import type { Write } from "../../../src/ports.ts";
import { doctor } from "../../../src/queries/doctor.ts";
import { importAll, linesFrom, NDJSON, WORLD } from "../../support/bulk.ts";
import { connectionOf } from "../../support/engine.ts";
import { MODEL } from "../../support/model.ts";
import { everything } from "../../support/routes.ts";
import { cooperate, createService, KEYS, type Service, seedWorld, test } from "../../support/service.ts";

const person = (organization: string, user: string, role = "member", more: object = {}) => ({
  kind: "person",
  organization,
  user,
  role,
  ...more,
});
const crowd = (count: number, organization = "sunward") =>
  Array.from({ length: count }, (_, n) => person(organization, `p${n}`, "member", { email: `p${n}@crowd.example` }));
const ORGANIZATION = { kind: "organization", id: "sunward", name: "Sunward Energy" };

/** A service on the same store whose Writes are noted. */
function watched({ deps }: Service) {
  const writes: Write[] = [];
  const tupleStore = {
    ...deps.tupleStore,
    write: (write: Write) => {
      writes.push(write);
      return deps.tupleStore.write(write);
    },
  };
  return { writes, service: createService({ tupleStore, engine: deps.engine }) };
}

/** A body that is given piece by piece. */
function pieces() {
  let give: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      give = controller;
    },
  });
  return {
    body,
    send: (...lines: object[]) => give?.enqueue(new TextEncoder().encode(linesFrom(lines))),
    end: () => give?.close(),
  };
}

/** What a problem says; its status beside its code. */
const problemOf = async (reply: Response) => {
  const { code, errors } = (await reply.json()) as { code: string; errors?: { pointer: string }[] };
  return { is: `${reply.status} ${code}`, pointer: errors?.[0]?.pointer };
};

const post = ({ app }: Service, body: RequestInit["body"], init: { headers?: object; query?: string } = {}) =>
  app.request(`/v1/import${init.query ?? ""}`, {
    method: "POST",
    body: body ?? null,
    ...(body instanceof ReadableStream && { duplex: "half" }),
    headers: { Authorization: `Bearer ${KEYS.admin}`, "Content-Type": NDJSON, ...init.headers },
  });

describe("what an import leaves", () => {
  test("every kind of line, and a repeated import changes nothing", async ({ service }) => {
    const first = await importAll(service, linesFrom(WORLD));
    expect(first.end).toMatchObject({ event: "end", line: WORLD.length, done: WORLD.length, same: 0, refused: 0 });
    const may = [
      ["anna", "operate", "plant:8", true],
      ["ben", "view", "plant:8", false],
      ["otto", "operate", "plant:7", true],
      ["otto", "operate", "plant:8", false],
      ["otto", "manage_commercial", "plant:8", true],
    ] as const;
    for (const [user, action, resource, yes] of may)
      expect(await service.may(user, action, resource), `${user} ${action} ${resource}`).toBe(yes);
    const { body } = await service.admin("GET", "/v1/organizations/sunward/people/otto");
    expect(body).toMatchObject({ name: "Otto", language: "de", role: "member", email: null });
    const before = await everything(service);
    const again = await importAll(service, linesFrom(WORLD));
    expect(again.end).toMatchObject({ event: "end", line: WORLD.length, done: 0, same: WORLD.length, refused: 0 });
    expect(await everything(service)).toEqual(before);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("many lines go into few Writes of at most 100 tuples, each line with its entry in the history", async ({
    service: plain,
  }) => {
    const { writes, service } = watched(plain);
    const lines = [ORGANIZATION, ...crowd(200)];
    expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ done: 201 });
    const sizes = writes.map(({ deletes, writes: written }) => deletes.length + written.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    // sixteen people with an address fit: six tuples each, and the organization's head
    expect(writes.length).toBeLessThanOrEqual(Math.ceil(201 / 16) + 2);
    const { body } = await service.admin("GET", "/v1/organizations/sunward/history?limit=1");
    expect(body.items[0]).toMatchObject({
      n: 201,
      action: "add_person",
      object: "user:p199",
      actor: "service:back-office",
    });
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a line is decided on what the lines before it left, in one Write as well", async ({ service }) => {
    const { end, refused } = await importAll(
      service,
      linesFrom([
        { kind: "job_role", resource: "plant:9", user: "otto", role: "viewer" },
        ORGANIZATION,
        person("sunward", "otto", "member"),
        person("sunward", "otto", "admin"),
        person("sunward", "otto", "external"),
        { kind: "plant", id: "9", owner: "sunward" },
        { kind: "job_role", resource: "plant:9", user: "otto", role: "operator" },
        { kind: "job_role", resource: "plant:9", user: "otto", role: "viewer" },
      ]),
    );
    expect(end).toMatchObject({ done: 7, refused: 1 });
    expect(refused).toMatchObject([{ line: 1, code: "not_found" }]);
    expect(await service.may("otto", "view", "plant:9")).toBe(true);
    expect(await service.may("otto", "operate", "plant:9")).toBe(false);
    const { body } = await service.admin("GET", "/v1/organizations/sunward/people/otto");
    expect(body.role).toBe("external");
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a cached answer is no longer given once the import has reported the line", async ({ service }) => {
    await seedWorld(service);
    expect(await service.may("otto", "operate", "plant:7")).toBe(false);
    const { end } = await importAll(service, linesFrom([WORLD[9] ?? {}]));
    expect(end).toMatchObject({ done: 1, effective_by: expect.stringMatching(/^\d{4}-/) });
    expect(await service.may("otto", "operate", "plant:7")).toBe(true);
  });

  test("concurrent writers to the same organization lose nothing, and neither does the import", async ({ service }) => {
    await importAll(service, linesFrom([ORGANIZATION]));
    // in this process, which keeps an order, and as another one, which only has the head
    const other = createService({ tupleStore: service.deps.tupleStore, engine: service.deps.engine });
    const importing = importAll(service, linesFrom(crowd(150)));
    for (let n = 0; n < 15; n++)
      for (const [id, { admin }] of [
        [`a${n}`, service],
        [`b${n}`, other],
      ] as const)
        expect((await admin("PUT", `/v1/plants/${id}`, { owner: "sunward" })).status).toBe(201);
    expect((await importing).end).toMatchObject({ event: "end", done: 150, refused: 0 });
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });
});

test("a line may give another person the address of a person without an organization, who can be added again without it", async ({
  service,
}) => {
  await seedWorld(service);
  await service.admin("DELETE", "/v1/organizations/brightfix/people/tom");
  const email = "tom@brightfix.example";
  const lines = [
    person("brightfix", "tina", "member", { email }),
    person("brightfix", "tom", "member", { name: "Tom" }),
  ];
  expect((await importAll(service, linesFrom(lines))).end).toMatchObject({ event: "end", done: 2, refused: 0 });
  const view = async (user: string) => (await service.admin("GET", `/v1/organizations/brightfix/people/${user}`)).body;
  expect([(await view("tina")).email, (await view("tom")).email, (await view("tom")).name]).toEqual([
    email,
    null,
    "Tom",
  ]);
  expect(await doctor(service.deps.tupleStore)).toEqual([]);
});

describe("a refused line", () => {
  test("a line that its action would refuse is reported with its number, code and reason, and stops no other", async ({
    service,
  }) => {
    await seedWorld(service);
    await cooperate(service, [{ resource: "plant:7", role: "viewer" }]);
    const refusals: [object, string][] = [
      [person("nowhere", "pia"), "not_found"],
      [person("brightfix", "pia", "member", { email: "anna@sunward.example" }), "email_taken"],
      [person("brightfix", "ben", "member"), "last_admin"],
      [{ kind: "plant", id: "7", owner: "brightfix" }, "owner_is_fixed"],
      [{ kind: "plant", id: "9", owner: "nowhere" }, "not_found"],
      [{ kind: "plant", id: "9", owner: "brightfix", portfolio: "north" }, "not_owner"],
      [{ kind: "portfolio", id: "north", owner: "brightfix" }, "owner_is_fixed"],
      [{ kind: "job_role", resource: "plant:7", user: "ben", role: "viewer" }, "not_own_person"],
      [{ kind: "job_role", resource: "plant:99", user: "otto", role: "viewer" }, "not_found"],
    ];
    const before = await everything(service);
    const alone = await importAll(service, linesFrom(refusals.map(([line]) => line)));
    expect(alone.end).toMatchObject({ event: "end", read: 9, done: 0, same: 0, refused: 9 });
    expect(await everything(service)).toEqual(before);
    const mixed = refusals.flatMap(([line], n) => [line, person("sunward", `x${n}`)]);
    const { end, refused } = await importAll(service, linesFrom(mixed));
    expect(end).toMatchObject({ event: "end", read: 18, done: 9, same: 0, refused: 9 });
    expect(refused.map(({ line, code }) => [line, code])).toEqual(refusals.map(([, code], n) => [2 * n + 1, code]));
    for (const { detail } of refused) expect(detail).toMatch(/\w+.*\.$/);
    const { body } = await service.admin("GET", "/v1/organizations/sunward/people?limit=50");
    expect(body.items.map(({ user }: { user: string }) => user)).toEqual(expect.arrayContaining(["x0", "x8"]));
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a line that cannot be parsed is reported with its place, never as an internal error, and stops no other", async ({
    service,
  }) => {
    const good = JSON.stringify(ORGANIZATION);
    const invalid: [string | Buffer, string][] = [
      ["{", ""],
      ["[]", ""],
      ["null", ""],
      ['"text"', ""],
      [`${good}${good}`, ""],
      ["[".repeat(30_000), ""],
      [`${'{"kind":'.repeat(5_000)}`, ""],
      [`{"kind":"organization","id":"x","name":${"[".repeat(9_000)}${"]".repeat(9_000)}}`, "/name"],
      [Buffer.from('{"kind":"organization","id":"\xff","name":"x"}', "latin1"), ""],
      [Buffer.from([0, 1, 2, 3, 255, 254]), ""],
      [`{"kind":"organization","id":"x","name":"${"x".repeat(70_000)}"}`, ""],
      [`{"kind":"organization","id":"x","name":"${"x".repeat(400_000)}"}`, ""],
      ["{}", "/kind"],
      ['{"kind":"cooperation","id":"x"}', "/kind"],
      ['{"kind":"organization","id":"x"}', "/name"],
      ['{"kind":"organization","id":"a:b","name":"x"}', "/id"],
      ['{"kind":"organization","id":"x","name":"x","owner":"y"}', "/owner"],
      ['{"kind":"organization","id":"x","name":"x","__proto__":{"name":"y"}}', "/__proto__"],
      ['{"kind":"person","organization":"sunward","user":"x","role":"operator"}', "/role"],
      ['{"kind":"person","organization":"sunward","user":"x","role":"admin","email":"no"}', "/email"],
      ['{"kind":"portfolio","id":"x","owner":"sunward","portfolio":"y"}', "/portfolio"],
      ['{"kind":"plant","id":"x"}', "/owner"],
      ['{"kind":"job_role","resource":"share:x","user":"x","role":"viewer"}', "/resource"],
      ['{"kind":"job_role","resource":"plant:x","user":"x","role":"member"}', "/role"],
    ];
    const body = Buffer.concat(
      invalid.flatMap(([line]) => [Buffer.from(line as string), Buffer.from("\n")]).concat(Buffer.from(`${good}\r\n`)),
    );
    const { end, refused } = await importAll(service, new Uint8Array(body));
    expect(end).toMatchObject({ event: "end", line: invalid.length + 1, done: 1, refused: invalid.length });
    expect(refused.map(({ line, code, errors }) => [line, code, errors?.[0]?.pointer])).toEqual(
      invalid.map(([, pointer], n) => [n + 1, "invalid_request", pointer]),
    );
    expect((await service.admin("GET", "/v1/organizations/sunward")).status).toBe(200);
    expect((await service.admin("GET", "/v1/organizations/x")).status).toBe(404);
  });

  test("a line with a control character is refused with its place, and stops no other", async ({ service }) => {
    const lines = [
      ORGANIZATION,
      person("sunward", "a"),
      { kind: "plant", id: "1", owner: "sunward", name: "Roof A\nBuilding 2" },
      person("sunward", "b", "member", { name: "O\u0092Brien" }),
      { kind: "plant", id: "2", owner: "sunward", reason: "it\u007fs" },
      { kind: "plant", id: "3", owner: "sunward", name: "Roof C" },
    ];
    const { end, refused } = await importAll(service, linesFrom(lines));
    expect(end).toMatchObject({ event: "end", line: 6, done: 3, refused: 3 });
    expect(refused.map(({ line, code, errors }) => [line, code, errors?.[0]?.pointer])).toEqual([
      [3, "invalid_request", "/name"],
      [4, "invalid_request", "/name"],
      [5, "invalid_request", "/reason"],
    ]);
    expect((await service.admin("GET", "/v1/plants/3")).body.name).toBe("Roof C");
    expect((await service.admin("GET", "/v1/plants/1")).status).toBe(404);
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a line that the engine refuses is refused alone, wherever it is, and no log repeats its text", async ({
    service: { deps },
  }) => {
    // a rule of the engine that the schemas do not have: the control character comes in behind them
    const tupleStore = {
      ...deps.tupleStore,
      write: (write: Write) =>
        deps.tupleStore.write(JSON.parse(JSON.stringify(write).replaceAll("poison", "poi\u0085son"))),
    };
    const logged: string[] = [];
    const service = createService(
      { tupleStore, engine: deps.engine },
      {
        warn: (event, facts) => logged.push(JSON.stringify([event, facts])),
        log: (level, event, facts) => logged.push(JSON.stringify([level, event, facts])),
      },
    );
    const isPoison = (n: number) => [0, 20, 21, 63, 64, 99].includes(n);
    const lines = Array.from({ length: 100 }, (_, n) =>
      person("sunward", `p${n}`, "member", { name: isPoison(n) ? "poison" : "good" }),
    );
    const { end, refused } = await importAll(service, linesFrom([ORGANIZATION, ...lines]));
    expect(end).toMatchObject({ event: "end", read: 101, done: 95, same: 0, refused: 6 });
    expect(refused.map(({ line, code }) => [line, code])).toEqual(
      [2, 22, 23, 65, 66, 101].map((line) => [line, "refused_by_engine"]),
    );
    const { body } = await service.admin("GET", "/v1/organizations/sunward/people?limit=200");
    expect(body.items).toHaveLength(94);
    const alone = await service.admin("PUT", "/v1/plants/7", { owner: "sunward", name: "poison" });
    expect([alone.status, alone.body.code]).toEqual([500, "internal"]);
    expect(logged.length).toBeGreaterThan(6);
    for (const text of logged) expect(text).not.toMatch(/poi.{0,6}son/);
    expect(await doctor(deps.tupleStore)).toEqual([]);
  });

  test("blank lines are counted and not reported, also with the line ends and the byte order mark of a Windows file", async ({
    service,
  }) => {
    const good = [ORGANIZATION, person("sunward", "x")].map((line) => JSON.stringify(line));
    const files: [string, number][] = [
      [`\ufeff${good[0]}\r\n\r\n${good[1]}\r\n  \r\n\t\r\n`, 3],
      [`\ufeff\r\n\n ${good[0]} \r\n${good[1]}\r\n \t `, 4],
    ];
    for (const [text, line] of files)
      expect((await importAll(service, text)).end, text).toMatchObject({
        event: "end",
        line,
        read: 2,
        refused: 0,
      });
    const { end, refused } = await importAll(service, `${good[0]}\r\n\u00a0\r\n\u2028\r\n`);
    expect([end.refused, refused.map(({ line }) => line)]).toEqual([2, [2, 3]]);
  });

  test("empty lines are counted and not reported; a last line needs no line end; an empty file is imported at once", async ({
    service,
  }) => {
    const { end } = await importAll(
      service,
      `\n\n${JSON.stringify(ORGANIZATION)}\n\n${JSON.stringify(person("sunward", "x"))}`,
    );
    expect(end).toMatchObject({ event: "end", line: 5, read: 2, done: 2 });
    expect((await importAll(service, "")).end).toMatchObject({ event: "end", line: 0, read: 0, effective_by: null });
  });

  test("a body of another type, an invalid line number, and a caller without scope admin", async ({ service }) => {
    await seedWorld(service);
    const before = await everything(service);
    const line = linesFrom([person("sunward", "x")]);
    for (const type of ["application/json", "text/plain", "application/x-ndjsonx", ""]) {
      const reply = await post(service, new TextEncoder().encode(line), { headers: { "Content-Type": type } });
      expect((await problemOf(reply)).is, type).toBe("415 unsupported_media_type");
    }
    for (const from of ["0", "-1", "x", "1.5", ""]) {
      const reply = await post(service, line, { query: `?from=${from}` });
      expect(await problemOf(reply), from).toEqual({ is: "400 invalid_request", pointer: "query: from" });
    }
    const anna = { Authorization: `Bearer ${KEYS.all}`, "Acting-User": "user:anna" };
    const reply = await post(service, line, { headers: anna });
    expect((await problemOf(reply)).is).toBe("403 insufficient_scope");
    expect(await everything(service)).toEqual(before);
    expect((await importAll(service, line)).end).toMatchObject({ done: 1 });
  });
});

describe("while an import runs", () => {
  test("the result of a line is sent before the next line is", async ({ service }) => {
    const { body, send, end } = pieces();
    const reply = await post(service, body);
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let n = 1; n <= 3; n++) {
      send(person("nowhere", `x${n}`));
      expect(JSON.parse((await reader?.read())?.value ?? "")).toMatchObject({ event: "refused", line: n });
    }
    end();
    expect(JSON.parse((await reader?.read())?.value ?? "")).toMatchObject({ event: "end", refused: 3 });
    expect((await reader?.read())?.done).toBe(true);
  });

  test("a sender that does not read the reply is not read from, so that memory is bounded", async ({ service }) => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new TextEncoder().encode(linesFrom([person("nowhere", `x${pulled}`)])));
      },
    });
    const reply = await post(service, body);
    const reader = reply.body?.getReader();
    for (let n = 0; n < 20; n++) await reader?.read();
    // some lines wait while others are at work; the rest stays with the sender
    await expect.poll(() => pulled).toBeGreaterThan(100);
    const pulledMeanwhile = async () => {
      const before = pulled;
      await sleep(300);
      return pulled - before;
    };
    await expect.poll(pulledMeanwhile).toBe(0);
    expect(pulled).toBeLessThan(20 + 3 * 128);
    await reader?.cancel();
  });

  test("a closed connection ends it after the current Write, and the next import is accepted", async ({
    service: plain,
  }) => {
    const { writes, service } = watched(plain);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(linesFrom([person("sunward", `x${sent++}`)]))),
    });
    await importAll(service, linesFrom([ORGANIZATION]));
    const reply = await post(service, body);
    const reader = reply.body?.getReader();
    await reader?.read();
    const other = await post(service, linesFrom([ORGANIZATION]));
    expect([(await problemOf(other)).is, other.headers.get("Retry-After")]).toEqual(["503 contended", "10"]);
    await reader?.cancel();
    const done = writes.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(writes.length).toBe(done);
    expect((await importAll(service, linesFrom([ORGANIZATION]))).end).toMatchObject({ same: 1 });
    expect(await doctor(service.deps.tupleStore)).toEqual([]);
  });

  test("a body that breaks off ends it, and an incomplete line is ignored", async ({ service }) => {
    await importAll(service, linesFrom([ORGANIZATION]));
    const { body, send } = pieces();
    const broken = body.pipeThrough(
      new TransformStream({
        transform: (chunk, controller) => {
          controller.enqueue(chunk);
          if (chunk.byteLength < 40) controller.error(new Error("gone"));
        },
      }),
    );
    const reply = await post(service, broken);
    send(person("sunward", "whole", "member", { name: "Somebody with a name" }));
    send({ kind: "person" });
    expect(await reply.text()).not.toContain('"end"');
    expect((await importAll(service, linesFrom([person("sunward", "whole")]))).end.event).toBe("end");
    expect((await service.admin("GET", "/v1/organizations/sunward/people")).body.items).toHaveLength(1);
  });

  test("a sender that sends no whole line for too long gets the line to continue from, and the next import is accepted", async ({
    service: { deps },
  }) => {
    const service = createService(deps, { importIdleMilliseconds: 300 });
    const { body, send } = pieces();
    send(ORGANIZATION, person("sunward", "x"));
    const stopped = { event: "stopped", code: "request_timeout", line: 2, from: 3, done: 2 };
    expect((await importAll(service, body)).end).toMatchObject(stopped);
    // bytes that never come to the end of a line are nothing said
    const byte = new TextEncoder().encode("x");
    const dripping = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await sleep(20);
        controller.enqueue(byte);
      },
    });
    expect((await importAll(service, dripping)).end).toMatchObject({ ...stopped, line: 0, from: 1, done: 0 });
    const rest = await importAll(service, linesFrom([ORGANIZATION, person("sunward", "x"), person("sunward", "y")]));
    expect(rest.end).toMatchObject({ event: "end", same: 2, done: 1 });
  });

  test("a process that receives SIGTERM stops it between two Writes and says where to continue", async ({
    service: { deps },
  }) => {
    let stopping = false;
    const service = createService(deps, { stopping: () => stopping });
    const { body, send } = pieces();
    const sent = importAll(service, body);
    send(ORGANIZATION, person("sunward", "x"));
    await expect.poll(async () => (await service.admin("GET", "/v1/organizations/sunward/people/x")).status).toBe(200);
    stopping = true;
    send(person("sunward", "y"));
    expect((await sent).end).toMatchObject({ event: "stopped", code: "shutting_down", line: 3, from: 4, done: 3 });
  });
});

describe("continuing an import", () => {
  test("from a line skips the lines before it, and keeps the line numbers of the file", async ({ service }) => {
    const lines = [ORGANIZATION, "not JSON", person("sunward", "a"), "not JSON", person("sunward", "b")];
    await importAll(service, linesFrom(lines.slice(0, 1)));
    const { end, refused } = await importAll(service, linesFrom(lines), "?from=4");
    expect(refused).toMatchObject([{ line: 4 }]);
    expect(end).toMatchObject({ line: 5, read: 2, done: 1, refused: 1 });
    expect((await service.admin("GET", "/v1/organizations/sunward/people/a")).status).toBe(404);
    expect((await importAll(service, linesFrom(lines), "?from=9")).end).toMatchObject({ event: "end", read: 0 });
  });

  test("an unreachable engine ends it with the line to continue from, and continuing there leaves no gap", async ({
    ownServer,
    engine,
  }) => {
    const opened = await openStore({ ...connectionOf(ownServer), store: "own", model: MODEL, allowPush: false });
    const tupleStore = createTupleStore({ ...opened, ...connectionOf(ownServer) });
    const lines = [ORGANIZATION, ...crowd(400)];
    let writes = 0;
    const dying = {
      ...tupleStore,
      write: async (write: Write) => {
        if (++writes === 4) await ownServer.stop();
        return tupleStore.write(write);
      },
    };
    const cut = createService({ tupleStore: dying, engine }, { patienceMilliseconds: 300 });
    const { end } = await importAll(cut, linesFrom(lines));
    expect(end).toMatchObject({ event: "stopped", code: "engine_unavailable", from: end.line + 1 });
    expect(end.done).toBeGreaterThan(10);
    expect(end.done).toBeLessThan(100);
    const at = connectionOf(await ownServer.restart());
    const again = createService({ tupleStore: createTupleStore({ ...opened, ...at }), engine });
    const rest = await importAll(again, linesFrom(lines), `?from=${end.from}`);
    expect(rest.end).toMatchObject({ event: "end", done: 401 - end.done, same: 0, refused: 0 });
    expect(await doctor(again.deps.tupleStore)).toEqual([]);
  });

  test("a Write whose reply was lost is resolved before its lines are reported", async ({ service: { deps } }) => {
    let lost = 0;
    const tupleStore = {
      ...deps.tupleStore,
      write: async (write: Write) => {
        const outcome = await deps.tupleStore.write(write);
        return lost++ % 2 === 0 && outcome === "committed" ? "unknown" : outcome;
      },
    };
    const service = createService({ tupleStore, engine: deps.engine });
    expect((await importAll(service, linesFrom([ORGANIZATION, ...crowd(60)]))).end).toMatchObject({
      event: "end",
      done: 61,
      same: 0,
    });
    expect(await doctor(deps.tupleStore)).toEqual([]);
  });
});

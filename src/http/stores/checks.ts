/**
 * `POST …/check` (openfga.v1 Check): a decision, from the cache when the body has nothing but the question.
 * `POST …/batch-check` (BatchCheck): up to 50 of them by correlation id. Items with nothing but a question are answered
 * from the cache, the others by the engine; a batch that OpenFGA would refuse is sent to it as a whole. An item outside
 * the caller's key is an error in its place.
 */

import type { Context, Hono } from "hono";
import { outsideQuestion } from "../../check/within.ts";
import { isObject } from "../../domain/json.ts";
import type { Outside } from "../../domain/key-bounds.ts";
import type { Env } from "../env.ts";
import { asCheck } from "./caller.ts";
import { outsideKey, outsideText } from "./error.ts";
import { answer, decided, readQuestion, type StoresDeps } from "./pass.ts";
import { dated, isUsual, type Members, plainQuestion } from "./questions.ts";
import { answersIn, recordChecks, recordReplies } from "./record.ts";
import { outsideQuestions } from "./within-key.ts";

/** OpenFGA's default for `--max-checks-per-batch-check`. */
const CHECKS_MAX = 50;

/** openfga.v1 BatchCheckItem.correlation_id. */
const CORRELATION_ID = /^[\w-]{1,36}$/;

/** Throws EngineUnavailable, Overloaded, AuditUnavailable: without an answer the reply is a 5xx, never a "no", and half a batch is no answer. */
export function checkRoutes(app: Hono<Env>, deps: StoresDeps): void {
  const { engine, checker, clock, recorder } = deps;
  app.post("/stores/:store_id/check", async (c) => {
    const body = await readQuestion(c, deps, (one) => [asCheck(one)]);
    if (body instanceof Response) return body;
    recorder?.admit();
    const question = isUsual(body, engine.api.modelId) ? plainQuestion(engine, body) : undefined;
    if (question === undefined) {
      const [outside] = await outsideQuestions(c, deps, [asCheck(body).names]);
      if (outside !== undefined) return outsideKey(c, outside);
      const reply = await engine.api.ask(
        { method: "POST", path: "/check", body: dated(body, clock()) },
        c.req.raw.signal,
      );
      if (reply.status === 200) recordReplies(c, recorder, [[body, JSON.parse(reply.body)]]);
      return answer(c, reply);
    }
    const checked = await checker.check(question, () => c.req.raw.signal);
    // a hit knows the owner
    const { relation: permission, object } = question;
    const outside = await outsideQuestion(engine, c.var.caller.bounds, { permission, object, owner: checked.owner });
    if (outside !== undefined) return outsideKey(c, outside);
    recordChecks(c, recorder, [{ question, checked }]);
    return decided(c, deps, { allowed: checked.allowed, resolution: "" });
  });
  app.post("/stores/:store_id/batch-check", async (c) => {
    const asked = (one: Members) => itemsOf(one).filter(isObject).map(asCheck);
    const body = await readQuestion(c, deps, asked);
    if (body instanceof Response) return body;
    recorder?.admit();
    const items = itemsOf(body);
    const problems = await outsideQuestions(
      c,
      deps,
      asked(body).map(({ names }) => names),
    );
    const outside = problems.find((problem) => problem !== undefined);
    if (outside !== undefined) {
      if (!isBatch(items)) return outsideKey(c, outside);
      const within = items.filter((_, n) => problems[n] === undefined);
      const errors = items.flatMap((item, n) => {
        const problem = problems[n];
        return problem === undefined ? [] : [[String(item.correlation_id), outsideItem(problem)] as const];
      });
      return answerBatch(c, { ...body, checks: within }, Object.fromEntries(errors));
    }
    return answerBatch(c, body, {});
  });

  /** The reply with the answers to all items in the body, and with `known` results of further items. */
  async function answerBatch(c: Context<Env>, body: Members, known: Record<string, object>): Promise<Response> {
    const items = itemsOf(body);
    if (items.length === 0 && Object.keys(known).length > 0) return decided(c, deps, { result: known });
    const at = clock();
    const request = (some: unknown) => {
      const checks = Array.isArray(some) ? some.map((item) => (isObject(item) ? dated(item, at) : item)) : some;
      return { method: "POST" as const, path: "/batch-check", body: { ...body, checks } };
    };
    const plain = isUsual(body, engine.api.modelId) && isBatch(items) ? questionsOf(deps, items) : [];
    if (plain.length === 0 && Object.keys(known).length === 0) {
      const reply = await engine.api.ask(request(body.checks), c.req.raw.signal);
      if (reply.status === 200) recordReplies(c, recorder, answersIn(items, JSON.parse(reply.body).result));
      return answer(c, reply);
    }

    const others = items.filter((item) => !plain.some((one) => one.item === item));
    const signal = () => c.req.raw.signal;
    const [checked, rest] = await Promise.all([
      checker.checkAll(
        plain.map(({ question }) => question),
        signal,
      ),
      others.length === 0 ? undefined : engine.api.ask(request(others), signal()),
    ]);
    if (rest !== undefined && rest.status !== 200) return answer(c, rest);
    const answers = plain.map(({ item }, n) => [item.correlation_id, { allowed: checked[n]?.allowed }]);
    const asked = rest && JSON.parse(rest.body).result;
    const given = plain.flatMap(({ question }, n) => {
      const one = checked[n];
      return one === undefined ? [] : [{ question, checked: one }];
    });
    recordChecks(c, recorder, given);
    recordReplies(c, recorder, answersIn(others, asked));
    return decided(c, deps, { result: { ...Object.fromEntries(answers), ...asked, ...known } });
  }
}

const itemsOf = ({ checks }: Members): unknown[] => (Array.isArray(checks) ? checks : []);

/** openfga.v1 CheckError: an item that was not decided. */
const outsideItem = (outside: Outside) => ({
  error: { input_error: "validation_error", message: outsideText(outside) },
});

/** Whether OpenFGA takes it for a batch: of one to fifty, each with a correlation id of its own. */
function isBatch(items: unknown[]): items is Members[] {
  if (items.length === 0 || items.length > CHECKS_MAX || !items.every(isObject)) return false;
  const ids = items.map(({ correlation_id }) => correlation_id);
  return ids.every((id) => typeof id === "string" && CORRELATION_ID.test(id)) && new Set(ids).size === ids.length;
}

/** The items that the cache may answer, with their questions. */
function questionsOf({ engine }: StoresDeps, items: Members[]) {
  return items.flatMap((item) => {
    const question = plainQuestion(engine, item);
    return question === undefined ? [] : [{ item, question }];
  });
}

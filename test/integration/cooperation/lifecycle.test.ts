/**
 * The lifecycle table, walked through the API: each action in each status, before and
 * after the cooperation's date, and after each of the three endings. A cell that leads
 * somewhere leads there with one line of history, one that is so already changes
 * nothing, and every other one is refused by its name. An edge that nobody walked
 * fails the run.
 */
import { afterAll, describe, expect } from "vitest";
import { startCooperation, startShare, stepDown } from "../../../src/actions/due.ts";
import type { Action } from "../../../src/actions/run/action.ts";
import { perform } from "../../../src/actions/run/perform.ts";
import { SCHEDULER } from "../../../src/domain/caller.ts";
import { issueToken } from "../../../src/domain/cooperation/invitation-token.ts";
import {
  ACTION_NAMES,
  type CooperationAction,
  LIFECYCLE,
  statusesFor,
  step,
} from "../../../src/domain/cooperation/lifecycle.ts";
import { ENDINGS, type Ending, STATUSES, type Status } from "../../../src/domain/records.ts";
import { isRefusal } from "../../../src/domain/result.ts";
import { anyId } from "../../support/ids.ts";
import { createService, forgetInvitations, type Reply, type Service, seedWorld, test } from "../../support/service.ts";

const SENT = Date.parse("2027-03-01T12:00:00Z");
const HOUR = 3_600_000;
const at = (hours: number) => new Date(SENT + hours * HOUR);
/** When the cells are tried: after the pause between two mails, and after the date of the expired ones. */
const NOW = at(2);

type State = { status: Status; ended_as?: Ending; expired?: true };
const STATES: State[] = STATUSES.flatMap((status): State[] =>
  status === "ended" ? ENDINGS.map((ended_as) => ({ status, ended_as })) : [{ status }, { status, expired: true }],
);
const textOf = ({ status, ended_as, expired }: State) => `${ended_as ?? status}${expired ? ", expired" : ""}`;

/** The edges that were walked: `pending accept`. */
const walked = new Set<string>();
const EDGES = ACTION_NAMES.flatMap((action) => statusesFor(action).map((status) => `${status} ${action}`));

/** What the service does by itself; each is tried on a cooperation whose date for it has come. */
const isDue = (action: CooperationAction | undefined) => action !== undefined && LIFECYCLE[action].by === "scheduler";

type Made = { id: string; share: string; token: string };
let invitations = 0;

/**
 * A cooperation in this state, with plant:7 shared at technical_manager and, once there was
 * somebody to delegate it, delegated to tom, and asked for at another role. anna is the initiator's admin, ben the partner's. `due`: what the service
 * is to do by itself at NOW.
 */
async function make(service: Service, state: State, due?: CooperationAction): Promise<Made> {
  const soon = new Date(SENT + 1000).toISOString();
  const ofShare = due === "start_share" ? { starts_at: soon } : due === "step_down" ? { step_down_at: soon } : {};
  service.setNow(at(0));
  const must = async (reply: Promise<Reply>) => {
    const { status, body } = await reply;
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    return body;
  };
  // only who was asked by mail can have joined, and only an organization that was asked can decline
  const byMail = state.status !== "pending" && state.ended_as !== "declined";
  const to = byMail ? { email: `new-${invitations++}@brightfix.example` } : { organization: "brightfix" };
  const { id, shares } = await must(
    service.as("anna", "POST", "/v1/organizations/sunward/cooperations", {
      ...to,
      shares: [{ resource: "plant:7", role: "technical_manager", ...ofShare }],
      ...(due === "start" && { starts_at: soon }),
      ...(state.expired && { expires_at: at(1).toISOString() }),
    }),
  );
  const made = { id, share: shares[0].id, token: issueToken(service.deps.invitation.secret, id, 1) };
  const post = (user: string, action: string) => must(service.as(user, "POST", `/v1/cooperations/${id}/${action}`));
  if (state.ended_as === "declined") await post("ben", "decline");
  else if (state.status !== "invited" && state.status !== "pending") {
    await must(service.as("ben", "POST", "/v1/invitations/join", { token: made.token, organization: "brightfix" }));
    await must(service.as("ben", "PUT", `/v1/shares/${made.share}/delegations/tom`, { role: "viewer" }));
    const wanted = { share: made.share, role: "asset_manager", note: "invoices" };
    await must(service.as("ben", "POST", `/v1/cooperations/${id}/asks`, wanted));
    if (state.status === "paused") await post("anna", "pause");
    if (state.ended_as === "left") await post("ben", "leave");
    if (state.ended_as === "removed") await must(service.as("anna", "DELETE", `/v1/cooperations/${id}`));
  }
  service.setNow(NOW);
  return made;
}

/** The request of each action, by somebody whose side may take it. */
const TAKE: Record<CooperationAction, (service: Service, made: Made) => Promise<Reply>> = {
  join: (service, { token }) => service.as("ben", "POST", "/v1/invitations/join", { token, organization: "brightfix" }),
  accept: (service, { id }) => service.as("ben", "POST", `/v1/cooperations/${id}/accept`),
  decline: (service, { id }) => service.as("ben", "POST", `/v1/cooperations/${id}/decline`),
  resend: (service, { id }) => service.as("anna", "POST", `/v1/cooperations/${id}/resend`),
  change_expiry: (service, { id }) =>
    service.as("anna", "PATCH", `/v1/cooperations/${id}`, { expires_at: at(9).toISOString() }),
  review: (service, { id }) => service.as("anna", "POST", `/v1/cooperations/${id}/review`, { note: "Still needed." }),
  pause: (service, { id }) => service.as("anna", "POST", `/v1/cooperations/${id}/pause`),
  resume: (service, { id }) => service.as("anna", "POST", `/v1/cooperations/${id}/resume`),
  remove: (service, { id }) => service.as("anna", "DELETE", `/v1/cooperations/${id}`),
  leave: (service, { id }) => service.as("ben", "POST", `/v1/cooperations/${id}/leave`),
  share: (service, { id }) =>
    service.as("anna", "POST", `/v1/cooperations/${id}/shares`, { resource: "plant:8", role: "viewer" }),
  change_share: (service, { share }) => service.as("anna", "PATCH", `/v1/shares/${share}`, { role: "asset_manager" }),
  unshare: (service, { share }) => service.as("anna", "DELETE", `/v1/shares/${share}`),
  delegate: (service, { share }) => service.as("ben", "PUT", `/v1/shares/${share}/delegations/eva`, { role: "viewer" }),
  revoke: (service, { share }) => service.as("ben", "DELETE", `/v1/shares/${share}/delegations/tom`),
  ask: (service, { id, share }) =>
    service.as("ben", "POST", `/v1/cooperations/${id}/asks`, { share, role: "viewer", note: "less" }),
  withdraw_ask: (service, { id }) => service.as("ben", "POST", `/v1/cooperations/${id}/asks/1/withdraw`),
  decline_ask: (service, { id }) => service.as("anna", "POST", `/v1/cooperations/${id}/asks/1/decline`),
  start: (service, { id }) => takeDue(service, startCooperation({ cooperation: anyId(id) })),
  start_share: (service, { share }) => takeDue(service, startShare({ share: anyId(share) })),
  step_down: (service, { share }) => takeDue(service, stepDown({ share: anyId(share) })),
};

/** No request does what is due: it is done as the service does it. */
async function takeDue(service: Service, action: Action<unknown, unknown>): Promise<Reply> {
  const receipt = await perform(service.deps, { caller: SCHEDULER, requestId: "due" }, action);
  return { status: isRefusal(receipt) ? 409 : 200, body: isRefusal(receipt) ? receipt : {}, headers: new Headers() };
}

async function look({ admin }: Service, { id }: Made): Promise<{ is: State; entries: number }> {
  const { body } = await admin("GET", `/v1/cooperations/${id}`);
  const { body: history } = await admin("GET", `/v1/cooperations/${id}/history?limit=200`);
  const is: State = { status: body.status, ...(body.ended_as && { ended_as: body.ended_as }) };
  return { is, entries: history.items.length };
}

/** The code of a refusal that is not the table's own word for it, where the table's side is not there to speak of. */
function exception(state: State, action: CooperationAction): string | undefined {
  // nobody joined yet: to everyone who would be the partner it is not there
  if (state.status === "invited" && LIFECYCLE[action].by === "partner") return "not_found";
  // a known organization was asked without a token
  const neverMailed = state.status === "pending" || state.ended_as === "declined";
  return action === "join" && neverMailed ? "invalid_invitation" : undefined;
}

/** Takes an action and holds it to its cell; whether anything changed. */
async function walk(service: Service, made: Made, state: State, action: CooperationAction): Promise<boolean> {
  const before = await look(service, made);
  const { status, ended_as, expired = false } = state;
  expect(before.is).toEqual({ status, ...(ended_as && { ended_as }) });
  const reply = await TAKE[action](service, made);
  const after = await look(service, made);
  const next = step(state, action, expired);
  const code = exception(state, action);
  const attempt = `${action} when ${textOf(state)}: ${JSON.stringify(reply.body)}`;
  if (code !== undefined) expect(reply.body, attempt).toMatchObject({ code });
  // what has ended has nothing due any more
  else if (next.kind === "no" && isDue(action)) expect(reply.status, attempt).toBe(200);
  else if (next.kind === "no") {
    expect(reply.status, attempt).toBe(409);
    const says = { code: "wrong_status", cooperation_status: status, needs: statusesFor(action) };
    expect(reply.body, attempt).toMatchObject({ ...says, ...(ended_as && { ended_as }) });
  } else if (next.kind === "expired")
    expect(reply.body, attempt).toMatchObject({ status: 409, code: "cooperation_expired" });
  else if (next.kind === "same") expect(reply.status, attempt).toBe(200);
  else {
    expect([200, 201], attempt).toContain(reply.status);
    const is = { status: next.to, ...(next.ended_as && { ended_as: next.ended_as }) };
    expect(after, attempt).toEqual({ is, entries: before.entries + 1 });
    walked.add(`${status} ${action}`);
    return true;
  }
  expect(after, attempt).toEqual(before);
  return false;
}

describe("every action does, in every status, what the lifecycle table says", () => {
  for (const state of STATES)
    test(`${textOf(state)}, and each side is shown the actions that succeed`, async ({ tupleStore, engine }) => {
      // what is swept stays until the end, so that the table is asked and not the sweep
      const service = createService({ tupleStore, engine }, { inBackground: () => {} });
      await seedWorld(service);
      const done: CooperationAction[] = [];
      let made: Made | undefined;
      let shown: Record<string, CooperationAction[]> | undefined;
      for (const action of ACTION_NAMES) {
        if (isDue(action) && made !== undefined) {
          await service.as("anna", "DELETE", `/v1/cooperations/${made.id}`);
          await forgetInvitations(service);
          made = undefined;
        }
        made ??= await make(service, state, isDue(action) ? action : undefined);
        shown ??= await actionsShown(service, made);
        if (!(await walk(service, made, state, action))) continue;
        done.push(action);
        // an open invitation to the same organization would prevent the next
        await service.as("anna", "DELETE", `/v1/cooperations/${made.id}`);
        await forgetInvitations(service);
        made = undefined;
      }
      const by = (side: string) => done.filter((action) => LIFECYCLE[action].by === side);
      expect(shown).toEqual({ anna: by("initiator"), ben: by("partner") });
    });

  afterAll(() => {
    expect(
      EDGES.filter((edge) => !walked.has(edge)),
      "edges that nobody walked",
    ).toEqual([]);
  });
});

/** What each side's admin is shown. Somebody who may not see the cooperation is shown nothing. */
async function actionsShown(service: Service, { id }: Made): Promise<Record<string, CooperationAction[]>> {
  const shown = async (user: string) => (await service.as(user, "GET", `/v1/cooperations/${id}`)).body.actions ?? [];
  return { anna: await shown("anna"), ben: await shown("ben") };
}

test("a share of an ended cooperation is shown to nobody, and not found once it is swept", async ({ service }) => {
  await seedWorld(service);
  const { share } = await make(service, { status: "ended", ended_as: "removed" });
  expect((await service.as("anna", "GET", `/v1/shares/${share}`)).status).toBe(404);
  await service.settled();
  for (const action of ["change_share", "unshare", "delegate", "revoke"] as const) {
    const { body } = await TAKE[action](service, { id: "", token: "", share });
    expect(body, action).toMatchObject({ code: "not_found" });
  }
});

test("a refusal names the side that may act, and says to a person who is no admin that they are none", async ({
  service,
}) => {
  await seedWorld(service);
  const { id } = await make(service, { status: "active" });
  const post = (user: string, action: string) => service.as(user, "POST", `/v1/cooperations/${id}/${action}`);
  expect((await post("ben", "pause")).body).toMatchObject({ code: "wrong_side", needs: "initiator" });
  expect((await post("anna", "leave")).body).toMatchObject({ code: "wrong_side", needs: "partner" });
  expect((await post("otto", "pause")).body).toMatchObject({ code: "not_admin", organization: "sunward" });
  expect((await post("tom", "leave")).body).toMatchObject({ code: "not_admin", organization: "brightfix" });
  expect((await post("zoe", "pause")).body).toMatchObject({ code: "not_found" });
});

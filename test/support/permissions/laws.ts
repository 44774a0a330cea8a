/**
 * The laws (docs/guarantees.md), over the measured answers. The file of answers gets approved
 * by eye; these do not. A law names what breaks it, or nothing; each has one
 * answer that, turned round, breaks it.
 */

import { allowed, answerKey, cellsOf, type Measured } from "../../../scripts/permissions/measure.ts";
import { type Actor, PASSED } from "../../../scripts/permissions/worlds.ts";
import { splitRef } from "../../../src/domain/ids.ts";
import { PERMISSION_OF, RUNGS, SHARED_ROLES, type SharedRole } from "../../../src/domain/roles.ts";
import { rowOf, sameRow } from "./matrix.ts";

type Cell = ReturnType<typeof cellsOf>[number];
type Breaks = (all: readonly Measured[]) => string[];

/** `brokenBy`: the situation, actor, target and permission of an answer that no engine may turn round. */
export type Law = {
  breaks: Breaks;
  brokenBy: [situation: string, actor: string, target: string, permission: string];
};

/** The cells of all situations that should not be as they are. */
const cells =
  (wrong: (cell: Cell, is: boolean, measured: Measured) => boolean): Breaks =>
  (all) =>
    all.flatMap((measured) =>
      cellsOf(measured)
        .filter((cell) => wrong(cell, allowed(measured, cell.actor, cell.target, cell.permission), measured))
        .map((cell) => `${measured.situation.title}: ${answerKey(cell.actor, cell.target, cell.permission)}`),
    );

/** The actors of all situations whose row should not be as it is. */
const rows =
  (wrong: (actor: Actor, measured: Measured, first: Measured) => boolean): Breaks =>
  (all) =>
    all.flatMap((measured) =>
      measured.actors
        .filter((actor) => wrong(actor, measured, all[0] ?? measured))
        .map((actor) => `${measured.situation.title}: ${actor.label}`),
    );

const onResource = ({ target }: Cell) => ["plant", "portfolio"].includes(splitRef(target.ref)[0]);

/** Whether a live share brings this permission, to whoever holds `role` on it, or to an admin (no role). */
function brings({ situation }: Measured, share: string, { target, permission }: Cell, role?: SharedRole): boolean {
  const shared = situation.states.at(-1)?.shares?.[share];
  if (shared === undefined || !situation.live.includes(share)) return false;
  const reached = shared.of === "portfolio" ? ["portfolio", "plant"] : ["plant"];
  const cap = shared.step_down_at === PASSED ? "viewer" : shared.role;
  const held: readonly SharedRole[] = RUNGS[role ?? cap];
  const rungs = RUNGS[cap].filter((rung) => held.includes(rung));
  return reached.includes(target.label) && rungs.some((rung) => PERMISSION_OF[rung] === permission);
}

function sameAsStranger(actor: Actor, measured: Measured): boolean {
  const stranger = measured.actors.find(({ side }) => side === "stranger");
  return stranger !== undefined && rowOf(measured, actor) === rowOf(measured, stranger);
}

/** What somebody may on the plant in the situation with this title. Throws when there is none. */
function onPlant(all: readonly Measured[], title: string, label: string): string[] {
  const measured = all.find(({ situation }) => situation.title === title);
  if (measured === undefined) throw new Error(`no situation is called "${title}"`);
  return cellsOf(measured)
    .filter(({ actor, target }) => actor.label === label && target.label === "plant")
    .filter(({ actor, target, permission }) => allowed(measured, actor, target, permission))
    .map(({ permission }) => permission);
}

const includes = (more: string[], less: string[]) => less.every((permission) => more.includes(permission));
const TM_SHARED = "plant shared at technical_manager";

/** Each law by its sentence. */
export const LAWS: Record<string, Law> = {
  "nobody who is only on a partner's side may operate or share anything": {
    breaks: cells(
      ({ actor, permission }, is) =>
        is && ["partner", "other partner"].includes(actor.side) && ["can_operate", "can_share"].includes(permission),
    ),
    brokenBy: [TM_SHARED, "partner: admin", "plant", "can_operate"],
  },

  "the partner's admins have on resources what the live shares carry, no more and no less": {
    breaks: cells(
      (cell, is, measured) =>
        onResource(cell) &&
        cell.actor.side === "partner" &&
        cell.actor.role === "admin" &&
        is !== measured.situation.live.some((share) => brings(measured, share, cell)),
    ),
    brokenBy: [TM_SHARED, "partner: admin", "plant", "can_view"],
  },

  "a delegate has on resources what both a live share and the delegation on it carry, no more and no less": {
    breaks: cells(
      (cell, is, measured) =>
        onResource(cell) &&
        cell.actor.side === "partner" &&
        cell.actor.role === undefined &&
        is !== cell.actor.granted.some(({ share, role, counts }) => counts && brings(measured, share, cell, role)),
    ),
    brokenBy: [`${TM_SHARED}, then lowered to viewer`, "delegate: technical_manager", "plant", "can_manage_technical"],
  },

  "where no share is live the partner's side has nothing on any resource": {
    breaks: cells(
      (cell, is, { situation }) =>
        is && onResource(cell) && cell.actor.side === "partner" && situation.live.length === 0,
    ),
    brokenBy: ["expired on the share, alt", "partner: admin", "plant", "can_view"],
  },

  "a delegate whose date has passed is a stranger": {
    breaks: rows(
      (actor, measured) =>
        actor.granted.length > 0 && actor.granted.every(({ counts }) => !counts) && !sameAsStranger(actor, measured),
    ),
    brokenBy: ["expired on the delegations, alt", "delegate: viewer", "plant", "can_view"],
  },

  "a former person is a stranger": {
    breaks: rows((actor, measured) => actor.former === true && !sameAsStranger(actor, measured)),
    brokenBy: [TM_SHARED, "former person of the partner", "share", "can_delegate"],
  },

  "a stranger may nothing": {
    breaks: cells(({ actor }, is) => is && actor.side === "stranger"),
    brokenBy: ["paused", "stranger", "cooperation", "can_view"],
  },

  "the partner's people who are no admins may nothing without a delegation": {
    breaks: cells(
      ({ actor }, is) => is && actor.side === "partner" && actor.role !== "admin" && actor.granted.length === 0,
    ),
    brokenBy: [TM_SHARED, "partner: moderator", "plant", "can_view"],
  },

  "the owner's people may the same in every situation": {
    breaks: rows((actor, measured, first) => actor.side === "owner" && !sameRow(measured, actor, first)),
    brokenBy: ["ended: left, before the sweep", "owner: viewer of the plant", "plant", "can_view"],
  },

  "the other partner's people may what they did in the first situation, and nothing new": {
    breaks: (all) =>
      cells(({ actor, target, permission }, is) => {
        const key = answerKey(actor, target, permission);
        return actor.side === "other partner" && is !== (all[0]?.answers.get(key) ?? false);
      })(all),
    brokenBy: ["paused", "other partner: delegate", "other plant", "can_view"],
  },

  "a share at viewer gives less than one at either manager, and neither manager's gives the other's": {
    breaks: (all) =>
      ["plant", "portfolio"].flatMap((on) => {
        const [technical = [], commercial = [], viewer = []] = SHARED_ROLES.map((role) =>
          onPlant(all, `${on} shared at ${role}`, "partner: admin"),
        );
        const broken = {
          "technical_manager over viewer": !includes(technical, viewer) || includes(viewer, technical),
          "asset_manager over viewer": !includes(commercial, viewer) || includes(viewer, commercial),
          "the managers": includes(technical, commercial) || includes(commercial, technical),
        };
        return Object.entries(broken).flatMap(([pair, is]) => (is ? [`${on}: ${pair}`] : []));
      }),
    brokenBy: ["plant shared at viewer", "partner: admin", "plant", "can_manage_commercial"],
  },

  "a delegate at viewer has the same under every role of the share, and has something": {
    breaks: (all) => {
      const each = SHARED_ROLES.map((role) => onPlant(all, `plant shared at ${role}`, "delegate: viewer").join());
      return new Set(each).size === 1 && each[0] !== "" ? [] : each;
    },
    brokenBy: ["plant shared at asset_manager", "delegate: viewer", "plant", "can_manage_commercial"],
  },
};

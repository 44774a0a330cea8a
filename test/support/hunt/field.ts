/**
 * Where the hunt takes place: two organizations that cooperate, what changes in it, and
 * the requests that change it. Each track is changed by one request at a time.
 */
import { expect } from "vitest";
import type { World } from "../oracle.ts";
import { cooperate, type Reply, type Service, seedWorld } from "../service.ts";
import type { State } from "./truth.ts";

/** A request that leads from one state of a track to another; refused, it leads nowhere. */
export type Step = { to: string; send: (service: Service) => Promise<Reply> };
export type Field = { steps: (track: string, from: string) => Step[] };

/** What changes, and how: each is taken away and given back, some can be given at one of two roles. */
export const TRACKS = {
  cooperation: ["active", "paused"],
  share: ["technical_manager", "viewer"],
  tom: ["here", "viewer", "technical_manager", "gone"],
  eva: ["external", "admin", "gone"],
  otto: ["none", "viewer", "operator"],
  lakeside: ["north", "nowhere"],
  roof: ["sunward", "nobody", "brightfix"],
};

export const FIRST: State = {
  cooperation: "active",
  share: "technical_manager",
  tom: "here",
  eva: "external",
  otto: "none",
  lakeside: "north",
  roof: "sunward",
};

/** Refusals that a step may meet because another track is where it is. */
export const EXPECTED_REFUSALS = ["wrong_status", "role_above_cap"];

/** A state in the oracle's words. */
export function worldOf({ cooperation = "", share = "", tom, eva, otto, lakeside, roof }: State): World {
  const brightfix = new Map([["ben", "admin"]]);
  if (tom !== "gone") brightfix.set("tom", "member");
  if (eva !== undefined && eva !== "gone") brightfix.set("eva", eva);
  const ever = { starts: -Infinity, until: Infinity, steps: Infinity, removed: false };
  const delegation = { role: tom ?? "", until: Infinity };
  const delegated = tom === "viewer" || tom === "technical_manager";
  const plant = (owner: string, portfolio?: string) => ({ owner, portfolio, jobs: new Map<string, string>() });
  const resources: World["resources"] = new Map([
    ["portfolio:north", plant("sunward")],
    ["plant:7", plant("sunward")],
    ["plant:8", plant("sunward", lakeside === "north" ? "portfolio:north" : undefined)],
  ]);
  if (otto !== undefined && otto !== "none") resources.get("plant:8")?.jobs.set("otto", otto);
  if (roof !== undefined && roof !== "nobody") resources.set("plant:9", plant(roof));
  const ends = { initiator: "sunward", partner: "brightfix", starts: -Infinity, until: Infinity };
  const hillside = { id: "hillside", resource: "plant:7", role: share, ...ever };
  const north = { id: "north", resource: "portfolio:north", role: "viewer", ...ever, delegations: new Map() };
  return {
    now: 0,
    people: new Map([
      ["sunward", new Map([["anna", "admin"]])],
      ["brightfix", brightfix],
    ]),
    resources,
    cooperations: [
      {
        id: "changing",
        ...ends,
        status: cooperation,
        shares: [{ ...hillside, delegations: new Map(delegated ? [["tom", delegation]] : []) }],
      },
      { id: "standing", ...ends, status: "active", shares: [north] },
    ],
  };
}

/** Makes the world of `FIRST` through a service. */
export async function seedField(service: Service): Promise<Field> {
  await seedWorld(service);
  const roof = await service.admin("PUT", "/v1/plants/9", { owner: "sunward", name: "Roof" });
  expect(roof.status).toBe(201);
  const changing = await cooperate(service, [{ resource: "plant:7", role: "technical_manager" }]);
  await cooperate(service, [{ resource: "portfolio:north", role: "viewer" }]);
  const cooperation = `/v1/cooperations/${changing.id}`;
  const share = `/v1/shares/${changing.shares[0]}`;
  const person = (user: string) => `/v1/organizations/brightfix/people/${user}`;

  const by = (user: string, to: string, method: string, path: string, body?: object): Step => ({
    to,
    send: (replica) => replica.as(user, method, path, body),
  });
  const byService = (to: string, method: string, path: string, body?: object): Step => ({
    to,
    send: (replica) => replica.admin(method, path, body),
  });
  const is = (user: string, to: string, role: string) => byService(to, "PUT", person(user), { role });
  const leaves = (user: string) => by("ben", "gone", "DELETE", person(user));
  const delegate = (role: string) => by("ben", role, "PUT", `${share}/delegations/tom`, { role });
  const revoke = by("ben", "here", "DELETE", `${share}/delegations/tom`);
  const job = (role: string) => by("anna", role, "PUT", "/v1/plants/8/roles/otto", { role });
  const noJob = by("anna", "none", "DELETE", "/v1/plants/8/roles/otto");
  const lakeside = { owner: "sunward", name: "Lakeside" };
  const register = (owner: string) => byService(owner, "PUT", "/v1/plants/9", { owner, name: "Roof" });
  const unregister = byService("nobody", "DELETE", "/v1/plants/9");

  const steps: Record<string, Record<string, Step[]>> = {
    cooperation: {
      active: [by("anna", "paused", "POST", `${cooperation}/pause`)],
      paused: [by("anna", "active", "POST", `${cooperation}/resume`)],
    },
    share: {
      technical_manager: [by("anna", "viewer", "PATCH", share, { role: "viewer" })],
      viewer: [by("anna", "technical_manager", "PATCH", share, { role: "technical_manager" })],
    },
    tom: {
      here: [delegate("viewer"), delegate("technical_manager"), leaves("tom")],
      viewer: [revoke, delegate("technical_manager"), leaves("tom")],
      technical_manager: [revoke, delegate("viewer"), leaves("tom")],
      gone: [is("tom", "here", "member")],
    },
    eva: {
      external: [is("eva", "admin", "admin"), leaves("eva")],
      admin: [is("eva", "external", "external"), leaves("eva")],
      gone: [is("eva", "admin", "admin"), is("eva", "external", "external")],
    },
    otto: {
      none: [job("viewer"), job("operator")],
      viewer: [job("operator"), noJob],
      operator: [job("viewer"), noJob],
    },
    lakeside: {
      north: [by("anna", "nowhere", "PUT", "/v1/plants/8", lakeside)],
      nowhere: [by("anna", "north", "PUT", "/v1/plants/8", { ...lakeside, portfolio: "north" })],
    },
    roof: {
      sunward: [unregister],
      brightfix: [unregister],
      nobody: [register("sunward"), register("brightfix")],
    },
  };
  return { steps: (track, from) => steps[track]?.[from] ?? [] };
}

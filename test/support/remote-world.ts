/** A world with a cooperation, made and asked over HTTP, as it is of services that run as processes. */
import { expect } from "vitest";
import { cooperate, KEYS, type Reply, type Service, seedWorld } from "./service.ts";

export const PEOPLE = Array.from({ length: 12 }, (_, n) => `tech-${n}`);
export const PLANTS = Array.from({ length: 20 }, (_, n) => `${100 + n}`);

export async function send(url: string, method: string, path: string, body: unknown, headers: Record<string, string>) {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as Reply["body"], headers: reply.headers };
}

/** The calls by which a world is made, to a process. */
export function remote(url: string): Service {
  const key = { Authorization: `Bearer ${KEYS.all}` };
  return {
    admin: (method: string, path: string, body?: unknown) => send(url, method, path, body, key),
    as: (user: string, method: string, path: string, body?: unknown) =>
      send(url, method, path, body, { ...key, "Acting-User": `user:${user}` }),
  } as Service;
}

/** Brightfix's technicians, as its admins, and a portfolio of plants that is shared with them. */
export async function seed(url: string): Promise<void> {
  const service = remote(url);
  await seedWorld(service);
  const must = async (path: string, body: object) => expect((await service.admin("PUT", path, body)).status).toBe(201);
  for (const user of PEOPLE) await must(`/v1/organizations/brightfix/people/${user}`, { role: "admin" });
  for (const id of PLANTS) await must(`/v1/plants/${id}`, { owner: "sunward", name: id, portfolio: "north" });
  await cooperate(service, [{ resource: "portfolio:north", role: "viewer" }]);
}

export const check = (url: string, user: string, plant = "100") =>
  send(
    url,
    "POST",
    "/access/v1/evaluation",
    { subject: { type: "user", id: user }, action: { name: "view" }, resource: { type: "plant", id: plant } },
    { Authorization: `Bearer ${KEYS.check}` },
  );

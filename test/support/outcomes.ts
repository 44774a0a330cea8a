/** What requests of a test led to: they were done, or refused without a trace; and the store is as it should be. */
import { expect } from "vitest";
import { diagnose } from "../../src/queries/doctor.ts";
import { everything } from "./routes.ts";
import type { Reply, Service } from "./service.ts";

/** The body of a request that is done. */
export async function ok(
  service: Pick<Service, "as">,
  user: string,
  method: string,
  path: string,
  body?: object,
): Promise<Reply["body"]> {
  const reply = await service.as(user, method, path, body);
  expect(reply.status, `${method} ${path} ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

/** The problem of a refusal that changed nothing, also as a dry run. */
export async function refusal(
  service: Service,
  user: string,
  method: string,
  path: string,
  body?: object,
): Promise<Reply["body"]> {
  const before = await everything(service);
  const reply = await service.as(user, method, path, body);
  const dry = await service.as(user, method, `${path}?dry_run=true`, body);
  expect([dry.status, dry.body.code]).toEqual([reply.status, reply.body.code]);
  expect(await everything(service)).toEqual(before);
  return reply.body;
}

/** Doctor finds nothing, when all is done that was begun. */
export async function healthy({ deps: { tupleStore }, settled }: Service): Promise<void> {
  await settled();
  expect(diagnose(await tupleStore.readAll())).toEqual([]);
}

/**
 * `/v1/doctor`: what is wrong in the store, for services. One look at a time: it reads
 * every tuple twice, so whoever asks while one is under way is given that one's answer,
 * and `began_at` says which writes it knows.
 */
import type { z } from "@hono/zod-openapi";
import { isService, needsService } from "../../domain/caller.ts";
import { doctor, isDamage, viewOf } from "../../queries/doctor.ts";
import { refused } from "../problem.ts";
import { route, type V1Deps, v1 } from "./route.ts";
import { DoctorView } from "./views.ts";

const look = route({
  method: "get",
  path: "/doctor",
  tag: "Operations",
  summary: "Look the whole store over (scope admin)",
  answers: "service",
  refuses: [],
  reply: DoctorView,
});

export const DOCTOR_OPERATIONS = [look];

export function doctorRoutes({ tupleStore, clock, historyKeys }: V1Deps) {
  const app = v1();
  let underWay: Promise<z.infer<typeof DoctorView>> | undefined;

  async function lookOver() {
    const began_at = clock().toISOString();
    const findings = await doctor(tupleStore, historyKeys?.verifying);
    return { began_at, damaged: findings.filter(isDamage).length, findings: findings.map(viewOf) };
  }

  app.openapi(look, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to look the store over"));
    underWay ??= lookOver().finally(() => {
      underWay = undefined;
    });
    return c.json(await underWay);
  });
  return app;
}

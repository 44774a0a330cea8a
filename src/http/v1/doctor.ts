/**
 * `/v1/doctor`: what is wrong in the store, for services. A run reads every tuple twice, so there is one at a time:
 * a request that comes during a run gets that run's result, and `began_at` says which writes it has seen.
 */
import type { z } from "@hono/zod-openapi";
import { isService, needsService } from "../../domain/caller.ts";
import { doctor, isDamage, viewOf } from "../../queries/doctor.ts";
import { refused } from "../problem.ts";
import { routesUnder, type V1App, type V1Deps } from "./route.ts";
import { DoctorView } from "./views.ts";

const define = routesUnder("Operations");

const get = define.get("/doctor", "Examine the whole store (scope admin)", {
  answers: "service",
  refuses: [],
  reply: DoctorView,
});

export const DOCTOR_OPERATIONS = [get];

export function doctorRoutes(app: V1App, { tupleStore, clock, historyKeys }: V1Deps) {
  let running: Promise<z.infer<typeof DoctorView>> | undefined;

  async function examine() {
    const began_at = clock().toISOString();
    const findings = await doctor(tupleStore, historyKeys?.verifying);
    return { began_at, damaged: findings.filter(isDamage).length, findings: findings.map(viewOf) };
  }

  app.openapi(get, async (c) => {
    if (!isService(c.var.caller)) return refused(c, needsService("to examine the store"));
    running ??= examine().finally(() => {
      running = undefined;
    });
    return c.json(await running);
  });
}

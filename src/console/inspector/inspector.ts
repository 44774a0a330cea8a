/** The inspector: the pages for engineers, with scope `admin` and for nobody else. */
import type { ConsoleApp, ConsoleDeps } from "../context.ts";
import { findingPages } from "./findings.ts";
import { createLayouts } from "./layouts.ts";
import { modelPages } from "./model.ts";
import { objectPages } from "./objects.ts";
import { peoplePages } from "./people.ts";
import { reachPages } from "./reach.ts";
import { guardInspector } from "./shell.ts";
import { startPages } from "./start.ts";
import { systemPages } from "./system.ts";
import { timelinePages } from "./timeline-page.ts";
import { tuplePages } from "./tuples.ts";
import { whyPages } from "./why.ts";

/** Adds the pages behind their guard. */
export function inspectorPages(app: ConsoleApp, deps: ConsoleDeps): void {
  const layouts = deps.layouts ?? createLayouts({ warn: (event, facts) => deps.log("warn", event, facts) });
  guardInspector(app, deps);
  startPages(app);
  modelPages(app, deps, layouts);
  objectPages(app, deps, layouts);
  whyPages(app);
  reachPages(app, layouts);
  peoplePages(app, deps, layouts);
  timelinePages(app, deps);
  tuplePages(app, deps);
  findingPages(app);
  systemPages(app, deps);
}

/**
 * Every page of the console with an address in the world of `seedCooperations`: the tests that hold something of every
 * page walk this table, and a route without a row fails one of them.
 */
import type { Cooperations } from "./console.ts";
import { SAMPLE_LINK } from "./console-service.ts";

/** `by`: the name in the list of the sample people; nobody where the page needs no session. */
export type ConsolePage = { by?: string; path: (world: Cooperations) => string };

const ANNA = /^Anna Berg/.source;
const BEN = /^Ben Okafor/.source;
const GUS = /^Gus Adler/.source;
const ENGINEER = /^An engineer/.source;
const sunward = "/console/organizations/sunward";
const of = (id: keyof Cooperations, rest = "") => ({
  by: ANNA,
  path: (world: Cooperations) => `/console/cooperations/${world[id]}${rest}?organization=sunward`,
});
const share = (rest: string) => ({
  by: ANNA,
  path: ({ active, share: id }: Cooperations) =>
    `/console/cooperations/${active}/permissions/${id}${rest}?organization=sunward`,
});
const why = (user: string, permission: string) =>
  `/console/inspector/why?user=${user}&permission=${permission}&object=plant:7`;
const anna = (path: string) => ({ by: ANNA, path: () => path });
const ben = (path: string) => ({ by: BEN, path: () => path });
const engineer = (path: string | ((world: Cooperations) => string)) => ({
  by: ENGINEER,
  path: typeof path === "string" ? () => path : path,
});

export const CONSOLE_PAGES: Record<string, ConsolePage> = {
  "sign-in": { path: () => SAMPLE_LINK },
  choose: anna("/console?choose=1"),
  "not-found": anna("/console/nowhere"),
  cooperations: anna(`${sunward}/cooperations`),
  "cooperations-found": anna(`${sunward}/cooperations?search=bright`),
  "cooperations-none": anna(`${sunward}/cooperations?search=nobody`),
  invite: anna(`${sunward}/invite`),
  waiting: anna(`${sunward}/waiting`),
  "waiting-partner": ben("/console/organizations/brightfix/waiting"),
  cooperation: of("active"),
  "cooperation-invited": of("invited"),
  "cooperation-paused": of("paused"),
  "cooperation-ended": of("ended"),
  "cooperation-incoming": of("incoming"),
  pause: of("active", "/pause"),
  resume: of("paused", "/resume"),
  resend: of("invited", "/resend"),
  remove: of("active", "/remove"),
  expiry: of("active", "/expiry"),
  leave: of("incoming", "/leave"),
  accept: { by: GUS, path: ({ pending }) => `/console/cooperations/${pending}/accept?organization=gridworks` },
  ask: of("active", "/asks/1"),
  permissions: of("active", "/permissions"),
  "permissions-portfolios": {
    by: ANNA,
    path: ({ active }) => `/console/cooperations/${active}/permissions?type=portfolio&organization=sunward`,
  },
  permission: share(""),
  "permission-remove": share("/remove"),
  many: of("active", "/permissions/many"),
  preset: {
    by: ANNA,
    path: ({ active }) => `/console/cooperations/${active}/permissions/presets?preset=summer&organization=sunward`,
  },
  history: of("active", "/history"),
  "history-verified": of("active", "/history/verify"),
  "access-log": of("active", "/access-log"),
  review: of("active", "/review"),
  received: ben("/console/organizations/brightfix/received"),
  "received-share": { by: BEN, path: (world) => `/console/organizations/brightfix/received/${world.share}` },
  "delegation-remove": {
    by: BEN,
    path: (world) => `/console/organizations/brightfix/received/${world.share}/delegations/tom/remove`,
  },
  inspector: engineer("/console/inspector"),
  "inspector-model": engineer("/console/inspector/model"),
  "inspector-objects": engineer("/console/inspector/objects"),
  "inspector-object": engineer("/console/inspector/objects/plant:7"),
  "inspector-why": engineer(why("tom", "can_manage_technical")),
  "inspector-why-not": engineer(why("eva", "can_manage_technical")),
  "inspector-reach-choice": engineer("/console/inspector/reach"),
  "inspector-reach": engineer("/console/inspector/reach/plant:7"),
  "inspector-people": engineer("/console/inspector/people"),
  "inspector-person": engineer("/console/inspector/people/tom"),
  "inspector-cooperations": engineer("/console/inspector/cooperations"),
  "inspector-timeline": engineer(({ active }) => `/console/inspector/cooperations/${active}`),
  "inspector-tuples": engineer("/console/inspector/tuples?object=plant:7"),
  "inspector-findings": engineer("/console/inspector/findings"),
  "inspector-system": engineer("/console/inspector/system"),
};

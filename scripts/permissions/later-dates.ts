/** The situations of the permission matrix in which something steps down, is to be reviewed, or has a start date. */
import { PASSED, type ShareState, type Situation, type State, TO_COME } from "./worlds.ts";

const shared = (dates: Partial<ShareState>): State => ({
  shares: { share: { of: "plant", role: "technical_manager", ...dates } },
});
const unstarted = shared({ starts_at: PASSED });

/** Those in which something reaches the partner. */
export const STEPPING: Situation[] = [
  {
    title: "plant shared at technical_manager, to step down on a date to come",
    states: [shared({ step_down_at: TO_COME })],
    live: ["share"],
  },
  ...(["plain", "alt"] as const).map((spelling): Situation => {
    const title = `plant shared at technical_manager, stepped down on its date, ${spelling}`;
    return { title, states: [shared({ spelling, step_down_at: PASSED, expires_at: TO_COME })], live: ["share"] };
  }),
  {
    title: "cooperation that is to be reviewed on a date to come",
    states: [{ ...shared({}), cooperations: { cooperation: { review_by: TO_COME } } }],
    live: ["share"],
  },
  { title: "share with a start date, then started", states: [unstarted, shared({})], live: ["share"] },
];

/** Those in which a date has come and opens nothing: nobody has started what it is of; or ends all: nobody has reviewed it. */
export const UNSTARTED: Situation[] = [
  ...(["plain", "alt"] as const).map((spelling): Situation => {
    const cooperation = { spelling, review_by: PASSED, expires_at: TO_COME };
    return { title: `not reviewed, ${spelling}`, states: [{ ...shared({}), cooperations: { cooperation } }], live: [] };
  }),
  { title: "share with a start date that has come, not started", states: [unstarted], live: [] },
  {
    title: "cooperation with a start date that has come, not started",
    states: [{ ...shared({}), cooperations: { cooperation: { starts_at: PASSED } } }],
    live: [],
  },
];

/**
 * Walks through every state that a system can come into, breadth first, so that the path to the first wrong one
 * is a shortest one. Knows nothing of caches.
 */

/** One thing that may happen. A line break in `label` parts what happens in one go. */
export type Step<S> = {
  readonly label: string;
  readonly to: S;
  /** Which law it breaks. */
  readonly wrong?: string | undefined;
  /** A step worth counting. */
  readonly isHit?: boolean;
};

export type System<S> = {
  readonly initial: S;
  /** Everything that may happen next. */
  steps(state: S): Step<S>[];
  /** Of states that behave alike, always the same one: they are counted once. */
  canonical(state: S): S;
  /** What distinguishes two canonical states. */
  key(state: S): string;
  /** Such a state is run through, never stopped in: what follows from it happens in one go. */
  passing?(state: S): boolean;
  /** What is wrong with a state in itself. */
  wrong?(state: S): string | undefined;
  /** From every state a hit must stay within reach. */
  readonly hitsStayWithinReach?: boolean;
};

export type Exploration = {
  readonly states: number;
  readonly transitions: number;
  readonly hits: number;
  /** The canonical states, by their keys. */
  readonly keys: ReadonlySet<string>;
  /** What went wrong first, and a shortest path to it. */
  readonly counterexample?: { readonly wrong: string; readonly trace: readonly string[] };
};

/** Explores all of `system`. Throws when it has more than `statesMax` states: a bound is chosen, never met by chance. */
export function explore<S>(system: System<S>, statesMax: number): Exploration {
  const keys = new Map<string, number>();
  const parents: number[] = [];
  const labels: string[] = [];
  const copies = new Map<string, string>();
  const edges: Edge[] = [];
  let frontier: S[] = [];
  let transitions = 0;
  let hits = 0;

  // many states share few labels
  const oneCopy = (label: string): string => {
    const copy = copies.get(label) ?? label;
    copies.set(label, copy);
    return copy;
  };
  const visit = (state: S, parent: number, label: string): number => {
    const canonical = system.canonical(state);
    const key = system.key(canonical);
    const before = keys.get(key);
    if (before !== undefined) return before;
    const index = keys.size;
    if (index >= statesMax) throw new Error(`more than ${statesMax} states`);
    keys.set(key, index);
    frontier.push(canonical);
    parents.push(parent);
    labels.push(oneCopy(label));
    return index;
  };
  const traceTo = (end: number): string[] => {
    const trace: string[] = [];
    for (let index = end; index > 0; index = parents[index] ?? 0) trace.unshift(...(labels[index] ?? "").split("\n"));
    return trace;
  };
  const found = (counterexample?: Exploration["counterexample"]): Exploration => ({
    states: keys.size,
    transitions,
    hits,
    keys: new Set(keys.keys()),
    ...(counterexample && { counterexample }),
  });

  visit(system.initial, 0, "");
  for (let from = 0; frontier.length > 0; ) {
    const layer = frontier;
    frontier = [];
    for (const state of layer) {
      const wrongState = system.wrong?.(state);
      if (wrongState !== undefined) return found({ wrong: wrongState, trace: traceTo(from) });
      for (const step of stepsThrough(system, state)) {
        transitions++;
        if (step.isHit) hits++;
        if (step.wrong !== undefined)
          return found({ wrong: step.wrong, trace: [...traceTo(from), ...step.label.split("\n")] });
        const to = visit(step.to, from, step.label);
        if (system.hitsStayWithinReach) edges.push({ from, to, isHit: step.isHit ?? false });
      }
      from++;
    }
  }
  const stuck = system.hitsStayWithinReach ? firstWithoutHit(keys.size, edges) : undefined;
  return found(stuck === undefined ? undefined : { wrong: "no hit can follow any more", trace: traceTo(stuck) });
}

/** The steps out of a state, each run on until it comes to a state to stop in. */
function stepsThrough<S>(system: System<S>, state: S): Step<S>[] {
  return system
    .steps(state)
    .flatMap((step) =>
      step.wrong === undefined && system.passing?.(step.to)
        ? stepsThrough(system, step.to).map((next) => ({ ...next, label: `${step.label}\n${next.label}` }))
        : [step],
    );
}

type Edge = { readonly from: number; readonly to: number; readonly isHit: boolean };

/** The first state from which no hit can ever follow. */
function firstWithoutHit(states: number, edges: readonly Edge[]): number | undefined {
  const into = Array.from({ length: states }, (): number[] => []);
  for (const { from, to } of edges) into[to]?.push(from);
  const able = new Set<number>();
  const open = edges.filter(({ isHit }) => isHit).map(({ from }) => from);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (able.has(state)) continue;
    able.add(state);
    open.push(...(into[state] ?? []));
  }
  for (let state = 0; state < states; state++) if (!able.has(state)) return state;
  return undefined;
}

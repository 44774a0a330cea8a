/**
 * What the answers must be while a world changes under them. Each track is one thing
 * that changes; while an action on it is running, or was replied to and is not
 * effective yet, what depends on it may be answered yes or no and is not judged.
 */
import { allowed, keyOf, type World } from "../oracle.ts";

/** The states that each track may be in. */
export type Tracks = Record<string, readonly string[]>;
/** The state that each track is in. */
export type State = Record<string, string>;

/** `since` is another whenever anything that the answer depends on moved. */
export type Truth = { allowed: boolean; since: number };

export type Asked = { user: string; permission: string; resource: string };

/** `worldOf` says what a state is in the oracle's words. The questions are those whose answer depends on any track. */
export function createTruth(tracks: Tracks, worldOf: (state: State) => World, first: State) {
  const names = Object.keys(tracks);
  const textOf = (state: State) => names.map((name) => state[name]).join(" ");
  const yes = new Map(everyState(tracks).map((state) => [textOf(state), allowed(worldOf(state))]));
  const answer = (state: State, key: string) => yes.get(textOf(state))?.has(key) ?? false;
  const now: State = { ...first };
  const open = new Map(names.map((name) => [name, false]));
  const moves = new Map(names.map((name) => [name, 0]));

  /** The tracks that each question depends on, found out by trying every state. */
  const dependsOn = new Map<string, string[]>();
  for (const key of new Set([...yes.values()].flatMap((keys) => [...keys]))) {
    const on = names.filter((name) =>
      everyState(tracks).some((state) =>
        (tracks[name] ?? []).some((other) => answer(state, key) !== answer({ ...state, [name]: other }, key)),
      ),
    );
    if (on.length > 0) dependsOn.set(key, on);
  }

  return {
    questions: [...dependsOn.keys()].map((key) => {
      const [user = "", permission = "", resource = ""] = key.split(" ");
      return { user, permission, resource } satisfies Asked;
    }),
    isOpen: (track: string) => open.get(track) === true,
    state: (track: string) => now[track] ?? "",
    /** An action on a track is about to be sent. */
    open: (track: string) => void open.set(track, true),
    /** Everything that was done on a track is effective. */
    settle: (track: string, state: string) => {
      now[track] = state;
      open.set(track, false);
      moves.set(track, (moves.get(track) ?? 0) + 1);
    },
    /** The one right answer; undefined while there may be two. */
    of: ({ user, permission, resource }: Asked): Truth | undefined => {
      const key = keyOf(user, permission, resource);
      const on = dependsOn.get(key) ?? [];
      if (on.some((name) => open.get(name))) return undefined;
      return { allowed: answer(now, key), since: on.reduce((sum, name) => sum + (moves.get(name) ?? 0), 0) };
    },
  };
}

function everyState(tracks: Tracks): State[] {
  return Object.entries(tracks).reduce<State[]>(
    (states, [name, values]) => states.flatMap((state) => values.map((value) => ({ ...state, [name]: value }))),
    [{}],
  );
}

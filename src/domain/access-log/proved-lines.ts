/**
 * Which lines of the access log are proved: those under a signature, of their own file or of one that names it. What a
 * file names proves something only as far as the file itself is proved, so no number of files that anybody can write
 * proves one of them. Pure.
 */

/**
 * Who says that a file ended with that record; or, of a process that was taken for dead, that it got so far. `behind`: of
 * the lines of who says it, so many are up to where it says so.
 */
export type Naming = { by: string; file: string; hash: string | undefined; soFar?: true; behind: number };

/** `records`: the hashes of its control records, in their order, each with how many lines are under it. */
type Chained = { file: string; end: string; records: ReadonlyMap<string, number>; names: readonly Naming[] };

/** How many lines of each file are proved, the first ones of it, by roots and by the store; not there where nothing is. */
export function provedLines<File extends Chained>(
  files: readonly File[],
  ofStore: readonly Naming[],
  isRoot: (file: File) => boolean,
): Map<File, number> {
  const byName = new Map(files.map((one) => [one.file, one]));
  const proved = new Map<File, number>();
  const namings = [...ofStore];

  function prove(file: File, hash: string): void {
    const lines = file.records.get(hash);
    if (lines === undefined || lines <= (proved.get(file) ?? -1)) return;
    proved.set(file, lines);
    namings.push(...file.names.filter(({ behind }) => behind <= lines));
  }

  for (const one of files) if (isRoot(one)) prove(one, one.end);
  for (let naming = namings.pop(); naming !== undefined; naming = namings.pop()) {
    const file = byName.get(naming.file);
    if (file !== undefined && naming.hash !== undefined) prove(file, naming.hash);
  }
  return proved;
}

/** A few minutes of one number as a small chart, with its least, greatest and newest value in words. Pure. */
import { picture, svg } from "../svg.ts";

/** A value at a time (milliseconds since the epoch); undefined where it was not known. */
export type ChartReading = { at: number; value: number | undefined };

const WIDTH = 240;
const HEIGHT = 48;
const MARGIN = 3;

/** The chart of the readings between two instants; a gap where a value was not known. */
export function drawSparkline(
  readings: readonly ChartReading[],
  { id, title, from, to }: { id: string; title: string; from: number; to: number },
) {
  const known = readings.filter((one): one is { at: number; value: number } => one.value !== undefined);
  // from zero on: half as much looks like half as much
  const top = Math.max(...known.map(({ value }) => value), 0) || 1;
  const point = ({ at, value }: { at: number; value: number }) => {
    const x = MARGIN + ((at - from) / Math.max(1, to - from)) * (WIDTH - 2 * MARGIN);
    const y = HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const runs = runsOf(readings).map((run) => svg("polyline", { points: run.map(point).join(" ") }));
  return picture({ id, title, class: "sparkline", width: WIDTH, height: HEIGHT }, [
    svg("line", { x1: MARGIN, y1: HEIGHT - MARGIN, x2: WIDTH - MARGIN, y2: HEIGHT - MARGIN }),
    ...runs,
  ]);
}

/** The readings between two gaps, each run by itself. */
function runsOf(readings: readonly ChartReading[]): { at: number; value: number }[][] {
  const runs: { at: number; value: number }[][] = [[]];
  for (const { at, value } of readings)
    if (value === undefined) runs.push([]);
    else runs.at(-1)?.push({ at, value });
  return runs.filter((run) => run.length > 0);
}

/**
 * Pictures of pages, compared so that another machine's fonts make no difference and a lost style sheet does: both are
 * reduced to cells, each the average of many pixels, and what counts is how many cells have another colour.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";

/** A picture is kept this many times smaller: its text is a grey tone, its layout and colours are plain to see. */
export const REDUCTION = 4;
/** Kept pixels of one cell, in each direction. */
const CELL = 4;
/** How much a colour channel may differ, of 255, before a cell is another one: other fonts are darker or lighter. */
const CHANNEL_MAX = 28;

type Cells = { width: number; height: number; data: Uint8Array };

/** The averages of squares of `size` pixels, as pixels; what is left over at the right and below belongs to the last ones. */
function averaged({ width, height, data }: Cells, size: number): Cells {
  const [columns, rows] = [Math.max(1, Math.floor(width / size)), Math.max(1, Math.floor(height / size))];
  const averages = new Uint8Array(columns * rows * 4);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const sums = [0, 0, 0, 0];
      const bottom = Math.min(height, (row + 1) * size);
      const right = Math.min(width, (column + 1) * size);
      for (let y = row * size; y < bottom; y += 1)
        for (let x = column * size; x < right; x += 1)
          for (let channel = 0; channel < 4; channel += 1)
            sums[channel] = (sums[channel] ?? 0) + (data[(y * width + x) * 4 + channel] ?? 0);
      const count = (bottom - row * size) * (right - column * size);
      averages.set(
        sums.map((sum) => Math.round(sum / count)),
        (row * columns + column) * 4,
      );
    }
  return { width: columns, height: rows, data: averages };
}

/** The colour of most cells, channel by channel: what nothing is written on. */
const groundOf = ({ data }: Cells): number[] =>
  [0, 1, 2].map((channel) => {
    const counts = new Map<number, number>();
    for (let at = channel; at < data.length; at += 4) counts.set(data[at] ?? 0, (counts.get(data[at] ?? 0) ?? 0) + 1);
    return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])[0];
  });

/** How much a channel differs from the ground in a cell with something in it. */
const SOMETHING_MIN = 8;

/**
 * How far two kept pictures are from each other: the part of the cells with something in them that are other ones, from 0
 * to 1. A picture that is higher than the other one is squeezed first, since other fonts break lines elsewhere; one of
 * another width, or half as high again, is another picture.
 */
export function difference(kept: Buffer, now: Buffer): number {
  const [one, other] = [kept, now].map((png) => averaged(PNG.sync.read(png), CELL)) as [Cells, Cells];
  const ratio = one.height / other.height;
  if (one.width !== other.width || ratio > 1.5 || ratio < 1 / 1.5) return 1;
  const ground = groundOf(one);
  let [changed, filled] = [0, 0];
  for (let row = 0; row < one.height; row += 1) {
    const opposite = Math.min(other.height - 1, Math.floor((row + 0.5) / ratio));
    for (let column = 0; column < one.width; column += 1) {
      const colours = [0, 1, 2].map((channel) => [
        one.data[(row * one.width + column) * 4 + channel] ?? 0,
        other.data[(opposite * one.width + column) * 4 + channel] ?? 0,
        ground[channel] ?? 0,
      ]) as [number, number, number][];
      if (colours.some(([here, there]) => Math.abs(here - there) > CHANNEL_MAX)) changed += 1;
      const far = ([here, there, empty]: [number, number, number]) =>
        Math.max(Math.abs(here - empty), Math.abs(there - empty));
      if (colours.some((channel) => far(channel) > SOMETHING_MIN)) filled += 1;
    }
  }
  return filled === 0 ? 0 : changed / filled;
}

/** The kept picture at `path`; undefined where none is. */
export function keptPicture(path: URL): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Writes a picture, into a folder that may be missing. */
export function keep(path: URL, picture: Buffer): void {
  mkdirSync(dirname(fileURLToPath(path)), { recursive: true });
  writeFileSync(path, picture);
}

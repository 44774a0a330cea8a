/** The comparison of screenshots: blind for fonts, and not for colours, layout and what is missing. */
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { difference, REDUCTION } from "../support/picture.ts";

type Colour = readonly [number, number, number];
const WHITE: Colour = [255, 255, 255];
const NIGHT: Colour = [24, 28, 36];
const INK: Colour = [30, 30, 30];

/** A page of 640 × `height` pixels as it is kept, in which `colourOf` says what is where. */
function drawn(height: number, colourOf: (x: number, y: number) => Colour): Buffer {
  const picture = new PNG({ width: 640 / REDUCTION, height: height / REDUCTION });
  const inside = Array.from({ length: REDUCTION ** 2 }, (_, n) => [n % REDUCTION, Math.floor(n / REDUCTION)] as const);
  for (let y = 0; y < picture.height; y += 1)
    for (let x = 0; x < picture.width; x += 1) {
      const colours = inside.map(([right, down]) => colourOf(x * REDUCTION + right, y * REDUCTION + down));
      const average = [0, 1, 2].map((n) => colours.reduce((sum, colour) => sum + (colour[n] ?? 0), 0) / colours.length);
      picture.data.set([...average, 255], (y * picture.width + x) * 4);
    }
  return PNG.sync.write(picture);
}

/** Lines of text on a page with a header; its letters are `width` pixels wide, on lines of `line` pixels. */
const page = ({ line = 24, letter = 3, ground = WHITE, ink = INK, header = 60 } = {}) =>
  drawn(line * 24, (x, y) => {
    if (y < header) return [10, 80, 60];
    const isLetter = y % line > line * 0.4 && y % line < line * 0.8 && x % (letter * 3) < letter && x > 40 && x < 500;
    return isLetter ? ink : ground;
  });

test("letters of another width and lines of another height make little difference", () => {
  expect(difference(page(), page())).toBe(0);
  expect(difference(page(), page({ letter: 4 }))).toBeLessThan(0.15);
  expect(difference(page(), page({ line: 26 }))).toBeLessThan(0.15);
});

test("a dark page for a light one, a header that is lost, text that is lost and a page cut in half are found", () => {
  expect(difference(page(), page({ ground: NIGHT, ink: WHITE }))).toBeGreaterThan(0.9);
  expect(difference(page(), page({ header: 0 }))).toBeGreaterThan(0.1);
  expect(difference(page(), page({ ink: WHITE }))).toBeGreaterThan(0.4);
  expect(difference(page(), page({ line: 12 }))).toBe(1);
});

/** Themes: colours and nothing else become a style, what cannot be read is refused, and the console's own colours can be. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FIXED_COLOURS, OWN_COLOURS, readTheme, THEME_COLOURS, themeCss } from "../../../src/domain/console-theme.ts";

const problemOf = (theme: unknown) => {
  const read = readTheme(typeof theme === "string" ? theme : JSON.stringify(theme));
  return "problem" in read ? read.problem : undefined;
};

describe("a theme", () => {
  test("may have a name, a logo and some colours; the others are the console's own", () => {
    const accent = ["#7a1f5c", "#f0a6d4"];
    const read = readTheme(JSON.stringify({ name: "Sunward Energy", logo: "sun-logo.svg", colours: { accent } }));
    expect(read).toEqual({
      theme: { name: "Sunward Energy", logo: "sun-logo.svg", colours: { ...OWN_COLOURS, accent } },
    });
    expect(problemOf({})).toBeUndefined();
    expect(problemOf({ colours: OWN_COLOURS })).toBeUndefined();
  });

  test.for([
    ["{", "must be JSON"],
    [{ colours: { accent: ["red", "#ffffff"] } }, "colours.accent.0 must be a colour as #1b6e45"],
    [{ colours: { accent: ["#175c45;}*{display:none", "#6fd0a8"] } }, "colours.accent.0 must be a colour as #1b6e45"],
    [{ colours: { accent: "#175c45" } }, "colours.accent must be two colours, [light, dark]"],
    [{ logo: "../secret.png" }, "logo must be the name of a .svg, .png or .webp file beside the theme"],
    [{ logo: "logo.html" }, "logo must be the name of a .svg, .png or .webp file beside the theme"],
    [{ name: "a\u0007b" }, "name must have no control characters"],
  ] as const)("of %j is refused, because it %s", ([theme, problem]) => {
    expect(problemOf(theme)).toBe(problem);
  });

  test("with a member or a colour that nobody knows is refused", () => {
    expect(problemOf({ css: "body{}" })).toMatch(/css/);
    expect(problemOf({ colours: { shadow: ["#000000", "#000000"] } })).toMatch(/^colours/);
  });

  test("that somebody could not read is refused with what is too faint, in light and in dark", () => {
    expect(problemOf({ colours: { ink: ["#999999", "#e8eaed"] } })).toMatch(
      /^ink on ground in light has a contrast of 2\.\d, not 4\.5; ink on ground_raised in light/,
    );
    expect(problemOf({ colours: { accent: ["#0b5cad", "#223344"] } })).toMatch(/accent_ink on accent in dark/);
    expect(problemOf({ colours: { ground: ["#b3261e", "#15181c"] } })).toMatch(/danger on ground in light/);
  });

  test("without colours has those that the style sheet of the console has", () => {
    const css = readFileSync(new URL("../../../src/console/assets/console.css", import.meta.url), "utf8");
    for (const [name, pair] of Object.entries({ ...OWN_COLOURS, ...FIXED_COLOURS }))
      expect(css).toContain(`  --${name.replace("_", "-")}: light-dark(${pair.join(", ")});`);
  });

  test("becomes custom properties that are colours, one for each name", () => {
    const lines = themeCss({ colours: OWN_COLOURS }).trim().split("\n");
    expect(lines.at(0)).toBe(":root {");
    expect(lines.slice(1, -1)).toHaveLength(THEME_COLOURS.length);
    for (const line of lines.slice(1, -1))
      expect(line).toMatch(/^ {2}--[a-z-]+: light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\);$/);
  });
});

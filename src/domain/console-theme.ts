/**
 * A theme of the console: a host application's name, logo and colours, as data. Pure. No text of it becomes a style that
 * is not a colour, and colours that somebody could not read are refused, so the console remains readable with any theme.
 */
import { z } from "zod";

/** A colour in light and in dark. */
const Colour = z.string().regex(/^#[0-9a-f]{6}$/i, "must be a colour as #1b6e45");
const InputPair = z.tuple([Colour, Colour], "must be two colours, [light, dark]");

/** What can be coloured, each a custom property of console.css: the two grounds, what is written on them, lines of controls, and the accent of links and buttons with what is written on it. */
export const THEME_COLOURS = [
  "ground",
  "ground_raised",
  "ink",
  "ink_quiet",
  "line_control",
  "accent",
  "accent_ink",
] as const;
export type ThemeColour = (typeof THEME_COLOURS)[number];
type Pair = readonly [light: string, dark: string];
type Colours = Readonly<Record<ThemeColour, Pair>>;

/** The console's own colours, as console.css has them. */
export const OWN_COLOURS: Colours = {
  ground: ["#ffffff", "#15181c"],
  ground_raised: ["#f4f5f7", "#1f2329"],
  ink: ["#1a1d21", "#e8eaed"],
  ink_quiet: ["#535a63", "#a9b1bb"],
  line_control: ["#6d7580", "#8b94a0"],
  accent: ["#0b5cad", "#7cb8ff"],
  accent_ink: ["#ffffff", "#10202f"],
};

/** What says that something is dangerous, good or about to end is coloured by no theme, and read on the grounds of each. */
export const FIXED_COLOURS = {
  danger: ["#b3261e", "#ffb4ab"],
  good: ["#0f6b3a", "#7fd6a4"],
  warn: ["#7a4b00", "#f0c068"],
} as const satisfies Record<string, Pair>;

const Theme = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(60)
    .regex(/^\P{Cc}*$/u, "must have no control characters")
    .optional(),
  logo: z
    .string()
    .regex(/^[\w-][\w.-]*\.(svg|png|webp)$/, "must be the name of a .svg, .png or .webp file beside the theme")
    .optional(),
  colours: z.partialRecord(z.enum(THEME_COLOURS), InputPair).default({}),
});

/** A theme as its file has it, its logo by name. */
export type ThemeFile = { name?: string | undefined; logo?: string | undefined; colours: Colours };

export const LOGO_TYPES = { svg: "image/svg+xml", png: "image/png", webp: "image/webp" } as const;

/** A theme with its logo. */
export type Theme = Omit<ThemeFile, "logo"> & {
  logo?: { bytes: Uint8Array<ArrayBuffer>; type: (typeof LOGO_TYPES)[keyof typeof LOGO_TYPES] } | undefined;
};

const SCHEMES = ["light", "dark"] as const;
const GROUNDS = ["ground", "ground_raised"] as const;
/** What is read on what, and the least contrast of it (WCAG 2.2 §1.4.3 and §1.4.11). */
const READ_ON: readonly (readonly [front: ThemeColour | keyof typeof FIXED_COLOURS, on: ThemeColour, least: number])[] =
  [
    ...GROUNDS.flatMap((on) =>
      (["ink", "ink_quiet", "accent", "danger", "good", "warn"] as const).map((front) => [front, on, 4.5] as const),
    ),
    ["accent_ink", "accent", 4.5],
    ["line_control", "ground", 3],
  ];

/** Reads a theme's JSON. The problem names the member and what it must be. */
export function readTheme(text: string): { theme: ThemeFile } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "must be JSON" };
  }
  const read = Theme.safeParse(value);
  if (!read.success) {
    const [{ path, message } = { path: [], message: "" }] = read.error.issues;
    return { problem: path.length === 0 ? message : `${path.join(".")} ${message}` };
  }
  const colours = { ...OWN_COLOURS, ...read.data.colours } as Colours;
  const all = { ...FIXED_COLOURS, ...colours };
  const unreadable = READ_ON.flatMap(([front, on, least]) =>
    SCHEMES.flatMap((scheme, n) => {
      const ratio = contrast(all[front][n as 0 | 1], all[on][n as 0 | 1]);
      return ratio < least
        ? [`${front} on ${on} in ${scheme} has a contrast of ${ratio.toFixed(1)}, not ${least}`]
        : [];
    }),
  );
  return unreadable.length > 0 ? { problem: unreadable.join("; ") } : { theme: { ...read.data, colours } };
}

/** The colours as a style sheet of custom properties, which console.css draws with. */
export function themeCss({ colours }: Pick<ThemeFile, "colours">): string {
  const lines = THEME_COLOURS.map((name) => `  --${name.replace("_", "-")}: light-dark(${colours[name].join(", ")});`);
  return `:root {\n${lines.join("\n")}\n}\n`;
}

/** The contrast of two colours by WCAG: 1 to 21. */
function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

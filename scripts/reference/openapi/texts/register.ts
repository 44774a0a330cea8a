/** The register in words. */
import type { Texts } from "../world.ts";

export const REGISTER_TEXTS: Texts = {
  getRegister: {
    says: "Each right that people of other organizations have on what the organization shares, or that its own people have on what is shared with it: who, of which organization, on what, at which role, since when, until when, when it was last used, and by whose decision. `at` asks for an instant of the past. CSV is safe to open in a spreadsheet: a cell that begins like a formula has an apostrophe before it.",
    examples: {
      "what others have": { to: "/v1/register?organization=sunward", by: "anna" },
      "what the partner's own people have": { to: "/v1/register?organization=brightfix&direction=held", by: "ben" },
      "as a file": { to: "/v1/register?organization=sunward&format=csv", by: "anna" },
      "to print": { to: "/v1/register?organization=sunward&format=html&language=en", by: "anna" },
    },
  },
};

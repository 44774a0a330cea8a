/** Mails for the tests: an invitation, and a mailer's fixed clock and sender. */
import { join } from "node:path";
import { ownFolder } from "./own-folder.ts";

export const at = new Date("2026-12-01T08:30:00Z");
export const clock = () => at;
export const from = "Concordat <concordat@sunfield.example>";
export const link = "https://app.example/join#token=01JD8ZT4Q5K3M9W2X7Y6V0B1CD.1.abc";

export const invitation = {
  to: "ida@grid.example",
  initiator: "Müller & Söhne Solar",
  shares: [
    { type: "plant", name: "Nordhang", role: "technical_manager" },
    { type: "portfolio", name: "Süd", role: "viewer", expiresAt: "2027-03-31T21:59:00Z" },
    { type: "plant", name: "7", role: "asset_manager" },
  ],
  expiresAt: "2027-06-30T22:00:00Z",
  link,
  linkDays: 14,
} as const;
export const notice = { ...invitation, partner: "Netz Übersee", name: "Ida Groß" } as const;

/** The path of a folder for mails that does not exist yet. */
export const newFolder = () => join(ownFolder(), "mail");

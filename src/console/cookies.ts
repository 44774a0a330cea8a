/**
 * The console's cookies: the session's, which holds a random id of 256 bits and nothing else, and what a browser keeps of
 * a sign-in, of the last form and of the language. Scripts cannot read them, other sites' forms do not bring them, and over
 * TLS no other host can set one.
 */
import { createHash, randomBytes } from "node:crypto";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ConsoleContext } from "./context.ts";

type What = "" | "-sign-in" | "-flash" | "-language" | "-sample";

/**
 * What the names of the console's cookies begin with; of the session's it is the whole name. Without TLS, on this machine,
 * browsers keep no cookie with the prefix, and share cookies among all ports: so two services there have the port in them.
 */
export function cookieNames(publicUrl: string): string {
  const { protocol, port } = new URL(publicUrl);
  if (protocol === "https:") return "__Host-concordat";
  return port === "" ? "concordat" : `concordat-${port}`;
}

const OPTIONS = { path: "/", httpOnly: true, sameSite: "Lax" } as const;

function keep(c: ConsoleContext, what: What, value: string, maxAge?: number): void {
  const { cookies, secure } = c.var.visit;
  setCookie(c, cookies + what, value, { ...OPTIONS, secure, ...(maxAge !== undefined && { maxAge }) });
}

function forget(c: ConsoleContext, what: What): void {
  const { cookies, secure } = c.var.visit;
  deleteCookie(c, cookies + what, { ...OPTIONS, secure });
}

const ID = /^[\w-]{43}$/;

/** What is kept of a session's id. */
export const digestOfSession = (id: string): string => createHash("sha256").update(id).digest("base64url");

/** The digest of the session that the browser has; undefined without one. */
export function presentedSession(c: ConsoleContext): string | undefined {
  const id = getCookie(c, c.var.visit.cookies);
  return id !== undefined && ID.test(id) ? digestOfSession(id) : undefined;
}

/** Gives the browser a new session's id, and returns its digest. */
export function giveSession(c: ConsoleContext): string {
  const id = randomBytes(32).toString("base64url");
  keep(c, "", id);
  return digestOfSession(id);
}

/** Has the browser forget its session. */
export const forgetSession = (c: ConsoleContext): void => forget(c, "");

/** Has the browser keep what its sign-in began with. */
export const keepSignIn = (c: ConsoleContext, sealed: string, seconds: number): void =>
  keep(c, "-sign-in", sealed, seconds);

/** What the browser's sign-in began with. */
export const presentedSignIn = (c: ConsoleContext): string | undefined =>
  getCookie(c, `${c.var.visit.cookies}-sign-in`);

/** Has the browser forget it. */
export const forgetSignIn = (c: ConsoleContext): void => forget(c, "-sign-in");

const FLASH_SECONDS = 60;
const FLASH_CHARACTERS_MAX = 500;

/** Has the browser keep what its next page is to say. */
export const keepFlash = (c: ConsoleContext, text: string): void =>
  keep(c, "-flash", text.slice(0, FLASH_CHARACTERS_MAX).toWellFormed(), FLASH_SECONDS);

/** Has the browser forget it: it is said once. */
export const forgetFlash = (c: ConsoleContext): void => forget(c, "-flash");

/** A language that somebody chose is kept for a year. */
const LANGUAGE_SECONDS = 365 * 86_400;

/** Has the browser keep the language that somebody chose. */
export const keepLanguage = (c: ConsoleContext, language: string): void =>
  keep(c, "-language", language, LANGUAGE_SECONDS);

/** Has the browser keep the secret of the printed link. */
export const keepSampleSecret = (c: ConsoleContext, secret: string): void => keep(c, "-sample", secret);

/** The secret of the printed link that the browser keeps. */
export const presentedSampleSecret = (c: ConsoleContext): string | undefined =>
  getCookie(c, `${c.var.visit.cookies}-sample`);

/** What the browser keeps for its pages: what the next one is to say, and the language. */
export const presentedKept = (c: ConsoleContext, cookies: string) => ({
  flash: getCookie(c, `${cookies}-flash`),
  language: getCookie(c, `${cookies}-language`),
});

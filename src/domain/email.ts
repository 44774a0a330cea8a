/**
 * E-mail addresses: one spelling for each, and no two addresses with one spelling.
 * Addresses that were kept under earlier rules are spelled the same under these.
 */
import { domainToASCII, domainToUnicode } from "node:url";
import { z } from "zod";
import { UNSEEN } from "./text.ts";

const NOT_AN_ADDRESS = "must be an e-mail address, like ida@partner.example";
const ASCII = /^[\x21-\x7e]+$/;

/**
 * The one spelling of an address: trimmed, in lower case, its domain in ASCII (IDNA, UTS 46); undefined for what has none.
 * Lower case is taken of ASCII alone: elsewhere it makes one of two characters (U+212A, the Kelvin sign, becomes k).
 */
function spelledOnce(text: string): string | undefined {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  const [local, domain] = [trimmed.slice(0, at), trimmed.slice(at + 1)];
  const ascii = ASCII.test(domain) ? domain : asciiOf(domain);
  return at > 0 && ASCII.test(local) && ascii !== "" ? `${local}@${ascii}`.toLowerCase() : undefined;
}

/** An internationalized domain in ASCII; empty for one with a hyphen at an end, or that IDNA takes for another but for case. */
function asciiOf(domain: string): string {
  // also the characters that normalization itself takes for others, U+212A for a K
  const isItself = [...domain].every((one) => one.normalize("NFKC") === one && !UNSEEN.test(one));
  const ascii = isItself && !/(^|\.)-|-(\.|$)/.test(domain) ? domainToASCII(domain) : "";
  return domainToUnicode(ascii) === domain.normalize("NFC").toLowerCase().normalize("NFC") ? ascii : "";
}

// what the WHATWG pattern allows besides: dots at the ends or together, and a domain that is one name or a number
const DOTS = /^\.|\.\.|\.@/;
const TOP_LEVEL = /\.([a-z]{2,}|xn--[a-z0-9-]+)$/;

/** An e-mail address as it comes from a caller. What it gives can be sent to as it is. */
export const Email = z
  .string()
  .max(254)
  .transform((text, context) => {
    const address = spelledOnce(text);
    if (address !== undefined) return address;
    context.addIssue({ code: "custom", message: NOT_AN_ADDRESS });
    return z.NEVER;
  })
  .pipe(
    z
      .email({ pattern: z.regexes.html5Email, error: NOT_AN_ADDRESS })
      .max(254)
      .refine((address) => !DOTS.test(address) && TOP_LEVEL.test(address), NOT_AN_ADDRESS),
  )
  .meta({ example: "ida@partner.example" });

/** The domain of addresses, in their one spelling. */
export const DomainName = z.string().transform((text, context) => {
  const { data } = Email.safeParse(`any@${text.trim()}`);
  if (data !== undefined) return data.slice("any@".length);
  context.addIssue({ code: "custom", message: "must be the domain of e-mail addresses, like partner.example" });
  return z.NEVER;
});

/**
 * The addresses of the console. A link, an action and a redirect are made here and nowhere else, each value encoded as one
 * part: no text of anybody's becomes a scheme, a host or another path.
 */

declare const isHref: unique symbol;
/** An address of the console itself. */
export type Href = string & { readonly [isHref]: true };

/** `` to`/console/cooperations/${id}` ``. */
export function to(parts: TemplateStringsArray, ...values: (string | number)[]): Href {
  return String.raw({ raw: parts }, ...values.map((value) => encodedPart(String(value)))) as Href;
}

/** A value as one part of a path. Whoever reads URLs takes `.` and `..`, also encoded ones, for steps: no id is one of them. */
export const encodedPart = (value: string) =>
  encodeURIComponent(value.isWellFormed() ? value : value.toWellFormed()).replace(/^\.{1,2}$/, "%EF%BF%BD");

/** The address with more in its query; what is undefined or empty is left out. */
export function withQuery(href: Href, query: Readonly<Record<string, string | number | boolean | undefined>>): Href {
  const set = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]): [string, string] => [name, String(value).toWellFormed()]);
  if (set.length === 0) return href;
  return `${href}${href.includes("?") ? "&" : "?"}${new URLSearchParams(set)}` as Href;
}

/** The address with a fragment, the id of a part of the page. */
export const withFragment = (href: Href, id: string): Href => `${href}#${encodeURIComponent(id)}` as Href;

/** An address of the console that came from a browser; undefined for any other text. */
export function hrefFrom(text: string | undefined): Href | undefined {
  if (text === undefined || !/^\/console([/?][\x21-\x7e]*)?$/.test(text) || /[\\]|\/\//.test(text)) return undefined;
  // as a browser reads it: with steps it may be elsewhere
  const { pathname, search } = new URL(text, "http://console.invalid");
  return pathname === "/console" || pathname.startsWith("/console/") ? (`${pathname}${search}` as Href) : undefined;
}

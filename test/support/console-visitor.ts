/**
 * Somebody who visits the console without a browser: keeps its cookies, follows its redirects, sends its forms, and walks
 * through all of its pages. Every reply is held to what every page promises.
 */
import { expect } from "vitest";
import { type Form, foreignIn, formsIn, type Html, hrefsIn, readHtml } from "./html.ts";
import type { Service } from "./service.ts";

export type Visited = { path: string; status: number; html: Html; text: string; forms: Form[]; headers: Headers };
type Fields = Readonly<Record<string, string | readonly string[]>>;

export type Visitor = {
  get(path: string): Promise<Visited>;
  /** Sends a form, and follows its redirect. */
  send(form: Form, fields: Fields): Promise<Visited>;
  /** Sends any body to any address, as a page of `from` would, and follows no redirect. */
  post(path: string, body: string | FormData, contentType?: string, from?: string): Promise<Response>;
  /** Every page that links lead to from the beginning: of each kind at most `each`. */
  walk(each?: number): Promise<Visited[]>;
};

const REDIRECTS_MAX = 5;

/** A visitor who has no session yet. */
export function createVisitor({ app, deps: { publicUrl } }: Pick<Service, "app" | "deps">): Visitor {
  const cookies = new Map<string, string>();
  const { origin } = new URL(publicUrl);

  async function request(path: string, init: RequestInit = {}, from = origin): Promise<Response> {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    headers.set("Accept-Language", "en");
    headers.set("Sec-Fetch-Site", from === origin ? "same-origin" : "cross-site");
    if (init.method === "POST") headers.set("Origin", from);
    const reply = await app.request(`${origin}${path}`, { ...init, headers, redirect: "manual" });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return reply;
  }

  async function visited(path: string, reply: Response, redirects = 0): Promise<Visited> {
    const location = reply.headers.get("Location");
    if (reply.status >= 300 && reply.status < 400 && location !== null) {
      expect(location, `where ${path} leads`).toMatch(/^\/console(?![^/?#])/);
      expect(redirects, path).toBeLessThan(REDIRECTS_MAX);
      return visited(location, await request(location), redirects + 1);
    }
    const text = await reply.text();
    expect(reply.status, `${path}\n${text.slice(0, 500)}`).toBeLessThan(500);
    const { headers, status } = reply;
    const isPage = headers.get("Content-Type")?.startsWith("text/html") ?? false;
    const html: Html = isPage ? readHtml(text) : { elements: [], errors: [] };
    if (isPage) {
      expect(headers.get("Content-Security-Policy"), path).toMatch(/^default-src 'none';(?!.*unsafe)/);
      expect(foreignIn(html), path).toEqual([]);
    }
    expect([...cookies.keys()].join(), path).not.toContain("planted");
    return { path, status, html, text, forms: formsIn(html, path), headers };
  }

  const get = async (path: string) => visited(path, await request(path));
  const urlencoded = "application/x-www-form-urlencoded";
  const post: Visitor["post"] = (path, body, contentType = urlencoded, from = origin) => {
    const headers = typeof body === "string" ? { "Content-Type": contentType } : {};
    return request(path, { method: "POST", body, headers }, from);
  };

  return {
    get,
    post,
    async send({ method, action }, fields) {
      const pairs = Object.entries(fields).flatMap(([name, value]) =>
        [value].flat().map((one): [string, string] => [name, one.toWellFormed()]),
      );
      const text = new URLSearchParams(pairs).toString();
      const [path = ""] = action.split("#");
      if (method === "get") return get(`${path.split("?")[0]}?${text}`);
      return visited(path, await post(path, text));
    },
    async walk(each = 3) {
      const seen = new Map<string, number>();
      const pages: Visited[] = [];
      const open = ["/console"];
      const known = new Set(open);
      for (let path = open.shift(); path !== undefined; path = open.shift()) {
        const kind = kindOf(path);
        const count = seen.get(kind) ?? 0;
        if (count >= each) continue;
        seen.set(kind, count + 1);
        const page = await get(path);
        pages.push(page);
        for (const href of hrefsIn(page.html)) {
          const [next = ""] = new URL(href, `${origin}${path}`).href.slice(origin.length).split("#");
          if (!/^\/console(?![^/?])/.test(next) || known.has(next) || /sign-out|\/assets\//.test(next)) continue;
          known.add(next);
          open.push(next);
        }
      }
      return pages;
    },
  };
}

/** An address without its ids: two pages of one kind differ in nothing else. */
export function kindOf(path: string): string {
  const [at = "", query = ""] = path.split("?");
  const names = [...new URLSearchParams(query).keys()].toSorted();
  const parts = at
    .split("/")
    .map((part, index, all) =>
      /^(organizations|cooperations|people|objects|reach|shares|delegations|resources|plants|portfolios)$/.test(
        all[index - 1] ?? "",
      )
        ? "*"
        : part,
    );
  return `${parts.join("/")}?${names.join("&")}`;
}

/** A browser's cookies: what was set is sent again until it is deleted. It follows no redirect, and runs nothing. */

export type Browse = ((url: string, init?: RequestInit) => Promise<Response>) & {
  /** What it keeps, by name. */
  readonly cookies: Map<string, string>;
};

/** A browser without cookies that sends its requests so. */
export function createJar(send: (url: string, init: RequestInit) => Response | Promise<Response>): Browse {
  const cookies = new Map<string, string>();
  const browse = async (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const reply = await send(url, { ...init, headers, redirect: "manual" });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const isDeleted = value === "" || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line);
      if (isDeleted) cookies.delete(name);
      else cookies.set(name, value);
    }
    return reply;
  };
  return Object.assign(browse, { cookies });
}

/** A service with its console, and pages of it as an engineer or as a person gets them: as status, text and parsed markup. */
import { randomBytes } from "node:crypto";
import { parse } from "parse5";
import { expect } from "vitest";
import { cookieNames, digestOfSession } from "../../src/console/cookies.ts";
import { createLayouts, type Layouts } from "../../src/console/inspector/layouts.ts";
import { createSamples } from "../../src/console/inspector/samples.ts";
import { UserId } from "../../src/domain/ids.ts";
import type { Session } from "../../src/domain/sessions.ts";
import { createMemorySessions } from "../../src/memory/sessions.ts";
import { createService, type Service } from "./service.ts";

const HOUR = 3_600_000;

/** A busy machine draws slowly. */
const PATIENT = createLayouts({ limitMilliseconds: 60_000, warn: () => {} });

/** A process of 100 MiB. */
const MEMORY = {
  name: "process_resident_memory_bytes",
  help: "",
  type: "gauge",
  aggregator: "sum",
  values: [{ value: 100 * 1024 * 1024, labels: {} }],
};

type MarkupNode = {
  nodeName: string;
  value?: string;
  attrs?: { name: string; value: string }[];
  childNodes?: MarkupNode[];
};

export type Page = {
  status: number;
  location: string | null;
  markup: string;
  /** The text of the parts of a kind, each by itself: its elements, in their order. */
  texts(nodeName: string): string[];
  /** The values of an attribute, wherever it is. */
  values(attribute: string): string[];
};

const below = (node: MarkupNode): MarkupNode[] => [node, ...(node.childNodes ?? []).flatMap(below)];
const textOf = (node: MarkupNode): string =>
  below(node)
    .map(({ value }) => value ?? "")
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();

/** A service like the one that is given, with the console; `get` asks for a page as who is named, nobody for an engineer. */
export function withConsole({ deps }: Pick<Service, "deps">, layouts: Layouts = PATIENT) {
  const sessions = createMemorySessions(deps.clock);
  const samples = createSamples(async () => [MEMORY], deps.clock);
  const limits = { idleMilliseconds: HOUR, absoluteMilliseconds: 8 * HOUR };
  const service = createService(deps, { ...deps, console: { sessions, limits, samples, layouts } });
  async function get(path: string, user?: string, method = "GET"): Promise<Page> {
    const id = randomBytes(32).toString("base64url");
    const now = deps.clock().getTime();
    const who: Pick<Session, "user" | "scopes"> =
      user === undefined ? { scopes: ["check", "admin"] } : { user: UserId.parse(user), scopes: ["manage"] };
    await sessions.open(digestOfSession(id), { ...who, name: user ?? "Engineer", openedAt: now, seenAt: now }, HOUR);
    const reply = await service.app.request(new URL(path, deps.publicUrl), {
      method,
      headers: {
        "Sec-Fetch-Site": "same-origin",
        Cookie: `${cookieNames(deps.publicUrl)}=${id}`,
        ...(method === "POST" && { "Content-Type": "application/x-www-form-urlencoded" }),
      },
    });
    const markup = await reply.text();
    const nodes = below(parse(markup) as unknown as MarkupNode);
    const ids = valuesIn(nodes, "id");
    expect(new Set(ids).size, `ids of ${path}`).toBe(ids.length);
    return {
      status: reply.status,
      location: reply.headers.get("Location"),
      markup,
      texts: (name) => nodes.filter(({ nodeName }) => nodeName === name).map(textOf),
      values: (attribute) => valuesIn(nodes, attribute),
    };
  }
  return { service, get, samples };
}

const valuesIn = (nodes: MarkupNode[], attribute: string): string[] =>
  nodes.flatMap(({ attrs = [] }) => attrs.filter(({ name }) => name === attribute).map(({ value }) => value));

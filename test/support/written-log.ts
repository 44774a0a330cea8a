/** Files of the access log that a test writes line by line, under the names that processes give them. */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { hourText, nameInHour, openName } from "../../src/access-log/folder.ts";
import type { AccessLine, GapLine } from "../../src/domain/access-log/lines.ts";

/** A line of a yes through a cooperation at an instant, with these members changed. */
export const accessAt = (at: number | string | Date, changes: object = {}): AccessLine => {
  const time = new Date(at).toISOString();
  return {
    ...{ kind: "access", path: "cooperation", cooperation: "c1", share: "s1", initiator: "sunward" },
    ...{ partner: "brightfix", user: "tom", permission: "can_view", resource: "plant:7", decision: true },
    ...{ caller: "portal", count: 1, first: time, last: time, request_id: "r1" },
    ...changes,
  } as AccessLine;
};

/** A line of what is missing. */
export const gapAt = (from: number | string, to: number | string, changes: object = {}): GapLine => ({
  ...{ kind: "gap", reason: "killed", lost: null, file: "access-of-all", hash: "0a" },
  ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString() },
  ...changes,
});

/** The nth writer: a name as processes have it. */
export const writerNo = (n: number): string => `01M8ZK3V5Q7T9X1B3D5F7H${String(n).padStart(4, "0")}`;

export type WrittenFile = { at: number | string | Date; writer?: number; part?: number; isOpen?: boolean };

/** The path of a file of the hour of an instant. */
export function pathOf(folder: string, { at, writer = 1, part = 1, isOpen = false }: WrittenFile): string {
  const name = nameInHour(hourText(new Date(at)), writerNo(writer), part);
  return join(folder, isOpen ? openName(name) : name);
}

/** Appends lines to it, each batch with the record that follows it; a text as it is. */
export function writeTo(folder: string, file: WrittenFile, lines: readonly object[] | string): void {
  mkdirSync(folder, { recursive: true });
  const record = { kind: "batch", writer: "w", n: 1, lines: 1, sha256: "0a", previous: "0a", through: file.at };
  const text =
    typeof lines === "string" ? lines : [...lines, record].map((line) => `${JSON.stringify(line)}\n`).join("");
  appendFileSync(pathOf(folder, file), text);
}

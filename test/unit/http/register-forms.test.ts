/** All rights of a register, sent in parts: of a part the access log is asked once, because looking through it takes long. */
import { expect, test } from "vitest";
import { createFileReader } from "../../../src/access-log/file-reader.ts";
import type { AccessLogReader } from "../../../src/access-log/reader.ts";
import { allRights } from "../../../src/http/v1/register-forms.ts";
import type { NamedRight } from "../../../src/queries/register/register.ts";
import { anyId } from "../../support/ids.ts";
import { ownFolder } from "../../support/own-folder.ts";
import { accessAt, writeTo } from "../../support/written-log.ts";

const NOON = "2027-06-01T12:00:00.000Z";
const rightOf = (cooperation: string, user: string): NamedRight => ({
  ...{ user: anyId(user), owner: anyId("sunward"), organization: anyId("brightfix"), resource: "plant:7" },
  ...{ role: "viewer", effective_role: "viewer", held_as: "delegate", state: "active" },
  ...{ cooperation: anyId(cooperation), share: anyId("s1"), since: "2027-01-01T00:00:00Z" },
  ...{ until: undefined, steps_down_at: undefined, by: undefined },
  ...{ decided: { n: 1, by: "user:ben", at: NOON }, names: { initiator: "Sunward", partner: "Brightfix" } },
});

/** The rights that are sent of so many cooperations, each with two people, of whom tom used his; and what the log was asked. */
async function sent(count: number) {
  const ids = Array.from({ length: count }, (_, n) => `c${n}`);
  async function* rights() {
    for (const id of ids) yield [rightOf(id, "tom"), rightOf(id, "eva")];
  }
  const folder = ownFolder();
  const lines = ids.map((cooperation) => accessAt(NOON, { cooperation }));
  writeTo(folder, { at: NOON }, lines);
  const files = createFileReader({ folder });
  const asked: (readonly string[])[] = [];
  const log: AccessLogReader = {
    ...files,
    lastUsed(cooperations) {
      asked.push(cooperations);
      return files.lastUsed(cooperations);
    },
  };
  const found: unknown[] = [];
  for await (const part of await allRights(rights(), log))
    found.push(...part.map(({ path, user, last_used }) => [path.cooperation, user, last_used]));
  return { ids, asked, found };
}

test.for([0, 1, 15, 16, 17, 40])(
  "of %i cooperations the log is asked once for sixteen, and each right is sent once with its own last use",
  async (count) => {
    const { ids, asked, found } = await sent(count);
    expect(asked).toHaveLength(Math.ceil(count / 16));
    expect(asked.flat()).toEqual(ids);
    expect(found).toEqual(
      ids.flatMap((id) => [
        [id, "tom", NOON],
        [id, "eva", null],
      ]),
    );
  },
);

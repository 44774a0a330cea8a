/** The keys of months, under which users get their pseudonyms, in a table that all machines share and that keeps none for long. */
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { ClientBase } from "pg";
import { monthOf } from "../../domain/access-log/pseudonym.ts";
import type { Clock } from "../../ports.ts";
import { createMonthKeys, type MonthKeys } from "../month-keys.ts";

const KEY_BYTES = 32;
const DAY_MILLISECONDS = 86_400_000;

type SharedKeys = {
  /** Until the table was read, and where it cannot be, of this process alone: such lines verify as well. */
  monthKeys: MonthKeys;
  /** Makes the keys that are missing, deletes those that are old, and reads the table. */
  share(client: ClientBase): Promise<void>;
};

export function createSharedKeys(schema: string, clock: Clock): SharedKeys {
  const shared = new Map<string, KeyObject>();
  const own = createMonthKeys();
  const monthIn = (milliseconds: number) => monthOf(new Date(clock().getTime() + milliseconds).toISOString());

  return {
    monthKeys: (month) => shared.get(month) ?? own(month),

    async share(client) {
      // that of the next month before its first line
      for (const month of new Set([monthIn(0), monthIn(DAY_MILLISECONDS)]))
        await client.query(`INSERT INTO ${schema}.month_keys (month, key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
          month,
          randomBytes(KEY_BYTES),
        ]);
      // lines of a month are mostly written before the next one is a day old
      await client.query(`DELETE FROM ${schema}.month_keys WHERE month < $1`, [monthIn(-DAY_MILLISECONDS)]);
      const { rows } = await client.query<{ month: string; key: Buffer }>(
        `SELECT month, key FROM ${schema}.month_keys`,
      );
      shared.clear();
      for (const { month, key } of rows) shared.set(month, createSecretKey(key));
    },
  };
}

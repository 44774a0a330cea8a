/** `.env.example` has every variable of the service and of the compose file, and what it shows as a default is one. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { envExample } from "../../scripts/reference/env-example.ts";
import { readConfig } from "../../src/config.ts";
import { VARIABLES } from "../../src/config-variables.ts";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const COMPOSE = read("docker-compose.yml");
const FILE = envExample(VARIABLES, COMPOSE);
const uncommented = (text: string) => text.replaceAll(/^#(?=[A-Z_]+=)/gm, "");

const SECRETS = {
  SERVICE_KEYS: '[{"name":"app","scopes":["check"],"key":"a-key-of-the-tests-1"}]',
  INVITATION_SECRET: "x".repeat(32),
};

test("it has each variable once: those of the service, and those of the compose file", () => {
  const names = [...FILE.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  const wanted = new Set([
    ...Object.keys(VARIABLES),
    ...[...COMPOSE.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name),
  ]);
  expect(names.toSorted()).toEqual([...wanted].toSorted());
});

test("what is to be filled in is what the compose file requires, and nothing has a value yet", () => {
  const required = new Set([...COMPOSE.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name));
  expect(parseEnv(FILE)).toEqual(Object.fromEntries([...required].map((name) => [name, ""])));
});

test("copied as it is, or with every default taken into use, it is the configuration that it was without", () => {
  const without = readConfig(SECRETS);
  expect(readConfig({ ...parseEnv(FILE), ...SECRETS })).toEqual(without);
  expect(readConfig({ ...parseEnv(uncommented(FILE)), ...SECRETS })).toEqual(without);
  const another = { ...VARIABLES, LOG_LEVEL: z.string().default("debug").describe("Of it.") };
  const other = parseEnv(uncommented(envExample(another, COMPOSE)));
  expect(readConfig({ ...other, ...SECRETS })).not.toEqual(without);
});

test("a variable that nothing describes, and one that must be set without a word on how, are refused", () => {
  expect(() => envExample({ ...VARIABLES, COLOUR: z.string().optional() }, COMPOSE)).toThrow(
    "COLOUR has no description",
  );
  expect(() => envExample(VARIABLES, `${COMPOSE}\n# \${IN_A_COMMENT}\nx: \${COLOUR}\n`)).toThrow(
    "COLOUR has no description",
  );
  const needed = { ...VARIABLES, COLOUR: z.string().optional().describe("Of it.") };
  expect(() => envExample(needed, `${COMPOSE}\nx: \${COLOUR:?set it}\n`)).toThrow("nothing says how to make COLOUR");
});

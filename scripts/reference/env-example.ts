/**
 * `.env.example`: every variable of the service and of docker-compose.yml, with its default and what it is for. What
 * must be set is a line to fill in; everything else is a comment that shows the default.
 */
import type { z } from "zod";
import { defaultOf } from "./configuration.ts";

type Variables = Readonly<Record<string, z.ZodType>>;

/** Variables that docker-compose.yml reads and the service does not. */
const COMPOSE_ONLY: Record<string, string> = {
  POSTGRES_PASSWORD: "OpenFGA's password in PostgreSQL.",
  REDIS_PASSWORD: "Redis's password; it becomes part of a URL.",
  ACCESS_LOG_PASSWORD: "The password of the access log's user in PostgreSQL; it becomes part of a URL.",
  PUBLISHED_PORT: "The port of this machine that Concordat is published on.",
};

/** How to make a value for what must be set. */
const MAKE: Record<string, string> = {
  POSTGRES_PASSWORD: "openssl rand -base64 24",
  REDIS_PASSWORD: "openssl rand -hex 24",
  ACCESS_LOG_PASSWORD: "openssl rand -hex 24",
  CACHE_SECRET: "openssl rand -hex 32",
  OPENFGA_API_TOKEN: "openssl rand -hex 32, without a comma",
  INVITATION_SECRET: "openssl rand -hex 32",
  INVITATION_URL: "https://app.example/join",
  SERVICE_KEYS: `'[{"name":"app","scopes":["check","manage"],"sha256":"<hex SHA-256 of the key>"}]'`,
};

const HEAD = `# Every variable of Concordat. Printed by \`npm run reference\` from src/config-variables.ts and docker-compose.yml.
#
# Copy this file to \`.env\`, which git ignores, and fill in the first part. \`docker compose\` reads \`.env\` by itself;
# a process reads it with \`node --env-file=.env src/main.ts\`, and requires SERVICE_KEYS and INVITATION_SECRET alone.
# \`npm start\` needs no file: it makes keys of its own.
# A secret may be in a file too, which NAME_FILE names (docs/reference/configuration.md).`;

/** The file, from the schemas that read the environment and the text of docker-compose.yml. Throws for a variable that nothing describes. */
export function envExample(variables: Variables, compose: string): string {
  const required = namesIn(compose, /\$\{([A-Z_]+):\?/g);
  const named = namesIn(compose, /\$\{([A-Z_]+)/g);
  const passedOn = namesIn(compose, /^ +([A-Z_]+):$/gm);
  const names = [...new Set([...Object.keys(variables), ...named])].filter((name) => !required.includes(name));
  const isRead = (name: string) => named.includes(name) || passedOn.includes(name);
  const parts: [title: string, names: string[]][] = [
    ["What docker-compose.yml requires", required],
    ["What may be set, with its default", names.filter(isRead)],
    ["What docker-compose.yml does not read: for a process alone", names.filter((name) => !isRead(name))],
  ];
  const printed = parts.map(([title, names]) =>
    [`# --- ${title} ---`, ...names.map((name) => entry(name, variables, compose))].join("\n\n"),
  );
  return `${[HEAD, ...printed].join("\n\n\n")}\n`;
}

function entry(name: string, variables: Variables, compose: string): string {
  const schema = variables[name];
  const description = schema?.description ?? COMPOSE_ONLY[name];
  if (description === undefined) throw new Error(`${name} has no description`);
  const comments = wrapped(description);
  if (compose.includes(`\${${name}:?`)) {
    if (MAKE[name] === undefined) throw new Error(`nothing says how to make ${name}`);
    return [...comments, `# e.g. ${MAKE[name]}`, `${name}=`].join("\n");
  }
  const byDefault = schema ? defaultOf(schema) : (new RegExp(`\\{${name}:-([^{}]*)\\}`).exec(compose)?.[1] ?? "");
  return [...comments, `#${name}=${/[\s<>]/.test(byDefault) ? `'${byDefault}'` : byDefault}`].join("\n");
}

const namesIn = (text: string, pattern: RegExp) => [
  ...new Set([...text.replaceAll(/^ *#.*$/gm, "").matchAll(pattern)].map(([, name = ""]) => name)),
];

const WIDTH = 110;

/** A text as comment lines. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * Whether containers can be run here, and which images they are of. Where there is no Docker
 * the reason is printed and the container tests skip: `.ci/run` counts that as a failure.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Pulling images and installing dependencies take as long as the line is slow. */
export const UP_MILLISECONDS = 15 * 60_000;
export const STEP_MILLISECONDS = 3 * 60_000;

/** Why containers cannot be run here, in one line; undefined when they can. */
export const missing = await whatIsMissing();
if (missing !== undefined) console.warn(`The container tests did not run: ${missing}.`);

async function whatIsMissing(): Promise<string | undefined> {
  for (const args of [["compose", "version"], ["info"]]) {
    try {
      await run("docker", args, { timeout: 30_000 });
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      const said = (stderr || message).trim().split("\n")[0];
      return `\`docker ${args.join(" ")}\` says: ${said?.replace(/\.$/, "")}`;
    }
  }
  return undefined;
}

const COMPOSE = readFileSync(new URL("../../docker-compose.yml", import.meta.url), "utf8");

/** The image of that name with the version that docker-compose.yml runs: `redis` gives `redis:8`. */
export function imageOf(name: string): string {
  const image = new RegExp(`image: (${name}:\\S+)`).exec(COMPOSE)?.[1];
  if (image === undefined) throw new Error(`docker-compose.yml has no image ${name}`);
  return image;
}

/**
 * Finds the OpenFGA server to use, in a fixed order, and says in one line which one it is: an external one
 * (`OPENFGA_API_URL`), `openfga` on PATH, one built earlier, one built now with `go install`, or a container image.
 */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { builtVersion, cachedProgram, type GoProgram, goBuild, type Progress } from "./go-build.ts";

const run = promisify(execFile);

/** The one version of OpenFGA that Concordat is tested with. */
export const OPENFGA_VERSION = "1.22.1";

const OPENFGA: GoProgram = {
  name: "openfga",
  module: "github.com/openfga/openfga",
  version: OPENFGA_VERSION,
  package: "github.com/openfga/openfga/cmd/openfga",
};
const IMAGE = `openfga/openfga:v${OPENFGA_VERSION}`;

/** A server to talk to, or one to run. */
export type FoundServer =
  | { kind: "external"; apiUrl: string }
  | { kind: "binary"; path: string }
  | { kind: "image"; image: string };

/**
 * Looks in the order above. A binary of another version is named and not used. A build takes minutes and reports its
 * progress. Throws when there is no server, with what was tried.
 */
export async function findServer(env: NodeJS.ProcessEnv, progress: Progress): Promise<FoundServer> {
  const apiUrl = env.OPENFGA_API_URL;
  if (apiUrl) {
    progress.line(`OpenFGA: external, ${apiUrl} (OPENFGA_API_URL).`);
    return { kind: "external", apiUrl };
  }
  const onPath = await findOnPath(env, progress);
  if (onPath !== undefined) {
    progress.line(`OpenFGA: ${OPENFGA_VERSION} on PATH, ${onPath}.`);
    return { kind: "binary", path: onPath };
  }
  const cached = cachedProgram(OPENFGA, env);
  if (cached !== undefined) {
    progress.line(`OpenFGA: ${OPENFGA_VERSION}, built earlier, ${cached}.`);
    return { kind: "binary", path: cached };
  }
  const built = await build(env, progress);
  if (built.path !== undefined) return { kind: "binary", path: built.path };
  const container = await findImage(env, progress);
  if (container === undefined) return { kind: "image", image: IMAGE };
  throw new Error(
    `There is no OpenFGA ${OPENFGA_VERSION}. Set OPENFGA_API_URL, or put openfga ${OPENFGA_VERSION} on PATH, or install Go or Docker.\n  Go: ${built.problem}\n  Docker: ${container}`,
  );
}

async function findOnPath(env: NodeJS.ProcessEnv, progress: Progress): Promise<string | undefined> {
  const path = programOnPath("openfga", env);
  if (path === undefined) return undefined;
  const version = await versionOf(path, env);
  if (version === OPENFGA_VERSION) return path;
  const shown = version === undefined ? "does not say its version" : `is ${version}`;
  progress.line(`OpenFGA: ${path} ${shown}, not ${OPENFGA_VERSION}, and is not used.`);
  return undefined;
}

// a release prints its version; a binary of `go install` prints "dev", and its build information has the version
async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(path, ["version"], { env, timeout: 10_000 });
    return /version `v?(\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1] ?? builtVersion(path, OPENFGA.module);
  } catch {
    return undefined;
  }
}

async function build(env: NodeJS.ProcessEnv, progress: Progress): Promise<{ path?: string; problem?: string }> {
  if (programOnPath("go", env) === undefined) return { problem: "no go on PATH" };
  progress.line(`OpenFGA: building ${OPENFGA_VERSION} with go install; the first time this takes some minutes.`);
  try {
    const path = await goBuild(OPENFGA, { env, progress });
    progress.line(`OpenFGA: ${OPENFGA_VERSION}, built now, ${path}.`);
    return { path };
  } catch (error) {
    const problem = (error as Error).message;
    progress.line(`OpenFGA: could not be built: ${problem}`);
    return { problem };
  }
}

/** Undefined when the image is there, else the reason. */
async function findImage(env: NodeJS.ProcessEnv, progress: Progress): Promise<string | undefined> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"], { env, timeout: 10_000 });
  } catch (error) {
    return firstLine(error);
  }
  try {
    await run("docker", ["image", "inspect", IMAGE], { env });
  } catch {
    progress.line(`OpenFGA: pulling the image ${IMAGE}.`);
    try {
      await run("docker", ["pull", "--quiet", IMAGE], { env });
    } catch (error) {
      return firstLine(error);
    }
  }
  progress.line(`OpenFGA: ${OPENFGA_VERSION} in a container, image ${IMAGE}.`);
  return undefined;
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split("\n")[0] ?? "failed";
}

/** The first executable file of that name on PATH. */
export function programOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (folder !== "" && statSync(path).isFile()) return path;
    } catch {}
  }
  return undefined;
}

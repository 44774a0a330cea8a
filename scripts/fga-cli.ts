/**
 * The `fga` command line of a pinned version, for the model's own tests: the one on
 * PATH when it is that version, else the one built earlier, else one built now.
 */
import { execFileSync } from "node:child_process";
import { programOnPath } from "../src/openfga/server/find-server.ts";
import { cachedProgram, type GoProgram, goBuild, type Progress } from "../src/openfga/server/go-build.ts";

const FGA: GoProgram = {
  name: "fga",
  module: "github.com/openfga/cli",
  version: "0.7.20",
  package: "github.com/openfga/cli/cmd/fga",
};

/** Its path, or undefined when it is neither on PATH nor built. */
export function findFga(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = programOnPath("fga", env);
  return onPath !== undefined && saysVersion(onPath) ? onPath : cachedProgram(FGA, env);
}

/** Finds or builds it, and says which. Throws when it cannot be built. */
export async function fetchFga(env: NodeJS.ProcessEnv, progress: Progress): Promise<string> {
  const found = findFga(env);
  if (found !== undefined) {
    progress.line(`fga: ${FGA.version}, ${found}.`);
    return found;
  }
  progress.line(`fga: building ${FGA.version}; the first time this takes some minutes.`);
  // Its go.mod has a `replace`, which `go install` of a version refuses.
  const built = await goBuild(FGA, { env, progress, scratchModule: true });
  progress.line(`fga: ${FGA.version}, built now, ${built}.`);
  return built;
}

function saysVersion(path: string): boolean {
  try {
    return new RegExp(`\\bv?\`?${FGA.version.replaceAll(".", "\\.")}\\b`).test(
      execFileSync(path, ["version"], { encoding: "utf8", timeout: 10_000 }),
    );
  } catch {
    return false;
  }
}

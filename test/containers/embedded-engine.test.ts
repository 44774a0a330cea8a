/** The embedded engine where OpenFGA is no program but an image. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/openfga/open-store.ts";
import { startServer } from "../../src/openfga/server/server.ts";
import { connectionOf } from "../support/engine.ts";
import { MODEL } from "../support/model.ts";
import { imageOf, missing, STEP_MILLISECONDS } from "./docker.ts";

const run = promisify(execFile);

test.skipIf(missing !== undefined)(
  "the engine's container keeps its store, and is removed when it is stopped",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "concordat-image-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const lives = async () => (await run("docker", ["ps", "--quiet", "--filter", `volume=${folder}`])).stdout !== "";
    const models: string[] = [];
    for (let count = 1; count <= 2; count++) {
      const server = await startServer({ kind: "image", image: imageOf("openfga/openfga") }, { folder });
      const opened = await openStore({
        ...connectionOf(server),
        store: "in an image",
        model: MODEL,
        allowPush: false,
      });
      models.push(opened.modelId);
      expect(await lives()).toBe(true);
      await server.stop();
      expect(await lives()).toBe(false);
    }
    expect(models[1]).toBe(models[0]);
  },
  STEP_MILLISECONDS,
);

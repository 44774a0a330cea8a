/**
 * How the tests run: six projects, so that each can be run alone. `unit` and `protocol` start nothing;
 * the others run against a real OpenFGA that `test/support/global-setup.ts` starts. `browser` opens the console's pages in
 * Chromium. `containers` needs Docker too and runs last, because its builds would disturb tests that measure time.
 */
import { defineConfig } from "vitest/config";

const engine = { globalSetup: ["test/support/global-setup.ts"] };

/** The test files of one folder; projects of a lower `groupOrder` run before the others. */
const project = (name: string, groupOrder: number, options = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, ...options },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 0),
      project("protocol", 1),
      project("conformance", 1, engine),
      project("integration", 1, engine),
      project("browser", 1, engine),
      project("containers", 2, engine),
    ],
    reporters: ["default", "./test/support/project-times.ts"],
    // The engine's sqlite has one writer: more workers than this only wait for each other.
    maxWorkers: 2,
    // Generous: on a slow machine a long test is slow, not wrong, and so is what is awaited by polling, for which the
    // default is a second. A test that needs more says so.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});

/** How the tests run: against one real OpenFGA for the whole run, which `test/support/global-setup.ts` starts. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // The engine's sqlite has one writer: more workers than this only wait for each other.
    maxWorkers: 2,
    // Generous: on a slow machine a long test is slow, not wrong. A test that needs more says so.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

/** A reporter that prints what each project took: its files, its tests and the time from its first test to its last. */
import { performance } from "node:perf_hooks";
import type { Reporter, TestModule } from "vitest/node";

type Project = { files: number; tests: number; began: number; ended: number };

export default class ProjectTimes implements Reporter {
  readonly #projects = new Map<string, Project>();

  onTestRunStart(): void {
    this.#projects.clear(); // in watch mode each run counts for itself
  }

  onTestModuleStart({ project: { name } }: TestModule): void {
    const now = performance.now();
    if (!this.#projects.has(name)) this.#projects.set(name, { files: 0, tests: 0, began: now, ended: now });
  }

  onTestModuleEnd({ project: { name }, children }: TestModule): void {
    const project = this.#projects.get(name);
    if (project === undefined) return;
    project.files += 1;
    project.tests += [...children.allTests()].length;
    project.ended = performance.now();
  }

  onTestRunEnd(): void {
    for (const [name, { files, tests, began, ended }] of this.#projects) {
      const seconds = ((ended - began) / 1000).toFixed(1);
      console.log(
        `${name.padEnd(12)}${`${files} files`.padStart(10)}${`${tests} tests`.padStart(12)}${`${seconds} s`.padStart(10)}`,
      );
    }
  }
}

/**
 * Reads vitest's JSON report and prints the counts as one last line. `npm run check`
 * counts as one failure when it failed, and so does a run that failed without a test to
 * blame (a file that does not load, an error outside a test, no report at all).
 * usage: node .ci/count.mjs <report> <exit code of check> <exit code of test>
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const [report, check, test] = process.argv.slice(2);
const complaints = [];
let passed = 0;
let skipped = 0;

let suites = [];
try {
  suites = JSON.parse(readFileSync(report, "utf8")).testResults;
} catch {
  complaints.push("The tests left no report.");
}
for (const suite of suites) {
  for (const { status, fullName } of suite.assertionResults) {
    if (status === "passed") passed += 1;
    else if (status === "failed") complaints.push(`Failed: ${fullName}`);
    else {
      skipped += 1;
      if (!/container/i.test(fullName)) complaints.push(`Skipped, which counts as failed: ${fullName}`);
    }
  }
  const blamed = suite.assertionResults.some(({ status }) => status === "failed");
  if (suite.status === "failed" && !blamed) complaints.push(`Did not run: ${suite.name}`);
}
if (test !== "0" && complaints.length === 0) complaints.push(`npm test ended with ${test}.`);
if (check !== "0") complaints.push(`npm run check ended with ${check}.`);
if (passed === 0) complaints.push("No test passed.");

for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.stdout.write(`${passed} passed, ${complaints.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;

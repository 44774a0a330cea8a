/**
 * Reads vitest's JSON reports and prints the counts as one last line. `npm run check`
 * counts as one failure when it failed, and so does a run that failed without a test to
 * blame (a file that does not load, an error outside a test, no report at all). A skipped
 * test counts as failed.
 * usage: node .ci/count.mjs <exit code of check> (<report> <exit code of its run>)...
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const [check, ...runs] = process.argv.slice(2);
const complaints = [];
let passed = 0;

for (let at = 0; at < runs.length; at += 2) countRun(runs[at], runs[at + 1]);
if (check !== "0") complaints.push(`npm run check ended with ${check}.`);

function countRun(report, code) {
  const [passedBefore, complaintsBefore] = [passed, complaints.length];
  let suites = [];
  try {
    suites = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    complaints.push(`The tests left no report in ${report}.`);
  }
  for (const suite of suites) {
    for (const { status, fullName } of suite.assertionResults) {
      if (status === "passed") passed += 1;
      else complaints.push(`${status === "failed" ? "Failed" : "Skipped, which counts as failed"}: ${fullName}`);
    }
    const blamed = suite.assertionResults.some(({ status }) => status === "failed");
    if (suite.status === "failed" && !blamed) complaints.push(`Did not run: ${suite.name}`);
  }
  const silent = complaints.length === complaintsBefore;
  if (silent && code !== "0") complaints.push(`The run of ${report} ended with ${code}.`);
  if (silent && passed === passedBefore) complaints.push(`No test passed in ${report}.`);
}

for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.stdout.write(`${passed} passed, ${complaints.length} failed\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;

/**
 * Prints, a line each, the version of OpenFGA that Concordat runs on, where its program is, and where
 * grpc_health_probe is, which the image of OpenFGA has beside it. What is missing is built with Go and kept.
 */
import process from "node:process";
import { findServer, OPENFGA_VERSION } from "../../src/openfga/server/find-server.ts";
import { cachedProgram, goBuild } from "../../src/openfga/server/go-build.ts";

const progress = { line: (text) => process.stderr.write(`${text}\n`), counter: () => {} };
const PROBE = {
  name: "grpc-health-probe",
  module: "github.com/grpc-ecosystem/grpc-health-probe",
  version: "0.4.62",
  package: "github.com/grpc-ecosystem/grpc-health-probe",
};

const openfga = await findServer({ ...process.env, OPENFGA_API_URL: "" }, progress);
if (openfga.kind !== "binary") throw new Error("OpenFGA is no program here, and cannot be built.");
const env = { ...process.env, CGO_ENABLED: "0" };
const probe = cachedProgram(PROBE, env) ?? (await goBuild(PROBE, { env, progress }));
process.stdout.write(`${OPENFGA_VERSION}\n${openfga.path}\n${probe}\n`);

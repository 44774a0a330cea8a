/**
 * Cerbos, its server from npm, with the policies beside this file. It keeps no data: each
 * request brings what an application would have looked up before, and that look-up is in
 * no figure. Asked over AuthZEN, which costs it no more than its own API.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type KeptProcess, startKept } from "../../src/openfga/server/kept-process.ts";
import { evaluationOf, evaluationRequest, evaluationsRequest } from "../authzen.ts";
import { freshFolder } from "../engine.ts";
import { freePort } from "../processes.ts";
import { send, yesOrNo } from "../send.ts";
import type { Question, Request, System } from "../system.ts";
import type { World } from "../world.ts";
import { lookupsOf } from "./cerbos-lookups.ts";
import { fetchPackage } from "./spicedb-cerbos-packages.ts";

const PACKAGE = { name: "@cerbos/cerbos-linux-x64", version: "0.55.0" };
const POLICIES = fileURLToPath(new URL("cerbos-policies", import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** `at` is sent with every question, as the time that dates are compared with. */
export async function startCerbos(world: World, at: Date): Promise<System> {
  const binary = join(await fetchPackage(PACKAGE), "cerbos-linux-x64");
  const { url, server } = await startServer(binary);
  const lookup = lookupsOf(world);
  const evaluation = (question: Question) => {
    const { subject, action, resource } = evaluationOf(question);
    const { user, resource: properties } = lookup(question);
    return {
      subject: { ...subject, properties: { "cerbos.roles": ["user"], at: at.toISOString(), ...user } },
      action,
      resource: { ...resource, properties },
    };
  };
  const request = (question: Question): Request => ({
    ...evaluationRequest(question, {}),
    body: JSON.stringify(evaluation(question)),
  });
  return {
    name: "cerbos",
    version: PACKAGE.version,
    url,
    request,
    batch: (questions) => ({
      ...evaluationsRequest(questions, {}),
      body: JSON.stringify({ evaluations: questions.map(evaluation) }),
    }),
    answer: async (question) => yesOrNo(await send(url, request(question)), "decision"),
    processes: { cerbos: server.child.pid ?? 0 },
    stop: async () => void (await server.stop()),
  };
}

async function startServer(binary: string): Promise<{ url: string; server: KeptProcess }> {
  const folder = freshFolder();
  const [http, grpc] = [await freePort(), await freePort()];
  const settings = {
    "storage.driver": "disk",
    "storage.disk.directory": POLICIES,
    "server.httpListenAddr": `127.0.0.1:${http}`,
    "server.grpcListenAddr": `127.0.0.1:${grpc}`,
    "telemetry.disabled": true,
  };
  const set = Object.entries(settings).map(([name, value]) => `--set=${name}=${value}`);
  const logPath = join(folder, "cerbos.log");
  const log = openSync(logPath, "a");
  // at `info` it writes two lines for every question; an empty address keeps its debugger from listening
  const args = ["server", "--log-level=warn", "--debug-listen-addr=", ...set];
  const server = startKept(binary, args, { output: log, cwd: folder });
  closeSync(log);
  const url = `http://127.0.0.1:${http}`;
  if (await serves(url, server)) return { url, server };
  await server.stop();
  throw new Error(`Cerbos did not start:\n${readFileSync(logPath, "utf8")}`);
}

/** True once it is healthy, false when it ends first or takes too long. */
async function serves(url: string, server: KeptProcess): Promise<boolean> {
  const ended = new AbortController();
  void server.exited.then(() => ended.abort());
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  while (!signal.aborted) {
    const healthy = await fetch(`${url}/_cerbos/health`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return true;
    await sleep(25);
  }
  return false;
}

/**
 * The epoch of a server's data: what distinguishes it from that of another server, and of the same one before a restart
 * or a failover. A server that is demoted and promoted again keeps its run id and gets another replication id; one that
 * restarts may keep the latter (bad/run-id-alone in test/protocol). An epoch never comes back.
 */
import { hash } from "node:crypto";

/** The characters of an epoch: 40 bits, as many as two servers that were confused would have to share. */
export const EPOCH_LENGTH = 10;

/**
 * The epoch that INFO names (sections `server` and `replication`) and the run id, or in words why nothing may be trusted.
 */
export function epochIn(info: string): { epoch: string; run: string } | { problem: string } {
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
  const [run, replication, role] = [field("run_id"), field("master_replid"), field("role")];
  if (run === undefined || replication === undefined)
    return { problem: "INFO names no run_id and master_replid: this is no Redis server, or a proxy" };
  if (role !== "master") return { problem: `this Redis server is no master: its role is ${role}` };
  return { epoch: hash("sha1", run + replication, "hex").slice(0, EPOCH_LENGTH), run };
}

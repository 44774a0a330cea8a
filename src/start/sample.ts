/**
 * The sample that `npm start` and `npm run seed` play through the API itself: two
 * organizations, a plant shared as technical manager, and a delegation of it. It is
 * played into an empty store only: what was changed or taken away since is never undone.
 */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";

/** Sends one request to the service, wherever it is. */
export type Send = (path: string, init: RequestInit) => Response | Promise<Response>;

/**
 * `played`: now. `found`: it was played before, and its share can still be delegated as the commands do; `changed`
 * when it is not delegated as it was played. `left`: nothing was written but what the steps before the refused one did.
 */
export type Sample =
  | { kind: "played"; cooperation: string; share: string }
  | { kind: "found"; cooperation: string; share: string; changed: boolean }
  | { kind: "left"; why: string };

// what the sample looks at in replies: whatever is not there is undefined
// biome-ignore lint/suspicious/noExplicitAny: see above
type Reply = { status: number; body: any };
type Call = (method: string, path: string, user?: string, value?: unknown) => Promise<Reply>;

/** A step of the sample that the service refused. */
class Refused extends Error {}

/** Plays the sample where the store is empty, and looks for it where it is not. Throws only what `send` throws. */
export async function playSample(send: Send, key: string): Promise<Sample> {
  const call: Call = async (method, path, user, value) => {
    const reply = await send(path, {
      method,
      ...(value !== undefined && { body: JSON.stringify(value) }),
      headers: {
        ...(value !== undefined && { "Content-Type": "application/json" }),
        ...(user !== undefined && { "Acting-User": `user:${user}` }),
        Authorization: `Bearer ${key}`,
      },
    });
    return { status: reply.status, body: await reply.json().catch(() => ({})) };
  };
  const must: Call = async (method, path, ...rest) => {
    const reply = await call(method, path, ...rest);
    if (reply.status < 400) return reply;
    throw new Refused(`${method} ${path} was answered ${reply.status} ${reply.body.code}`);
  };
  try {
    if (await isEmpty(must)) return await play(must);
    const why = "the store is not empty, and what the sample's commands need was changed since or was never there";
    return (await find(call)) ?? { kind: "left", why };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { kind: "left", why: error.message };
  }
}

/** Whether nobody has written anything: how far the service itself is in the log, it keeps from its start on. */
async function isEmpty(must: Call): Promise<boolean> {
  const { body } = await must("GET", "/stores");
  const read = await must("POST", `/stores/${body.stores?.[0]?.id}/read`, undefined, { page_size: 100 });
  return read.body.tuples?.every(({ key }: { key: { object: string } }) => /^(schedule|receiver):/.test(key.object));
}

/** The people of the sample, each with their organization and role there. */
const PEOPLE = [
  ["sunward", "anna", "admin"],
  ["brightfix", "ben", "admin"],
  ["brightfix", "tom", "member"],
] as const;

const ORGANIZATIONS = { sunward: "Sunward Energy", brightfix: "Brightfix Service" };

/** Whom the console can be tried as: the sample's people, and an engineer. */
export const SAMPLE_PEOPLE: readonly { user?: string; name: string; organization?: string }[] = [
  ...PEOPLE.map(([organization, user]) => ({ user, name: user, organization: ORGANIZATIONS[organization] })),
  { name: "engineer" },
];

async function play(must: Call): Promise<Sample> {
  for (const [organization, name] of Object.entries(ORGANIZATIONS))
    await must("PUT", `/v1/organizations/${organization}`, undefined, { name });
  for (const [organization, user, role] of PEOPLE) {
    const email = `${user}@${organization}.example`;
    await must("PUT", `/v1/organizations/${organization}/people/${user}`, undefined, { role, email });
  }
  await must("PUT", "/v1/plants/7", undefined, { owner: "sunward", name: "Hillside" });
  const shares = [{ resource: "plant:7", role: "technical_manager" }];
  const invitation = { email: "ben@brightfix.example", confirm_organization: "brightfix", shares };
  const { body } = await must("POST", "/v1/organizations/sunward/cooperations", "anna", invitation);
  await must("POST", `/v1/cooperations/${body.id}/accept`, "ben");
  const share = body.shares[0].id;
  await must("PUT", `/v1/shares/${share}/delegations/tom`, "ben", { role: "viewer" });
  return { kind: "played", cooperation: body.id, share };
}

/** The share that the commands name: one of plant 7 that ben may delegate to tom at the role of the sample. */
async function find(call: Call): Promise<Sample | undefined> {
  const { body } = await call("GET", "/v1/organizations/brightfix/incoming-shares?limit=100", "ben");
  for (const { id, cooperation, resource, expired, delegations } of body.items ?? []) {
    if (resource !== "plant:7" || expired) continue;
    const path = `/v1/shares/${id}/delegations/tom?dry_run=true`;
    if ((await call("PUT", path, "ben", { role: "technical_manager" })).status !== 200) continue;
    const toms = delegations.find(({ user }: { user: string }) => user === "tom");
    return { kind: "found", cooperation, share: id, changed: toms?.role !== "viewer" };
  }
  return undefined;
}

/**
 * Three commands that work as pasted, for a service at `url` whose key and share are in files
 * of `folder`. The README prints the same three.
 */
export function sampleCommands(url: string, folder: string): string {
  const headers = `-H "Authorization: Bearer $(cat ${folder}/key)" -H 'Content-Type: application/json'`;
  const may = `curl -s ${url}/access/v1/evaluation ${headers} \\
  -d '{"subject":{"type":"user","id":"tom"},"action":{"name":"manage_technical"},"resource":{"type":"plant","id":"7"}}'`;
  return `# may tom manage plant 7? no: ben delegated it to him as viewer
${may}

# ben delegates it again, at the role it was shared at
curl -s -X PUT ${url}/v1/shares/$(cat ${folder}/share)/delegations/tom ${headers} \\
  -H 'Acting-User: user:ben' -d '{"role":"technical_manager"}'

# now he may
${may}`;
}

/** Keeps the share's id beside the key, so that a command can name it without copying it; none where no command would work. */
export function keepShare(sample: Sample, folder: string): void {
  const path = join(folder, "share");
  if (sample.kind === "left") rmSync(path, { force: true });
  else writeFileSync(path, sample.share, { mode: 0o600 });
}

/** Whether the sample is there, by what was kept beside the key. */
export const isSampleKept = (folder: string): boolean => existsSync(join(folder, "share"));

/** `console`: whether there is one; with the secret that its sample people are tried by. */
type Hint = { url: string; folder: string; anew: string; console?: boolean; consoleSecret?: string | undefined };

/** The last block that `npm start` prints: where the service and its key are, and what to try; or why there is nothing to try, and how to begin anew. */
export function startHint(sample: Sample, hint: Hint) {
  const { url, folder, anew, console: isShown = false, consoleSecret } = hint;
  const isTried = consoleSecret !== undefined && sample.kind !== "left";
  const link = `${url}/console${isTried ? `/sign-in?token=${consoleSecret}` : ""}`;
  return `
${styleText("bold", "Concordat is ready.", { stream: process.stderr })}

  Address        ${url}
  Documentation  ${url}/docs${isShown ? `\n  Console        ${link}` : ""}
  Key            in ${folder}/key; a request carries it as "Authorization: Bearer <key>"

${sampleHint(sample, { url, folder, anew })}

Ctrl-C stops it.
`;
}

function sampleHint(sample: Sample, { url, folder, anew }: { url: string; folder: string; anew: string }): string {
  if (sample.kind === "left") return `The sample was not played: ${sample.why}.\nTo begin anew with it ${anew}.`;
  const state =
    sample.kind === "found" && sample.changed
      ? "The sample was changed since it was played, and stays as it is: the first answer may be another."
      : `The sample: Sunward Energy shares plant 7 with Brightfix Service as technical manager, and
Brightfix's admin ben delegated it to tom as viewer.`;
  return `${state}
Try these three commands in another terminal, in this folder:

${sampleCommands(url, folder)}`;
}

/**
 * The sample that `npm start` and `npm run seed` play through the API itself: two
 * organizations, a plant shared as technical manager, and a delegation of it. Played
 * again it finds everything as it is and changes nothing.
 */

/** Sends one request to the service, wherever it is. */
export type Send = (path: string, init: RequestInit) => Response | Promise<Response>;

export type Sample = { cooperation: string; share: string };

/** What the sample looks at in replies. */
type Reply = { id: string; items: { id: string; partner: { id: string } | null }[]; shares: { id: string }[] };
type Call = (method: string, path: string, user?: string, value?: unknown) => Promise<Reply>;

const body = (value: unknown) => ({ body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

/** Plays the sample and returns the ids it made or found. Throws when the service refuses a step. */
export async function playSample(send: Send, key: string): Promise<Sample> {
  const call: Call = async (method, path, user, value) => {
    const { headers, ...init } = value === undefined ? { headers: {} } : body(value);
    const acting = user === undefined ? {} : { "Acting-User": `user:${user}` };
    const reply = await send(path, {
      method,
      ...init,
      headers: { ...headers, ...acting, Authorization: `Bearer ${key}` },
    });
    const answer = (await reply.json()) as Reply;
    if (!reply.ok) throw new Error(`the sample: ${method} ${path} answered ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  await call("PUT", "/v1/organizations/sunward", undefined, { name: "Sunward Energy" });
  await call("PUT", "/v1/organizations/brightfix", undefined, { name: "Brightfix Service" });
  const people = [
    ["sunward", "anna", "admin", "anna@sunward.example"],
    ["brightfix", "ben", "admin", "ben@brightfix.example"],
    ["brightfix", "tom", "member", "tom@brightfix.example"],
  ] as const;
  for (const [organization, user, role, email] of people)
    await call("PUT", `/v1/organizations/${organization}/people/${user}`, undefined, { role, email });
  await call("PUT", "/v1/plants/7", undefined, { owner: "sunward", name: "Hillside" });

  const { items } = await call("GET", "/v1/organizations/sunward/cooperations?direction=outgoing", "anna");
  const known = items.find((item) => item.partner?.id === "brightfix");
  const id: string = known?.id ?? (await invited(call));
  const { shares } = await call("GET", `/v1/cooperations/${id}`, "anna");
  const share = shares[0]?.id ?? "";
  // whoever plays with it may have changed it since: then it is left as it is
  if (known !== undefined) return { cooperation: id, share };
  await call("POST", `/v1/cooperations/${id}/accept`, "ben");
  await call("PUT", `/v1/shares/${share}/delegations/tom`, "ben", { role: "viewer" });
  return { cooperation: id, share };
}

async function invited(call: Call): Promise<string> {
  const shares = [{ resource: "plant:7", role: "technical_manager" }];
  const invitation = { email: "ben@brightfix.example", confirm_organization: "brightfix", shares };
  return (await call("POST", "/v1/organizations/sunward/cooperations", "anna", invitation)).id;
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

/** What `npm start` says: what the sample is, and what to try. */
export function sampleHint(url: string, folder: string): string {
  return `
Sunward Energy shares plant 7 with Brightfix Service as technical manager, and Brightfix's
admin ben delegated it to tom as viewer. Documentation: ${url}/docs

${sampleCommands(url, folder)}
`;
}

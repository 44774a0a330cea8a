/** The tutorial: this test sends the requests that its reader sends, and compares the replies with the ones it shows. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { KEYS, test } from "../../support/service.ts";
import { playStory, storyIn } from "../../support/worked-story.ts";

const TUTORIAL = readFileSync(new URL("../../../docs/tutorial.md", import.meta.url), "utf8");

test("every request of the tutorial gets the reply that the tutorial shows", async ({ service }) => {
  const story = storyIn(TUTORIAL);
  expect(story.filter(({ reply }) => reply !== undefined).length).toBeGreaterThan(12);
  const replies = await playStory(story, (path, init) => service.app.request(path, init), KEYS.all);

  // what a reply must not have, its shortened form cannot show
  const [own, others] = replies.slice(-2).map((reply) => JSON.stringify(reply));
  expect(own).toContain("invoice overdue");
  expect(others).not.toContain("invoice overdue");
});

test("a story that differs from the service fails at the step that differs", async ({ service }) => {
  const send = (path: string, init: RequestInit) => service.app.request(path, init);
  const storyWith = (reply: string) =>
    storyIn(`\`\`\`http
PUT /v1/organizations/meadow

{"name": "Meadow Solar"}
\`\`\`
\`\`\`http
${reply}
\`\`\`
`);
  const wrong = [
    ["HTTP/1.1 200 OK\n\n{}", "status: 201, not 200"],
    ['HTTP/1.1 200 OK\n\n{"name": "Meadow"}', '/name: shown "Meadow", got "Meadow Solar"'],
    ['HTTP/1.1 200 OK\n\n{"colour": "green"}', '/colour: shown "green"'],
    ['HTTP/1.1 200 OK\n\n{"actions": ["sing"]}', "/actions: shown"],
    ['HTTP/1.1 200 OK\n\n{"id": "2026-12-01T09:00:00Z"}', "/id: shown"],
    ['HTTP/1.1 200 OK\n\n{"id": "$ID", "name": "$ID"}', '/name: shown "$ID"'],
  ] as const;
  for (const [reply, problem] of wrong)
    await expect(playStory(storyWith(reply), send, KEYS.all)).rejects.toThrow(problem);
  await playStory(
    storyWith('HTTP/1.1 200 OK\n\n{"id": "$ID", "name": "Meadow Solar", "effective_by": "2026-12-01T09:00:00Z"}'),
    send,
    KEYS.all,
  );
});

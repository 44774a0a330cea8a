/** The three keys that the ceiling asks Redis for: an entry, and two tokens as Concordat has them. */

/** The part of an AuthZEN evaluation that decides. */
export type Evaluation = {
  subject: { type: string; id: string };
  action: { name: string };
  resource: { type: string; id: string };
};

export function keysOf({ subject, action, resource }: Evaluation): [entry: string, user: string, owner: string] {
  return [
    `e:${subject.id}|${action.name}|${resource.type}|${resource.id}`,
    `t:user:${subject.id}`,
    // a plant's id begins with its owner's in the bench's world
    `t:organization:${resource.id.slice(0, resource.id.lastIndexOf("-plant-"))}`,
  ];
}

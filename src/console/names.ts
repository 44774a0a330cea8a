/**
 * What people and resources are called on a page: by the names that its reader may see, with their ids, so that two of the
 * same name can be distinguished; by the id alone where there is no name.
 */
import type { z } from "zod";
import type { CooperationView } from "../http/v1/views.ts";

type Cooperation = z.infer<typeof CooperationView>;

/** `person` takes `ben` and `user:ben`. `share`: the resource of a share, by its id; undefined where it is not known any more. */
export type Names = {
  person: (user: string) => string;
  resource: (ref: string) => string;
  share: (id: string) => string | undefined;
};

/** A name with its id. */
export const named = (id: string, name: string | null | undefined): string =>
  name === null || name === undefined || name === id ? id : `${name} (${id})`;

/** The id in `plant:7`. */
const idIn = (ref: string): string => ref.slice(ref.indexOf(":") + 1);

/** A resource by its name, else by its id. */
export const resourceName = (ref: string, name: string | null | undefined): string => name ?? idIn(ref);

/** What the admins, the shared resources and these people are called. */
export function namesOfCooperation(
  cooperation: Pick<Cooperation, "contacts" | "shares">,
  people: readonly { user: string; name: string | null }[] = [],
): Names {
  const { initiator, partner } = cooperation.contacts;
  const persons = new Map([...initiator, ...partner, ...people].map(({ user, name }) => [user, name]));
  const resources = new Map(cooperation.shares.map(({ resource, name }) => [resource, name]));
  const shares = new Map(cooperation.shares.map(({ id, resource }) => [id, resource]));
  const resource = (ref: string) => named(idIn(ref), resources.get(ref));
  return {
    person: (ref) => {
      const user = ref.startsWith("user:") ? ref.slice("user:".length) : ref;
      return named(user, persons.get(user));
    },
    resource,
    share: (id) => {
      const ref = shares.get(id);
      return ref && resource(ref);
    },
  };
}

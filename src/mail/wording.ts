/**
 * The texts that each language provides: all that a reader of a mail sees, but names and links. They are functions of
 * names that are cleaned and of dates that are written out, so a language orders a sentence as it needs to.
 */
import type { ResourceType } from "../domain/ids.ts";
import type { SharedRole } from "../domain/roles.ts";

/** Every text in one language. A language that lacks one does not compile. */
export type Wording = {
  locale: string;
  hello: (name: string | undefined) => string;
  date: (day: string, time: string) => string;
  resource: Record<ResourceType, string>;
  role: Record<SharedRole, string>;
  /** A resource with its name, in the quotes of the language. */
  named: (resource: string, name: string) => string;
  share: (named: string, role: string, until: string | undefined) => string;
  /** The last line of a list that is cut. Worded so that no plural depends on the number. */
  more: (others: number) => string;
  offer: string;
  noOffer: string;
  ends: (until: string) => string;
  invitation: {
    subject: (initiator: string) => string;
    opening: (initiator: string) => string;
    again: string;
    steps: string;
    link: string;
    life: (days: number) => string;
  };
  notice: {
    subject: (initiator: string) => string;
    opening: (initiator: string, partner: string) => string;
    again: string;
    link: string;
    closing: (partner: string) => string;
  };
};

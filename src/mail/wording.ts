/**
 * The texts that each language provides: all that a reader of a mail sees, but names and links. They are functions of
 * names that are cleaned and of dates that are written out, so a language orders a sentence as it needs to.
 */
import type { ResourceType } from "../domain/ids.ts";
import type { COOPERATION_NEWS, CooperationDate, ShareNews } from "../domain/news-line.ts";
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
  news: {
    subject: (other: string) => string;
    /** Of a mail about several cooperations. */
    subjectOfSeveral: string;
    heading: (other: string) => string;
    cooperation: Record<(typeof COOPERATION_NEWS)[number], (initiator: string, partner: string) => string>;
    dated: Record<CooperationDate, (at: string) => string>;
    /** That the cooperation does not have this date any more. */
    undated: Record<CooperationDate, string>;
    /** `what`: a resource, with its role and end where they matter; `person`: whom it is delegated to; `at`: what the line is about. */
    share: Record<ShareNews, (what: string, person: string, at: string) => string>;
    link: string;
    /** Of the link where something ends soon. */
    linkToExtend: string;
    /** Why the reader gets it: as an admin, or because something is delegated to them. */
    closing: (organization: string) => string;
    closingToDelegate: (organization: string) => string;
    /** An endpoint of the organization is disabled. */
    webhook: {
      subject: (endpoint: string) => string;
      body: (endpoint: string, organization: string) => string;
    };
    /** A person of the organization is suspended. */
    suspension: {
      subject: (person: string) => string;
      body: (person: string, organization: string) => string;
    };
  };
};

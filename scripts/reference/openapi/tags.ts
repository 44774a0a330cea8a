/** What the operations are grouped by, in the order in which a reader needs them. */
export const TAGS = {
  Cooperations: "A cooperation connects an initiator with its partner; these are the steps of its life.",
  Invitations: "For the person who has the token of an invitation.",
  Shares: "Plants and portfolios of the initiator, each shared at one role.",
  Delegations: "What the partner's admins give to their own people on a share.",
  "Check (AuthZEN 1.0)": "Whether somebody may do something, who may, and on what.",
  Organizations: "The companies, and who the acting user is in them.",
  People: "Who belongs to an organization, at which role.",
  Resources: "Plants and portfolios, each owned by one organization.",
  "Job roles": "What the owner's own people may do on a resource.",
  History: "Who did what and when, with a proof that nothing was changed.",
  Events: "What happened, in order: read, streamed, and delivered as webhooks.",
  "OpenFGA's API": "OpenFGA's own API, for its command line and its SDKs.",
  Inspection: "Why a decision is as it is, and which tuples the store holds.",
  Bulk: "Files of organizations, people, resources and job roles.",
  Operations: "Probes, metrics, and an examination of the whole store.",
} as const;

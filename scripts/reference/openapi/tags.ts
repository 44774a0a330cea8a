/** What the operations are grouped by, in the order in which a reader needs them. */
export const TAGS = {
  Cooperations: "The bond between an initiator and its partner, and the steps of its lifecycle.",
  Invitations: "What somebody does who holds the token of an invitation.",
  Shares: "Plants and portfolios of the initiator, put into a cooperation at a role.",
  Delegations: "What the partner's admins give their own people on a share.",
  "Check (AuthZEN 1.0)": "Whether somebody may do something, who may, and on what.",
  Organizations: "The companies, and who the acting user is in them.",
  People: "Who belongs to an organization, at which role.",
  Resources: "Plants and portfolios, each owned by one organization.",
  "Job roles": "What the owner's own people may do on a resource.",
  History: "What happened, with the proof that nobody changed the record.",
  "OpenFGA's API": "The store behind all of it, for OpenFGA's command line and its SDKs.",
  Inspection: "Why a decision is as it is, and which tuples the store holds.",
  Bulk: "Files of organizations, people, resources and job roles.",
  Operations: "Probes, metrics, and a look over the whole store.",
} as const;

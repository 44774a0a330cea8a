/** AuthZEN and OpenFGA's API in words. */
import { SAMPLE, type Texts } from "../world.ts";

const user = (id: string) => ({ type: "user", id });
const plant = { type: "plant", id: "7" };
const store = `/stores/${SAMPLE.store}`;
const key = (id: string, relation: string) => ({ user: `user:${id}`, relation, object: "plant:7" });

export const ACCESS_TEXTS: Texts = {
  getAuthzenConfiguration: {
    says: "Where the endpoints of AuthZEN are (§9), from PUBLIC_URL.",
    examples: { "of this service": { to: "/.well-known/authzen-configuration" } },
  },
  evaluate: {
    says: "One decision (AuthZEN 1.0 §6). The action `view` is the permission `can_view` of the model. A no is a 200 as well; any other status is no decision, and access should be denied. `context.trace: true` asks where the answer comes from and how access was granted; nothing else of `context` and `properties` is read.",
    examples: {
      "a yes": {
        to: "/access/v1/evaluation",
        body: { subject: user("tom"), action: { name: "view" }, resource: plant },
      },
      "a no": {
        to: "/access/v1/evaluation",
        body: { subject: user("tom"), action: { name: "manage_technical" }, resource: plant },
      },
      "a yes, traced": {
        to: "/access/v1/evaluation",
        body: { subject: user("ben"), action: { name: "view" }, resource: plant, context: { trace: true } },
      },
    },
  },
  evaluateMany: {
    says: "Up to 1000 decisions in their order (§7). What an item leaves out is taken from the member of that name beside `evaluations`; the parts are not merged. An invalid item is denied in its place.",
    examples: {
      "two actions": {
        to: "/access/v1/evaluations",
        body: {
          subject: user("tom"),
          resource: plant,
          evaluations: [{ action: { name: "view" } }, { action: { name: "manage_technical" } }],
        },
      },
    },
  },
  searchSubjects: {
    says: "The subjects that may do the action (§8.4). With `page` the reply comes in pages; `context.complete: false` says that there may be more.",
    examples: {
      "who may view plant 7": {
        to: "/access/v1/search/subject",
        body: { subject: { type: "user" }, action: { name: "view" }, resource: plant },
      },
    },
  },
  searchResources: {
    says: "The resources on which the subject may do the action (§8.5).",
    examples: {
      "what tom may view": {
        to: "/access/v1/search/resource",
        body: { subject: user("tom"), action: { name: "view" }, resource: { type: "plant" }, page: { limit: 10 } },
      },
    },
  },
  searchActions: {
    says: "The actions that the subject may do on the resource (§8.6).",
    examples: {
      "what tom may do on plant 7": {
        to: "/access/v1/search/action",
        body: { subject: user("tom"), resource: plant },
      },
    },
  },
};

const OURS = "The bodies are OpenFGA's";

export const STORES_TEXTS: Texts = {
  listStores: { says: `${OURS}. Clients find the store's id here.`, examples: { "the one store": { to: "/stores" } } },
  getStore: { says: `${OURS}.`, examples: { "the one store": { to: store } } },
  readAuthorizationModels: {
    says: `${OURS}. Only the model in use is listed.`,
    examples: { "the one model": { to: `${store}/authorization-models`, long: true } },
  },
  readAuthorizationModel: {
    says: `${OURS}.`,
    examples: { "the one model": { to: `${store}/authorization-models/${SAMPLE.model}`, long: true } },
  },
  readAssertions: {
    says: `${OURS}. The list is empty unless somebody wrote assertions to OpenFGA directly.`,
    examples: { none: { to: `${store}/assertions/${SAMPLE.model}` } },
  },
  check: {
    says: `${OURS}. Dates are compared with the present. With scope \`check\` a key asks for permissions (\`can_*\`) of people, as of now; with scope \`admin\` for any relation, with supposed tuples, at another time.`,
    examples: {
      "a yes": { to: `${store}/check`, body: { tuple_key: key("tom", "can_view") } },
      "a no": { to: `${store}/check`, body: { tuple_key: key("tom", "can_manage_technical") } },
    },
  },
  batchCheck: {
    says: `${OURS}. Up to 50 checks, each answered from the cache where it can be.`,
    examples: {
      two: {
        to: `${store}/batch-check`,
        body: {
          checks: [
            { tuple_key: key("tom", "can_view"), correlation_id: "1" },
            { tuple_key: key("tom", "can_manage_technical"), correlation_id: "2" },
          ],
        },
      },
    },
  },
  listObjects: {
    says: `${OURS}. A key that is bound to organizations gets only their objects.`,
    examples: {
      "what tom may view": {
        to: `${store}/list-objects`,
        body: { type: "plant", relation: "can_view", user: "user:tom" },
      },
    },
  },
  streamedListObjects: {
    says: `${OURS}: a line for each object, and an \`error\` in the last line where the stream broke.`,
    examples: {
      "what tom may view": {
        to: `${store}/streamed-list-objects`,
        body: { type: "plant", relation: "can_view", user: "user:tom" },
      },
    },
  },
  listUsers: {
    says: `${OURS}. With scope \`check\` the filter is \`user\`.`,
    examples: {
      "who may manage plant 7": {
        to: `${store}/list-users`,
        body: { object: plant, relation: "can_manage_technical", user_filters: [{ type: "user" }] },
      },
    },
  },
  expand: {
    says: `${OURS}. Shows how a relation is made up. Use a check to decide.`,
    examples: { owner: { to: `${store}/expand`, body: { tuple_key: { relation: "owner", object: "plant:7" } } } },
  },
  read: {
    says: `${OURS}. Conditions are shown and not evaluated; private reasons in a history are shown only as their hashes.`,
    examples: {
      "who owns plant 7": { to: `${store}/read`, body: { tuple_key: { relation: "owner", object: "plant:7" } } },
    },
  },
  readChanges: {
    says: `${OURS}: every tuple that was written or deleted, oldest first.`,
    examples: { "the first of plants": { to: `${store}/changes?type=plant&page_size=1` } },
  },
  write: {
    says: `${OURS}. A tuple is written when it means an action that the caller may do: on a person, a job role, a delegation or a resource. The service performs that action, with its history entry. A tuple that means no action is refused, and the error says why.`,
    examples: {
      "a job role": { to: `${store}/write`, body: { writes: { tuple_keys: [key("anna", "viewer")] } } },
      "a delegation taken back": {
        to: `${store}/write`,
        by: "ben",
        body: {
          deletes: {
            tuple_keys: [{ user: "user:tom", relation: "delegated_viewer", object: `share:${SAMPLE.share}` }],
          },
        },
      },
    },
  },
  createStore: { says: "There is one store.", examples: { "not offered": { to: "/stores" } } },
  updateStore: { says: "The store keeps its name.", examples: { "not offered": { to: store } } },
  deleteStore: { says: "A store is not deleted by its clients.", examples: { "not offered": { to: store } } },
  writeAuthorizationModel: {
    says: "Clients cannot write the model.",
    examples: { "not offered": { to: `${store}/authorization-models` } },
  },
  writeAssertions: {
    says: "Assertions are not stored here.",
    examples: { "not offered": { to: `${store}/assertions/${SAMPLE.model}` } },
  },
};

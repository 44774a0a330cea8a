/**
 * Cases of OpenFGA's own published tests, put to our model: what its consolidated, its ABAC and
 * its functional tests say of Check, ListObjects and ListUsers, each asked of all three. The
 * cases are rewritten here, with our types in place of its documents and folders.
 */
import type { SentRequest } from "./openfga-requests.ts";

type Key = { user: string; relation: string; object: string; condition?: object };
/** `allowed`: what check must answer. */
type Case = { key?: Partial<Key>; tuples?: Key[]; context?: object; allowed?: boolean };

/** Asked of whom nothing is stored about, so that what is contextual decides. */
const KEY: Key = { user: "user:aardvark", relation: "can_view", object: "plant:7" };
const VIEWER: Key = { user: "user:aardvark", relation: "viewer", object: "plant:7" };
const SHARE = "share:aardvarks";
const dated = (expires_at?: unknown) => ({
  condition: { name: "not_expired", context: expires_at === undefined ? {} : { expires_at } },
});
/** From her organization to the plant, by a cooperation and a share; the last step dated or not. */
const throughShare = (condition: object = {}): Key[] => [
  { user: "user:aardvark", relation: "person", object: "organization:burrow" },
  { user: "user:aardvark", relation: "admin", object: "organization:burrow" },
  { user: "organization:burrow", relation: "in_force", object: "cooperation:aardvarks" },
  { user: "cooperation:aardvarks", relation: "cooperation", object: SHARE },
  { user: `${SHARE}#viewer`, relation: "shared_viewer", object: "plant:7", ...condition },
];
const [EARLIER, LATER] = [{ current_time: "2030-01-01T00:00:00Z" }, { current_time: "2050-01-01T00:00:00Z" }];
const DATE = "2040-01-01T00:00:00Z";

const CASES: Record<string, Case> = {
  "relation not in model": { key: { object: "user:aardvark", relation: "viewer" } },
  "relation undefined on the type": { key: { relation: "unknown" } },
  "type not in model": { key: { object: "group:fga" } },
  "user type not in model": { key: { user: "folder:x" } },
  "userset of a type not in model": { key: { user: "folder:x#writer" } },
  "userset of a relation not in model": { key: { user: "plant:x#writer" } },
  "userset that is not allowed there": { key: { user: "organization:x#admin" } },
  "user of three parts": { key: { user: "a:b:c" } },
  "user without type": { key: { user: "aardvark" } },
  "wildcard where none is allowed": { key: { user: "user:*" } },
  "userset of the object itself": { key: { user: "plant:7#can_view" } },
  "userset that the relation is computed of": { key: { user: "plant:7#viewer" } },
  "object as user of its own type": { key: { user: "plant:7" } },

  "contextual tuple": { allowed: true, tuples: [VIEWER] },
  "contextual tuple of another object": { allowed: false, tuples: [{ ...VIEWER, object: "plant:none" }] },
  "contextual tuple on the path": {
    allowed: true,
    tuples: [
      { user: "portfolio:burrow", relation: "portfolio", object: "plant:7" },
      { ...VIEWER, object: "portfolio:burrow" },
    ],
  },
  "contextual tuples through a cooperation and a share": { allowed: true, tuples: throughShare() },
  "contextual tuple of a type not in model": { tuples: [{ ...VIEWER, object: "folder:x" }] },
  "contextual tuple of a relation not in model": { tuples: [{ ...VIEWER, relation: "writer" }] },
  "contextual tuple of a computed relation": { tuples: [{ ...VIEWER, relation: "can_view" }] },
  "contextual tuple of a user that is not allowed there": { tuples: [{ ...VIEWER, user: "organization:aardvark" }] },
  "contextual tuple of a user type not in model": { tuples: [{ ...VIEWER, user: "employee:aardvark" }] },
  "contextual tuple of a userset not in model": { tuples: [{ ...VIEWER, user: "organization:fga#undefined" }] },
  "contextual tuple of a wildcard": { tuples: [{ ...VIEWER, user: "user:*" }] },
  "contextual tuple of a wildcard where a tupleset is": {
    tuples: [{ user: "organization:*", relation: "owner", object: "plant:7" }],
  },
  "contextual tuple of a userset where a tupleset is": {
    tuples: [{ user: "organization:sunward#admin", relation: "owner", object: "plant:7" }],
  },
  "contextual tuple twice": { tuples: [VIEWER, VIEWER] },
  "contextual tuples, more than a hundred": {
    tuples: Array.from({ length: 101 }, (_, n) => ({ ...VIEWER, user: `user:a${n}` })),
  },

  "condition met": { allowed: true, tuples: throughShare(dated(DATE)), context: EARLIER },
  "condition not met": { allowed: false, tuples: throughShare(dated(DATE)), context: LATER },
  "condition with an extra member of the context": {
    allowed: true,
    tuples: throughShare(dated(DATE)),
    context: { ...EARLIER, colour: "green" },
  },
  "condition whose stored context wins over the request's": {
    allowed: false,
    tuples: throughShare(dated(DATE)),
    context: { ...LATER, expires_at: "2060-01-01T00:00:00Z" },
  },
  "condition whose parameter comes with the request": {
    allowed: true,
    tuples: throughShare(dated()),
    context: { ...EARLIER, expires_at: DATE },
  },
  "condition with a parameter that is nowhere": { tuples: throughShare(dated()), context: EARLIER },
  "condition with a parameter of another type": { tuples: throughShare(dated(7)), context: EARLIER },
  "condition that is not met beside a tuple without one": {
    allowed: true,
    tuples: [...throughShare(dated(DATE)), VIEWER],
    context: LATER,
  },
  "condition not in model": {
    tuples: throughShare({ condition: { name: "unknown", context: {} } }),
    context: EARLIER,
  },
  "condition where none is allowed": { tuples: [{ ...VIEWER, ...dated(DATE) }], context: EARLIER },
  "condition with a parameter that it does not know": {
    tuples: throughShare({ condition: { name: "not_expired", context: { expires_at: DATE, x: 1 } } }),
    context: EARLIER,
  },
  "condition left out where one is needed": {
    tuples: [{ user: "entry:x", relation: "head", object: "plant:7" }],
  },
};

/** What check must answer, by the name of the request. */
export const PUBLISHED_ANSWERS: Record<string, boolean> = Object.fromEntries(
  Object.entries(CASES).flatMap(([name, { allowed }]) =>
    allowed === undefined ? [] : [[`published, check: ${name}`, allowed]],
  ),
);

/** Each case as a request to each of the three. ListUsers takes contextual tuples as a list, the others in an object. */
export const PUBLISHED: Record<string, SentRequest> = Object.fromEntries(
  Object.entries(CASES).flatMap(([name, { key, tuples, context }]) => {
    const asked = { ...KEY, ...key };
    const [type = "", id = ""] = asked.object.split(/:(.*)/s);
    const [userType = "", relation] = asked.user.split("#").map((part) => part.split(":")[0] ?? "");
    const more = { ...(context && { context }) };
    const nested = { ...(tuples && { contextual_tuples: { tuple_keys: tuples } }), ...more };
    const { user } = asked;
    const requests: [string, SentRequest][] = [
      ["check", ["/stores/:store/check", { tuple_key: asked, ...nested }]],
      ["list objects", ["/stores/:store/list-objects", { user, relation: asked.relation, type, ...nested }]],
      [
        "list users",
        [
          "/stores/:store/list-users",
          {
            object: { type, id },
            relation: asked.relation,
            user_filters: [{ type: userType, ...(relation !== undefined && { relation }) }],
            ...(tuples && { contextual_tuples: tuples }),
            ...more,
          },
        ],
      ],
    ];
    return requests.map(([endpoint, request]) => [`published, ${endpoint}: ${name}`, request]);
  }),
);

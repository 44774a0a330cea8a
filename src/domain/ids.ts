/**
 * Names of things. An id is the host's own word for an organization, a person or
 * a resource; a reference is `type:id`, as OpenFGA spells it. What passes here fits
 * OpenFGA in every place we put it; what does not is refused, never rewritten.
 */
import { z } from "zod";
import { UNSEEN } from "./text.ts";

/**
 * The longest id, in UTF-8 bytes. OpenFGA allows 256 for an object and 512 for a
 * user; `entry:organization.<id>.<n>` has to fit both (openfga.v1 TupleKey).
 */
export const ID_BYTES_MAX = 200;

// `:` and `#` separate in OpenFGA's tuple syntax, `*` is its wildcard; white space and control
// characters are refused by its validation, and lone surrogates cannot be sent as UTF-8.
const FORBIDDEN = /[:#*\s\p{White_Space}\p{Cc}]/u;

/** Whether a string may be an id. The reason it may not, or undefined when it may. */
export function idProblem(id: string): string | undefined {
  if (id === "") return "must not be empty";
  if (!id.isWellFormed()) return "must be well-formed Unicode";
  if (id === "." || id === "..") return "must not be . or ..";
  if (FORBIDDEN.test(id)) return "must not contain : # * white space or control characters";
  if (Buffer.byteLength(id) > ID_BYTES_MAX) return `must be at most ${ID_BYTES_MAX} bytes of UTF-8`;
  return undefined;
}

/**
 * Why a string may not be the id of something new, or undefined when it may: two ids that look alike and are not the
 * same are two people who look alike. What is known under such an id is read, changed and taken away as ever.
 */
export function newIdProblem(id: string): string | undefined {
  if (UNSEEN.test(id)) return "holds a character that is not seen, such as a zero-width space or a bidi control";
  const composed = id.normalize("NFC");
  return composed === id
    ? undefined
    : `is not in Unicode normalization form C, which is ${encodeURIComponent(composed)}`;
}

/** An id as it comes from a caller: refused when OpenFGA could not hold it. */
export const Id = z.string().superRefine((id, context) => {
  const problem = idProblem(id);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** What has ids of its own kind: the compiler keeps them apart, and from references. */
export type IdType = "user" | "organization" | "portfolio" | "cooperation" | "share";
export type IdOf<T extends IdType> = string & z.core.$brand<T>;

// what callers send is parsed by these; ids of cooperations and shares are made here, and any other is not found
export const UserId = Id.brand<"user">();
export type UserId = IdOf<"user">;
export const OrganizationId = Id.brand<"organization">();
export type OrganizationId = IdOf<"organization">;
export const PortfolioId = Id.brand<"portfolio">();
export type PortfolioId = IdOf<"portfolio">;
export const CooperationId = z.string().max(64).brand<"cooperation">();
export type CooperationId = IdOf<"cooperation">;
export const ShareId = z.string().max(64).brand<"share">();
export type ShareId = IdOf<"share">;

/** What can be owned and shared. */
export const RESOURCE_TYPES = ["plant", "portfolio"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** A resource as its reference, `plant:7`. */
export type ResourceRef = `${ResourceType}:${string}`;

/** A reference to a plant or a portfolio as it comes from a caller. */
export const ResourceRefInput = z.string().transform((text, context): ResourceRef => {
  const [type, id] = splitRef(text);
  const problem = RESOURCE_TYPES.includes(type as ResourceType)
    ? idProblem(id)
    : `must be ${RESOURCE_TYPES.map((t) => `${t}:<id>`).join(" or ")}`;
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  return text as ResourceRef;
});

/** Splits `type:id` at its first colon; the id is empty when there is none. */
export function splitRef(ref: string): [type: string, id: string] {
  const colon = ref.indexOf(":");
  return colon < 0 ? [ref, ""] : [ref.slice(0, colon), ref.slice(colon + 1)];
}

/** The id behind a reference. */
export const idOf = (ref: string): string => splitRef(ref)[1];

/** The same where its reader knows the type, by the relation that the reference was read in. */
export const idOfType = <T extends IdType>(_type: T, ref: string): IdOf<T> => idOf(ref) as IdOf<T>;

/**
 * What nobody is to read in the store: an endpoint's URL, which may hold a token, and its secrets, encrypted with a key
 * that is not in the store. What was sealed for one endpoint opens for no other, and cannot be changed: who can write to
 * the store can neither read a secret nor send events elsewhere under one.
 */
import { z } from "zod";
import { createTextSeal } from "../seal.ts";

const EndpointSecrets = z.strictObject({
  url: z.string(),
  secret: z.string(),
  previous: z.array(z.strictObject({ secret: z.string(), until: z.string() })).optional(),
});
/** `previous`: the secrets before, newest first, with which deliveries are signed too, each until then. */
export type EndpointSecrets = z.infer<typeof EndpointSecrets>;

/** `of`: the endpoint, and the receiver that it is. */
export type EndpointSeal = {
  seal(of: readonly string[], content: EndpointSecrets): string;
  /** Undefined for what was sealed with another key, or of another endpoint. */
  open(of: readonly string[], sealed: string | undefined): EndpointSecrets | undefined;
};

export function createEndpointSeal(secret: string): EndpointSeal {
  const { seal, open } = createTextSeal(secret, "concordat webhook endpoints");
  return {
    seal: (of, content) => seal(of, JSON.stringify(content)),
    open(of, sealed) {
      const text = open(of, sealed);
      return text === undefined ? undefined : EndpointSecrets.safeParse(JSON.parse(text)).data;
    },
  };
}

/** What an endpoint's secrets are sealed for. */
export const sealedFor = (object: string, receiver: string): readonly string[] => [object, receiver];

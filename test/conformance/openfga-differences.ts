/**
 * Every request of `openfga-requests.ts` that OpenFGA and Concordat answer otherwise, and why.
 * All others are answered alike, to the last word; the table may neither grow nor shrink unseen.
 */

const OTHER_STORE = "There is one store here; any other is answered like one that does not exist.";
const PRESENT = "The present is added where a question names no time, so a date is compared and not missed.";
const WORDS = "The same code in other words: the body is read here before it is sent on.";

const words = { openfga: "400 validation_error", concordat: "400 validation_error", why: WORDS };
const otherStore = (openfga: string) => ({ openfga, concordat: "404 store_id_not_found", why: OTHER_STORE });
const present = { openfga: "400 validation_error", concordat: "200", why: PRESENT };

export const DIFFERENCES: Record<string, { openfga: string; concordat: string; why: string }> = {
  "list stores by a malformed name": {
    openfga: "400 validation_error",
    concordat: "200",
    why: "The name is compared with the one store's, and is not its.",
  },
  "list stores, a page that is no number": words,
  "get a store by a malformed id": otherStore("400 validation_error"),
  "check in a store that is not there": otherStore("400 latest_authorization_model_not_found"),
  "check in a malformed store": otherStore("400 validation_error"),
  "a batch in a store that is not there": otherStore("400 latest_authorization_model_not_found"),
  "list objects in a store that is not there": otherStore("400 latest_authorization_model_not_found"),
  "read in a store that is not there": otherStore("200"),
  "changes in a store that is not there": otherStore("200"),
  "check on a dated path": present,
  "a batch on a dated path": { ...present, openfga: "200 with an error in it" },
  "list objects on dated paths": present,
  "list users on dated paths": present,
  "check of a body that is no JSON": words,
  "check of a body that is a list": words,
  "check of a body that is null": words,
  "check of a tuple key twice": words,
  "check of a number that is too large": words,
  "stream objects of a body that is no JSON": words,
  "read of a body that is no JSON": words,
  "check of a context nested 200 deep": {
    openfga: "200",
    concordat: "400 validation_error",
    why: "A body is at most 100 levels deep.",
  },
  "a method that is none": {
    openfga: "404 unimplemented",
    concordat: "405 unimplemented",
    why: "A 405 names the methods that there are in Allow; what is not offered is a 501 and says what to use.",
  },
};

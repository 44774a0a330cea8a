/** What each command of the cache answers, and none of the others that are sent on its connection. */

const isValue = (value: unknown) => value === null || typeof value === "string";

/** MGET: as many values as keys. */
export const isValues = (length: number) => (answer: unknown) =>
  Array.isArray(answer) && answer.length === length && answer.every(isValue);

/** A release. */
export const isOne = (answer: unknown) => answer === 1;

/** DEL: how many of the keys there were. */
export const isCount = (most: number) => (answer: unknown) =>
  typeof answer === "number" && answer >= 0 && answer <= most;

export const isTime = (answer: unknown) => isValues(2)(answer) && !(answer as unknown[]).includes(null);

export const isTokens = (answer: unknown) =>
  Array.isArray(answer) && isValues(2)(answer.slice(0, 2)) && typeof answer[2] === "number";

export const isLead = (answer: unknown) =>
  Array.isArray(answer) &&
  typeof answer[0] === "number" &&
  isValue(answer[1]) &&
  typeof answer[2] === "number" &&
  typeof answer[3] === "string";

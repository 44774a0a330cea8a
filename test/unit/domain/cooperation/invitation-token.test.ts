import { createHmac } from "node:crypto";
import fc from "fast-check";
import { ulid } from "ulid";
import { describe, expect, it } from "vitest";
import { issueToken, readToken } from "../../../../src/domain/cooperation/invitation-token.ts";
import { anyId } from "../../../support/ids.ts";

const secret = "a secret of this test";
const cooperation = anyId("01JD8ZT4Q5K3M9W2X7Y6V0B1CD");
const token = issueToken(secret, cooperation, 3);
const [id, n, mac] = token.split(".") as [string, string, string];

const ids = fc.integer({ min: 0, max: 2 ** 48 - 1 }).map((time) => anyId(ulid(time)));
const numbers = fc.integer({ min: 0, max: 1_000_000 });

describe("an invitation token", () => {
  it("names the cooperation and the number it was issued for", () => {
    fc.assert(
      fc.property(ids, numbers, (cooperation, n) => {
        expect(readToken(secret, issueToken(secret, cooperation, n))).toEqual({ cooperation, n });
      }),
    );
  });

  it("is the HMAC-SHA256 of both, in base64url", () => {
    const expected = createHmac("sha256", secret).update(`${cooperation}.3`).digest("base64url");
    expect(token).toBe(`${cooperation}.3.${expected}`);
  });

  it("is the same for the same number, and different for the next", () => {
    expect(issueToken(secret, cooperation, 3)).toBe(token);
    expect(issueToken(secret, cooperation, 4)).not.toBe(token);
  });

  it("fits a link without escaping", () => {
    expect(encodeURIComponent(token)).toBe(token);
  });

  it.each([
    ["another cooperation", `${cooperation.slice(0, -1)}E.${n}.${mac}`],
    ["another number", `${id}.4.${mac}`],
    ["the number spelled otherwise", `${id}.03.${mac}`],
    ["the cooperation in lower case", `${id.toLowerCase()}.${n}.${mac}`],
    ["another HMAC", `${id}.${n}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`],
    ["no HMAC", `${id}.${n}.`],
    ["two parts", `${id}.${n}`],
    ["an extra part", `${token}.${mac}`],
    ["an extra part in front", `${id}.${token}`],
    ["padding", `${token}=`],
    ["a line end behind it", `${token}\n`],
    ["a letter of many bytes in the HMAC", `${id}.${n}.${mac.slice(0, -1)}é`],
    ["nothing", ""],
  ])("is not read with %s", (_, changed) => {
    expect(readToken(secret, changed)).toBeUndefined();
    expect(readToken(secret, token)).toEqual({ cooperation, n: 3 });
  });

  it("is not read when it is cut anywhere", () => {
    for (let length = 0; length < token.length; length++) {
      expect(readToken(secret, token.slice(0, length))).toBeUndefined();
    }
  });

  it("is not read when any one character is changed", () => {
    const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
    for (let at = 0; at < token.length; at++) {
      for (const letter of letters) {
        if (letter === token[at]) continue;
        expect(readToken(secret, token.slice(0, at) + letter + token.slice(at + 1))).toBeUndefined();
      }
    }
  });

  it("is not read with another secret, nor with none", () => {
    expect(readToken(`${secret} `, token)).toBeUndefined();
    expect(readToken("", token)).toBeUndefined();
  });

  it("is read as undefined, never with an error, whatever the text", () => {
    const parts = fc.oneof(fc.string({ unit: "binary" }), ids, numbers.map(String), fc.constant(mac));
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(parts, { maxLength: 5 }).map((all) => all.join(".")),
      fc.tuple(fc.constant(token), fc.string({ minLength: 1 })).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(readToken(secret, text)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["no secret", "", cooperation, 1],
    ["an id that is no ULID", secret, anyId("c.1"), 1],
    ["a negative number", secret, cooperation, -1],
    ["a fraction", secret, cooperation, 1.5],
    ["a number beyond counting", secret, cooperation, 1e21],
  ])("is not issued for %s", (_, secret, cooperation, n) => {
    expect(() => issueToken(secret, cooperation, n)).toThrow(RangeError);
  });
});

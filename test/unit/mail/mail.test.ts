/** The texts of the mails, what names from outside can do to them, and the files that replace an SMTP server. */
import { chmod, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { describe, expect, it } from "vitest";
import { LANGUAGES, type Language } from "../../../src/domain/language.ts";
import { invitationLink, invitationMail, noticeMail, pageLink } from "../../../src/mail/letters.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import type { Mail } from "../../../src/ports.ts";
import { at, clock, from, invitation, link, mailsIn, newFolder, notice, page, someMail } from "../../support/mail.ts";

async function keptIn(folder: string) {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => PostalMime.parse(await readFile(join(folder, name)))));
}

describe("the invitation", () => {
  it("names no date where there is none, and says when nothing is shared yet", () => {
    const bare = { ...invitation, shares: [], expiresAt: undefined, reviewBy: undefined, linkDays: 1 };
    const english = invitationMail("en", bare).text;
    expect(english).toContain("Nothing is shared yet");
    expect(english).toContain("works for 1 day.");
    expect(english).not.toMatch(/would be shared|ends on|undefined|202\d/);
    const german = invitationMail("de", bare).text;
    expect(german).toContain("Bisher ist nichts freigegeben");
    expect(german).toContain("1 Tag lang gültig");
    expect(german).not.toMatch(/Folgendes|endet am|undefined|202\d/);
  });

  it("writes the first day of a month as the language does", () => {
    const ends = (language: Language) =>
      invitationMail(language, { ...invitation, expiresAt: "2027-05-01T08:00:00Z" }).text;
    expect(ends("fr")).toContain("le 1er mai 2027");
    expect(ends("it")).toContain("1º maggio 2027");
    expect(ends("de")).toContain("am 1. Mai 2027");
  });

  it("carries the token in the link's fragment, which no server is sent", () => {
    const url = new URL(invitationLink("https://app.example/join?from=mail", "A.1.b-_"));
    expect(url.hash).toBe("#token=A.1.b-_");
    expect(url.href.replace(url.hash, "")).toBe("https://app.example/join?from=mail");
    expect(invitationLink("https://app.example/#/join", "A.1.b")).toBe("https://app.example/#/join?token=A.1.b");
    expect(invitationLink("https://app.example/#/join?x=1", "A.1.b")).toBe(
      "https://app.example/#/join?x=1&token=A.1.b",
    );
  });
});

describe("the notice", () => {
  it("links to the page of the cooperation where there is one, and greets without a name where none is known", () => {
    for (const language of LANGUAGES) {
      expect(noticeMail(language, notice).text).toContain(`\n${page}\n`);
      const mail = noticeMail(language, { ...notice, name: undefined, link: undefined });
      expect(mail.text).toMatch(/^[^\n ]+( [^\n ]+)?[,:]\n/);
      expect(`${mail.text}${mail.html}`).not.toMatch(/https?:|href|token|undefined/);
    }
  });

  it("has the ids in the link encoded, wherever the page wants them", () => {
    const ids = { organization: "a/b?c", cooperation: "01J" };
    expect(pageLink("https://app.example/{organization}/c/{cooperation}", ids)).toBe(
      "https://app.example/a%2Fb%3Fc/c/01J",
    );
    expect(pageLink("https://app.example/#/c/{cooperation}?o={organization}", ids)).toBe(
      "https://app.example/#/c/01J?o=a%2Fb%3Fc",
    );
    expect(pageLink("https://app.example/inbox", ids)).toBe("https://app.example/inbox");
  });
});

describe("names from outside", () => {
  const evil = "Evil\r\nBcc: all@grid.example\r\n\r\nClick\u2028here\u202Enow\u0000";
  const tame = "Evil Bcc: all @ grid. example Click here now";

  it.each(LANGUAGES)("forge neither a header nor a paragraph (%s)", async (language) => {
    const folder = newFolder();
    const mailer = createMailer({ folder, from, clock });
    const shares = [{ type: "plant", name: evil, role: "viewer" }] as const;
    await mailer.send(invitationMail(language, { ...invitation, initiator: evil, shares }));
    await mailer.send(noticeMail(language, { ...notice, initiator: evil, partner: evil, name: evil, shares }));
    const mails = await keptIn(folder);
    expect(mails).toHaveLength(2);
    for (const mail of mails) {
      expect(mail.headers.map(({ key }) => key)).not.toContain("bcc");
      expect(mail.to?.map(({ address }) => address)).toEqual(["ida@grid.example"]);
      expect(mail.subject).toContain(tame);
      expect(mail.text).toMatch(new RegExp(`[“„«]\u00A0?${tame}`));
      expect(mail.text).not.toMatch(/^(Bcc|Click)/m);
    }
  });

  /** What mail programs make a link of: a scheme, an address, a name with a dot in it, a share of a server. */
  const LINK = /\w:\S|\S@\S|[^\s\d]\.[^\s.]|\d\.[^\s.\d]|\/\/|\\\\/u;
  const INVISIBLE = /(?!\n|\u200C|\u200D|\u2068|\u2069)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  const HOSTILE = [
    "Your bill is overdue. Pay now: https://evil.example/pay?id=1",
    "www.evil.example",
    "Write to boss@evil.example",
    "evil\u3002example/login",
    "ev\u200Bil\u200B.\u200Bexample",
    "mailto:boss@evil.example",
    "https:\\\\evil.example\\a",
    "//evil.example",
    "localhost:8080/x",
    "7.evil",
    "\u202Egro.elpmaxe\u202C",
    "\u2067abc\u2066def",
    "a\u00ADb\u2060c\u{E0041}",
    "שלום 12 abc",
    "مرحبا https://evil.example",
    `Z${"\u0301".repeat(150)}`,
    "\u200B\u3164",
    "x".repeat(200),
    "👨‍👩‍👧‍👦".repeat(15),
    "a\r\n\r\nb\u2028c\u0085d",
    "<img src=x onerror=alert(1)>",
    '"><a href="x">y</a>',
    "</title></style></main><script>x()</script><!--",
    "&lt;b&gt; &#x3C;b>",
  ];

  it.each(LANGUAGES.flatMap((language) => HOSTILE.map((name) => [language, name] as const)))(
    "add no link and no paragraph to a mail, do not reorder it, and are short (%s, %j)",
    async (language, name) => {
      const folder = newFolder();
      const mailer = createMailer({ folder, from, clock });
      const mails = (other: string) => {
        const facts = {
          id: "a/1",
          to: "ida@grid.example",
          again: false,
          initiator: other,
          shares: [{ type: "plant", name: other, role: "viewer" }] as const,
        };
        return [
          invitationMail(language, { ...facts, link, linkDays: 14 }),
          noticeMail(language, { ...facts, partner: other, name: other }),
        ];
      };
      for (const mail of mails(name)) await mailer.send(mail);
      const lines = (text: string | undefined) => text?.trimEnd().split("\n").length;
      const plain = mails("Plain").map(({ text }) => lines(text));
      const tags = (all: Mail[]) => all.map(({ html }) => html.match(/<[^>]*>/g));
      expect(tags(mails(name)).map((of) => of?.length)).toEqual(tags(mails("Plain")).map((of) => of?.length));
      const read = await keptIn(folder);
      expect(read.map(({ text }) => lines(text)).sort()).toEqual(plain.sort());
      for (const { subject = "", text = "" } of read) {
        const written = `${subject}\n${text.replace(link, "")}`;
        expect(written).not.toMatch(LINK);
        expect(written).not.toMatch(INVISIBLE);
        expect(written.match(/\u2068/g)?.length).toBe(written.match(/\u2069/g)?.length);
        if (/[א-ي]/.test(name)) expect(subject).toMatch(/\u2068[^\u2069]*[א-ي][^\u2069]*\u2069/);
        expect(subject.length).toBeLessThan(60 * 11 + 60);
        expect([...new Intl.Segmenter().segment(subject)].length).toBeLessThan(60 + 50);
        expect(written).not.toMatch(/\p{M}{5}/u);
      }
    },
  );

  it("stay as they are where they are plain names", () => {
    for (const name of [
      "Müller & Söhne Solar",
      "Park 2.5 MW",
      "Café @ Home",
      "Nord/Süd",
      "Ørsted (3)",
      "Agri-PV №7",
      "अनुज",
      "عبد",
    ])
      expect(noticeMail("en", { ...notice, initiator: name }).subject.replace(/[\u2068\u2069]/g, "")).toBe(
        `${name} proposes a cooperation`,
      );
  });

  it("forge no header even when a subject comes with line ends", async () => {
    const folder = newFolder();
    await createMailer({ folder, from, clock }).send(someMail("ida@grid.example", "a\r\nBcc: b@c.de"));
    const [mail] = await keptIn(folder);
    expect(mail?.headers.map(({ key }) => key)).not.toContain("bcc");
    expect(mail?.bcc).toBeUndefined();
    expect(mail?.subject).toBe("a Bcc: b@c.de");
  });

  it.each(["a@b.de, c@d.de", "a@b.de\r\nBcc: c@d.de", "A <a@b.de>", "a@b.de c@d.de", "a", "@", ""])(
    "add no second address: %j is refused",
    async (to) => {
      const folder = newFolder();
      const mailer = createMailer({ folder, from, clock });
      await expect(mailer.send(someMail(to))).rejects.toThrow("one plain address");
      await mailer.send(someMail("o'neill+x@b.example"));
      expect(await keptIn(folder)).toHaveLength(1);
    },
  );
});

describe("without an SMTP server", () => {
  it("each mail is one .eml file that is read back as it was written", async () => {
    const folder = newFolder();
    const mailer = createMailer({ folder, from, clock });
    const mails: Mail[] = LANGUAGES.flatMap((language) => Object.values(mailsIn(language)));
    await Promise.all(mails.map((mail) => mailer.send(mail)));
    const kept = await keptIn(folder);
    const shown = ({
      subject,
      text,
      html,
    }: {
      subject?: string | undefined;
      text?: string | undefined;
      html?: string | undefined;
    }) => [subject, text?.trimEnd(), html?.trimEnd()].join("\n");
    expect(kept.map(shown).sort()).toEqual(mails.map(shown).sort());
    for (const mail of kept) {
      expect(mail.from).toEqual({ name: "Concordat", address: "concordat@sunfield.example" });
      expect(mail.to?.map(({ address }) => address)).toEqual(["ida@grid.example"]);
      expect(mail.date).toBe(at.toISOString());
      expect(mail.headers).toContainEqual(expect.objectContaining({ key: "auto-submitted", value: "auto-generated" }));
    }
  });

  it("the folder and its files are private to the service, because they hold tokens", async () => {
    const folder = newFolder();
    await createMailer({ folder, from, clock }).send(invitationMail("en", invitation));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const names = await readdir(folder);
    expect(names).toEqual([expect.stringMatching(/^2026-12-01T08-30-00Z-[0-9A-Z]{26}\.eml$/)]);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);

    // as another tool may have left it
    await chmod(folder, 0o755);
    await createMailer({ folder, from, clock }).send(invitationMail("en", invitation));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("a folder that cannot be made is an error, never a lost mail", async () => {
    const parent = newFolder();
    await createMailer({ folder: parent, from, clock }).send(invitationMail("en", invitation));
    const [file] = await readdir(parent);
    const folder = join(parent, String(file), "mail");
    await expect(createMailer({ folder, from, clock }).send(invitationMail("en", invitation))).rejects.toThrow();
    expect(await readdir(parent)).toEqual([file]);
  });

  it("a file that cannot be written is an error, and leaves no draft", async () => {
    const parent = newFolder();
    // Deep enough that the folder can be made and no path within it fits the system's 4096 bytes.
    let folder = parent;
    while (folder.length < 4040) folder = join(folder, "x".repeat(Math.min(200, 4049 - folder.length)));
    await expect(createMailer({ folder, from, clock }).send(invitationMail("en", invitation))).rejects.toThrow(
      "ENAMETOOLONG",
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

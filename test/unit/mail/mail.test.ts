/** The texts of the mails, what names from outside can do to them, and the files that replace an SMTP server. */
import { chmod, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/domain/language.ts";
import { invitationLink, invitationMail, noticeMail } from "../../../src/mail/letters.ts";
import { createMailer } from "../../../src/mail/mailer.ts";
import type { Mail } from "../../../src/ports.ts";
import { at, clock, from, invitation, link, newFolder, notice } from "../../support/mail.ts";

async function mailsIn(folder: string) {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => PostalMime.parse(await readFile(join(folder, name)))));
}

describe("the invitation", () => {
  it("names in English who invites, what would be shared, until when, the link and how long it is valid", () => {
    const mail = invitationMail("en", invitation);
    expect(mail.to).toBe("ida@grid.example");
    expect(mail.subject).toBe("Müller & Söhne Solar invites you to a cooperation");
    expect(mail.text).toBe(`Hello,

Müller & Söhne Solar would like to work with you and invites your organization to a cooperation.

This would be shared with you:
- Plant “Nordhang”, role: Technical Manager
- Portfolio “Süd”, role: Viewer, until 31 March 2027, 21:59 UTC
- Plant “7”, role: Asset Manager

The cooperation ends on 30 June 2027, 22:00 UTC.

To see the invitation and accept it, please open this link:

${link}

The link works for 14 days. Please keep it to yourself: whoever has it can accept the invitation. If you did not expect this mail, just ignore it, and nothing will happen.
`);
  });

  it("says the same in German", () => {
    const mail = invitationMail("de", invitation);
    expect(mail.subject).toBe("Müller & Söhne Solar lädt Sie zu einer Kooperation ein");
    expect(mail.text).toBe(`Guten Tag,

Müller & Söhne Solar möchte mit Ihnen zusammenarbeiten und lädt Ihre Organisation zu einer Kooperation ein.

Folgendes soll für Sie freigegeben werden:
- Anlage „Nordhang“, Rolle: Technischer Manager
- Portfolio „Süd“, Rolle: Betrachter, bis 31. März 2027, 21:59 Uhr (UTC)
- Anlage „7“, Rolle: Asset Manager

Die Kooperation endet am 30. Juni 2027, 22:00 Uhr (UTC).

Um die Einladung anzusehen und anzunehmen, öffnen Sie bitte diesen Link:

${link}

Der Link ist 14 Tage lang gültig. Bitte behandeln Sie ihn vertraulich: Wer ihn hat, kann die Einladung annehmen. Falls Sie diese E-Mail nicht erwartet haben, ignorieren Sie sie einfach; dann geschieht nichts.
`);
  });

  it("names no date where there is none, and says when nothing is shared yet", () => {
    const bare = { ...invitation, shares: [], expiresAt: undefined, linkDays: 1 };
    const english = invitationMail("en", bare).text;
    expect(english).toContain("Nothing is shared yet");
    expect(english).toContain("works for 1 day.");
    expect(english).not.toMatch(/would be shared|ends on|undefined|202\d/);
    const german = invitationMail("de", bare).text;
    expect(german).toContain("Bisher ist nichts freigegeben");
    expect(german).toContain("1 Tag lang gültig");
    expect(german).not.toMatch(/Folgendes|endet am|undefined|202\d/);
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
  it("says in English that an organization proposes a cooperation and waits for one of the admins", () => {
    const mail = noticeMail("en", notice);
    expect(mail.subject).toBe("Müller & Söhne Solar proposes a cooperation");
    expect(mail.text).toContain("Hello Ida Groß,\n\nMüller & Söhne Solar proposes a cooperation with Netz Übersee.\n");
    expect(mail.text).toContain("- Plant “Nordhang”, role: Technical Manager\n");
    expect(mail.text).toContain("waits for one admin of Netz Übersee to accept or decline it");
  });

  it("says the same in German", () => {
    const mail = noticeMail("de", notice);
    expect(mail.subject).toBe("Müller & Söhne Solar schlägt eine Kooperation vor");
    expect(mail.text).toContain(
      "Guten Tag Ida Groß,\n\nMüller & Söhne Solar schlägt eine Kooperation mit Netz Übersee vor.\n",
    );
    expect(mail.text).toContain("- Anlage „Nordhang“, Rolle: Technischer Manager\n");
    expect(mail.text).toContain("eine Administratorin oder ein Administrator von Netz Übersee");
  });

  it("greets without a name where none is known, and holds no link", () => {
    for (const language of LANGUAGES) {
      const mail = noticeMail(language, { ...notice, name: undefined });
      expect(mail.text).toMatch(/^(Hello|Guten Tag),\n/);
      expect(mail.text).not.toMatch(/https?:|token|undefined/);
    }
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
    const mails = await mailsIn(folder);
    expect(mails).toHaveLength(2);
    for (const mail of mails) {
      expect(mail.headers.map(({ key }) => key)).not.toContain("bcc");
      expect(mail.to?.map(({ address }) => address)).toEqual(["ida@grid.example"]);
      expect(mail.subject).toContain(tame);
      expect(mail.text).toContain(`${language === "en" ? "“" : "„"}${tame}`);
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
  ];

  it.each(LANGUAGES.flatMap((language) => HOSTILE.map((name) => [language, name] as const)))(
    "add no link and no paragraph to a mail, do not reorder it, and are short (%s, %j)",
    async (language, name) => {
      const folder = newFolder();
      const mailer = createMailer({ folder, from, clock });
      const mails = (other: string) => {
        const facts = {
          to: "ida@grid.example",
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
      const read = await mailsIn(folder);
      expect(read.map(({ text }) => lines(text)).sort()).toEqual(plain.sort());
      for (const { subject = "", text = "" } of read) {
        const written = `${subject}\n${text.replace(link, "")}`;
        expect(written).not.toMatch(LINK);
        expect(written).not.toMatch(INVISIBLE);
        expect(written.match(/\u2068/g)?.length).toBe(written.match(/\u2069/g)?.length);
        if (/[א-ي]/.test(name)) expect(subject).toMatch(/\u2068[^\u2069]*[א-ي][^\u2069]*\u2069/);
        expect(subject.length).toBeLessThan(60 * 11 + 60);
        expect([...new Intl.Segmenter().segment(subject)].length).toBeLessThan(60 + 45);
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
    await createMailer({ folder, from, clock }).send({
      to: "ida@grid.example",
      subject: "a\r\nBcc: b@c.de",
      text: "t",
    });
    const [mail] = await mailsIn(folder);
    expect(mail?.headers.map(({ key }) => key)).not.toContain("bcc");
    expect(mail?.bcc).toBeUndefined();
    expect(mail?.subject).toBe("a Bcc: b@c.de");
  });

  it.each(["a@b.de, c@d.de", "a@b.de\r\nBcc: c@d.de", "A <a@b.de>", "a@b.de c@d.de", "a", "@", ""])(
    "add no second address: %j is refused",
    async (to) => {
      const folder = newFolder();
      const mailer = createMailer({ folder, from, clock });
      await expect(mailer.send({ to, subject: "s", text: "t" })).rejects.toThrow("one plain address");
      await mailer.send({ to: "o'neill+x@b.example", subject: "s", text: "t" });
      expect(await mailsIn(folder)).toHaveLength(1);
    },
  );
});

describe("without an SMTP server", () => {
  it("each mail is one .eml file that is read back as it was written", async () => {
    const folder = newFolder();
    const mailer = createMailer({ folder, from, clock });
    const mails: Mail[] = LANGUAGES.flatMap((language) => [
      invitationMail(language, invitation),
      noticeMail(language, notice),
    ]);
    await Promise.all(mails.map((mail) => mailer.send(mail)));
    const kept = await mailsIn(folder);
    const shown = (subject: string | undefined, text: string | undefined) => `${subject}\n${text?.trimEnd()}`;
    expect(kept.map((mail) => shown(mail.subject, mail.text)).sort()).toEqual(
      mails.map((mail) => shown(mail.subject, mail.text)).sort(),
    );
    for (const mail of kept) {
      expect(mail.from).toEqual({ name: "Concordat", address: "concordat@sunfield.example" });
      expect(mail.to?.map(({ address }) => address)).toEqual(["ida@grid.example"]);
      expect(mail.date).toBe(at.toISOString());
      expect(mail.html).toBeUndefined();
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

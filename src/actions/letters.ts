/**
 * The mails that belong to a cooperation: the invitation with its token, or the notice
 * to every admin of a known organization. They go out after the Write stands; one that
 * cannot be sent changes nothing, and "resend" sends it again.
 */
import { splitRef } from "../domain/ids.ts";
import { issueToken } from "../domain/invitation-token.ts";
import { type Language, LanguageInput } from "../domain/language.ts";
import type { Cooperation } from "../domain/records.ts";
import { invitationLink, invitationMail, noticeMail, type OfferedShare } from "../mail/letters.ts";
import type { Mail } from "../ports.ts";
import { organizationName } from "../queries/cooperations.ts";
import { adminsOf } from "../queries/people.ts";
import { inTurns, personHead, resourceHead, sharesOf } from "../queries/snapshot.ts";
import type { ActionDeps } from "./perform.ts";

/** Sends what a cooperation's status asks for. `none` where nobody has an address. Never throws. */
export async function sendLetters(deps: ActionDeps, cooperation: Cooperation): Promise<"sent" | "failed" | "none"> {
  try {
    const mails =
      cooperation.partner === undefined ? await invitation(deps, cooperation) : await notices(deps, cooperation);
    for (const mail of mails) await deps.mailer.send(mail);
    return mails.length > 0 ? "sent" : "none";
  } catch (error) {
    deps.warn("mail_failed", { cooperation: cooperation.id, error: String(error) });
    return "failed";
  }
}

async function invitation(deps: ActionDeps, cooperation: Cooperation): Promise<Mail[]> {
  const { email, id, invitation: n } = cooperation;
  if (email === undefined) return [];
  const token = issueToken(deps.invitation.secret, id, n);
  const facts = {
    ...(await offerOf(deps, cooperation)),
    to: email,
    link: invitationLink(deps.invitation.url, token),
    linkDays: deps.invitation.ttlDays,
  };
  return [invitationMail(languageOf(cooperation.language), facts)];
}

async function notices(deps: ActionDeps, cooperation: Cooperation): Promise<Mail[]> {
  const { relationships } = deps;
  const partner = cooperation.partner ?? "";
  const partnerName = await organizationName(relationships, partner);
  const people = await inTurns(await adminsOf(relationships, partner), (admin) => personHead(relationships, admin));
  const offer = await offerOf(deps, cooperation);
  return people.flatMap(({ value }) =>
    value?.email === undefined
      ? []
      : [
          noticeMail(languageOf(value.language ?? cooperation.language), {
            ...offer,
            to: value.email,
            partner: partnerName,
            name: value.name,
          }),
        ],
  );
}

async function offerOf(deps: ActionDeps, cooperation: Cooperation) {
  const { relationships } = deps;
  const initiator = await organizationName(relationships, cooperation.initiator);
  const found = await sharesOf(relationships, cooperation.id);
  const shares = await inTurns(found, async ({ share }): Promise<OfferedShare> => {
    const [type, id] = splitRef(share.resource) as ["plant" | "portfolio", string];
    const name = (await resourceHead(relationships, share.resource)).value?.name ?? id;
    return { type, name, role: share.role, expiresAt: share.expires_at };
  });
  return { initiator, shares, expiresAt: cooperation.expires_at };
}

function languageOf(language: string | undefined): Language {
  const known = LanguageInput.safeParse(language);
  return known.success ? known.data : "en";
}
